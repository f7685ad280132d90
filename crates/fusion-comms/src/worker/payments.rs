//! Stripe's events: what became of a session, checked against the statement it was made for.

use fusion_comms_core::envelope::{self, StripeEvent};
use fusion_comms_core::ids::TenantId;

use super::error::JobError;
use crate::app::Parts;
use crate::store::inbox::Claimed;
use crate::store::{Tx, billing, tasks, tenants};
use crate::stripe::{PaymentStatus, Session};

/// Applies one event. An event of an account that is no agency's, or of a session that is not ours, has no effect.
pub(super) async fn handle(
    app: &Parts,
    tx: &mut Tx,
    claimed: &Claimed,
) -> Result<Option<TenantId>, JobError> {
    let Some(event) = envelope::stripe(&claimed.raw) else { return Ok(None) };
    let Some(account) = &event.account else { return Ok(None) };
    let Some(tenant) = tenants::by_account(&mut *tx, account).await? else { return Ok(None) };
    let wanted = match event.event_type.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => Wanted::Paid,
        "checkout.session.expired" => Wanted::Expired,
        _ => return Ok(Some(tenant)),
    };
    session(app, tx, &tenant, &event, wanted, claimed.attempts).await?;
    Ok(Some(tenant))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Paid,
    Expired,
}

/// Deliveries of an event whose session is not known (yet): our own request may not have been answered.
const WAIT_FOR_SESSION: i64 = 4;

async fn session(
    app: &Parts,
    tx: &mut Tx,
    tenant: &TenantId,
    event: &StripeEvent,
    wanted: Wanted,
    attempts: i64,
) -> Result<(), JobError> {
    let Some(said) = Session::read(&event.object) else {
        return Err(JobError::GiveUp("the event carries no session".to_owned()));
    };
    let stored = match billing::session_by_id(&mut *tx, &said.id).await? {
        Some(stored) if stored.tenant == *tenant => stored,
        Some(_) => return Err(JobError::GiveUp("the session belongs to another agency".to_owned())),
        None if attempts < WAIT_FOR_SESSION => {
            return Err(JobError::Retry("no session of this id yet".to_owned()));
        }
        None => return Ok(()),
    };
    let now = app.clock.now();
    let intent = said.payment_intent.as_deref();
    if wanted == Wanted::Expired {
        billing::set_session_status(tx, &stored.id, "expired", intent, None).await?;
        return Ok(());
    }
    if !matches!(said.payment_status, PaymentStatus::Paid | PaymentStatus::NoPaymentRequired) {
        // A bank debit that settles days later: another event tells.
        return Ok(());
    }
    let right = said.amount_total == Some(stored.amount.0)
        && said.currency.as_deref() == Some(stored.currency.to_ascii_lowercase().as_str());
    let status = if right { "complete" } else { "mismatch" };
    if billing::set_session_status(tx, &stored.id, status, intent, Some(now)).await? {
        if right {
            billing::set_statement_status(tx, tenant, &stored.statement_id, "paid", now).await?;
        } else {
            tracing::error!(event_id = %event.id, tenant_id = %tenant, "a payment differs from its statement");
            tasks::open(tx, Some(tenant), tasks::Kind::PaymentMismatch, stored.id.as_str(), now).await?;
        }
    }
    Ok(())
}
