//! From facts to causes: each cause by its own row, and the true one first.

mod papers;
mod people;

use super::*;
use crate::ids::TenantId;

fn at(s: i64) -> Timestamp {
    Timestamp::parse("2026-11-03T14:02:00Z").unwrap().plus_s(s)
}

fn of(s: i64, what: What) -> Fact {
    Fact { at: at(s), tenant: Some(TenantId::new("ridgeline")), what }
}

fn number() -> Number {
    Number::new("+12025550147")
}

fn text(status: &str, class: &str) -> Text {
    Text {
        id: "text-1".to_owned(),
        telnyx_id: None,
        outgoing: true,
        from: Number::new("+12025550110"),
        to: number(),
        status: status.to_owned(),
        class: class.to_owned(),
        statement: Some("30458003".to_owned()),
        call: None,
        error: None,
        gate: None,
        label: None,
        review: false,
        received_at: None,
        asked_at: None,
        handed_over_at: None,
        updated_at: at(1),
        cause: None,
    }
}

fn incoming(label: &str) -> Text {
    Text {
        outgoing: false,
        from: number(),
        to: Number::new("+12025550110"),
        label: Some(label.to_owned()),
        ..text("received", "inbound")
    }
}

fn effect(kind: &str, state: State, error: Option<&str>) -> Effect {
    Effect {
        id: "effect-1".to_owned(),
        kind: kind.to_owned(),
        action: None,
        cause: "cause".to_owned(),
        state,
        settled_at: (state != State::Waiting).then(|| at(9)),
        attempts: if error.is_some() { 3 } else { 0 },
        last_error: error.map(str::to_owned),
        due_at: at(20),
        held_until: None,
        expires_at: None,
    }
}

fn event(state: State, attempts: i64, error: Option<&str>) -> Event {
    Event {
        id: "event-1".to_owned(),
        kind: "message.received".to_owned(),
        channel: "sms".to_owned(),
        occurred_at: None,
        state,
        settled_at: None,
        attempts,
        last_error: error.map(str::to_owned),
        digits_cleared: false,
        pruned: false,
        stop_pending: false,
        says: None,
    }
}

fn call() -> Call {
    Call {
        id: "v3:one".to_owned(),
        session: None,
        from: Some(number()),
        to: Some(Number::new("+12025550110")),
        state: "DONE".to_owned(),
        statement: None,
        sms_phone: None,
        deadline_at: None,
        updated_at: at(2),
    }
}

fn step(from: &str, to: &str, why: &[Why]) -> What {
    What::Step(Step {
        call: "v3:one".to_owned(),
        cause: format!("{from}{to}"),
        from: Some(from.to_owned()),
        to: to.to_owned(),
        why: why.to_vec(),
    })
}

fn fax(status: &str, error: Option<&str>) -> Fax {
    Fax {
        id: "fax-1".to_owned(),
        from: Some(number()),
        to: Some(Number::new("+12025550112")),
        status: status.to_owned(),
        doc_type: None,
        case: None,
        pages: Some(2),
        partial: false,
        stored: false,
        last_error: error.map(str::to_owned),
        reasons: vec![],
        filed_by: None,
        updated_at: at(0),
    }
}

fn session(id: &str, status: &str) -> Session {
    Session {
        id: id.to_owned(),
        account: "acct_1".to_owned(),
        statement: "30458003".to_owned(),
        call: None,
        status: status.to_owned(),
        amount_cents: 12_500,
        currency: "usd".to_owned(),
        expires_at: Some(at(86_400)),
        completed_at: (status == "complete").then(|| at(60)),
        refunded_cents: 0,
        debit_pending_since: None,
    }
}

fn statement(status: &str, amount_cents: i64, has_account: bool) -> What {
    What::Statement(Statement {
        id: "30458003".to_owned(),
        status: status.to_owned(),
        amount_cents,
        currency: "usd".to_owned(),
        has_account,
    })
}

fn change(change: &str, actor: &str) -> What {
    What::LedgerChange(LedgerChange {
        phone: number(),
        change: change.to_owned(),
        opted_out_at: at(0),
        source: "sms_stop".to_owned(),
        actor: actor.to_owned(),
        reason: None,
    })
}

/// Code and cause of the first finding, ten minutes after the facts.
fn first(subject: Subject<'_>, facts: Vec<Fact>) -> (&'static str, String) {
    let told = tell(subject, facts, at(600)).expect("it is known");
    told.findings.first().map_or(("none", String::new()), |f| (f.code, f.cause.clone()))
}

const CALL: Subject<'static> = Subject::Call("v3:one");
const PHONE: Subject<'static> = Subject::Phone("+12025550147");
const STATEMENT: Subject<'static> = Subject::Statement("30458003");
const FAX: Subject<'static> = Subject::Fax("fax-1");
const EVENT: Subject<'static> = Subject::Event("event-1");
