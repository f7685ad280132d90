//! What the tables hold of one thing, as typed facts. Texts of people, keyed digits and keys are not among them.

use super::why::Why;
use crate::ids::TenantId;
use crate::time::Timestamp;

/// A party's number or address as a row holds it. `Debug` shows the last four characters only.
#[derive(Clone, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole of it, for an operator's own terminal.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `***0147`; anything that is no number (`anonymous`, a SIP address) by its last four characters too.
    pub fn masked(&self) -> String {
        let count = self.0.chars().count();
        format!("***{}", self.0.chars().skip(count.saturating_sub(4)).collect::<String>())
    }
}

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

/// One row, or one moment of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub at: Timestamp,
    /// Whose it is; none where no agency was found for it.
    pub tenant: Option<TenantId>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Event(Event),
    Call(Call),
    Step(Step),
    Effect(Effect),
    Text(Text),
    OptOut(OptOut),
    LedgerChange(LedgerChange),
    Consent(Consent),
    WrongNumber { phone: Number, statement: String },
    Statement(Statement),
    Session(Session),
    Fax(Fax),
    Queued(Queued),
    Task(Task),
    Incident(Incident),
    Audit(Audit),
    Refusals(Refusals),
    Restore(Restore),
}

/// Where a piece of work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    Done,
    /// Given up until a person looks.
    Parked,
}

/// A webhook of Telnyx or Stripe.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: String,
    pub kind: String,
    /// `voice`, `sms`, `fax`, `stripe`.
    pub channel: String,
    pub occurred_at: Option<Timestamp>,
    pub state: State,
    /// When it was worked or parked.
    pub settled_at: Option<Timestamp>,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub digits_cleared: bool,
    /// Its body was emptied.
    pub pruned: bool,
    /// A STOP in it waits for its ledger row.
    pub stop_pending: bool,
    /// What of the body matters and may be shown: a status, a hang-up's cause.
    pub says: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub id: String,
    pub session: Option<String>,
    pub from: Option<Number>,
    pub to: Option<Number>,
    pub state: String,
    pub statement: Option<String>,
    pub sms_phone: Option<Number>,
    pub deadline_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub call: String,
    pub cause: String,
    pub from: Option<String>,
    pub to: String,
    pub why: Vec<Why>,
}

/// Something owed to the outside world.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub id: String,
    pub kind: String,
    /// Of a call command: `transfer`, `gather_using_audio`.
    pub action: Option<String>,
    pub cause: String,
    pub state: State,
    pub settled_at: Option<Timestamp>,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub due_at: Timestamp,
    pub held_until: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub id: String,
    pub telnyx_id: Option<String>,
    pub outgoing: bool,
    pub from: Number,
    pub to: Number,
    pub status: String,
    pub class: String,
    pub statement: Option<String>,
    pub call: Option<String>,
    pub error: Option<String>,
    /// The gate's last decision.
    pub gate: Option<String>,
    /// How one that came in was read.
    pub label: Option<String>,
    pub review: bool,
    /// By Telnyx.
    pub received_at: Option<Timestamp>,
    /// Of the text that it answers.
    pub asked_at: Option<Timestamp>,
    pub handed_over_at: Option<Timestamp>,
    pub updated_at: Timestamp,
    pub cause: Option<String>,
}

/// A row of the ledger, or one that is pending on its event.
#[derive(Clone, Debug, PartialEq)]
pub struct OptOut {
    pub phone: Number,
    pub source: String,
}

/// A row of the ledger's history.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerChange {
    pub phone: Number,
    /// `granted`, `changed`, `lifted`.
    pub change: String,
    pub opted_out_at: Timestamp,
    pub source: String,
    pub actor: String,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    pub phone: Number,
    pub source: String,
    pub actor: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub id: String,
    pub status: String,
    pub amount_cents: i64,
    pub currency: String,
    /// Whether its agency can be paid at all.
    pub has_account: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub id: String,
    pub account: String,
    pub statement: String,
    pub call: Option<String>,
    pub status: String,
    pub amount_cents: i64,
    pub currency: String,
    pub expires_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    pub refunded_cents: i64,
    pub debit_pending_since: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Fax {
    pub id: String,
    pub from: Option<Number>,
    pub to: Option<Number>,
    pub status: String,
    pub doc_type: Option<String>,
    pub case: Option<String>,
    pub pages: Option<i64>,
    pub partial: bool,
    pub stored: bool,
    pub last_error: Option<String>,
    pub reasons: Vec<String>,
    pub filed_by: Option<String>,
    pub updated_at: Timestamp,
}

/// A fax's message on our own queue (an SQS queue is not looked into).
#[derive(Clone, Debug, PartialEq)]
pub struct Queued {
    pub receives: i64,
    pub visible_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub id: String,
    pub kind: String,
    pub subject: String,
    pub done_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    pub id: String,
    pub kind: String,
    pub closed_at: Option<Timestamp>,
}

/// Webhooks of one provider that were refused for their signature in a time, as the processes have counted them. Of no
/// agency. The fact's time is that of the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusals {
    /// `stripe`.
    pub channel: String,
    pub since: Timestamp,
    pub refused: i64,
    /// Taken in the same time.
    pub taken: i64,
}

/// The database was restored, and what came since the backup has not been asked for: no text leaves. Of no agency. The
/// fact's time is that of the restore.
#[derive(Clone, Debug, PartialEq)]
pub struct Restore {
    pub backup_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    pub actor: String,
    pub action: String,
    /// An id, or a number.
    pub subject: Number,
}
