//! Why a call stepped as it did, where its states do not say: kept with the step, for whoever is asked later.
//!
//! No keyed digits: a number is kept by its last four.

use serde::{Deserialize, Serialize};

use crate::effect::Effect;
use crate::ivr::{Call, CallEvent, CommandKind, Failure, LinkAnswer, State};

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// The gate refused a text to this number (`***0147`), in its words.
    TextRefused {
        phone: String,
        reason: String,
    },
    /// The carrier has said that this number takes no texts.
    TakesNoTexts {
        phone: String,
    },
    StatementUnknown,
    /// The keyed statement is the agency's, and nothing can be paid on it.
    StatementNotPayable {
        status: String,
        nothing_due: bool,
    },
    /// Too many unknown statement numbers were keyed from the caller's number.
    Guessing,
    /// The agency has no connected Stripe account.
    NoAccount,
    /// A bank debit of this statement has yet to settle.
    DebitPending,
    /// The statement was paid, held or changed between the look-up and the link.
    Changed,
    /// Nothing valid was keyed as often as it may be asked.
    Missed,
    AskedForPerson,
    /// The caller stopped texts to this number (`***0147`) by the menu's key.
    StoppedTexts {
        phone: String,
    },
    PromptFailed {
        prompt: String,
    },
    /// Telnyx's word, or ours where no answer came.
    TransferFailed {
        cause: String,
    },
    OfficeClosed,
    LinkRefused,
    /// The link was not made and texted in eight seconds.
    LinkLate,
    /// The caller hung up in the state before.
    HungUp,
}

/// What of a step its event and effects say. `answered`: what our own tables said within it.
pub fn of_step(
    before: &Call,
    event: &CallEvent,
    after: &Call,
    effects: &[Effect],
    answered: &[Why],
) -> Vec<Why> {
    let mut whys = answered.to_vec();
    whys.extend(effects.iter().filter_map(|e| of_effect(e, event, before)));
    let entered = |state| before.state != state && after.state == state;
    if entered(State::Done) && *event == CallEvent::Hangup {
        whys.push(Why::HungUp);
    }
    if entered(State::Transfer) && (whys.is_empty() || whys == [Why::StatementUnknown]) {
        whys.extend(of_transfer(before, event));
    }
    whys
}

fn of_effect(effect: &Effect, event: &CallEvent, before: &Call) -> Option<Why> {
    match effect {
        Effect::PromptFailed(prompt) => Some(Why::PromptFailed { prompt: prompt.name().to_owned() }),
        Effect::OfficeClosed => Some(Why::OfficeClosed),
        Effect::TransferFailed => {
            Some(Why::TransferFailed { cause: transfer_cause(event, before).to_owned() })
        }
        Effect::OptOut(phone) => Some(Why::StoppedTexts { phone: phone.masked() }),
        Effect::Ask(_) | Effect::Command(_) | Effect::SendLink { .. } => None,
    }
}

fn transfer_cause<'a>(event: &'a CallEvent, before: &Call) -> &'a str {
    match event {
        CallEvent::SecondLegEnded { cause } => cause,
        CallEvent::CommandFailed { kind: CommandKind::Transfer, .. } => "refused by Telnyx",
        CallEvent::DeadlinePassed { .. } if before.state == State::Transfer => "no answer in time",
        _ => "no number to transfer to",
    }
}

fn of_transfer(before: &Call, event: &CallEvent) -> Option<Why> {
    match event {
        CallEvent::GatherEnded { digits, .. } => match (before.state, digits.expose()) {
            (State::Menu, "2") | (State::LinkSent, "1") => Some(Why::AskedForPerson),
            _ => Some(Why::Missed),
        },
        CallEvent::DeadlinePassed { .. } if before.state == State::SendingLink => Some(Why::LinkLate),
        CallEvent::DeadlinePassed { .. } => Some(Why::Missed),
        CallEvent::Link(LinkAnswer::Refused) => Some(Why::LinkRefused),
        CallEvent::CommandFailed { failure: Failure::Refused, .. } => {
            Some(Why::PromptFailed { prompt: "the spoken prompt".to_owned() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::GatherStatus;
    use crate::ivr::{Prompt, ring};
    use crate::phone::Digits;

    fn in_state(state: State) -> Call {
        Call { state, ..ring(true).0 }
    }

    fn gathered(digits: &str) -> CallEvent {
        CallEvent::GatherEnded {
            step: None,
            status: GatherStatus::Valid,
            digits: Digits::gathered(digits),
            pound_alone: false,
        }
    }

    #[test]
    fn the_same_transfer_has_another_reason_after_a_wish_a_miss_a_refusal_and_a_late_link() {
        let transfer = in_state(State::Transfer);
        let of = |state, event: &CallEvent| of_step(&in_state(state), event, &transfer, &[], &[]);
        assert_eq!(of(State::Menu, &gathered("2")), [Why::AskedForPerson]);
        assert_eq!(of(State::LinkSent, &gathered("1")), [Why::AskedForPerson]);
        assert_eq!(of(State::Menu, &gathered("7")), [Why::Missed]);
        assert_eq!(of(State::CollectSmsPhone, &CallEvent::DeadlinePassed { step: 1 }), [Why::Missed]);
        assert_eq!(of(State::SendingLink, &CallEvent::DeadlinePassed { step: 1 }), [Why::LinkLate]);
        assert_eq!(of(State::SendingLink, &CallEvent::Link(LinkAnswer::Refused)), [Why::LinkRefused]);
    }

    #[test]
    fn what_the_tables_said_goes_before_what_the_event_says() {
        let said = [Why::TextRefused { phone: "***0147".to_owned(), reason: "opted out".to_owned() }];
        let (before, after) = (in_state(State::CollectSmsPhone), in_state(State::Transfer));
        assert_eq!(of_step(&before, &gathered("2025550147"), &after, &[], &said), said);
        let unknown = [Why::StatementUnknown];
        let before = in_state(State::CollectStatementId);
        assert_eq!(
            of_step(&before, &gathered("99"), &after, &[], &unknown),
            [Why::StatementUnknown, Why::Missed]
        );
    }

    #[test]
    fn a_failed_transfer_keeps_the_carriers_word_and_one_that_was_never_tried_says_so() {
        let (before, after) = (in_state(State::Transfer), in_state(State::Transfer));
        let busy = CallEvent::SecondLegEnded { cause: "user_busy".to_owned() };
        let failed =
            |event: &CallEvent, before: &Call| of_step(before, event, &after, &[Effect::TransferFailed], &[]);
        assert_eq!(failed(&busy, &before), [Why::TransferFailed { cause: "user_busy".to_owned() }]);
        assert_eq!(
            failed(&gathered("2"), &in_state(State::Menu)),
            [Why::TransferFailed { cause: "no number to transfer to".to_owned() }]
        );
    }

    #[test]
    fn a_caller_who_leaves_and_a_prompt_that_fails_are_kept_and_read_back_alike() {
        let done = of_step(&in_state(State::Menu), &CallEvent::Hangup, &in_state(State::Done), &[], &[]);
        assert_eq!(done, [Why::HungUp]);
        let call = in_state(State::Menu);
        let failed = of_step(&call, &CallEvent::Answered, &call, &[Effect::PromptFailed(Prompt::Menu)], &[]);
        let kept = serde_json::to_value(&failed).unwrap();
        assert_eq!(kept, serde_json::json!([{"why": "prompt_failed", "prompt": "menu"}]));
        assert_eq!(serde_json::from_value::<Vec<Why>>(kept).unwrap(), failed);
    }
}
