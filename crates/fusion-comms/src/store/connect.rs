//! How PostgreSQL is reached, and how long it is waited for.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions};

use super::db::Result;
use super::error::StoreError;
use super::lent;

/// Connections of the pools: voice has its own, so that a flood of texts or faxes never delays a caller.
const VOICE_CONNECTIONS: u32 = 6;
const NORMAL_CONNECTIONS: u32 = 12;
/// How long an idle connection is taken as alive unasked.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// How long an idle connection that is asked whether it lives may take.
const LIVES: Duration = Duration::from_millis(500);

/// How long PostgreSQL is waited for.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// For a connection, before the store counts as unreachable.
    pub(super) connects: Duration,
    /// For the answer to a statement.
    pub(super) answers: Duration,
    /// The server's own, until it ends a transaction in which nothing is asked: one whose client is lost holds its locks.
    idles: &'static str,
}

/// Of the service: providers and callers wait for it. A statement may wait five seconds for a lock alone.
pub(super) const SERVICE: Patience =
    Patience { connects: Duration::from_millis(1500), answers: Duration::from_secs(8), idles: "10s" };
/// Of a command: it answers nobody, and a server under load makes a connection slowly. The server gives a statement up
/// after 30 seconds.
pub(super) const COMMAND: Patience =
    Patience { connects: Duration::from_secs(15), answers: Duration::from_secs(45), idles: "60s" };

impl Patience {
    /// For work that nobody waits for, and that may rightly last: until the server itself gives a statement up.
    pub(super) fn unhurried(self) -> Self {
        Patience { answers: COMMAND.answers, ..self }
    }
}

pub(super) fn options(url: &str, patience: Patience) -> Result<PgConnectOptions> {
    Ok(PgConnectOptions::from_str(url)?.application_name("fusion-comms").options([
        ("statement_timeout", "30s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", patience.idles),
        (DIRECT, "on"),
    ]))
}

/// A setting of our own that a connection to the server itself is made with. A pooler hands it on to nobody.
const DIRECT: &str = "app.direct";

/// Whether a connection is the server's own and stays so. Through a pooler in transaction mode the next statement may
/// run on another one: what is meant for a session (`SET`, `LISTEN`, an advisory lock) would then be for whoever comes.
pub(super) async fn is_direct(executor: impl sqlx::PgExecutor<'_>) -> std::result::Result<bool, sqlx::Error> {
    let set: Option<String> =
        sqlx::query_scalar("SELECT current_setting($1, TRUE)").bind(DIRECT).fetch_one(executor).await?;
    Ok(set.as_deref() == Some("on"))
}

/// Listens for hints from other instances; `None` where a pooler stands between.
///
/// # Errors
/// When the database does not answer.
pub async fn listener(pool: &PgPool, channel: &str) -> Result<Option<PgListener>> {
    let connected = async {
        let mut listener = PgListener::connect_with(pool).await?;
        if !is_direct(&mut listener).await? {
            return Ok(None);
        }
        listener.listen(channel).await?;
        Ok(Some(listener))
    };
    let in_time = tokio::time::timeout(COMMAND.connects, connected).await;
    in_time.map_err(|_| StoreError::Unreachable(sqlx::Error::PoolTimedOut))?
}

/// Whether there is still a server behind a listener: one that is lost without a word says nothing either.
pub async fn still_listens(listener: &mut PgListener) -> bool {
    matches!(tokio::time::timeout(SERVICE.answers, is_direct(listener)).await, Ok(Ok(true)))
}

/// The two pools: for voice, and for all else.
pub(super) fn pools(url: &str, patience: Patience) -> Result<(PgPool, PgPool)> {
    let options = options(url, patience)?;
    let pool = |size| {
        PgPoolOptions::new()
            .max_connections(size)
            .acquire_timeout(patience.connects)
            // A connection that was used a moment ago is not asked whether it lives: that is a round trip each time.
            .test_before_acquire(false)
            .before_acquire(|connection, seen| {
                Box::pin(async move {
                    if seen.idle_for < TRUSTED_FOR {
                        return Ok(true);
                    }
                    lent::is_alive(connection, LIVES).await
                })
            })
            .connect_lazy_with(options.clone())
    };
    Ok((pool(VOICE_CONNECTIONS), pool(NORMAL_CONNECTIONS)))
}
