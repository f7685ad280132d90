//! A PostgreSQL connection out of a pool, of which nobody waits for ever.
//!
//! A server that is lost without a word (a host that died, a way that is cut, a proxy that has nobody behind it) answers
//! a statement never, and TCP tells it after a quarter of an hour at best. So each answer has a limit, and a connection
//! that did not keep it is closed unasked: it would only take a place in its pool.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnection, PgPool, PgRow};
use sqlx::{Connection as _, Postgres, SqlStr};
use tokio::runtime::Handle;
use tokio::time::timeout;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// How long a connection may take to be fit for the next one who asks for it.
const RETURNS: Duration = Duration::from_secs(3);

/// Goes back to its pool when it is dropped; what it has begun and not committed is rolled back.
pub(super) struct Lent {
    connection: Option<PoolConnection<Postgres>>,
    answers: Duration,
    in_transaction: bool,
    is_lost: bool,
}

impl Lent {
    /// One whose statements are given up after `answers`.
    pub(super) async fn from(pool: &PgPool, answers: Duration) -> Result<Self> {
        let connection = Some(pool.acquire().await?);
        Ok(Self { connection, answers, in_transaction: false, is_lost: false })
    }

    pub(super) async fn begin(&mut self) -> Result<()> {
        self.in_transaction = true;
        let (connection, limit) = self.parts()?;
        limit.keep(sqlx::raw_sql("BEGIN").execute(connection)).await.map(drop)
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        let (connection, limit) = self.parts()?;
        limit.keep(sqlx::raw_sql("COMMIT").execute(connection)).await?;
        self.in_transaction = false;
        Ok(())
    }

    pub(super) async fn exec(&mut self, text: SqlStr, args: PgArguments) -> Result<u64> {
        let (connection, limit) = self.parts()?;
        Ok(limit.keep(sqlx::query_with(text, args).execute(connection)).await?.rows_affected())
    }

    pub(super) async fn rows(&mut self, text: SqlStr, args: PgArguments) -> Result<Vec<PgRow>> {
        let (connection, limit) = self.parts()?;
        limit.keep(sqlx::query_with(text, args).fetch_all(connection)).await
    }

    /// PostgreSQL says what failed before it lets go of the rows; it is ready again after this.
    pub(super) async fn until_let_go(&mut self) {
        if !self.is_lost
            && let Ok((connection, limit)) = self.parts()
        {
            let _best_effort = limit.keep(connection.ping()).await;
        }
    }

    fn parts(&mut self) -> Result<(&mut PgConnection, Limit<'_>)> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        Ok((connection, Limit { answers: self.answers, is_lost: &mut self.is_lost }))
    }
}

struct Limit<'a> {
    answers: Duration,
    is_lost: &'a mut bool,
}

impl Limit<'_> {
    async fn keep<T>(self, asked: impl Future<Output = Result<T>>) -> Result<T> {
        timeout(self.answers, asked).await.unwrap_or_else(|_| {
            *self.is_lost = true;
            Err(silent())
        })
    }
}

fn silent() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "the server does not answer"))
}

/// Whether an idle connection answers soon.
pub(super) async fn is_alive(connection: &mut PgConnection, within: Duration) -> Result<bool> {
    timeout(within, connection.ping()).await.map_err(|_| silent())?.map(|()| true)
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match Handle::try_current() {
            Ok(runtime) if !self.is_lost => drop(runtime.spawn(give_back(connection, self.in_transaction))),
            _ => drop(connection.detach()),
        }
    }
}

async fn give_back(mut connection: PoolConnection<Postgres>, in_transaction: bool) {
    if in_transaction {
        let rolled_back = timeout(RETURNS, sqlx::raw_sql("ROLLBACK").execute(&mut *connection)).await;
        if !matches!(rolled_back, Ok(Ok(_))) {
            drop(connection.detach());
            return;
        }
    }
    // The pool asks the connection whether it lives, and would wait for the answer for ever. Dropped, it is closed.
    let _closed_if_late = timeout(RETURNS, connection.return_to_pool()).await;
}
