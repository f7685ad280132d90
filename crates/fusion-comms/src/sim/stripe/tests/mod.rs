//! The simulator from outside: over HTTP, mostly through our own client.

mod api;
mod client;
mod webhooks;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;
use url::Url;

use super::{SimStripe, WebhookTarget, now_s};
use crate::stripe::{SessionParams, Stripe, session_form};

const ACCOUNT: &str = "acct_1RIDGELINE";
const SECRET: &str = "whsec_for_this_test_only";

/// A running simulator, and a service that takes its webhooks.
struct Bench {
    sim: SimStripe,
    /// `http://127.0.0.1:port`
    base: String,
    service: Service,
}

/// Stands for our service: keeps what comes, and answers with the next planned status, else 200.
#[derive(Clone, Default)]
struct Service {
    got: Arc<Mutex<Vec<(String, String)>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Service {
    fn events(&self) -> Vec<Value> {
        self.got.lock().unwrap().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
    }
}

async fn take(State(service): State<Service>, headers: HeaderMap, body: String) -> StatusCode {
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    service.got.lock().unwrap().push((signature, body));
    let planned = service.answers.lock().unwrap().pop();
    StatusCode::from_u16(planned.unwrap_or(200)).unwrap()
}

async fn listen(app: impl FnOnce(&str) -> Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = app(&base);
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

async fn bench() -> Bench {
    let service = Service::default();
    let app = Router::new().fallback(take).with_state(service.clone());
    let service_base = listen(|_| app).await;
    let target = WebhookTarget {
        url: Url::parse(&format!("{service_base}/webhooks/stripe")).unwrap(),
        secret: SECRET.to_owned(),
    };
    let mut started = None;
    let base = listen(|base| {
        let sim = SimStripe::new(target, &Url::parse(base).unwrap()).unwrap();
        sim.add_account(ACCOUNT, true);
        started.insert(sim).router()
    })
    .await;
    Bench { sim: started.unwrap(), base, service }
}

impl Bench {
    fn client(&self) -> Stripe {
        Stripe::new(Url::parse(&self.base).unwrap(), &SecretString::from("sk_test_bench")).unwrap()
    }

    /// A new open session's id.
    async fn session(&self) -> String {
        let key = super::random_id("key_", 16);
        self.client().create_session(ACCOUNT, &key, &form(12_500)).await.unwrap().id.to_string()
    }
}

fn form(amount_cents: i64) -> String {
    form_until(amount_cents, now_s() + 3600)
}

fn form_until(amount_cents: i64, expires_at_s: i64) -> String {
    session_form(&SessionParams {
        amount_cents,
        currency: "usd",
        reference: "3d0c-opaque",
        success_url: "https://pay.example.com/paid?s={CHECKOUT_SESSION_ID}",
        cancel_url: "https://pay.example.com/later",
        expires_at_s,
    })
}
