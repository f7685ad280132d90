//! `call.*`: what a call tells us.

use serde_json::Value;

use super::read::{is_tidy, party, text, text_or_number, tidy_id};
use super::telnyx::Said;
use super::{Direction, GatherStatus, PlaybackStatus, TelnyxBody, VoiceEvent, VoiceKind};
use crate::ids::CallControlId;
use crate::phone::Digits;

/// `None` without a usable `call_control_id`: such an event belongs to no call.
pub(super) fn read(event_type: &str, payload: &Value) -> Option<Said> {
    let call = text(payload, "call_control_id").filter(|id| is_tidy(id))?;
    let session = text(payload, "call_session_id").map(tidy_id);
    let order_key = session.clone().unwrap_or_else(|| call.to_owned());
    let event = VoiceEvent {
        call: CallControlId::from(call),
        session,
        direction: direction(payload),
        from: party(payload, "from"),
        to: party(payload, "to"),
        client_state: text(payload, "client_state").map(str::to_owned),
        kind: kind(event_type, payload),
    };
    Some((TelnyxBody::Voice(event), Some(order_key)))
}

fn direction(payload: &Value) -> Option<Direction> {
    match text(payload, "direction")? {
        "incoming" => Some(Direction::Incoming),
        "outgoing" => Some(Direction::Outgoing),
        _ => None,
    }
}

fn kind(event_type: &str, payload: &Value) -> VoiceKind {
    match event_type {
        "call.initiated" => VoiceKind::Initiated,
        "call.answered" => VoiceKind::Answered,
        "call.gather.ended" => gather(payload),
        "call.playback.ended" => {
            VoiceKind::PlaybackEnded { status: playback_status(text(payload, "status")) }
        }
        "call.speak.ended" => VoiceKind::SpeakEnded,
        "call.bridged" => VoiceKind::Bridged,
        "call.hangup" => {
            VoiceKind::Hangup { cause: text(payload, "hangup_cause").unwrap_or("unspecified").to_owned() }
        }
        _ => VoiceKind::Informational,
    }
}

fn gather(payload: &Value) -> VoiceKind {
    let sent = text_or_number(payload, "digits").unwrap_or_default();
    let status = gather_status(text(payload, "status"));
    let digits = Digits::gathered(&sent);
    // Telnyx does not say whether it sends the terminator: a lone `#`, or nothing where the gather was complete.
    let pound_alone = digits.is_empty() && (sent.contains('#') || status == GatherStatus::Valid);
    VoiceKind::GatherEnded { status, digits, pound_alone }
}

fn gather_status(text: Option<&str>) -> GatherStatus {
    match text {
        Some("valid") => GatherStatus::Valid,
        Some("call_hangup") => GatherStatus::CallHangup,
        Some("cancelled" | "cancelled_amd") => GatherStatus::Cancelled,
        _ => GatherStatus::NoInput,
    }
}

fn playback_status(text: Option<&str>) -> PlaybackStatus {
    match text {
        Some("call_hangup") => PlaybackStatus::CallHangup,
        Some("file_not_found" | "failed") => PlaybackStatus::Failed,
        _ => PlaybackStatus::Ended,
    }
}
