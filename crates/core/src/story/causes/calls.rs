//! Why a call went as it went, by the reasons kept with its steps.

use super::texts::refused;
use super::{Look, finding, pick};
use crate::story::fact::{Call, Step};
use crate::story::line::because;
use crate::story::why::Why;
use crate::story::{Fact, Finding, Number, Subject, Weight, meanings, minute};

const BY_PHONE: &str = "call the person back and take the payment by phone";

pub(super) fn find(look: &Look<'_>) -> Vec<Finding> {
    if matches!(look.subject, Subject::Fax(_)) {
        return vec![];
    }
    let steps = look.each(pick!(Step));
    let mut found: Vec<Finding> =
        steps.iter().flat_map(|(fact, s)| s.why.iter().filter_map(|why| of_step(fact, s, why))).collect();
    found.extend(look.each(pick!(Call)).into_iter().filter_map(|(fact, c)| of_call(look, fact, c)));
    found
}

fn of_step(fact: &Fact, step: &Step, why: &Why) -> Option<Finding> {
    let at = fact.at;
    let tell = |code, weight, next: &str| Some(finding(code, weight, at, because(why), next));
    match why {
        Why::TextRefused { phone, reason } => {
            let (cause, next) = refused(phone, fact.tenant.as_ref(), reason, "NUMBER");
            Some(finding("text_refused", Weight::Wrong, at, cause, next))
        }
        Why::TakesNoTexts { .. } => tell("takes_no_texts", Weight::Wrong, BY_PHONE),
        Why::StatementUnknown => tell(
            "statement_unknown",
            Weight::Note,
            "compare the number on the person's bill with `fusion-comms statement list --tenant ID`",
        ),
        Why::StatementNotPayable { .. } => tell(
            "statement_not_payable",
            Weight::Wrong,
            "see `fusion-comms trace statement ID`; open it again with `fusion-comms statement set` if that is wrong",
        ),
        Why::Guessing => tell(
            "guessing",
            Weight::Wrong,
            "if this is one person with a misread number, call them back; the count fades by itself",
        ),
        Why::NoAccount => tell(
            "no_account",
            Weight::Wrong,
            "connect the agency's Stripe account: `fusion-comms tenant set --id ID --stripe-account acct_…`",
        ),
        Why::DebitPending => tell("debit_pending", Weight::Waits, "wait until the debit settles or fails"),
        Why::Changed => tell("statement_changed", Weight::Wrong, "see `fusion-comms trace statement ID`"),
        Why::Missed => {
            tell("missed", Weight::Trouble, "call the person back; the agency's phone was rung meanwhile")
        }
        Why::PromptFailed { prompt } => Some(finding(
            "prompt_failed",
            Weight::Trouble,
            at,
            format!(
                "the prompt `{prompt}` could not be played and was spoken by Telnyx instead: Telnyx cannot fetch its recording"
            ),
            "`fusion-comms prompts check` fetches each as Telnyx does; look at `IVR_AUDIO_BASE_URL` and the audio bucket's permissions",
        )),
        Why::TransferFailed { cause } => Some(finding(
            "transfer_failed",
            Weight::Trouble,
            at,
            format!("the transfer failed: {} ({cause})", meanings::of_transfer(cause)),
            "call the person back (`fusion-comms task list --kind call_back`); the number is `number add --forward-to`, else the agency's billing phone",
        )),
        Why::OfficeClosed => {
            tell("office_closed", Weight::Waits, "call the person back when the office opens")
        }
        Why::LinkLate => tell(
            "link_late",
            Weight::Trouble,
            "the link may have gone out after that: see the texts in the story",
        ),
        Why::HungUp if matches!(step.from.as_deref(), Some("LINK_SENT" | "TRANSFER")) => None,
        Why::HungUp => Some(finding(
            "hung_up_early",
            Weight::Trouble,
            at,
            format!("the caller hung up early, in {}", step.from.as_deref().unwrap_or("MENU")),
            "nothing, unless many do: then listen to the prompts",
        )),
        Why::AskedForPerson | Why::StoppedTexts { .. } | Why::LinkRefused => None,
    }
}

fn of_call(look: &Look<'_>, fact: &Fact, call: &Call) -> Option<Finding> {
    if fact.tenant.is_none() {
        return Some(finding(
            "number_of_nobody",
            Weight::Wrong,
            fact.at,
            format!(
                "the dialled number {} is no agency's: the caller heard goodbye",
                call.to.as_ref().map_or("(none)", Number::expose)
            ),
            "give it to its agency with `fusion-comms number add E164 --tenant ID --purpose billing_voice`",
        ));
    }
    let overdue = call.deadline_at.filter(|at| look.now.ms_since(*at) > 60_000)?;
    Some(finding(
        "call_stuck",
        Weight::Wrong,
        overdue,
        format!(
            "the call waits in {} since its deadline of {}: no worker leads it on",
            call.state,
            minute(overdue)
        ),
        "start a worker, or see why it does not work: `fusion-comms doctor`, its `/readyz`",
    ))
}
