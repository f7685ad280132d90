//! Texts: sending by the API, people who text us, and Telnyx's own handling of STOP, START and HELP.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::delivery::{Event, Hook, millis};
use super::errors::Refusal;
use super::parts::Fields;
use super::record::{KEPT, push_capped};
use super::text_body::{Text, parts_of};
use super::{SimTelnyx, SimText, TextOutcome, api, new_id, now};

const REPLAYED_FOR: Duration = Duration::from_secs(24 * 3600);
const KNOWN: &[&str] = &[
    "to",
    "from",
    "text",
    "messaging_profile_id",
    "media_urls",
    "subject",
    "type",
    "encoding",
    "auto_detect",
    "send_at",
    "use_profile_webhooks",
    "webhook_url",
    "webhook_failover_url",
    "tags",
];

impl Texts {
    /// A text of ours as it was when it was taken, by its id.
    pub(super) fn taken(&self, id: &str) -> Option<Value> {
        self.replays.values().map(|r| &r.answer).find(|answer| answer["id"] == id).cloned()
    }
}

/// What the account remembers of texts.
#[derive(Default)]
pub(super) struct Texts {
    /// What handsets received, in order.
    received: VecDeque<SimText>,
    outcomes: HashMap<String, TextOutcome>,
    /// By (profile, person).
    blocks: BTreeMap<(String, String), Block>,
    /// Successful answers by `Idempotency-Key`, oldest first in `keys`.
    replays: HashMap<String, Replay>,
    keys: VecDeque<String>,
}

struct Block {
    /// Our number, which got the stop word.
    to: String,
    keyword: String,
    at: Timestamp,
}

struct Replay {
    body: Bytes,
    answer: Value,
    at: Instant,
}

impl Replay {
    fn is_alive(&self) -> bool {
        self.at.elapsed() <= REPLAYED_FOR
    }
}

pub(super) async fn send(State(sim): State<Arc<SimTelnyx>>, headers: HeaderMap, body: Bytes) -> Response {
    match sim.accept_text(api::idempotency_key(&headers), &body) {
        Ok(message) => Json(json!({ "data": message })).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) async fn list_blocks(
    State(sim): State<Arc<SimTelnyx>>,
    Query(page): Query<BTreeMap<String, String>>,
) -> Response {
    let asked =
        |name: &str, usual: usize| page.get(name).and_then(|n| n.parse().ok()).unwrap_or(usual).max(1);
    let (number, size) = (asked("page[number]", 1), asked("page[size]", 20).min(250));
    let all: Vec<Value> = sim.state().texts.blocks.iter().map(block_body).collect();
    let data: Vec<&Value> = all.iter().skip((number - 1) * size).take(size).collect();
    let meta = json!({
        "page_number": number, "page_size": size, "total_pages": all.len().div_ceil(size),
        "total_results": all.len(),
    });
    Json(json!({ "data": data, "meta": meta })).into_response()
}

fn block_body(((profile, person), block): (&(String, String), &Block)) -> Value {
    json!({
        "from": person, "to": block.to, "keyword": block.keyword,
        "messaging_profile_id": profile, "created_at": millis(block.at),
    })
}

impl SimTelnyx {
    /// What this handset received, oldest first: our texts and Telnyx's own answers.
    pub fn inbox_of(&self, phone: &str) -> Vec<SimText> {
        self.state().texts.received.iter().filter(|t| t.to == phone).cloned().collect()
    }

    /// How many texts from this number of ours this handset received.
    pub fn count_texts(&self, ours: &str, phone: &str) -> usize {
        self.state().texts.received.iter().filter(|t| t.to == phone && t.from == ours).count()
    }

    /// What all handsets received, oldest first.
    pub fn texts(&self) -> Vec<SimText> {
        self.state().texts.received.iter().cloned().collect()
    }

    /// What becomes of texts to this number from now on; without it they are delivered.
    pub fn set_outcome(&self, phone: &str, outcome: TextOutcome) {
        self.state().texts.outcomes.insert(phone.to_owned(), outcome);
    }

    /// Whether Telnyx blocks texts from our number to this person.
    pub fn is_blocked(&self, ours: &str, person: &str) -> bool {
        let key = (self.profile_of(ours), person.to_owned());
        self.state().texts.blocks.contains_key(&key)
    }

    /// A block of which no webhook tells: the person wrote STOP before the number was ours.
    pub fn block(&self, person: &str, ours: &str) {
        let key = (self.profile_of(ours), person.to_owned());
        let block = Block { to: ours.to_owned(), keyword: "STOP".to_owned(), at: now() };
        self.state().texts.blocks.insert(key, block);
    }

    /// A person texts one of our numbers. Returns the message's id.
    pub fn send_text(self: &Arc<Self>, from: &str, to: &str, text: &str) -> String {
        let keyword = keyword(text);
        self.handle_keyword(keyword, from, to, text);
        let mut message = self.message(from, to, text, self.profile_of(to));
        message.received_at = now();
        let id = message.id.clone();
        let event = Event::new(Hook::Sms, "message.received", now(), message.inbound(keyword));
        let sim = Arc::clone(self);
        tokio::spawn(async move { sim.deliver(event).await });
        id
    }

    fn handle_keyword(&self, keyword: Option<&str>, person: &str, ours: &str, text: &str) {
        let key = (self.profile_of(ours), person.to_owned());
        let mut state = self.state();
        match keyword {
            Some("STOP") => {
                let block = Block { to: ours.to_owned(), keyword: text.trim().to_uppercase(), at: now() };
                state.texts.blocks.insert(key, block);
                if self.options.answers_stop {
                    let answer = "You have successfully been unsubscribed. You will not receive any more messages \
                                  from this number. Reply START to resubscribe.";
                    let answer = self.message(ours, person, answer, String::new());
                    let answer = SimText { by_telnyx: true, ..handset(&answer) };
                    push_capped(&mut state.texts.received, answer);
                }
            }
            Some("START") => {
                state.texts.blocks.remove(&key);
            }
            _ => {}
        }
    }

    fn profile_of(&self, ours: &str) -> String {
        self.options.profiles.get(ours).unwrap_or(&self.options.default_profile).clone()
    }

    fn message(&self, from: &str, to: &str, text: &str, profile: String) -> Text {
        Text {
            id: new_id(),
            from: from.to_owned(),
            to: to.to_owned(),
            text: text.to_owned(),
            profile,
            webhook_url: self.hook_url(Hook::Sms),
            received_at: now(),
            sent_at: None,
            completed_at: None,
        }
    }

    fn accept_text(self: &Arc<Self>, key: Option<String>, body: &Bytes) -> Result<Value, Refusal> {
        if let Some(key) = &key {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'-');
            if !(1..=255).contains(&key.len()) || !key.bytes().all(allowed) {
                return Err(Refusal::bad_idempotency_key());
            }
            if let Some(answer) = self.replay(key, body)? {
                return Ok(answer);
            }
        }
        let message = self.check_text(&api::object(body)?)?;
        let answer = message.outbound("queued", json!([]));
        let mut state = self.state();
        // Two that come at once under one key are one text.
        if let Some(known) =
            key.as_ref().and_then(|key| state.texts.replays.get(key)).filter(|r| r.is_alive())
        {
            return if known.body == body {
                Ok(known.answer.clone())
            } else {
                Err(Refusal::idempotency_mismatch())
            };
        }
        if let Some(key) = key {
            let replay = Replay { body: body.clone(), answer: answer.clone(), at: Instant::now() };
            state.texts.replays.insert(key.clone(), replay);
            state.texts.keys.push_back(key);
            if state.texts.keys.len() > KEPT
                && let Some(oldest) = state.texts.keys.pop_front()
            {
                state.texts.replays.remove(&oldest);
            }
        }
        let outcome = state.texts.outcomes.get(&message.to).cloned().unwrap_or(TextOutcome::Delivered);
        if outcome == TextOutcome::Delivered {
            push_capped(&mut state.texts.received, handset(&message));
        }
        drop(state);
        tokio::spawn(Arc::clone(self).report_text(message, outcome));
        Ok(answer)
    }

    /// The answer given before under this key; another body under it is refused.
    fn replay(&self, key: &str, body: &Bytes) -> Result<Option<Value>, Refusal> {
        match self.state().texts.replays.get(key) {
            Some(r) if !r.is_alive() => Ok(None),
            Some(r) if r.body == body => Ok(Some(r.answer.clone())),
            Some(_) => Err(Refusal::idempotency_mismatch()),
            None => Ok(None),
        }
    }

    fn check_text(&self, map: &Map<String, Value>) -> Result<Text, Refusal> {
        let text = |name: &str| map.get(name).and_then(Value::as_str).unwrap_or_default();
        Fields::new(map).only(|name| KNOWN.contains(&name))?;
        let (from, to, body) = (text("from"), text("to"), text("text"));
        let short_code = (4..=8).contains(&to.len()) && to.bytes().all(|b| b.is_ascii_digit());
        if E164::parse(to).is_err() && !short_code {
            return Err(Refusal::bad_to());
        }
        let ours = self.options.from_numbers.as_ref().is_none_or(|known| known.contains(from));
        if E164::parse(from).is_err() || !ours {
            return Err(Refusal::bad_from());
        }
        let profile = Some(text("messaging_profile_id")).filter(|p| !p.is_empty());
        let own_profile = self.profile_of(from);
        if self.options.profiles.contains_key(from) && profile.is_some_and(|p| p != own_profile) {
            return Err(Refusal::bad_from());
        }
        if body.is_empty() && map.get("media_urls").is_none() {
            return Err(Refusal::no_content());
        }
        if parts_of(body).1 > 10 {
            return Err(Refusal::too_many_parts());
        }
        let profile = profile.map_or(own_profile, str::to_owned);
        if self.state().texts.blocks.contains_key(&(profile.clone(), to.to_owned())) {
            return Err(Refusal::blocked(from, to));
        }
        Ok(self.message(from, to, body, profile))
    }

    /// `message.sent`, then `message.finalized` with what became of it.
    async fn report_text(self: Arc<Self>, mut message: Text, outcome: TextOutcome) {
        tokio::time::sleep(self.options.text_delay).await;
        message.sent_at = Some(now());
        let sent = message.outbound("sent", json!([]));
        self.deliver(Event::new(Hook::Sms, "message.sent", now(), sent)).await;
        tokio::time::sleep(self.options.text_delay).await;
        message.completed_at = Some(now());
        let (status, errors) = match outcome {
            TextOutcome::Delivered => ("delivered", json!([])),
            TextOutcome::Unconfirmed => ("delivery_unconfirmed", json!([])),
            TextOutcome::DeliveryFailed(code) => (
                "delivery_failed",
                json!([{
                    "code": code,
                    "detail": "The recipient carrier did not accept the message.",
                    "source": { "pointer": "/to/0/phone_number" },
                    "title": "Undeliverable",
                }]),
            ),
        };
        let finalized = message.outbound(status, errors);
        self.deliver(Event::new(Hook::Sms, "message.finalized", now(), finalized)).await;
    }
}

fn handset(message: &Text) -> SimText {
    SimText {
        id: message.id.clone(),
        from: message.from.clone(),
        to: message.to.clone(),
        text: message.text.clone(),
        at: now(),
        by_telnyx: false,
    }
}

/// Telnyx's default words, in any case, alone in the message.
fn keyword(text: &str) -> Option<&'static str> {
    match text.trim().to_uppercase().as_str() {
        "STOP" | "STOPALL" | "STOP ALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" => Some("STOP"),
        "START" | "UNSTOP" => Some("START"),
        "HELP" => Some("HELP"),
        _ => None,
    }
}
