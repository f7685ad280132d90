//! COLLECT_SMS_PHONE: the number that gets the link. Nothing is said about another person's choice.

use super::{COLLECT_MISSES, Call, CallEvent, Phase, Prompt, State, Surroundings};
use crate::effect::{Effect, Question};
use crate::phone::{Digits, E164};

pub(super) fn step(call: Call, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    match event {
        CallEvent::GatherEnded { digits, .. } => match digits.as_nanp() {
            Some(phone) => (call, vec![Effect::Ask(Question::MayText(phone))]),
            None => miss(call, around),
        },
        CallEvent::MayText { phone, allowed: true } => {
            let (call, effects) = send_link(call, phone);
            (Call { state: State::SendingLink, misses: 0, ..call }.waiting(Phase::Linking), effects)
        }
        CallEvent::MayText { allowed: false, .. } => call.transfer(around),
        CallEvent::DeadlinePassed { .. } => miss(call, around),
        _ => (call, vec![]),
    }
}

fn miss(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let misses = call.misses + 1;
    if misses >= COLLECT_MISSES {
        return call.transfer(around);
    }
    call.ask(State::CollectSmsPhone, Prompt::CollectPhone, misses, around)
}

/// Ten valid digits gathered at the hang-up still get their link; `call` has ended already.
pub(super) fn gathered_at_hangup(call: Call, digits: &Digits) -> (Call, Vec<Effect>) {
    match (call.phase, digits.as_nanp()) {
        (Phase::EndedAtPhone, Some(phone)) => (call, vec![Effect::Ask(Question::MayText(phone))]),
        _ => (call, vec![]),
    }
}

/// The gather of the phone number, or the answer about it, after the hang-up.
pub(super) fn after_hangup(call: Call, event: &CallEvent) -> (Call, Vec<Effect>) {
    match event {
        _ if call.phase != Phase::EndedAtPhone => (call, vec![]),
        CallEvent::GatherEnded { digits, .. } => gathered_at_hangup(call, digits),
        CallEvent::MayText { phone, allowed: true } => {
            let (call, effects) = send_link(call, phone);
            (Call { phase: Phase::Ended, ..call }, effects)
        }
        CallEvent::MayText { allowed: false, .. } => (Call { phase: Phase::Ended, ..call }, vec![]),
        _ => (call, vec![]),
    }
}

fn send_link(call: Call, phone: &E164) -> (Call, Vec<Effect>) {
    let effects = call
        .statement
        .clone()
        .map(|statement| Effect::SendLink { statement, phone: phone.clone() })
        .into_iter()
        .collect();
    (Call { phone: Some(phone.clone()), ..call }, effects)
}
