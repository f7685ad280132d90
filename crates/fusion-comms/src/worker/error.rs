//! How a piece of work failed: to be tried again, or not.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;

use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The same may work later. The text is kept with the row: no number, digit, name or link in it.
    #[error("{0}")]
    Retry(String),
    /// The same would fail the same: a person must look.
    #[error("{0}")]
    GiveUp(String),
}

impl From<StoreError> for JobError {
    fn from(e: StoreError) -> Self {
        JobError::Retry(e.to_string())
    }
}

/// Attempts until work is parked.
pub const MAX_ATTEMPTS: i64 = 8;

/// Milliseconds until the next attempt after `attempts`: half a second, doubling, five minutes at most.
pub fn delay_ms(attempts: i64) -> i64 {
    500_i64.saturating_mul(1 << attempts.clamp(1, 12).saturating_sub(1)).min(300_000)
}

/// Runs a piece of work; a panic in it is a failed attempt like any other, and its worker lives on.
pub async fn guarded<T>(work: impl Future<Output = Result<T, JobError>>) -> Result<T, JobError> {
    // What the work held (a transaction, a connection) is dropped with it, so nothing half-done is seen afterwards.
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(result) => result,
        Err(_) => Err(JobError::Retry("the program met a fault of its own (see the log)".to_owned())),
    }
}
