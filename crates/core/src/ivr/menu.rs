//! MENU: 1 pays, 2 transfers, anything else is a miss.

use super::{Call, CallEvent, MENU_MISSES, Prompt, State, Surroundings};
use crate::effect::Effect;

pub(super) fn step(call: Call, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    match event {
        CallEvent::GatherEnded { digits, .. } => match digits.expose() {
            "1" => call.ask(State::CollectStatementId, Prompt::CollectStatement, 0, around),
            "2" => call.transfer(around),
            _ => miss(call, around),
        },
        CallEvent::DeadlinePassed { .. } => miss(call, around),
        _ => (call, vec![]),
    }
}

fn miss(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let misses = call.misses + 1;
    if misses >= MENU_MISSES {
        call.transfer(around)
    } else {
        call.ask(State::Menu, Prompt::Menu, misses, around)
    }
}
