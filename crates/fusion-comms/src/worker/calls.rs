//! Calls: an event, an answer or a deadline goes through the machine, and what it decides is written in one transaction.

use std::collections::BTreeSet;

use fusion_comms_core::effect::{Command, Effect};
use fusion_comms_core::envelope::{self, Direction, VoiceEvent, VoiceKind};
use fusion_comms_core::ids::{CallControlId, TenantId, derived_id};
use fusion_comms_core::ivr::{self, Call, CallEvent, LinkAnswer, Phase, Prompt, State};
use fusion_comms_core::phone::E164;
use fusion_comms_core::story::why::{self, Why};
use fusion_comms_core::time::Timestamp;
use serde_json::json;

use super::call_tables::{answer, dialled, surroundings};
use super::error::JobError;
use super::links;
use crate::app::Parts;
use crate::store::calls::{NewCall, StoredCall};
use crate::store::ledger::{self, Source};
use crate::store::{Tx, calls, inbox, outbox, tasks};
use crate::{logs, metrics};

/// Milliseconds that a call command is tried for; then its failure is told to the machine.
const COMMAND_BUDGET_MS: i64 = 12_000;
/// The same for the words before a transfer: they must not use up the time of the transfer behind them.
const TRANSFER_PROMPT_BUDGET_MS: i64 = 3_000;
/// Deliveries of an event whose call is not known (yet) before it is taken as of no call of ours.
const WAIT_FOR_CALL: i64 = 4;

/// What is told only once the transaction has committed.
#[derive(Debug, Default)]
pub struct After {
    entered: Vec<(CallControlId, Option<TenantId>, State)>,
    opted_out: Vec<(TenantId, E164)>,
    transfers_failed: Vec<(CallControlId, Option<TenantId>)>,
    prompts_failed: Vec<Prompt>,
    /// The lanes in which something was written; without, it may be any.
    owed: Option<BTreeSet<outbox::Lane>>,
}

impl After {
    /// For a step of a call, which says what it owes: no worker looks for nothing while callers wait.
    pub fn of_call() -> Self {
        Self { owed: Some(BTreeSet::new()), ..Self::default() }
    }

    fn owe(&mut self, lane: outbox::Lane) {
        if let Some(lanes) = &mut self.owed {
            lanes.insert(lane);
        }
    }

    pub fn tell(&self, app: &Parts) {
        for (call, tenant, state) in &self.entered {
            logs::ivr_state(call, tenant.as_ref(), state.as_str());
            metrics::ivr_entered(state.as_str());
        }
        for (tenant, phone) in &self.opted_out {
            logs::sms_opt_out(tenant, phone, Source::Call.as_str(), None);
            metrics::opted_out();
        }
        for (call, tenant) in &self.transfers_failed {
            logs::ivr_transfer_failed(call, tenant.as_ref());
            metrics::ivr_transfer_failed();
        }
        self.prompts_failed.iter().for_each(|p| metrics::prompt_failed(p.name()));
        match &self.owed {
            None => app.wake.effects(),
            Some(lanes) => lanes.iter().for_each(|lane| app.wake.outbox(*lane).notify_one()),
        }
    }
}

/// Why a call steps: the id of an event, a deadline or an answered effect.
#[derive(Clone, Copy, Debug)]
pub struct Cause<'a> {
    pub id: &'a str,
    /// When it happened, if that is so long ago that nobody is on the line: then no command is given.
    pub late: Option<Timestamp>,
}

impl<'a> From<&'a String> for Cause<'a> {
    fn from(id: &'a String) -> Self {
        Self { id, late: None }
    }
}

impl<'a> From<&'a str> for Cause<'a> {
    fn from(id: &'a str) -> Self {
        Self { id, late: None }
    }
}

/// What a voice event came to.
pub struct Handled {
    pub tenant: Option<TenantId>,
    pub after: After,
}

/// Applies one voice event within the transaction that marks it as done.
pub async fn handle(
    app: &Parts,
    tx: &mut Tx,
    cause: Cause<'_>,
    event: &VoiceEvent,
    attempts: i64,
    now: Timestamp,
) -> Result<Handled, JobError> {
    if event.kind == VoiceKind::Initiated {
        return initiated(app, tx, cause, event, now).await;
    }
    let nothing = Handled { tenant: None, after: After::of_call() };
    let (stored, second_leg) = match calls::lock(tx, &event.call).await? {
        Some(stored) => (stored, false),
        None => match first_leg(tx, event).await? {
            Some(stored) => (stored, true),
            None if event.direction == Some(Direction::Outgoing)
                || event.kind == VoiceKind::Informational =>
            {
                return Ok(nothing);
            }
            None if attempts < WAIT_FOR_CALL => {
                return Err(JobError::Retry("no call of this id yet".to_owned()));
            }
            None => return Ok(nothing),
        },
    };
    let tenant = stored.tenant.clone();
    let Some(call_event) = translate(event, second_leg) else { return Ok(Handled { tenant, ..nothing }) };
    if cause.late.is_some() {
        note_late(tx, &stored, &call_event, now).await?;
    }
    let mut after = After::of_call();
    advance(app, tx, stored, cause, call_event, now, &mut after).await?;
    Ok(Handled { tenant, after })
}

/// `call.initiated`: makes the call's row and answers it, unless it is the second leg of a transfer.
async fn initiated(
    app: &Parts,
    tx: &mut Tx,
    cause: Cause<'_>,
    event: &VoiceEvent,
    now: Timestamp,
) -> Result<Handled, JobError> {
    let nothing = Handled { tenant: None, after: After::of_call() };
    if event.direction == Some(Direction::Outgoing) || first_leg(tx, event).await?.is_some() {
        return Ok(nothing);
    }
    let tenant = dialled(tx, event.to.expose()).await?.map(|n| n.tenant);
    let (mut call, mut effects) = ivr::ring(tenant.is_some());
    if cause.late.is_some() {
        // Nobody is answered hours later: the row says that there was a call, and that it is over.
        call = Call { state: State::Done, phase: Phase::Ended, ..call };
        effects.clear();
    }
    let new = NewCall {
        id: &event.call,
        tenant: tenant.as_ref(),
        from_phone: event.from.expose(),
        to_phone: event.to.expose(),
        session: event.session.as_deref(),
        call: &call,
        deadline_at: call.wait_ms().map(|ms| now.plus_ms(ms)),
    };
    let mut after = After::of_call();
    if calls::insert(tx, &new, now).await? {
        calls::record_step(tx, &event.call, cause.id, None, call.state, now).await?;
        after.entered.push((event.call.clone(), tenant.clone(), call.state));
        let stored = calls::lock(tx, &event.call)
            .await?
            .ok_or_else(|| JobError::Retry("the call's row has gone".to_owned()))?;
        perform(app, tx, &stored, &call, cause, effects, now, &mut after, &mut Vec::new()).await?;
    }
    Ok(Handled { tenant, after })
}

/// A call whose events come long after: whether anybody had answered it is noted, and if nobody had, a person of the agency
/// is asked to call back when its hang-up is known.
async fn note_late(
    tx: &mut Tx,
    stored: &StoredCall,
    event: &CallEvent,
    now: Timestamp,
) -> Result<(), JobError> {
    let (state, answered) = (stored.call.state, derived_id(stored.id.as_str(), "answered").to_string());
    if *event == CallEvent::Answered {
        calls::record_step(tx, &stored.id, &answered, Some(state), state, now).await?;
    } else if *event == CallEvent::Hangup
        && stored.tenant.is_some()
        && stored.call.step == 1
        && !calls::has_step(&mut *tx, &stored.id, &answered).await?
    {
        let kind = tasks::Kind::CallBack;
        tasks::open(tx, stored.tenant.as_ref(), kind, stored.id.as_str(), now).await?;
    }
    Ok(())
}

/// The caller's leg, where this event belongs to the other leg of its session.
async fn first_leg(tx: &mut Tx, event: &VoiceEvent) -> Result<Option<StoredCall>, JobError> {
    let Some(session) = &event.session else { return Ok(None) };
    let Some(id) = calls::of_session(&mut *tx, session).await? else { return Ok(None) };
    if id == event.call { Ok(None) } else { Ok(calls::lock(tx, &id).await?) }
}

fn translate(event: &VoiceEvent, second_leg: bool) -> Option<CallEvent> {
    let step = envelope::our_step(event.client_state.as_deref());
    Some(match (&event.kind, second_leg) {
        (VoiceKind::Bridged, _) => CallEvent::Bridged,
        (VoiceKind::Hangup { cause }, true) => CallEvent::SecondLegEnded { cause: cause.clone() },
        (VoiceKind::Hangup { .. }, false) => CallEvent::Hangup,
        (VoiceKind::Answered, false) => CallEvent::Answered,
        (VoiceKind::GatherEnded { status, digits, pound_alone }, false) => CallEvent::GatherEnded {
            step,
            status: *status,
            digits: digits.clone(),
            pound_alone: *pound_alone,
        },
        (VoiceKind::PlaybackEnded { status, prompt }, false) => {
            CallEvent::PlaybackEnded { step, prompt: *prompt, status: *status }
        }
        (VoiceKind::SpeakEnded, false) => {
            CallEvent::PlaybackEnded { step, prompt: None, status: envelope::PlaybackStatus::Ended }
        }
        _ => return None,
    })
}

/// Steps the machine by one cause, once: a cause that was applied before changes nothing and repeats nothing.
pub async fn advance<'a>(
    app: &Parts,
    tx: &mut Tx,
    stored: StoredCall,
    cause: impl Into<Cause<'a>>,
    event: CallEvent,
    now: Timestamp,
    after: &mut After,
) -> Result<Call, JobError> {
    let cause = cause.into();
    let around = surroundings(tx, &stored, now).await?;
    let before = stored.call.clone();
    let mut answered = Vec::new();
    let (mut call, mut effects) = ivr::step(before.clone(), &event, &around);
    // What our own tables can answer is answered here, and the machine steps again.
    while let Some(at) = effects.iter().position(|e| matches!(e, Effect::Ask(_))) {
        let Effect::Ask(question) = effects.remove(at) else { continue };
        let answer = answer(tx, &stored, question, cause.id, now, &mut answered).await?;
        let (next, more) = ivr::step(call, &answer, &around);
        call = next;
        effects.extend(more);
    }
    if !calls::record_step(tx, &stored.id, cause.id, Some(before.state), call.state, now).await? {
        return Ok(before);
    }
    let mut whys = why::of_step(&before, &event, &call, &effects, &answered);
    let call = perform(app, tx, &stored, &call, cause, effects, now, after, &mut whys).await?;
    calls::explain_step(tx, &stored.id, cause.id, &whys).await?;
    if before.state != call.state {
        after.entered.push((stored.id.clone(), stored.tenant.clone(), call.state));
        if call.state == State::Done {
            clear_parked_digits(tx, stored.session.as_deref().unwrap_or(stored.id.as_str())).await?;
        }
    }
    // A wait runs from its start, and anew from when Telnyx takes the command that it waits upon.
    let taken = matches!(event, CallEvent::CommandAccepted { step, kind } if step == call.step && call.waits_for(kind));
    let same_wait = call.step == before.step && call.phase == before.phase && !taken;
    let deadline_at = if same_wait { stored.deadline_at } else { call.wait_ms().map(|ms| now.plus_ms(ms)) };
    calls::save(tx, &stored.id, &call, deadline_at, now).await?;
    Ok(call)
}

/// Writes the effects of one step. A link that cannot even be asked for is told to the machine at once.
#[expect(clippy::too_many_arguments, reason = "the step's context; a struct of it would be used here only")]
async fn perform(
    app: &Parts,
    tx: &mut Tx,
    stored: &StoredCall,
    call: &Call,
    cause: Cause<'_>,
    effects: Vec<Effect>,
    now: Timestamp,
    after: &mut After,
    whys: &mut Vec<Why>,
) -> Result<Call, JobError> {
    let mut call = call.clone();
    let mut effects = std::collections::VecDeque::from(effects);
    let mut place = 0;
    while let Some(effect) = effects.pop_front() {
        match effect {
            Effect::Command(_) if cause.late.is_some() => {}
            Effect::Command(command) => {
                let new = command_effect(app, stored, &call, cause.id, place, &command, now);
                outbox::push(tx, &new, now).await?;
                after.owe(outbox::Lane::Voice);
                place += 1;
            }
            Effect::SendLink { statement, phone } => {
                after.owe(outbox::Lane::Link);
                if let Some(why) = links::ask(app, tx, stored, &statement, &phone, cause, now).await? {
                    whys.push(why);
                    let around = surroundings(tx, stored, now).await?;
                    let (next, more) = ivr::step(call, &CallEvent::Link(LinkAnswer::Refused), &around);
                    call = next;
                    effects.extend(more);
                }
            }
            Effect::OptOut(phone) => {
                if opt_out(tx, stored, &phone, cause.late.unwrap_or(now)).await?
                    && let Some(tenant) = &stored.tenant
                {
                    after.opted_out.push((tenant.clone(), phone));
                }
            }
            Effect::TransferFailed => {
                after.transfers_failed.push((stored.id.clone(), stored.tenant.clone()));
                tasks::open(tx, stored.tenant.as_ref(), tasks::Kind::CallBack, stored.id.as_str(), now)
                    .await?;
            }
            Effect::OfficeClosed => {
                tasks::open(tx, stored.tenant.as_ref(), tasks::Kind::CallBack, stored.id.as_str(), now)
                    .await?;
            }
            Effect::PromptFailed(prompt) => after.prompts_failed.push(prompt),
            Effect::Ask(_) => {}
        }
    }
    Ok(call)
}

/// The caller's own word, by the menu's key: the agency that was called texts this number no more. True where the ledger
/// changed.
async fn opt_out(tx: &mut Tx, stored: &StoredCall, phone: &E164, at: Timestamp) -> Result<bool, JobError> {
    let Some(tenant) = &stored.tenant else { return Ok(false) };
    ledger::lock_number(tx, phone).await?;
    ledger::set_context(tx, "caller", Some(&format!("the menu's key in call {}", stored.id))).await?;
    let changed = ledger::put(tx, tenant, phone, Source::Call, at).await?;
    ledger::clear_context(tx).await?;
    Ok(changed)
}

fn command_effect(
    app: &Parts,
    stored: &StoredCall,
    call: &Call,
    cause: &str,
    place: usize,
    command: &Command,
    now: Timestamp,
) -> outbox::NewEffect {
    let id = derived_id(cause, &place.to_string());
    let request = command.request(&app.settings.audio_base, call.step, &id.to_string());
    outbox::NewEffect {
        id,
        lane: outbox::Lane::Voice,
        kind: "command",
        order_key: stored.id.as_str().to_owned(),
        cause_id: cause.to_owned(),
        tenant: stored.tenant.clone(),
        payload: json!({
            "call": stored.id, "action": request.action, "body": request.body, "step": call.step,
            "command": command.command_kind(),
        }),
        expires_at: Some(now.plus_ms(match command {
            Command::Play { prompt: Prompt::Transfer, .. } => TRANSFER_PROMPT_BUDGET_MS,
            _ => COMMAND_BUDGET_MS,
        })),
        held_until: None,
    }
}

/// The digits of gathers that were given up have no more use once the call has ended.
async fn clear_parked_digits(tx: &mut Tx, order_key: &str) -> Result<(), JobError> {
    for (id, mut raw) in inbox::parked_gathers(tx, order_key).await? {
        forget_digits(&mut raw);
        inbox::clear_digits(tx, &id, &raw).await?;
    }
    Ok(())
}

/// Takes the keyed digits out of a stored gather.
pub fn forget_digits(raw: &mut serde_json::Value) {
    if let Some(payload) = raw.pointer_mut("/data/payload").and_then(serde_json::Value::as_object_mut)
        && let Some(digits) = payload.get_mut("digits")
    {
        *digits = serde_json::Value::Null;
    }
}
