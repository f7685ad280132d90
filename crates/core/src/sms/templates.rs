//! What our texts say: a template for each kind and language, ours or an agency's own.
//!
//! `{agency_name}`, `{phone}`, `{hours}` and `{link}` are filled in. What stands in `[…]` goes with `{hours}`: it is left out
//! where the agency has no office hours, or where they make the text too long. A [`Template`] is one in which [`check`]
//! finds no fault; there is no other way to one.

mod lint;
mod parts;
mod render;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;

pub use lint::{Fault, Findings, SAMPLE_LINK, Warning, check};
pub use render::Agency;

use super::decide::ReplyKind;
use super::{Language, replies};

/// Why a text goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    PaymentLink,
    /// The one confirmation of an opt-out.
    StopConfirmation,
    /// The answer to HELP.
    Help,
    /// The confirmation of an opt-in.
    StartConfirmation,
    /// A bill with its link, which the agency sends of itself.
    BillReady,
}

impl Kind {
    pub const ALL: [Self; 5] =
        [Self::PaymentLink, Self::StopConfirmation, Self::Help, Self::StartConfirmation, Self::BillReady];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaymentLink => "payment_link",
            Self::StopConfirmation => "stop_confirmation",
            Self::Help => "help",
            Self::StartConfirmation => "start_confirmation",
            Self::BillReady => "bill_ready",
        }
    }

    /// Carries the payment link.
    pub fn has_link(self) -> bool {
        matches!(self, Self::PaymentLink | Self::BillReady)
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl From<ReplyKind> for Kind {
    fn from(kind: ReplyKind) -> Self {
        match kind {
            ReplyKind::StopConfirmation => Self::StopConfirmation,
            ReplyKind::Help => Self::Help,
            ReplyKind::StartConfirmation => Self::StartConfirmation,
        }
    }
}

/// The wording of one kind in one language, without fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    kind: Kind,
    language: Language,
    body: Cow<'static, str>,
}

impl Template {
    /// Ours, for an agency that has none of its own.
    pub fn standard(kind: Kind, language: Language) -> Self {
        Self { kind, language, body: Cow::Borrowed(replies::standard(kind, language)) }
    }

    /// An agency's own.
    ///
    /// # Errors
    /// Every fault of it at once.
    pub fn parse(kind: Kind, language: Language, body: &str) -> Result<Self, Vec<Fault>> {
        let faults = check(kind, language, body).faults;
        if faults.is_empty() {
            Ok(Self { kind, language, body: Cow::Owned(body.to_owned()) })
        } else {
            Err(faults)
        }
    }

    pub fn body(&self) -> &str {
        &self.body
    }

    /// The text as it goes out. `link` has a place in the texts that carry it only.
    ///
    /// A name too long is cut, at a word where one fits, but never below 20 characters: a payment text keeps to one part,
    /// the others to two, where that is possible.
    pub fn render(&self, agency: &Agency, link: &str) -> String {
        render::text(self.kind, self.language, &parts::read(&self.body).parts, agency, link)
    }
}
