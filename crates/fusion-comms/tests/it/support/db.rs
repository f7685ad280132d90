//! A fresh, migrated database of each engine for a test, and a prompt at which it is changed by hand.

use std::ops::Deref;

use fusion_comms::store::{Db, Dialect, migrations};
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};
use tempfile::TempDir;

use super::pooler;
use super::postgres::shared;

/// The store under test, in a database that nothing else uses.
pub struct TestDb {
    pub db: Db,
    pub url: String,
    _folder: Option<TempDir>,
}

impl Deref for TestDb {
    type Target = Db;
    fn deref(&self) -> &Db {
        &self.db
    }
}

impl TestDb {
    pub async fn postgres() -> Self {
        Self::migrated(Self::empty_postgres().await).await
    }

    pub async fn sqlite() -> Self {
        Self::migrated(Self::empty_sqlite().await).await
    }

    pub async fn empty_postgres() -> Self {
        let url = shared().await.fresh_database().await;
        Self { db: Db::open(&url).await.unwrap(), url, _folder: None }
    }

    pub async fn empty_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.sqlite", folder.path().display());
        Self { db: Db::open(&url).await.unwrap(), url, _folder: Some(folder) }
    }

    async fn migrated(empty: Self) -> Self {
        let past = pooler::past(&empty.url);
        if past == empty.url {
            migrations::apply(&empty.db).await.unwrap();
        } else {
            let db = Db::open(&past).await.unwrap();
            migrations::apply(&db).await.unwrap();
            db.close().await;
        }
        empty
    }

    /// A second instance of the service on the same database.
    pub async fn another_instance(&self) -> Db {
        Db::open(&self.url).await.unwrap()
    }

    /// Somebody at `psql` or `sqlite3`, with the service's own login.
    pub async fn prompt(&self) -> Prompt {
        Prompt::open(&self.url).await
    }

    /// What only a superuser may do in the cluster of the tests; in this database.
    pub async fn as_superuser(&self, statement: &str) {
        let database = self.url.rsplit('/').next().unwrap();
        Prompt::open(&shared().await.superuser_url_of(database)).await.run(statement).await;
    }

    pub fn is_postgres(&self) -> bool {
        self.db.dialect() == Dialect::Postgres
    }
}

/// A connection at which statements are typed, each committed by itself unless `BEGIN` is typed.
pub enum Prompt {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Prompt {
    pub async fn open(url: &str) -> Self {
        if url.starts_with("postgres") {
            Self::Postgres(PgConnection::connect(url).await.unwrap())
        } else {
            Self::Sqlite(SqliteConnection::connect(url).await.unwrap())
        }
    }

    /// Types a statement; the rows it touched, or what the database said against it.
    pub async fn try_run(&mut self, statement: &str) -> Result<u64, String> {
        let statement = AssertSqlSafe(statement.to_owned());
        let done = match self {
            Self::Postgres(c) => c.execute(sqlx::raw_sql(statement)).await.map(|d| d.rows_affected()),
            Self::Sqlite(c) => c.execute(sqlx::raw_sql(statement)).await.map(|d| d.rows_affected()),
        };
        done.map_err(|e| e.to_string())
    }

    pub async fn run(&mut self, statement: &str) -> u64 {
        self.try_run(statement).await.unwrap_or_else(|e| panic!("{statement}\n{e}"))
    }

    /// Asks for rows of text columns; NULL is written `NULL`.
    pub async fn ask(&mut self, query: &str) -> Vec<Vec<String>> {
        let statement = AssertSqlSafe(query.to_owned());
        let or_null = |value: Option<String>| value.unwrap_or_else(|| "NULL".to_owned());
        match self {
            Self::Postgres(c) => c
                .fetch(sqlx::raw_sql(statement))
                .map_ok(|r| (0..r.len()).map(|i| or_null(r.get_unchecked(i))).collect())
                .try_collect()
                .await
                .unwrap_or_else(|e| panic!("{query}\n{e}")),
            Self::Sqlite(c) => c
                .fetch(sqlx::raw_sql(statement))
                .map_ok(|r| (0..r.len()).map(|i| or_null(r.get_unchecked(i))).collect())
                .try_collect()
                .await
                .unwrap_or_else(|e| panic!("{query}\n{e}")),
        }
    }

    /// Asks for one number.
    pub async fn count(&mut self, query: &str) -> i64 {
        let statement = AssertSqlSafe(query.to_owned());
        match self {
            Self::Postgres(c) => c.fetch_one(sqlx::raw_sql(statement)).await.map(|r| r.get(0)),
            Self::Sqlite(c) => c.fetch_one(sqlx::raw_sql(statement)).await.map(|r| r.get(0)),
        }
        .unwrap_or_else(|e| panic!("{query}\n{e}"))
    }
}

/// Makes two tests of one body, which gets a migrated [`TestDb`]: one on SQLite, one on PostgreSQL.
#[macro_export]
macro_rules! on_both {
    ($(async fn $name:ident($db:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn holds($db: $crate::support::db::TestDb) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_sqlite() {
                holds($crate::support::db::TestDb::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_postgres() {
                holds($crate::support::db::TestDb::postgres().await).await;
            }
        }
    )+};
}
