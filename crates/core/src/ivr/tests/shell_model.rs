//! The machine within a shell that crashes, between a carrier, a Stripe and a patient that do as they like: after each
//! move R2, R4, R5 and R8 hold, no number that was to be confirmed gets a link without, and once the faults are over everything drains.

mod outbox;
mod outside;
mod same_end;
mod shell;
mod tables;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use self::outbox::WORST;
use self::tables::WAITS_OF_SETTINGS;
use self::world::{Move, RIGHT_KEYS, World};
use super::CALLER;
use super::properties::{self, cases};
use crate::ivr::{State, Surroundings};
use crate::phone::E164;

/// Whom the link goes to, and who may text STOP.
const PATIENT: &str = "+12025550147";

/// A known bug, planted to see that the model finds it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Plant {
    Nothing,
    /// A new `command_id` for every try, in place of the row's own.
    RandomCommandIds,
    /// The same for the `Idempotency-Key` of sessions and texts.
    RandomKeys,
    /// 200 before the event is stored.
    AckBeforeCommit,
    /// The opt-outs are looked at when a text is queued, and not again.
    CheckThenSend,
    /// The wait's end is kept in memory.
    NoStoredDeadline,
    /// An event that was seen before is not known as such.
    NoUniqueIds,
    /// A hang-up is sent though Telnyx has said that the call is over.
    HangUpAnyway,
    /// What comes after the hang-up is judged without the agency's settings.
    NoSettingsAfterHangUp,
}

/// What becomes of one request of ours.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Answered,
    Refused,
    NeverArrives,
    AnswerLost,
    ActedOnTwice,
}

impl Fate {
    fn of(pick: u8) -> Self {
        match pick % 16 {
            0 => Fate::Refused,
            1 => Fate::NeverArrives,
            2 | 3 => Fate::AnswerLost,
            4 | 5 => Fate::ActedOnTwice,
            _ => Fate::Answered,
        }
    }

    /// Asks; `None` is no answer.
    fn ask<T>(self, mut ask: impl FnMut(bool) -> Result<T, String>) -> Result<Option<T>, String> {
        Ok(match self {
            Fate::Answered => Some(ask(false)?),
            Fate::Refused => Some(ask(true)?),
            Fate::NeverArrives => None,
            Fate::AnswerLost => {
                ask(false)?;
                None
            }
            Fate::ActedOnTwice => {
                ask(false)?;
                Some(ask(false)?)
            }
        })
    }
}

/// One sequence: what happens, and to which agency's call.
#[derive(Clone, Debug)]
struct Sequence {
    /// Moves without faults before the others, so that those come into every part of a call.
    head_start: usize,
    moves: Vec<(Move, u8)>,
    around: Surroundings,
}

fn run(sequence: &Sequence, plant: Plant) -> Result<World, String> {
    let mut world = World::new(sequence.around.clone(), plant);
    for _ in 0..sequence.head_start {
        world.without_faults(RIGHT_KEYS)?;
        world.check()?;
    }
    for (what, pick) in &sequence.moves {
        world.take(*what, *pick)?;
    }
    world.drain()?;
    Ok(world)
}

fn sequences() -> impl Strategy<Value = Sequence> {
    let one = prop_oneof![
        20 => Just(Move::Deliver),
        4 => Just(Move::DeliverACopy),
        1 => Just(Move::LoseWebhook),
        18 => Just(Move::Process),
        34 => Just(Move::Work),
        16 => Just(Move::OutsideGoesOn),
        1 => Just(Move::HangUp),
        1 => Just(Move::Stop),
        3 => Just(Move::Crash),
        3 => Just(Move::Wait),
        2 => Just(Move::WaitForDeadline),
    ];
    let moves = proptest::collection::vec((one, any::<u8>()), 10..160);
    (prop_oneof![Just(0_usize), 0..60_usize], moves, agencies())
        .prop_map(|(head_start, moves, around)| Sequence { head_start, moves, around })
}

/// Agencies with settings of every kind; the patient calls from the phone that gets the link, from another, or from
/// none that can be texted.
fn agencies() -> impl Strategy<Value = Surroundings> {
    let caller = prop::sample::select(vec![None, Some(PATIENT), Some(CALLER)]);
    (properties::agencies(), caller).prop_map(|((around, _), caller)| Surroundings {
        caller: caller.and_then(|c| E164::parse(c).ok()),
        ..around
    })
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn no_crash_loss_copy_or_delay_breaks_a_promise(sequence in sequences()) {
        run(&sequence, Plant::Nothing).map_err(TestCaseError::fail)?;
    }
}

/// Sequences in which each planted bug must show, and each of the worst moments must come.
const SEQUENCES_TO_FIND: u32 = 3_000;

/// The same sequences on every run.
fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: SEQUENCES_TO_FIND,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_124),
        max_shrink_iters: 0,
        ..Config::default()
    })
}

#[test]
fn each_planted_bug_is_found_and_named() {
    for (plant, named) in [
        (Plant::RandomCommandIds, "R4"),
        (Plant::RandomKeys, "R5"),
        (Plant::AckBeforeCommit, "R1"),
        (Plant::CheckThenSend, "R2"),
        (Plant::NoStoredDeadline, "R8"),
        (Plant::NoUniqueIds, "R4"),
        (Plant::HangUpAnyway, "a leg that we know is dead"),
        (Plant::NoSettingsAfterHangUp, "not confirmed"),
    ] {
        let found = runner()
            .run(&sequences(), |sequence| run(&sequence, plant).map(|_| ()).map_err(TestCaseError::fail));
        let found = format!("{:?}", found.expect_err("the bug was not found"));
        assert!(found.contains(named), "{plant:?}: {found}");
    }
}

#[test]
fn the_sequences_come_into_every_state_and_wait_and_crash_where_it_is_worst() {
    let seen = RefCell::new(BTreeMap::<&str, u32>::new());
    let ran = runner().run(&sequences(), |sequence| {
        let world = run(&sequence, Plant::Nothing).map_err(TestCaseError::fail)?;
        for what in world.shell.seen.iter().chain(&world.shell.tables.places) {
            *seen.borrow_mut().entry(what).or_default() += 1;
        }
        Ok(())
    });
    assert!(ran.is_ok(), "{ran:?}");
    for what in WORST.into_iter().chain(WAITS_OF_SETTINGS).chain(State::ALL.map(State::as_str)) {
        let times = seen.borrow().get(what).copied().unwrap_or_default();
        assert!(times >= 5, "{what}: {times} times");
    }
}
