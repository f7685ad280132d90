//! Visits every state that the actors can reach, in whatever order they take their steps.

use std::collections::HashSet;

use super::actors::{Actor, Mistake};
use super::store::{Status, Store};

/// What the exploration came upon.
pub(super) struct Report {
    pub states: usize,
    /// The steps to the first state that must never be, and why.
    pub violation: Option<Vec<String>>,
    pub handed_over: bool,
    pub refused: bool,
    pub pended: bool,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    store: Store,
    actors: Vec<Actor>,
}

/// Every interleaving of these actors.
pub(super) fn explore(actors: Vec<Actor>, mistake: Option<Mistake>) -> Report {
    let mut report = Report { states: 0, violation: None, handed_over: false, refused: false, pended: false };
    let mut seen = HashSet::new();
    let mut trace = Vec::new();
    visit(State { store: Store::default(), actors }, mistake, &mut seen, &mut trace, &mut report);
    report.states = seen.len();
    report
}

fn visit(
    state: State,
    mistake: Option<Mistake>,
    seen: &mut HashSet<State>,
    trace: &mut Vec<String>,
    report: &mut Report,
) {
    if report.violation.is_some() || !seen.insert(state.clone()) {
        return;
    }
    report.handed_over |= state.store.text == Some(Status::Sending);
    report.refused |= matches!(state.store.text, Some(Status::Refused | Status::Unknown));
    report.pended |= state.store.pending.is_some();
    let mut stuck = true;
    for (i, actor) in state.actors.iter().enumerate() {
        for (next, store) in actor.next(i, &state.store, mistake) {
            stuck = false;
            trace.push(format!("{i} {:?} {}", actor.role, told(&state.store, &store)));
            let mut after = State { store, actors: state.actors.clone() };
            after.actors[i] = next;
            if let Some(why) = after.store.broken {
                let told = trace.iter().cloned().chain([why.to_owned()]).collect();
                report.violation = report.violation.take().or(Some(told));
            }
            visit(after, mistake, seen, trace, report);
            trace.pop();
        }
    }
    if stuck && report.violation.is_none() {
        report.violation = wrong_end(&state).map(|why| trace.iter().cloned().chain([why]).collect());
    }
}

/// Nobody can take a step: all must be done, and what the law says must be what the rows say.
fn wrong_end(state: &State) -> Option<String> {
    if let Some(i) = state.actors.iter().position(|a| !a.is_done(&state.store)) {
        return Some(format!("{i} {:?} waits for ever", state.actors[i].role));
    }
    let stands = state.store.row.is_some() || state.store.pending.is_some();
    let by_hand = state.store.row.is_some_and(|o| !o.by_text);
    let kept = by_hand || stands == state.store.opted_out;
    (!kept).then(|| format!("opted out: {}, a row says so: {stands}", state.store.opted_out))
}

/// What a step changed, in words short enough to be read.
fn told(before: &Store, after: &Store) -> String {
    let mut words = Vec::new();
    if before.number_lock != after.number_lock {
        words.push(if after.number_lock.is_some() { "locks the number" } else { "unlocks the number" });
    }
    if before.row != after.row {
        words.push("commits the ledger row");
    }
    if before.pending != after.pending {
        words.push("commits what is pending");
    }
    if before.text != after.text {
        words.push("commits the text's status");
    }
    if words.is_empty() { "reads or waits".to_owned() } else { words.join(", ") }
}
