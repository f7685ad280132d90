//! What the processes of the service tell about themselves: that they live, and what they answered, by the minute.

use fusion_comms_core::storm::{Traffic, Trouble};
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Reader, Result};

/// A process of the service.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Instance {
    pub name: String,
    /// `all`, `web` or `worker`.
    pub role: String,
    pub version: String,
    /// Fingerprints of the keys it takes Telnyx's webhooks by, with commas between.
    pub telnyx_keys: String,
    /// The same for the signing secrets of Stripe's; `None` from an older program.
    pub stripe_secrets: Option<String>,
    pub workers_run: bool,
    pub started_at: Timestamp,
    pub seen_at: Timestamp,
    /// It ended in order.
    pub stopped_at: Option<Timestamp>,
}

/// Answers of one kind in one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minute {
    pub minute: Timestamp,
    pub channel: &'static str,
    pub outcome: &'static str,
    pub n: i64,
    pub oldest_s: i64,
}

/// An instance is here, and has answered this since it told last. The counts are for people: where a commit's fate is
/// not known they may count twice.
pub async fn tell(db: &Db, instance: &Instance, minutes: &[Minute]) -> Result<()> {
    let mut tx = db.begin().await?;
    let q = tx.sql(
        "INSERT INTO instances (name, role, version, telnyx_keys, workers_run, started_at, seen_at, stopped_at,
           stripe_secrets)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (name) DO UPDATE SET role = excluded.role, version = excluded.version,
           telnyx_keys = excluded.telnyx_keys, workers_run = excluded.workers_run, started_at = excluded.started_at,
           seen_at = excluded.seen_at, stopped_at = excluded.stopped_at, stripe_secrets = excluded.stripe_secrets",
    );
    let i = instance;
    let q =
        q.bind(i.name.as_str()).bind(i.role.as_str()).bind(i.version.as_str()).bind(i.telnyx_keys.as_str());
    let q = q.bind(i.workers_run).bind(i.started_at).bind(i.seen_at).bind(i.stopped_at);
    tx.exec(q.bind(i.stripe_secrets.as_deref())).await?;
    for m in minutes {
        let q = tx.sql(
            "INSERT INTO webhook_minutes (instance, minute, channel, outcome, n, oldest_s) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (minute, channel, outcome, instance) DO UPDATE SET n = webhook_minutes.n + excluded.n,
               oldest_s = CASE WHEN excluded.oldest_s > webhook_minutes.oldest_s THEN excluded.oldest_s
                          ELSE webhook_minutes.oldest_s END",
        );
        let q = q.bind(i.name.as_str()).bind(m.minute).bind(m.channel).bind(m.outcome);
        tx.exec(q.bind(m.n).bind(m.oldest_s)).await?;
    }
    tx.commit().await
}

/// Forgets what is older than that.
pub async fn forget(db: &Db, before: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    let q = tx.sql("DELETE FROM webhook_minutes WHERE minute < $1");
    tx.exec(q.bind(before)).await?;
    let q = tx.sql("DELETE FROM instances WHERE seen_at < $1");
    tx.exec(q.bind(before)).await?;
    tx.commit().await
}

/// Those that have told lately, the latest first.
pub async fn list(db: &Db) -> Result<Vec<Instance>> {
    let q = db.sql(
        "SELECT name, role, version, telnyx_keys, workers_run, started_at, seen_at, stopped_at, stripe_secrets FROM instances
         ORDER BY seen_at DESC, name",
    );
    db.rows(q)
        .await?
        .iter()
        .map(|r| {
            Ok(Instance {
                name: r.text("name")?,
                role: r.text("role")?,
                version: r.text("version")?,
                telnyx_keys: r.text("telnyx_keys")?,
                workers_run: r.flag("workers_run")?,
                started_at: r.time("started_at")?,
                seen_at: r.time("seen_at")?,
                stopped_at: r.opt_time("stopped_at")?,
                stripe_secrets: r.opt_text("stripe_secrets")?,
            })
        })
        .collect()
}

/// What came since then, by channel.
pub async fn traffic(db: &Db, since: Timestamp) -> Result<Vec<Traffic>> {
    let q = db.sql(
        "SELECT channel, outcome, CAST(sum(n) AS BIGINT) AS n, max(oldest_s) AS oldest_s,
           max(minute) AS last FROM webhook_minutes
         WHERE minute >= $1 GROUP BY channel, outcome ORDER BY channel, outcome",
    );
    let mut all: Vec<Traffic> = Vec::new();
    for row in &db.rows(q.bind(since)).await? {
        let channel = row.text("channel")?;
        if all.last().is_none_or(|t| t.channel != channel) {
            all.push(Traffic { channel, ..Traffic::default() });
        }
        let Some(t) = all.last_mut() else { continue };
        let n = row.int("n")?;
        let outcome = row.text("outcome")?;
        match outcome.as_str() {
            "stored" | "known" => t.last_taken = t.last_taken.max(Some(row.time("last")?)),
            "wrong_signature" => t.last_wrong = Some(row.time("last")?),
            _ => {}
        }
        match outcome.as_str() {
            "stored" => t.stored += n,
            "known" => (t.known, t.oldest_known_s) = (t.known + n, row.int("oldest_s")?),
            "unsigned" => t.unsigned += n,
            "stale" => t.stale += n,
            "wrong_signature" => t.wrong_signature += n,
            "failed" => t.failed += n,
            _ => t.unreadable += n,
        }
    }
    Ok(all)
}

/// How a channel's signed webhooks were answered since then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signatures {
    pub refused: i64,
    pub taken: i64,
    /// The minute of the last that was refused.
    pub last_refused: Option<Timestamp>,
}

/// What was refused for a wrong or stale signature since then, and what was taken. A minute that began before counts whole.
pub async fn signatures(db: &Db, channel: &str, since: Timestamp) -> Result<Signatures> {
    let q = db.sql(
        "SELECT CAST(coalesce(sum(CASE WHEN outcome IN ('wrong_signature', 'stale') THEN n END), 0) AS BIGINT) AS refused,
           CAST(coalesce(sum(CASE WHEN outcome IN ('stored', 'known') THEN n END), 0) AS BIGINT) AS taken,
           max(CASE WHEN outcome IN ('wrong_signature', 'stale') THEN minute END) AS last_refused
         FROM webhook_minutes WHERE minute >= $1 AND channel = $2",
    );
    let Some(r) = db.row(q.bind(since.plus_s(-59)).bind(channel)).await? else {
        return Ok(Signatures { refused: 0, taken: 0, last_refused: None });
    };
    Ok(Signatures {
        refused: r.int("refused")?,
        taken: r.int("taken")?,
        last_refused: r.opt_time("last_refused")?,
    })
}

/// What was received since then and failed at its last attempt, the most frequent error first.
pub async fn troubles(db: &Db, since: Timestamp) -> Result<Vec<Trouble>> {
    let q = db.sql(
        "SELECT channel, last_error, parked, count(*) AS n FROM (
           SELECT channel, last_error, parked_at IS NOT NULL AS parked FROM telnyx_events
           WHERE received_at >= $1 AND processed_at IS NULL AND last_error IS NOT NULL
           UNION ALL
           SELECT 'stripe', last_error, parked_at IS NOT NULL FROM stripe_events
           WHERE received_at >= $1 AND processed_at IS NULL AND last_error IS NOT NULL) AS failed
         GROUP BY channel, last_error, parked ORDER BY count(*) DESC, channel, last_error LIMIT 20",
    );
    db.rows(q.bind(since))
        .await?
        .iter()
        .map(|r| {
            Ok(Trouble {
                channel: r.text("channel")?,
                error: r.text("last_error")?,
                events: r.int("n")?,
                parked: r.flag("parked")?,
            })
        })
        .collect()
}
