//! A provider's JSON, read leniently: unknown fields, types and enum values are kept, not refused.
//!
//! Here are the types; [`telnyx`] makes one of any JSON, [`stripe`] of any that has an id and a type.

mod client_state;
mod fax;
mod read;
mod stripe;
mod telnyx;
mod text;
mod voice;

pub use client_state::{client_state, our_step};
pub use stripe::stripe;
pub use telnyx::telnyx;

use crate::ids::{CallControlId, EventId, FaxId};
use crate::ivr::Prompt;
use crate::phone::{Digits, E164};
use crate::time::Timestamp;

/// The webhook route an event came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Voice,
    Sms,
    Fax,
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Voice => "voice",
            Channel::Sms => "sms",
            Channel::Fax => "fax",
        }
    }
}

/// One Telnyx event, as far as we act on it.
#[derive(Clone, Debug, PartialEq)]
pub struct TelnyxEvent {
    /// `data.id`, else the SHA-256 (lower-case hex) of the `data` value, without `data` of the body.
    pub id: EventId,
    /// `data.event_type`, or `unknown`.
    pub event_type: String,
    pub occurred_at: Option<Timestamp>,
    /// What orders this event among others: the call's session (else its control id), the message, the fax.
    pub order_key: Option<String>,
    pub body: TelnyxBody,
}

/// What the event says. An event of another channel than its route, or of an unknown type, is [`TelnyxBody::Other`].
#[derive(Clone, Debug, PartialEq)]
pub enum TelnyxBody {
    Voice(VoiceEvent),
    TextReceived(TextReceived),
    TextStatus(TextStatus),
    Fax(FaxEvent),
    Other,
}

#[derive(Clone, Debug, PartialEq)]
pub struct VoiceEvent {
    pub call: CallControlId,
    pub session: Option<String>,
    pub direction: Option<Direction>,
    /// `from` as sent: a number, a SIP URI, `anonymous`.
    pub from: Party,
    pub to: Party,
    /// As sent; base64 or not.
    pub client_state: Option<String>,
    pub kind: VoiceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Incoming,
    Outgoing,
}

/// One side of a call, text or fax: an E.164 number where it is one. The raw text is hidden in `Debug`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Party(pub Option<String>);

impl Party {
    pub fn e164(&self) -> Option<E164> {
        self.0.as_deref().and_then(|t| E164::parse(t).ok())
    }
    pub fn expose(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.e164() {
            Some(p) => write!(f, "{p:?}"),
            None => f.write_str("Party(***)"),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum VoiceKind {
    Initiated,
    Answered,
    GatherEnded {
        status: GatherStatus,
        /// One trailing `#` taken off.
        digits: Digits,
        /// The gather ended by `#` alone: digits `#`, or status `valid` with none.
        pound_alone: bool,
    },
    PlaybackEnded {
        status: PlaybackStatus,
        /// The recording that `media_url` names, where it is one of ours.
        prompt: Option<Prompt>,
    },
    SpeakEnded,
    Bridged,
    Hangup {
        cause: String,
    },
    /// Known or not, it changes nothing: playback started, dtmf, machine detection, cost, hold …
    Informational,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatherStatus {
    Valid,
    /// `invalid`, `timeout` and any unknown value.
    NoInput,
    CallHangup,
    /// `cancelled`, `cancelled_amd`.
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackStatus {
    /// `completed`, `cancelled…`, `unknown` and any value we do not know.
    Ended,
    CallHangup,
    /// `file_not_found`, `failed`.
    Failed,
}

#[derive(Clone, PartialEq)]
pub struct TextReceived {
    /// Telnyx's message id (`payload.id`).
    pub message_id: String,
    pub from: Party,
    /// The first `to`; a bare string is taken too (WhatsApp).
    pub to: Party,
    /// Empty where null or absent.
    pub text: String,
    /// `payload.received_at`.
    pub received_at: Option<Timestamp>,
    pub autoresponse: Option<AutoResponse>,
}

impl std::fmt::Debug for TextReceived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TextReceived({}, {:?} -> {:?})", self.message_id, self.from, self.to)
    }
}

/// Telnyx has read the text as a keyword itself (`autoresponse_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoResponse {
    Stop,
    Start,
    Help,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TextStatus {
    /// Telnyx's message id.
    pub message_id: String,
    pub status: DeliveryStatus,
    /// `errors[0].code`.
    pub error_code: Option<String>,
    pub error_title: Option<String>,
}

/// `to[0].status` of an outbound message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// `queued`, `sending`.
    Sending,
    Sent,
    Delivered,
    /// `delivery_unconfirmed`.
    Unconfirmed,
    /// `sending_failed`, `delivery_failed`, `expired`.
    Failed,
    /// Any value we do not know.
    Unknown,
}

#[derive(Clone, PartialEq)]
pub struct FaxEvent {
    pub fax: FaxId,
    pub inbound: bool,
    pub from: Party,
    pub to: Party,
    pub kind: FaxKind,
}

impl std::fmt::Debug for FaxEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaxEvent({}, inbound {})", self.fax, self.inbound)
    }
}

#[derive(Clone, PartialEq)]
pub enum FaxKind {
    /// `fax.receiving.started`, `fax.media.processing.started`.
    Receiving {
        page_count: Option<i64>,
    },
    Received {
        media_url: Option<String>,
        page_count: Option<i64>,
        partial: bool,
    },
    Failed {
        reason: Option<String>,
    },
    Informational,
}

/// One Stripe event, as far as we act on it.
#[derive(Clone, PartialEq)]
pub struct StripeEvent {
    pub id: EventId,
    pub event_type: String,
    /// `acct_…`; the tenant of the event is found by it and by nothing else.
    pub account: Option<String>,
    pub livemode: Option<bool>,
    pub created: Option<Timestamp>,
    pub object: serde_json::Value,
}

impl std::fmt::Debug for StripeEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StripeEvent({}, {})", self.id, self.event_type)
    }
}
