//! Who acts on the store, one statement or commit a step, as the shell does.

use super::store::{OptOut, STOP_AT, Status, Store, may_go};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// Queues the text: checks, inserts, commits.
    Queue,
    /// A worker with the text's effect in hand: hands over, sends, and tries again once where no answer came.
    Sender,
    /// The ack path: the ledger row, or pending where somebody holds it; then the 200.
    Stop,
    /// The inbox worker that writes what is pending.
    PendingWriter,
    /// A START received then.
    Start { at: i64 },
    /// A person who inserts the row by hand, and commits or takes it back.
    Psql,
}

/// Ways to build it wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    ChecksWithoutTheLock,
    ChecksOnlyWhenQueued,
    ReleasesTheLockBeforeTheCommit,
    RetriesUnchecked,
    ForgetsWhatIsPending,
    StopWithoutTheLock,
    AcknowledgesBeforeTheCommit,
    WritesPendingInTwoCommits,
    WritesPendingWithoutTheLock,
    ReadsPendingBeforeTheLock,
}

/// An actor between two of its steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Actor {
    pub role: Role,
    step: u8,
    tries: u8,
    /// What its transaction has read.
    row: Option<OptOut>,
    pending: Option<OptOut>,
    go: bool,
}

const DONE: u8 = 99;
/// A STOP that found the row held goes on here.
const PEND: u8 = 10;
const BY_TEXT: OptOut = OptOut { at: STOP_AT, by_text: true };

impl Actor {
    pub fn new(role: Role) -> Self {
        Self { role, step: 0, tries: 0, row: None, pending: None, go: false }
    }

    pub fn is_done(&self, store: &Store) -> bool {
        // The inbox worker has nothing to do until something is pending.
        self.step == DONE || (self.role == Role::PendingWriter && self.step == 0 && store.pending.is_none())
    }

    /// Everything that its next step may come to; nothing where it is done or must wait.
    pub fn next(&self, me: usize, store: &Store, mistake: Option<Mistake>) -> Vec<(Actor, Store)> {
        let is = |m| mistake == Some(m);
        if self.is_done(store) {
            return vec![];
        }
        match self.role {
            Role::Queue => self.queue(store),
            Role::Sender => self.sender(me, store, is),
            Role::Stop => self.stop(me, store, is),
            Role::PendingWriter => self.pending_writer(me, store, is),
            Role::Start { at } => self.start(me, store, at),
            Role::Psql => self.psql(me, store),
        }
    }

    fn to(&self, step: u8) -> Actor {
        Actor { step, ..self.clone() }
    }

    fn queue(&self, store: &Store) -> Vec<(Actor, Store)> {
        let s = store.clone();
        vec![match self.step {
            0 => (Actor { row: store.row, ..self.to(1) }, s),
            1 => (Actor { pending: store.pending, ..self.to(2) }, s),
            _ => {
                let status = if may_go(self.row, self.pending) { Status::Queued } else { Status::Refused };
                (self.to(DONE), Store { text: Some(status), ..s })
            }
        }]
    }

    fn sender(&self, me: usize, store: &Store, is: impl Fn(Mistake) -> bool) -> Vec<(Actor, Store)> {
        let mut s = store.clone();
        let unchecked =
            is(Mistake::ChecksOnlyWhenQueued) || (is(Mistake::RetriesUnchecked) && self.tries > 0);
        vec![match self.step {
            // Claimed once it is queued; what is settled is not touched.
            0 => match store.text {
                None => return vec![],
                Some(Status::Queued | Status::Sending) => (self.to(1), s),
                Some(Status::Refused | Status::Unknown) => (self.to(DONE), s),
            },
            1 if !is(Mistake::ChecksWithoutTheLock) && !s.lock_number(me) => return vec![],
            1 => (self.to(2), s),
            2 => (Actor { row: store.row, ..self.to(3) }, s),
            3 => {
                let pending = store.pending.filter(|_| !is(Mistake::ForgetsWhatIsPending));
                (Actor { pending, ..self.to(4) }, s)
            }
            4 => {
                if is(Mistake::ReleasesTheLockBeforeTheCommit) {
                    s.unlock_number(me);
                }
                (Actor { go: unchecked || may_go(self.row, self.pending), ..self.to(5) }, s)
            }
            5 => {
                let open = matches!(s.text, Some(Status::Queued | Status::Sending));
                let go = self.go && s.set_sending();
                if !self.go && open {
                    s.text = Some(if self.tries > 0 { Status::Unknown } else { Status::Refused });
                }
                s.unlock_number(me);
                (Actor { row: None, pending: None, go: false, ..self.to(if go { 6 } else { DONE }) }, s)
            }
            // The request: an answer, or none and one more try (which has the text `queued` again); or the process
            // is killed here, and the text stays `sending` for the other instance.
            _ => {
                let mut all = vec![(self.to(DONE), s.clone())];
                if self.tries == 0 {
                    if s.text == Some(Status::Sending) {
                        s.text = Some(Status::Queued);
                    }
                    all.push((Actor { tries: 1, ..self.to(0) }, s));
                }
                return all;
            }
        }]
    }

    fn stop(&self, me: usize, store: &Store, is: impl Fn(Mistake) -> bool) -> Vec<(Actor, Store)> {
        let mut s = store.clone();
        vec![match self.step {
            0 if is(Mistake::AcknowledgesBeforeTheCommit) => {
                s.opted_out = true;
                (self.to(1), s)
            }
            0 => (self.to(1), s),
            1 | PEND if !is(Mistake::StopWithoutTheLock) && !s.lock_number(me) => return vec![],
            1 | PEND => (self.to(self.step + 1), s),
            // Somebody holds the row: not waited for, rolled back, kept as pending.
            2 if s.row_lock.is_some() => {
                s.unlock_number(me);
                (self.to(PEND), s)
            }
            // From the upsert to the commit the row is ours.
            2 => (self.to(3), Store { row_lock: Some(me), ..s }),
            3 => {
                s.put(BY_TEXT);
                (s.row_lock, s.opted_out) = (None, true);
                s.unlock_number(me);
                (self.to(DONE), s)
            }
            _ => {
                (s.pending, s.opted_out) = (Some(BY_TEXT), true);
                s.unlock_number(me);
                (self.to(DONE), s)
            }
        }]
    }

    fn pending_writer(&self, me: usize, store: &Store, is: impl Fn(Mistake) -> bool) -> Vec<(Actor, Store)> {
        let mut s = store.clone();
        let none = Actor::new(self.role);
        vec![match self.step {
            // The event's row names the number to be locked.
            0 => (Actor { pending: store.pending, ..self.to(1) }, s),
            1 if !is(Mistake::WritesPendingWithoutTheLock) && !s.lock_number(me) => return vec![],
            // Read again under the lock: a START may have lifted it since.
            1 if is(Mistake::ReadsPendingBeforeTheLock) => (self.to(2), s),
            1 => (Actor { pending: store.pending, ..self.to(2) }, s),
            2 if self.pending.is_none() || s.row_lock.is_some() => {
                s.unlock_number(me);
                (none, s)
            }
            2 if is(Mistake::WritesPendingInTwoCommits) => {
                s.pending = None;
                s.unlock_number(me);
                (self.to(3), s)
            }
            2 => (self.to(3), Store { row_lock: Some(me), ..s }),
            _ => {
                s.put(self.pending.unwrap_or(BY_TEXT));
                s.pending = None;
                if s.row_lock == Some(me) {
                    s.row_lock = None;
                }
                s.unlock_number(me);
                (self.to(DONE), s)
            }
        }]
    }

    fn start(&self, me: usize, store: &Store, at: i64) -> Vec<(Actor, Store)> {
        let mut s = store.clone();
        vec![match self.step {
            0 if !s.lock_number(me) => return vec![],
            0 => (self.to(1), s),
            // The row to be deleted is held: the transaction fails as busy, and the event is tried again.
            1 if s.row_lock.is_some() => {
                s.unlock_number(me);
                (self.to(0), s)
            }
            1 => (self.to(2), s),
            _ => {
                s.lift(at);
                s.opted_out &= at <= STOP_AT;
                s.unlock_number(me);
                (self.to(DONE), s)
            }
        }]
    }

    fn psql(&self, me: usize, store: &Store) -> Vec<(Actor, Store)> {
        let s = store.clone();
        match self.step {
            0 if s.row_lock.is_some() => vec![],
            0 => vec![(self.to(1), Store { row_lock: Some(me), ..s })],
            _ => {
                let back = Store { row_lock: None, ..s };
                let mut committed = back.clone();
                committed.put(OptOut { at: 1, by_text: false });
                vec![(self.to(DONE), back), (self.to(DONE), committed)]
            }
        }
    }
}
