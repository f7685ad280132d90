//! From the simulator's moments to what callers waited: each completed entry of keys beside the command that came next.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use fusion_comms::sim::telnyx::Moment;
use serde_json::Value;

/// What a caller keyed in, and what the next command depends on.
pub const STEPS: [&str; 3] = [
    "menu: key, then the next prompt",
    "statement: keys, then the next prompt",
    "phone: keys, Stripe, text, then the next prompt",
];

/// A completed entry.
pub struct Press {
    /// Place in [`STEPS`].
    pub step: usize,
    /// The last key was pressed.
    pub key: Instant,
    /// `call.gather.ended` left; the webhooks of the key itself and of the prompt it cut short went before it.
    pub sent: Instant,
    /// The next prompt of that call was asked for; `None` where the next entry or another command came first.
    pub command: Option<Instant>,
}

/// One answered webhook.
pub struct Ack {
    pub due: Instant,
    pub sent: Instant,
    pub answered: Instant,
    pub taken: bool,
    pub is_key: bool,
}

/// One call from ringing to hang-up.
pub struct OneCall {
    pub began: Instant,
    pub ended: Option<Instant>,
    pub presses: Vec<Press>,
}

#[derive(Default)]
pub struct Heard {
    pub calls: Vec<OneCall>,
    pub acks: Vec<Ack>,
}

#[derive(Default)]
struct Raw {
    began: Option<Instant>,
    ended: Option<Instant>,
    /// When the last key was pressed, and when the end of its gather was sent.
    entries: Vec<(Instant, Instant)>,
    commands: Vec<(Instant, String)>,
}

/// The command that asks for the next prompt, in each of the steps.
const NEXT: &str = "gather_using_audio";

/// Puts the moments of all calls in order.
pub fn heard(moments: Vec<Moment>) -> Heard {
    let mut heard = Heard::default();
    let mut calls: HashMap<String, Raw> = HashMap::new();
    for moment in moments {
        match moment {
            Moment::Command { call, action, at } => {
                calls.entry(call).or_default().commands.push((at, action));
            }
            Moment::Webhook { kind, payload, due, sent, answered, status } => {
                let taken = status.is_some_and(|s| (200..300).contains(&s));
                heard.acks.push(Ack { due, sent, answered, taken, is_key: kind == "call.dtmf.received" });
                let Some(id) = payload.get("call_control_id").and_then(Value::as_str) else { continue };
                let call = calls.entry(id.to_owned()).or_default();
                match kind {
                    "call.initiated" => call.began = Some(due),
                    "call.hangup" => call.ended = Some(due),
                    "call.gather.ended" if payload.get("status").is_some_and(|s| s == "valid") => {
                        call.entries.push((due, sent));
                    }
                    _ => {}
                }
            }
        }
    }
    heard.calls = calls.into_values().filter_map(one_call).collect();
    heard.calls.sort_by_key(|c| c.began);
    heard
}

fn one_call(mut raw: Raw) -> Option<OneCall> {
    raw.entries.sort();
    // A webhook that was sent again is the same entry.
    raw.entries.dedup_by_key(|(key, _)| *key);
    raw.commands.sort();
    let next_entry = |i: usize| raw.entries.get(i + 1).map(|(key, _)| *key);
    let presses = raw.entries.iter().enumerate().take(STEPS.len()).map(|(step, (key, sent))| {
        let next = raw.commands.iter().find(|(at, _)| at > key);
        let asked = next.filter(|(at, action)| action == NEXT && next_entry(step).is_none_or(|n| *at < n));
        let command = asked.map(|(at, _)| *at);
        Press { step, key: *key, sent: *sent, command }
    });
    Some(OneCall { began: raw.began?, ended: raw.ended, presses: presses.collect() })
}

impl Press {
    pub fn since_key(&self) -> Option<Duration> {
        Some(self.command?.duration_since(self.key))
    }

    /// Zero where a command came before the webhook left: the answer to something else.
    pub fn since_sent(&self) -> Option<Duration> {
        Some(self.command?.saturating_duration_since(self.sent))
    }
}

impl Ack {
    pub fn took(&self) -> Duration {
        self.answered.duration_since(self.sent)
    }
}
