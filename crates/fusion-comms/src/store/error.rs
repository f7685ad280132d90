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
        match code.as_str() {
            // PostgreSQL: lock_not_available, deadlock, serialization, statement time-out, too many connections.
            "55P03" | "40P01" | "40001" | "57014" | "53300" => StoreError::Busy(e),
            // PostgreSQL: shutting down or starting up, connection trouble. SQLite: disk full, I/O error, cannot open.
            "57P01" | "57P02" | "57P03" | "13" | "10" | "14" | "778" => StoreError::Unreachable(e),
            c if c.starts_with("08") || c.starts_with("53") => StoreError::Unreachable(e),
            // SQLite: busy, locked and their extended forms.
            "5" | "6" | "261" | "517" => StoreError::Busy(e),
            // Unique violation; SQLite: of an index, of a primary key.
            "23505" | "2067" | "1555" => StoreError::Taken,
            // The engine's own message may repeat a value (a key, a number): the code says enough.
            _ => StoreError::Refused(format!("code {code}")),
        }
    }
}
