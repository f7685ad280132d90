//! Texts: what a person writes to us, what we answer, and how an outbound text leaves.

use fusion_comms_core::envelope::{TextReceived, TextStatus};
use fusion_comms_core::ids::{EventId, MessageId, TenantId, derived_id};
use fusion_comms_core::ivr::LinkAnswer;
use fusion_comms_core::phone::E164;
use fusion_comms_core::redact;
use fusion_comms_core::sms::decide::{Consent, ReplyKind};
use fusion_comms_core::sms::{self, Label, Language};
use fusion_comms_core::time::Timestamp;

use super::calls::After;
use super::error::{JobError, MAX_ATTEMPTS};
use super::links;
use crate::app::Parts;
use crate::gate::{self, Handed};
use crate::store::ledger::{self, Source};
use crate::store::messages::{self, Applied, Class, Inbound, Outbound};
use crate::store::tenants::{Purpose, Tenant};
use crate::store::{Db, Tx, billing, consents, outbox, tasks, tenants};
use crate::telnyx;
use crate::{logs, metrics, provider, wording};

/// Milliseconds in which the one confirmation of an opt-out may leave: within five minutes it counts as expected.
const CONFIRM_MS: i64 = 5 * 60 * 1000;
/// Milliseconds in which any other answer may leave.
const ANSWER_MS: i64 = 60 * 60 * 1000;
/// Why an answer that waited that long is not sent.
const ANSWERED_LATE: &str = "it could not leave within an hour of the text that it answers";
/// Answers to HELP in an hour, for one person and number.
const HELP_AN_HOUR: i64 = 3;
/// Deliveries of a status whose text is not known (yet) before it is taken as of no text of ours.
const WAIT_FOR_TEXT: i64 = MAX_ATTEMPTS - 1;

/// A text from a person: kept, read, and answered where an answer is due.
pub(super) async fn received(
    app: &Parts,
    tx: &mut Tx,
    event: &EventId,
    text: &TextReceived,
    received_at: Timestamp,
    now: Timestamp,
) -> Result<Option<TenantId>, JobError> {
    write_pending(tx, event).await?;
    let reading = sms::read(&text.text);
    let (person, number) = (text.from.e164(), text.to.e164());
    let network_answers = number.as_ref().is_some_and(|n| sms::decide::network_answers(n, &text.text));
    let answer = sms::decide::answer(&reading, text.autoresponse, network_answers);
    let agency = match (&person, &number) {
        (Some(p), Some(n)) => speaks_for(tx, p, n).await?,
        _ => None,
    };
    let tenant = agency.as_ref().map(|a| a.id.clone());
    let id = MessageId::new(text.message_id.as_str());
    let inbound = Inbound {
        id: &id,
        tenant: tenant.as_ref(),
        from: text.from.expose().unwrap_or_default(),
        to: text.to.expose().unwrap_or_default(),
        body: &redact::mask_text(&text.text),
        label: reading.label.as_str(),
        rule: reading.rule,
        review: reading.review,
        cause_id: event.as_str(),
        received_at: text.received_at.unwrap_or(received_at).min(received_at),
    };
    if messages::insert_inbound(tx, &inbound, now).await? {
        metrics::text_reached("received");
    }
    if answer.consent == Consent::OptIn
        && let Some(person) = &person
    {
        lift(
            app,
            tx,
            event,
            person,
            number.as_ref(),
            text.received_at.unwrap_or(received_at).min(received_at),
        )
        .await?;
        if let Some(agency) = &agency {
            let given_at = text.received_at.unwrap_or(received_at).min(received_at);
            consents::add(tx, &consent_by_start(event, &agency.id, person, given_at), now).await?;
        }
    }
    if reading.is_wrong_number()
        && let (Some(person), Some(number)) = (&person, &number)
    {
        for tenant in ledger::agencies_of(tx, person, Some(number), &app.settings.default_number).await? {
            billing::detach_number(tx, &tenant, person, now).await?;
        }
    }
    if reading.emergency {
        tasks::open(tx, tenant.as_ref(), tasks::Kind::Emergency, id.as_str(), now).await?;
    }
    let unread_stop = answer.consent == Consent::OptOut && person.is_none();
    if (reading.label == Label::None && answer.consent != Consent::OptOut) || reading.review || unread_stop {
        tasks::open(tx, tenant.as_ref(), tasks::Kind::TextToRead, id.as_str(), now).await?;
    }
    if let (Some(kind), Some(person), Some(number)) = (answer.reply, person, number) {
        let asked_at = text.received_at.unwrap_or(received_at).min(received_at);
        let times = Times { received_at, asked_at, now };
        reply(app, tx, event, kind, reading.language, agency.as_ref(), &person, &number, &times).await?;
    }
    Ok(tenant)
}

/// An opt-out that could not be written at receipt, since somebody held its row, is written now.
async fn write_pending(tx: &mut Tx, event: &EventId) -> Result<(), JobError> {
    for o in ledger::pending_of(tx, event).await? {
        ledger::lock_number(tx, &o.phone).await?;
    }
    // Read again under the locks: a START may have lifted some of it meanwhile.
    let pending = ledger::pending_of(tx, event).await?;
    if pending.is_empty() {
        return Ok(());
    }
    for o in &pending {
        ledger::set_context(tx, "text", Some(event.as_str())).await?;
        ledger::put(tx, &o.tenant, &o.phone, Source::SmsStop, o.opted_out_at).await?;
    }
    ledger::clear_context(tx).await?;
    Ok(ledger::set_pending(tx, event, &[]).await?)
}

async fn lift(
    app: &Parts,
    tx: &mut Tx,
    event: &EventId,
    person: &E164,
    number: Option<&E164>,
    started_at: Timestamp,
) -> Result<(), JobError> {
    ledger::lock_number(tx, person).await?;
    ledger::set_context(tx, "text", Some(event.as_str())).await?;
    for tenant in ledger::agencies_of(tx, person, number, &app.settings.default_number).await? {
        ledger::lift_by_start(tx, &tenant, person, started_at).await?;
    }
    ledger::lift_by_start(tx, &TenantId::unassigned(), person, started_at).await?;
    Ok(ledger::clear_context(tx).await?)
}

/// A START is consent to texts of the agency in whose name it is answered, and of no other.
fn consent_by_start<'a>(
    event: &'a EventId,
    tenant: &'a TenantId,
    person: &'a E164,
    given_at: Timestamp,
) -> consents::New<'a> {
    consents::New {
        id: event.as_str(),
        tenant,
        phone: person,
        given_at,
        source: consents::Source::StartText,
        evidence: event.as_str(),
        actor: "text",
    }
}

/// The agency in whose name we answer: the one that last texted this person from this number, else the number's only one.
async fn speaks_for(tx: &mut Tx, person: &E164, number: &E164) -> Result<Option<Tenant>, JobError> {
    let id = match messages::last_agency(tx, person, number).await? {
        Some(id) => Some(id),
        None => {
            let mut owners = tenants::of_number(&mut *tx, number, Purpose::Sms).await?;
            if owners.len() == 1 { owners.pop().map(|n| n.tenant) } else { None }
        }
    };
    match id {
        Some(id) => Ok(tenants::get(&mut *tx, &id).await?),
        None => Ok(None),
    }
}

/// When a text came that is answered.
struct Times {
    /// To us: an answer that leaves too long after it is not sent.
    received_at: Timestamp,
    /// To Telnyx: a STOP after it takes the answer back.
    asked_at: Timestamp,
    now: Timestamp,
}

#[expect(
    clippy::too_many_arguments,
    reason = "who, to whom, from where, what and when: all of it decides the text"
)]
async fn reply(
    app: &Parts,
    tx: &mut Tx,
    event: &EventId,
    kind: ReplyKind,
    language: Language,
    tenant: Option<&Tenant>,
    person: &E164,
    number: &E164,
    &Times { received_at, asked_at, now }: &Times,
) -> Result<(), JobError> {
    let (class, expires_at, too_late) = match kind {
        ReplyKind::StopConfirmation => (
            Class::StopConfirmation,
            received_at.plus_ms(CONFIRM_MS),
            "it could not leave within five minutes of the STOP's receipt",
        ),
        ReplyKind::Help => (Class::Help, received_at.plus_ms(ANSWER_MS), ANSWERED_LATE),
        ReplyKind::StartConfirmation => {
            (Class::StartConfirmation, received_at.plus_ms(ANSWER_MS), ANSWERED_LATE)
        }
    };
    let withheld =
        if now >= expires_at { Some(too_late) } else { too_often(tx, person, number, class, now).await? };
    let body = wording::reply(tx, tenant, kind, language).await?;
    let profile =
        tenant.and_then(|t| t.messaging_profile.as_deref()).unwrap_or(&app.settings.default_profile);
    let text = Outbound {
        id: message_id(event.as_str(), "reply"),
        tenant: tenant.map(|t| t.id.clone()),
        from: number.clone(),
        to: person.clone(),
        request: telnyx::message_body(number, person, &body, profile),
        body,
        class,
        statement_id: None,
        call: None,
        cause_id: event.as_str().to_owned(),
        asked_at: Some(asked_at),
    };
    match withheld {
        Some(why) => gate::withhold(tx, &text, why, now).await?,
        None => drop(gate::queue(tx, &text, outbox::Lane::Sms, expires_at, now).await?),
    }
    Ok(())
}

/// Why this person gets no answer of this class from this number again so soon.
async fn too_often(
    tx: &mut Tx,
    person: &E164,
    number: &E164,
    class: Class,
    now: Timestamp,
) -> Result<Option<&'static str>, JobError> {
    let (most, within_s, why) = match class {
        Class::StopConfirmation => {
            (1, 24 * 3600, "an opt-out of this number was confirmed in the last 24 hours")
        }
        Class::Help => (HELP_AN_HOUR, 3600, "three answers to HELP went there in the last hour"),
        Class::StartConfirmation | Class::PaymentLink | Class::BillReady => return Ok(None),
    };
    let sent = messages::count_since(tx, person, number, class, now.plus_s(-within_s)).await?;
    Ok((sent >= most).then_some(why))
}

/// `message.sent` and `message.finalized`: moves the text on, never back.
pub(super) async fn status(
    tx: &mut Tx,
    s: &TextStatus,
    attempts: i64,
    now: Timestamp,
) -> Result<(), JobError> {
    let word = |text: &Option<String>| text.as_deref().map(provider::sentence);
    let error = word(&s.error_code)
        .map(|code| format!("{code} {}", word(&s.error_title).unwrap_or_default()).trim().to_owned());
    match messages::apply_status(tx, &s.message_id, s.status, error.as_deref(), now).await? {
        Applied::Reached(id, status) => {
            metrics::text_reached(status);
            if status == "failed" {
                failed_at_carrier(tx, &id, now).await?;
            }
            Ok(())
        }
        Applied::Unchanged => Ok(()),
        // Our own request may not have been answered yet.
        Applied::Unknown if attempts < WAIT_FOR_TEXT => {
            Err(JobError::Retry("no text of this id yet".to_owned()))
        }
        Applied::Unknown => Ok(()),
    }
}

/// A payer who got no link waits for it: a person should know.
async fn failed_at_carrier(tx: &mut Tx, id: &MessageId, now: Timestamp) -> Result<(), JobError> {
    let Some(text) = messages::to_send(&mut *tx, id).await? else { return Ok(()) };
    if matches!(text.class, Class::PaymentLink | Class::BillReady) {
        let subject = text.call.as_ref().map_or(id.as_str(), |call| call.as_str());
        tasks::open(tx, text.tenant.as_ref(), tasks::Kind::LinkNotSent, subject, now).await?;
    }
    Ok(())
}

/// Hands one text over and sends it.
pub(super) async fn send(app: &Parts, db: &Db, effect: &outbox::Claimed) -> Result<(), JobError> {
    let id = message_of(effect)?;
    let handed = gate::hand_over(db, &app.clock, &id).await?;
    let pass = match handed {
        Handed::Go(pass) => pass,
        Handed::Held(until) => {
            let mut tx = db.begin().await?;
            outbox::hold(&mut tx, &effect.id, until).await?;
            return Ok(tx.commit().await?);
        }
        Handed::Refused(_) => {
            metrics::text_reached("refused");
            return settle(app, db, effect, &id, Some(LinkAnswer::Refused)).await;
        }
        Handed::Settled => return settle(app, db, effect, &id, None).await,
    };
    if !pass.is_fresh(app.clock.now()) {
        let why = "the hand-over took too long";
        let mut tx = db.begin().await?;
        messages::set_status(&mut tx, &id, "queued", Some(why), false, app.clock.now()).await?;
        tx.commit().await?;
        return Err(JobError::Retry(why.to_owned()));
    }
    match app.telnyx.send_message(&pass).await {
        Ok(accepted) => {
            metrics::text_reached("sending");
            let mut tx = db.begin().await?;
            messages::accepted(&mut tx, &id, &accepted.id, app.clock.now()).await?;
            finish(app, tx, effect, &id, Some(LinkAnswer::Sent)).await
        }
        Err(e) => not_sent(app, db, effect, &id, &e).await,
    }
}

async fn not_sent(
    app: &Parts,
    db: &Db,
    effect: &outbox::Claimed,
    id: &MessageId,
    e: &telnyx::TelnyxError,
) -> Result<(), JobError> {
    if e.maybe_done() {
        metrics::text_ambiguous();
    }
    let mut tx = db.begin().await?;
    let now = app.clock.now();
    match e.class() {
        telnyx::Class::OptedOut => {
            blocked(&mut tx, effect, id, now).await?;
            finish(app, tx, effect, id, Some(LinkAnswer::Refused)).await
        }
        telnyx::Class::Retry | telnyx::Class::NotAnswered => {
            messages::set_status(&mut tx, id, "queued", Some(&e.to_string()), e.maybe_done(), now).await?;
            tx.commit().await?;
            Err(JobError::Retry(e.to_string()))
        }
        telnyx::Class::GiveUp | telnyx::Class::CallEnded | telnyx::Class::AudioFailed => {
            // Refused: this try did not reach the person.
            messages::set_status(&mut tx, id, "queued", Some(&e.to_string()), false, now).await?;
            tx.commit().await?;
            Err(JobError::GiveUp(e.to_string()))
        }
    }
}

/// Telnyx blocks the number after a STOP. On the confirmation itself that means: it has confirmed already.
async fn blocked(
    tx: &mut Tx,
    effect: &outbox::Claimed,
    id: &MessageId,
    now: Timestamp,
) -> Result<(), JobError> {
    metrics::text_reached("failed");
    let Some(text) = messages::to_send(&mut *tx, id).await? else { return Ok(()) };
    let confirms = text.class == Class::StopConfirmation;
    let why = if confirms {
        "40300 blocked at the carrier, which confirms a STOP by itself"
    } else {
        "40300 blocked at the carrier"
    };
    messages::set_status(tx, id, "failed", Some(why), false, now).await?;
    if let (false, Some(tenant)) = (confirms, &text.tenant) {
        ledger::lock_number(tx, &text.to).await?;
        ledger::set_context(tx, "telnyx", Some(&format!("40300 on {}", effect.id))).await?;
        if ledger::put(tx, tenant, &text.to, Source::TelnyxBlock, now).await? {
            logs::sms_opt_out(tenant, &text.to, Source::TelnyxBlock.as_str(), None);
            metrics::opted_out();
        }
        ledger::clear_context(tx).await?;
    }
    Ok(())
}

async fn settle(
    app: &Parts,
    db: &Db,
    effect: &outbox::Claimed,
    id: &MessageId,
    answer: Option<LinkAnswer>,
) -> Result<(), JobError> {
    let tx = db.begin().await?;
    finish(app, tx, effect, id, answer).await
}

/// Marks the effect as done and tells the call that waits for this text.
async fn finish(
    app: &Parts,
    mut tx: Tx,
    effect: &outbox::Claimed,
    id: &MessageId,
    answer: Option<LinkAnswer>,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut after = After::of_call();
    if outbox::mark_done(&mut tx, &effect.id, now).await?
        && let Some(answer) = answer
        && let Some(text) = messages::to_send(&mut tx, id).await?
        && text.class == Class::PaymentLink
        && let Some(call) = &text.call
    {
        if answer == LinkAnswer::Refused {
            tasks::open(&mut tx, text.tenant.as_ref(), tasks::Kind::LinkNotSent, call.as_str(), now).await?;
        }
        links::tell_call(app, &mut tx, call, &effect.id, answer, now, &mut after).await?;
    }
    tx.commit().await?;
    after.tell(app);
    Ok(())
}

/// The text is given up: refused for good, or its time is over.
pub(super) async fn failed(
    app: &Parts,
    tx: &mut Tx,
    effect: &outbox::Claimed,
    why: &str,
    after: &mut After,
) -> Result<(), JobError> {
    let id = message_of(effect)?;
    let now = app.clock.now();
    let Some(text) = messages::to_send(&mut *tx, &id).await? else { return Ok(()) };
    let status = if text.may_have_gone_out() { "unknown" } else { "failed" };
    metrics::text_reached(status);
    messages::set_status(tx, &id, status, Some(why), false, now).await?;
    if text.class == Class::BillReady {
        tasks::open(tx, text.tenant.as_ref(), tasks::Kind::LinkNotSent, id.as_str(), now).await?;
    }
    if let (Class::PaymentLink, Some(call)) = (text.class, &text.call) {
        tasks::open(tx, text.tenant.as_ref(), tasks::Kind::LinkNotSent, call.as_str(), now).await?;
        links::tell_call(app, tx, call, &effect.id, LinkAnswer::Refused, now, after).await?;
    }
    Ok(())
}

fn message_of(effect: &outbox::Claimed) -> Result<MessageId, JobError> {
    let id = effect.payload["message_id"].as_str().map(MessageId::new);
    id.ok_or_else(|| JobError::GiveUp("the effect names no text".to_owned()))
}

/// Our id of an outbound text, and the `Idempotency-Key` of its requests.
pub(super) fn message_id(cause: &str, place: &str) -> MessageId {
    MessageId::new(derived_id(cause, place).to_string())
}
