//! An adversary against the matcher: rosters full of near neighbours, strangers one misreading away from a patient,
//! pages spoilt as OCR spoils them. Whatever happens, no fax reaches another patient.

mod people;
mod print;
mod traps;

use std::cell::{Cell, RefCell};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use self::people::{Trip, World};
use self::print::Printed;
use super::*;

/// Small and repeatable: a failing seed can be run again.
pub(super) struct Dice(u64);

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }
    pub fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

#[derive(Default)]
struct Tally {
    known: Cell<u32>,
    attached: Cell<u32>,
    strangers: Cell<u32>,
    /// Spoilt into another patient's page, letter for letter.
    alike: Cell<u32>,
}

fn add(to: &Cell<u32>) {
    to.set(to.get() + 1);
}

fn play(seed: u64, tally: &Tally) -> Result<(), String> {
    let mut dice = Dice(seed);
    let world = World::new(&mut dice);
    let about = if dice.percent(55) { world.known(&mut dice) } else { world.stranger(&mut dice) };
    let mut printed = Printed::new(&about, &world, &mut dice);
    traps::lay(&mut printed, &about, &world, &mut Dice(!seed));
    let roster = world.cases();
    let matching = match_case(&printed.pages, &roster);
    add(if about.in_roster { &tally.known } else { &tally.strangers });
    let Some(case_id) = &matching.attach else { return Ok(()) };
    add(&tally.attached);
    let trip = world.trips.iter().find(|t| t.case.case_id == *case_id).ok_or("no case of the roster")?;
    if trip.person == about.person {
        return wrong_trip(&printed, &about, trip, &matching);
    }
    if (!about.in_roster || printed.mistaken) && printed.reads_like(&about.case, &trip.case) {
        add(&tally.alike);
        return Ok(());
    }
    Err(told("reached another patient", &printed, &about, trip, &matching))
}

/// Of one patient's trips, one whose day is not the printed one, unless OCR made it so.
fn wrong_trip(printed: &Printed, about: &Trip, trip: &Trip, matching: &Matching) -> Result<(), String> {
    let day = |t: &Trip| t.case.date_of_service.clone();
    // Beside a mistaken number a day that is spoilt tells nothing.
    let is_open = printed.day.is_none() || printed.mistaken && printed.is_day_spoilt(&about.case);
    if day(about) == day(trip) || is_open || printed.reads_like(&about.case, &trip.case) {
        return Ok(());
    }
    Err(told("reached another trip", printed, about, trip, matching))
}

/// A lost game, for whoever mends the rules. Everybody in it is made up.
fn told(what: &str, printed: &Printed, about: &Trip, trip: &Trip, matching: &Matching) -> String {
    let own = matching.candidates.iter().find(|c| c.case_id == trip.case.case_id);
    format!(
        "{what}\nprinted {}\nattached {} by {:?}\n{}",
        people::show(&about.case),
        people::show(&trip.case),
        own.map(|c| &c.evidence),
        printed.pages.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join("\u{c}")
    )
}

/// How often it is played: by hand far more often, with `PROPTEST_CASES=100000` in a release build.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(500)
}

/// Which games are played: the same in every run, others by hand with `ADVERSARY_GAMES=1` to 255.
fn games() -> u8 {
    std::env::var("ADVERSARY_GAMES").ok().and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[test]
fn no_fax_reaches_another_patient() {
    let tally = Tally::default();
    let failures = RefCell::new(Vec::new());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[games(); 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&any::<u64>(), |seed| {
        failures.borrow_mut().extend(play(seed, &tally).err().map(|why| format!("seed {seed}: {why}")));
        Ok(())
    });
    outcome.unwrap();
    let failures = failures.into_inner();
    let Tally { known, attached, strangers, alike } = tally;
    println!(
        "known {}, strangers {}, attached {}, spoilt into another's page letter for letter {}",
        known.get(),
        strangers.get(),
        attached.get(),
        alike.get()
    );
    assert!(
        failures.is_empty(),
        "{} reached the wrong case\n{}",
        failures.len(),
        failures[..failures.len().min(20)].join("\n")
    );
    // A matcher that attaches nothing would pass otherwise.
    assert!(attached.get() * 5 > known.get());
}
