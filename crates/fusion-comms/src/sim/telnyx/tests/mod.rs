//! A tiny service on the other side: it verifies every webhook, remembers it, and plays prompts and a menu.

mod call;
mod refusals;
mod shapes;
mod text_fax;
mod webhook;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use serde_json::{Value, json};
use tokio_util::sync::DropGuard;
use url::Url;

use super::{CallPlan, Pace, SimOptions, SimTelnyx};

pub(super) const CALLER: &str = "+12025550147";
pub(super) const OURS: &str = "+12025550110";

/// Both sides, listening.
pub(super) struct Bench {
    pub(super) sim: Arc<SimTelnyx>,
    pub(super) service: Arc<Service>,
    pub(super) api: String,
    http: reqwest::Client,
    _stop: [DropGuard; 2],
}

pub(super) struct Service {
    key: VerifyingKey,
    pub(super) events: Mutex<Vec<Value>>,
    pub(super) bad_signatures: Mutex<u32>,
    /// Answers to give before answering 200.
    pub(super) answers: Mutex<VecDeque<u16>>,
}

async fn listen(router: Router) -> (String, DropGuard) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let stop = tokio_util::sync::CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            result = axum::serve(listener, router) => result.unwrap(),
            () = stopped.cancelled() => {}
        }
    });
    (base, stop.drop_guard())
}

/// The header and the bytes as they came: what a service must verify.
async fn webhook(State(service): State<Arc<Service>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let mut signed = format!("{}|", header("telnyx-timestamp")).into_bytes();
    signed.extend_from_slice(&body);
    let signature =
        STANDARD.decode(header("telnyx-signature-ed25519")).ok().and_then(|b| Signature::from_slice(&b).ok());
    if signature.is_none_or(|s| service.key.verify_strict(&signed, &s).is_err()) {
        *service.bad_signatures.lock().unwrap() += 1;
        return StatusCode::BAD_REQUEST;
    }
    service.events.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
    let status = service.answers.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}

/// A second of silence for every prompt but `missing.wav`.
async fn prompt(Path(file): Path<String>) -> Result<Vec<u8>, StatusCode> {
    if file == "missing.wav" { Err(StatusCode::NOT_FOUND) } else { Ok(wav(16_000)) }
}

fn wav(bytes: u32) -> Vec<u8> {
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0".to_vec();
    wav.extend_from_slice(&16_000_u32.to_le_bytes());
    wav.extend_from_slice(b"\x02\0\x10\0data");
    wav.extend_from_slice(&bytes.to_le_bytes());
    wav.resize(44 + bytes as usize, 0);
    wav
}

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }
    pub(super) async fn with(change: impl FnOnce(&mut SimOptions)) -> Self {
        let signing = SigningKey::from_bytes(&[42; 32]);
        let service = Arc::new(Service {
            key: signing.verifying_key(),
            events: Mutex::default(),
            bad_signatures: Mutex::default(),
            answers: Mutex::default(),
        });
        let router = Router::new()
            .route("/webhooks/telnyx/{product}", post(webhook))
            .route("/ivr/{file}", get(prompt))
            .with_state(Arc::clone(&service));
        let (base, stop_service) = listen(router).await;
        let mut options = SimOptions::new(Url::parse(&base).unwrap(), signing);
        options.retry_base = Duration::from_millis(20);
        options.text_delay = Duration::from_millis(10);
        change(&mut options);
        let sim = SimTelnyx::new(options).unwrap();
        let (api, stop_sim) = listen(sim.router()).await;
        sim.set_media_base(Url::parse(&api).unwrap());
        Self { sim, service, api, http: reqwest::Client::new(), _stop: [stop_service, stop_sim] }
    }

    pub(super) fn prompt(&self, name: &str) -> String {
        let base = self.sim.options.webhook_base.as_str();
        format!("{base}ivr/{name}.wav?v=2")
    }

    /// POSTs with a bearer; the status and the body.
    pub(super) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.post_with(path, body.to_string(), None).await
    }
    pub(super) async fn post_with(&self, path: &str, body: String, key: Option<&str>) -> (u16, Value) {
        let mut request = self.http.post(format!("{}{path}", self.api)).bearer_auth("KEY").body(body);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }
    pub(super) async fn get(&self, url: &str) -> (u16, Vec<u8>) {
        let answer = self.http.get(url).bearer_auth("KEY").send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    /// Gives a command as the service does: the id percent-encoded.
    pub(super) async fn command(&self, call: &str, action: &str, body: Value) -> (u16, Value) {
        let id = call.replace(':', "%3A");
        self.post(&format!("/v2/calls/{id}/actions/{action}"), body).await
    }
    pub(super) async fn gather(&self, call: &str, prompt: &str, more: Value) {
        let mut body =
            json!({ "audio_url": self.prompt(prompt), "maximum_tries": 1, "timeout_millis": 10_000 });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        assert_eq!(self.command(call, "gather_using_audio", body).await.0, 200);
    }

    /// The payload of the `n`th (from 0) event of this type.
    pub(super) async fn event(&self, kind: &str, n: usize) -> Value {
        for _ in 0..500 {
            let found = self.payloads(kind).into_iter().nth(n);
            if let Some(payload) = found {
                return payload;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no {kind} number {n}; came: {:?}", self.kinds());
    }
    pub(super) fn payloads(&self, kind: &str) -> Vec<Value> {
        let events = self.service.events.lock().unwrap();
        let of_kind = events.iter().filter(|e| e["data"]["event_type"] == kind);
        of_kind.map(|e| e["data"]["payload"].clone()).collect()
    }
    pub(super) fn kinds(&self) -> Vec<String> {
        let events = self.service.events.lock().unwrap();
        events.iter().map(|e| e["data"]["event_type"].as_str().unwrap().to_owned()).collect()
    }

    /// A call that is up.
    pub(super) async fn answered_call(&self, plan: CallPlan) -> String {
        let call = self.sim.start_call(plan.pace(Pace::FAST));
        self.event("call.initiated", 0).await;
        assert_eq!(self.command(&call, "answer", json!({})).await.0, 200);
        self.event("call.answered", 0).await;
        call
    }
}

pub(super) fn plan() -> CallPlan {
    CallPlan::new(CALLER, OURS)
}

pub(super) fn code(answer: &(u16, Value)) -> (u16, String) {
    (answer.0, answer.1["errors"][0]["code"].as_str().unwrap_or("none").to_owned())
}
