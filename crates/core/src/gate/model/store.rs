//! The store in memory: what is committed, and who holds which lock.

use super::super::{Class, Verdict, decide};
use crate::time::Timestamp;

/// When the STOP was received; other receipts are around it.
pub(super) const STOP_AT: i64 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Status {
    Queued,
    Sending,
    Refused,
    /// Refused after a try without an answer.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct OptOut {
    pub at: i64,
    /// By the person's text; else by a person at `psql`, which no START lifts.
    pub by_text: bool,
}

/// Committed rows and held locks. Locks go to an actor by its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Store {
    pub row: Option<OptOut>,
    pub pending: Option<OptOut>,
    pub text: Option<Status>,
    pub number_lock: Option<usize>,
    /// Somebody's uncommitted change of the ledger row.
    pub row_lock: Option<usize>,
    /// What the law says, beside the rows: a STOP's commit (or its 200, if that came first) began it, the commit of a
    /// START received later ended it.
    pub opted_out: bool,
    /// What must never be.
    pub broken: Option<&'static str>,
}

impl Store {
    /// Takes the number's lock. False where another holds it: wait.
    pub fn lock_number(&mut self, who: usize) -> bool {
        let free = self.number_lock.is_none_or(|holder| holder == who);
        if free {
            self.number_lock = Some(who);
        }
        free
    }

    pub fn unlock_number(&mut self, who: usize) {
        if self.number_lock == Some(who) {
            self.number_lock = None;
        }
    }

    /// The upsert of a STOP: the later date and the stronger source stay.
    pub fn put(&mut self, new: OptOut) {
        let old = self.row.unwrap_or(new);
        self.row = Some(OptOut { at: old.at.max(new.at), by_text: old.by_text && new.by_text });
    }

    /// What a START lifts: what texts set before it.
    pub fn lift(&mut self, started_at: i64) {
        let goes = |o: &OptOut| o.by_text && o.at < started_at;
        self.row = self.row.filter(|o| !goes(o));
        self.pending = self.pending.filter(|o| !goes(o));
    }

    /// The commit of a hand-over. False where the text is settled.
    pub fn set_sending(&mut self) -> bool {
        if !matches!(self.text, Some(Status::Queued | Status::Sending)) {
            return false;
        }
        self.text = Some(Status::Sending);
        if self.opted_out {
            self.broken = Some("a text is handed over after the STOP's commit");
        }
        true
    }
}

/// The gate's decision on a payment link, by what was read in two statements.
pub(super) fn may_go(row: Option<OptOut>, pending: Option<OptOut>) -> bool {
    let latest = [row, pending].into_iter().flatten().map(|o| Timestamp::from_unix_s(o.at)).max();
    decide(Class::PaymentLink, latest, None) == Verdict::Allowed
}
