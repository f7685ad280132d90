//! Depths and ages for the metrics, read from the store every few seconds.

use fusion_comms_core::time::Timestamp;

use crate::app::Parts;
use crate::metrics;
use crate::review::clock;
use crate::store::{StoreError, faxes, inbox, outbox, reviews, seals, tasks};

/// Reads all gauges once.
pub async fn read(app: &Parts) {
    let stored = store(app).await;
    metrics::depths_read(stored.is_ok());
    if let Err(e) = stored {
        tracing::warn!(error = %e, "the depths for the metrics could not be read");
    }
    if let Ok((depth, oldest)) = app.queue.depth().await {
        metrics::queue(count(depth), age_s(oldest, app.clock.now()));
    }
    app.db.pools().into_iter().for_each(metrics::database_pool);
}

async fn store(app: &Parts) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut parked = 0;
    for lane in inbox::Lane::ALL {
        let d = inbox::depth(&app.db, lane).await?;
        metrics::inbox(lane.name(), count(d.waiting), age_s(d.oldest, now));
        parked += d.parked;
    }
    metrics::parked("event", count(parked));
    parked = 0;
    for lane in outbox::Lane::ALL {
        let d = outbox::depth(&app.db, lane, now).await?;
        metrics::outbox(lane.name(), count(d.waiting), age_s(d.oldest, now));
        parked += d.parked;
    }
    metrics::parked("effect", count(parked));
    metrics::tasks_open(count(tasks::count_open(&app.db).await?));
    let receipts = reviews::receipts(&app.db).await?;
    metrics::texts_to_review(receipts.len() as u64, clock::overdue(&receipts, now) as u64);
    metrics::opt_outs_unsealed(age_s(seals::oldest_unsealed(&app.db).await?, now));
    metrics::parked("fax", count(faxes::count_failed(&app.db).await?));
    Ok(())
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "an age in seconds for a gauge")]
fn age_s(oldest: Option<Timestamp>, now: Timestamp) -> f64 {
    oldest.map_or(0.0, |t| now.ms_since(t).max(0) as f64 / 1000.0)
}
