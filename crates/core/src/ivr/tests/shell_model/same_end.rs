//! R4 and R5 over crashes: copies, crashes and lost answers leave the very rows that a call without them leaves.

use proptest::prelude::*;

use super::super::properties::cases;
use super::super::words;
use super::tables::What;
use super::world::World;
use super::{Fate, Plant, agencies};
use crate::effect::Effect;
use crate::ivr::{Call, Surroundings};

/// Answers lost at most: each costs half a second, and all together must not use up a wait.
const MOST_LOST: usize = 4;
/// Moves in which such a call must have come to its end.
const MOST_MOVES: usize = 2_000;

/// What goes wrong before one of the moves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Nothing,
    Crash,
    Copy(u8),
    Request(Fate),
}

/// What is left of a call in the tables and outside.
#[derive(Debug, PartialEq)]
struct End {
    call: Option<Call>,
    owed: Vec<String>,
    sessions: usize,
    texts: usize,
}

fn end(around: &Surroundings, caller: u8, faults: &[Fault]) -> Result<End, String> {
    let mut world = World::new(around.clone(), Plant::Nothing);
    let mut lost = 0;
    for at in 0..MOST_MOVES {
        let mut fate = Fate::Answered;
        match faults.get(at).copied().unwrap_or(Fault::Nothing) {
            Fault::Crash => world.shell.crash(),
            Fault::Copy(pick) => world.comes_again(pick),
            Fault::Request(Fate::ActedOnTwice) => fate = Fate::ActedOnTwice,
            Fault::Request(no_answer) if lost < MOST_LOST => {
                lost += 1;
                fate = no_answer;
            }
            Fault::Nothing | Fault::Request(_) => {}
        }
        if !world.goes_on(caller, fate)? {
            break;
        }
        world.check()?;
    }
    world.drain()?;
    let outbox = &world.shell.tables.outbox;
    let mut owed: Vec<String> = outbox.iter().map(|o| in_words(&o.what)).collect();
    // Read aloud only while it still rings, so that what comes first does matter here.
    owed.retain(|o| !o.ends_with("play transfer Spoken"));
    owed.sort();
    let (sessions, texts) = world.outside.made();
    Ok(End { call: world.shell.tables.call, owed, sessions, texts })
}

fn in_words(what: &What) -> String {
    match what {
        What::Command { command, step } => format!("{step} {}", words(&Effect::Command(command.clone()))),
        What::Checkout { phone } => format!("session for {phone}"),
        What::Text { to } => format!("text to {to}"),
    }
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let request = [Fate::ActedOnTwice, Fate::AnswerLost, Fate::NeverArrives];
    let one = prop_oneof![
        5 => Just(Fault::Nothing),
        2 => Just(Fault::Crash),
        2 => any::<u8>().prop_map(Fault::Copy),
        2 => prop::sample::select(request.to_vec()).prop_map(Fault::Request),
    ];
    proptest::collection::vec(one, 1..80)
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn crashes_copies_and_lost_answers_leave_the_rows_of_a_call_without_them(
        around in agencies(), caller in any::<u8>(), faults in faults(),
    ) {
        let plain = end(&around, caller, &[]).map_err(TestCaseError::fail)?;
        let troubled = end(&around, caller, &faults).map_err(TestCaseError::fail)?;
        prop_assert_eq!(troubled, plain);
    }
}
