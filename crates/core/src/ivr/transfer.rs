//! TRANSFER, and the way out: a person, or goodbye (or why nobody is there) heard out and the hang-up.

use super::{Call, CallEvent, CommandKind, Phase, State};
use crate::effect::Effect;

/// How a second leg ends that was no failed transfer: it was talking and its `call.bridged` is only late, or the
/// caller hung up while it rang.
const NO_FAILURE: [&str; 3] = ["normal_clearing", "time_limit", "originator_cancel"];
/// How often a hang-up is asked for before the call is taken as over.
pub(super) const HANG_UP_TRIES: u8 = 3;

pub(super) fn step(call: Call, event: &CallEvent) -> (Call, Vec<Effect>) {
    let ringing = matches!(call.phase, Phase::Transferring { .. });
    match event {
        CallEvent::Bridged if call.phase != Phase::Bridged => (call.waiting(Phase::Bridged), vec![]),
        CallEvent::SecondLegEnded { cause } if ringing && NO_FAILURE.contains(&cause.as_str()) => {
            // The same wait, only shorter: the caller is about to be gone, or was never put through.
            (Call { phase: Phase::LegEnded, ..call }, vec![])
        }
        CallEvent::SecondLegEnded { .. } if ringing => call.transfer_failed(),
        CallEvent::CommandFailed { kind: CommandKind::Transfer, .. } if ringing => call.transfer_failed(),
        CallEvent::DeadlinePassed { .. } if call.phase != Phase::Bridged => call.transfer_failed(),
        CallEvent::DeadlinePassed { .. } => call.hang_up(0),
        _ => (call, vec![]),
    }
}

pub(super) fn leaving(call: Call, event: &CallEvent) -> (Call, Vec<Effect>) {
    match (call.phase, event) {
        // The transfer was taken as failed too soon: the caller talks with a person, and nobody hangs up on them.
        (_, CallEvent::Bridged) if call.state == State::Transfer => (call.waiting(Phase::Bridged), vec![]),
        (
            Phase::Goodbye { .. } | Phase::Closed,
            CallEvent::PlaybackEnded { .. } | CallEvent::DeadlinePassed { .. },
        ) => call.hang_up(0),
        (Phase::HangingUp { .. }, CallEvent::CommandAccepted { kind: CommandKind::HangUp, .. }) => {
            (call.ended(), vec![])
        }
        (Phase::HangingUp { tries }, CallEvent::DeadlinePassed { .. }) if tries + 1 < HANG_UP_TRIES => {
            call.hang_up(tries + 1)
        }
        (Phase::HangingUp { .. }, CallEvent::DeadlinePassed { .. }) => (call.ended(), vec![]),
        _ => (call, vec![]),
    }
}
