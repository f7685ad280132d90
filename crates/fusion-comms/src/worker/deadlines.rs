//! Waits that are over: each leads the call on, so that no state leaves a caller in silence.

use fusion_comms_core::ids::{CallControlId, derived_id};
use fusion_comms_core::ivr::CallEvent;
use fusion_comms_core::time::Timestamp;

use super::calls::{self, After};
use super::error::{JobError, guarded};
use crate::app::Parts;
use crate::store::Tx;
use crate::store::calls::{self as stored_calls, StoredCall};
use crate::traces::{self, Context, Told};

/// Calls led on in one round.
const ROUND: i64 = 50;
/// Milliseconds that a wait which is over stands behind stored events of its call.
const BEHIND_EVENTS_MS: i64 = 10_000;
/// Milliseconds until a call is tried again that could not be led on.
const AGAIN_MS: i64 = 5_000;

/// Leads on every call whose wait is over; returns how many there were.
pub async fn work(app: &Parts) -> usize {
    let due = match stored_calls::overdue(&app.db.urgent(), app.clock.now(), BEHIND_EVENTS_MS, ROUND).await {
        Ok(due) => due,
        Err(e) => {
            tracing::warn!(error = %e, "waits that are over could not be read");
            return 0;
        }
    };
    for id in &due {
        if let Err(e) = guarded(lead_on(app, id)).await {
            tracing::warn!(call_control_id = %id, error = %e, "a wait that is over could not lead on");
            if let Err(e) = put_off(app, id).await {
                tracing::warn!(call_control_id = %id, error = %e, "nor be put off");
            }
        }
    }
    due.len()
}

/// One call in trouble must not stand before all others.
async fn put_off(app: &Parts, id: &CallControlId) -> Result<(), JobError> {
    let mut tx = app.db.urgent().begin().await?;
    let now = app.clock.now();
    stored_calls::put_off_deadline(&mut tx, id, now.plus_ms(AGAIN_MS), now).await?;
    Ok(tx.commit().await?)
}

async fn lead_on(app: &Parts, id: &CallControlId) -> Result<(), JobError> {
    let mut tx = app.db.urgent().begin().await?;
    let now = app.clock.now();
    let Some(stored) = stored_calls::lock(&mut tx, id).await? else { return Ok(()) };
    if stored.deadline_at.is_none_or(|t| t > now) {
        return Ok(());
    }
    let parent = Context::of_work(stored.session.as_deref().unwrap_or(id.as_str()));
    let tell = |done: &Result<After, JobError>| Told {
        attributes: vec![("call_control_id", id.to_string())],
        failed: done.as_ref().err().map(ToString::to_string),
    };
    let after =
        traces::within(parent, "wait over".to_owned(), tell, step_on(app, tx, id, stored, now)).await?;
    after.tell(app);
    Ok(())
}

async fn step_on(
    app: &Parts,
    mut tx: Tx,
    id: &CallControlId,
    stored: StoredCall,
    now: Timestamp,
) -> Result<After, JobError> {
    let step = stored.call.step;
    let cause = derived_id(id.as_str(), &format!("deadline {step}")).to_string();
    let mut after = After::of_call();
    let call =
        calls::advance(app, &mut tx, stored, &cause, CallEvent::DeadlinePassed { step }, now, &mut after)
            .await?;
    if call.step == step && call.wait_ms().is_some() {
        // The machine has no exit for this wait: better to look again later than to spin.
        stored_calls::save(&mut tx, id, &call, Some(now.plus_s(60)), now).await?;
    }
    tx.commit().await?;
    Ok(after)
}
