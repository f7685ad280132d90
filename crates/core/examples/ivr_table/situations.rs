//! Every situation a call can come into, found by telling the machine everything, from the first ring on.

use std::collections::BTreeMap;

use fusion_comms_core::effect::Effect;
use fusion_comms_core::ivr::{self, Call, CallEvent, State, Surroundings};

use crate::happenings::{self, NOW};
use crate::words;

/// Calls that read alike: the same state, waiting for the same thing.
pub struct Situation {
    pub state: State,
    /// What the caller hears or waits for.
    pub heading: String,
    pub calls: Vec<Call>,
}

/// Steps the machine and answers its questions, as the shell does within one transaction.
pub fn told(call: &Call, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    let (mut call, mut effects) = ivr::step(call.clone(), event, around);
    while let Some(at) = effects.iter().position(|e| matches!(e, Effect::Ask(_))) {
        let Effect::Ask(question) = effects.remove(at) else { continue };
        let (next, more) = ivr::step(call, &happenings::answer(&question), around);
        call = next;
        effects.extend(more);
    }
    (call, effects)
}

/// All situations, in the order of the states and, within one, of the first call to come there.
pub fn all() -> Vec<Situation> {
    let mut situations: Vec<Situation> = vec![];
    let mut place: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for call in reachable() {
        let heading = words::heading(&call);
        let state = State::ALL.iter().position(|s| *s == call.state).unwrap_or_default();
        let at = *place.entry((state, heading.clone())).or_insert_with(|| {
            situations.push(Situation { state: call.state, heading, calls: vec![] });
            situations.len() - 1
        });
        situations[at].calls.push(call);
    }
    situations.sort_by_key(|s| State::ALL.iter().position(|state| *state == s.state));
    situations
}

/// Every call that some sequence of events leads to, nearest to the first ring first.
fn reachable() -> Vec<Call> {
    let happenings = happenings::all();
    let now = |call: Call| Call { step: NOW, ..call };
    let mut seen = vec![now(ivr::ring(true).0), now(ivr::ring(false).0)];
    let mut next = 0;
    while let Some(call) = seen.get(next).cloned() {
        next += 1;
        for (_, around) in happenings::surroundings() {
            for happening in &happenings {
                let after = now(told(&call, &happening.event, &around).0);
                if !seen.contains(&after) {
                    seen.push(after);
                }
            }
        }
    }
    seen
}
