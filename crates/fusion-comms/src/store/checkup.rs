//! What `doctor` asks of the database about itself and about work that waits. Reads only.

use fusion_comms_core::ids::{FaxId, TenantId};
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Dialect, Reader, Result};
use super::row::Row;

/// The database's own clock; `None` on SQLite, which has ours.
pub async fn clock(db: &Db) -> Result<Option<Timestamp>> {
    if db.dialect() == Dialect::Sqlite {
        return Ok(None);
    }
    let row = db.row(db.sql("SELECT clock_timestamp() AS at")).await?;
    row.map(|r| r.time("at")).transpose()
}

/// Who we are to PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub name: String,
    pub is_superuser: bool,
    pub bypasses_policies: bool,
    /// Whether it has the rights of `fusion_comms_service`; false too where there is no such role.
    pub is_service: bool,
}

pub async fn login(db: &Db) -> Result<Option<Login>> {
    if db.dialect() == Dialect::Sqlite {
        return Ok(None);
    }
    let q = db.sql(
        "SELECT current_user::text AS name, r.rolsuper, r.rolbypassrls,
           coalesce((SELECT pg_has_role(current_user, s.oid, 'USAGE') FROM pg_roles s
             WHERE s.rolname = 'fusion_comms_service'), FALSE) AS is_service
         FROM pg_roles r WHERE r.rolname = current_user",
    );
    let row = db.row(q).await?;
    row.map(|r| {
        Ok(Login {
            name: r.text("name")?,
            is_superuser: r.flag("rolsuper")?,
            bypasses_policies: r.flag("rolbypassrls")?,
            is_service: r.flag("is_service")?,
        })
    })
    .transpose()
}

/// What our promises rest on. On SQLite `synchronous` is that of this program's connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Durability {
    Postgres { synchronous_commit: String, fsync: String, full_page_writes: String, version: String },
    Sqlite { journal_mode: String, synchronous: i64 },
}

pub async fn durability(db: &Db) -> Result<Option<Durability>> {
    match db.dialect() {
        Dialect::Postgres => {
            let q = db.sql(
                "SELECT current_setting('synchronous_commit') AS commits, current_setting('fsync') AS fsync,
                   current_setting('full_page_writes') AS pages, current_setting('server_version') AS version",
            );
            let Some(r) = db.row(q).await? else { return Ok(None) };
            Ok(Some(Durability::Postgres {
                synchronous_commit: r.text("commits")?,
                fsync: r.text("fsync")?,
                full_page_writes: r.text("pages")?,
                version: r.text("version")?,
            }))
        }
        Dialect::Sqlite => {
            let journal = db.row(db.sql("PRAGMA journal_mode")).await?;
            let synchronous = db.row(db.sql("PRAGMA synchronous")).await?;
            let (Some(journal), Some(synchronous)) = (journal, synchronous) else { return Ok(None) };
            Ok(Some(Durability::Sqlite {
                journal_mode: journal.text("journal_mode")?,
                synchronous: synchronous.int("synchronous")?,
            }))
        }
    }
}

/// SQLite's quick look over its file: `ok`, or the first thing that is wrong. `None` on PostgreSQL.
pub async fn quick_check(db: &Db) -> Result<Option<String>> {
    if db.dialect() == Dialect::Postgres {
        return Ok(None);
    }
    let row = db.row(db.sql("PRAGMA quick_check(1)")).await?;
    row.map(|r| r.text("quick_check")).transpose()
}

/// Live and dead rows of the tables that change most. Empty on SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    pub table: String,
    pub live: i64,
    pub dead: i64,
}

pub async fn dead_rows(db: &Db) -> Result<Vec<Rows>> {
    if db.dialect() == Dialect::Sqlite {
        return Ok(vec![]);
    }
    let q = db.sql(
        "SELECT relname::text AS name, n_live_tup AS live, n_dead_tup AS dead FROM pg_stat_user_tables
         WHERE relname IN ('telnyx_events', 'outbox', 'telnyx_calls', 'telnyx_sms_messages', 'queue_messages')
         ORDER BY relname",
    );
    let rows = db.rows(q).await?;
    rows.iter()
        .map(|r| Ok(Rows { table: r.text("name")?, live: r.int("live")?, dead: r.int("dead")? }))
        .collect()
}

/// Seconds that the oldest open transaction of this database has lasted, as far as our login may see. None on SQLite.
pub async fn oldest_transaction_s(db: &Db) -> Result<Option<i64>> {
    if db.dialect() == Dialect::Sqlite {
        return Ok(None);
    }
    let q = db.sql(
        "SELECT cast(max(extract(epoch FROM clock_timestamp() - xact_start)) AS BIGINT) AS s FROM pg_stat_activity
         WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
           AND backend_type = 'client backend'",
    );
    db.row(q).await?.map_or(Ok(None), |r| r.opt_int("s"))
}

/// Why work of one kind has not come about, with how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The lane.
    pub lane: String,
    /// The type of the events, the kind of the effects.
    pub kind: String,
    pub error: String,
    pub n: i64,
    /// How many of them are given up.
    pub parked: i64,
    pub oldest: Timestamp,
}

fn trouble(r: &Row) -> Result<Trouble> {
    Ok(Trouble {
        lane: r.text("lane")?,
        kind: r.text("kind")?,
        error: r.text("error")?,
        n: r.int("n")?,
        parked: r.int("parked")?,
        oldest: r.time("oldest")?,
    })
}

/// What keeps events from being worked, the most frequent first.
pub async fn events_in_trouble(db: &Db) -> Result<Vec<Trouble>> {
    let q = db.sql(
        "SELECT channel AS lane, event_type AS kind, last_error AS error, count(*) AS n, count(parked_at) AS parked,
           min(received_at) AS oldest
         FROM telnyx_events WHERE processed_at IS NULL AND last_error IS NOT NULL GROUP BY 1, 2, 3
         UNION ALL
         SELECT 'stripe', type, last_error, count(*), count(parked_at), min(received_at)
         FROM stripe_events WHERE processed_at IS NULL AND last_error IS NOT NULL GROUP BY 1, 2, 3
         ORDER BY n DESC LIMIT 20",
    );
    db.rows(q).await?.iter().map(trouble).collect()
}

/// What keeps effects from being done, the most frequent first, each wording on its own. Of those that are given up, the ones since then.
pub async fn effects_in_trouble(db: &Db, parked_since: Timestamp) -> Result<Vec<Trouble>> {
    let q = db.sql(
        "SELECT lane, kind, last_error AS error, count(*) AS n, count(parked_at) AS parked, min(created_at) AS oldest
         FROM outbox WHERE done_at IS NULL AND last_error IS NOT NULL AND (parked_at IS NULL OR parked_at > $1)
         GROUP BY 1, 2, 3 ORDER BY n DESC LIMIT 1000",
    );
    db.rows(q.bind(parked_since)).await?.iter().map(trouble).collect()
}

/// Which keys verified the events since then: fingerprint, how many, the last.
pub async fn verified_by(db: &Db, since: Timestamp) -> Result<Vec<(String, i64, Timestamp)>> {
    let q = db.sql(
        "SELECT verified_by, count(*) AS n, max(received_at) AS last FROM telnyx_events
         WHERE received_at > $1 AND verified_by IS NOT NULL GROUP BY verified_by ORDER BY last DESC",
    );
    let rows = db.rows(q.bind(since)).await?;
    rows.iter().map(|r| Ok((r.text("verified_by")?, r.int("n")?, r.time("last")?))).collect()
}

/// Work whose lease has run out and that nobody has taken since: its worker has died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lapsed {
    pub worker: String,
    pub n: i64,
    pub since: Timestamp,
}

pub async fn lapsed_leases(db: &Db, before: Timestamp) -> Result<Vec<Lapsed>> {
    let q = db.sql(
        "SELECT leased_by, count(*) AS n, min(leased_until) AS since FROM (
           SELECT leased_by, leased_until FROM telnyx_events WHERE leased_by IS NOT NULL AND leased_until < $1
           UNION ALL SELECT leased_by, leased_until FROM stripe_events WHERE leased_by IS NOT NULL AND leased_until < $1
           UNION ALL SELECT leased_by, leased_until FROM outbox WHERE leased_by IS NOT NULL AND leased_until < $1
         ) AS leases GROUP BY leased_by ORDER BY n DESC",
    );
    let rows = db.rows(q.bind(before)).await?;
    rows.iter()
        .map(|r| Ok(Lapsed { worker: r.text("leased_by")?, n: r.int("n")?, since: r.time("since")? }))
        .collect()
}

/// A fax that has not come further for long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StuckFax {
    pub id: FaxId,
    pub tenant: Option<TenantId>,
    /// `receiving` or `received`.
    pub status: String,
    pub last_error: Option<String>,
    pub since: Timestamp,
    /// Effects owed for it: its fetch, or its message to the queue.
    pub owed: i64,
    /// Effects for it that were given up.
    pub given_up: i64,
}

/// Faxes that came before then and are neither read nor given up, the oldest first.
pub async fn stuck_faxes(db: &Db, before: Timestamp, limit: i64) -> Result<Vec<StuckFax>> {
    let q = db.sql(
        "SELECT f.fax_id, f.tenant_id, f.status, f.last_error, f.created_at,
           (SELECT count(*) FROM outbox o WHERE o.order_key = 'fax:' || f.fax_id AND o.done_at IS NULL
              AND o.parked_at IS NULL) AS owed,
           (SELECT count(*) FROM outbox o WHERE o.order_key = 'fax:' || f.fax_id AND o.parked_at IS NOT NULL) AS given_up
         FROM fax_documents f WHERE f.created_at < $1
           AND (f.status = 'receiving' OR (f.status = 'received' AND (f.updated_at < $1 OR f.last_error IS NOT NULL)))
         ORDER BY f.created_at LIMIT $2",
    );
    let rows = db.rows(q.bind(before).bind(limit)).await?;
    rows.iter()
        .map(|r| {
            Ok(StuckFax {
                id: FaxId::new(r.text("fax_id")?),
                tenant: r.opt_text("tenant_id")?.map(TenantId::new),
                status: r.text("status")?,
                last_error: r.opt_text("last_error")?,
                since: r.time("created_at")?,
                owed: r.int("owed")?,
                given_up: r.int("given_up")?,
            })
        })
        .collect()
}

/// Faxes that failed since then, by reason.
pub async fn failed_faxes(db: &Db, since: Timestamp) -> Result<Vec<(String, i64)>> {
    let q = db.sql(
        "SELECT coalesce(last_error, 'no reason is noted') AS error, count(*) AS n FROM fax_documents
         WHERE status = 'failed' AND updated_at > $1 GROUP BY 1 ORDER BY n DESC LIMIT 5",
    );
    db.rows(q.bind(since)).await?.iter().map(|r| Ok((r.text("error")?, r.int("n")?))).collect()
}

/// Sessions whose payment is not what was asked, since then; and open sessions past their end of which nobody told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    pub mismatches: i64,
    pub overdue: i64,
}

pub async fn sessions(db: &Db, since: Timestamp, ended_before: Timestamp) -> Result<Sessions> {
    let q = db.sql(
        "SELECT count(*) FILTER (WHERE status = 'mismatch' AND created_at > $1) AS mismatches,
           count(*) FILTER (WHERE status = 'open' AND expires_at < $2) AS overdue
         FROM billing_checkout_sessions",
    );
    let row = db.row(q.bind(since).bind(ended_before)).await?;
    row.map_or(Ok(Sessions::default()), |r| {
        Ok(Sessions { mismatches: r.int("mismatches")?, overdue: r.int("overdue")? })
    })
}

/// Calls since then whose transfer failed, by the tasks to call back: not those of an office that was closed.
pub async fn transfers_failed(db: &Db, since: Timestamp) -> Result<i64> {
    let q = db.sql(
        "SELECT count(*) AS n FROM agency_tasks t WHERE t.kind = 'call_back' AND t.created_at > $1
           AND (EXISTS (SELECT 1 FROM outbox o WHERE o.order_key = t.subject AND o.kind = 'command'
                  AND o.payload->>'action' = 'transfer')
             OR NOT EXISTS (SELECT 1 FROM tenants n WHERE n.id = t.tenant_id AND n.office_hours IS NOT NULL))",
    );
    db.row(q.bind(since)).await?.map_or(Ok(0), |r| r.int("n"))
}
