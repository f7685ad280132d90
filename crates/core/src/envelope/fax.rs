//! `fax.*`: a fax on its way in. One on its way out changes nothing here.

use serde_json::Value;

use super::read::{party, text};
use super::telnyx::Said;
use super::{FaxEvent, FaxKind, TelnyxBody};
use crate::ids::FaxId;

/// `None` without a `fax_id` that can be part of an object key.
pub(super) fn read(event_type: &str, payload: &Value) -> Option<Said> {
    let fax = text(payload, "fax_id").filter(|id| is_safe_key(id))?;
    let inbound = text(payload, "direction") != Some("outbound");
    let event = FaxEvent {
        fax: FaxId::from(fax),
        inbound,
        from: party(payload, "from"),
        to: party(payload, "to"),
        kind: if inbound { kind(event_type, payload) } else { FaxKind::Informational },
    };
    Some((TelnyxBody::Fax(event), Some(fax.to_owned())))
}

/// No dot, slash or blank: the id becomes a folder of the document store.
fn is_safe_key(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn kind(event_type: &str, payload: &Value) -> FaxKind {
    let page_count = payload.get("page_count").and_then(Value::as_i64).filter(|count| *count >= 0);
    match event_type {
        "fax.receiving.started" | "fax.media.processing.started" => FaxKind::Receiving { page_count },
        "fax.received" => FaxKind::Received {
            media_url: text(payload, "media_url").map(str::to_owned),
            page_count,
            partial: payload.get("partial_content") == Some(&Value::Bool(true)),
        },
        "fax.failed" => FaxKind::Failed { reason: text(payload, "failure_reason").map(str::to_owned) },
        _ => FaxKind::Informational,
    }
}
