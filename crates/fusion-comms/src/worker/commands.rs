//! Call commands: sent in order, tried for a few seconds, and their outcome told to the machine.

use fusion_comms_core::ids::CallControlId;
use fusion_comms_core::ivr::{CallEvent, CommandKind, Failure};
use serde::Deserialize;

use super::calls::{self, After};
use super::error::JobError;
use crate::app::Parts;
use crate::store::{Tx, calls as stored_calls, outbox};
use crate::telnyx::Class;

#[derive(Deserialize)]
struct Frozen {
    call: CallControlId,
    action: String,
    body: String,
    step: u32,
    command: CommandKind,
}

/// Sends one command, unless the call has moved on since it was decided.
pub(super) async fn send(app: &Parts, effect: &outbox::Claimed) -> Result<(), JobError> {
    let frozen = read(effect)?;
    let db = app.db.urgent();
    let present = stored_calls::present(&db, &frozen.call).await?;
    if !present.is_some_and(|call| call.still_wants(frozen.command, frozen.step)) {
        let mut tx = db.begin().await?;
        outbox::mark_done(&mut tx, &effect.id, app.clock.now()).await?;
        return Ok(tx.commit().await?);
    }
    match app.telnyx.command(&frozen.call, &frozen.action, &frozen.body).await {
        Ok(()) => {
            let event = CallEvent::CommandAccepted { step: frozen.step, kind: frozen.command };
            outcome(app, effect, &frozen, event).await
        }
        Err(e) => match e.class() {
            Class::CallEnded => {
                let event = failed_event(&frozen, Failure::CallEnded);
                outcome(app, effect, &frozen, event).await
            }
            Class::Retry | Class::NotAnswered => Err(JobError::Retry(e.to_string())),
            Class::AudioFailed | Class::GiveUp | Class::OptedOut => Err(JobError::GiveUp(e.to_string())),
        },
    }
}

/// Applies the answer and marks the effect as done, in one transaction.
async fn outcome(
    app: &Parts,
    effect: &outbox::Claimed,
    frozen: &Frozen,
    event: CallEvent,
) -> Result<(), JobError> {
    let mut tx = app.db.urgent().begin().await?;
    let now = app.clock.now();
    let mut after = After::of_call();
    if outbox::mark_done(&mut tx, &effect.id, now).await?
        && let Some(stored) = stored_calls::lock(&mut tx, &frozen.call).await?
    {
        calls::advance(app, &mut tx, stored, &effect.id, event, now, &mut after).await?;
    }
    tx.commit().await?;
    after.tell(app);
    Ok(())
}

/// The command is given up: the machine leads the caller on.
pub(super) async fn failed(
    app: &Parts,
    tx: &mut Tx,
    effect: &outbox::Claimed,
    after: &mut After,
) -> Result<(), JobError> {
    let frozen = read(effect)?;
    if let Some(stored) = stored_calls::lock(tx, &frozen.call).await? {
        let event = failed_event(&frozen, Failure::Refused);
        calls::advance(app, tx, stored, &effect.id, event, app.clock.now(), after).await?;
    }
    Ok(())
}

fn failed_event(frozen: &Frozen, failure: Failure) -> CallEvent {
    CallEvent::CommandFailed { step: frozen.step, kind: frozen.command, failure }
}

fn read(effect: &outbox::Claimed) -> Result<Frozen, JobError> {
    serde_json::from_value(effect.payload.clone())
        .map_err(|_| JobError::GiveUp("the frozen command cannot be read".to_owned()))
}
