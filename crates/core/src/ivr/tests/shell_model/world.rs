//! Shell and outside together: one move after the other, and what must hold after each.

use super::outside::Outside;
use super::shell::Shell;
use super::{Fate, Plant};
use crate::ivr::{State, Surroundings};

/// Moves without faults in which everything must have come to its end.
const MOVES_TO_DRAIN: usize = 2_000;

/// What [`Outside::goes_on`] makes of a gather: keys that lead to the link, or none.
pub(super) const RIGHT_KEYS: u8 = 0;
const NO_INPUT: u8 = 8;

/// What happens next; where there is nothing of the kind to do, time passes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
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

pub(super) struct World {
    pub(super) shell: Shell,
    pub(super) outside: Outside,
    now: i64,
}

impl World {
    pub(super) fn new(around: Surroundings, plant: Plant) -> Self {
        Self { outside: Outside::ringing(around.clone()), shell: Shell::new(around, plant), now: 0 }
    }

    /// A webhook that was acknowledged comes once more.
    pub(super) fn comes_again(&mut self, pick: u8) {
        let at = usize::from(pick) % self.shell.tables.inbox.len().max(1);
        if let Some(received) = self.shell.tables.inbox.get(at).cloned() {
            self.shell.receive(&received.webhook, self.now);
        }
    }

    pub(super) fn take(&mut self, what: Move, pick: u8) -> Result<(), String> {
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
            Move::HangUp => self.outside.hang_up(["", "2025550147", "1"][usize::from(pick % 3)]),
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

    pub(super) fn check(&self) -> Result<(), String> {
        let tables = &self.shell.tables;
        if tables.sessions.len() > 1 {
            return Err("R5: two sessions were kept".to_owned());
        }
        if let Some(call) = &tables.call {
            let waits_ms = tables.deadline_at.map(|at| at - self.now);
            let is_right = match (waits_ms, call.wait_ms()) {
                (Some(stored), Some(most)) => call.state != State::Done && stored <= most,
                (None, None) => call.state == State::Done,
                _ => false,
            };
            if !is_right {
                return Err(format!("R8: {call:?} waits for {waits_ms:?} ms"));
            }
        }
        Ok(())
    }

    /// No more faults: everything on its way arrives, is processed and done, and the call comes to its end.
    pub(super) fn drain(&mut self) -> Result<(), String> {
        for _ in 0..MOVES_TO_DRAIN {
            if !self.without_faults(NO_INPUT)? {
                return self.has_drained();
            }
            self.check()?;
        }
        Err("R8: it does not come to an end".to_owned())
    }

    /// One move in which nothing goes wrong; `keys` is what a caller who is asked does. False where nothing is left.
    pub(super) fn without_faults(&mut self, keys: u8) -> Result<bool, String> {
        self.goes_on(keys, Fate::Answered)
    }

    /// The same, but for what becomes of a request.
    pub(super) fn goes_on(&mut self, keys: u8, fate: Fate) -> Result<bool, String> {
        if !self.outside.network.is_empty() {
            let webhook = self.outside.network.remove(0);
            self.shell.receive(&webhook, self.now);
            return Ok(true);
        }
        if self.shell.process(1, self.now)?
            || self.shell.work(&mut self.outside, 1, fate, self.now)?
            || self.outside.goes_on(keys)
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
