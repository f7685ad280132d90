//! Does what the outbox owes: one effect at a time per worker, its answer applied in one transaction.

use super::calls::After;
use super::error::{JobError, MAX_ATTEMPTS, delay_ms, guarded};
use super::{commands, faxes, links, texts};
use crate::app::Parts;
use crate::metrics;
use crate::store::outbox::{self, Claimed, Lane};

/// Seconds that a claim lasts: longer than the longest try of any effect.
fn lease_s(lane: Lane) -> i64 {
    if lane == Lane::Fax { 180 } else { 20 }
}

/// Claims and does one effect of a lane. False where there was none.
pub async fn work_one(app: &Parts, lane: Lane) -> bool {
    let now = app.clock.now();
    let db = if matches!(lane, Lane::Voice | Lane::Link) { app.db.urgent() } else { app.db.clone() };
    let until = now.plus_s(lease_s(lane));
    let claimed = match outbox::claim(&db, lane, &app.settings.owner, 1, now, until).await {
        Ok(claimed) => claimed,
        Err(e) => {
            tracing::warn!(lane = lane.name(), error = %e, "no effect could be claimed");
            return false;
        }
    };
    let Some(effect) = claimed.into_iter().next() else { return false };
    // Others of the lane may take the next one meanwhile.
    app.wake.outbox(lane).notify_one();
    metrics::effect_attempted(kind(&effect));
    if let Err(e) = guarded(attempt(app, &effect)).await {
        metrics::effect_failed(kind(&effect));
        if let Err(e) = after_failure(app, &effect, &e).await {
            // Its lease runs out, and it is tried again.
            tracing::warn!(effect_id = %effect.id, error = %e, "a failed effect could not be put off");
        }
    }
    true
}

async fn attempt(app: &Parts, effect: &Claimed) -> Result<(), JobError> {
    if effect.expires_at.is_some_and(|t| t <= app.clock.now()) {
        return Err(JobError::GiveUp("its time is over".to_owned()));
    }
    match effect.kind.as_str() {
        "command" => commands::send(app, effect).await,
        "checkout" => links::checkout(app, effect).await,
        "text" => texts::send(app, effect).await,
        "fax_fetch" => faxes::fetch(app, effect).await,
        "fax_enqueue" => faxes::enqueue(app, effect).await,
        _ => Err(JobError::GiveUp("an effect of a kind that this program does not know".to_owned())),
    }
}

/// Puts the effect off, or gives it up and tells whoever waits for it, in one transaction.
async fn after_failure(app: &Parts, effect: &Claimed, e: &JobError) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = app.db.urgent().begin().await?;
    let due = now.plus_ms(retry_ms(effect));
    let in_time = effect.expires_at.map_or(effect.attempts < MAX_ATTEMPTS, |t| due < t);
    if let (JobError::Retry(why), true) = (e, in_time) {
        tracing::warn!(effect_id = %effect.id, kind = %effect.kind, attempts = effect.attempts, error = %why, "an effect failed and is tried again");
        if effect.kind == "fax_fetch" {
            faxes::trouble(&mut tx, effect, why, now).await?;
        }
        outbox::put_off(&mut tx, &effect.id, why, due).await?;
        return Ok(tx.commit().await?);
    }
    let why = e.to_string();
    let mut after = After::default();
    if outbox::park(&mut tx, &effect.id, &why, now).await? {
        tracing::error!(effect_id = %effect.id, kind = %effect.kind, attempts = effect.attempts, error = %why, "an effect is given up");
        match effect.kind.as_str() {
            "command" => commands::failed(app, &mut tx, effect, &mut after).await?,
            "checkout" => links::checkout_failed(app, &mut tx, effect, &mut after).await?,
            "text" => texts::failed(app, &mut tx, effect, &why, &mut after).await?,
            "fax_fetch" => faxes::fetch_failed(&mut tx, effect, &why, now).await?,
            _ => {}
        }
    }
    tx.commit().await?;
    after.tell(app);
    Ok(())
}

/// A caller hears silence while a command waits; a fax can wait for minutes.
fn retry_ms(effect: &Claimed) -> i64 {
    match effect.kind.as_str() {
        "command" => (200 * effect.attempts).min(1000),
        "checkout" | "text" => delay_ms(effect.attempts).min(30_000),
        _ => delay_ms(effect.attempts),
    }
}

/// The kind as metric label: one of a fixed set.
fn kind(effect: &Claimed) -> &'static str {
    match effect.kind.as_str() {
        "command" => "command",
        "checkout" => "checkout",
        "text" => "text",
        "fax_fetch" => "fax_fetch",
        "fax_enqueue" => "fax_enqueue",
        _ => "unknown",
    }
}
