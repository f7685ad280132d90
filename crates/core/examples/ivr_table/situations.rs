//! Every situation a call can come into, found by telling the machine everything, from the first ring on.

use std::collections::BTreeMap;

use fusion_comms_core::effect::Effect;
use fusion_comms_core::ivr::{self, Call, CallEvent, Language, State, Surroundings};

use crate::happenings::{self, NOW};
use crate::surroundings::{self, Around};
use crate::words;

/// Calls that read alike: the same state, waiting for the same thing.
pub struct Situation {
    pub state: State,
    /// What the caller hears or waits for.
    pub heading: String,
    pub calls: Vec<Call>,
    /// What may be around these calls.
    pub around: Vec<Around>,
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

/// All situations of calls to an agency that has set nothing.
pub fn plain() -> Vec<Situation> {
    let around = surroundings::plain();
    grouped(reachable(&around, |_| true), &around)
}

/// The situations that settings add to those.
pub fn of_settings(plain: &[Situation]) -> Vec<Situation> {
    // What a setting adds begins before the link; behind it, all is as without.
    let before_the_link =
        |call: &Call| matches!(call.state, State::Menu | State::CollectStatementId | State::CollectSmsPhone);
    let around = surroundings::all_set();
    let mut situations = grouped(reachable(&around, before_the_link), &around);
    situations.retain(|s| !plain.iter().any(|p| (p.state, &p.heading) == (s.state, &s.heading)));
    situations
}

/// In the order of the states and, within one, of the first call to come there.
fn grouped(calls: Vec<Call>, around: &[Around]) -> Vec<Situation> {
    let place_of = |state| State::ALL.iter().position(|s| *s == state).unwrap_or_default();
    let mut situations: Vec<Situation> = vec![];
    let mut place: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for call in calls {
        let heading = words::heading(&call);
        let at = *place.entry((place_of(call.state), heading.clone())).or_insert_with(|| {
            situations.push(Situation { state: call.state, heading, calls: vec![], around: around.to_vec() });
            situations.len() - 1
        });
        situations[at].calls.push(call);
    }
    situations.sort_by_key(|s| place_of(s.state));
    situations
}

/// Every call in English that some sequence of events leads to, nearest to the first ring first; those that `leads_on`
/// does not take are not told anything more.
fn reachable(around: &[Around], leads_on: impl Fn(&Call) -> bool) -> Vec<Call> {
    let happenings = happenings::all();
    let now = |call: Call| Call { step: NOW, ..call };
    let mut seen = vec![now(ivr::ring(true).0), now(ivr::ring(false).0)];
    let mut next = 0;
    while let Some(call) = seen.get(next).cloned() {
        next += 1;
        if !leads_on(&call) {
            continue;
        }
        for (_, around) in around {
            for happening in &happenings {
                let after = now(told(&call, &happening.event, around).0);
                if after.language == Language::English && !seen.contains(&after) {
                    seen.push(after);
                }
            }
        }
    }
    seen
}
