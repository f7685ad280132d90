//! What the simulator has seen and done, for assertions and for printing. Lists are capped: a long demo must not grow.

use std::collections::VecDeque;
use std::time::Instant;

use fusion_comms_core::time::Timestamp;
use serde_json::Value;

/// Longest list kept of anything.
pub(super) const KEPT: usize = 20_000;

pub(super) fn push_capped<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() >= KEPT {
        list.pop_front();
    }
    list.push_back(item);
}

/// A request the service sent us.
#[derive(Clone, Debug)]
pub struct SeenRequest {
    pub method: String,
    /// Percent-encoded, as sent.
    pub path: String,
    pub idempotency_key: Option<String>,
    /// `Null` when the body is no JSON.
    pub body: Value,
    /// The body's exact text, to compare retries byte by byte.
    pub text: String,
    pub at: Timestamp,
}

/// One try to deliver one event.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub event_id: String,
    pub event_type: String,
    /// Counts from 1.
    pub attempt: u32,
    /// `None`: no connection, or no answer in time.
    pub status: Option<u16>,
    /// The event's `data.payload`.
    pub payload: Value,
    /// The event's `data.occurred_at`, in its product's format.
    pub occurred_at: String,
    /// Where it went.
    pub url: String,
    pub at: Timestamp,
}

impl Delivery {
    /// The service answered 2xx.
    pub fn taken(&self) -> bool {
        self.status.is_some_and(|s| (200..300).contains(&s))
    }
}

/// What a measurement is made of, by this process's monotonic clock.
#[derive(Clone, Debug)]
pub enum Moment {
    /// One try of one webhook.
    Webhook {
        kind: &'static str,
        /// The event's `data.payload`.
        payload: Value,
        /// When it happened on the line. Webhooks of a call leave one after the other, so it may have waited.
        due: Instant,
        sent: Instant,
        answered: Instant,
        /// `None`: no connection, or no answer in time.
        status: Option<u16>,
    },
    /// A call command came in, whatever it was answered.
    Command { call: String, action: String, at: Instant },
}

/// A text as a handset got it.
#[derive(Clone, Debug, PartialEq)]
pub struct SimText {
    pub id: String,
    pub from: String,
    pub to: String,
    pub text: String,
    pub at: Timestamp,
    /// Telnyx's own answer to a stop word, in the name of the number that got it: no text of the service's.
    pub by_telnyx: bool,
}

/// What the outside may know of a call.
#[derive(Clone, Debug, Default)]
pub struct CallView {
    pub answered: bool,
    pub ended: bool,
    pub hangup_cause: Option<String>,
    /// What the caller heard and did, in order, keys masked unless the prompt asks for one key.
    pub transcript: Vec<String>,
}

/// What the outside may know of a fax.
#[derive(Clone, Debug)]
pub struct FaxView {
    pub media_url: Option<String>,
    /// Successful downloads so far.
    pub fetched: u32,
    /// The events of this fax have all been sent.
    pub announced: bool,
}
