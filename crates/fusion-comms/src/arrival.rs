//! A provider's event made ready for the inbox: cleaned, and its STOP read. The same for a webhook and for an event that
//! `backfill` asked for.

use fusion_comms_core::envelope::{self, AutoResponse, Channel, TelnyxBody, TelnyxEvent, VoiceKind};
use fusion_comms_core::redact;
use fusion_comms_core::sms;
use fusion_comms_core::sms::decide::Consent;
use fusion_comms_core::time::Timestamp;
use serde_json::Value;

use crate::store::inbox::BY_BACKFILL;
use crate::store::ingest::{NewEvent, NewStripeEvent, Stop};

/// Bytes of an object's id at most; a longer one orders nothing.
const MAX_ID: usize = 200;

/// A Telnyx event that came in by `channel`'s route. `body` is the raw body, for the id of one without `data`.
pub fn telnyx(channel: Channel, mut raw: Value, body: &[u8], verified_by: &str, now: Timestamp) -> NewEvent {
    let event = envelope::telnyx(channel, &raw, body);
    redact::clean(&mut raw);
    // What the provider was asked for happened when it says; a webhook happens now.
    let came_at = match event.occurred_at {
        Some(occurred_at) if verified_by == BY_BACKFILL => occurred_at.min(now),
        _ => now,
    };
    NewEvent {
        stop: stop_of(&event, came_at, now),
        settled: matches!(&event.body, TelnyxBody::Voice(v) if v.kind == VoiceKind::Informational),
        id: event.id,
        event_type: event.event_type,
        channel,
        order_key: event.order_key,
        occurred_at: event.occurred_at,
        received_at: now,
        raw,
        verified_by: verified_by.to_owned(),
    }
}

/// The consent that this text takes back, if it does; read here so that its row is in the same commit as the event.
fn stop_of(event: &TelnyxEvent, came_at: Timestamp, now: Timestamp) -> Option<Stop> {
    let TelnyxBody::TextReceived(text) = &event.body else { return None };
    let phone = text.from.e164()?;
    let stops = text.autoresponse == Some(AutoResponse::Stop)
        || sms::decide::answer(&sms::read(&text.text), text.autoresponse, false).consent == Consent::OptOut;
    // A receipt time in the future would outlast a later START: then ours counts.
    let at = text.received_at.filter(|t| *t <= now).unwrap_or(came_at);
    stops.then(|| Stop { phone, number: text.to.e164(), at })
}

/// A Stripe event; `None` where the body holds none.
pub fn stripe(mut raw: Value, verified_by: Option<&str>, now: Timestamp) -> Option<NewStripeEvent> {
    let event = envelope::stripe(&raw)?;
    redact::clean(&mut raw);
    let order_key = event.object.get("id").and_then(Value::as_str).filter(|id| id.len() <= MAX_ID);
    Some(NewStripeEvent {
        order_key: order_key.map(str::to_owned),
        id: event.id,
        event_type: event.event_type,
        account: event.account,
        occurred_at: event.created,
        received_at: now,
        raw,
        verified_by: verified_by.map(str::to_owned),
    })
}
