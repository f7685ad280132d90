//! What Stripe says of a session, applied to our rows: the same whether a webhook tells it or an answer to our question.
//!
//! Lock order: the statement, then the session. An expiry never undoes a payment, and nothing here undoes a refund or a
//! dispute: those statuses are not left again.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::time::Timestamp;

use super::error::JobError;
use super::expiries;
use crate::store::billing::{self, Session as Stored, Statement};
use crate::store::{Tx, tasks};
use crate::stripe::{PaymentStatus, Session, SessionStatus};

/// News of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The payer is through: paid, or a bank debit has begun.
    Completed,
    DebitFailed,
    Expired,
}

/// What the session's own state says. `None` while it is open.
pub(super) fn news(said: &Session) -> Option<News> {
    match said.status {
        SessionStatus::Complete => Some(News::Completed),
        SessionStatus::Expired => Some(News::Expired),
        SessionStatus::Open | SessionStatus::Unknown => None,
    }
}

/// Whether the payment fits the bill it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Fits,
    /// Noted, with a task: a person must look.
    Differs,
}

/// Applies news; the same again, or what is overtaken, changes nothing.
pub(super) async fn apply(
    tx: &mut Tx,
    stored: &Stored,
    said: &Session,
    news: News,
    now: Timestamp,
) -> Result<Fit, JobError> {
    let (tenant, id) = (&stored.tenant, &stored.id);
    let statement = billing::lock_statement(tx, tenant, &stored.statement_id).await?;
    let intent = said.payment_intent.as_deref();
    match news {
        News::Expired => {
            billing::set_session_status(tx, id, "expired", intent, None).await?;
        }
        News::DebitFailed => {
            if billing::set_session_status(tx, id, "expired", intent, None).await? {
                tasks::open(tx, Some(tenant), tasks::Kind::PaymentFailed, id.as_str(), now).await?;
            }
        }
        News::Completed if !is_paid(said) => {
            // A bank debit that settles days later: another event tells.
            billing::debit_begun(tx, id, intent, now).await?;
        }
        News::Completed => return paid(tx, stored, statement, said, now).await,
    }
    Ok(Fit::Fits)
}

fn is_paid(said: &Session) -> bool {
    matches!(said.payment_status, PaymentStatus::Paid | PaymentStatus::NoPaymentRequired)
}

async fn paid(
    tx: &mut Tx,
    stored: &Stored,
    statement: Option<Statement>,
    said: &Session,
    now: Timestamp,
) -> Result<Fit, JobError> {
    let intent = said.payment_intent.as_deref();
    let Some(statement) = statement.filter(|bill| fits(stored, bill, said)) else {
        if billing::set_session_status(tx, &stored.id, "mismatch", intent, Some(now)).await? {
            tracing::error!(session_id = %stored.id, tenant_id = %stored.tenant, "a payment differs from its statement");
            let kind = tasks::Kind::PaymentMismatch;
            tasks::open(tx, Some(&stored.tenant), kind, stored.id.as_str(), now).await?;
        }
        return Ok(Fit::Differs);
    };
    if billing::set_session_status(tx, &stored.id, "complete", intent, Some(now)).await? {
        settle_statement(tx, &stored.tenant, &statement, stored, now).await?;
        expiries::expire_others(tx, &stored.tenant, &statement.id, &stored.id, stored.id.as_str(), now)
            .await?;
    }
    Ok(Fit::Fits)
}

/// Amount and currency are those of the session we asked for, and still those of the bill.
fn fits(stored: &Stored, bill: &Statement, said: &Session) -> bool {
    let currency = stored.currency.to_ascii_lowercase();
    said.amount_total == Some(stored.amount.0)
        && said.currency.as_deref() == Some(currency.as_str())
        && bill.amount == stored.amount
        && bill.currency.eq_ignore_ascii_case(&currency)
}

/// The statement is paid; where it was not simply open, a person hears of it: money may have to go back.
async fn settle_statement(
    tx: &mut Tx,
    tenant: &TenantId,
    statement: &Statement,
    stored: &Stored,
    now: Timestamp,
) -> Result<(), JobError> {
    if statement.status != "open" {
        tasks::open(tx, Some(tenant), tasks::Kind::PaymentTwice, stored.id.as_str(), now).await?;
    }
    if !matches!(statement.status.as_str(), "paid" | "disputed") {
        billing::set_statement_status(tx, tenant, &statement.id, "paid", now).await?;
    }
    Ok(())
}

/// A payment that goes back: whole (`refunded`), or because the payer's bank wants it back (`disputed`).
pub(super) async fn take_back(
    tx: &mut Tx,
    found: &Stored,
    status: &str,
    intent: Option<&str>,
    now: Timestamp,
) -> Result<bool, JobError> {
    let tenant = &found.tenant;
    let statement = billing::lock_statement(tx, tenant, &found.statement_id).await?;
    // Read again under the lock: it says whether this payment had counted.
    let before = billing::session_by_id(&mut *tx, &found.id).await?.map_or_else(String::new, |s| s.status);
    if !billing::take_back_payment(tx, &found.id, status, intent).await? {
        return Ok(false);
    }
    let counted = before != "mismatch"
        && !billing::paid_by_another(&mut *tx, tenant, &found.statement_id, &found.id).await?;
    if counted && statement.is_some_and(|s| s.status != "disputed") {
        billing::set_statement_status(tx, tenant, &found.statement_id, status, now).await?;
    }
    Ok(true)
}
