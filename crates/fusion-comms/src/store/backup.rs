//! The whole database, out in one consistent state while the service writes, and back into an empty one.
//!
//! SQLite copies itself (`VACUUM INTO`). PostgreSQL gives each table in its own `COPY` text form out of one REPEATABLE READ
//! transaction; into an empty schema of the same migrations it goes back with triggers off, so that the ledger's
//! history is the old one and no line more, and as the tables' owner, since `COPY FROM` passes no row-level security.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use futures::TryStreamExt;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::db::{Db, Dialect, Reader, Result};
use super::error::StoreError;

/// What the schema brings along or what only lives while the service runs: neither taken nor restored.
const LEFT_OUT: [&str; 2] = ["_sqlx_migrations", "instances"];

/// The file of an embedded database.
pub fn sqlite_file(url: &str) -> Result<PathBuf> {
    Ok(SqliteConnectOptions::from_str(url)?.get_filename().to_owned())
}

/// Writes a copy of the embedded database to a file that is not there yet.
pub async fn copy_sqlite(db: &Db, to: &Path) -> Result<()> {
    if db.dialect() == Dialect::Postgres {
        return Err(StoreError::Refused("this is no SQLite".to_owned()));
    }
    let q = db.sql("VACUUM INTO $1");
    db.rows(q.bind(to.to_string_lossy().into_owned())).await.map(drop)
}

/// What SQLite finds wrong with its file; nothing where it is sound.
pub async fn faults_of_sqlite(db: &Db) -> Result<Vec<String>> {
    if db.dialect() == Dialect::Postgres {
        return Ok(vec![]);
    }
    let rows = db.rows(db.sql("PRAGMA integrity_check")).await?;
    let said: Vec<String> = rows.iter().map(|r| r.text("integrity_check")).collect::<Result<_>>()?;
    Ok(said.into_iter().filter(|line| line != "ok").collect())
}

/// Tables that hold rows, of ours and of others: a database that is restored into has none.
pub async fn tables_with_rows(db: &Db) -> Result<Vec<String>> {
    let q = db.sql(match db.dialect() {
        Dialect::Postgres => {
            "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
             ORDER BY relname"
        }
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        }
    });
    let mut with_rows = Vec::new();
    for row in db.rows(q).await? {
        let name = row.text("name")?;
        if ["_sqlx_migrations", "schema_minimum"].contains(&name.as_str()) {
            continue;
        }
        let any = format!("SELECT 1 AS n FROM {} LIMIT 1", quoted(&name));
        if db.row(db.sql(AssertSqlSafe(any))).await?.is_some() {
            with_rows.push(name);
        }
    }
    Ok(with_rows)
}

/// Whether another connection of this program is open to the database. SQLite cannot tell.
pub async fn is_in_use(db: &Db) -> Result<bool> {
    if db.dialect() == Dialect::Sqlite {
        return Ok(false);
    }
    let q = db.sql(
        "SELECT 1 AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'fusion-comms'
           AND pid <> pg_backend_pid() LIMIT 1",
    );
    Ok(db.row(q).await?.is_some())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table of PostgreSQL and the columns that are stored in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
}

impl Table {
    fn copy(&self, direction: &str) -> String {
        let columns: Vec<String> = self.columns.iter().map(|c| quoted(c)).collect();
        format!("COPY {} ({}) {direction}", quoted(&self.name), columns.join(", "))
    }
}

async fn tables(connection: &mut PgConnection) -> Result<Vec<Table>> {
    let rows = sqlx::query(
        "SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
         WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace GROUP BY c.relname ORDER BY c.relname",
    )
    .fetch_all(connection)
    .await?;
    let all = rows.iter().map(|r| Table { name: r.get(0), columns: r.get(1) });
    Ok(all.filter(|t| !LEFT_OUT.contains(&t.name.as_str())).collect())
}

/// A connection of its own.
async fn alone(db: &Db) -> Result<PgConnection> {
    let Some(pool) = db.postgres() else { return Err(StoreError::Refused("this is SQLite".to_owned())) };
    Ok(pool.acquire().await?.detach())
}

/// For this transaction: what is long may last. Not for the session, which behind a pooler is somebody else's next.
const PATIENTLY: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL lock_timeout = '10s'";

/// One state of a PostgreSQL database, as long as it is read.
pub struct Snapshot {
    connection: PgConnection,
    pub tables: Vec<Table>,
    /// The migrations applied.
    pub schema: Vec<i64>,
}

impl Snapshot {
    /// # Errors
    /// [`StoreError::Refused`] where the login would see some rows only.
    pub async fn begin(db: &Db) -> Result<Self> {
        let mut connection = alone(db).await?;
        sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut connection).await?;
        sqlx::raw_sql(PATIENTLY).execute(&mut connection).await?;
        let all_rows: bool = sqlx::query_scalar(
            "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT 1 FROM pg_roles s WHERE s.rolname = 'fusion_comms_service'
               AND pg_has_role(current_user, s.oid, 'USAGE')) FROM pg_roles WHERE rolname = current_user",
        )
        .fetch_one(&mut connection)
        .await?;
        if !all_rows {
            return Err(StoreError::Refused(
                "this login is no member of fusion_comms_service and would see no agency's rows".to_owned(),
            ));
        }
        let tables = tables(&mut connection).await?;
        let schema =
            sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
                .fetch_all(&mut connection)
                .await?;
        Ok(Self { connection, tables, schema })
    }

    /// Hands the table's rows to `take`, in PostgreSQL's text form, cut at any place.
    ///
    /// # Errors
    /// The database's, and what `take` says.
    pub async fn copy<E: From<StoreError>>(
        &mut self,
        table: &Table,
        mut take: impl FnMut(&[u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let statement = table.copy("TO STDOUT");
        let rows = self.connection.copy_out_raw(&statement).await.map_err(StoreError::from)?;
        futures::pin_mut!(rows);
        while let Some(bytes) = rows.try_next().await.map_err(StoreError::from)? {
            take(&bytes)?;
        }
        Ok(())
    }

    pub async fn end(self) -> Result<()> {
        Ok(self.connection.close().await?)
    }
}

/// Fills an empty schema, all or nothing.
pub struct Filling {
    connection: PgConnection,
    tables: Vec<Table>,
}

impl Filling {
    /// Begins the one transaction: triggers off, row-level security not forced upon the owner.
    pub async fn begin(db: &Db) -> Result<Self> {
        let mut connection = alone(db).await?;
        sqlx::raw_sql("BEGIN").execute(&mut connection).await?;
        sqlx::raw_sql(PATIENTLY).execute(&mut connection).await?;
        let tables = tables(&mut connection).await?;
        let mut filling = Self { connection, tables };
        filling.each(|name| format!("ALTER TABLE {name} DISABLE TRIGGER USER")).await?;
        filling.each(|name| format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")).await?;
        // What migrations have put there comes back with the rest.
        sqlx::raw_sql("DELETE FROM schema_minimum").execute(&mut filling.connection).await?;
        Ok(filling)
    }

    async fn each(&mut self, statement: impl Fn(&str) -> String) -> Result<()> {
        for table in &self.tables {
            let text = AssertSqlSafe(statement(&quoted(&table.name)));
            sqlx::raw_sql(text).execute(&mut self.connection).await?;
        }
        Ok(())
    }

    /// Adds rows in PostgreSQL's text form, the parts of one table in order. How many they were.
    ///
    /// # Errors
    /// [`StoreError::Schema`] where there is no such table with these columns; the database's own.
    pub async fn copy(&mut self, table: &Table, parts: impl Iterator<Item = Vec<u8>>) -> Result<u64> {
        let ours = self.tables.iter().find(|t| t.name == table.name);
        if !ours.is_some_and(|t| table.columns.iter().all(|c| t.columns.contains(c))) {
            return Err(StoreError::Schema(
                "the backup has a table or column that the schema has not".into(),
            ));
        }
        let mut copy = self.connection.copy_in_raw(&table.copy("FROM STDIN")).await?;
        for part in parts {
            copy.send(part).await?;
        }
        Ok(copy.finish().await?)
    }

    /// Puts everything back as it was, numbers on from the highest, and commits. Without, nothing stays.
    pub async fn commit(mut self) -> Result<()> {
        let counted: Vec<(String, String)> = sqlx::query_as(
            "SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE a.attidentity <> '' AND c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace",
        )
        .fetch_all(&mut self.connection)
        .await?;
        for (table, column) in counted {
            let (table, column) = (quoted(&table), quoted(&column));
            let text = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', {literal}), coalesce(max({column}), 1), max({column}) IS NOT NULL)
                 FROM {table}",
                literal = format_args!("'{}'", column.trim_matches('"')),
            );
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut self.connection).await?;
        }
        self.each(|name| format!("ALTER TABLE {name} ENABLE TRIGGER USER")).await?;
        for table in guarded(&mut self.connection).await? {
            let text = format!("ALTER TABLE {} FORCE ROW LEVEL SECURITY", quoted(&table));
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut self.connection).await?;
        }
        sqlx::raw_sql("COMMIT").execute(&mut self.connection).await?;
        Ok(self.connection.close().await?)
    }
}

/// The tables with row-level security: with us always forced upon the owner too.
async fn guarded(connection: &mut PgConnection) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relkind = 'r' AND relrowsecurity AND relnamespace = current_schema()::regnamespace",
    )
    .fetch_all(connection)
    .await?)
}

/// Makes a database beside this one, and gives its address; the login needs CREATEDB.
pub async fn make_beside(db: &Db, url: &str, name: &str) -> Result<String> {
    let mut connection = alone(db).await?;
    let made = sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {}", quoted(name))))
        .execute(&mut connection)
        .await;
    connection.close().await?;
    made?;
    let mut beside = url::Url::parse(url).map_err(|e| StoreError::Refused(e.to_string()))?;
    beside.set_path(name);
    Ok(beside.into())
}

/// Removes it again.
pub async fn remove_beside(db: &Db, name: &str) -> Result<()> {
    let mut connection = alone(db).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name))))
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}

/// How much there is of what a backup is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub telnyx_events: i64,
    pub stripe_events: i64,
    pub call_steps: i64,
    pub opt_outs: i64,
    pub faxes: i64,
}

pub async fn counts(db: &Db) -> Result<Counts> {
    let q = db.sql(
        "SELECT (SELECT count(*) FROM telnyx_events) AS telnyx_events,
           (SELECT count(*) FROM stripe_events) AS stripe_events,
           (SELECT count(*) FROM telnyx_call_steps) AS call_steps,
           (SELECT count(*) FROM telnyx_opt_outs) AS opt_outs, (SELECT count(*) FROM fax_documents) AS faxes",
    );
    let Some(row) = db.row(q).await? else { return Ok(Counts::default()) };
    Ok(Counts {
        telnyx_events: row.int("telnyx_events")?,
        stripe_events: row.int("stripe_events")?,
        call_steps: row.int("call_steps")?,
        opt_outs: row.int("opt_outs")?,
        faxes: row.int("faxes")?,
    })
}

/// Keys and digests of the faxes' files.
pub async fn fax_files(db: &Db) -> Result<Vec<(String, Option<String>)>> {
    let q = db
        .sql("SELECT s3_key_original, sha256_original FROM fax_documents WHERE s3_key_original IS NOT NULL");
    let rows = db.rows(q).await?;
    rows.iter().map(|r| Ok((r.text("s3_key_original")?, r.opt_text("sha256_original")?))).collect()
}
