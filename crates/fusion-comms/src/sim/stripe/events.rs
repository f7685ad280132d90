//! Webhooks: events as a Connect endpoint gets them, signed, delivered with a few quick tries and, on request, copies.

use std::fmt;
use std::time::Duration;

use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::answer::session_object;
use super::world::{PaymentStatus, SimSession};
use super::{now_s, random_id};
use crate::stripe::API_VERSION;

/// Where webhooks go, and what they are signed with.
#[derive(Clone)]
pub struct WebhookTarget {
    pub url: Url,
    /// `whsec_…`
    pub secret: String,
}

impl fmt::Debug for WebhookTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookTarget({}, [redacted])", self.url)
    }
}

/// How webhooks are delivered.
#[derive(Clone, Debug)]
pub(super) struct DeliverySettings {
    /// Further copies of what has been delivered.
    pub(super) copies: usize,
    /// Waits before the second and each further try.
    pub(super) waits: Vec<Duration>,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self { copies: 0, waits: vec![Duration::from_millis(300), Duration::from_secs(1)] }
    }
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub event_id: String,
    pub event_type: String,
    /// The answers in order, copies included; `None` where there was none.
    pub answers: Vec<Option<u16>>,
    pub delivered: bool,
}

/// Posts signed events to one target.
pub(super) struct Sender {
    http: reqwest::Client,
    target: WebhookTarget,
}

impl Sender {
    pub(super) fn new(target: WebhookTarget) -> anyhow::Result<Self> {
        let builder = reqwest::Client::builder()
            .user_agent("Stripe/1.0 (+https://stripe.com/docs/webhooks)")
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10));
        let builder = if target.url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        Ok(Self {
            http: builder.build().context("cannot set up the HTTP client for Stripe webhooks")?,
            target,
        })
    }

    pub(super) async fn deliver(&self, event: &Value, settings: &DeliverySettings) -> Delivery {
        let body = format!("{event:#}");
        let mut answers = vec![self.post(&body).await];
        for wait in &settings.waits {
            if is_success(answers.last()) {
                break;
            }
            tokio::time::sleep(*wait).await;
            answers.push(self.post(&body).await);
        }
        let delivered = is_success(answers.last());
        for _ in 0..if delivered { settings.copies } else { 0 } {
            answers.push(self.post(&body).await);
        }
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        Delivery { event_id: text("id"), event_type: text("type"), answers, delivered }
    }

    /// The status of the answer. Each try is signed anew, with the time of the try.
    async fn post(&self, body: &str) -> Option<u16> {
        let request = self
            .http
            .post(self.target.url.clone())
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", sign(&self.target.secret, body, now_s()))
            .body(body.to_owned());
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }
}

fn is_success(answer: Option<&Option<u16>>) -> bool {
    matches!(answer, Some(Some(200..=299)))
}

/// The `Stripe-Signature` of `body` at `at_s`: HMAC-SHA256 with the whole secret over `<t>.<body>`.
pub fn sign(secret: &str, body: &str, at_s: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("{at_s}.{body}").as_bytes());
    format!("t={at_s},v1={}", hex::encode(mac.finalize().into_bytes()))
}

pub(super) fn session_event(kind: &str, session: &SimSession) -> Value {
    event(kind, session, json!({"object": session_object(session)}))
}

/// `charge.refunded`; `before` is what was refunded already.
pub(super) fn charge_event(s: &SimSession, before: i64) -> Value {
    let charge = json!({
        "id": s.charge,
        "object": "charge",
        "amount": s.amount,
        "amount_captured": s.amount,
        "amount_refunded": s.amount_refunded,
        "captured": true,
        "created": s.created,
        "currency": s.currency,
        "disputed": s.disputed,
        "livemode": s.livemode,
        "metadata": s.payment_metadata,
        "paid": s.payment_status == PaymentStatus::Paid,
        "payment_intent": s.payment_intent,
        "refunded": s.amount_refunded == s.amount,
        "status": "succeeded",
    });
    event("charge.refunded", s, json!({"object": charge, "previous_attributes": {"amount_refunded": before}}))
}

pub(super) fn dispute_event(s: &SimSession) -> Value {
    let dispute = json!({
        "id": random_id("du_1", 23),
        "object": "dispute",
        "amount": s.amount,
        "charge": s.charge,
        "created": now_s(),
        "currency": s.currency,
        "is_charge_refundable": false,
        "livemode": s.livemode,
        "metadata": {},
        "payment_intent": s.payment_intent,
        "reason": "fraudulent",
        "status": "needs_response",
    });
    event("charge.dispute.created", s, json!({"object": dispute}))
}

fn event(kind: &str, session: &SimSession, data: Value) -> Value {
    json!({
        "id": random_id("evt_1", 23),
        "object": "event",
        "account": session.account,
        "api_version": API_VERSION,
        "created": now_s(),
        "data": data,
        "livemode": session.livemode,
        "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null},
        "type": kind,
    })
}
