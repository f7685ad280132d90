//! The gate's decision on one text: pure, so that the service and the model of its interleavings decide alike.

use crate::phone::E164;
use crate::time::Timestamp;
use crate::window::{self, Window};

#[cfg(test)]
mod model;

/// Why a text goes out. Not every class is stopped by an opt-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The link that a caller asks for.
    PaymentLink,
    /// The one confirmation of an opt-out.
    StopConfirmation,
    /// The answer to the person's own HELP, also where the text may be an emergency.
    Help,
    StartConfirmation,
    /// A bill with its link, which the agency sends of itself.
    BillReady,
}

impl Class {
    const ALL: [Class; 5] = [
        Class::PaymentLink,
        Class::StopConfirmation,
        Class::Help,
        Class::StartConfirmation,
        Class::BillReady,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Class::PaymentLink => "payment_link",
            Class::StopConfirmation => "stop_confirmation",
            Class::Help => "help",
            Class::StartConfirmation => "start_confirmation",
            Class::BillReady => "bill_ready",
        }
    }

    /// Nobody asked for it at this moment: it needs consent on record, and waits for the person's day.
    pub fn is_begun_by_agency(self) -> bool {
        self == Class::BillReady
    }

    /// It leaves even while the agency's sending is frozen: the law asks for it.
    pub fn is_owed_by_law(self) -> bool {
        matches!(self, Class::StopConfirmation | Class::Help)
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
        (Class::PaymentLink | Class::StartConfirmation | Class::BillReady, Some(_)) => Verdict::OptedOut,
        (Class::Help, _) | (Class::PaymentLink | Class::StartConfirmation | Class::BillReady, None) => {
            Verdict::Allowed
        }
    }
}

/// What is known of the person to whom an agency begins a text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Recipient {
    /// When consent was last given, by what is on record.
    pub consented_at: Option<Timestamp>,
    /// The receipt of the latest opt-out there ever was for agency and number, lifted or not.
    pub stopped_at: Option<Timestamp>,
    /// The ZIP codes of the account.
    pub zips: Vec<String>,
}

/// What is said of a text that the agency begins, and that no opt-out forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    Allowed,
    /// No consent is on record.
    NoConsent,
    /// The consent on record is older than an opt-out. Lifting that gives no consent: new texts need a fresh one.
    ConsentTakenBack(Timestamp),
    /// The number is of another country.
    Abroad,
    /// It is not from 8 to 20 h where the person may be.
    Wait(Window),
}

/// Decides on a text that the agency begins, at this moment.
pub fn decide_begun(phone: &E164, recipient: &Recipient, now: Timestamp) -> Begun {
    let Some(consented_at) = recipient.consented_at else { return Begun::NoConsent };
    if let Some(stopped_at) = recipient.stopped_at.filter(|stopped| *stopped >= consented_at) {
        return Begun::ConsentTakenBack(stopped_at);
    }
    match window::zones(phone, &recipient.zips).map(|zones| zones.window(now)) {
        None => Begun::Abroad,
        Some(Window::Open) => Begun::Allowed,
        Some(closed) => Begun::Wait(closed),
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
            (Class::BillReady, None, None, Verdict::Allowed),
            (Class::BillReady, at(5), None, Verdict::OptedOut),
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
    fn a_text_that_the_agency_begins_needs_consent_younger_than_any_opt_out_and_the_persons_day() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let (noon, night) = (at("2026-07-15T16:00:00Z"), at("2026-07-15T03:00:00Z"));
        let given = Some(at("2026-03-03T15:00:00Z"));
        let person = |consented_at, stopped_at| Recipient { consented_at, stopped_at, zips: vec![] };
        let washington = E164::parse("+12025550147").unwrap();
        let says = |recipient: &Recipient, now| decide_begun(&washington, recipient, now);
        assert_eq!(says(&person(None, None), noon), Begun::NoConsent);
        assert_eq!(says(&person(given, None), noon), Begun::Allowed);
        let Begun::Wait(window) = says(&person(given, None), night) else { panic!("it is 23 h") };
        assert_eq!(window.opens(), Some(at("2026-07-15T12:00:00Z")));
        for stopped in ["2026-03-03T15:00:00Z", "2026-04-01T00:00:00Z"] {
            let stopped = at(stopped);
            assert_eq!(says(&person(given, Some(stopped)), noon), Begun::ConsentTakenBack(stopped));
        }
        assert_eq!(says(&person(given, Some(at("2026-03-03T14:59:59Z"))), noon), Begun::Allowed);
        let toronto = E164::parse("+14165550147").unwrap();
        assert_eq!(decide_begun(&toronto, &person(given, None), noon), Begun::Abroad);
    }

    #[test]
    fn only_what_the_agency_begins_waits_for_the_day() {
        assert!(Class::ALL.into_iter().filter(|c| c.is_begun_by_agency()).eq([Class::BillReady]));
    }

    #[test]
    fn a_frozen_agency_still_confirms_a_stop_and_answers_help() {
        let owed = [Class::StopConfirmation, Class::Help];
        assert!(Class::ALL.into_iter().filter(|c| c.is_owed_by_law()).eq(owed));
    }

    #[test]
    fn each_class_is_read_as_it_is_written() {
        assert!(Class::ALL.iter().all(|c| Class::parse(c.as_str()) == Some(*c)));
        assert_eq!(Class::parse("inbound"), None);
    }
}
