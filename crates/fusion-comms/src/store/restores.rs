//! Restores of this database: while one is open no text leaves, since what people wrote after the backup is not known yet.
//! And what a restore does with work that was under way when the backup was made.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::db::{Reader, Result, Tx};

/// Seconds until a text is looked at again that is held while a restore is open.
pub const HELD_S: i64 = 60;

/// A restore whose gap has not been asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    pub id: String,
    /// The backup knows what came before this.
    pub backup_at: Timestamp,
    pub restored_at: Timestamp,
}

/// The open restores, the oldest backup first.
pub async fn open(r: impl Reader) -> Result<Vec<Open>> {
    let q = r.sql(
        "SELECT restore_id, backup_at, restored_at FROM restores WHERE closed_at IS NULL ORDER BY backup_at",
    );
    let rows = r.rows(q).await?;
    let open = |row: &super::row::Row| {
        Ok(Open {
            id: row.text("restore_id")?,
            backup_at: row.time("backup_at")?,
            restored_at: row.time("restored_at")?,
        })
    };
    rows.iter().map(open).collect()
}

/// Notes that the database was restored.
pub async fn begin(tx: &mut Tx, id: &str, backup_at: Timestamp, now: Timestamp) -> Result<()> {
    let q = tx.sql("INSERT INTO restores (restore_id, backup_at, restored_at) VALUES ($1, $2, $3)");
    tx.exec(q.bind(id).bind(backup_at).bind(now)).await.map(drop)
}

/// Lets texts leave again, as far as the restores of backups not older than `since` go. How many were closed.
pub async fn close(tx: &mut Tx, since: Timestamp, by: &str, now: Timestamp) -> Result<u64> {
    let q = tx.sql(
        "UPDATE restores SET closed_at = $2, closed_by = $3 WHERE closed_at IS NULL AND backup_at >= $1",
    );
    let closed = tx.exec(q.bind(since).bind(now).bind(by)).await?;
    if closed > 0 {
        // What was held for it is looked at again; what waits for the person's day is then held anew.
        let q = tx.sql(
            "UPDATE outbox SET due_at = $1, held_until = NULL
             WHERE kind = 'text' AND done_at IS NULL AND parked_at IS NULL AND held_until <= $2",
        );
        tx.exec(q.bind(now).bind(now.plus_s(HELD_S))).await?;
    }
    Ok(closed)
}

/// Nobody holds anything any more: the leases are of processes that are gone.
pub async fn end_leases(tx: &mut Tx) -> Result<()> {
    let q =
        tx.sql("UPDATE telnyx_events SET leased_until = NULL, leased_by = NULL WHERE leased_by IS NOT NULL");
    tx.exec(q).await?;
    let q =
        tx.sql("UPDATE stripe_events SET leased_until = NULL, leased_by = NULL WHERE leased_by IS NOT NULL");
    tx.exec(q).await?;
    let q = tx.sql("UPDATE outbox SET leased_until = NULL, leased_by = NULL WHERE leased_by IS NOT NULL");
    tx.exec(q).await.map(drop)
}

/// Calls of the backup's time are over, and nobody waits in them. How many were under way.
pub async fn end_calls(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    let q = tx.sql(
        "UPDATE telnyx_calls SET state = 'DONE', phase = $1, deadline_at = NULL, updated_at = $2
         WHERE state <> 'DONE' OR deadline_at IS NOT NULL",
    );
    tx.exec(q.bind(json!("ended")).bind(now)).await
}

/// An effect that was owed when the backup was made and may have been done since.
#[derive(Clone, Debug, PartialEq)]
pub struct InDoubt {
    pub kind: String,
    pub tenant: Option<TenantId>,
    pub payload: Value,
}

/// Gives up what a repetition could double or bring out of the blue: call commands, texts, payment sessions and the bills
/// that wait for them. What was not to be done before now, on purpose, has not been. Fetching a fax, queueing it and
/// expiring a session do no harm a second time, and stay owed.
pub async fn park_in_doubt(tx: &mut Tx, why: &str, now: Timestamp) -> Result<Vec<InDoubt>> {
    let q = tx.sql(
        "UPDATE outbox SET parked_at = $1, last_error = $2
         WHERE done_at IS NULL AND parked_at IS NULL AND kind IN ('command', 'text', 'checkout', 'bill')
           AND (held_until IS NULL OR held_until <= $1)
         RETURNING kind, tenant_id, payload",
    );
    let rows = tx.rows(q.bind(now).bind(why)).await?;
    let in_doubt = |row: &super::row::Row| {
        Ok(InDoubt {
            kind: row.text("kind")?,
            tenant: row.opt_text("tenant_id")?.map(TenantId::new),
            payload: row.json("payload")?,
        })
    };
    rows.iter().map(in_doubt).collect()
}
