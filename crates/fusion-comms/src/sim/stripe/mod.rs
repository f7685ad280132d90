//! A Stripe that speaks HTTP on loopback: Checkout Sessions, the page where a payer pays, signed webhooks.
//!
//! It refuses what the real one refuses, so that a request that works here works there: unknown parameters, values
//! out of range, another body under the same idempotency key. Money never moves; a session is test mode unless the
//! key says `_live_`.
//!
//! - `api`: the calls, authorisation, idempotency, faults
//! - `list`: the events of an account, page by page
//! - `form`, `params`: the request body, read strictly
//! - `world`: what the simulator remembers
//! - `payer`: what a payer, a bank or the agency does to a session
//! - `pages`: the page behind a session's link
//! - `events`: webhooks, signed and delivered

mod answer;
mod api;
mod events;
mod form;
mod list;
mod pages;
mod params;
mod payer;
mod world;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use serde_json::Value;
use url::Url;

pub use events::{Delivery, WebhookTarget, sign};
pub use payer::NotPossible;
use world::{Fault, World};
pub use world::{PaymentStatus, RecordedRequest, SimSession, Status};

/// The simulator. Cheap to clone; the clones are one Stripe.
#[derive(Clone)]
pub struct SimStripe {
    inner: Arc<Inner>,
}

struct Inner {
    /// Without a trailing slash.
    public_base: String,
    sender: events::Sender,
    world: Mutex<World>,
}

impl SimStripe {
    /// `public_base` is where payers reach [`SimStripe::router`], such as `http://127.0.0.1:8090`.
    ///
    /// # Errors
    /// The HTTP client for webhooks cannot be set up.
    pub fn new(webhook: WebhookTarget, public_base: &Url) -> anyhow::Result<Self> {
        let inner = Inner {
            public_base: public_base.as_str().trim_end_matches('/').to_owned(),
            sender: events::Sender::new(webhook)?,
            world: Mutex::new(World::default()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// `/v1/checkout/sessions…`, `/v1/balance`, `/v1/accounts/{account}` and `/pay/{session}`; merges with the other simulators' routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/checkout/sessions", post(api::handle))
            .route("/v1/checkout/sessions/{id}", get(api::handle))
            .route("/v1/checkout/sessions/{id}/expire", post(api::handle))
            .route("/v1/events", get(api::handle))
            .route("/v1/balance", get(api::handle))
            .route("/v1/accounts/{id}", get(api::handle))
            .route("/pay/{id}", get(pages::show).post(pages::submit))
            .with_state(self.clone())
    }

    /// Registers a connected account; a disabled one is refused like an unknown one where it is to be paid.
    pub fn add_account(&self, id: &str, enabled: bool) {
        self.world().accounts.insert(id.to_owned(), enabled);
    }

    /// Takes every `acct_…` that was not registered as disabled.
    pub fn accept_any_account(&self) {
        self.world().any_account = true;
    }

    /// Sends every webhook this many times more.
    pub fn duplicates(&self, copies: usize) {
        self.world().delivery.copies = copies;
    }

    /// Waits before each further try of a webhook that was not answered with 2xx. Default 0.3 s, 1 s.
    pub fn retry_webhooks_after(&self, waits: Vec<Duration>) {
        self.world().delivery.waits = waits;
    }

    /// How long a bank debit chosen on the page takes to succeed. Default 15 s.
    pub fn bank_settles_after(&self, wait: Duration) {
        self.world().bank_wait = wait;
    }

    /// Answers the next `n` API requests with this status. A 5xx is stored under the request's idempotency key and
    /// comes back for it, as at the real one.
    pub fn fail_next(&self, n: usize, http: u16) {
        self.plan(n, Fault::Fail(http));
    }

    /// Never answers the next `n` API requests, and does not act on them.
    pub fn hang_next(&self, n: usize) {
        self.plan(n, Fault::Hang);
    }

    /// Acts on the next `n` API requests and never answers them.
    pub fn act_then_hang(&self, n: usize) {
        self.plan(n, Fault::ActThenHang);
    }

    /// Acts on the next `n` API requests after this time, whether the client still waits or not.
    pub fn slow_next(&self, n: usize, by: Duration) {
        self.plan(n, Fault::Slow(by));
    }

    /// While down, every API request is answered 503 and nothing is kept.
    pub fn down(&self, down: bool) {
        self.world().down = down;
    }

    /// Every session, oldest first.
    pub fn sessions(&self) -> Vec<SimSession> {
        self.world().sessions.clone()
    }

    pub fn session(&self, id: &str) -> Option<SimSession> {
        self.world().session(id).cloned()
    }

    /// The last API requests as they came, oldest first, without the key: to be searched for what Stripe must not get.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.world().requests.iter().cloned().collect()
    }

    /// What became of the webhooks, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.world().deliveries.iter().cloned().collect()
    }

    /// Signs and sends an event of the caller's making; true if one try was answered with 2xx.
    pub async fn send(&self, event: &Value) -> bool {
        let settings = {
            let mut world = self.world();
            world.remember_event(event);
            world.delivery.clone()
        };
        let delivery = self.inner.sender.deliver(event, &settings).await;
        let delivered = delivery.delivered;
        self.world().remember_delivery(delivery);
        delivered
    }

    fn send_soon(&self, event: Value) {
        let sim = self.clone();
        tokio::spawn(async move { sim.send(&event).await });
    }

    fn plan(&self, n: usize, fault: Fault) {
        self.world().faults.extend(std::iter::repeat_n(fault, n));
    }

    /// A panic in another test thread must not hide what this one asks.
    fn world(&self) -> MutexGuard<'_, World> {
        self.inner.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Unix seconds.
#[expect(clippy::disallowed_methods, reason = "the simulator lives in its own world, with its own clock")]
fn now_s() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// `prefix` and as many random letters and digits.
fn random_id(prefix: &str, length: usize) -> String {
    use rand::distr::{Alphanumeric, SampleString};
    format!("{prefix}{}", Alphanumeric.sample_string(&mut rand::rng(), length))
}
