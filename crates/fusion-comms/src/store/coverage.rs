//! Which statements have run on which engine, so that the contract suite can show that it ran all of them.
//! Compiled into debug builds only; a release build records nothing.

use super::db::Dialect;

#[cfg(debug_assertions)]
mod recorded {
    use std::collections::BTreeSet;
    use std::sync::{Mutex, PoisonError};

    use super::Dialect;

    type Seen = BTreeSet<(String, u32, &'static str)>;
    static SEEN: Mutex<Seen> = Mutex::new(BTreeSet::new());

    #[track_caller]
    pub(in crate::store) fn record(dialect: Dialect) {
        let at = std::panic::Location::caller();
        let engine = if dialect == Dialect::Postgres { "postgres" } else { "sqlite" };
        let file = at.file().rsplit('/').next().unwrap_or_default().to_owned();
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert((file, at.line(), engine));
    }

    /// Places (file, line, engine) where a statement was made so far in this process.
    pub fn seen() -> Vec<(String, u32, &'static str)> {
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(debug_assertions)]
pub use recorded::seen;

#[track_caller]
pub(super) fn record(dialect: Dialect) {
    #[cfg(debug_assertions)]
    recorded::record(dialect);
    #[cfg(not(debug_assertions))]
    let _ = dialect;
}
