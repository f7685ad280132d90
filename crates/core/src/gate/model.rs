//! Every interleaving of the gate, an acknowledged STOP, a START, a second instance and somebody's open `psql`, over a
//! store in memory: committed rows, the number's lock, one statement a step. The decision is the service's own
//! ([`super::decide`]); the statements around it are those of the shell's `gate`, `store/ingest` and `worker/texts`.
//! The exploration is exhaustive, so it needs no luck; and it must find each mistake of [`Mistake`].

mod actors;
mod explore;
mod store;

use actors::{Actor, Mistake, Role};
use explore::{Report, explore};

fn run(roles: &[Role], mistake: Option<Mistake>) -> Report {
    explore(roles.iter().map(|role| Actor::new(*role)).collect(), mistake)
}

/// One text, queued while all else goes on, and the service's two instances that may both hold it.
const TEXT: [Role; 3] = [Role::Queue, Role::Sender, Role::Sender];

fn with_text(more: &[Role]) -> Vec<Role> {
    TEXT.iter().chain(more).copied().collect()
}

const STARTED_BEFORE: Role = Role::Start { at: 3 };
const STARTED_AFTER: Role = Role::Start { at: 7 };

#[test]
fn no_interleaving_hands_a_text_over_after_the_stop() {
    let scenes: [&[Role]; 5] = [
        &[Role::Stop],
        &[Role::Stop, STARTED_AFTER],
        &[Role::Stop, STARTED_BEFORE],
        &[Role::Stop, Role::Psql, Role::PendingWriter],
        &[Role::Stop, STARTED_AFTER, Role::Psql, Role::PendingWriter],
    ];
    for scene in scenes {
        let report = run(&with_text(scene), None);
        assert_eq!(report.violation, None, "{scene:?}");
        assert!(report.handed_over && report.refused, "{scene:?} is no race");
        assert_eq!(report.pended, scene.contains(&Role::Psql), "{scene:?}");
        println!("{} states of {scene:?}", report.states);
    }
}

#[test]
fn the_exploration_finds_each_mistake() {
    let psql = [Role::Stop, Role::Psql, Role::PendingWriter, STARTED_AFTER];
    for (mistake, scene) in [
        (Mistake::ChecksWithoutTheLock, &psql[..1]),
        (Mistake::ChecksOnlyWhenQueued, &psql[..1]),
        (Mistake::ReleasesTheLockBeforeTheCommit, &psql[..1]),
        (Mistake::StopWithoutTheLock, &psql[..1]),
        (Mistake::RetriesUnchecked, &psql[..1]),
        (Mistake::AcknowledgesBeforeTheCommit, &psql[..1]),
        (Mistake::ForgetsWhatIsPending, &psql[..3]),
        (Mistake::WritesPendingInTwoCommits, &psql[..3]),
        (Mistake::WritesPendingWithoutTheLock, &psql[..3]),
        (Mistake::ReadsPendingBeforeTheLock, &psql[..]),
    ] {
        let report = run(&with_text(scene), Some(mistake));
        let trace = report.violation.unwrap_or_else(|| panic!("{mistake:?} is not found"));
        println!("{mistake:?}, found after {} states, in {} steps", report.states, trace.len());
    }
}
