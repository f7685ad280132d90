//! What the providers' codes mean, in words an operator can act on.

/// The carrier's word on a text: `40008 …` as it is kept with the text. Meaning, and what to do.
///
/// Source: Telnyx messaging error codes.
pub(super) fn of_text_error(error: &str) -> (&'static str, &'static str) {
    match error.split(' ').next().unwrap_or_default() {
        "40001" => ("the number is a landline or cannot be reached by texts", ANOTHER_NUMBER),
        "40002" | "40003" => (
            "the carrier took the text for spam",
            "look at the wording with `fusion-comms template check`; ask Telnyx to look into the block",
        ),
        "40005" | "40014" => ("the text expired before the carrier took it", ONCE_MORE),
        "40006" | "40008" => ("the carrier could not or would not deliver it", ONCE_MORE),
        "40010" => (
            "the number that sent it has no 10DLC campaign",
            "register brand and campaign for the agency's number at Telnyx",
        ),
        "40012" | "40310" => ("the number is no number that texts can go to", ANOTHER_NUMBER),
        "40015" | "40322" => (
            "Telnyx's own filter stopped its words",
            "look at the wording with `fusion-comms template check`",
        ),
        "40016" | "40018" => ("the carrier's limit for the number that sent it is used up", ONCE_MORE),
        "40017" => (
            "AT&T took it for spam; public link shorteners are one reason",
            "look at the wording and at the host of `PUBLIC_BASE_URL`",
        ),
        "40300" => (
            "Telnyx blocks the number after a STOP of its own reading",
            "only the person's START lifts that block: do not text this number",
        ),
        "40305" => (
            "the number that sent it is not of our Telnyx account or messaging profile",
            "compare `fusion-comms number list` with the portal",
        ),
        "40309" => ("texts to that country are not allowed on the messaging profile", ANOTHER_NUMBER),
        "40312" => ("the messaging profile is switched off", "switch it on in the Telnyx portal"),
        "40318" => ("Telnyx's queue for the number is full", ONCE_MORE),
        "40329" | "40330" => {
            ("the toll-free number that sent it is not verified", "have the number verified at Telnyx")
        }
        "40333" => ("the spend limit of the messaging profile is reached", "raise it in the Telnyx portal"),
        _ => (
            "see the words beside it",
            "ask Telnyx with `--ask-telnyx`, then offer the person another way to pay",
        ),
    }
}

const ANOTHER_NUMBER: &str = "call the person and ask for a mobile number; no more texts go to this one";
const ONCE_MORE: &str =
    "call the person, or send the bill again with `fusion-comms text send` where consent is on record";

/// What stopped Stripe, by the sentence kept with the effect. Meaning, and what to do.
pub(super) fn of_stripe_error(error: &str) -> (&'static str, &'static str) {
    let has = |part: &str| error.contains(part);
    if has("HTTP 401") {
        (
            "Stripe refuses our key",
            "set a valid `STRIPE_SECRET_KEY`; `fusion-comms doctor` asks Stripe with it",
        )
    } else if has("HTTP 403") || has("account_invalid") || has("platform_account_required") {
        (
            "our key may not use the agency's account: it is disconnected, restricted, or of another mode",
            "have the agency finish its Stripe account, then `fusion-comms tenant set --id ID --stripe-account acct_…`",
        )
    } else if has("HTTP 429") {
        ("Stripe asks us to slow down", "it mends itself; call the person back meanwhile")
    } else if has("HTTP 5") {
        ("Stripe has trouble of its own", "look at status.stripe.com; call the person back meanwhile")
    } else if has("gave no answer") {
        (
            "Stripe could not be reached",
            "look at the way out from the worker (DNS, proxy, firewall) and at status.stripe.com",
        )
    } else if has("amount") {
        ("Stripe does not take this amount", "correct the statement's amount")
    } else if has("HTTP 400") || has("HTTP 402") {
        ("Stripe does not take what was asked", "look the request up in Stripe's dashboard by its id")
    } else {
        ("see the words beside it", "`fusion-comms doctor` asks Stripe with our key")
    }
}

/// Why a transfer failed, by the carrier's word.
pub(super) fn of_transfer(cause: &str) -> &'static str {
    match cause {
        "user_busy" => "the agency's phone was busy",
        "no_answer" | "timeout" | "no answer in time" => "nobody answered the agency's phone",
        "call_rejected" => "the agency's phone rejected the call",
        "refused by Telnyx" => "Telnyx refused the transfer",
        "no number to transfer to" => "the agency has no number to transfer to",
        "unallocated_number" | "not_found" => "the number to transfer to does not exist",
        _ => "the agency's phone could not be reached",
    }
}

/// What the sender's machine or the line did, by Telnyx's word for a failed fax.
pub(super) fn of_fax_failure(reason: &str) -> &'static str {
    match reason {
        "sender_call_dropped" => "the sender's machine hung up before the last page",
        "receiver_call_dropped" => "the line was dropped on our side",
        "user_busy" => "our number was busy",
        "fax_signaling_error" | "receiver_no_response" | "receiver_incompatible_destination" => {
            "the two machines did not come to terms"
        }
        "service_unavailable" => "Telnyx's fax service was not available",
        _ => "the transmission broke off",
    }
}
