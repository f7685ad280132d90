//! What an inbound text asks us to do, given how it reads and what Telnyx has done already.

use super::{Label, Reading};
use crate::envelope::AutoResponse;
use crate::phone::E164;

/// The change of consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    OptOut,
    OptIn,
    Unchanged,
}

/// Which text to answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    StopConfirmation,
    Help,
    StartConfirmation,
}

/// What to do about one inbound text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub consent: Consent,
    pub reply: Option<ReplyKind>,
}

/// A STOP by our reading or by Telnyx's counts, whatever the other says; Telnyx answers its own STOP and START, so we
/// do not. Lifting needs our own START: Telnyx's alone lifts only Telnyx's block. YES would lift only while a question to
/// come back is open, and we ask none. HELP is always answered by us.
pub fn answer(reading: &Reading, autoresponse: Option<AutoResponse>, network_answers: bool) -> Answer {
    let silent = |kind| if autoresponse.is_none() && !network_answers { Some(kind) } else { None };
    let stop = Answer { consent: Consent::OptOut, reply: silent(ReplyKind::StopConfirmation) };
    match (reading.label, autoresponse) {
        (_, Some(AutoResponse::Stop)) | (Label::Stop, _) => stop,
        (Label::Start, _) => {
            let reply = start_reply(autoresponse).filter(|_| !network_answers);
            Answer { consent: Consent::OptIn, reply }
        }
        (Label::Help, _) | (Label::None, Some(AutoResponse::Help)) => {
            Answer { consent: Consent::Unchanged, reply: Some(ReplyKind::Help) }
        }
        (Label::None, _) => Answer { consent: Consent::Unchanged, reply: None },
    }
}

/// On a toll-free number the carriers' network takes these words itself and answers them, which cannot be switched off.
pub fn network_answers(number: &E164, text: &str) -> bool {
    let word = text.trim().to_ascii_uppercase();
    number.is_toll_free() && ["STOP", "START", "UNSTOP"].contains(&word.as_str())
}

fn start_reply(autoresponse: Option<AutoResponse>) -> Option<ReplyKind> {
    (autoresponse != Some(AutoResponse::Start)).then_some(ReplyKind::StartConfirmation)
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn decided(text: &str, autoresponse: Option<AutoResponse>) -> (Consent, Option<ReplyKind>) {
        let answer = answer(&read(text), autoresponse, false);
        (answer.consent, answer.reply)
    }

    #[test]
    fn a_stop_opts_out_and_is_confirmed_once() {
        assert_eq!(decided("stop", None), (Consent::OptOut, Some(ReplyKind::StopConfirmation)));
        assert_eq!(decided("stop", Some(AutoResponse::Stop)), (Consent::OptOut, None));
        assert_eq!(decided("opt out", None), (Consent::OptOut, Some(ReplyKind::StopConfirmation)));
    }

    #[test]
    fn on_a_toll_free_number_the_network_answers_its_own_words_and_we_all_others() {
        let (free, local) = (E164::parse("+18885550147").unwrap(), E164::parse("+12025550147").unwrap());
        assert!(network_answers(&free, " stop\n") && network_answers(&free, "UNSTOP"));
        assert!(!network_answers(&local, "STOP") && !network_answers(&free, "stop texting me"));
        assert_eq!(answer(&read("STOP"), None, true), Answer { consent: Consent::OptOut, reply: None });
        assert_eq!(answer(&read("START"), None, true), Answer { consent: Consent::OptIn, reply: None });
    }

    #[test]
    fn telnyx_reading_of_stop_counts_whatever_ours_says() {
        for text in ["hello", "START", "HELP", ""] {
            assert_eq!(decided(text, Some(AutoResponse::Stop)), (Consent::OptOut, None), "{text}");
        }
    }

    #[test]
    fn help_and_possible_emergencies_are_answered_with_help() {
        for text in ["HELP", "help my dad fell and can't get up"] {
            assert_eq!(decided(text, None), (Consent::Unchanged, Some(ReplyKind::Help)), "{text}");
        }
        assert_eq!(decided("HELP", Some(AutoResponse::Help)), (Consent::Unchanged, Some(ReplyKind::Help)));
    }

    #[test]
    fn start_opts_in_and_is_not_answered_twice() {
        assert_eq!(decided("START", None), (Consent::OptIn, Some(ReplyKind::StartConfirmation)));
        assert_eq!(decided("START", Some(AutoResponse::Start)), (Consent::OptIn, None));
        assert_eq!(decided("yes", Some(AutoResponse::Start)), (Consent::Unchanged, None));
    }

    #[test]
    fn a_yes_lifts_nothing_since_we_ask_nobody_to_come_back() {
        for text in [
            "YES",
            "yes",
            "Yes!",
            "y",
            "yep",
            "yes please",
            "yeah ok",
            "ok",
            "sure",
            "Si",
            "SÍ",
            "sí por favor",
            "claro",
        ] {
            for said in [None, Some(AutoResponse::Start)] {
                assert_ne!(decided(text, said).0, Consent::OptIn, "{text}");
            }
        }
    }
}
