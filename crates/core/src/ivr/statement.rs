//! COLLECT_STATEMENT_ID: the number of an open statement of this agency, or a person.

use super::{COLLECT_MISSES, Call, CallEvent, Prompt, State, StatementAnswer, Surroundings};
use crate::effect::{Effect, Question};
use crate::ids::StatementId;

pub(super) fn step(call: Call, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    match event {
        CallEvent::GatherEnded { digits, .. } => match StatementId::parse(digits.expose()) {
            Some(id) => (call, vec![Effect::Ask(Question::FindStatement(id))]),
            None => miss(call, around),
        },
        CallEvent::Statement(StatementAnswer::Found(id)) => {
            let call = Call { statement: Some(id.clone()), ..call };
            call.ask(State::CollectSmsPhone, Prompt::CollectPhone, 0, around)
        }
        CallEvent::Statement(StatementAnswer::NotPayable) => call.transfer(around),
        CallEvent::Statement(StatementAnswer::Unknown) | CallEvent::DeadlinePassed { .. } => {
            miss(call, around)
        }
        _ => (call, vec![]),
    }
}

fn miss(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    let misses = call.misses + 1;
    if misses >= COLLECT_MISSES {
        return call.transfer(around);
    }
    call.ask(State::CollectStatementId, Prompt::InvalidStatement, misses, around)
}
