//! Each fact in one line, and where the story ends.

use super::fact::{Call, Effect, Event, Fact, Fax, Number, Session, State, Step, Text, What};
use super::why::Why;
use super::{Subject, meanings, minute, times};

/// Of facts of the same moment: causes before what follows from them.
pub(super) fn rank(what: &What) -> u8 {
    match what {
        What::Statement(_) | What::Consent(_) => 0,
        What::Event(_) | What::Refusals(_) | What::Restore(_) => 1,
        What::LedgerChange(_) | What::OptOut(_) | What::WrongNumber { .. } => 2,
        What::Call(_) | What::Fax(_) => 3,
        What::Step(_) => 4,
        What::Session(_) => 5,
        What::Text(_) => 6,
        What::Effect(_) | What::Queued(_) => 7,
        What::Task(_) | What::Incident(_) => 8,
        What::Audit(_) => 9,
    }
}

pub(super) fn table(what: &What) -> &'static str {
    match what {
        What::Event(e) if e.channel == "stripe" => "stripe_events",
        What::Event(_) => "telnyx_events",
        What::Call(_) => "telnyx_calls",
        What::Step(_) => "telnyx_call_steps",
        What::Effect(_) => "outbox",
        What::Text(_) => "telnyx_sms_messages",
        What::OptOut(_) => "telnyx_opt_outs",
        What::LedgerChange(_) => "opt_out_history",
        What::Consent(_) => "text_consents",
        What::WrongNumber { .. } => "billing_wrong_numbers",
        What::Statement(_) => "billing_statements",
        What::Session(_) => "billing_checkout_sessions",
        What::Fax(_) => "fax_documents",
        What::Queued(_) => "queue_messages",
        What::Task(_) => "agency_tasks",
        What::Incident(_) => "incidents",
        What::Audit(_) => "audit_log",
        What::Refusals(_) => "webhook_minutes",
        What::Restore(_) => "restores",
    }
}

pub(super) fn id(what: &What) -> Option<&str> {
    Some(match what {
        What::Event(e) => &e.id,
        What::Call(c) => &c.id,
        What::Step(s) => &s.cause,
        What::Effect(e) => &e.id,
        What::Text(t) => &t.id,
        What::Statement(s) => &s.id,
        What::Session(s) => &s.id,
        What::Fax(f) => &f.id,
        What::Task(t) => &t.id,
        What::Incident(i) => &i.id,
        What::OptOut(_)
        | What::LedgerChange(_)
        | What::Consent(_)
        | What::WrongNumber { .. }
        | What::Queued(_)
        | What::Audit(_)
        | What::Refusals(_)
        | What::Restore(_) => return None,
    })
}

pub(super) fn words(what: &What) -> String {
    match what {
        What::Event(e) => event(e),
        What::Call(c) => call(c),
        What::Step(s) => step(s),
        What::Effect(e) => effect(e),
        What::Text(t) => text(t),
        What::OptOut(o) => format!("{} is opted out, source {}", o.phone.expose(), o.source),
        What::LedgerChange(c) => {
            let why = c.reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
            format!("opt-out of {} {}, source {}, by {}{why}", c.phone.expose(), c.change, c.source, c.actor)
        }
        What::Consent(c) => {
            format!("{} consented to texts ({}), noted by {}", c.phone.expose(), c.source, c.actor)
        }
        What::WrongNumber { phone, statement } => {
            format!(
                "the person of {} said that it is the wrong number for statement {statement}",
                phone.expose()
            )
        }
        What::Statement(s) => {
            format!("statement {}: {}, {} {}", s.id, s.status, money(s.amount_cents), s.currency)
        }
        What::Session(s) => session(s),
        What::Fax(f) => fax(f),
        What::Queued(q) => format!("its message lies on the queue, received {}", times(q.receives)),
        What::Task(t) => {
            let state = t.done_at.map_or("open".to_owned(), |at| format!("done {}", minute(at)));
            format!("task {} about {}: {state}", t.kind, t.subject)
        }
        What::Incident(i) => {
            let state = i.closed_at.map_or("open".to_owned(), |at| format!("closed {}", minute(at)));
            format!("incident {}: {state}", i.kind)
        }
        What::Audit(a) => format!("{} by {} on {}", a.action, a.actor, a.subject.expose()),
        What::Refusals(r) => format!(
            "webhooks by the {} route since {}: {} refused for their signature, {} taken",
            r.channel,
            minute(r.since),
            r.refused,
            r.taken
        ),
        What::Restore(r) => {
            format!("the database was restored from a backup of {}: no text leaves", minute(r.backup_at))
        }
    }
}

pub(super) fn money(cents: i64) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

fn event(e: &Event) -> String {
    let says = e.says.as_ref().map(|s| format!(" ({s})")).unwrap_or_default();
    let state = match (e.state, &e.last_error) {
        (State::Done, _) => "worked".to_owned(),
        (State::Parked, error) => format!("parked: {}", error.as_deref().unwrap_or("no word")),
        (State::Waiting, Some(error)) => format!("waits, tried {}: {error}", times(e.attempts)),
        (State::Waiting, None) => "waits".to_owned(),
    };
    format!("{}{says}: {state}", e.kind)
}

fn call(c: &Call) -> String {
    let or = |party: &Option<Number>| party.as_ref().map_or("nobody known", Number::expose).to_owned();
    let statement = c.statement.as_ref().map(|s| format!(", statement {s}")).unwrap_or_default();
    let phone = c.sms_phone.as_ref().map(|p| format!(", link for {}", p.expose())).unwrap_or_default();
    format!("call from {} to {}: now {}{statement}{phone}", or(&c.from), or(&c.to), c.state)
}

fn step(s: &Step) -> String {
    let moved = match &s.from {
        None => format!("the call enters {}", s.to),
        Some(from) if *from == s.to => format!("the call stays in {from}"),
        Some(from) => format!("{from} -> {}", s.to),
    };
    if s.why.is_empty() {
        return moved;
    }
    format!("{moved}: {}", s.why.iter().map(because).collect::<Vec<_>>().join("; "))
}

/// A reason in words.
pub(super) fn because(why: &Why) -> String {
    match why {
        Why::TextRefused { phone, reason } => format!("no text may go to {phone}: {reason}"),
        Why::TakesNoTexts { phone } => format!("the carrier says that {phone} takes no texts"),
        Why::StatementUnknown => "the agency has no statement of the keyed number".to_owned(),
        Why::StatementNotPayable { nothing_due: true, .. } => {
            "nothing is due on the keyed statement".to_owned()
        }
        Why::StatementNotPayable { status, .. } => format!("the keyed statement is {status}"),
        Why::Guessing => "too many unknown statement numbers were keyed from the caller's number".to_owned(),
        Why::NoAccount => "the agency has no connected Stripe account".to_owned(),
        Why::DebitPending => "a bank debit of this statement has yet to settle".to_owned(),
        Why::Changed => "the statement was paid, put on hold or changed meanwhile".to_owned(),
        Why::Missed => "nothing valid was keyed as often as it may be asked".to_owned(),
        Why::AskedForPerson => "the caller asked for a person".to_owned(),
        Why::StoppedTexts { phone } => format!("the caller stopped texts to {phone} by the menu's key"),
        Why::PromptFailed { prompt } => format!("`{prompt}` could not be played"),
        Why::TransferFailed { cause } => {
            format!("the transfer failed: {} ({cause})", meanings::of_transfer(cause))
        }
        Why::OfficeClosed => "the office is closed".to_owned(),
        Why::LinkRefused => "the link was refused".to_owned(),
        Why::LinkLate => "the link was not made and texted within eight seconds".to_owned(),
        Why::HungUp => "the line was hung up".to_owned(),
    }
}

fn effect(e: &Effect) -> String {
    let name = e.action.as_ref().map_or_else(|| e.kind.clone(), |action| format!("{} {action}", e.kind));
    let settled = e.settled_at.map(|at| format!(" {}", minute(at))).unwrap_or_default();
    let error = e.last_error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    match e.state {
        State::Done if e.attempts > 1 => format!("{name}: done{settled}, tried {}", times(e.attempts)),
        State::Done => format!("{name}: done{settled}"),
        State::Parked => format!("{name}: given up{settled}, tried {}{error}", times(e.attempts)),
        State::Waiting => match e.held_until {
            Some(until) => format!("{name}: held until {}", minute(until)),
            None => format!("{name}: waits, tried {}, due {}{error}", times(e.attempts), minute(e.due_at)),
        },
    }
}

fn text(t: &Text) -> String {
    let way = if t.outgoing { "OUT" } else { "IN" };
    let read = t.label.as_ref().map(|label| format!(", read as {label}")).unwrap_or_default();
    let why = match (&t.error, &t.gate) {
        (Some(error), _) => format!(" ({error})"),
        (None, Some(gate)) if gate != "allowed" => format!(" ({gate})"),
        _ => String::new(),
    };
    format!("text {way} {} from {} to {}: {}{why}{read}", t.class, t.from.expose(), t.to.expose(), t.status)
}

fn session(s: &Session) -> String {
    let done = s.completed_at.map(|at| format!(" {}", minute(at))).unwrap_or_default();
    let back = if s.refunded_cents > 0 {
        format!(", {} given back", money(s.refunded_cents))
    } else {
        String::new()
    };
    format!("payment link {}: {}{done}, {} {}{back}", s.id, s.status, money(s.amount_cents), s.currency)
}

fn fax(f: &Fax) -> String {
    let or = |party: &Option<Number>| party.as_ref().map_or("nobody known", Number::expose).to_owned();
    let typed = f.doc_type.as_ref().map(|t| format!(", {t}")).unwrap_or_default();
    let case = f.case.as_ref().map(|c| format!(", on case {c}")).unwrap_or_default();
    let error = f.last_error.as_ref().map(|e| format!(" ({e})")).unwrap_or_default();
    format!("fax from {} to {}: now {}{error}{typed}{case}", or(&f.from), or(&f.to), f.status)
}

/// Where it ended or stands; `None` where the facts hold nothing of the subject itself.
pub(super) fn ended(subject: Subject<'_>, facts: &[Fact]) -> Option<String> {
    let find = |is: &dyn Fn(&What) -> bool| facts.iter().find(|f| is(&f.what));
    let of = |fact: &Fact| fact.tenant.as_ref().map(|t| format!(" of {t}")).unwrap_or_default();
    match subject {
        Subject::Call(_) => {
            let fact = find(&|w| matches!(w, What::Call(_)))
                .or_else(|| find(&|w| matches!(w, What::Event(_) | What::Step(_))))?;
            Some(match &fact.what {
                What::Call(c) => format!("{}{}", call(c), of(fact)),
                _ => "the call has no row of its own".to_owned(),
            })
        }
        Subject::Statement(id) => {
            let fact = find(&|w| matches!(w, What::Statement(s) if s.id == id))
                .or_else(|| find(&|w| matches!(w, What::Session(s) if s.statement == id)))?;
            Some(format!("{}{}", words(&fact.what), of(fact)))
        }
        Subject::Phone(_) if facts.is_empty() => None,
        Subject::Phone(phone) => Some(of_phone(phone, facts)),
        Subject::Fax(_) => {
            let fact =
                find(&|w| matches!(w, What::Fax(_))).or_else(|| find(&|w| matches!(w, What::Event(_))))?;
            Some(format!("{}{}", words(&fact.what), of(fact)))
        }
        Subject::Event(id) => {
            let fact = find(&|w| matches!(w, What::Event(e) if e.id == id));
            if let Some(fact) = fact {
                return Some(format!("{}{}", words(&fact.what), of(fact)));
            }
            let left = find(&|w| {
                matches!(w, What::Effect(e) if e.cause == id) || matches!(w, What::Step(s) if s.cause == id)
            });
            left.map(|_| "the event's own row is gone: deleted, or pruned; what it caused is left".to_owned())
        }
    }
}

fn of_phone(phone: &str, facts: &[Fact]) -> String {
    let count = |is: fn(&What) -> bool| facts.iter().filter(|f| is(&f.what)).count();
    let out: Vec<String> = facts
        .iter()
        .filter_map(|f| match &f.what {
            What::OptOut(o) => Some(format!(
                "opted out{} since {}, source {}",
                f.tenant.as_ref().map(|t| format!(" at {t}")).unwrap_or_default(),
                minute(f.at),
                o.source
            )),
            _ => None,
        })
        .collect();
    let standing = if out.is_empty() { "opted out nowhere".to_owned() } else { out.join("; ") };
    let (texts, calls) = (count(|w| matches!(w, What::Text(_))), count(|w| matches!(w, What::Call(_))));
    format!("{phone}: {standing}; texts {texts}, calls {calls}")
}
