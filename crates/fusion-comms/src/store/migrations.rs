//! The schema: applied, or only checked, before the service trusts it.

use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migrator};

use super::db::{Db, Dialect, MigrationTarget, Reader, Result};
use super::error::StoreError;

/// How the database's schema stands to this program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaState {
    Current,
    /// Migrations to apply.
    Older {
        missing: usize,
    },
    /// Newer, and this program may still run on it.
    NewerCompatible,
    /// Newer, and only newer programs may run on it.
    NewerRefused,
}

/// How often SQLite's schema is tried, and how long between: it has no lock under which others wait.
const SQLITE_TRIES: usize = 20;
const SQLITE_PAUSE: Duration = Duration::from_millis(50);

/// Applies what is missing. Two at once do no harm.
pub async fn apply(db: &Db) -> Result<()> {
    // A newer schema's migrations are not ours to judge: `check` decides about them.
    let mut ours = migrator(db);
    ours.set_ignore_missing(true);
    let done = match db.migration_target() {
        MigrationTarget::Pg(pool) => ours.run(pool).await,
        MigrationTarget::Lite(pool) => run_on_sqlite(&ours, pool).await,
    };
    done.map_err(|e| StoreError::Schema(e.to_string()))
}

/// Another process may apply the same change at this moment: then ours fails, and the next try finds it applied.
async fn run_on_sqlite(ours: &Migrator, pool: &SqlitePool) -> std::result::Result<(), MigrateError> {
    for _ in 1..SQLITE_TRIES {
        match ours.run(pool).await {
            Err(MigrateError::ExecuteMigration(..) | MigrateError::Execute(_)) => {
                tokio::time::sleep(SQLITE_PAUSE).await
            }
            done => return done,
        }
    }
    ours.run(pool).await
}

/// Compares without changing anything.
pub async fn check(db: &Db) -> Result<SchemaState> {
    let applied = applied_versions(db).await?;
    let ours: Vec<i64> = migrator(db).iter().map(|m| m.version).collect();
    let missing = ours.iter().filter(|v| !applied.contains(v)).count();
    if missing > 0 {
        return Ok(SchemaState::Older { missing });
    }
    if applied.iter().all(|v| ours.contains(v)) {
        return Ok(SchemaState::Current);
    }
    let newest_of_ours = ours.iter().max().copied().unwrap_or(0);
    let minimum =
        db.row(db.sql("SELECT version FROM schema_minimum")).await?.map(|r| r.int("version")).transpose()?;
    Ok(if minimum.unwrap_or(0) > newest_of_ours {
        SchemaState::NewerRefused
    } else {
        SchemaState::NewerCompatible
    })
}

fn migrator(db: &Db) -> Migrator {
    match db.dialect() {
        Dialect::Postgres => sqlx::migrate!("../../migrations/postgres"),
        Dialect::Sqlite => sqlx::migrate!("../../migrations/sqlite"),
    }
}

async fn applied_versions(db: &Db) -> Result<Vec<i64>> {
    let known = db
        .rows(db.sql(match db.dialect() {
            Dialect::Postgres => "SELECT 1 AS n WHERE to_regclass('_sqlx_migrations') IS NOT NULL",
            Dialect::Sqlite => "SELECT 1 AS n FROM sqlite_master WHERE name = '_sqlx_migrations'",
        }))
        .await?;
    if known.is_empty() {
        return Ok(vec![]);
    }
    let rows = db.rows(db.sql("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")).await?;
    rows.iter().map(|r| r.int("version")).collect()
}
