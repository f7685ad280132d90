//! Statements and their payment links.

use super::{Look, finding, pick};
use crate::story::fact::{Session, Statement};
use crate::story::line::money;
use crate::story::{Fact, Finding, Subject, Weight, minute};

/// Whether a finding is of the money itself, which a payment does not put right.
pub(super) fn is_of_money(code: &str) -> bool {
    matches!(code, "paid_twice" | "payment_mismatch" | "disputed")
}

pub(super) fn find(look: &Look<'_>) -> Vec<Finding> {
    let sessions = look.each(pick!(Session));
    let mut found: Vec<Finding> = sessions.iter().filter_map(|(fact, s)| of_session(look, fact, s)).collect();
    found.extend(twice(&sessions));
    found.extend(not_told(look, &sessions));
    found.extend(tasks(look));
    if matches!(look.subject, Subject::Statement(_)) {
        let statements = look.each(pick!(Statement));
        found.extend(statements.iter().filter_map(|(fact, s)| of_statement(fact, s)));
    }
    found
}

fn of_statement(fact: &Fact, s: &Statement) -> Option<Finding> {
    let agency = fact.tenant.as_ref().map(ToString::to_string).unwrap_or_default();
    let set = format!(
        "`fusion-comms statement set {} --tenant {agency} --status open` opens it, if that is right",
        s.id
    );
    match s.status.as_str() {
        "on_hold" => Some(finding(
            "statement_on_hold",
            Weight::Wrong,
            fact.at,
            "the statement is on hold: callers who key it are put through to a person",
            set,
        )),
        "refunded" => Some(finding(
            "statement_refunded",
            Weight::Note,
            fact.at,
            "the statement was paid and given back: it cannot be paid by phone",
            set,
        )),
        "open" if s.amount_cents <= 0 => Some(finding(
            "nothing_due",
            Weight::Wrong,
            fact.at,
            format!(
                "nothing is due on the statement ({}): callers who key it are put through to a person",
                money(s.amount_cents)
            ),
            "correct its amount with `fusion-comms statement import`, if that is wrong",
        )),
        "open" if !s.has_account => Some(finding(
            "no_account",
            Weight::Wrong,
            fact.at,
            format!("{agency} has no connected Stripe account: no payment link can be made"),
            format!("`fusion-comms tenant set --id {agency} --stripe-account acct_…`"),
        )),
        _ => None,
    }
}

fn of_session(look: &Look<'_>, fact: &Fact, s: &Session) -> Option<Finding> {
    let ends = s.expires_at.map(minute).unwrap_or_default();
    match s.status.as_str() {
        "open" if s.debit_pending_since.is_some() => Some(finding(
            "debit_pending",
            Weight::Waits,
            fact.at,
            "a bank debit has begun and has yet to settle: no other link is made meanwhile",
            "wait: it settles or fails within fourteen days",
        )),
        "open" if s.expires_at.is_some_and(|end| end <= look.now) => Some(finding(
            "link_over",
            Weight::Trouble,
            fact.at,
            format!("the payment link ended unpaid on {ends}, and Stripe has not said so yet"),
            "Stripe is asked by itself; `--ask-telnyx` asks at once. Offer the person a new link",
        )),
        "open" if is_paid(look, fact, s) => Some(finding(
            "link_open",
            Weight::Waits,
            fact.at,
            format!(
                "statement {} is paid, and the payment link of {} is still open: it could be paid a second time",
                s.statement,
                minute(fact.at)
            ),
            "it is ended at Stripe by itself; if it stays open, end its session at Stripe by hand",
        )),
        "open" => Some(finding(
            "link_open",
            Weight::Waits,
            fact.at,
            format!("the payment link of {} is not paid yet; it ends on {ends}", minute(fact.at)),
            "nothing: the person may still pay",
        )),
        "expired" => Some(finding(
            "link_expired",
            Weight::Trouble,
            fact.at,
            format!("the payment link of {} expired unpaid", minute(fact.at)),
            "offer the person a new link: they call again, or `fusion-comms text send` where consent is on record",
        )),
        "mismatch" => Some(finding(
            "payment_mismatch",
            Weight::Wrong,
            s.completed_at.unwrap_or(fact.at),
            format!(
                "a payment of {} {} differs from its statement: session {}",
                money(s.amount_cents),
                s.currency,
                s.id
            ),
            "compare session and statement; refund at Stripe, or correct the statement with `fusion-comms statement set`",
        )),
        "disputed" => Some(finding(
            "disputed",
            Weight::Wrong,
            fact.at,
            "the payer's bank wants the payment back",
            "answer at Stripe before its deadline",
        )),
        _ => None,
    }
}

/// Whether another payment link of the same statement was paid.
fn is_paid(look: &Look<'_>, fact: &Fact, s: &Session) -> bool {
    let same = |f: &Fact, other: &Session| f.tenant == fact.tenant && other.statement == s.statement;
    look.each(pick!(Session)).into_iter().any(|(f, other)| same(f, other) && other.status == "complete")
}

/// Fewer refused signatures than this may be a stranger's.
const MORE_THAN_CHANCE: i64 = 3;

/// A link counts as unpaid as long as Stripe has not told otherwise: where its webhooks were refused, it may be paid.
fn not_told(look: &Look<'_>, sessions: &[(&Fact, &Session)]) -> Option<Finding> {
    let (link, _) = sessions.iter().find(|(_, s)| s.status == "open")?;
    let (fact, r) = look.each(pick!(Refusals)).into_iter().find(|(_, r)| r.refused > 0)?;
    let rule = r.refused >= MORE_THAN_CHANCE && r.refused >= r.taken;
    let weight = if rule { Weight::Wrong } else { Weight::Note };
    Some(finding(
        "stripe_refused",
        weight,
        fact.at,
        format!(
            "of Stripe's webhooks {} were refused for their signature since the payment link of {} was made, the last on {}, and \
             {} were taken: the link may be paid without our knowing",
            r.refused,
            minute(link.at),
            minute(fact.at),
            r.taken
        ),
        "`fusion-comms doctor` says why (`keys.stripe_webhooks`); then `fusion-comms backfill` brings what was refused, and \
         `--ask-telnyx` asks Stripe about the link at once",
    ))
}

/// Two payments that stand for one statement.
fn twice(sessions: &[(&Fact, &Session)]) -> Vec<Finding> {
    let mut paid: Vec<(&Fact, &Session)> =
        sessions.iter().filter(|(_, s)| s.status == "complete").copied().collect();
    paid.sort_by_key(|(fact, s)| (s.completed_at, fact.at));
    let again = paid.iter().enumerate().filter_map(|(i, (fact, s))| {
        let before = paid[..i].iter().find(|(f, b)| f.tenant == fact.tenant && b.statement == s.statement)?;
        let at = s.completed_at.unwrap_or(fact.at);
        let cause = format!(
            "statement {} was paid twice: session {} and session {} on {}",
            s.statement,
            before.1.id,
            s.id,
            minute(at)
        );
        Some(finding(
            "paid_twice",
            Weight::Wrong,
            at,
            cause,
            "refund one of them at Stripe, and tell the payer",
        ))
    });
    again.collect()
}

/// What a person was asked to look at about payments, and has not.
fn tasks(look: &Look<'_>) -> Vec<Finding> {
    let of = |(fact, t): (&Fact, &crate::story::fact::Task)| {
        if t.done_at.is_some() {
            return None;
        }
        let next = format!("then `fusion-comms task done {}`", t.id);
        let (code, cause, first) = match t.kind.as_str() {
            "payment_twice" => (
                "paid_twice",
                format!("paid although the statement was paid or on hold already: session {}", t.subject),
                "refund one at Stripe if it is too much",
            ),
            "payment_failed" => (
                "debit_failed",
                format!("a bank debit failed after the payer had left: session {}", t.subject),
                "offer the person a new link",
            ),
            "stripe_disconnected" => (
                "no_account",
                "the agency has taken our access to its Stripe account away".to_owned(),
                "have it connect again",
            ),
            "stripe_mode" => (
                "stripe_mode",
                format!("events of Stripe's other mode (test or live) come for {}", t.subject),
                "mend the endpoint or `STRIPE_SECRET_KEY`",
            ),
            _ => return None,
        };
        Some(finding(code, Weight::Wrong, fact.at, cause, format!("{first}; {next}")))
    };
    look.each(pick!(Task)).into_iter().filter_map(of).collect()
}
