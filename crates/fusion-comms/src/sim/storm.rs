//! A storm of webhooks as Telnyx would send them, and as strangers would: repeats, bad signatures, clients that take
//! for ever. Its events ask for nothing: a key pressed in a call of no agency, an outbound fax on its way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;
use uuid::Uuid;

use crate::clock::Clock;

/// A slow client sends a byte this often.
const SLOW_EVERY: Duration = Duration::from_millis(500);
/// How long an answer is waited for; Telnyx waits about two seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is sent.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The service, such as `http://127.0.0.1:8080`.
    pub service: Url,
    pub lasts: Duration,
    /// Events a second, each sent `copies` times at once under one id.
    pub rate: u32,
    pub copies: u32,
    /// Requests a second whose signature is none of Telnyx's.
    pub bad: u32,
    /// Connections that send a webhook a byte at a time.
    pub slow: u32,
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    Telnyx,
    Stranger,
    Slow,
}

/// Answers by sender and status; `None` where the connection broke off.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    pub took: BTreeMap<(Sender, Option<u16>), Vec<Duration>>,
}

impl Answers {
    pub fn count(&self, sender: Sender, status: impl Fn(Option<u16>) -> bool) -> usize {
        let of = |((s, status_), took): (&(Sender, Option<u16>), &Vec<Duration>)| {
            if *s == sender && status(*status_) { took.len() } else { 0 }
        };
        self.took.iter().map(of).sum()
    }
}

/// Sends for as long as the plan says; `tell` hears after each second what was answered so far.
pub async fn blow(plan: &Plan, signing: &SigningKey, mut tell: impl FnMut(u64, &Answers)) -> Answers {
    let storm = Arc::new(Storm {
        http: http(),
        service: plan.service.clone(),
        signing: signing.clone(),
        stranger: SigningKey::from_bytes(&rand::random()),
        answers: Mutex::default(),
    });
    let mut under_way = JoinSet::new();
    for n in 0..plan.slow {
        let storm = Arc::clone(&storm);
        let lasts = plan.lasts;
        under_way.spawn(async move { storm.slowly(n, lasts).await });
    }
    let began = tokio::time::Instant::now();
    let seconds = plan.lasts.as_secs().max(1);
    let mut ticks = tokio::time::interval_at(began, Duration::from_millis(100));
    for tick in 0..seconds * 10 {
        ticks.tick().await;
        if tick > 0 && tick % 10 == 0 {
            tell(tick / 10, &storm.answers());
        }
        for n in share(plan.rate, tick) {
            let event = event(n);
            for _ in 0..plan.copies {
                let (storm, event) = (Arc::clone(&storm), event.clone());
                under_way.spawn(async move { storm.send(&event, Sender::Telnyx).await });
            }
        }
        for n in share(plan.bad, tick) {
            let (storm, event) = (Arc::clone(&storm), event(n));
            under_way.spawn(async move { storm.send(&event, Sender::Stranger).await });
        }
        while under_way.try_join_next().is_some() {}
    }
    while under_way.join_next().await.is_some() {}
    tell(seconds, &storm.answers());
    storm.answers()
}

/// This tenth of a second's share of what is sent in a second, by running number.
fn share(rate: u32, tick: u64) -> std::ops::Range<u64> {
    let until = |tick: u64| u64::from(rate) * tick / 10;
    until(tick)..until(tick + 1)
}

fn http() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE + Duration::from_secs(60)).build();
    client.unwrap_or_default()
}

#[derive(Clone)]
struct Event {
    channel: &'static str,
    body: String,
}

/// Keys of calls and steps of outbound faxes by turns, each of another call or fax.
fn event(n: u64) -> Event {
    let id = || Uuid::from_u128(rand::random()).to_string();
    let (channel, kind, payload) = if n.is_multiple_of(4) {
        ("fax", "fax.sending.started", outbound_fax(&id()))
    } else {
        ("voice", "call.dtmf.received", key(&id(), &id()))
    };
    let body = json!({
        "data": {
            "event_type": kind, "id": id(), "occurred_at": Clock::system().now().to_string(), "payload": payload,
            "record_type": "event",
        },
        "meta": { "attempt": 1, "delivered_to": format!("https://api.example.com/webhooks/telnyx/{channel}") },
    });
    Event { channel, body: body.to_string() }
}

fn key(leg: &str, session: &str) -> Value {
    json!({
        "call_control_id": format!("v3:storm-{leg}"), "call_leg_id": leg, "call_session_id": session,
        "client_state": null, "connection_id": "2811200000000000110", "digit": "1", "from": "+12025550147",
        "to": "+12025550199",
    })
}

fn outbound_fax(id: &str) -> Value {
    json!({
        "connection_id": "2811200000000000112", "direction": "outbound", "fax_id": id, "from": "+12025550199",
        "status": "sending", "to": "+12025550161", "user_id": "storm",
    })
}

struct Storm {
    http: reqwest::Client,
    service: Url,
    signing: SigningKey,
    stranger: SigningKey,
    answers: Mutex<Answers>,
}

impl Storm {
    fn answers(&self) -> Answers {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn heard(&self, sender: Sender, status: Option<u16>, took: Duration) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.took.entry((sender, status)).or_default().push(took);
    }

    fn request(&self, event: &Event, key: &SigningKey) -> reqwest::RequestBuilder {
        let base = self.service.as_str().trim_end_matches('/');
        let timestamp = Clock::system().now().unix_s();
        let signature = key.sign(format!("{timestamp}|{}", event.body).as_bytes());
        self.http
            .post(format!("{base}/webhooks/telnyx/{}", event.channel))
            .header("content-type", "application/json")
            .header("telnyx-timestamp", timestamp.to_string())
            .header("telnyx-signature-ed25519", STANDARD.encode(signature.to_bytes()))
    }

    async fn send(&self, event: &Event, sender: Sender) {
        let key = if sender == Sender::Telnyx { &self.signing } else { &self.stranger };
        let began = Instant::now();
        let answer = self.request(event, key).body(event.body.clone()).timeout(PATIENCE).send().await;
        self.heard(sender, answer.ok().map(|a| a.status().as_u16()), began.elapsed());
    }

    /// A webhook that never comes to its end: the service has to cut it off.
    async fn slowly(&self, n: u32, lasts: Duration) {
        let event = event(u64::from(n));
        let bytes: Vec<u8> = event.body.clone().into_bytes();
        let drops = stream::iter(bytes).then(|byte| async move {
            tokio::time::sleep(SLOW_EVERY).await;
            Ok::<_, std::io::Error>(Bytes::from(vec![byte]))
        });
        let began = Instant::now();
        let request = self.request(&event, &self.signing).body(reqwest::Body::wrap_stream(drops));
        // One that the service still bears at the end is let go by us.
        if let Ok(answer) = tokio::time::timeout(lasts, request.send()).await {
            self.heard(Sender::Slow, answer.ok().map(|a| a.status().as_u16()), began.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_shared_out_evenly_and_wholly() {
        for rate in [1, 7, 10, 123] {
            let sent: usize = (0..10).map(|tick| share(rate, tick).count()).sum();
            assert_eq!(sent, rate as usize);
        }
    }
}
