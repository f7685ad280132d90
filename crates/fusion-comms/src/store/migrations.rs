//! The schema: applied, or only checked, before the service trusts it.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::{Connection as _, PgConnection, PgPool, SqlitePool};

use super::connect::is_direct;
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

/// Who migrates PostgreSQL holds this lock of the database; others wait.
const MIGRATING: i64 = 0x6675_7369_6f6e;
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// A change of a table waits for everybody who uses it, and all who come later wait for the change. So it gives up
/// before webhooks feel it, and tries again.
const PATIENCE: &str = "800ms";
const TRIES: usize = 60;
const PAUSE: Duration = Duration::from_secs(1);
const THROUGH_A_POOLER: &str = "the database is reached through a pooler, and the schema is changed in one session of the server itself: give \
     `migrate` the server's own address";
/// PostgreSQL's code for a lock that was not had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Applies these of our migrations and no others, as they are missing: the schema of an older program.
pub async fn apply_only(db: &Db, versions: &[i64]) -> Result<()> {
    let some = migrator(db).iter().filter(|m| versions.contains(&m.version)).cloned().collect();
    let mut some = Migrator::with_migrations(some);
    some.set_ignore_missing(true);
    run(db, &some).await
}

/// The versions that this program knows.
pub fn ours(is_postgres: bool) -> Vec<i64> {
    let dialect = if is_postgres { Dialect::Postgres } else { Dialect::Sqlite };
    of_dialect(dialect).iter().map(|m| m.version).collect()
}

/// Applies what is missing. Two at once do no harm, and webhooks are kept all the while.
pub async fn apply(db: &Db) -> Result<()> {
    // A newer schema's migrations are not ours to judge: `check` decides about them.
    let mut ours = migrator(db);
    ours.set_ignore_missing(true);
    run(db, &ours).await
}

async fn run(db: &Db, some: &Migrator) -> Result<()> {
    let done = match db.migration_target() {
        MigrationTarget::Pg(pool) => run_on_postgres(some, pool).await,
        MigrationTarget::Lite(pool) => run_on_sqlite(some, pool).await,
    };
    done.map_err(|e| StoreError::Schema(e.to_string()))
}

async fn run_on_postgres(ours: &Migrator, pool: &PgPool) -> std::result::Result<(), MigrateError> {
    // A connection of its own: what is set on it must not come back to the pool.
    let mut connection = pool.acquire().await?.detach();
    let done = migrate_on(ours, &mut connection).await;
    connection.close().await?;
    done
}

async fn migrate_on(ours: &Migrator, connection: &mut PgConnection) -> std::result::Result<(), MigrateError> {
    if !is_direct(&mut *connection).await? {
        return Err(MigrateError::Source(THROUGH_A_POOLER.into()));
    }
    // Not waited for inside a statement: an index that is built concurrently waits for all running statements.
    while !sqlx::query_scalar::<_, bool>("SELECT pg_try_advisory_lock($1)")
        .bind(MIGRATING)
        .fetch_one(&mut *connection)
        .await?
    {
        tokio::time::sleep(ASK_AGAIN).await;
    }
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
    drop_broken_indexes(connection).await?;
    let all: Vec<Migration> = ours.iter().cloned().collect();
    for upto in 1..=all.len() {
        let newest = &all[upto - 1];
        // An index that is built concurrently keeps nobody waiting, and has to wait long itself.
        let patience = if newest.no_tx { "0" } else { PATIENCE };
        sqlx::query("SELECT set_config('lock_timeout', $1, FALSE)")
            .bind(patience)
            .execute(&mut *connection)
            .await?;
        let mut step = Migrator::with_migrations(all[..upto].to_vec());
        step.set_ignore_missing(true).set_locking(false);
        patiently(&step, connection).await?;
    }
    Ok(())
}

async fn patiently(step: &Migrator, connection: &mut PgConnection) -> std::result::Result<(), MigrateError> {
    for _ in 1..TRIES {
        match step.run(&mut *connection).await {
            Err(e) if is_kept_waiting(&e) => {
                tracing::warn!(
                    "a table is in use, for instance by a backup; the schema's change is tried again"
                );
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
    step.run(&mut *connection).await
}

fn is_kept_waiting(error: &MigrateError) -> bool {
    let (MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _)) = error else { return false };
    e.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == LOCK_NOT_AVAILABLE)
}

/// What a concurrent build that broke off leaves behind, which would pass for the index.
async fn drop_broken_indexes(connection: &mut PgConnection) -> std::result::Result<(), MigrateError> {
    let broken: Vec<String> = sqlx::query_scalar(
        "SELECT quote_ident(c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE NOT i.indisvalid AND pg_table_is_visible(c.oid) AND pg_get_userbyid(c.relowner) = current_user",
    )
    .fetch_all(&mut *connection)
    .await?;
    for name in broken {
        let drop = sqlx::AssertSqlSafe(format!("DROP INDEX CONCURRENTLY IF EXISTS {name}"));
        sqlx::query(drop).execute(&mut *connection).await?;
    }
    Ok(())
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
    of_dialect(db.dialect())
}

fn of_dialect(dialect: Dialect) -> Migrator {
    match dialect {
        Dialect::Postgres => sqlx::migrate!("../../migrations/postgres"),
        Dialect::Sqlite => sqlx::migrate!("../../migrations/sqlite"),
    }
}

/// The versions that are applied; none where there is no schema.
pub async fn applied_versions(db: &Db) -> Result<Vec<i64>> {
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
