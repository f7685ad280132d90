//! The whole story of one thing: the facts in their order, and what went wrong, stated from them.
//!
//! Facts come in from the shell; nothing here asks anybody. Sentences name numbers by their last four digits; the lines
//! of the story show them whole, as the operators' other listings do.

mod causes;
mod fact;
mod line;
mod meanings;
mod says;
#[cfg(test)]
mod tests;
pub mod why;

use serde::Serialize;

use crate::time::Timestamp;

pub use fact::{
    Audit, Call, Consent, Effect, Event, Fact, Fax, Incident, LedgerChange, Number, OptOut, Queued, Refusals,
    Restore, Session, State, Statement, Step, Task, Text, What,
};
pub use says::says;
pub use why::Why;

/// What the story is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    Call(&'a str),
    Statement(&'a str),
    Phone(&'a str),
    Fax(&'a str),
    Event(&'a str),
}

/// How much a finding matters, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The law may be broken.
    Law,
    /// Something did not happen that should have.
    Wrong,
    /// It followed from something else, or is not over.
    Trouble,
    /// It waits on purpose or for somebody outside.
    Waits,
    /// Worth knowing; nothing is wrong with it.
    Note,
}

impl Weight {
    /// Whether the thing asked about is well all the same.
    pub fn is_well(self) -> bool {
        matches!(self, Weight::Waits | Weight::Note)
    }
}

/// One thing that went wrong, or explains why the story goes as it goes.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A name for programs, such as `text_refused`.
    pub code: &'static str,
    pub weight: Weight,
    pub at: Timestamp,
    /// In words.
    pub cause: String,
    /// What to do; may hold a whole number, for the operator's next command.
    pub next: String,
}

impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}: {}", self.weight, self.code, self.cause)
    }
}

/// The story as told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The true cause first.
    pub findings: Vec<Finding>,
    /// Where it ended, or stands.
    pub ended: String,
    /// In order of time.
    pub facts: Vec<Fact>,
}

impl Told {
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|f| f.weight.is_well())
    }
}

/// Tells the story of these facts. `None` where they hold nothing of the subject itself.
pub fn tell(subject: Subject<'_>, mut facts: Vec<Fact>, now: Timestamp) -> Option<Told> {
    facts.sort_by_key(|f| (f.at, line::rank(&f.what)));
    facts.dedup();
    let ended = line::ended(subject, &facts)?;
    let findings = causes::find(subject, &facts, now);
    Some(Told { findings, ended, facts })
}

/// What it means that nothing is known of the subject, and what to do.
pub fn unknown(subject: Subject<'_>) -> (String, String) {
    causes::unknown(subject)
}

impl Fact {
    /// The table it comes from.
    pub fn table(&self) -> &'static str {
        line::table(&self.what)
    }

    /// Whether it changed anything: a call is told of each key and each confirmation as well.
    pub fn is_news(&self) -> bool {
        match &self.what {
            What::Step(s) => s.from.as_ref() != Some(&s.to) || !s.why.is_empty(),
            What::Event(e) => {
                e.state != State::Done
                    || !matches!(e.kind.as_str(), "call.dtmf.received" | "call.playback.started")
            }
            _ => true,
        }
    }

    /// The fact in one line.
    pub fn words(&self) -> String {
        line::words(&self.what)
    }

    /// The id by which the row is found, where it has one.
    pub fn id(&self) -> Option<&str> {
        line::id(&self.what)
    }
}

/// `2026-11-03 14:02 UTC`.
pub fn minute(at: Timestamp) -> String {
    at.chrono().format("%Y-%m-%d %H:%M UTC").to_string()
}

/// `3 times`, `once`.
fn times(n: i64) -> String {
    if n == 1 { "once".to_owned() } else { format!("{n} times") }
}

/// `12 minutes`, `3 hours`, as whole as it reads well.
fn span(from: Timestamp, to: Timestamp) -> String {
    let minutes = to.ms_since(from).max(0) / 60_000;
    match minutes {
        0 => "less than a minute".to_owned(),
        1 => "a minute".to_owned(),
        2..=119 => format!("{minutes} minutes"),
        120..=2879 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}
