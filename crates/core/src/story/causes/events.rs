//! Webhooks that were not worked.

use super::{Look, finding, pick};
use crate::story::fact::{Event, State};
use crate::story::{Fact, Finding, Subject, Weight, minute, span, times};

/// Seconds that an event may wait untried.
const UNTRIED_S: i64 = 30;

pub(super) fn find(look: &Look<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        look.each(pick!(Event)).into_iter().filter_map(|(fact, e)| of_event(look, fact, e)).collect();
    if let Subject::Event(id) = look.subject {
        found.extend(asked_for(look, id));
    }
    found
}

fn of_event(look: &Look<'_>, fact: &Fact, e: &Event) -> Option<Finding> {
    let replay = if e.channel == "stripe" {
        "mend the cause; Stripe's events are read again when Stripe resends them (dashboard, Resend)"
            .to_owned()
    } else {
        format!("mend the cause, then `fusion-comms events replay {}`", e.id)
    };
    if e.stop_pending {
        return Some(finding(
            "stop_pending",
            Weight::Trouble,
            fact.at,
            format!(
                "the STOP of {} waits for its ledger row, which somebody holds locked; the gate counts it already",
                minute(fact.at)
            ),
            "end the open `psql` session that holds the row",
        ));
    }
    match (e.state, &e.last_error) {
        (State::Parked, error) => Some(finding(
            "event_parked",
            Weight::Wrong,
            fact.at,
            format!(
                "the event {} ({}) was given up after {}: {}",
                e.id,
                e.kind,
                times(e.attempts),
                error.as_deref().unwrap_or("no reason was kept")
            ),
            replay,
        )),
        (State::Waiting, Some(error)) => Some(finding(
            "event_failing",
            Weight::Trouble,
            fact.at,
            format!(
                "the event {} ({}) fails and is tried again: {error}; tried {}",
                e.id,
                e.kind,
                times(e.attempts)
            ),
            "it is tried up to eight times by itself",
        )),
        (State::Waiting, None) if look.now.ms_since(fact.at) > UNTRIED_S * 1000 => Some(finding(
            "event_untried",
            Weight::Wrong,
            fact.at,
            format!(
                "the event {} ({}) was kept on {} ({} ago) and never worked: no worker takes from the inbox",
                e.id,
                e.kind,
                minute(fact.at),
                span(fact.at, look.now)
            ),
            "start a worker (`fusion-comms serve --role worker`), or see why it does not work: `fusion-comms doctor`, its `/readyz`",
        )),
        (State::Waiting, None) => Some(finding(
            "event_waiting",
            Weight::Waits,
            fact.at,
            format!("the event {} is about to be worked", e.id),
            "look again in a moment",
        )),
        (State::Done, _) => None,
    }
}

/// What matters only where this very event is asked about.
fn asked_for(look: &Look<'_>, id: &str) -> Option<Finding> {
    let (fact, e) = look.each(pick!(Event)).into_iter().find(|(_, e)| e.id == id)?;
    if e.pruned {
        let cause = "its body was emptied by `events prune`: only that it came is known";
        return Some(finding("event_pruned", Weight::Note, fact.at, cause, "it cannot be replayed"));
    }
    if e.digits_cleared {
        let cause = "the digits of this gather were cleared once they had done their work";
        return Some(finding("digits_cleared", Weight::Note, fact.at, cause, "it cannot be replayed"));
    }
    None
}
