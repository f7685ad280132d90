//! Webhooks on their way out: signed, posted, tried again by the rules of each product.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer;
use fusion_comms_core::time::Timestamp;
use rand::RngExt;
use serde_json::{Value, json};

use super::record::push_capped;
use super::{Delivery, Moment, SimTelnyx, new_id, now};

/// The product an event belongs to: it decides route, time format and retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    Voice,
    Sms,
    Fax,
}

/// One event; its id stays the same for all its deliveries.
#[derive(Clone)]
pub(super) struct Event {
    hook: Hook,
    id: String,
    kind: &'static str,
    occurred_at: String,
    payload: Value,
    due: Instant,
}

impl Event {
    pub(super) fn new(hook: Hook, kind: &'static str, at: Timestamp, payload: Value) -> Self {
        let occurred_at = if hook == Hook::Sms { millis(at) } else { at.to_string() };
        Self { hook, id: new_id(), kind, occurred_at, payload, due: Instant::now() }
    }

    fn body(&self, attempt: u32, url: &str) -> String {
        let body = json!({
            "data": {
                "event_type": self.kind,
                "id": self.id,
                "occurred_at": self.occurred_at,
                "payload": self.payload,
                "record_type": "event",
            },
            "meta": { "attempt": attempt, "delivered_to": url },
        });
        // Real bodies come pretty-printed: whoever verifies a re-serialised body is found out.
        format!("{body:#}")
    }
}

/// Messaging's time format: milliseconds and `+00:00`.
pub(super) fn millis(at: Timestamp) -> String {
    at.chrono().format("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
}

impl Hook {
    fn path(self) -> &'static str {
        match self {
            Hook::Voice => "/webhooks/telnyx/voice",
            Hook::Sms => "/webhooks/telnyx/sms",
            Hook::Fax => "/webhooks/telnyx/fax",
        }
    }
    fn tries(self) -> u32 {
        if self == Hook::Voice { 6 } else { 3 }
    }
    /// Voice gives up at once on a 4xx other than 408 and 429: such an event is lost.
    fn tries_again_after(self, status: Option<u16>) -> bool {
        match status {
            None => true,
            Some(s) if (200..300).contains(&s) => false,
            Some(408 | 429 | 500..) => true,
            Some(_) => self != Hook::Voice,
        }
    }
}

impl SimTelnyx {
    pub(super) fn hook_url(&self, hook: Hook) -> String {
        format!("{}{}", self.options.webhook_base.as_str().trim_end_matches('/'), hook.path())
    }

    /// Delivers one event: returns after the first try (of each copy), the retries go on in the background.
    pub(super) async fn deliver(self: &Arc<Self>, event: Event) {
        self.pass(event.kind, &event.payload).await;
        let (reorder, delays) = self.trouble();
        for delay in delays {
            let (sim, event) = (Arc::clone(self), event.clone());
            let copy = async move {
                tokio::time::sleep(delay).await;
                let status = sim.post(&event, 1).await;
                if event.hook.tries_again_after(status) {
                    tokio::spawn(async move { sim.retry(event).await });
                }
            };
            if reorder {
                tokio::spawn(copy);
            } else {
                copy.await;
            }
        }
    }

    /// Whether deliveries overtake each other, and the delay of each copy (one copy, no delay without chaos).
    fn trouble(&self) -> (bool, Vec<Duration>) {
        let mut state = self.state();
        let Some(chaos) = state.chaos.clone() else { return (false, vec![Duration::ZERO]) };
        let copies = 1 + state.random.random_range(0..=chaos.duplicates);
        let range = if chaos.extra_delay_ms.is_empty() { 0..1 } else { chaos.extra_delay_ms };
        let delays =
            (0..copies).map(|_| Duration::from_millis(state.random.random_range(range.clone()))).collect();
        (chaos.reorder, delays)
    }

    async fn retry(self: Arc<Self>, event: Event) {
        let mut wait = self.options.retry_base;
        for attempt in 2..=event.hook.tries() {
            tokio::time::sleep(wait).await;
            wait *= 2;
            let status = self.post(&event, attempt).await;
            if !event.hook.tries_again_after(status) {
                return;
            }
        }
    }

    async fn post(&self, event: &Event, attempt: u32) -> Option<u16> {
        let url = self.hook_url(event.hook);
        let body = event.body(attempt, &url);
        let timestamp = now().unix_s().to_string();
        let signature = self.options.signing.sign(format!("{timestamp}|{body}").as_bytes());
        let sent = Instant::now();
        let answer = self
            .http
            .post(&url)
            .header("content-type", "application/json")
            .header("telnyx-timestamp", timestamp)
            .header("telnyx-signature-ed25519", STANDARD.encode(signature.to_bytes()))
            .body(body)
            .send()
            .await;
        let status = answer.ok().map(|a| a.status().as_u16());
        let (kind, payload) = (event.kind, event.payload.clone());
        self.watched(Moment::Webhook {
            kind,
            payload,
            due: event.due,
            sent,
            answered: Instant::now(),
            status,
        });
        let delivery = Delivery {
            event_id: event.id.clone(),
            event_type: event.kind.to_owned(),
            attempt,
            status,
            payload: event.payload.clone(),
            occurred_at: event.occurred_at.clone(),
            url,
            at: now(),
        };
        push_capped(&mut self.state().deliveries, delivery);
        status
    }

    /// Tells whoever measures.
    pub(super) fn watched(&self, moment: Moment) {
        if let Some(watch) = &self.options.watch {
            // Whoever has stopped listening does not care.
            let _gone = watch.send(moment);
        }
    }
}
