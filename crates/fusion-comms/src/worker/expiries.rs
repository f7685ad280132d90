//! Sessions at Stripe that nobody is to pay any more: ended there, one effect each.

use fusion_comms_core::ids::{SessionId, TenantId, derived_id};
use fusion_comms_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::JobError;
use super::{links, settle};
use crate::app::Parts;
use crate::store::{Tx, billing, outbox};
use crate::stripe::StripeError;

/// An open session of which the payer has, or need have, no use any more.
#[derive(Serialize, Deserialize)]
struct Expiry {
    account: String,
    session: SessionId,
}

/// Owes the end of a statement's other open sessions. The statement is locked, so that of two made at once one sees
/// the other.
pub(super) async fn expire_others(
    tx: &mut Tx,
    tenant: &TenantId,
    statement: &str,
    but: &SessionId,
    cause: &str,
    now: Timestamp,
) -> Result<(), JobError> {
    for other in billing::other_open_sessions(&mut *tx, tenant, statement, but).await? {
        let end = other.expires_at.unwrap_or(now.plus_s(links::SESSION_S));
        expire_soon(tx, tenant, &other.account, &other.id, end, cause, now).await?;
    }
    Ok(())
}

pub(super) async fn expire_soon(
    tx: &mut Tx,
    tenant: &TenantId,
    account: &str,
    session: &SessionId,
    end: Timestamp,
    cause: &str,
    now: Timestamp,
) -> Result<(), JobError> {
    let expiry = Expiry { account: account.to_owned(), session: session.clone() };
    let effect = outbox::NewEffect {
        id: derived_id(session.as_str(), "expire"),
        lane: outbox::Lane::Link,
        kind: "expire_session",
        order_key: format!("expire:{session}"),
        cause_id: cause.to_owned(),
        tenant: Some(tenant.clone()),
        payload: serde_json::to_value(&expiry).map_err(|e| JobError::GiveUp(e.to_string()))?,
        // By then it has ended of itself.
        expires_at: Some(end.max(now.plus_s(60))),
        held_until: None,
    };
    outbox::push(tx, &effect, now).await?;
    Ok(())
}

/// Ends a session at Stripe. One that is no longer open there is asked about: a payment counts, whatever we wanted.
pub(super) async fn expire(app: &Parts, effect: &outbox::Claimed) -> Result<(), JobError> {
    let e: Expiry = serde_json::from_value(effect.payload.clone())
        .map_err(|_| JobError::GiveUp("the session to end cannot be read".to_owned()))?;
    let answer = match app.stripe.expire(&e.account, &e.session).await {
        Err(StripeError::Refused { http: 400, .. }) => app.stripe.retrieve(&e.account, &e.session).await,
        answer => answer,
    };
    let said = answer.map_err(|e| links::job_error(&e))?;
    let mut tx = app.db.urgent().begin().await?;
    let now = app.clock.now();
    if let (Some(stored), Some(news)) =
        (billing::session_by_id(&mut tx, &e.session).await?, settle::news(&said))
    {
        settle::apply(&mut tx, &stored, &said, news, now).await?;
    }
    outbox::mark_done(&mut tx, &effect.id, now).await?;
    Ok(tx.commit().await?)
}
