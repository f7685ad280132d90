//! The machine within a shell that crashes, between a carrier, a Stripe and a patient that do as they like: after each
//! move R2, R4, R5 and R8 hold, and once the faults are over everything drains.

mod outside;
mod shell;
mod tables;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use self::outside::Outside;
use self::shell::Shell;
use super::properties::cases;
use crate::ivr::State;

/// Whom the link goes to, and who may text STOP.
const PATIENT: &str = "+12025550147";
/// Moves without faults in which everything must have come to its end.
const MOVES_TO_DRAIN: usize = 2_000;

/// A known bug, planted to see that the model finds it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Plant {
    Nothing,
    /// A new name for every try, in place of the frozen one.
    RandomKeys,
    /// 200 before the event is stored.
    AckBeforeCommit,
    /// The opt-outs are looked at when a text is queued, and not again.
    CheckThenSend,
    /// The wait's end is kept in memory.
    NoStoredDeadline,
    /// An event that was seen before is not known as such.
    NoUniqueIds,
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

/// What happens next; where there is nothing of the kind to do, time passes.
#[derive(Clone, Copy, Debug)]
enum Move {
    Deliver,
    DeliverACopy,
    LoseWebhook,
    Process,
    Work,
    OutsideGoesOn,
    HangUp,
    Stop,
    Crash,
    Wait,
    WaitForDeadline,
}

struct World {
    shell: Shell,
    outside: Outside,
    now: i64,
}

impl World {
    fn new(plant: Plant) -> Self {
        Self { shell: Shell::new(plant), outside: Outside::ringing(), now: 0 }
    }

    fn take(&mut self, what: Move, pick: u8) -> Result<(), String> {
        self.now += i64::from(pick % 4) * 60;
        let at = usize::from(pick) % self.outside.network.len().max(1);
        let on_its_way = self.outside.network.get(at).cloned();
        match what {
            Move::Deliver | Move::DeliverACopy => {
                if let Some(webhook) = on_its_way {
                    self.shell.receive(&webhook, self.now);
                    if matches!(what, Move::Deliver) {
                        self.outside.network.remove(at);
                    }
                }
            }
            Move::LoseWebhook if on_its_way.is_some() => drop(self.outside.network.remove(at)),
            Move::Process => drop(self.shell.process(pick, self.now)?),
            Move::Work => drop(self.shell.work(&mut self.outside, pick, Fate::of(pick / 3), self.now)?),
            Move::OutsideGoesOn => drop(self.outside.goes_on(pick)),
            Move::HangUp => self.outside.hang_up(["", "2025550147"][usize::from(pick % 2)]),
            Move::Stop => drop(self.outside.stops()),
            Move::Crash => self.shell.crash(),
            Move::WaitForDeadline => {
                self.now = self.now.max(self.shell.tables.deadline_at.unwrap_or(self.now));
                self.shell.deadline(self.now)?;
            }
            Move::Wait | Move::LoseWebhook => {
                self.now += i64::from(pick) * 40;
                self.shell.deadline(self.now)?;
            }
        }
        if self.shell.plant == Plant::NoStoredDeadline && matches!(what, Move::Crash) {
            self.shell.tables.deadline_at = None;
        }
        self.check()
    }

    fn check(&self) -> Result<(), String> {
        let tables = &self.shell.tables;
        if tables.sessions.len() > 1 {
            return Err("R5: two sessions were kept".to_owned());
        }
        if let Some(call) = &tables.call {
            let waits = tables.deadline_at.is_some();
            if waits == (call.state == State::Done) {
                return Err(format!("R8: {call:?}, deadline {:?}", tables.deadline_at));
            }
        }
        Ok(())
    }

    /// No more faults: everything on its way arrives, is processed and done, and the call comes to its end.
    fn drain(&mut self) -> Result<(), String> {
        for _ in 0..MOVES_TO_DRAIN {
            if !self.drained_a_step()? {
                return self.has_drained();
            }
            self.check()?;
        }
        Err("R8: it does not come to an end".to_owned())
    }

    fn drained_a_step(&mut self) -> Result<bool, String> {
        if !self.outside.network.is_empty() {
            let webhook = self.outside.network.remove(0);
            self.shell.receive(&webhook, self.now);
            return Ok(true);
        }
        if self.shell.process(1, self.now)?
            || self.shell.work(&mut self.outside, 1, Fate::Answered, self.now)?
            || self.outside.goes_on(8)
        {
            return Ok(true);
        }
        let due = self.shell.next_due_at().into_iter().chain(self.shell.tables.deadline_at).min();
        let Some(due) = due else { return Ok(false) };
        self.now = self.now.max(due);
        self.shell.deadline(self.now)?;
        Ok(true)
    }

    fn has_drained(&self) -> Result<(), String> {
        let tables = &self.shell.tables;
        if tables.call.as_ref().is_some_and(|c| c.state != State::Done) {
            return Err(format!("R8: left in {:?}", tables.call));
        }
        let lost = self
            .shell
            .acked
            .iter()
            .find(|id| !tables.inbox.iter().any(|r| r.webhook.id == **id && r.processed));
        match lost {
            Some(id) => Err(format!("R1: event {id} was acknowledged and is lost")),
            None if tables.outbox.iter().all(|o| o.settled) && self.shell.is_idle() => Ok(()),
            None => Err("the outbox still owes something".to_owned()),
        }
    }
}

fn run(moves: &[(Move, u8)], plant: Plant) -> Result<World, String> {
    let mut world = World::new(plant);
    for (what, pick) in moves {
        world.take(*what, *pick)?;
    }
    world.drain()?;
    Ok(world)
}

fn moves() -> impl Strategy<Value = Vec<(Move, u8)>> {
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
    proptest::collection::vec((one, any::<u8>()), 10..160)
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn no_crash_loss_copy_or_delay_breaks_a_promise(moves in moves()) {
        run(&moves, Plant::Nothing).map_err(TestCaseError::fail)?;
    }
}

/// Sequences in which each planted bug must show.
const SEQUENCES_TO_FIND: u32 = 3_000;

#[test]
fn each_planted_bug_is_found_and_named() {
    for (plant, named) in [
        (Plant::RandomKeys, "R"),
        (Plant::AckBeforeCommit, "R1"),
        (Plant::CheckThenSend, "R2"),
        (Plant::NoStoredDeadline, "R8"),
        (Plant::NoUniqueIds, "applied twice"),
    ] {
        let config = Config {
            cases: SEQUENCES_TO_FIND,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(20_261_124),
            max_shrink_iters: 0,
            ..Config::default()
        };
        let found = TestRunner::new(config)
            .run(&moves(), |moves| run(&moves, plant).map(|_| ()).map_err(TestCaseError::fail));
        let found = format!("{:?}", found.expect_err("the bug was not found"));
        assert!(found.contains(named), "{plant:?}: {found}");
    }
}
