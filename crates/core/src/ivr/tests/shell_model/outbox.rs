//! The outbox's workers in small: claim, ask the outside, commit the answer. What they have in hand dies with a crash.

use uuid::Uuid;

use super::outside::{Outside, Reply};
use super::shell::Shell;
use super::tables::{Owed, What};
use super::{Fate, PATIENT, Plant};
use crate::ids::derived_id;
use crate::ivr::{CallEvent, CommandKind, Failure, LinkAnswer, Phase};

/// Crashes and a STOP where they are worst.
pub(super) const WORST: [&str; 6] = [
    COMMAND_UNRECORDED,
    SESSION_UNRECORDED,
    TEXT_UNRECORDED,
    TEXT_UNSENT,
    STOPPED_IN_TIME,
    HAND_OVER_TOO_OLD,
];
const COMMAND_UNRECORDED: &str = "a crash between a command's answer and its record";
const SESSION_UNRECORDED: &str = "a crash between Stripe's answer and the text";
const TEXT_UNRECORDED: &str = "a crash between the text and its record";
const TEXT_UNSENT: &str = "a crash between the hand-over and the text";
const STOPPED_IN_TIME: &str = "a STOP between the queue and the hand-over";
const HAND_OVER_TOO_OLD: &str = "a hand-over that took too long";

/// One effect that a worker has in hand.
#[derive(Clone, Debug)]
pub(super) struct Job {
    owed: Owed,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Claimed,
    /// A text whose hand-over was committed then.
    HandedOver(i64),
    Answered(Answer),
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Command(Reply),
    Session(Uuid),
    TextTaken,
    /// No answer: nobody knows whether it was done.
    None,
}

impl Job {
    /// What a crash would break off now, where it is of the worst.
    pub(super) fn worst(&self) -> Option<&'static str> {
        match (&self.owed.what, &self.stage) {
            (What::Command { .. }, Stage::Answered(Answer::Command(_))) => Some(COMMAND_UNRECORDED),
            (What::Checkout { .. }, Stage::Answered(Answer::Session(_))) => Some(SESSION_UNRECORDED),
            (What::Text { .. }, Stage::Answered(Answer::TextTaken)) => Some(TEXT_UNRECORDED),
            (What::Text { .. }, Stage::HandedOver(_)) => Some(TEXT_UNSENT),
            _ => None,
        }
    }
}

impl Shell {
    /// Moves one job on, or claims one. False where there is nothing to do now.
    pub(super) fn work(
        &mut self,
        outside: &mut Outside,
        pick: u8,
        fate: Fate,
        now: i64,
    ) -> Result<bool, String> {
        let claims = self.jobs.is_empty() || (self.jobs.len() < 3 && pick.is_multiple_of(3));
        if claims && self.claim(now)? {
            return Ok(true);
        }
        if self.jobs.is_empty() {
            return Ok(false);
        }
        let Job { owed, stage } = self.jobs.remove(usize::from(pick) % self.jobs.len());
        let next = match stage {
            Stage::Claimed => self.begin(outside, &owed, fate, now)?,
            Stage::HandedOver(at) => self.send_text(outside, &owed, at, fate, now)?,
            Stage::Answered(answer) => {
                self.conclude(&owed, answer, now)?;
                None
            }
        };
        self.jobs.extend(next.map(|stage| Job { owed, stage }));
        Ok(true)
    }

    /// Effects that may be done: of the call's commands only the first that is open.
    fn claimable(&self) -> impl Iterator<Item = (usize, &Owed)> {
        let is_command = |o: &Owed| matches!(o.what, What::Command { .. });
        let open = move || self.tables.outbox.iter().enumerate().filter(|(_, o)| !o.settled);
        let first = open().find(|(_, o)| is_command(o)).map(|(at, _)| at);
        open().filter(move |(at, o)| !is_command(o) || Some(*at) == first)
    }

    /// When the next effect falls due.
    pub(super) fn next_due_at(&self) -> Option<i64> {
        self.claimable().map(|(_, o)| o.due_at.max(o.leased_until)).min()
    }

    fn claim(&mut self, now: i64) -> Result<bool, String> {
        let mut due = self.claimable().filter(|(_, o)| o.due_at <= now && o.leased_until <= now);
        let Some((at, _)) = due.next() else { return Ok(false) };
        drop(due);
        let owed = &mut self.tables.outbox[at];
        owed.leased_until = now + 6_000;
        let owed = owed.clone();
        if owed.expires_at <= now {
            self.give_up(&owed, now)?;
        } else {
            self.jobs.push(Job { owed, stage: Stage::Claimed });
        }
        Ok(true)
    }

    fn begin(
        &mut self,
        outside: &mut Outside,
        owed: &Owed,
        fate: Fate,
        now: i64,
    ) -> Result<Option<Stage>, String> {
        match &owed.what {
            What::Command { command, step } => {
                if self.is_stale(command.command_kind(), *step) {
                    self.tables.settle(owed.id);
                    return Ok(None);
                }
                if self.tables.told_over {
                    return Err(format!("{} to a leg that we know is dead", command.kind()));
                }
                let key = self.key(owed);
                let reply = fate.ask(|refuses| outside.command(key, command, *step, refuses))?;
                Ok(Some(Stage::Answered(reply.map_or(Answer::None, Answer::Command))))
            }
            What::Checkout { phone } => {
                let key = self.key(owed);
                let session = fate.ask(|_| outside.checkout(key, phone))?;
                Ok(Some(Stage::Answered(session.map_or(Answer::None, Answer::Session))))
            }
            What::Text { to } => self.hand_over(owed, to, now),
        }
    }

    fn is_stale(&self, kind: CommandKind, step: u32) -> bool {
        let Some(call) = &self.tables.call else { return true };
        if kind == CommandKind::HangUp && self.plant == Plant::HangUpAnyway {
            return call.phase == Phase::Bridged;
        }
        !call.still_wants(kind, step)
    }

    /// The commit that sets `sending`: the ledger is looked at once more.
    fn hand_over(&mut self, owed: &Owed, to: &str, now: i64) -> Result<Option<Stage>, String> {
        if self.tables.opted_out.contains(to) && self.plant != Plant::CheckThenSend {
            self.seen.insert(STOPPED_IN_TIME);
            if self.tables.settle(owed.id) {
                self.tell_link(owed, LinkAnswer::Refused, now)?;
            }
            return Ok(None);
        }
        if to == PATIENT && self.stop_acked_at.is_some() {
            return Err("R2: a text was handed over after the STOP was acknowledged".to_owned());
        }
        Ok(Some(Stage::HandedOver(now)))
    }

    fn send_text(
        &mut self,
        outside: &mut Outside,
        owed: &Owed,
        handed_at: i64,
        fate: Fate,
        now: i64,
    ) -> Result<Option<Stage>, String> {
        if now - handed_at >= 1_000 {
            self.seen.insert(HAND_OVER_TOO_OLD);
            self.put_off(owed, now);
            return Ok(None);
        }
        let What::Text { to } = &owed.what else { return Ok(None) };
        let key = self.key(owed);
        let sent = fate.ask(|_| outside.text(key, to))?;
        if sent == Some(true) && to == PATIENT && self.stop_acked_at.is_some_and(|at| now - at > 1_000) {
            return Err("R2: a text left more than a second after the STOP was acknowledged".to_owned());
        }
        Ok(Some(Stage::Answered(sent.map_or(Answer::None, |_| Answer::TextTaken))))
    }

    /// The answer and what follows from it, in one commit.
    fn conclude(&mut self, owed: &Owed, answer: Answer, now: i64) -> Result<(), String> {
        match (&owed.what, answer) {
            (_, Answer::None) => self.put_off(owed, now),
            (What::Command { command, step }, Answer::Command(reply)) if self.tables.settle(owed.id) => {
                let (kind, step) = (command.command_kind(), *step);
                let event = match reply {
                    Reply::Taken => CallEvent::CommandAccepted { step, kind },
                    Reply::Refused => CallEvent::CommandFailed { step, kind, failure: Failure::Refused },
                    Reply::CallEnded => CallEvent::CommandFailed { step, kind, failure: Failure::CallEnded },
                };
                self.tables.advance(&owed.id.to_string(), &event, now, self.plant)?;
            }
            (What::Checkout { phone }, Answer::Session(session)) if self.tables.settle(owed.id) => {
                self.tables.sessions.insert(session);
                if self.tables.opted_out.contains(phone) {
                    self.tell_link(owed, LinkAnswer::Refused, now)?;
                } else {
                    let id = derived_id(&owed.id.to_string(), "text");
                    self.tables.push(id, What::Text { to: phone.clone() }, now, 900_000);
                }
            }
            (What::Text { .. }, Answer::TextTaken) if self.tables.settle(owed.id) => {
                self.tell_link(owed, LinkAnswer::Sent, now)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn put_off(&mut self, owed: &Owed, now: i64) {
        if let Some(row) = self.tables.outbox.iter_mut().find(|o| o.id == owed.id) {
            (row.due_at, row.leased_until) = (now + 500, 0);
        }
    }

    fn give_up(&mut self, owed: &Owed, now: i64) -> Result<(), String> {
        if !self.tables.settle(owed.id) {
            return Ok(());
        }
        match &owed.what {
            What::Command { command, step } => {
                let kind = command.command_kind();
                let event = CallEvent::CommandFailed { step: *step, kind, failure: Failure::Refused };
                self.tables.advance(&owed.id.to_string(), &event, now, self.plant)
            }
            What::Checkout { .. } | What::Text { .. } => self.tell_link(owed, LinkAnswer::Refused, now),
        }
    }

    fn tell_link(&mut self, owed: &Owed, answer: LinkAnswer, now: i64) -> Result<(), String> {
        self.tables.advance(&owed.id.to_string(), &CallEvent::Link(answer), now, self.plant)
    }

    /// `command_id` and `Idempotency-Key`: the row's own name on every try.
    fn key(&mut self, owed: &Owed) -> Uuid {
        self.requests += 1;
        let planted = match owed.what {
            What::Command { .. } => Plant::RandomCommandIds,
            What::Checkout { .. } | What::Text { .. } => Plant::RandomKeys,
        };
        if self.plant == planted { derived_id("random", &self.requests.to_string()) } else { owed.id }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }
}
