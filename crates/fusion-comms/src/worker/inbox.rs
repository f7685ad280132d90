//! Works the inbox: each event once, in one transaction with all that follows from it.

use fusion_comms_core::envelope::{self, TelnyxBody, VoiceKind};
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::ivr::State;

use super::calls::{self, After};
use super::error::{JobError, MAX_ATTEMPTS, delay_ms, guarded};
use super::{faxes, payments, texts};
use crate::app::Parts;
use crate::store::inbox::{self, Claimed, Lane};
use crate::store::{Db, Tx, calls as stored_calls, ledger};
use crate::traces::{self, Context, Told};

use fusion_comms_core::envelope::Channel;

/// Seconds that a claim lasts. Short: a caller may wait for it.
const LEASE_S: i64 = 10;

/// Claims and works one event of a lane. False where there was none.
pub async fn work_one(app: &Parts, lane: Lane) -> bool {
    let now = app.clock.now();
    let db = db_of(app, lane);
    let claimed = match inbox::claim(&db, lane, &app.settings.owner, 1, now, now.plus_s(LEASE_S)).await {
        Ok(claimed) => claimed,
        Err(e) => {
            tracing::warn!(lane = lane.name(), error = %e, "no event could be claimed");
            return false;
        }
    };
    let Some(event) = claimed.into_iter().next() else { return false };
    app.wake.inbox(lane).notify_one();
    let parent = Context::of_event(event.order_key.as_deref(), event.id.as_str());
    let tell = |done: &Result<(), JobError>| Told {
        attributes: vec![("event_id", event.id.to_string()), ("attempt", event.attempts.to_string())],
        failed: done.as_ref().err().map(ToString::to_string),
    };
    let worked =
        traces::within(parent, format!("work {}", lane.name()), tell, guarded(work(app, &db, lane, &event)));
    if let Err(e) = worked.await
        && let Err(e) = guarded(after_failure(app, &db, lane, &event, &e)).await
    {
        tracing::warn!(event_id = %event.id, error = %e, "a failed event could not be put off");
    }
    true
}

fn db_of(app: &Parts, lane: Lane) -> Db {
    if lane == Lane::Telnyx(Channel::Voice) { app.db.urgent() } else { app.db.clone() }
}

async fn work(app: &Parts, db: &Db, lane: Lane, event: &Claimed) -> Result<(), JobError> {
    if event.attempts > MAX_ATTEMPTS {
        return Err(JobError::GiveUp("it ended the program's work too often".to_owned()));
    }
    let mut tx = db.begin().await?;
    let (tenant, after) = match lane {
        Lane::Telnyx(channel) => telnyx(app, &mut tx, channel, event).await?,
        Lane::Stripe => match payments::handle(app, &mut tx, event).await? {
            payments::Handled::Done(tenant) => (tenant, After::default()),
            payments::Handled::Parked(why) => {
                // With the task that tells a person of it, in one commit.
                tracing::error!(event_id = %event.id, error = why, "an event is parked");
                inbox::park(&mut tx, lane, &event.id, why, app.clock.now()).await?;
                return Ok(tx.commit().await?);
            }
        },
    };
    let now = app.clock.now();
    if !inbox::mark_done(&mut tx, lane, &event.id, &app.settings.owner, tenant.as_ref(), now).await? {
        // Another worker has it since: what we did here is rolled back with the transaction.
        return Ok(());
    }
    tx.commit().await?;
    after.tell(app);
    Ok(())
}

async fn telnyx(
    app: &Parts,
    tx: &mut Tx,
    channel: Channel,
    event: &Claimed,
) -> Result<(Option<TenantId>, After), JobError> {
    let now = app.clock.now();
    let read = envelope::telnyx(channel, &event.raw, b"");
    match &read.body {
        TelnyxBody::Voice(voice) => {
            let handled = calls::handle(app, tx, event.id.as_str(), voice, event.attempts, now).await?;
            clear_digits(tx, event).await?;
            Ok((handled.tenant, handled.after))
        }
        TelnyxBody::TextReceived(text) => {
            let tenant = texts::received(app, tx, &event.id, text, event.received_at, now).await?;
            Ok((tenant, After::default()))
        }
        TelnyxBody::TextStatus(status) => {
            texts::status(tx, status, event.attempts, now).await?;
            Ok((None, After::default()))
        }
        TelnyxBody::Fax(fax) => Ok((faxes::handle(tx, event, fax, now).await?, After::default())),
        TelnyxBody::Other => {
            clear_digits(tx, event).await?;
            Ok((None, After::of_call()))
        }
    }
}

/// The digits of a gather have done their work, on whatever route it came.
async fn clear_digits(tx: &mut Tx, event: &Claimed) -> Result<(), JobError> {
    if event.raw.pointer("/data/event_type").is_none_or(|t| t != "call.gather.ended") {
        return Ok(());
    }
    let mut raw = event.raw.clone();
    calls::forget_digits(&mut raw);
    Ok(inbox::clear_digits(tx, &event.id, &raw).await?)
}

/// Puts the event off with a growing delay, or parks it for a person.
async fn after_failure(
    app: &Parts,
    db: &Db,
    lane: Lane,
    event: &Claimed,
    e: &JobError,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let why = e.to_string();
    let mut tx = db.begin().await?;
    let carries_opt_out = !ledger::pending_of(&mut tx, &event.id).await?.is_empty();
    if (matches!(e, JobError::Retry(_)) && event.attempts < MAX_ATTEMPTS) || carries_opt_out {
        tracing::warn!(event_id = %event.id, attempts = event.attempts, error = %why, "an event failed and is tried again");
        inbox::put_off(&mut tx, lane, &event.id, &why, now.plus_ms(delay_ms(event.attempts))).await?;
        return Ok(tx.commit().await?);
    }
    tracing::error!(event_id = %event.id, attempts = event.attempts, error = %why, "an event is parked");
    inbox::park(&mut tx, lane, &event.id, &why, now).await?;
    if gather_of_a_call_that_ended(&mut tx, lane, event).await? {
        clear_digits(&mut tx, event).await?;
    }
    Ok(tx.commit().await?)
}

/// Whether the digits of a parked gather have no more use.
async fn gather_of_a_call_that_ended(tx: &mut Tx, lane: Lane, event: &Claimed) -> Result<bool, JobError> {
    let Lane::Telnyx(channel) = lane else { return Ok(false) };
    let TelnyxBody::Voice(voice) = envelope::telnyx(channel, &event.raw, b"").body else { return Ok(true) };
    if !matches!(voice.kind, VoiceKind::GatherEnded { .. }) {
        return Ok(false);
    }
    // A call that cannot be read will not gather any more either.
    let call = stored_calls::lock(tx, &voice.call).await;
    Ok(call.map_or(true, |c| c.is_none_or(|c| c.call.state == State::Done)))
}
