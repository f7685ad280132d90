//! Every pair of (state, phase) and event has an answer, and no call is left in silence (R8).

use std::collections::HashSet;
use std::sync::LazyLock;

use super::*;

/// The step of every call under the walk; events carry it, an older one, a newer one or none.
const NOW: u32 = 50;

#[test]
fn every_state_in_every_phase_has_an_answer_to_every_event() {
    let events = every_event();
    let mut pairs = 0;
    for call in every_call() {
        for around in &agencies() {
            for event in &events {
                let (next, effects) = advance(call.clone(), event, around);
                assert!(next.step >= call.step, "{call:?} {event:?}");
                assert!(call.state != State::Done || next.state == State::Done, "{call:?} {event:?}");
                assert!(next.prompts <= MAX_PROMPTS, "{call:?} {event:?}");
                assert!(effects.len() <= 3, "{call:?} {event:?}");
                pairs += 1;
            }
        }
    }
    assert!(pairs > 100_000, "{pairs}");
}

#[test]
fn a_call_that_is_not_done_always_waits_for_something_with_a_deadline() {
    for call in reachable() {
        assert_eq!(call.wait_ms().is_none(), call.state == State::Done, "{call:?}");
        assert!(call.wait_ms().is_none_or(|ms| ms > 0), "{call:?}");
    }
}

#[test]
fn from_everywhere_deadlines_alone_lead_to_done_and_each_does_something_for_the_caller() {
    for call in reachable() {
        for around in &agencies() {
            let mut call = call.clone();
            let mut deadlines = 0;
            while call.state != State::Done {
                let (next, effects) =
                    advance(call.clone(), &CallEvent::DeadlinePassed { step: call.step }, around);
                assert!(next.step > call.step || next.state == State::Done, "the same wait again: {call:?}");
                let acts = effects.iter().any(|e| matches!(e, Effect::Command(_)));
                assert!(acts || next.state == State::Done, "silence after {call:?}");
                call = next;
                deadlines += 1;
                assert!(deadlines <= 8, "{call:?}");
            }
        }
    }
}

#[test]
fn a_call_that_has_ended_asks_telnyx_for_nothing() {
    for call in reachable().iter().filter(|c| c.state == State::Done) {
        for (event, around) in every_event().iter().flat_map(|e| agencies().map(|a| (e, a))) {
            let (_, effects) = advance(call.clone(), event, &around);
            let is_ours = |e: &Effect| matches!(e, Effect::SendLink { .. } | Effect::OptOut(_));
            assert!(effects.iter().all(is_ours), "{call:?} {event:?}");
        }
    }
}

#[test]
fn every_wait_is_long_enough_for_what_it_waits_for() {
    for call in reachable() {
        let Some(ms) = call.wait_ms() else { continue };
        let least = match call.phase {
            Phase::Asking { prompt, .. } => {
                prompt.first_key_ms() + (i64::from(prompt.maximum_digits()) - 1) * 5_000
            }
            Phase::Transferring { .. } => 30_000,
            Phase::Bridged => 14_400_000,
            _ => 5_000,
        };
        assert!(ms >= least, "{call:?}");
    }
}

/// With nothing set, with nobody to transfer to, with everything on, and with the office closed as well.
fn agencies() -> [Surroundings; 4] {
    [billing_team(), Surroundings::default(), everything_on(), closed()]
}

/// Every call that some sequence of events leads to; the step is set back, since only its equality counts.
fn reachable() -> &'static [Call] {
    static REACHABLE: LazyLock<Vec<Call>> = LazyLock::new(reach);
    &REACHABLE
}

fn reach() -> Vec<Call> {
    let (events, agencies) = (every_event(), agencies());
    let (mut seen, mut calls) = (HashSet::new(), vec![]);
    let mut open = vec![ring(true).0, ring(false).0];
    while let Some(call) = open.pop() {
        let call = Call { step: NOW, ..call };
        if !seen.insert(format!("{call:?}")) {
            continue;
        }
        calls.push(call.clone());
        for around in &agencies {
            let next = events.iter().map(|e| Call { step: NOW, ..advance(call.clone(), e, around).0 });
            open.extend(next.filter(|n| *n != call));
        }
    }
    calls
}

fn every_call() -> Vec<Call> {
    let mut calls = vec![];
    for state in State::ALL {
        for phase in every_phase() {
            for (misses, prompts) in [(0, 0), (1, 5), (2, 11), (2, 12)] {
                for known in [true, false] {
                    let statement = StatementId::parse(OPEN).filter(|_| misses == 1);
                    let language = if known { Language::English } else { Language::Spanish };
                    let phone = E164::parse("+12025550147").ok().filter(|_| misses > 0);
                    let step = NOW;
                    calls.push(Call {
                        state,
                        phase,
                        step,
                        misses,
                        prompts,
                        statement,
                        phone,
                        known,
                        language,
                    });
                }
            }
        }
    }
    calls
}

fn every_phase() -> Vec<Phase> {
    let mut phases = vec![Phase::Linking, Phase::LegEnded, Phase::Bridged, Phase::Closed];
    phases.extend([Phase::EndedAtPhone, Phase::EndedAtOffer, Phase::EndedAtReadBack, Phase::EndedAtMenu]);
    phases.push(Phase::Ended);
    for yes in [true, false] {
        phases.extend([
            Phase::Answering { again: yes },
            Phase::Transferring { spoken: yes },
            Phase::Goodbye { spoken: yes },
        ]);
        phases.extend(every_prompt().map(|prompt| Phase::Asking { prompt, spoken: yes }));
    }
    phases.extend((0..4).map(|tries| Phase::HangingUp { tries }));
    phases
}

fn every_event() -> Vec<CallEvent> {
    let mut events = vec![CallEvent::Answered, CallEvent::Bridged, CallEvent::Hangup];
    for cause in ["normal_clearing", "user_busy"] {
        events.push(CallEvent::SecondLegEnded { cause: cause.to_owned() });
    }
    events.extend([LinkAnswer::Sent, LinkAnswer::Refused].map(CallEvent::Link));
    events.extend([StatementAnswer::NotPayable, StatementAnswer::Unknown].map(CallEvent::Statement));
    events.extend(StatementId::parse(OPEN).map(|id| CallEvent::Statement(StatementAnswer::Found(id))));
    for allowed in [true, false] {
        events.extend(E164::parse("+12025550147").map(|phone| CallEvent::MayText { phone, allowed }));
    }
    for step in [None, Some(NOW), Some(NOW - 1), Some(NOW + 1)] {
        for status in
            [GatherStatus::Valid, GatherStatus::NoInput, GatherStatus::CallHangup, GatherStatus::Cancelled]
        {
            events.extend(
                ["", "#", "1", "2", "8", "9", "*", OPEN, ON_HOLD, PHONE, OPTED_OUT]
                    .map(|k| gather_with(step, status, k)),
            );
        }
        for status in [PlaybackStatus::Ended, PlaybackStatus::CallHangup, PlaybackStatus::Failed] {
            events.push(CallEvent::PlaybackEnded { step, prompt: None, status });
            events.extend(every_prompt().map(|p| CallEvent::PlaybackEnded { step, prompt: Some(p), status }));
        }
    }
    for step in [NOW, NOW - 1, NOW + 1] {
        events.push(CallEvent::DeadlinePassed { step });
        for kind in [
            CommandKind::Answer,
            CommandKind::Gather,
            CommandKind::Play,
            CommandKind::Transfer,
            CommandKind::HangUp,
        ] {
            events.push(CallEvent::CommandAccepted { step, kind });
            for failure in [Failure::CallEnded, Failure::Refused] {
                events.push(CallEvent::CommandFailed { step, kind, failure });
            }
        }
    }
    events
}
