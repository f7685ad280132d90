//! Stripe's events: sessions, charges given back or disputed, and agencies that take our access away.
//!
//! The agency of an event is that of our session, and the event's `account` must be the one the session lives on.

use fusion_comms_core::envelope::{self, StripeEvent};
use fusion_comms_core::ids::{Cents, TenantId};
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::error::JobError;
use super::settle::{self, Fit, News};
use crate::app::Parts;
use crate::store::billing::{self, Session as Stored};
use crate::store::inbox::Claimed;
use crate::store::{Tx, audit, tasks, tenants};
use crate::stripe::Session;

/// The types that [`handle`] acts on.
pub(crate) const TYPES: [&str; 7] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.refunded",
    "charge.dispute.created",
    "account.application.deauthorized",
];

/// What became of an event.
pub(super) enum Handled {
    /// Of this agency, or of none that is ours.
    Done(Option<TenantId>),
    /// It has no effect on money, and a person must look.
    Parked(&'static str),
}

/// Deliveries of an event whose session is not known (yet): our own request may not have been answered.
const WAIT_FOR_SESSION: i64 = 4;
/// The same for a dispute, which names a payment only: the event that tells us of the payment may come later.
const WAIT_FOR_PAYMENT: i64 = 7;

/// Applies one event. An event of a session that is not ours has no effect: an agency may charge by other ways too.
pub(super) async fn handle(app: &Parts, tx: &mut Tx, claimed: &Claimed) -> Result<Handled, JobError> {
    let Some(event) = envelope::stripe(&claimed.raw) else { return Ok(Handled::Done(None)) };
    let now = app.clock.now();
    if event.livemode.is_some_and(|live| live != app.settings.stripe_live) {
        return other_mode(tx, &event, now).await;
    }
    match event.event_type.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            session(tx, &event, News::Completed, claimed.attempts, now).await
        }
        "checkout.session.async_payment_failed" => {
            session(tx, &event, News::DebitFailed, claimed.attempts, now).await
        }
        "checkout.session.expired" => session(tx, &event, News::Expired, claimed.attempts, now).await,
        "charge.refunded" => refunded(tx, &event, claimed.attempts, now).await,
        "charge.dispute.created" => disputed(tx, &event, claimed.attempts, now).await,
        "account.application.deauthorized" => deauthorized(tx, &event, now).await,
        _ => Ok(Handled::Done(agency_of(tx, &event).await?)),
    }
}

async fn agency_of(tx: &mut Tx, event: &StripeEvent) -> Result<Option<TenantId>, JobError> {
    match &event.account {
        Some(account) => Ok(tenants::by_account(&mut *tx, account).await?),
        None => Ok(None),
    }
}

/// A test event on a live service, or the other way round. A live Connect endpoint gets test events too: one task for
/// an account, not one for each event.
async fn other_mode(tx: &mut Tx, event: &StripeEvent, now: Timestamp) -> Result<Handled, JobError> {
    tracing::warn!(event_id = %event.id, livemode = event.livemode, "an event of Stripe's other mode has no effect");
    let tenant = agency_of(tx, event).await?;
    let subject = event.account.as_deref().unwrap_or("no account");
    tasks::open(tx, tenant.as_ref(), tasks::Kind::StripeMode, subject, now).await?;
    Ok(Handled::Done(tenant))
}

async fn session(
    tx: &mut Tx,
    event: &StripeEvent,
    news: News,
    attempts: i64,
    now: Timestamp,
) -> Result<Handled, JobError> {
    let Some(said) = Session::read(&event.object) else {
        return Err(JobError::GiveUp("the event carries no session".to_owned()));
    };
    let Some(stored) = billing::session_by_id(&mut *tx, &said.id).await? else {
        return unknown(tx, event, attempts < WAIT_FOR_SESSION).await;
    };
    if !is_of_its_account(event, &stored) {
        return foreign(tx, &stored, now).await;
    }
    match settle::apply(tx, &stored, &said, news, now).await? {
        Fit::Fits => Ok(Handled::Done(Some(stored.tenant))),
        Fit::Differs => Ok(Handled::Parked("the payment differs from its statement")),
    }
}

/// Given back in part or whole. `amount_refunded` is a running total, so that order and copies do not matter.
async fn refunded(
    tx: &mut Tx,
    event: &StripeEvent,
    attempts: i64,
    now: Timestamp,
) -> Result<Handled, JobError> {
    let charge = &event.object;
    let (intent, reference) = (payment_intent(charge), reference(charge));
    let Some(stored) = billing::session_by_payment(&mut *tx, intent, reference).await? else {
        return unknown(tx, event, attempts < WAIT_FOR_SESSION).await;
    };
    if !is_of_its_account(event, &stored) {
        return foreign(tx, &stored, now).await;
    }
    let Some(total) = charge.get("amount_refunded").and_then(Value::as_i64) else {
        return Err(JobError::GiveUp("the event does not say how much was given back".to_owned()));
    };
    if charge.get("refunded").and_then(Value::as_bool) == Some(true) {
        settle::take_back(tx, &stored, "refunded", intent, now).await?;
    }
    billing::note_refund(tx, &stored.id, Cents(total), intent).await?;
    Ok(Handled::Done(Some(stored.tenant)))
}

async fn disputed(
    tx: &mut Tx,
    event: &StripeEvent,
    attempts: i64,
    now: Timestamp,
) -> Result<Handled, JobError> {
    let (intent, reference) = (payment_intent(&event.object), reference(&event.object));
    let Some(stored) = billing::session_by_payment(&mut *tx, intent, reference).await? else {
        return unknown(tx, event, attempts < WAIT_FOR_PAYMENT).await;
    };
    if !is_of_its_account(event, &stored) {
        return foreign(tx, &stored, now).await;
    }
    if settle::take_back(tx, &stored, "disputed", intent, now).await? {
        let kind = tasks::Kind::PaymentDisputed;
        tasks::open(tx, Some(&stored.tenant), kind, stored.id.as_str(), now).await?;
    }
    Ok(Handled::Done(Some(stored.tenant)))
}

/// The agency can take no payment until an account is set for it again; its links are closed. Told late, it does not
/// reach an account that was set since.
async fn deauthorized(tx: &mut Tx, event: &StripeEvent, now: Timestamp) -> Result<Handled, JobError> {
    let Some(account) = &event.account else { return Ok(Handled::Done(None)) };
    // Stripe tells whole seconds.
    let before = event.created.map_or(now, |created| created.plus_s(1));
    let agencies = tenants::clear_account(tx, account, before).await?;
    billing::close_account_sessions(tx, account, before).await?;
    for tenant in &agencies {
        let entry = audit::Entry {
            actor: "stripe",
            action: "tenant.disconnect",
            subject: tenant.as_str(),
            tenant: Some(tenant),
            before: Some(json!({"stripe_account": account})),
            after: Some(json!({"stripe_account": null})),
        };
        audit::append(tx, &entry, now).await?;
        // One task for each time: the account may be set and taken away again.
        tasks::open(tx, Some(tenant), tasks::Kind::StripeDisconnected, event.id.as_str(), now).await?;
    }
    Ok(Handled::Done(agencies.into_iter().next()))
}

fn is_of_its_account(event: &StripeEvent, stored: &Stored) -> bool {
    event.account.as_deref() == Some(stored.account.as_str())
}

/// Our session, told of by another account than it lives on: nothing of it is believed.
async fn foreign(tx: &mut Tx, stored: &Stored, now: Timestamp) -> Result<Handled, JobError> {
    let kind = tasks::Kind::PaymentMismatch;
    tasks::open(tx, Some(&stored.tenant), kind, stored.id.as_str(), now).await?;
    Ok(Handled::Parked("the event is of another account than the session"))
}

async fn unknown(tx: &mut Tx, event: &StripeEvent, wait: bool) -> Result<Handled, JobError> {
    match agency_of(tx, event).await? {
        Some(_) if wait => Err(JobError::Retry("no session of this payment yet".to_owned())),
        tenant => Ok(Handled::Done(tenant)),
    }
}

/// The id, or the `id` of the object that stands there when it was expanded.
fn payment_intent(object: &Value) -> Option<&str> {
    let value = object.get("payment_intent")?;
    value.as_str().or_else(|| value.get("id")?.as_str())
}

/// Our opaque reference, which the payment carries.
fn reference(object: &Value) -> Option<&str> {
    object.get("metadata")?.get("ref")?.as_str()
}
