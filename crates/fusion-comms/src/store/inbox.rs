//! Events on their way from receipt to effect: claimed under a lease, done, put off, or parked.
//!
//! Invariant: of the events with one order key at most one is leased: the oldest that is due. After a failed attempt
//! the later ones pass it until it is due again. A unique index keeps this where two claims do not see each other.
//! Telnyx's and Stripe's events lie in tables of the same shape.

use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::{EventId, TenantId};
use fusion_comms_core::time::Timestamp;
use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::db::{Db, Dialect, Reader, Result, Tx};
use super::error::StoreError;
use super::row::Row;

/// Which events a worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    Telnyx(Channel),
    Stripe,
}

impl Lane {
    pub const ALL: [Lane; 4] =
        [Lane::Telnyx(Channel::Voice), Lane::Telnyx(Channel::Sms), Lane::Telnyx(Channel::Fax), Lane::Stripe];

    pub fn name(self) -> &'static str {
        match self {
            Lane::Telnyx(channel) => channel.as_str(),
            Lane::Stripe => "stripe",
        }
    }

    /// The statement for this lane's table; `text` is ours, and names it `{events}`.
    fn sql(self, text: &'static str) -> AssertSqlSafe<String> {
        let (table, only) = match self {
            Lane::Telnyx(_) => ("telnyx_events", "e.channel = $5"),
            Lane::Stripe => ("stripe_events", "$5 = 'stripe'"),
        };
        AssertSqlSafe(text.replace("{events}", table).replace("{lane}", only))
    }
}

/// An event under lease.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub id: EventId,
    pub raw: Value,
    pub received_at: Timestamp,
    pub occurred_at: Option<Timestamp>,
    /// This attempt included.
    pub attempts: i64,
    /// Events with the same key are worked one at a time.
    pub order_key: Option<String>,
    seq: i64,
}

fn claimed(row: &Row) -> Result<Claimed> {
    Ok(Claimed {
        id: EventId::new(row.text("event_id")?),
        raw: row.json("raw_json")?,
        received_at: row.time("received_at")?,
        occurred_at: row.opt_time("occurred_at")?,
        attempts: row.int("attempts")?,
        order_key: row.opt_text("order_key")?,
        seq: row.int("seq")?,
    })
}

/// How often a claim is tried that met another one.
const TRIES: usize = 3;

/// Takes up to `n` events until `until`, the oldest first.
pub async fn claim(
    db: &Db,
    lane: Lane,
    owner: &str,
    n: i64,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Claimed>> {
    for _ in 0..TRIES {
        match try_claim(db, lane, owner, n, now, until).await {
            // Another event of a key was claimed at this moment, or its worker died with it.
            Err(StoreError::Taken) => release_expired(db, lane, now).await?,
            claimed => return claimed,
        }
    }
    Ok(vec![])
}

async fn try_claim(
    db: &Db,
    lane: Lane,
    owner: &str,
    n: i64,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Claimed>> {
    let q = db.sql(lane.sql(match db.dialect() {
        Dialect::Postgres => {
            "UPDATE {events} SET attempts = attempts + 1, leased_until = $3, leased_by = $4 WHERE event_id IN (
               SELECT e.event_id FROM {events} e
               WHERE e.processed_at IS NULL AND e.parked_at IS NULL AND {lane} AND e.due_at <= $2
                 AND (e.leased_until IS NULL OR e.leased_until <= $2)
                 AND NOT EXISTS (SELECT 1 FROM {events} o
                   WHERE o.order_key = e.order_key AND o.event_id <> e.event_id
                     AND o.processed_at IS NULL AND o.parked_at IS NULL
                     AND (o.leased_until > $2 OR (o.seq < e.seq AND (o.attempts = 0 OR o.due_at <= $2))))
               ORDER BY e.seq LIMIT $1 FOR UPDATE OF e SKIP LOCKED)
             RETURNING event_id, raw_json, received_at, occurred_at, attempts, seq, order_key"
        }
        Dialect::Sqlite => {
            "UPDATE {events} SET attempts = attempts + 1, leased_until = $3, leased_by = $4 WHERE event_id IN (
               SELECT e.event_id FROM {events} e
               WHERE e.processed_at IS NULL AND e.parked_at IS NULL AND {lane} AND e.due_at <= $2
                 AND (e.leased_until IS NULL OR e.leased_until <= $2)
                 AND NOT EXISTS (SELECT 1 FROM {events} o
                   WHERE o.order_key = e.order_key AND o.event_id <> e.event_id
                     AND o.processed_at IS NULL AND o.parked_at IS NULL
                     AND (o.leased_until > $2 OR (o.seq < e.seq AND (o.attempts = 0 OR o.due_at <= $2))))
               ORDER BY e.seq LIMIT $1)
             RETURNING event_id, raw_json, received_at, occurred_at, attempts, seq, order_key"
        }
    }));
    let rows = db.rows_alone(q.bind(n).bind(now).bind(until).bind(owner).bind(lane.name())).await?;
    let mut events = Vec::new();
    for row in &rows {
        match claimed(row) {
            Ok(event) => events.push(event),
            // A row that cannot be read must not stand before all others.
            Err(e) => {
                let mut tx = db.begin().await?;
                park(&mut tx, lane, &EventId::new(row.text("event_id")?), &e.to_string(), now).await?;
                tx.commit().await?;
            }
        }
    }
    events.sort_by_key(|e| e.seq);
    Ok(events)
}

/// Ends the leases that have run out: one on a later event would keep an earlier one of its key from being claimed.
async fn release_expired(db: &Db, lane: Lane, now: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    let q = tx.sql(lane.sql(
        "UPDATE {events} SET leased_until = NULL, leased_by = NULL WHERE leased_by IS NOT NULL AND leased_until <= $1",
    ));
    tx.exec(q.bind(now)).await?;
    tx.commit().await
}

/// Marks an event as worked, in the transaction that holds what it caused. False where it was done already or another
/// worker has it since: then nothing of this transaction may stay.
pub async fn mark_done(
    tx: &mut Tx,
    lane: Lane,
    id: &EventId,
    owner: &str,
    tenant: Option<&TenantId>,
    now: Timestamp,
) -> Result<bool> {
    let q = tx.sql(lane.sql(
        "UPDATE {events} SET processed_at = $2, leased_until = NULL, leased_by = NULL, last_error = NULL,
           tenant_id = coalesce($4, tenant_id)
         WHERE event_id = $1 AND processed_at IS NULL AND leased_by = $3",
    ));
    Ok(tx.exec(q.bind(id).bind(now).bind(owner).bind(tenant)).await? == 1)
}

/// Gives an event back until `due`, with what went wrong.
pub async fn put_off(tx: &mut Tx, lane: Lane, id: &EventId, error: &str, due: Timestamp) -> Result<()> {
    let q = tx.sql(lane.sql(
        "UPDATE {events} SET leased_until = NULL, leased_by = NULL, last_error = $2, due_at = $3
         WHERE event_id = $1 AND processed_at IS NULL",
    ));
    tx.exec(q.bind(id).bind(error).bind(due)).await.map(drop)
}

/// Gives an event up until a person looks at it; one that still carries an opt-out to be written is never given up.
pub async fn park(tx: &mut Tx, lane: Lane, id: &EventId, error: &str, now: Timestamp) -> Result<()> {
    let q = tx.sql(lane.sql(
        "UPDATE {events} SET leased_until = NULL, leased_by = NULL, last_error = $2, parked_at = $3
         WHERE event_id = $1 AND processed_at IS NULL",
    ));
    tx.exec(q.bind(id).bind(error).bind(now)).await.map(drop)
}

/// Takes back what a process of the same name left leased when it died.
pub async fn take_back(db: &Db, owner: &str) -> Result<u64> {
    let mut tx = db.begin().await?;
    let mut n = 0;
    for lane in [Lane::Telnyx(Channel::Voice), Lane::Stripe] {
        let q = tx
            .sql(lane.sql("UPDATE {events} SET leased_until = NULL, leased_by = NULL WHERE leased_by = $1"));
        n += tx.exec(q.bind(owner)).await?;
    }
    tx.commit().await?;
    Ok(n)
}

/// Replaces the stored body, for a gather whose digits have done their work.
pub async fn clear_digits(tx: &mut Tx, id: &EventId, without_digits: &Value) -> Result<()> {
    let q = tx.sql("UPDATE telnyx_events SET raw_json = $2, digits_cleared = TRUE WHERE event_id = $1");
    tx.exec(q.bind(id).bind(without_digits.clone())).await.map(drop)
}

/// Parked gathers of a call that has ended: their digits have no more use. Returns id and body.
pub async fn parked_gathers(tx: &mut Tx, order_key: &str) -> Result<Vec<(EventId, Value)>> {
    let q = tx.sql(
        "SELECT event_id, raw_json FROM telnyx_events WHERE order_key = $1 AND parked_at IS NOT NULL
           AND event_type = 'call.gather.ended' AND digits_cleared = FALSE",
    );
    let rows = tx.rows(q.bind(order_key)).await?;
    rows.iter().map(|r| Ok((EventId::new(r.text("event_id")?), r.json("raw_json")?))).collect()
}

/// What waits in a lane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Depth {
    pub waiting: i64,
    pub oldest: Option<Timestamp>,
    pub parked: i64,
}

pub async fn depth(db: &Db, lane: Lane) -> Result<Depth> {
    let q = db.sql(match lane {
        Lane::Telnyx(_) => {
            "SELECT count(*) FILTER (WHERE parked_at IS NULL) AS waiting,
               min(received_at) FILTER (WHERE parked_at IS NULL) AS oldest,
               count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked
             FROM telnyx_events WHERE processed_at IS NULL AND channel = $1"
        }
        Lane::Stripe => {
            "SELECT count(*) FILTER (WHERE parked_at IS NULL) AS waiting,
               min(received_at) FILTER (WHERE parked_at IS NULL) AS oldest,
               count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked
             FROM stripe_events WHERE processed_at IS NULL AND $1 = 'stripe'"
        }
    });
    let row = db.row(q.bind(lane.name())).await?;
    row.map_or(Ok(Depth::default()), |r| {
        Ok(Depth { waiting: r.int("waiting")?, oldest: r.opt_time("oldest")?, parked: r.int("parked")? })
    })
}
