//! Texts that did not arrive, and why.

use super::{Look, finding, pick};
use crate::ids::TenantId;
use crate::story::fact::{Effect, State, Text};
use crate::story::{Fact, Finding, Subject, Weight, meanings, minute, span, times};
use crate::time::Timestamp;

/// Seconds that a text may lie queued, or be with Telnyx, before that is said.
const PATIENCE_S: i64 = 60;
/// Seconds without a delivery report.
const REPORT_S: i64 = 3600;

pub(super) fn find(look: &Look<'_>) -> Vec<Finding> {
    let effects = look.each(pick!(Effect));
    let texts = look.each(pick!(Text));
    let restored = look.each(pick!(Restore)).into_iter().map(|(_, r)| r.backup_at).min();
    let of = |(fact, t): &(&Fact, &Text)| {
        let sending = effects.iter().map(|(_, e)| *e).find(|e| e.id == t.id);
        let owner = fact.tenant.as_ref();
        if let Some(backup_at) = restored.filter(|_| t.status == "queued") {
            return Some(held_by_restore(t, fact.at, backup_at));
        }
        let found = of_text(t, fact.at, owner, sending, look.now)?;
        Some(if found.code == "text_refused" { since_then(look, fact, t, found) } else { found })
    };
    texts.iter().filter(|(_, t)| t.outgoing).filter_map(of).collect()
}

/// A refusal as it reads now: of a person or a statement the latest text tells how things stand, and consent that is on
/// record by now is not to be asked for again.
fn since_then(look: &Look<'_>, fact: &Fact, t: &Text, mut found: Finding) -> Finding {
    if !matches!(look.subject, Subject::Phone(_) | Subject::Statement(_)) {
        return found;
    }
    let asks = |class: &str| matches!(class, "payment_link" | "bill_ready");
    let followed = look.each(pick!(Text)).into_iter().any(|(f, other)| {
        other.outgoing && asks(&other.class) && other.to == t.to && f.tenant == fact.tenant && f.at > fact.at
    });
    let consents = look.each(pick!(Consent)).into_iter();
    let consented =
        consents.filter(|(f, c)| c.phone == t.to && f.tenant == fact.tenant).map(|(f, _)| f.at).max();
    let lacked_it = t.gate.as_deref().is_some_and(|why| why.starts_with("no consent"));
    if followed && asks(&t.class) {
        found.weight = Weight::Note;
        found.cause = format!("before a later text: {}", found.cause);
        found.next = "nothing: see what became of the later text".to_owned();
    } else if let Some(given_at) = consented.filter(|_| lacked_it) {
        found.cause = format!("{}; by now consent of {} is on record", found.cause, minute(given_at));
        found.next = "`fusion-comms text send` texts the bill again".to_owned();
    }
    found
}

fn of_text(
    t: &Text,
    at: Timestamp,
    tenant: Option<&TenantId>,
    sending: Option<&Effect>,
    now: Timestamp,
) -> Option<Finding> {
    let (to, class) = (t.to.masked(), t.class.as_str());
    let error = t.error.as_deref().unwrap_or("no reason was kept");
    match t.status.as_str() {
        "refused" => {
            let why = t.gate.as_deref().or(t.error.as_deref()).unwrap_or(error);
            // Answers that are not due again, and confirmations of what no longer stands, hurt nobody.
            let weight =
                if matches!(class, "payment_link" | "bill_ready") { Weight::Wrong } else { Weight::Note };
            let (cause, next) = refused(&to, tenant, why, t.to.expose());
            Some(finding("text_refused", weight, at, cause, next))
        }
        "failed" => {
            let (meaning, next) = meanings::of_text_error(error);
            let is_code =
                error.split(' ').next().is_some_and(|code| code.bytes().all(|b| b.is_ascii_digit()));
            let cause = if is_code {
                format!("the text ({class}) to {to} failed at the carrier: {error}: {meaning}")
            } else {
                format!("the text ({class}) to {to} was given up: {error}")
            };
            let weight = if class == "stop_confirmation" { Weight::Note } else { Weight::Wrong };
            Some(finding("text_failed", weight, t.updated_at, cause, next))
        }
        "unknown" => Some(finding(
            "text_unknown",
            Weight::Wrong,
            t.updated_at,
            format!(
                "the text ({class}) to {to} was handed to Telnyx, which never answered: nobody knows whether it arrived ({error})"
            ),
            "ask Telnyx with `--ask-telnyx`, or the person; it is not sent again by itself",
        )),
        "queued" => queued(t, at, &to, sending, now),
        "sending" if now.ms_since(t.updated_at) > PATIENCE_S * 1000 => Some(finding(
            "text_sending",
            Weight::Trouble,
            t.updated_at,
            format!("the text ({class}) to {to} is being handed over since {}", minute(t.updated_at)),
            "if Telnyx has an id for it, its report is missing: ask with `--ask-telnyx`; else see that a worker runs (`fusion-comms doctor`)",
        )),
        "sent" if now.ms_since(t.updated_at) > REPORT_S * 1000 => Some(finding(
            "text_unreported",
            Weight::Note,
            t.updated_at,
            format!(
                "the carrier took the text ({class}) to {to} on {} and reported no delivery",
                minute(t.updated_at)
            ),
            "ask Telnyx with `--ask-telnyx`",
        )),
        "delivery_unconfirmed" => Some(finding(
            "text_unconfirmed",
            Weight::Note,
            t.updated_at,
            format!("the text ({class}) to {to} was sent, and its carrier confirms no deliveries"),
            "ask the person; nothing is wrong on our side",
        )),
        _ => None,
    }
}

/// Why the gate refused, in words with agency, date and source, and what to do. `whole`: the number, for a command.
pub(super) fn refused(to: &str, tenant: Option<&TenantId>, why: &str, whole: &str) -> (String, String) {
    let agency = tenant.map_or("every agency".to_owned(), ToString::to_string);
    let out = why.strip_prefix("opted out on ").and_then(|rest| rest.split_once(", source "));
    let Some((at, source)) = out else {
        let cause = format!("the text was refused: {to} at {agency}: {why}");
        let next = match why {
            _ if why.contains("consent") => {
                format!("record fresh consent with `fusion-comms text consent {whole}`, or call the person")
            }
            _ if why.contains("sending is frozen") => format!(
                "tell compliance; what is looked into is ended with `fusion-comms tenant unfreeze {agency}`; this text \
                 stays refused"
            ),
            _ if why.contains("wrong one") => {
                "ask the person for the right number; this one is not texted about it again".to_owned()
            }
            _ => "nothing: the text was not to go".to_owned(),
        };
        return (cause, next);
    };
    let at = Timestamp::parse(at).map_or_else(|| at.to_owned(), minute);
    let cause = format!("the text was refused: {to} opted out at {agency} on {at}, source {source}");
    let next = format!(
        "do not text this number: take the payment by phone; only the person's own START, or their wish on record with \
         `fusion-comms opt-out remove {whole} --tenant {agency}`, lifts it"
    );
    (cause, next)
}

/// Whatever else it waits for: it does not leave before.
fn held_by_restore(t: &Text, at: Timestamp, backup_at: Timestamp) -> Finding {
    finding(
        "text_held_by_restore",
        Weight::Wrong,
        at,
        format!(
            "the text ({}) to {} is held: the database was restored from a backup of {}, and a STOP since then may not be \
             known",
            t.class,
            t.to.masked(),
            minute(backup_at)
        ),
        format!("`fusion-comms backfill --since {backup_at}`: no text leaves until it has run"),
    )
}

fn queued(t: &Text, at: Timestamp, to: &str, sending: Option<&Effect>, now: Timestamp) -> Option<Finding> {
    let class = t.class.as_str();
    let (weight, cause, next) = match sending {
        Some(e) if e.state == State::Waiting && e.held_until.is_some_and(|until| until > now) => (
            Weight::Waits,
            format!(
                "the text ({class}) to {to} waits for the person's day, 8 to 20 h: {}",
                t.gate.as_deref().unwrap_or("held")
            ),
            "nothing: it leaves by itself then".to_owned(),
        ),
        Some(e) if e.state == State::Waiting && e.last_error.is_some() => (
            Weight::Wrong,
            format!(
                "the text ({class}) to {to} is not sent yet: {}; tried {}, next {}",
                e.last_error.as_deref().unwrap_or_default(),
                times(e.attempts),
                minute(e.due_at)
            ),
            "it is tried again by itself; `fusion-comms doctor` asks Telnyx with our key".to_owned(),
        ),
        _ if t.gate.as_deref().is_some_and(|g| g.starts_with("held") || g.contains("frozen")) => (
            Weight::Waits,
            format!("the text ({class}) to {to} is held: {}", t.gate.as_deref().unwrap_or_default()),
            "nothing, unless the hold is not wanted".to_owned(),
        ),
        _ if now.ms_since(at) > PATIENCE_S * 1000 => (
            Weight::Wrong,
            format!(
                "the text ({class}) to {to} lies queued since {} ({}) and nobody has tried it",
                minute(at),
                span(at, now)
            ),
            "is a worker running? `fusion-comms doctor`; its `/readyz` says what it lacks".to_owned(),
        ),
        _ => (
            Weight::Waits,
            format!("the text ({class}) to {to} is about to be sent"),
            "look again in a minute".to_owned(),
        ),
    };
    Some(finding("text_queued", weight, at, cause, next))
}
