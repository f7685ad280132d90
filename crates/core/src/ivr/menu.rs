//! MENU: 1 pays, 2 transfers, anything else is a miss; before it, 9 at the offer of Spanish. Where the agency has it on, 8
//! stops texts to the caller's number.

use super::{Call, CallEvent, Language, MENU_MISSES, Phase, Prompt, State, Surroundings};
use crate::effect::Effect;
use crate::phone::{Digits, E164};

/// The key that stops texts; 9 is taken by the offer of Spanish.
const STOP_TEXTS: &str = "8";

/// The first prompt of a call to an agency.
pub(super) fn enter(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let prompt = if around.menu.spanish { Prompt::OfferSpanish } else { first(around) };
    call.ask(State::Menu, prompt, 0, around)
}

/// The menu as this caller hears it.
fn first(around: &Surroundings) -> Prompt {
    match stoppable(around) {
        Some(_) => Prompt::MenuWithOptOut,
        None => Prompt::Menu,
    }
}

/// The caller's number, where the agency has a key that stops texts to it.
fn stoppable(around: &Surroundings) -> Option<&E164> {
    around.caller.as_ref().filter(|_| around.menu.opt_out_key)
}

pub(super) fn step(
    call: Call,
    prompt: Prompt,
    event: &CallEvent,
    around: &Surroundings,
) -> (Call, Vec<Effect>) {
    let offered = prompt == Prompt::OfferSpanish;
    match event {
        CallEvent::GatherEnded { digits, .. } => match (digits.expose(), stoppable(around)) {
            ("1", _) => call.ask(State::CollectStatementId, Prompt::CollectStatement, 0, around),
            ("2", _) => call.transfer(around),
            ("9", _) if offered => after_offer(Call { language: Language::Spanish, ..call }, around),
            _ if offered => after_offer(call, around),
            (STOP_TEXTS, Some(phone)) => opt_out(call, phone, around),
            ("", _) if prompt == Prompt::OptedOut => call.goodbye(),
            _ => miss(call, around),
        },
        CallEvent::DeadlinePassed { .. } if offered => after_offer(call, around),
        // What the caller wanted is done.
        CallEvent::DeadlinePassed { .. } if prompt == Prompt::OptedOut => call.goodbye(),
        CallEvent::DeadlinePassed { .. } => miss(call, around),
        _ => (call, vec![]),
    }
}

/// Nobody who lets the offer pass has missed anything.
pub(super) fn after_offer(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let misses = call.misses;
    call.ask(State::Menu, first(around), misses, around)
}

/// The menu without what cannot be spoken: it has a recording.
pub(super) fn plain(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let misses = call.misses;
    call.ask(State::Menu, Prompt::Menu, misses, around)
}

/// The caller hears that it is so, and may go on.
fn opt_out(call: Call, phone: &E164, around: &Surroundings) -> (Call, Vec<Effect>) {
    let misses = call.misses;
    let (call, mut effects) = call.ask(State::Menu, Prompt::OptedOut, misses, around);
    effects.insert(0, Effect::OptOut(phone.clone()));
    (call, effects)
}

/// The key pressed just before the hang-up counts as well. `call` has ended already.
pub(super) fn gathered_at_hangup(call: Call, digits: &Digits, around: &Surroundings) -> (Call, Vec<Effect>) {
    let stopped = stoppable(around).filter(|_| digits.expose() == STOP_TEXTS);
    let effects = stopped.map(|phone| Effect::OptOut(phone.clone())).into_iter().collect();
    (Call { phase: Phase::Ended, ..call }, effects)
}

fn miss(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let misses = call.misses + 1;
    if misses >= MENU_MISSES {
        call.transfer(around)
    } else {
        call.ask(State::Menu, first(around), misses, around)
    }
}
