//! A stored fax whose message is on no queue is put on it again: after a restore, a queue that was purged or made anew.

use fusion_comms_core::time::Timestamp;

use super::error::JobError;
use super::faxes;
use crate::app::Parts;
use crate::store::checkup::{self, StuckFax};
use crate::store::faxes as stored;

/// Seconds that a fax waits before its message counts as lost, where the queue is empty: more than all receipts of one
/// message take. A second message does no harm.
const LOST_AFTER_S: i64 = 15 * 60;
/// Seconds until the message of one fax is sent again once more.
const AGAIN_AFTER_S: i64 = 3600;
const A_ROUND: i64 = 500;

/// One round.
pub(super) async fn work(app: &Parts) {
    match round(app).await {
        Ok(0) => {}
        Ok(n) => tracing::warn!(
            faxes = n,
            "faxes waited to be read and the queue held no message of theirs: they are put on it again"
        ),
        Err(e) => tracing::warn!(error = %e, "it could not be seen whether a fax waits without a message"),
    }
}

async fn round(app: &Parts) -> Result<usize, JobError> {
    let now = app.clock.now();
    let stuck = checkup::stuck_faxes(&app.db, now.plus_s(-LOST_AFTER_S), A_ROUND).await?;
    let lost: Vec<StuckFax> = stuck.into_iter().filter(|f| f.status == "received" && f.owed == 0).collect();
    if lost.is_empty() {
        return Ok(0);
    }
    let (waiting, _) = app.queue.depth().await.map_err(|e| JobError::Retry(e.to_string()))?;
    if waiting > 0 {
        return Ok(0);
    }
    let mut sent = 0;
    for fax in lost {
        sent += usize::from(send_again(app, &fax, now).await?);
    }
    app.wake.effects();
    Ok(sent)
}

/// False where it has been read meanwhile.
async fn send_again(app: &Parts, fax: &StuckFax, now: Timestamp) -> Result<bool, JobError> {
    let mut tx = app.db.begin().await?;
    let Some(row) = stored::lock(&mut tx, &fax.id).await? else { return Ok(false) };
    let (Some(key), "received") = (&row.key, row.status.as_str()) else { return Ok(false) };
    let cause = format!("no message of {} {}", fax.id, now.unix_s() / AGAIN_AFTER_S);
    faxes::owe_message(&mut tx, &cause, &fax.id, row.tenant.as_ref(), key, now).await?;
    tx.commit().await?;
    Ok(true)
}
