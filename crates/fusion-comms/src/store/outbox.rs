//! Effects owed to the outside world: written with the decision, claimed under a lease, done once.
//!
//! Invariant: of the effects with one order key at most one is leased, and it is the oldest open one.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::db::{Db, Dialect, Reader, Result, Tx};
use super::inbox::Depth;
use super::row::Row;
use crate::traces;

/// Which workers do an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    Voice,
    /// Payment links: a caller waits for them, yet Stripe may be slow.
    Link,
    Sms,
    Fax,
}

impl Lane {
    pub const ALL: [Lane; 4] = [Lane::Voice, Lane::Link, Lane::Sms, Lane::Fax];

    pub fn name(self) -> &'static str {
        match self {
            Lane::Voice => "voice",
            Lane::Link => "link",
            Lane::Sms => "sms",
            Lane::Fax => "fax",
        }
    }
}

/// An effect as it is written.
#[derive(Clone, Debug)]
pub struct NewEffect {
    /// Derived from the cause: the same cause asks for the same effect once.
    pub id: Uuid,
    pub lane: Lane,
    pub kind: &'static str,
    pub order_key: String,
    pub cause_id: String,
    pub tenant: Option<TenantId>,
    pub payload: Value,
    /// Given up after this.
    pub expires_at: Option<Timestamp>,
    /// Not done before this, on purpose.
    pub held_until: Option<Timestamp>,
}

/// An effect under lease.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub id: String,
    pub kind: String,
    pub cause_id: String,
    pub tenant: Option<TenantId>,
    pub payload: Value,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// This attempt included.
    pub attempts: i64,
    /// Where it stands in a trace.
    pub trace: traces::Context,
    seq: i64,
}

fn claimed(row: &Row) -> Result<Claimed> {
    Ok(Claimed {
        id: row.text("effect_id")?,
        kind: row.text("kind")?,
        cause_id: row.text("cause_id")?,
        tenant: row.opt_text("tenant_id")?.map(TenantId::new),
        payload: row.json("payload")?,
        created_at: row.time("created_at")?,
        expires_at: row.opt_time("expires_at")?,
        attempts: row.int("attempts")?,
        trace: row
            .opt_text("trace_parent")?
            .as_deref()
            .and_then(traces::Context::parse)
            .unwrap_or(traces::Context::of_event(Some(&row.text("order_key")?), &row.text("cause_id")?)),
        seq: row.int("seq")?,
    })
}

/// Writes an effect; one that is there already (the same cause again) stays as it is. True where it is new.
pub async fn push(tx: &mut Tx, effect: &NewEffect, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "INSERT INTO outbox (effect_id, lane, kind, order_key, cause_id, tenant_id, payload, created_at, due_at, expires_at,
           held_until, trace_parent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (effect_id) DO NOTHING",
    );
    let q = q
        .bind(effect.id.to_string())
        .bind(effect.lane.name())
        .bind(effect.kind)
        .bind(effect.order_key.as_str())
        .bind(effect.cause_id.as_str())
        .bind(effect.tenant.as_ref())
        .bind(effect.payload.clone())
        .bind(now)
        .bind(effect.held_until.unwrap_or(now))
        .bind(effect.expires_at)
        .bind(effect.held_until)
        .bind(traces::current().map(|context| context.to_string()));
    Ok(tx.exec(q).await? == 1)
}

/// Writes an effect, and takes up again one of the same name that was given up.
pub async fn push_again(tx: &mut Tx, effect: &NewEffect, now: Timestamp) -> Result<bool> {
    if push(tx, effect, now).await? {
        return Ok(true);
    }
    let q = tx.sql(
        "UPDATE outbox SET parked_at = NULL, attempts = 0, last_error = NULL, payload = $2, due_at = $3, expires_at = $4
         WHERE effect_id = $1 AND parked_at IS NOT NULL",
    );
    let q = q.bind(effect.id.to_string()).bind(effect.payload.clone()).bind(now).bind(effect.expires_at);
    Ok(tx.exec(q).await? == 1)
}

/// Takes up to `n` effects of a lane until `until`, the oldest first.
pub async fn claim(
    db: &Db,
    lane: Lane,
    owner: &str,
    n: i64,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Claimed>> {
    let q = db.sql(match db.dialect() {
        Dialect::Postgres => {
            "UPDATE outbox SET attempts = attempts + 1, leased_until = $4, leased_by = $5 WHERE effect_id IN (
               SELECT e.effect_id FROM outbox e
               WHERE e.done_at IS NULL AND e.parked_at IS NULL AND e.lane = $1 AND e.due_at <= $3
                 AND (e.leased_until IS NULL OR e.leased_until <= $3)
                 AND NOT EXISTS (SELECT 1 FROM outbox o
                   WHERE o.order_key = e.order_key AND o.seq < e.seq AND o.done_at IS NULL AND o.parked_at IS NULL)
               ORDER BY e.seq LIMIT $2 FOR UPDATE OF e SKIP LOCKED)
             RETURNING effect_id, kind, cause_id, tenant_id, payload, created_at, expires_at, attempts, seq, order_key, trace_parent"
        }
        Dialect::Sqlite => {
            "UPDATE outbox SET attempts = attempts + 1, leased_until = $4, leased_by = $5 WHERE effect_id IN (
               SELECT e.effect_id FROM outbox e
               WHERE e.done_at IS NULL AND e.parked_at IS NULL AND e.lane = $1 AND e.due_at <= $3
                 AND (e.leased_until IS NULL OR e.leased_until <= $3)
                 AND NOT EXISTS (SELECT 1 FROM outbox o
                   WHERE o.order_key = e.order_key AND o.seq < e.seq AND o.done_at IS NULL AND o.parked_at IS NULL)
               ORDER BY e.seq LIMIT $2)
             RETURNING effect_id, kind, cause_id, tenant_id, payload, created_at, expires_at, attempts, seq, order_key, trace_parent"
        }
    });
    let rows = db.rows_alone(q.bind(lane.name()).bind(n).bind(now).bind(until).bind(owner)).await?;
    let mut effects = Vec::new();
    for row in &rows {
        match claimed(row) {
            Ok(effect) => effects.push(effect),
            // A row that cannot be read must not stand before all others.
            Err(e) => {
                let mut tx = db.begin().await?;
                park(&mut tx, &row.text("effect_id")?, &e.to_string(), now).await?;
                tx.commit().await?;
            }
        }
    }
    effects.sort_by_key(|e| e.seq);
    Ok(effects)
}

/// Marks an effect as done, in the transaction that applies its answer. False where it was done already.
pub async fn mark_done(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE outbox SET done_at = $2, leased_until = NULL, leased_by = NULL
         WHERE effect_id = $1 AND done_at IS NULL AND parked_at IS NULL",
    );
    Ok(tx.exec(q.bind(id).bind(now)).await? == 1)
}

/// Puts an effect off until `due`, with what went wrong.
pub async fn put_off(tx: &mut Tx, id: &str, error: &str, due: Timestamp) -> Result<()> {
    let q = tx.sql(
        "UPDATE outbox SET leased_until = NULL, leased_by = NULL, last_error = $2, due_at = $3
         WHERE effect_id = $1 AND done_at IS NULL",
    );
    tx.exec(q.bind(id).bind(error).bind(due)).await.map(drop)
}

/// Holds an effect until `until`, on purpose: nothing went wrong, and no attempt counts.
pub async fn hold(tx: &mut Tx, id: &str, until: Timestamp) -> Result<()> {
    let q = tx.sql(
        "UPDATE outbox SET leased_until = NULL, leased_by = NULL, last_error = NULL, attempts = 0, due_at = $2, held_until = $2
         WHERE effect_id = $1 AND done_at IS NULL",
    );
    tx.exec(q.bind(id).bind(until)).await.map(drop)
}

/// Gives an effect up until a person looks at it. False where it was done or parked already.
pub async fn park(tx: &mut Tx, id: &str, error: &str, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE outbox SET leased_until = NULL, leased_by = NULL, last_error = $2, parked_at = $3
         WHERE effect_id = $1 AND done_at IS NULL AND parked_at IS NULL",
    );
    Ok(tx.exec(q.bind(id).bind(error).bind(now)).await? == 1)
}

/// Makes effects of a kind that wait under this key due now. How many there are.
pub async fn hurry(tx: &mut Tx, order_key: &str, kind: &str, now: Timestamp) -> Result<u64> {
    let q = tx.sql(
        "UPDATE outbox SET due_at = CASE WHEN due_at < $3 THEN due_at ELSE $3 END
         WHERE order_key = $1 AND kind = $2 AND done_at IS NULL AND parked_at IS NULL",
    );
    tx.exec(q.bind(order_key).bind(kind).bind(now)).await
}

/// An effect as a person asks for it to be done once more.
#[derive(Clone, Debug, PartialEq)]
pub struct Owed {
    pub kind: String,
    pub cause_id: String,
    pub tenant: Option<TenantId>,
    pub created_at: Timestamp,
    pub is_done: bool,
    pub is_parked: bool,
}

/// Reads one effect; `None` where there is none of that id.
pub async fn find(r: impl Reader, id: &str) -> Result<Option<Owed>> {
    let q = r.sql(
        "SELECT kind, cause_id, tenant_id, created_at, done_at, parked_at FROM outbox WHERE effect_id = $1",
    );
    let one = |r: Row| {
        Ok(Owed {
            kind: r.text("kind")?,
            cause_id: r.text("cause_id")?,
            tenant: r.opt_text("tenant_id")?.map(TenantId::new),
            created_at: r.time("created_at")?,
            is_done: r.opt_time("done_at")?.is_some(),
            is_parked: r.opt_time("parked_at")?.is_some(),
        })
    };
    r.row(q.bind(id)).await?.map(one).transpose()
}

/// Owes a settled effect once more, under its own id; given up at `until` unless it lasts longer. False where it is
/// owed already.
pub async fn again(tx: &mut Tx, id: &str, until: Timestamp, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE outbox SET done_at = NULL, parked_at = NULL, attempts = 0, last_error = NULL, due_at = $2, held_until = NULL,
           leased_until = NULL, leased_by = NULL, expires_at = CASE WHEN expires_at > $3 THEN expires_at ELSE $3 END
         WHERE effect_id = $1 AND (done_at IS NOT NULL OR parked_at IS NOT NULL)",
    );
    Ok(tx.exec(q.bind(id).bind(now).bind(until)).await? == 1)
}

/// Takes back what a process of the same name left leased when it died.
pub async fn take_back(db: &Db, owner: &str) -> Result<u64> {
    let mut tx = db.begin().await?;
    let q = tx.sql("UPDATE outbox SET leased_until = NULL, leased_by = NULL WHERE leased_by = $1");
    let n = tx.exec(q.bind(owner)).await?;
    tx.commit().await?;
    Ok(n)
}

/// What waits in a lane. An effect that is held waits from the end of that on.
pub async fn depth(db: &Db, lane: Lane, now: Timestamp) -> Result<Depth> {
    let q = db.sql(
        "SELECT count(*) FILTER (WHERE parked_at IS NULL) AS waiting,
           min(coalesce(held_until, created_at)) FILTER (WHERE parked_at IS NULL) AS oldest,
           count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked
         FROM outbox WHERE done_at IS NULL AND lane = $1 AND (held_until IS NULL OR held_until <= $2)",
    );
    let row = db.row(q.bind(lane.name()).bind(now)).await?;
    row.map_or(Ok(Depth::default()), |r| {
        Ok(Depth { waiting: r.int("waiting")?, oldest: r.opt_time("oldest")?, parked: r.int("parked")? })
    })
}

/// Which effects that are not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Waiting,
    /// Given up.
    Parked,
    Either,
}

/// An effect that is not done, without what it carries.
#[derive(Clone, Debug)]
pub struct Open {
    pub id: String,
    pub lane: String,
    pub kind: String,
    /// An event, a deadline, or another effect.
    pub cause_id: String,
    pub tenant: Option<TenantId>,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
    pub parked_at: Option<Timestamp>,
    pub attempts: i64,
    pub last_error: Option<String>,
}

/// Effects that are not done, the latest first; of one agency, of none (`unassigned`) or all.
pub async fn list_open(
    db: &Db,
    tenant: Option<&TenantId>,
    standing: Standing,
    limit: i64,
) -> Result<Vec<Open>> {
    let q = db.sql(
        "SELECT effect_id, lane, kind, cause_id, tenant_id, created_at, due_at, parked_at, attempts, last_error FROM outbox
         WHERE done_at IS NULL AND ((parked_at IS NULL AND $1) OR (parked_at IS NOT NULL AND $2))
           AND ($3 OR coalesce(tenant_id, 'unassigned') = $4)
         ORDER BY seq DESC LIMIT $5",
    );
    let q = q
        .bind(standing != Standing::Parked)
        .bind(standing != Standing::Waiting)
        .bind(tenant.is_none())
        .bind(tenant)
        .bind(limit);
    let open = |r: &Row| {
        Ok(Open {
            id: r.text("effect_id")?,
            lane: r.text("lane")?,
            kind: r.text("kind")?,
            cause_id: r.text("cause_id")?,
            tenant: r.opt_text("tenant_id")?.map(TenantId::new),
            created_at: r.time("created_at")?,
            due_at: r.time("due_at")?,
            parked_at: r.opt_time("parked_at")?,
            attempts: r.int("attempts")?,
            last_error: r.opt_text("last_error")?,
        })
    };
    db.rows(q).await?.iter().map(open).collect()
}
