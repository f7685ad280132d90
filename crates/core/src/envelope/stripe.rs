//! One Stripe webhook body to one event.

use serde_json::Value;

use super::StripeEvent;
use super::read::{is_tidy, text, tidy_id};
use crate::ids::EventId;
use crate::time::Timestamp;

/// `None` unless the body has an `id` and a `type`: without them it is no event.
pub fn stripe(value: &Value) -> Option<StripeEvent> {
    Some(StripeEvent {
        id: EventId::new(tidy_id(text(value, "id")?)),
        event_type: text(value, "type").filter(|name| is_tidy(name))?.to_owned(),
        account: text(value, "account").map(str::to_owned),
        livemode: value.get("livemode").and_then(Value::as_bool),
        created: value.get("created").and_then(Value::as_i64).map(Timestamp::from_unix_s),
        object: value.get("data").and_then(|data| data.get("object")).cloned().unwrap_or_default(),
    })
}
