//! The gate's decision on one text: pure, so that the service and the model of its interleavings decide alike.

use crate::time::Timestamp;

#[cfg(test)]
mod model;

/// Why a text goes out. Not every class is stopped by an opt-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    PaymentLink,
    /// The one confirmation of an opt-out.
    StopConfirmation,
    /// The answer to the person's own HELP, also where the text may be an emergency.
    Help,
    StartConfirmation,
}

impl Class {
    const ALL: [Class; 4] =
        [Class::PaymentLink, Class::StopConfirmation, Class::Help, Class::StartConfirmation];

    pub fn as_str(self) -> &'static str {
        match self {
            Class::PaymentLink => "payment_link",
            Class::StopConfirmation => "stop_confirmation",
            Class::Help => "help",
            Class::StartConfirmation => "start_confirmation",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == text)
    }
}

/// What the ledger says of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    Allowed,
    /// The opt-out that stands forbids it.
    OptedOut,
    /// It confirms an opt-out that does not stand any more.
    NothingToConfirm,
}

/// Decides on a text of this class. `opted_out_at`: the receipt of the latest opt-out that stands for agency and
/// number, if any. `asked_at`: the receipt of the text that this one answers.
pub fn decide(class: Class, opted_out_at: Option<Timestamp>, asked_at: Option<Timestamp>) -> Verdict {
    match (class, opted_out_at) {
        (Class::StopConfirmation, Some(_)) => Verdict::Allowed,
        (Class::StopConfirmation, None) => Verdict::NothingToConfirm,
        // HELP is answered to anyone who asks, also after STOP; a STOP after it takes the answer back.
        (Class::Help, Some(out)) if asked_at.is_none_or(|asked| out > asked) => Verdict::OptedOut,
        (Class::PaymentLink | Class::StartConfirmation, Some(_)) => Verdict::OptedOut,
        (Class::Help, _) | (Class::PaymentLink | Class::StartConfirmation, None) => Verdict::Allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opt_out_stops_all_but_its_confirmation_and_the_answer_to_a_later_help() {
        let at = |s| Some(Timestamp::from_unix_s(s));
        for (class, opted_out, asked, verdict) in [
            (Class::PaymentLink, None, None, Verdict::Allowed),
            (Class::PaymentLink, at(5), None, Verdict::OptedOut),
            (Class::StartConfirmation, at(5), at(9), Verdict::OptedOut),
            (Class::StopConfirmation, at(5), at(5), Verdict::Allowed),
            (Class::StopConfirmation, None, at(5), Verdict::NothingToConfirm),
            (Class::Help, at(5), at(5), Verdict::Allowed),
            (Class::Help, at(5), at(6), Verdict::Allowed),
            (Class::Help, at(5), at(4), Verdict::OptedOut),
            (Class::Help, at(5), None, Verdict::OptedOut),
        ] {
            assert_eq!(decide(class, opted_out, asked), verdict, "{class:?} {opted_out:?} {asked:?}");
        }
    }

    #[test]
    fn each_class_is_read_as_it_is_written() {
        assert!(Class::ALL.iter().all(|c| Class::parse(c.as_str()) == Some(*c)));
        assert_eq!(Class::parse("inbound"), None);
    }
}
