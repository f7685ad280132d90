//! The opt-out history chained by hash: sealed shortly after, never in the trigger nor in the ack transaction, and
//! verified from the start.

use fusion_comms_core::chain::{self, LedgerChange};
use fusion_comms_core::time::Timestamp;
use serde::Serialize;

use super::db::{Db, Reader, Result, Tx};
use super::error::StoreError;
use super::row::Row;

/// Rows that a round seals, and that a step of the verification reads.
const ROUND: i64 = 500;
/// How far back from the latest sealed row one is looked for that was committed late.
const LATE_ROWS: i64 = 100_000;

/// Seals what is not sealed yet; returns how many rows. Two sealers at once: one finds the place taken and comes again.
pub async fn seal(db: &Db, now: Timestamp) -> Result<usize> {
    match seal_round(db, now).await {
        Err(StoreError::Taken) => Ok(0),
        done => done,
    }
}

async fn seal_round(db: &Db, now: Timestamp) -> Result<usize> {
    let mut tx = db.begin().await?;
    let (mut position, mut hash, latest) = head(&mut tx).await?;
    let q = tx.sql(
        "SELECT h.seq, h.tenant_id, h.phone_e164, h.change, h.opted_out_at, h.source, h.previous_source, h.actor, h.reason, h.at
         FROM opt_out_history h WHERE h.seq > $1 AND NOT EXISTS (SELECT 1 FROM opt_out_seals s WHERE s.seq = h.seq)
         ORDER BY h.seq LIMIT $2",
    );
    let rows = tx.rows(q.bind(latest - LATE_ROWS).bind(ROUND)).await?;
    for row in &rows {
        position += 1;
        hash = change(row)?.link(&hash);
        let q = tx.sql("INSERT INTO opt_out_seals (position, seq, hash, sealed_at) VALUES ($1, $2, $3, $4)");
        tx.exec(q.bind(position).bind(row.int("seq")?).bind(hash.as_str()).bind(now)).await?;
    }
    tx.commit().await?;
    Ok(rows.len())
}

/// When the first change was made that no seal covers; looked for as far back as [`seal`] does.
pub async fn oldest_unsealed(db: &Db) -> Result<Option<Timestamp>> {
    let q = db.sql(
        "SELECT h.at FROM opt_out_history h
         WHERE h.seq > (SELECT coalesce(max(seq), 0) FROM opt_out_seals) - $1
           AND NOT EXISTS (SELECT 1 FROM opt_out_seals s WHERE s.seq = h.seq)
         ORDER BY h.seq LIMIT 1",
    );
    db.row(q.bind(LATE_ROWS)).await?.map(|row| row.time("at")).transpose()
}

/// Position and hash of the last seal, and the highest number sealed.
async fn head(tx: &mut Tx) -> Result<(i64, String, i64)> {
    let q = tx.sql(
        "SELECT position, hash, (SELECT max(seq) FROM opt_out_seals) AS latest FROM opt_out_seals
         ORDER BY position DESC LIMIT 1",
    );
    match tx.row(q).await? {
        None => Ok((0, chain::START.to_owned(), 0)),
        Some(row) => Ok((row.int("position")?, row.text("hash")?, row.int("latest")?)),
    }
}

/// A row of the history as it is sealed.
pub(super) fn change(row: &Row) -> Result<LedgerChange> {
    Ok(LedgerChange {
        seq: row.int("seq")?,
        tenant_id: row.text("tenant_id")?,
        phone_e164: row.text("phone_e164")?,
        change: row.text("change")?,
        opted_out_at: row.time("opted_out_at")?.to_string(),
        source: row.text("source")?,
        previous_source: row.opt_text("previous_source")?,
        actor: row.text("actor")?,
        reason: row.opt_text("reason")?,
        at: row.time("at")?.to_string(),
    })
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Rows whose seals were followed and hold.
    pub sound: i64,
    /// The first place where the chain does not hold, with the number of its row, and why.
    pub broken: Option<Broken>,
    /// Rows that are not sealed (yet): their numbers, at most ten, and how many.
    pub unsealed: Vec<i64>,
    pub unsealed_count: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    pub position: i64,
    pub seq: i64,
    pub why: &'static str,
}

/// Follows the chain from the start.
pub async fn verify(db: &Db) -> Result<Verdict> {
    let mut verdict = Verdict::default();
    let mut hash = chain::START.to_owned();
    loop {
        let q = db.sql(
            "SELECT s.position, s.seq AS sealed_seq, s.hash, h.seq, h.tenant_id, h.phone_e164, h.change, h.opted_out_at,
               h.source, h.previous_source, h.actor, h.reason, h.at
             FROM opt_out_seals s LEFT JOIN opt_out_history h ON h.seq = s.seq
             WHERE s.position > $1 ORDER BY s.position LIMIT $2",
        );
        let rows = db.rows(q.bind(verdict.sound).bind(ROUND)).await?;
        for row in &rows {
            let (position, seq) = (row.int("position")?, row.int("sealed_seq")?);
            let why = if position != verdict.sound + 1 {
                Some("a seal is missing before it")
            } else if row.opt_int("seq")?.is_none() {
                Some("its row is missing")
            } else {
                hash = change(row)?.link(&hash);
                (hash != row.text("hash")?).then_some("its row, or an earlier one, is not what was sealed")
            };
            if let Some(why) = why {
                verdict.broken = Some(Broken { position, seq, why });
                return tail(db, verdict).await;
            }
            verdict.sound = position;
        }
        if rows.is_empty() {
            return tail(db, verdict).await;
        }
    }
}

/// Names the rows that no seal covers.
async fn tail(db: &Db, mut verdict: Verdict) -> Result<Verdict> {
    let q = db.sql(
        "SELECT h.seq, count(*) OVER () AS n FROM opt_out_history h
         WHERE NOT EXISTS (SELECT 1 FROM opt_out_seals s WHERE s.seq = h.seq) ORDER BY h.seq LIMIT 10",
    );
    for row in db.rows(q).await? {
        verdict.unsealed.push(row.int("seq")?);
        verdict.unsealed_count = row.int("n")?;
    }
    Ok(verdict)
}
