//! COLLECT_SMS_PHONE: the number that gets the link. Nothing is said about another person's choice.

use super::{COLLECT_MISSES, Call, CallEvent, Phase, Prompt, State, Surroundings, menu};
use crate::effect::{Effect, Question};
use crate::phone::{Digits, E164};

/// The first prompt of the state: the caller's own number is offered where the agency wants that and there is one.
pub(super) fn enter(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let offers = around.menu.offer_caller_number && around.caller.is_some();
    let prompt = if offers { Prompt::OfferCallerNumber } else { Prompt::CollectPhone };
    call.ask(State::CollectSmsPhone, prompt, 0, around)
}

pub(super) fn step(
    call: Call,
    prompt: Prompt,
    event: &CallEvent,
    around: &Surroundings,
) -> (Call, Vec<Effect>) {
    match event {
        CallEvent::GatherEnded { digits, .. } => match prompt {
            Prompt::OfferCallerNumber => {
                let caller = around.caller.clone();
                choice(call, digits, caller, around)
            }
            Prompt::ReadBack => {
                let keyed = call.phone.clone();
                choice(call, digits, keyed, around)
            }
            _ => keyed(call, digits, around),
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

/// 1 takes the number that was offered or read back, 2 asks for another without a miss.
fn choice(call: Call, digits: &Digits, number: Option<E164>, around: &Surroundings) -> (Call, Vec<Effect>) {
    match (digits.expose(), number) {
        ("1", Some(phone)) => (call, vec![Effect::Ask(Question::MayText(phone))]),
        ("2", _) => {
            let misses = call.misses;
            again(call, misses, around)
        }
        _ => miss(call, around),
    }
}

fn keyed(call: Call, digits: &Digits, around: &Surroundings) -> (Call, Vec<Effect>) {
    match digits.as_nanp() {
        Some(phone) if around.menu.read_back => {
            let misses = call.misses;
            let call = Call { phone: Some(phone), ..call };
            call.ask(State::CollectSmsPhone, Prompt::ReadBack, misses, around)
        }
        Some(phone) => (call, vec![Effect::Ask(Question::MayText(phone))]),
        None => miss(call, around),
    }
}

fn miss(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let misses = call.misses + 1;
    if misses >= COLLECT_MISSES {
        return call.transfer(around);
    }
    again(call, misses, around)
}

/// Asks for a number to be keyed; one that was not confirmed is forgotten.
pub(super) fn again(call: Call, misses: u8, around: &Surroundings) -> (Call, Vec<Effect>) {
    Call { phone: None, ..call }.ask(State::CollectSmsPhone, Prompt::CollectPhone, misses, around)
}

/// Ten valid digits gathered at the hang-up still get their link, where the agency does not want them confirmed; so
/// does a number that is confirmed at the hang-up, and the key that stops texts counts. `call` has ended already.
pub(super) fn gathered_at_hangup(call: Call, digits: &Digits, around: &Surroundings) -> (Call, Vec<Effect>) {
    let confirmed = digits.expose() == "1";
    let number = match call.phase {
        Phase::EndedAtMenu => return menu::gathered_at_hangup(call, digits, around),
        Phase::EndedAtPhone => digits.as_nanp().filter(|_| !around.menu.read_back),
        Phase::EndedAtOffer => around.caller.clone().filter(|_| confirmed),
        Phase::EndedAtReadBack => call.phone.clone().filter(|_| confirmed),
        _ => return (call, vec![]),
    };
    match number {
        Some(phone) => (call, vec![Effect::Ask(Question::MayText(phone))]),
        None if call.phase == Phase::EndedAtPhone => (call, vec![]),
        None => (Call { phase: Phase::Ended, phone: None, ..call }, vec![]),
    }
}

/// The gather of the last keys, or the answer about a phone number, after the hang-up.
pub(super) fn after_hangup(call: Call, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    match event {
        _ if !call.phase.awaits_last_keys() => (call, vec![]),
        CallEvent::GatherEnded { digits, .. } => gathered_at_hangup(call, digits, around),
        CallEvent::MayText { phone, allowed: true } => {
            let (call, effects) = send_link(call, phone);
            (Call { phase: Phase::Ended, ..call }, effects)
        }
        CallEvent::MayText { allowed: false, .. } => {
            (Call { phase: Phase::Ended, phone: None, ..call }, vec![])
        }
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
