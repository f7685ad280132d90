//! What was owed to Stripe, Telnyx and the queue and did not come about. Texts and fetches are told with their rows.

use super::{Look, finding, pick};
use crate::story::fact::{Effect, State};
use crate::story::{Fact, Finding, Weight, meanings, minute, span, times};

/// Seconds that an effect may wait untried.
const UNTRIED_S: i64 = 60;

pub(super) fn find(look: &Look<'_>) -> Vec<Finding> {
    look.each(pick!(Effect)).into_iter().filter_map(|(fact, e)| of_effect(look, fact, e)).collect()
}

fn of_effect(look: &Look<'_>, fact: &Fact, e: &Effect) -> Option<Finding> {
    match e.kind.as_str() {
        "checkout" | "bill" | "expire_session" => of_stripe(look, fact, e),
        "command" => of_command(look, fact, e),
        _ => None,
    }
}

fn of_stripe(look: &Look<'_>, fact: &Fact, e: &Effect) -> Option<Finding> {
    let error = e.last_error.as_deref().unwrap_or("no answer was kept");
    let (meaning, next) = meanings::of_stripe_error(error);
    let agency = fact.tenant.as_ref().map(|t| format!(" for {t}")).unwrap_or_default();
    let weight = if e.kind == "expire_session" { Weight::Note } else { Weight::Wrong };
    let what = match e.kind.as_str() {
        "expire_session" => "an old payment link could not be ended",
        _ => "Stripe is failing: no payment link was made",
    };
    match e.state {
        State::Parked => Some(finding(
            "stripe_failing",
            weight,
            fact.at,
            format!(
                "{what}{agency}: {error}: {meaning}; tried {}, given up {}",
                times(e.attempts),
                e.settled_at.map(minute).unwrap_or_default()
            ),
            next,
        )),
        State::Waiting if e.last_error.is_some() => Some(finding(
            "stripe_failing",
            weight,
            fact.at,
            format!(
                "{what} yet{agency}: {error}: {meaning}; tried {}, next {}",
                times(e.attempts),
                minute(e.due_at)
            ),
            next,
        )),
        State::Waiting => untried(look, fact, e),
        State::Done => None,
    }
}

fn of_command(look: &Look<'_>, fact: &Fact, e: &Effect) -> Option<Finding> {
    let action = e.action.as_deref().unwrap_or("a command");
    match e.state {
        // Nobody picked up: whatever else is told of the call follows from this.
        State::Parked if action == "answer" => Some(finding(
            "answer_failed",
            Weight::Wrong,
            fact.at,
            format!(
                "Telnyx did not take the command `answer`: {}; tried {}: the caller heard nothing",
                e.last_error.as_deref().unwrap_or("no answer was kept"),
                times(e.attempts)
            ),
            "call the person back; `fusion-comms doctor` asks Telnyx with our key",
        )),
        State::Parked => Some(finding(
            "command_failed",
            Weight::Trouble,
            fact.at,
            format!(
                "Telnyx did not take the command `{action}`: {}; tried {}",
                e.last_error.as_deref().unwrap_or("no answer was kept"),
                times(e.attempts)
            ),
            "the caller was led on by itself; `fusion-comms doctor` asks Telnyx with our key, `fusion-comms prompts check` tries the recordings",
        )),
        State::Waiting => untried(look, fact, e),
        State::Done => None,
    }
}

fn untried(look: &Look<'_>, fact: &Fact, e: &Effect) -> Option<Finding> {
    let held = e.held_until.is_some_and(|until| until > look.now);
    let since = e.held_until.unwrap_or(fact.at);
    if held || e.attempts > 0 || look.now.ms_since(since) <= UNTRIED_S * 1000 {
        return None;
    }
    Some(finding(
        "effect_untried",
        Weight::Wrong,
        fact.at,
        format!(
            "`{}` is owed since {} ({}) and nobody has tried it: no worker takes from the outbox",
            e.kind,
            minute(since),
            span(since, look.now)
        ),
        "start a worker (`fusion-comms serve --role worker`), or see why it does not work: `fusion-comms doctor`, its `/readyz`",
    ))
}
