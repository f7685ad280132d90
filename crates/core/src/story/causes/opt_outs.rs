//! The law first: a STOP that is in no ledger, and a text that went out after one.

use super::{Look, finding, pick};
use crate::ids::TenantId;
use crate::story::fact::{LedgerChange, Text};
use crate::story::{Fact, Finding, Number, Subject, Weight, minute};
use crate::time::Timestamp;

const ESCALATE: &str = "TCPA: escalate to compliance at once";
/// Seconds around a lift within which the command's own audit entry is written.
const SAME_CHANGE_S: i64 = 10;

pub(super) fn find(look: &Look<'_>) -> Vec<Finding> {
    if !matches!(
        look.subject,
        Subject::Phone(_) | Subject::Event(_) | Subject::Statement(_) | Subject::Call(_)
    ) {
        return vec![];
    }
    let mut found = after_stop(look);
    found.extend(missing(look));
    found.extend(lifted_by_hand(look));
    found.extend(standing(look));
    found
}

fn stops<'a>(look: &Look<'a>) -> Vec<(&'a Fact, &'a Text)> {
    let mut texts = look.each(pick!(Text));
    texts.retain(|(_, t)| !t.outgoing && t.label.as_deref() == Some("STOP"));
    texts
}

fn history<'a>(look: &Look<'a>, phone: &Number) -> Vec<(&'a Fact, &'a LedgerChange)> {
    let mut changes = look.each(pick!(LedgerChange));
    changes.retain(|(_, c)| c.phone == *phone);
    changes
}

/// Rows under `unassigned` bind every agency.
fn binds(ledger: Option<&TenantId>, agency: Option<&TenantId>) -> bool {
    agency.is_none() || ledger == agency || ledger == Some(&TenantId::unassigned())
}

fn received(fact: &Fact, t: &Text) -> Timestamp {
    t.received_at.unwrap_or(fact.at)
}

/// STOPs that no row and no history of the ledger tells of.
fn missing(look: &Look<'_>) -> Vec<Finding> {
    let of = |(fact, t): (&Fact, &Text)| {
        let at = received(fact, t);
        let kept = history(look, &t.from)
            .iter()
            .any(|(f, c)| c.opted_out_at >= at.plus_s(-1) && binds(f.tenant.as_ref(), fact.tenant.as_ref()));
        let row = look.each(pick!(OptOut)).into_iter();
        let stands = row
            .filter(|(f, o)| o.phone == t.from && binds(f.tenant.as_ref(), fact.tenant.as_ref()))
            .any(|(f, _)| f.at >= at.plus_s(-1));
        if kept || stands {
            return None;
        }
        let agency = fact.tenant.as_ref().map_or("every agency".to_owned(), ToString::to_string);
        Some(finding(
            "stop_missed",
            Weight::Law,
            at,
            format!(
                "{} texted STOP on {}, and neither the ledger of {agency} nor its history has it",
                t.from.masked(),
                minute(at)
            ),
            format!(
                "opt the number out now: `fusion-comms opt-out add {} --tenant ID`; {ESCALATE}",
                t.from.expose()
            ),
        ))
    };
    stops(look).into_iter().filter_map(of).collect()
}

/// Rows that somebody took out of the ledger with no command of ours and no START.
fn lifted_by_hand(look: &Look<'_>) -> Vec<Finding> {
    let changes = look.each(pick!(LedgerChange));
    let mut found = Vec::new();
    for (at, (fact, c)) in changes.iter().enumerate() {
        let of_same = |(f, o): &&(&Fact, &LedgerChange)| f.tenant == fact.tenant && o.phone == c.phone;
        let is_last = !changes[at + 1..].iter().any(|other| of_same(&other));
        if c.change != "lifted" || !is_last {
            continue;
        }
        let agency = fact.tenant.as_ref().map(ToString::to_string).unwrap_or_default();
        let (phone, day) = (c.phone.masked(), minute(fact.at));
        if c.actor == "text" {
            found.push(finding(
                "lifted_by_start",
                Weight::Note,
                fact.at,
                format!("{phone} texted START on {day}: the opt-out at {agency} is lifted"),
                "nothing",
            ));
        } else if is_audited(look, fact.at, &c.phone) {
            found.push(finding(
                "lifted_by_operator",
                Weight::Note,
                fact.at,
                format!(
                    "the opt-out of {phone} at {agency} was lifted on {day} by {} ({})",
                    c.actor,
                    c.reason.as_deref().unwrap_or("no reason given")
                ),
                "nothing, if the person wished it",
            ));
        } else {
            found.push(finding(
                "stop_not_in_ledger",
                Weight::Law,
                fact.at,
                format!(
                    "{phone} opted out at {agency} on {} (source {}), and is not in the ledger: the row was removed by hand on {day} by {}",
                    minute(c.opted_out_at),
                    c.source,
                    c.actor
                ),
                format!("put it back now: `fusion-comms opt-out add {} --tenant {agency}`; ask {} why; {ESCALATE}", c.phone.expose(), c.actor),
            ));
        }
    }
    found
}

fn is_audited(look: &Look<'_>, at: Timestamp, phone: &Number) -> bool {
    look.each(pick!(Audit)).into_iter().any(|(f, a)| {
        a.subject == *phone && a.action == "opt_out.remove" && f.at.ms_since(at).abs() <= SAME_CHANGE_S * 1000
    })
}

/// Texts that nobody asked for by a later text of their own, handed over while a STOP stood.
fn after_stop(look: &Look<'_>) -> Vec<Finding> {
    let of = |(fact, t): (&Fact, &Text)| {
        let sent = t.handed_over_at.filter(|_| t.outgoing && t.status != "refused")?;
        if !matches!(t.class.as_str(), "payment_link" | "bill_ready" | "start_confirmation") {
            return None;
        }
        let (stop, how) = standing_at(look, &t.to, fact.tenant.as_ref(), sent)?;
        let agency = fact.tenant.as_ref().map(ToString::to_string).unwrap_or_default();
        let removed = history(look, &t.to).into_iter().rfind(|(f, c)| {
            c.change == "lifted"
                && f.at >= stop
                && f.at < sent
                && binds(f.tenant.as_ref(), fact.tenant.as_ref())
        });
        let removed = removed
            .map(|(f, c)| {
                format!("; the ledger's row was removed by hand on {} by {}", minute(f.at), c.actor)
            })
            .unwrap_or_default();
        Some(finding(
            "text_after_stop",
            Weight::Law,
            sent,
            format!(
                "a text ({}) went to {} from {agency} on {} although they opted out on {} ({how}){removed}: TCPA",
                t.class,
                t.to.masked(),
                minute(sent),
                minute(stop)
            ),
            format!(
                "{ESCALATE}; see that the number is opted out (`fusion-comms opt-out check {} --tenant {agency}`), and keep \
                 `fusion-comms opt-out evidence`",
                t.to.expose()
            ),
        ))
    };
    look.each(pick!(Text)).into_iter().filter_map(of).collect()
}

/// The opt-out that stood when a text was handed over, by the person's own texts and the ledger's history.
fn standing_at(
    look: &Look<'_>,
    phone: &Number,
    agency: Option<&TenantId>,
    sent: Timestamp,
) -> Option<(Timestamp, &'static str)> {
    let mut moments: Vec<(Timestamp, bool, Timestamp, &'static str)> = Vec::new();
    for (fact, t) in look.each(pick!(Text)) {
        let ours = agency.is_none() || fact.tenant.is_none() || fact.tenant.as_ref() == agency;
        if t.outgoing || t.from != *phone || !ours {
            continue;
        }
        match t.label.as_deref() {
            Some("STOP") => moments.push((fact.at, true, received(fact, t), "their own STOP")),
            Some("START") if !is_sticky(look, phone, agency, fact.at) => {
                moments.push((fact.at, false, received(fact, t), "START"));
            }
            _ => {}
        }
    }
    for (fact, c) in history(look, phone) {
        if !binds(fact.tenant.as_ref(), agency) {
            continue;
        }
        match c.change.as_str() {
            // A row that was taken out with no wish of the person does not undo the wish.
            "lifted" if c.actor == "text" || is_audited(look, fact.at, phone) => {
                moments.push((fact.at, false, fact.at, "lifted"));
            }
            "lifted" => {}
            _ => moments.push((fact.at, true, c.opted_out_at, "in the ledger")),
        }
    }
    moments.sort_by_key(|m| m.0);
    let before = moments.into_iter().rfind(|m| m.0 < sent)?;
    before.1.then_some((before.2, before.3))
}

/// Whether what stands at a moment is no wish by text: no START lifts it.
fn is_sticky(look: &Look<'_>, phone: &Number, agency: Option<&TenantId>, at: Timestamp) -> bool {
    let before = |(f, _): &(&Fact, &LedgerChange)| f.at <= at && binds(f.tenant.as_ref(), agency);
    let last = history(look, phone).into_iter().rfind(before);
    last.is_some_and(|(_, c)| {
        c.change != "lifted" && !matches!(c.source.as_str(), "sms_stop" | "telnyx_block")
    })
}

/// What stands now, where the question is about the number itself.
fn standing(look: &Look<'_>) -> Vec<Finding> {
    let Subject::Phone(_) = look.subject else { return vec![] };
    let of = |(fact, o): (&Fact, &crate::story::fact::OptOut)| {
        let agency = fact.tenant.as_ref().map(ToString::to_string).unwrap_or_default();
        finding(
            "opted_out",
            Weight::Note,
            fact.at,
            format!(
                "{} is opted out at {agency} since {}, source {}: nothing is texted to it",
                o.phone.masked(),
                minute(fact.at),
                o.source
            ),
            "nothing: this is as the person wishes",
        )
    };
    look.each(pick!(OptOut)).into_iter().map(of).collect()
}
