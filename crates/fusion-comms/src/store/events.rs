//! The inbox as operators see it: list, show, replay, delete. Telnyx's and Stripe's events lie in tables of the same shape.

use fusion_comms_core::ids::{EventId, FaxId, TenantId};
use fusion_comms_core::time::Timestamp;
use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::db::{Db, Reader, Result, Tx};
use super::pruning::Inbox;
use super::row::Row;

#[derive(Clone, Debug)]
pub struct Event {
    pub id: EventId,
    pub event_type: String,
    /// The route: `voice`, `sms`, `fax`, `stripe`.
    pub channel: String,
    pub tenant: Option<TenantId>,
    pub received_at: Timestamp,
    pub occurred_at: Option<Timestamp>,
    pub processed_at: Option<Timestamp>,
    pub parked_at: Option<Timestamp>,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub digits_cleared: bool,
    /// Since then it has no body.
    pub pruned_at: Option<Timestamp>,
    /// Events of one key are worked in the order of their arrival, which `seq` counts.
    pub order_key: Option<String>,
    pub seq: i64,
}

fn event(r: &Row) -> Result<Event> {
    Ok(Event {
        id: EventId::new(r.text("event_id")?),
        event_type: r.text("event_type")?,
        channel: r.text("channel")?,
        tenant: r.opt_text("tenant_id")?.map(TenantId::new),
        received_at: r.time("received_at")?,
        occurred_at: r.opt_time("occurred_at")?,
        processed_at: r.opt_time("processed_at")?,
        parked_at: r.opt_time("parked_at")?,
        attempts: r.int("attempts")?,
        last_error: r.opt_text("last_error")?,
        digits_cleared: r.flag("digits_cleared")?,
        pruned_at: r.opt_time("pruned_at")?,
        order_key: r.opt_text("order_key")?,
        seq: r.int("seq")?,
    })
}

/// An inbox under the names of Telnyx's columns. Stripe's events hold no keyed digits.
fn rows_of(inbox: Inbox) -> &'static str {
    match inbox {
        Inbox::Telnyx => "telnyx_events",
        Inbox::Stripe => {
            "(SELECT event_id, type AS event_type, 'stripe' AS channel, tenant_id, received_at, occurred_at, processed_at,
               parked_at, attempts, last_error, FALSE AS digits_cleared, pruned_at, order_key, seq, raw_json
             FROM stripe_events)"
        }
    }
}

/// What to list; nothing set lists all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub tenant: Option<TenantId>,
    /// The whole type or the part before a dot: `call`, `message.received`.
    pub event_type: Option<String>,
    /// `waiting`, `processed`, `parked`.
    pub state: Option<String>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// The route: `voice`, `sms`, `fax`, `stripe`.
    pub channel: Option<String>,
    /// Part of what went wrong, in any case.
    pub error: Option<String>,
    /// Of one call (by its control id or its session), fax, text, conversation or payment session.
    pub key: Option<String>,
    pub oldest_first: bool,
    pub limit: i64,
}

/// Events of both inboxes, the latest first unless asked otherwise.
pub async fn list(db: &Db, f: &Filter) -> Result<Vec<Event>> {
    let mut found = Vec::new();
    for inbox in Inbox::ALL {
        let asked =
            f.channel.as_deref().is_none_or(|channel| (channel == "stripe") == (inbox == Inbox::Stripe));
        if asked {
            found.extend(list_of(db, inbox, f).await?);
        }
    }
    // Stable: within one inbox the order is right already.
    found.sort_by(|a: &Event, b| {
        let by_time = a.received_at.cmp(&b.received_at);
        if f.oldest_first { by_time } else { by_time.reverse() }
    });
    found.truncate(usize::try_from(f.limit).unwrap_or(0));
    Ok(found)
}

async fn list_of(db: &Db, inbox: Inbox, f: &Filter) -> Result<Vec<Event>> {
    let order = if f.oldest_first { "received_at, seq" } else { "received_at DESC, seq DESC" };
    let text = "SELECT event_id, event_type, channel, tenant_id, received_at, occurred_at, processed_at, parked_at, attempts,
           last_error, digits_cleared, pruned_at, order_key, seq FROM {events} e
         WHERE ($1 OR tenant_id = $2 OR (tenant_id IS NULL AND $2 = 'unassigned'))
           AND ($3 OR event_type = $4 OR event_type LIKE $5)
           AND ($6 = 'any' OR ($6 = 'processed' AND processed_at IS NOT NULL)
             OR ($6 = 'parked' AND parked_at IS NOT NULL AND processed_at IS NULL)
             OR ($6 = 'waiting' AND processed_at IS NULL AND parked_at IS NULL))
           AND received_at >= $7 AND received_at <= $8
           AND ($10 = 'any' OR channel = $10)
           AND ($11 OR lower(last_error) LIKE $12 ESCAPE '!')
           AND ($13 OR order_key = $14
             OR order_key = (SELECT c.session_id FROM telnyx_calls c WHERE c.call_control_id = $14)
             OR order_key IN (SELECT s.session_id FROM billing_checkout_sessions s WHERE s.call_control_id = $14))
         ORDER BY {order} LIMIT $9";
    let text = text.replace("{order}", order).replace("{events}", rows_of(inbox));
    let q = db.sql(AssertSqlSafe(text));
    let kind = f.event_type.as_deref();
    let q = q
        .bind(f.tenant.is_none())
        .bind(f.tenant.as_ref())
        .bind(kind.is_none())
        .bind(kind)
        .bind(kind.map(|k| format!("{k}.%")))
        .bind(f.state.as_deref().unwrap_or("any"))
        .bind(f.since.unwrap_or(Timestamp::from_unix_s(0)))
        .bind(f.until.unwrap_or(Timestamp::from_unix_micros(i64::MAX)))
        .bind(f.limit)
        .bind(f.channel.as_deref().unwrap_or("any"))
        .bind(f.error.is_none())
        .bind(f.error.as_deref().map(containing))
        .bind(f.key.is_none())
        .bind(f.key.as_deref());
    db.rows(q).await?.iter().map(event).collect()
}

/// A pattern that finds the text anywhere, its own signs taken as they stand.
fn containing(text: &str) -> String {
    let plain = text.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{plain}%")
}

/// One event with its cleaned body.
pub async fn get(db: &Db, id: &EventId) -> Result<Option<(Event, Value)>> {
    for inbox in Inbox::ALL {
        let text = "SELECT event_id, event_type, channel, tenant_id, received_at, occurred_at, processed_at, parked_at,
               attempts, last_error, digits_cleared, pruned_at, order_key, seq, raw_json FROM {events} e WHERE event_id = $1";
        let q = db.sql(AssertSqlSafe(text.replace("{events}", rows_of(inbox))));
        if let Some(r) = db.row(q.bind(id)).await? {
            return Ok(Some((event(&r)?, r.json("raw_json")?)));
        }
    }
    Ok(None)
}

/// Puts an event back to be worked. Effects that were done are not repeated: their ids are the same.
pub async fn replay(tx: &mut Tx, id: &EventId, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE telnyx_events SET processed_at = NULL, parked_at = NULL, attempts = 0, last_error = NULL, due_at = $2,
           leased_until = NULL, leased_by = NULL WHERE event_id = $1 AND digits_cleared = FALSE
           AND pruned_at IS NULL",
    );
    if tx.exec(q.bind(id).bind(now)).await? == 1 {
        return Ok(true);
    }
    let q = tx.sql(
        "UPDATE stripe_events SET processed_at = NULL, parked_at = NULL, attempts = 0, last_error = NULL, due_at = $2,
           leased_until = NULL, leased_by = NULL WHERE event_id = $1 AND pruned_at IS NULL",
    );
    Ok(tx.exec(q.bind(id).bind(now)).await? == 1)
}

/// Deletes one event: its next delivery is worked as new.
pub async fn delete(tx: &mut Tx, id: &EventId) -> Result<bool> {
    let q = tx.sql("DELETE FROM telnyx_events WHERE event_id = $1");
    if tx.exec(q.bind(id)).await? == 1 {
        return Ok(true);
    }
    let q = tx.sql("DELETE FROM stripe_events WHERE event_id = $1");
    Ok(tx.exec(q.bind(id)).await? == 1)
}

/// Something that an event caused.
#[derive(Clone, Debug)]
pub struct Caused {
    pub effect_id: String,
    pub kind: String,
    /// `done`, `parked`, `waiting`.
    pub state: &'static str,
    pub last_error: Option<String>,
}

/// What an event, or an effect, caused directly.
pub async fn effects(db: &Db, cause: &str) -> Result<Vec<Caused>> {
    let q = db.sql(
        "SELECT effect_id, kind, done_at, parked_at, last_error FROM outbox WHERE cause_id = $1 ORDER BY seq",
    );
    let rows = db.rows(q.bind(cause)).await?;
    rows.iter()
        .map(|r| {
            let state = match (r.opt_time("done_at")?, r.opt_time("parked_at")?) {
                (Some(_), _) => "done",
                (None, Some(_)) => "parked",
                (None, None) => "waiting",
            };
            Ok(Caused {
                effect_id: r.text("effect_id")?,
                kind: r.text("kind")?,
                state,
                last_error: r.opt_text("last_error")?,
            })
        })
        .collect()
}

/// The body of the latest `fax.received` of a fax, cleaned. A fax's events are worked one at a time by its id.
pub async fn fax_received(r: impl Reader, fax: &FaxId) -> Result<Option<Value>> {
    let q = r.sql(
        "SELECT raw_json FROM telnyx_events WHERE order_key = $1 AND event_type = 'fax.received' ORDER BY seq DESC LIMIT 1",
    );
    r.row(q.bind(fax)).await?.map(|r| r.json("raw_json")).transpose()
}

/// Whether an event of this type and order key was received since then. Found by the time of receipt: ask of a short time.
pub async fn came_since(r: impl Reader, order_key: &str, event_type: &str, since: Timestamp) -> Result<bool> {
    let q = r.sql(
        "SELECT 1 AS n FROM telnyx_events WHERE received_at >= $3 AND order_key = $1 AND event_type = $2 LIMIT 1",
    );
    Ok(r.row(q.bind(order_key).bind(event_type).bind(since)).await?.is_some())
}
