//! Faxes that are not where they should be.

use super::{Look, finding, pick};
use crate::story::fact::{Effect, Fax, State};
use crate::story::{Fact, Finding, Number, Subject, Weight, meanings, minute, span, times};

/// Seconds that a fax may take from one stage to the next.
const PATIENCE_S: i64 = 120;
/// The same from its first event to its last: a long fax is sent for long.
const SENDING_S: i64 = 1800;

pub(super) fn find(look: &Look<'_>) -> Vec<Finding> {
    if !matches!(look.subject, Subject::Fax(_) | Subject::Event(_)) {
        return vec![];
    }
    let mut found: Vec<Finding> =
        look.each(pick!(Fax)).into_iter().flat_map(|(fact, f)| of_fax(look, fact, f)).collect();
    found.extend(incidents(look));
    if found.is_empty() && look.each(pick!(Fax)).is_empty() && matches!(look.subject, Subject::Fax(_)) {
        found.extend(no_row(look));
    }
    found
}

/// Events came and made no row: the events' own findings say why, if they wait or are parked.
fn no_row(look: &Look<'_>) -> Option<Finding> {
    let events = look.each(pick!(Event));
    let (fact, _) = events.first()?;
    let all_worked = events.iter().all(|(_, e)| e.state == State::Done);
    all_worked.then(|| {
        finding(
            "fax_without_row",
            Weight::Wrong,
            fact.at,
            "events of the fax were worked and there is no row of it: it was outbound, came by the wrong route, or its row was deleted",
            "the fax application's webhook address must end in `/webhooks/telnyx/fax`",
        )
    })
}

fn of_fax(look: &Look<'_>, fact: &Fact, f: &Fax) -> Vec<Finding> {
    let mut found: Vec<Finding> = stage(look, fact, f).into_iter().collect();
    if f.partial {
        let cause = "the fax was cut short in transmission: what came is kept";
        found.push(finding(
            "fax_partial",
            Weight::Trouble,
            fact.at,
            cause,
            "ask the sender to send it again",
        ));
    }
    if fact.tenant.is_none() {
        found.push(finding(
            "fax_unassigned",
            Weight::Trouble,
            fact.at,
            format!("the dialled number {} is no agency's: the fax is kept, and put before a person", f.to.as_ref().map_or("(none)", Number::expose)),
            format!("`fusion-comms fax assign {} --tenant ID`; `fusion-comms number add … --purpose billing_fax` for the next", f.id),
        ));
    }
    found
}

fn stage(look: &Look<'_>, fact: &Fact, f: &Fax) -> Option<Finding> {
    match f.status.as_str() {
        "failed" => Some(failed(look, fact, f)),
        "receiving" => receiving(look, fact, f),
        "received" => received(look, f),
        "unreadable" => Some(finding(
            "fax_unreadable",
            Weight::Wrong,
            f.updated_at,
            format!("the fax cannot be read: {}", f.last_error.as_deref().unwrap_or("no reason was kept")),
            "ask the sender to send it again; the file is kept as it came",
        )),
        "needs_review" => {
            let why =
                f.last_error.iter().cloned().chain(f.reasons.iter().cloned()).collect::<Vec<_>>().join("; ");
            let why = if why.is_empty() { "no reason was kept".to_owned() } else { why };
            Some(finding(
                "fax_needs_review",
                Weight::Waits,
                f.updated_at,
                format!("the fax is stored and waits for a person: {why}"),
                format!(
                    "`fusion-comms fax show {0}`, then `fusion-comms fax attach {0} --case CASE --reason WHY`",
                    f.id
                ),
            ))
        }
        _ => None,
    }
}

fn fetches<'a>(look: &Look<'a>) -> Vec<(&'a Fact, &'a Effect)> {
    let mut effects = look.each(pick!(Effect));
    effects.retain(|(_, e)| e.kind == "fax_fetch");
    effects
}

fn failed(look: &Look<'_>, fact: &Fact, f: &Fax) -> Finding {
    let why = f.last_error.as_deref().unwrap_or("no reason was kept");
    if let Some((_, e)) = fetches(look).into_iter().rfind(|(_, e)| e.state == State::Parked) {
        return finding(
            "fax_fetch_failed",
            Weight::Wrong,
            f.updated_at,
            format!(
                "the fax came, and its file could not be {}: {why}; tried {}, given up",
                stored_or_had(why),
                times(e.attempts)
            ),
            format!(
                "mend that, then `fusion-comms fax fetch {}`: Telnyx makes a fresh link if it still has the fax",
                f.id
            ),
        );
    }
    finding(
        "fax_broke_off",
        Weight::Wrong,
        fact.at.max(f.updated_at),
        format!("the fax failed at the sender: {} ({why})", meanings::of_fax_failure(why)),
        "nothing came that could be fetched: ask the sender to send it again",
    )
}

/// Which half of the way failed, by the words kept.
fn stored_or_had(why: &str) -> &'static str {
    if ["bucket", "folder of objects", "object store", "object key"].iter().any(|w| why.contains(w)) {
        "stored"
    } else {
        "downloaded"
    }
}

fn receiving(look: &Look<'_>, fact: &Fact, f: &Fax) -> Option<Finding> {
    if let Some((_, e)) = fetches(look).into_iter().rfind(|(_, e)| e.state != State::Done) {
        let why = f.last_error.as_deref().or(e.last_error.as_deref());
        return match why {
            Some(why) if stored_or_had(why) == "stored" => Some(finding(
                "fax_storing_fails",
                Weight::Wrong,
                fact.at,
                format!(
                    "the fax was downloaded and cannot be stored: {why}; tried {}, next {}",
                    times(e.attempts),
                    minute(e.due_at)
                ),
                "look at the documents' bucket (`S3_BUCKET_DOCS`), its permissions and the worker's role; it is tried again for a day, and `fusion-comms fax fetch` hurries it",
            )),
            Some(why) => Some(finding(
                "fax_download_fails",
                Weight::Wrong,
                fact.at,
                format!(
                    "the fax's file cannot be downloaded: {why}; tried {}, next {}",
                    times(e.attempts),
                    minute(e.due_at)
                ),
                "an expired link is made anew by itself; `TELNYX_MEDIA_HOSTS` must allow the host; `--ask-telnyx` says what Telnyx has; `fusion-comms fax fetch` hurries it",
            )),
            None if look.now.ms_since(fact.at) > PATIENCE_S * 1000 => Some(finding(
                "fax_not_fetched",
                Weight::Wrong,
                fact.at,
                format!(
                    "the fax came on {} ({} ago) and nobody has fetched it: no worker takes from the outbox",
                    minute(fact.at),
                    span(fact.at, look.now)
                ),
                "start a worker, or see why it does not work: `fusion-comms doctor`, its `/readyz`",
            )),
            None => Some(finding(
                "fax_fetching",
                Weight::Waits,
                fact.at,
                "the fax's file is being fetched",
                "look again in a minute",
            )),
        };
    }
    let waiting = look.each(pick!(Event)).into_iter().any(|(_, e)| e.state != State::Done);
    if waiting {
        // The event's own finding says why.
        return None;
    }
    let late = look.now.ms_since(f.updated_at) > SENDING_S * 1000;
    Some(finding(
        "fax_receiving",
        if late { Weight::Wrong } else { Weight::Waits },
        f.updated_at,
        format!(
            "Telnyx has been receiving the fax since {} and has not told us that it arrived",
            minute(fact.at)
        ),
        if late {
            "the event was lost on its way: ask Telnyx with `--ask-telnyx`, then `fusion-comms fax fetch`; run `fusion-comms doctor --public-url`"
        } else {
            "look again in a few minutes"
        },
    ))
}

fn received(look: &Look<'_>, f: &Fax) -> Option<Finding> {
    let since = f.updated_at;
    let enqueue = look
        .each(pick!(Effect))
        .into_iter()
        .rfind(|(_, e)| e.kind == "fax_enqueue" && e.state != State::Done);
    if let Some((_, e)) = enqueue
        && let Some(why) = &e.last_error
    {
        return Some(finding(
            "fax_not_queued",
            Weight::Wrong,
            since,
            format!("the fax is stored and cannot be put on the queue: {why}; tried {}", times(e.attempts)),
            "look at `FAX_CLASSIFY_QUEUE_URL` and the worker's role; it is tried again for fourteen days",
        ));
    }
    let queued = look.each(pick!(Queued)).into_iter().next();
    if let Some((_, q)) = queued
        && q.receives > 0
    {
        return Some(finding(
            "fax_reading",
            Weight::Trouble,
            since,
            format!("the fax is being read, taken from the queue {} so far", times(q.receives)),
            "after five tries it goes before a person; the worker's log says what breaks off",
        ));
    }
    if look.now.ms_since(since) <= PATIENCE_S * 1000 {
        return Some(finding(
            "fax_waiting",
            Weight::Waits,
            since,
            format!("the fax is stored since {} and about to be read", minute(since)),
            "look again in a minute",
        ));
    }
    Some(finding(
        "fax_waiting",
        Weight::Wrong,
        since,
        format!(
            "the fax is stored and waits for a worker since {} ({}): no worker reads the queue",
            minute(since),
            span(since, look.now)
        ),
        format!(
            "start a worker, or see why it does not work (`fusion-comms doctor`, its `/readyz`); if the queue is empty, `fusion-comms fax reprocess {}` queues it again",
            f.id
        ),
    ))
}

fn incidents(look: &Look<'_>) -> Vec<Finding> {
    let open = look.each(pick!(Incident)).into_iter().filter(|(_, i)| i.closed_at.is_none());
    open.map(|(fact, i)| {
        let what = if i.kind == "fax_wrong_patient" { "another patient's case" } else { "a wrong trip of the patient" };
        finding(
            "fax_wrong_case",
            Weight::Law,
            fact.at,
            format!("the fax lay on {what} until {}: incident {} is open", minute(fact.at), i.id),
            format!("find out who saw it; privacy officer (45 CFR 164.402); `fusion-comms incident close {} --outcome …`", i.id),
        )
    })
    .collect()
}
