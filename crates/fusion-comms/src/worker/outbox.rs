//! Does what the outbox owes: one effect at a time per worker, its answer applied in one transaction.

use super::calls::After;
use super::error::{JobError, MAX_ATTEMPTS, delay_ms, guarded};
use super::{bills, commands, expiries, faxes, links, texts};
use crate::app::Parts;
use crate::metrics;
use crate::store::outbox::{self, Claimed, Lane};
use crate::store::{Db, Tx};
use crate::traces::{self, Told};
use fusion_comms_core::time::Timestamp;

/// Seconds that a claim lasts: longer than the longest try of any effect of the lane, and no longer, since a caller
/// waits it out where a process died and none of its name comes back.
fn lease_s(lane: Lane) -> i64 {
    match lane {
        Lane::Voice => 6,
        Lane::Link | Lane::Sms => 20,
        Lane::Fax => 180,
    }
}

/// Callers' connections for what a caller waits for.
fn db_of(app: &Parts, lane: Lane) -> Db {
    if matches!(lane, Lane::Voice | Lane::Link) { app.db.urgent() } else { app.db.clone() }
}

/// Claims and does one effect of a lane. False where there was none.
pub async fn work_one(app: &Parts, lane: Lane) -> bool {
    let now = app.clock.now();
    let db = db_of(app, lane);
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
    let tell = |done: &Result<(), JobError>| Told {
        attributes: vec![("effect_id", effect.id.clone()), ("attempt", effect.attempts.to_string())],
        failed: done.as_ref().err().map(ToString::to_string),
    };
    let name = format!("effect {}", kind(&effect));
    if let Err(e) = traces::within(effect.trace, name, tell, guarded(attempt(app, &db, &effect))).await {
        metrics::effect_failed(kind(&effect));
        if let Err(e) = guarded(after_failure(app, &db, &effect, &e)).await {
            // Its lease runs out, and it is tried again.
            tracing::warn!(effect_id = %effect.id, error = %e, "a failed effect could not be put off");
        }
    }
    true
}

async fn attempt(app: &Parts, db: &Db, effect: &Claimed) -> Result<(), JobError> {
    if effect.expires_at.is_some_and(|t| t <= app.clock.now()) {
        return Err(JobError::GiveUp("its time is over".to_owned()));
    }
    if effect.expires_at.is_none() && effect.attempts > MAX_ATTEMPTS {
        return Err(JobError::GiveUp("it ended the program's work too often".to_owned()));
    }
    match effect.kind.as_str() {
        "command" => commands::send(app, effect).await,
        "bill" => bills::begin(app, effect).await,
        "checkout" => links::checkout(app, effect).await,
        "expire_session" => expiries::expire(app, effect).await,
        "text" => texts::send(app, db, effect).await,
        "fax_fetch" => faxes::fetch(app, effect).await,
        "fax_enqueue" => faxes::enqueue(app, effect).await,
        _ => Err(JobError::GiveUp("an effect of a kind that this program does not know".to_owned())),
    }
}

/// Puts the effect off, or gives it up and tells whoever waits for it, in one transaction.
async fn after_failure(app: &Parts, db: &Db, effect: &Claimed, e: &JobError) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = db.begin().await?;
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
        if let Err(e) = tell(app, &mut tx, effect, &why, &mut after).await {
            return park_untold(db, effect, tx, &why, e, now).await;
        }
    }
    tx.commit().await?;
    after.tell(app);
    Ok(())
}

/// Tells whoever waits for the effect that it will not come.
async fn tell(
    app: &Parts,
    tx: &mut Tx,
    effect: &Claimed,
    why: &str,
    after: &mut After,
) -> Result<(), JobError> {
    let now = app.clock.now();
    match effect.kind.as_str() {
        "command" => commands::failed(app, tx, effect, after).await,
        "checkout" => links::checkout_failed(app, tx, effect, why, after).await,
        "bill" => bills::failed(tx, effect, why, now).await,
        "text" => texts::failed(app, tx, effect, why, after).await,
        "fax_fetch" => faxes::fetch_failed(tx, effect, why, now).await,
        "fax_enqueue" => faxes::trouble(tx, effect, why, now).await,
        _ => Ok(()),
    }
}

/// Whoever waits cannot be told, since the row that names them cannot be read: parked all the same, or it would come
/// back for ever and stand before all that follows it. What fails for a moment only is tried again whole.
async fn park_untold(
    db: &Db,
    effect: &Claimed,
    tx: Tx,
    why: &str,
    e: JobError,
    now: Timestamp,
) -> Result<(), JobError> {
    drop(tx);
    if matches!(e, JobError::Retry(_)) && effect.attempts <= 2 * MAX_ATTEMPTS {
        return Err(e);
    }
    tracing::error!(effect_id = %effect.id, error = %e, "nobody could be told that this effect is given up");
    let mut tx = db.begin().await?;
    outbox::park(&mut tx, &effect.id, why, now).await?;
    Ok(tx.commit().await?)
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
        "bill" => "bill",
        "checkout" => "checkout",
        "expire_session" => "expire_session",
        "text" => "text",
        "fax_fetch" => "fax_fetch",
        "fax_enqueue" => "fax_enqueue",
        _ => "unknown",
    }
}
