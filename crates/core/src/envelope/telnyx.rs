//! One Telnyx webhook body to one event: its id, its order among others, and what it says.
//!
//! Never fails: a signed body is kept whatever it holds, as [`TelnyxBody::Other`] in the worst case.

use serde_json::Value;

use super::read::{digest, is_tidy, text, tidy_id};
use super::{Channel, TelnyxBody, TelnyxEvent, fax, text as message, voice};
use crate::ids::EventId;
use crate::time::Timestamp;

/// What the event type is where there is none.
const UNKNOWN: &str = "unknown";

/// What an event says and what orders it among others.
pub(super) type Said = (TelnyxBody, Option<String>);

/// Reads a parsed body that came in by `channel`'s route. `body_for_digest` is the raw body, for the id of one
/// without `data`.
pub fn telnyx(channel: Channel, value: &Value, body_for_digest: &[u8]) -> TelnyxEvent {
    let data = value.get("data").unwrap_or(&Value::Null);
    let id = event_id(data, body_for_digest);
    let event_type = text(data, "event_type").filter(|name| is_tidy(name)).unwrap_or(UNKNOWN);
    let payload = data.get("payload").unwrap_or(&Value::Null);
    let said = match channel {
        Channel::Voice if event_type.starts_with("call.") => voice::read(event_type, payload),
        Channel::Sms if event_type.starts_with("message.") => message::read(event_type, payload, &id),
        Channel::Fax if event_type.starts_with("fax.") => fax::read(event_type, payload),
        _ => None,
    };
    let (body, order_key) = said.unwrap_or((TelnyxBody::Other, None));
    let occurred_at = text(data, "occurred_at").and_then(Timestamp::parse);
    TelnyxEvent { id: EventId::new(id), event_type: event_type.to_owned(), occurred_at, order_key, body }
}

/// `data.id`, else the digest of `data` (a redelivery differs in `meta` only), without `data` of the body.
fn event_id(data: &Value, body: &[u8]) -> String {
    match text(data, "id") {
        Some(id) => tidy_id(id),
        None if data.is_null() => digest(body),
        None => digest(data.to_string().as_bytes()),
    }
}
