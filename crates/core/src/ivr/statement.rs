//! COLLECT_STATEMENT_ID: the number of an open statement of this agency, or a person. A number that none of the
//! agency's statements is as long as is a miss that our tables are not asked about.

use super::{COLLECT_MISSES, Call, CallEvent, Prompt, State, StatementAnswer, Surroundings, phone};
use crate::effect::{Effect, Question};
use crate::ids::StatementId;

pub(super) fn step(call: Call, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    match event {
        CallEvent::GatherEnded { digits, .. } => match StatementId::parse(digits.expose()) {
            Some(id) if around.menu.statement_digits.take(id.expose()) => {
                (call, vec![Effect::Ask(Question::FindStatement(id))])
            }
            _ => miss(call, around),
        },
        CallEvent::Statement(StatementAnswer::Found(id)) => {
            phone::enter(Call { statement: Some(id.clone()), ..call }, around)
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
