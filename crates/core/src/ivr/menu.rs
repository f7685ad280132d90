//! MENU: 1 pays, 2 transfers, anything else is a miss; before it, 9 at the offer of Spanish.

use super::{Call, CallEvent, Language, MENU_MISSES, Prompt, State, Surroundings};
use crate::effect::Effect;

/// The first prompt of a call to an agency.
pub(super) fn enter(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let prompt = if around.menu.spanish { Prompt::OfferSpanish } else { Prompt::Menu };
    call.ask(State::Menu, prompt, 0, around)
}

pub(super) fn step(
    call: Call,
    prompt: Prompt,
    event: &CallEvent,
    around: &Surroundings,
) -> (Call, Vec<Effect>) {
    let offered = prompt == Prompt::OfferSpanish;
    match event {
        CallEvent::GatherEnded { digits, .. } => match digits.expose() {
            "1" => call.ask(State::CollectStatementId, Prompt::CollectStatement, 0, around),
            "2" => call.transfer(around),
            "9" if offered => after_offer(Call { language: Language::Spanish, ..call }, around),
            _ if offered => after_offer(call, around),
            _ => miss(call, around),
        },
        CallEvent::DeadlinePassed { .. } if offered => after_offer(call, around),
        CallEvent::DeadlinePassed { .. } => miss(call, around),
        _ => (call, vec![]),
    }
}

/// Nobody who lets the offer pass has missed anything.
pub(super) fn after_offer(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let misses = call.misses;
    call.ask(State::Menu, Prompt::Menu, misses, around)
}

fn miss(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let misses = call.misses + 1;
    if misses >= MENU_MISSES {
        call.transfer(around)
    } else {
        call.ask(State::Menu, Prompt::Menu, misses, around)
    }
}
