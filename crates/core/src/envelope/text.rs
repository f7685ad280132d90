//! `message.*`: a text that came, or what became of one of ours.

use serde_json::Value;

use super::read::{digest, first, party, text, text_or_number, tidy_id};
use super::telnyx::Said;
use super::{AutoResponse, DeliveryStatus, Party, TelnyxBody, TextReceived, TextStatus};
use crate::time::Timestamp;

/// `None` for another `message.*` type, or for a status that names no message.
pub(super) fn read(event_type: &str, payload: &Value, event_id: &str) -> Option<Said> {
    match event_type {
        "message.received" if payload.is_object() => Some(received(payload, event_id)),
        "message.sent" | "message.finalized" => status(payload),
        _ => None,
    }
}

/// A text without an id is kept under its event's: it may be a STOP.
fn received(payload: &Value, event_id: &str) -> Said {
    let message_id = text(payload, "id").map_or_else(|| event_id.to_owned(), tidy_id);
    let (from, to) = (party(payload, "from"), party(payload, "to"));
    let order_key = conversation(&from, &to);
    let event = TextReceived {
        message_id,
        from,
        to,
        text: text(payload, "text").unwrap_or_default().to_owned(),
        received_at: text(payload, "received_at").and_then(Timestamp::parse),
        autoresponse: text(payload, "autoresponse_type").and_then(autoresponse),
    };
    (TelnyxBody::TextReceived(event), Some(order_key))
}

/// Orders one person's texts to one number; a digest, so that no phone number stands in that column.
fn conversation(from: &Party, to: &Party) -> String {
    let [from, to] = [from, to].map(|party| party.expose().unwrap_or_default());
    digest(format!("{from}\n{to}").as_bytes())
}

fn autoresponse(text: &str) -> Option<AutoResponse> {
    match text.to_ascii_uppercase().as_str() {
        "STOP" => Some(AutoResponse::Stop),
        "START" => Some(AutoResponse::Start),
        "HELP" => Some(AutoResponse::Help),
        _ => None,
    }
}

fn status(payload: &Value) -> Option<Said> {
    let message_id = tidy_id(text(payload, "id")?);
    let error = first(payload, "errors");
    let event = TextStatus {
        message_id: message_id.clone(),
        status: delivery_status(first(payload, "to").and_then(|to| text(to, "status"))),
        error_code: error.and_then(|e| text_or_number(e, "code")),
        error_title: error.and_then(|e| text(e, "title")).map(str::to_owned),
    };
    Some((TelnyxBody::TextStatus(event), Some(message_id)))
}

fn delivery_status(text: Option<&str>) -> DeliveryStatus {
    match text {
        Some("queued" | "sending") => DeliveryStatus::Sending,
        Some("sent") => DeliveryStatus::Sent,
        Some("delivered") => DeliveryStatus::Delivered,
        Some("delivery_unconfirmed") => DeliveryStatus::Unconfirmed,
        Some("sending_failed" | "delivery_failed" | "expired") => DeliveryStatus::Failed,
        _ => DeliveryStatus::Unknown,
    }
}
