//! One database handle for two engines. The rest of the store writes plain SQL with `$1` placeholders and rarely
//! asks which engine answers; where the text must differ, it stands in a `match` on the [`Dialect`].
//!
//! Reads go through anything that is a [`Reader`]; writes only through a [`Tx`], which is committed by name.

use std::future::Future;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use fusion_comms_core::time::Timestamp;
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Connection as _, PgConnection, SqlSafeStr, SqlStr, Sqlite, Transaction};

use super::connect::{self, COMMAND, Patience, SERVICE};
use super::error::StoreError;
use super::gate::{Pass, WriteGate};
use super::lent::Lent;
use super::pools::PoolUse;
use super::row::Row;

pub type Result<T> = std::result::Result<T, StoreError>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Postgres,
    Sqlite,
}

/// Who asks for a connection. Callers on the line come first: they have connections of their own on PostgreSQL, and
/// the next turn at the one writer on SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    Voice,
    Normal,
}

/// A cheap handle; clones share the pools.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    urgency: Urgency,
}

#[derive(Clone)]
enum Engine {
    Pg { voice: PgPool, normal: PgPool, patience: Patience },
    Lite { read: SqlitePool, write: SqlitePool, gate: WriteGate },
}

/// One unit of work. Dropped without [`Tx::commit`] it leaves nothing behind.
pub struct Tx {
    inner: TxInner,
}

enum TxInner {
    Pg(Lent),
    Lite { tx: Transaction<'static, Sqlite>, _pass: Pass },
}

impl Db {
    /// Opens `postgres://…` or `sqlite://PATH` for a command: what keeps it from connecting is told at once, and
    /// a slow server is waited for. Does not migrate.
    ///
    /// # Errors
    /// When the address cannot be read, nothing answers there, or the login is refused.
    pub async fn open(url: &str) -> Result<Db> {
        if url.starts_with("postgres") {
            // The pool would try again until its time is over and say no more than that.
            let options = connect::options(url, COMMAND)?;
            let first = tokio::time::timeout(COMMAND.connects, PgConnection::connect_with(&options)).await;
            first.map_err(|_| sqlx::Error::PoolTimedOut)??.close().await?;
        }
        Self::open_waiting(url, COMMAND).await
    }

    /// The same for a service, which starts before its database and outlives it, and answers 503 soon meanwhile.
    ///
    /// # Errors
    /// When the address cannot be read, or the SQLite file cannot be opened.
    pub async fn open_for_service(url: &str) -> Result<Db> {
        Self::open_waiting(url, SERVICE).await
    }

    async fn open_waiting(url: &str, patience: Patience) -> Result<Db> {
        let engine = if url.starts_with("postgres") {
            let (voice, normal) = connect::pools(url, patience)?;
            Engine::Pg { voice, normal, patience }
        } else {
            open_sqlite(url).await?
        };
        Ok(Db { engine, urgency: Urgency::Normal })
    }

    /// The same database for work that a caller waits for.
    #[must_use]
    pub fn urgent(&self) -> Db {
        Db { urgency: Urgency::Voice, ..self.clone() }
    }

    /// The same database for seldom work that nobody waits for and that may rightly last.
    #[must_use]
    pub fn unhurried(&self) -> Db {
        let mut db = self.clone();
        if let Engine::Pg { patience, .. } = &mut db.engine {
            *patience = patience.unhurried();
        }
        db
    }

    pub fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Pg { .. } => Dialect::Postgres,
            Engine::Lite { .. } => Dialect::Sqlite,
        }
    }

    /// Starts a unit of work; on SQLite it holds the one writer from here on.
    pub async fn begin(&self) -> Result<Tx> {
        let inner = match &self.engine {
            Engine::Pg { .. } => {
                let mut lent = self.lent().await?;
                lent.begin().await?;
                TxInner::Pg(lent)
            }
            Engine::Lite { write, gate, .. } => {
                let pass = gate.pass(self.urgency).await;
                TxInner::Lite { tx: write.begin_with("BEGIN IMMEDIATE").await?, _pass: pass }
            }
        };
        Ok(Tx { inner })
    }

    /// One statement that changes something and is a unit of work by itself: one round trip instead of three.
    pub async fn rows_alone(&self, q: Sql) -> Result<Vec<Row>> {
        Ok(match (&self.engine, q.args) {
            (Engine::Pg { .. }, Args::Pg(a)) => {
                let mut lent = self.lent().await?;
                match lent.rows(q.text, a).await {
                    Ok(rows) => pg_rows(rows),
                    Err(e) => {
                        lent.until_let_go().await;
                        return Err(e.into());
                    }
                }
            }
            (Engine::Lite { write, gate, .. }, Args::Lite(a)) => {
                let _pass = gate.pass(self.urgency).await;
                let rows = sqlx::query_with(q.text, a).fetch_all(write).await?;
                rows.into_iter().map(Row::Lite).collect()
            }
            _ => unreachable!("a statement is made by the handle that runs it"),
        })
    }

    /// A connection of the pool for this urgency.
    async fn lent(&self) -> Result<Lent> {
        let Engine::Pg { voice, normal, patience } = &self.engine else {
            unreachable!("only PostgreSQL lends connections")
        };
        let pool = if self.urgency == Urgency::Voice { voice } else { normal };
        Ok(Lent::from(pool, patience.answers).await?)
    }

    pub async fn close(&self) {
        match &self.engine {
            Engine::Pg { voice, normal, .. } => {
                voice.close().await;
                normal.close().await;
            }
            Engine::Lite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
        }
    }

    /// New connections are made with this address, for instance with a changed password; those that there are stay.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn reconnect_with(&self, url: &str) -> Result<()> {
        if let Engine::Pg { voice, normal, patience } = &self.engine {
            let options = connect::options(url, *patience)?;
            voice.set_connect_options(options.clone());
            normal.set_connect_options(options);
        }
        Ok(())
    }

    /// How the pools stand, for the metrics. SQLite has no pool of its own for voice.
    pub fn pools(&self) -> [PoolUse; 2] {
        match &self.engine {
            Engine::Pg { voice, normal, .. } => [PoolUse::of("voice", voice), PoolUse::of("normal", normal)],
            Engine::Lite { read, write, .. } => {
                let (read, write) = (PoolUse::of("normal", read), PoolUse::of("normal", write));
                [PoolUse { name: "voice", ..PoolUse::default() }, read.and(write)]
            }
        }
    }

    /// The PostgreSQL pool, for LISTEN; `None` on SQLite.
    pub fn postgres(&self) -> Option<&PgPool> {
        match &self.engine {
            Engine::Pg { normal, .. } => Some(normal),
            Engine::Lite { .. } => None,
        }
    }

    pub(super) fn migration_target(&self) -> MigrationTarget<'_> {
        match &self.engine {
            Engine::Pg { normal, .. } => MigrationTarget::Pg(normal),
            Engine::Lite { write, .. } => MigrationTarget::Lite(write),
        }
    }
}

pub(super) enum MigrationTarget<'a> {
    Pg(&'a PgPool),
    Lite(&'a SqlitePool),
}

async fn open_sqlite(url: &str) -> Result<Engine> {
    if let Some(dir) = url.strip_prefix("sqlite://").and_then(|p| Path::new(p).parent()) {
        std::fs::create_dir_all(dir).map_err(|e| StoreError::Unreachable(sqlx::Error::Io(e)))?;
    }
    // synchronous=FULL: in WAL mode NORMAL loses acknowledged events at power loss.
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    let read = SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
    Ok(Engine::Lite { read, write, gate: WriteGate::default() })
}

impl Tx {
    pub async fn commit(self) -> Result<()> {
        match self.inner {
            TxInner::Pg(mut lent) => lent.commit().await?,
            TxInner::Lite { tx, .. } => tx.commit().await?,
        }
        Ok(())
    }

    pub fn dialect(&self) -> Dialect {
        match self.inner {
            TxInner::Pg(_) => Dialect::Postgres,
            TxInner::Lite { .. } => Dialect::Sqlite,
        }
    }

    #[track_caller]
    pub fn sql(&self, text: impl SqlSafeStr) -> Sql {
        Sql::new(self.dialect(), text)
    }

    /// Runs a statement; returns the number of rows it touched.
    pub async fn exec(&mut self, q: Sql) -> Result<u64> {
        Ok(match (&mut self.inner, q.args) {
            (TxInner::Pg(lent), Args::Pg(a)) => lent.exec(q.text, a).await?,
            (TxInner::Lite { tx, .. }, Args::Lite(a)) => {
                sqlx::query_with(q.text, a).execute(&mut **tx).await?.rows_affected()
            }
            _ => unreachable!("a statement is made by the handle that runs it"),
        })
    }
}

/// A statement with its values, ready to run.
pub struct Sql {
    text: SqlStr,
    args: Args,
}

enum Args {
    Pg(PgArguments),
    Lite(SqliteArguments),
}

impl Sql {
    #[track_caller]
    fn new(dialect: Dialect, text: impl SqlSafeStr) -> Self {
        super::coverage::record(dialect);
        let args = match dialect {
            Dialect::Postgres => Args::Pg(PgArguments::default()),
            Dialect::Sqlite => Args::Lite(SqliteArguments::default()),
        };
        Sql { text: text.into_sql_str(), args }
    }

    #[must_use]
    pub fn bind(mut self, value: impl Bind) -> Self {
        match &mut self.args {
            Args::Pg(a) => value.pg(a),
            Args::Lite(a) => value.lite(a),
        }
        self
    }
}

/// Anything that can answer a query: `&Db` on its own (SQLite: the read pool), `&mut Tx` within a unit of work.
pub trait Reader: Send + Sized {
    fn dialect(&self) -> Dialect;
    fn rows(self, q: Sql) -> impl Future<Output = Result<Vec<Row>>> + Send;

    #[track_caller]
    fn sql(&self, text: impl SqlSafeStr) -> Sql {
        Sql::new(self.dialect(), text)
    }
    fn row(self, q: Sql) -> impl Future<Output = Result<Option<Row>>> + Send {
        async move { Ok(self.rows(q).await?.into_iter().next()) }
    }
}

impl Reader for &Db {
    fn dialect(&self) -> Dialect {
        Db::dialect(self)
    }
    async fn rows(self, q: Sql) -> Result<Vec<Row>> {
        match (&self.engine, q.args) {
            (Engine::Pg { .. }, Args::Pg(a)) => Ok(pg_rows(self.lent().await?.rows(q.text, a).await?)),
            (Engine::Lite { read, .. }, Args::Lite(a)) => {
                Ok(lite_rows(sqlx::query_with(q.text, a).fetch_all(read).await?))
            }
            _ => unreachable!("a statement is made by the handle that runs it"),
        }
    }
}

impl Reader for &mut Tx {
    fn dialect(&self) -> Dialect {
        Tx::dialect(self)
    }
    async fn rows(self, q: Sql) -> Result<Vec<Row>> {
        match (&mut self.inner, q.args) {
            (TxInner::Pg(lent), Args::Pg(a)) => Ok(pg_rows(lent.rows(q.text, a).await?)),
            (TxInner::Lite { tx, .. }, Args::Lite(a)) => {
                Ok(lite_rows(sqlx::query_with(q.text, a).fetch_all(&mut **tx).await?))
            }
            _ => unreachable!("a statement is made by the handle that runs it"),
        }
    }
}

fn pg_rows(rows: Vec<PgRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Pg).collect()
}

fn lite_rows(rows: Vec<SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Lite).collect()
}

/// A value that both engines can store: text, numbers, times (one fixed width on SQLite), JSON.
pub trait Bind {
    fn pg(self, args: &mut PgArguments);
    fn lite(self, args: &mut SqliteArguments);
}

/// Encoding of the plain types used here cannot fail: they need no look-up and have no size limit within ours.
const ENCODES: &str = "a plain value encodes";

macro_rules! bind_plain {
    ($($t:ty => |$v:ident| $pg:expr, $lite:expr;)*) => {$(
        impl Bind for $t {
            fn pg(self, args: &mut PgArguments) {
                let $v = self;
                sqlx::Arguments::add(args, $pg).expect(ENCODES);
            }
            fn lite(self, args: &mut SqliteArguments) {
                let $v = self;
                sqlx::Arguments::add(args, $lite).expect(ENCODES);
            }
        }
    )*};
}

bind_plain! {
    String => |v| v, v;
    &str => |v| v.to_owned(), v.to_owned();
    Option<String> => |v| v, v;
    Option<&str> => |v| v.map(str::to_owned), v.map(str::to_owned);
    i64 => |v| v, v;
    Option<i64> => |v| v, v;
    bool => |v| v, v;
    Timestamp => |v| v.chrono(), v.to_string();
    Option<Timestamp> => |v| v.map(Timestamp::chrono), v.map(|t| t.to_string());
    serde_json::Value => |v| v, v.to_string();
    Option<serde_json::Value> => |v| v, v.map(|j| j.to_string());
}

macro_rules! bind_id {
    ($($t:ident),*) => {$(
        impl Bind for &fusion_comms_core::ids::$t {
            fn pg(self, args: &mut PgArguments) { self.as_str().pg(args) }
            fn lite(self, args: &mut SqliteArguments) { self.as_str().lite(args) }
        }
        impl Bind for Option<&fusion_comms_core::ids::$t> {
            fn pg(self, args: &mut PgArguments) { self.map(fusion_comms_core::ids::$t::as_str).pg(args) }
            fn lite(self, args: &mut SqliteArguments) { self.map(fusion_comms_core::ids::$t::as_str).lite(args) }
        }
    )*};
}

bind_id!(TenantId, EventId, CallControlId, FaxId, MessageId, CaseId, SessionId);
