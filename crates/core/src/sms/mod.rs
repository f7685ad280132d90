//! What an inbound text asks for, and the texts we answer with.
//!
//! [`read`] gives the one automatic action for a text that arrives on an agency's number with no question of ours open;
//! [`decide::answer`] joins it with what Telnyx has done already; [`templates`] and [`replies`] have the wording. Local and deterministic: the words
//! are in [`words`] and [`words_es`], the rules in [`rules`], lone keywords in [`keyword`]. Where a text could be meant to end
//! the texts, it does; the costs are unequal (47 CFR 64.1200(a)(10), `a wrong opt-out is undone by START`).

mod cut;
pub mod decide;
mod fold;
pub mod gsm7;
mod index;
pub mod keyword;
mod lexicon;
mod pattern;
mod reader;
pub mod replies;
pub mod rules;
pub mod scope;
pub mod templates;
mod tokens;
pub mod words;
pub mod words_es;

pub use crate::ivr::Language;
pub use reader::read;
pub use rules::RULES_VERSION;

/// The automatic action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// Record an opt-out at once.
    Stop,
    /// Record an opt-in, lift the opt-out.
    Start,
    /// Say who we are and how to stop; consent unchanged.
    Help,
    /// Consent unchanged, no reply: for a person.
    None,
}

impl Label {
    pub fn as_str(self) -> &'static str {
        match self {
            Label::Stop => "STOP",
            Label::Start => "START",
            Label::Help => "HELP",
            Label::None => "NONE",
        }
    }
}

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub label: Label,
    /// The rule that matched; stored with the decision beside [`RULES_VERSION`].
    pub rule: &'static str,
    /// A person should look at the text soon.
    pub review: bool,
    /// May be a medical emergency: alert the agency, whatever the label.
    pub emergency: bool,
    /// Of the text, for the reply.
    pub language: Language,
}

impl Reading {
    /// The number is another person's than the one that is meant.
    pub fn is_wrong_number(&self) -> bool {
        self.label == Label::Stop && matches!(self.rule, "wrong-number" | "not-this-person")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_another_person_is_told_by_whichever_rule_reads_it() {
        for text in [
            "wrong number",
            "numero equivocado",
            "these texts are for someone else",
            "estos mensajes son para otra persona",
        ] {
            let reading = read(text);
            assert!(reading.is_wrong_number(), "{text}: {}", reading.rule);
        }
        for text in ["stop", "stop texting me", "unsubscribe", "the amount is wrong"] {
            assert!(!read(text).is_wrong_number(), "{text}");
        }
    }
}
