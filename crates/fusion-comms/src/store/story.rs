//! The rows that a story is told from, as facts: of every table what belongs to some ids, of one agency or of all.
//!
//! Each question takes its ids as one list. With an agency, rows of others are left out; rows of none, and those under
//! `unassigned`, which bind every agency, stay.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::story::{
    Audit, Call, Consent, Effect, Event, Fact, Fax, Incident, LedgerChange, Number, OptOut, Queued, Session,
    State, Statement, Step, Task, Text, What, says,
};
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::db::{Db, Dialect, Reader, Result, Sql};
use super::row::Row;

/// By which column rows are found.
type By = &'static str;

/// Of one agency only, or of all.
type Of<'a> = Option<&'a TenantId>;

/// A statement over a list of ids. `text` is ours: `{ids}` stands for the list, `{by}` for the condition that uses it,
/// `{agency}` for the agency's.
fn listed(db: &Db, text: &'static str, by: By) -> AssertSqlSafe<String> {
    let list = match db.dialect() {
        Dialect::Postgres => "(SELECT jsonb_array_elements_text($1))",
        Dialect::Sqlite => "(SELECT value FROM json_each($1))",
    };
    let agency = "($2 OR tenant_id IS NULL OR tenant_id IN ($3, 'unassigned'))";
    AssertSqlSafe(text.replace("{by}", by).replace("{ids}", list).replace("{agency}", agency))
}

/// Most rows of one table in a story.
const MOST: i64 = 2000;

fn bound(q: Sql, ids: &[String], of: Of<'_>) -> Sql {
    q.bind(json!(ids)).bind(of.is_none()).bind(of).bind(MOST)
}

fn fact(at: Timestamp, r: &Row, what: What) -> Result<Fact> {
    Ok(Fact { at, tenant: r.opt_text("tenant_id")?.map(TenantId::new), what })
}

fn number(r: &Row, column: &'static str) -> Result<Option<Number>> {
    Ok(r.opt_text(column)?.map(Number::new))
}

fn state(done: Option<Timestamp>, parked: Option<Timestamp>) -> State {
    match (done, parked) {
        (Some(_), _) => State::Done,
        (None, Some(_)) => State::Parked,
        (None, None) => State::Waiting,
    }
}

/// Between which receipts events are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Window {
    /// Whenever it was.
    pub fn ever() -> Self {
        Self { from: Timestamp::from_unix_s(0), until: Timestamp::from_unix_micros(i64::MAX) }
    }
}

pub const EVENTS_BY_ID: By = "event_id IN {ids}";
/// All events of a call's session, of a fax, of a text, of a conversation.
pub const EVENTS_BY_KEY: By = "order_key IN {ids}";

/// Telnyx's events.
pub async fn events(db: &Db, by: By, ids: &[String], within: Window, of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT event_id, event_type, channel, tenant_id, received_at, occurred_at, processed_at, parked_at, attempts,
           last_error, digits_cleared, pruned_at, stop_pending, raw_json FROM telnyx_events
         WHERE {by} AND {agency} AND received_at >= $5 AND received_at <= $6 ORDER BY received_at LIMIT $4",
        by,
    ));
    let q = bound(q, ids, of).bind(within.from).bind(within.until);
    db.rows(q).await?.iter().map(telnyx_event).collect()
}

/// Telnyx's events of a route that were not worked, the oldest first; each with its body.
pub async fn open_events(db: &Db, channel: &str, of: Of<'_>) -> Result<Vec<(Fact, Value)>> {
    let q = db.sql(listed(
        db,
        "SELECT event_id, event_type, channel, tenant_id, received_at, occurred_at, processed_at, parked_at, attempts,
           last_error, digits_cleared, pruned_at, stop_pending, raw_json FROM telnyx_events
         WHERE channel IN {ids} AND processed_at IS NULL AND {agency} ORDER BY seq LIMIT $4",
        "",
    ));
    let rows = db.rows(bound(q, &[channel.to_owned()], of)).await?;
    rows.iter().map(|r| Ok((telnyx_event(r)?, r.json("raw_json")?))).collect()
}

fn telnyx_event(r: &Row) -> Result<Fact> {
    let (done, parked) = (r.opt_time("processed_at")?, r.opt_time("parked_at")?);
    let event = Event {
        id: r.text("event_id")?,
        kind: r.text("event_type")?,
        channel: r.text("channel")?,
        occurred_at: r.opt_time("occurred_at")?,
        state: state(done, parked),
        settled_at: done.or(parked),
        attempts: r.int("attempts")?,
        last_error: r.opt_text("last_error")?,
        digits_cleared: r.flag("digits_cleared")?,
        pruned: r.opt_time("pruned_at")?.is_some(),
        stop_pending: r.opt_json("stop_pending")?.is_some(),
        says: says(&r.json("raw_json")?),
    };
    fact(r.time("received_at")?, r, What::Event(event))
}

pub const STRIPE_BY_ID: By = "event_id IN {ids}";
/// All events of a session.
pub const STRIPE_BY_KEY: By = "order_key IN {ids}";

/// Stripe's events.
pub async fn stripe_events(db: &Db, by: By, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT event_id, type, tenant_id, received_at, occurred_at, processed_at, parked_at, attempts, last_error,
           pruned_at, raw_json FROM stripe_events WHERE {by} AND {agency} ORDER BY received_at LIMIT $4",
        by,
    ));
    let one = |r: &Row| {
        let (done, parked) = (r.opt_time("processed_at")?, r.opt_time("parked_at")?);
        let event = Event {
            id: r.text("event_id")?,
            kind: r.text("type")?,
            channel: "stripe".to_owned(),
            occurred_at: r.opt_time("occurred_at")?,
            state: state(done, parked),
            settled_at: done.or(parked),
            attempts: r.int("attempts")?,
            last_error: r.opt_text("last_error")?,
            digits_cleared: false,
            pruned: r.opt_time("pruned_at")?.is_some(),
            stop_pending: false,
            says: says(&r.json("raw_json")?),
        };
        fact(r.time("received_at")?, r, What::Event(event))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

/// The body of an event of either inbox, for what it names; `None` where there is none.
pub async fn body(db: &Db, event: &str) -> Result<Option<Value>> {
    let q = db.sql(
        "SELECT raw_json FROM telnyx_events WHERE event_id = $1
         UNION ALL SELECT raw_json FROM stripe_events WHERE event_id = $1",
    );
    db.row(q.bind(event)).await?.map(|r| r.json("raw_json")).transpose()
}

/// By Telnyx's handle of the caller's leg, or the session's id.
pub const CALLS_BY_ID: By = "(call_control_id IN {ids} OR session_id IN {ids})";
/// Calls from a number, or whose link was for it.
pub const CALLS_BY_PHONE: By = "(from_phone IN {ids} OR sms_phone IN {ids})";
pub const CALLS_BY_STATEMENT: By = "statement_id IN {ids}";

/// Calls, the latest first.
pub async fn calls(db: &Db, by: By, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT call_control_id, tenant_id, from_phone, to_phone, state, statement_id, sms_phone, deadline_at, session_id,
           created_at, updated_at FROM telnyx_calls WHERE {by} AND {agency} ORDER BY created_at DESC LIMIT $4",
        by,
    ));
    let one = |r: &Row| {
        let call = Call {
            id: r.text("call_control_id")?,
            session: r.opt_text("session_id")?,
            from: number(r, "from_phone")?,
            to: number(r, "to_phone")?,
            state: r.text("state")?,
            statement: r.opt_text("statement_id")?,
            sms_phone: number(r, "sms_phone")?,
            deadline_at: r.opt_time("deadline_at")?,
            updated_at: r.time("updated_at")?,
        };
        fact(r.time("created_at")?, r, What::Call(call))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

/// The steps of calls.
pub async fn steps(db: &Db, calls: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT * FROM (SELECT s.call_control_id, s.cause_id, s.from_state, s.to_state, s.at, s.why, c.tenant_id
           FROM telnyx_call_steps s LEFT JOIN telnyx_calls c ON c.call_control_id = s.call_control_id
           WHERE s.call_control_id IN {ids}) x WHERE {agency} ORDER BY at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let why = r.opt_json("why")?.and_then(|w| serde_json::from_value(w).ok()).unwrap_or_default();
        let step = Step {
            call: r.text("call_control_id")?,
            cause: r.text("cause_id")?,
            from: r.opt_text("from_state")?,
            to: r.text("to_state")?,
            why,
        };
        fact(r.time("at")?, r, What::Step(step))
    };
    db.rows(bound(q, calls, of)).await?.iter().map(one).collect()
}

pub const EFFECTS_BY_CAUSE: By = "cause_id IN {ids}";
pub const EFFECTS_BY_ID: By = "effect_id IN {ids}";

/// What was owed to the outside world.
pub async fn effects(db: &Db, by: By, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT effect_id, kind, cause_id, tenant_id, payload, created_at, expires_at, attempts, last_error, due_at,
           held_until, done_at, parked_at FROM outbox WHERE {by} AND {agency} ORDER BY seq LIMIT $4",
        by,
    ));
    let one = |r: &Row| {
        let (done, parked) = (r.opt_time("done_at")?, r.opt_time("parked_at")?);
        let effect = Effect {
            id: r.text("effect_id")?,
            kind: r.text("kind")?,
            action: r.json("payload")?["action"].as_str().map(str::to_owned),
            cause: r.text("cause_id")?,
            state: state(done, parked),
            settled_at: done.or(parked),
            attempts: r.int("attempts")?,
            last_error: r.opt_text("last_error")?,
            due_at: r.time("due_at")?,
            held_until: r.opt_time("held_until")?,
            expires_at: r.opt_time("expires_at")?,
        };
        fact(r.time("created_at")?, r, What::Effect(effect))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

pub const TEXTS_BY_ID: By = "(message_id IN {ids} OR telnyx_message_id IN {ids})";
pub const TEXTS_BY_STATEMENT: By = "statement_id IN {ids}";
/// To a person, and from them.
pub const TEXTS_BY_PHONE: By =
    "((direction = 'OUT' AND to_phone IN {ids}) OR (direction = 'IN' AND from_phone IN {ids}))";

/// Texts, the latest first; never their words.
pub async fn texts(db: &Db, by: By, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT message_id, telnyx_message_id, tenant_id, direction, from_phone, to_phone, status, class, statement_id,
           call_control_id, error, gate, label, review, received_at, asked_at, handed_over_at, created_at, updated_at,
           cause_id FROM telnyx_sms_messages WHERE {by} AND {agency} ORDER BY created_at DESC LIMIT $4",
        by,
    ));
    let one = |r: &Row| {
        let text = Text {
            id: r.text("message_id")?,
            telnyx_id: r.opt_text("telnyx_message_id")?,
            outgoing: r.text("direction")? == "OUT",
            from: Number::new(r.text("from_phone")?),
            to: Number::new(r.text("to_phone")?),
            status: r.text("status")?,
            class: r.text("class")?,
            statement: r.opt_text("statement_id")?,
            call: r.opt_text("call_control_id")?,
            error: r.opt_text("error")?,
            gate: r.opt_text("gate")?,
            label: r.opt_text("label")?,
            review: r.flag("review")?,
            received_at: r.opt_time("received_at")?,
            asked_at: r.opt_time("asked_at")?,
            handed_over_at: r.opt_time("handed_over_at")?,
            updated_at: r.time("updated_at")?,
            cause: r.opt_text("cause_id")?,
        };
        fact(r.time("created_at")?, r, What::Text(text))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

/// The ledger's rows of these numbers.
pub async fn opt_outs(db: &Db, phones: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT tenant_id, phone_e164, opted_out_at, source FROM telnyx_opt_outs
         WHERE phone_e164 IN {ids} AND {agency} ORDER BY opted_out_at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let row = OptOut { phone: Number::new(r.text("phone_e164")?), source: r.text("source")? };
        fact(r.time("opted_out_at")?, r, What::OptOut(row))
    };
    db.rows(bound(q, phones, of)).await?.iter().map(one).collect()
}

/// The ledger's history of these numbers.
pub async fn ledger_changes(db: &Db, phones: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT tenant_id, phone_e164, change, opted_out_at, source, actor, reason, at FROM opt_out_history
         WHERE phone_e164 IN {ids} AND {agency} ORDER BY seq LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let change = LedgerChange {
            phone: Number::new(r.text("phone_e164")?),
            change: r.text("change")?,
            opted_out_at: r.time("opted_out_at")?,
            source: r.text("source")?,
            actor: r.text("actor")?,
            reason: r.opt_text("reason")?,
        };
        fact(r.time("at")?, r, What::LedgerChange(change))
    };
    db.rows(bound(q, phones, of)).await?.iter().map(one).collect()
}

/// Consents of these numbers.
pub async fn consents(db: &Db, phones: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT tenant_id, phone_e164, given_at, source, actor FROM text_consents
         WHERE phone_e164 IN {ids} AND {agency} ORDER BY given_at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let (phone, source, actor) =
            (Number::new(r.text("phone_e164")?), r.text("source")?, r.text("actor")?);
        fact(r.time("given_at")?, r, What::Consent(Consent { phone, source, actor }))
    };
    db.rows(bound(q, phones, of)).await?.iter().map(one).collect()
}

/// "Wrong number", said of these numbers.
pub async fn wrong_numbers(db: &Db, phones: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT tenant_id, statement_id, phone_e164, told_at FROM billing_wrong_numbers
         WHERE phone_e164 IN {ids} AND {agency} ORDER BY told_at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let (phone, statement) = (Number::new(r.text("phone_e164")?), r.text("statement_id")?);
        fact(r.time("told_at")?, r, What::WrongNumber { phone, statement })
    };
    db.rows(bound(q, phones, of)).await?.iter().map(one).collect()
}

/// Statements of these numbers, of every agency that has one.
pub async fn statements(db: &Db, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT tenant_id, statement_id, status, amount_cents, currency, updated_at,
           (SELECT t.stripe_connected_account_id FROM tenants t WHERE t.id = tenant_id) AS account
         FROM billing_statements WHERE statement_id IN {ids} AND {agency} ORDER BY tenant_id LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let statement = Statement {
            id: r.text("statement_id")?,
            status: r.text("status")?,
            amount_cents: r.int("amount_cents")?,
            currency: r.text("currency")?,
            has_account: r.opt_text("account")?.is_some(),
        };
        fact(r.time("updated_at")?, r, What::Statement(statement))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

pub const SESSIONS_BY_ID: By = "session_id IN {ids}";
pub const SESSIONS_BY_CALL: By = "call_control_id IN {ids}";
pub const SESSIONS_BY_STATEMENT: By = "statement_id IN {ids}";
pub const SESSIONS_BY_PAYMENT: By = "payment_intent IN {ids}";

/// Payment links; never their addresses.
pub async fn sessions(db: &Db, by: By, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT session_id, tenant_id, statement_id, call_control_id, amount_cents, currency, status, created_at,
           completed_at, account, expires_at, amount_refunded, debit_pending_since FROM billing_checkout_sessions
         WHERE {by} AND {agency} ORDER BY created_at LIMIT $4",
        by,
    ));
    let one = |r: &Row| {
        let session = Session {
            id: r.text("session_id")?,
            account: r.text("account")?,
            statement: r.text("statement_id")?,
            call: r.opt_text("call_control_id")?,
            status: r.text("status")?,
            amount_cents: r.int("amount_cents")?,
            currency: r.text("currency")?,
            expires_at: r.opt_time("expires_at")?,
            completed_at: r.opt_time("completed_at")?,
            refunded_cents: r.int("amount_refunded")?,
            debit_pending_since: r.opt_time("debit_pending_since")?,
        };
        fact(r.time("created_at")?, r, What::Session(session))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

pub const FAXES_BY_ID: By = "fax_id IN {ids}";
pub const FAXES_BY_PHONE: By = "from_phone IN {ids}";

/// Faxes, the latest first.
pub async fn faxes(db: &Db, by: By, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT fax_id, tenant_id, from_phone, to_phone, status, doc_type, case_id, page_count, partial, s3_key_original,
           last_error, reasons, filed_by, created_at, updated_at FROM fax_documents
         WHERE {by} AND {agency} ORDER BY created_at DESC LIMIT $4",
        by,
    ));
    let one = |r: &Row| {
        let reasons = r.opt_json("reasons")?.and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default();
        let fax = Fax {
            id: r.text("fax_id")?,
            from: number(r, "from_phone")?,
            to: number(r, "to_phone")?,
            status: r.text("status")?,
            doc_type: r.opt_text("doc_type")?,
            case: r.opt_text("case_id")?,
            pages: r.opt_int("page_count")?,
            partial: r.flag("partial")?,
            stored: r.opt_text("s3_key_original")?.is_some(),
            last_error: r.opt_text("last_error")?,
            reasons,
            filed_by: r.opt_text("filed_by")?,
            updated_at: r.time("updated_at")?,
        };
        fact(r.time("created_at")?, r, What::Fax(fax))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

/// The messages of one fax on the queue that is a table.
pub async fn queued(db: &Db, fax: &str, of: Of<'_>) -> Result<Vec<Fact>> {
    let q =
        db.sql("SELECT body, created_at, visible_at, receive_count FROM queue_messages ORDER BY created_at");
    let mut found = Vec::new();
    for r in db.rows(q).await? {
        let order: Value = serde_json::from_str(&r.text("body")?).unwrap_or_default();
        let tenant = order["tenant_id"].as_str().map(TenantId::new);
        if order["fax_id"] != fax || (of.is_some() && tenant.is_some() && tenant.as_ref() != of) {
            continue;
        }
        let queued = Queued { receives: r.int("receive_count")?, visible_at: r.time("visible_at")? };
        found.push(Fact { at: r.time("created_at")?, tenant, what: What::Queued(queued) });
    }
    Ok(found)
}

/// Tasks about these subjects.
pub async fn tasks(db: &Db, subjects: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT task_id, tenant_id, kind, subject, created_at, done_at FROM agency_tasks
         WHERE subject IN {ids} AND {agency} ORDER BY created_at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let task = Task {
            id: r.text("task_id")?,
            kind: r.text("kind")?,
            subject: r.text("subject")?,
            done_at: r.opt_time("done_at")?,
        };
        fact(r.time("created_at")?, r, What::Task(task))
    };
    db.rows(bound(q, subjects, of)).await?.iter().map(one).collect()
}

/// Incidents about these faxes.
pub async fn incidents(db: &Db, subjects: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT incident_id, tenant_id, kind, opened_at, closed_at FROM incidents
         WHERE subject IN {ids} AND {agency} ORDER BY opened_at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let incident = Incident {
            id: r.text("incident_id")?,
            kind: r.text("kind")?,
            closed_at: r.opt_time("closed_at")?,
        };
        fact(r.time("opened_at")?, r, What::Incident(incident))
    };
    db.rows(bound(q, subjects, of)).await?.iter().map(one).collect()
}

/// What people and commands did to these subjects.
pub async fn audit(db: &Db, subjects: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT at, actor, action, subject, tenant_id FROM audit_log
         WHERE subject IN {ids} AND {agency} ORDER BY seq LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let audit = Audit {
            actor: r.text("actor")?,
            action: r.text("action")?,
            subject: Number::new(r.text("subject")?),
        };
        fact(r.time("at")?, r, What::Audit(audit))
    };
    db.rows(bound(q, subjects, of)).await?.iter().map(one).collect()
}
