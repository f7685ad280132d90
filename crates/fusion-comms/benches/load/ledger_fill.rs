//! Fills a ledger with millions of rows in minutes: by one statement a batch, the triggers that keep the history switched
//! off (the gate reads no history). A tenth as many worked events lie beside it, since the gate reads those as well.

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};

use crate::served::TestApp;

pub const AGENCIES: i64 = 200;
const BATCH: i64 = 500_000;

/// Number `n` of the range; the even ones are opted out.
pub fn phone(n: i64) -> String {
    format!("+1{}", 2_000_000_000 + n)
}

pub fn agency(n: i64) -> String {
    format!("agency-{n}")
}

pub enum Connected {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Connected {
    pub async fn open(app: &TestApp) -> anyhow::Result<Self> {
        let url = app.env.iter().find(|(name, _)| name == "DATABASE_URL").context("no database")?.1.as_str();
        Ok(if url.starts_with("postgres") {
            Self::Postgres(PgConnection::connect(url).await?)
        } else {
            Self::Sqlite(SqliteConnection::connect(url).await?)
        })
    }

    pub async fn run(&mut self, statement: &str) -> anyhow::Result<()> {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        match self {
            Self::Postgres(c) => c.execute(statement).await.map(drop)?,
            Self::Sqlite(c) => c.execute(statement).await.map(drop)?,
        }
        Ok(())
    }

    /// One column of each row that is text.
    async fn ask(&mut self, query: &str, column: usize) -> anyhow::Result<Vec<String>> {
        let query = sqlx::raw_sql(AssertSqlSafe(query.to_owned()));
        Ok(match self {
            Self::Postgres(c) => c.fetch_all(query).await?.iter().map(|r| r.get(column)).collect(),
            Self::Sqlite(c) => c.fetch_all(query).await?.iter().map(|r| r.get(column)).collect(),
        })
    }
}

pub async fn fill(app: &TestApp, rows: i64) -> anyhow::Result<()> {
    let mut db = Connected::open(app).await?;
    let postgres = matches!(db, Connected::Postgres(_));
    db.run(if postgres {
        "ALTER TABLE telnyx_opt_outs DISABLE TRIGGER opt_out_history_append"
    } else {
        "DROP TRIGGER opt_out_history_granted"
    })
    .await?;
    for from in (0..rows).step_by(usize::try_from(BATCH)?) {
        let to = (from + BATCH).min(rows) - 1;
        db.run(&opt_outs(postgres, from, to)).await?;
        db.run(&events(postgres, from / 10, (to + 1) / 10 - 1)).await?;
    }
    if postgres {
        db.run("ANALYZE telnyx_opt_outs; ANALYZE telnyx_events").await?;
    }
    Ok(())
}

pub fn series(postgres: bool, from: i64, to: i64) -> String {
    if postgres {
        format!("generate_series({from}, {to}) AS s(n)")
    } else {
        format!(
            "(WITH RECURSIVE s(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM s WHERE n < {to}) SELECT n FROM s)"
        )
    }
}

fn opt_outs(postgres: bool, from: i64, to: i64) -> String {
    format!(
        "INSERT INTO telnyx_opt_outs (tenant_id, phone_e164, opted_out_at, source)
         SELECT 'agency-' || (n % {AGENCIES}), '+1' || (2000000000 + 2 * n), '2026-03-03T15:00:00.000000Z', 'sms_stop'
         FROM {}",
        series(postgres, from, to)
    )
    .replace("'2026-03-03T15:00:00.000000Z'", if postgres { "timestamptz '2026-03-03T15:00:00Z'" } else { "'2026-03-03T15:00:00.000000Z'" })
}

fn events(postgres: bool, from: i64, to: i64) -> String {
    let now = if postgres { "now()" } else { "'2026-03-03T15:00:00.000000Z'" };
    format!(
        "INSERT INTO telnyx_events (event_id, event_type, channel, raw_json, processed_at)
         SELECT 'filled-' || n, 'message.received', 'sms', '{{}}', {now} FROM {}",
        series(postgres, from, to)
    )
}

/// How the database answers the two statements of `ledger::standing`.
pub async fn plans(app: &TestApp) -> anyhow::Result<Vec<String>> {
    let mut db = Connected::open(app).await?;
    let (explain, column) = match db {
        Connected::Postgres(_) => ("EXPLAIN (COSTS OFF)", 0),
        Connected::Sqlite(_) => ("EXPLAIN QUERY PLAN", 3),
    };
    let mut lines = Vec::new();
    for statement in [
        "SELECT tenant_id, phone_e164, opted_out_at, source FROM telnyx_opt_outs
         WHERE phone_e164 = '+12000000000' AND (1 = 2 OR tenant_id IN ('agency-0', 'unassigned'))
         ORDER BY opted_out_at DESC LIMIT 1",
        "SELECT event_id, stop_pending FROM telnyx_events WHERE stop_pending IS NOT NULL",
    ] {
        lines.extend(db.ask(&format!("{explain} {statement}"), column).await?);
    }
    Ok(lines)
}
