//! The rows that a story is told from, as facts: of every table what belongs to some ids, of one agency or of all.
//!
//! Each question takes its ids as one list. With an agency, rows of others are left out; rows of none, and those under
//! `unassigned`, which bind every agency, stay. Here are events, calls and effects; texts and consent are in
//! `story_people`, bills and faxes in `story_papers`.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::story::{Call, Effect, Event, Fact, Number, State, Step, What, says};
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::db::{Db, Dialect, Reader, Result, Sql};
use super::row::Row;

pub use super::story_papers::*;
pub use super::story_people::*;

/// By which column rows are found.
pub type By = &'static str;

/// Of one agency only, or of all.
pub type Of<'a> = Option<&'a TenantId>;

/// A statement over a list of ids. `text` is ours: `{ids}` stands for the list, `{by}` for the condition that uses it,
/// `{agency}` for the agency's.
pub(super) fn listed(db: &Db, text: &'static str, by: By) -> AssertSqlSafe<String> {
    let list = match db.dialect() {
        Dialect::Postgres => "(SELECT jsonb_array_elements_text($1))",
        Dialect::Sqlite => "(SELECT value FROM json_each($1))",
    };
    let agency = "($2 OR tenant_id IS NULL OR tenant_id IN ($3, 'unassigned'))";
    AssertSqlSafe(text.replace("{by}", by).replace("{ids}", list).replace("{agency}", agency))
}

/// Most rows of one table in a story.
const MOST: i64 = 2000;

pub(super) fn bound(q: Sql, ids: &[String], of: Of<'_>) -> Sql {
    q.bind(json!(ids)).bind(of.is_none()).bind(of).bind(MOST)
}

pub(super) fn fact(at: Timestamp, r: &Row, what: What) -> Result<Fact> {
    Ok(Fact { at, tenant: r.opt_text("tenant_id")?.map(TenantId::new), what })
}

pub(super) fn number(r: &Row, column: &'static str) -> Result<Option<Number>> {
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
