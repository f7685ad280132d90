//! The document is what the machine does, and holds every state, phase, prompt and event.

use std::collections::BTreeSet;

use fusion_comms_core::effect::{Command, Effect, Voice};
use fusion_comms_core::ivr::{Call, CallEvent, Language, Phase, Prompt, State, Surroundings};

use super::situations::{Situation, told};
use super::*;

/// Variants of [`CallEvent`].
const EVENTS: usize = 12;
/// Variants of [`Phase`].
const PHASES: usize = 14;

/// A number for each variant: a new one does not compile until it has one, and is then missed by the test below.
fn kind(event: &CallEvent) -> usize {
    match event {
        CallEvent::Answered => 0,
        CallEvent::GatherEnded { .. } => 1,
        CallEvent::PlaybackEnded { .. } => 2,
        CallEvent::Bridged => 3,
        CallEvent::SecondLegEnded { .. } => 4,
        CallEvent::Hangup => 5,
        CallEvent::Statement(_) => 6,
        CallEvent::MayText { .. } => 7,
        CallEvent::Link(_) => 8,
        CallEvent::CommandAccepted { .. } => 9,
        CallEvent::CommandFailed { .. } => 10,
        CallEvent::DeadlinePassed { .. } => 11,
    }
}

fn number(phase: Phase) -> usize {
    match phase {
        Phase::Answering { .. } => 0,
        Phase::Asking { .. } => 1,
        Phase::Linking => 2,
        Phase::Transferring { .. } => 3,
        Phase::LegEnded => 4,
        Phase::Bridged => 5,
        Phase::Goodbye { .. } => 6,
        Phase::Closed => 7,
        Phase::HangingUp { .. } => 8,
        Phase::EndedAtPhone => 9,
        Phase::EndedAtOffer => 10,
        Phase::EndedAtReadBack => 11,
        Phase::EndedAtMenu => 12,
        Phase::Ended => 13,
    }
}

fn all_situations() -> Vec<Situation> {
    let mut all = situations::plain();
    let added = situations::of_settings(&all);
    all.extend(added);
    all
}

#[test]
fn the_table_in_docs_is_what_the_machine_says() {
    let written = include_str!("../../../../docs/IVR.md");
    assert!(written == markdown(), "docs/IVR.md is not what the machine does; run `scripts/ivr-table`");
}

#[test]
fn every_state_stands_in_the_table_with_every_event_once() {
    let every = happenings::all().len();
    let situations = all_situations();
    for state in State::ALL {
        assert!(situations.iter().any(|s| s.state == state), "{}", state.as_str());
    }
    for situation in &situations {
        let mut told: Vec<String> = table::blocks(situation)
            .into_iter()
            .flat_map(|block| block.happenings)
            .map(|h| format!("{}: {}", h.group, h.item))
            .collect();
        told.sort();
        told.dedup();
        assert_eq!(told.len(), every, "{}", situation.heading);
    }
}

#[test]
fn every_kind_of_event_is_told() {
    let told: BTreeSet<usize> = happenings::all().iter().map(|h| kind(&h.event)).collect();
    assert_eq!(told, (0..EVENTS).collect());
}

#[test]
fn every_phase_and_every_prompt_that_asks_stands_in_the_table() {
    let calls: Vec<Call> = all_situations().into_iter().flat_map(|s| s.calls).collect();
    let phases: BTreeSet<usize> = calls.iter().map(|c| number(c.phase)).collect();
    assert_eq!(phases, (0..PHASES).collect());
    for prompt in Prompt::ALL.into_iter().chain(Prompt::SPOKEN).filter(|p| p.maximum_digits() > 0) {
        let is_asked = |c: &Call| matches!(c.phase, Phase::Asking { prompt: asked, .. } if asked == prompt);
        assert!(calls.iter().any(is_asked), "{}", prompt.name());
    }
}

/// As if all were spoken, in a language that makes no difference.
fn without_voice((call, mut effects): (Call, Vec<Effect>)) -> (Call, Vec<Effect>) {
    for effect in &mut effects {
        if let Effect::Command(Command::Gather { voice, .. } | Command::Play { voice, .. }) = effect {
            *voice = Voice::Recorded;
        }
    }
    (aloud(call, Language::English), effects)
}

fn aloud(call: Call, language: Language) -> Call {
    let phase = match call.phase {
        Phase::Asking { prompt, .. } => Phase::Asking { prompt, spoken: true },
        Phase::Transferring { .. } => Phase::Transferring { spoken: true },
        Phase::Goodbye { .. } => Phase::Goodbye { spoken: true },
        other => other,
    };
    Call { phase, language, ..call }
}

#[test]
fn in_spanish_every_event_does_what_it_does_where_english_is_read_aloud() {
    let happenings = happenings::all();
    for situation in all_situations() {
        for call in situation.calls {
            let [english, spanish] = [Language::English, Language::Spanish].map(|l| aloud(call.clone(), l));
            for (_, around) in &situation.around {
                for happening in &happenings {
                    let in_english = without_voice(told(&english, &happening.event, around));
                    let in_spanish = without_voice(told(&spanish, &happening.event, around));
                    assert!(in_english == in_spanish, "{}: {}", situation.heading, happening.item);
                }
            }
        }
    }
}

#[test]
fn outside_office_hours_every_transfer_is_office_closed_and_nothing_else_is_other() {
    let closed = Surroundings { desk: surroundings::closed(), ..Surroundings::default() };
    let rings =
        |effects: &[Effect]| effects.iter().any(|e| matches!(e, Effect::Command(Command::Transfer { .. })));
    let mut transfers = 0;
    for situation in situations::plain() {
        let Some((_, open)) = situation.around.first() else { panic!("a situation without surroundings") };
        for call in situation.calls {
            for happening in happenings::all() {
                let (while_open, while_closed) =
                    (told(&call, &happening.event, open), told(&call, &happening.event, &closed));
                if !rings(&while_open.1) {
                    assert!(while_open == while_closed, "{}: {}", situation.heading, happening.item);
                    continue;
                }
                transfers += 1;
                assert_eq!(while_closed.0.phase, Phase::Closed);
                let said = words::hears(&while_closed.0, &while_closed.1);
                assert_eq!(
                    (said.as_str(), words::also(&while_closed.1).as_str()),
                    ("`office_closed`", "call-back task")
                );
            }
        }
    }
    assert!(transfers > 0);
}
