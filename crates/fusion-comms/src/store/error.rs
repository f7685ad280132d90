//! What can go wrong with the store, by what the caller should do about it.

use std::borrow::Cow;

/// Each message stands alone; the cause follows in the chain. No message repeats a value.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A lock was not given in time, or two units of work met: try again.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    #[error("the database cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    #[error("column `{column}` does not hold what it should")]
    Corrupt { column: &'static str, source: Box<sqlx::Error> },
    /// A row with this key is there already.
    #[error("what may be there once is there already")]
    Taken,
    #[error("the database refused the statement ({0})")]
    Refused(String),
    /// The server answers, and lets this login not in.
    #[error("the database server refused the connection: {0}")]
    Login(&'static str),
    #[error("the schema is not the one this program needs: {0}")]
    Schema(String),
}

impl StoreError {
    /// May the same be tried again in a moment?
    pub fn is_passing(&self) -> bool {
        matches!(self, StoreError::Busy(_) | StoreError::Unreachable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(e: sqlx::Error) -> Self {
        let code = match &e {
            sqlx::Error::Database(d) => d.code().map(Cow::into_owned).unwrap_or_default(),
            _ => return StoreError::Unreachable(e),
        };
        match (passing(&code), code.as_str()) {
            (Some(kind), _) => kind(e),
            // Unique violation; SQLite: of an index, of a primary key.
            (None, "23505" | "2067" | "1555") => StoreError::Taken,
            (None, "28P01") => StoreError::Login("the password is not this user's"),
            (None, "28000") => StoreError::Login(
                "there is no such user, or it may not connect from here (pg_hba.conf), or the server wants TLS",
            ),
            (None, "3D000") => StoreError::Login("it has no database of that name"),
            // The engine's own message may repeat a value (a key, a number): the code says enough.
            (None, _) => StoreError::Refused(format!("code {code}")),
        }
    }
}

/// What passes by itself, by the engine's code: five characters on PostgreSQL, a number of up to four on SQLite.
fn passing(code: &str) -> Option<fn(sqlx::Error) -> StoreError> {
    match code {
        // Lock not available, deadlock, serialization, statement time-out, too many connections.
        "55P03" | "40P01" | "40001" | "57014" | "53300" => Some(StoreError::Busy),
        // Shutting down or starting up; connection trouble; out of disk or memory.
        "57P01" | "57P02" | "57P03" => Some(StoreError::Unreachable),
        c if c.len() == 5 => (c.starts_with("08") || c.starts_with("53")).then_some(StoreError::Unreachable),
        // The low byte of SQLite's extended codes is the plain one: busy, locked; I/O error, disk full, cannot open.
        c => match c.parse::<u32>().map_or(0, |n| n & 0xff) {
            5 | 6 => Some(StoreError::Busy),
            10 | 13 | 14 => Some(StoreError::Unreachable),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(code: &str) -> &'static str {
        match passing(code).map(|kind| kind(sqlx::Error::RowNotFound)) {
            Some(StoreError::Busy(_)) => "busy",
            Some(StoreError::Unreachable(_)) => "unreachable",
            _ => "lasting",
        }
    }

    #[test]
    fn what_passes_by_itself_is_told_from_what_lasts_on_both_engines() {
        // SQLite: busy, busy snapshot, busy time-out, locked in a shared cache.
        for busy in ["55P03", "40P01", "53300", "5", "517", "773", "262"] {
            assert_eq!(is(busy), "busy", "{busy}");
        }
        // SQLite: fsync failed, write failed, disk full, path not openable.
        for gone in ["57P01", "08006", "53100", "10", "1034", "778", "13", "526"] {
            assert_eq!(is(gone), "unreachable", "{gone}");
        }
        for lasting in ["23505", "22P05", "42501", "2067", "1", "787", ""] {
            assert_eq!(is(lasting), "lasting", "{lasting}");
        }
    }
}
