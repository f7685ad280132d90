//! Asks Stripe about sessions of which no webhook has told: a bounded number each round, each session a few times a day.

use fusion_comms_core::time::Timestamp;

use super::error::JobError;
use super::settle::{self, News};
use crate::app::Parts;
use crate::store::billing;
use crate::stripe::{self, PaymentStatus, Session, StripeError};

/// Sessions of one round.
const A_ROUND: i64 = 20;
/// Seconds after which a session is asked about again where the asking failed for the moment.
const AFTER_FAILURE_S: i64 = 600;
/// Where Stripe refuses: the account may be connected again.
const AFTER_REFUSAL_S: i64 = 24 * 3600;
/// While it is open, or a bank debit settles.
const WHILE_OPEN_S: i64 = 6 * 3600;
/// A bank debit that has not settled by then has failed, and the event that said so was lost: bank days and a margin. It
/// would keep the statement from every other link; a success that comes even later still counts.
const DEBIT_SETTLES_S: i64 = 14 * 24 * 3600;
/// How long after its end an open session is asked about once more.
const AFTER_END_S: i64 = 60;

/// One round.
pub(super) async fn work(app: &Parts) {
    if let Err(e) = round(app).await {
        tracing::warn!(error = %e, "open payment sessions could not be compared with Stripe");
    }
}

async fn round(app: &Parts) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let due = billing::claim_to_check(&mut tx, A_ROUND, now, now.plus_s(AFTER_FAILURE_S)).await?;
    tx.commit().await?;
    for stored in due {
        let answer = app.stripe.retrieve(&stored.account, &stored.id).await;
        follow(app, &stored, answer).await?;
    }
    Ok(())
}

/// Applies Stripe's answer about a session of ours.
async fn follow(
    app: &Parts,
    stored: &billing::Session,
    answer: Result<Session, StripeError>,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    match answer {
        Ok(said) => {
            if let Some(news) = news(stored, &said, now) {
                settle::apply(&mut tx, stored, &said, news, now).await?;
            }
            billing::check_again(&mut tx, &stored.id, next(stored, now)).await?;
        }
        Err(e) => {
            tracing::warn!(session_id = %stored.id, error = %e, "Stripe does not tell about a session");
            if e.class() == stripe::Class::GiveUp {
                billing::check_again(&mut tx, &stored.id, now.plus_s(AFTER_REFUSAL_S)).await?;
            }
        }
    }
    Ok(tx.commit().await?)
}

/// What the session's state says, and how long it has said so.
fn news(stored: &billing::Session, said: &Session, now: Timestamp) -> Option<News> {
    let is_late = stored.debit_pending_since.is_some_and(|t| t.plus_s(DEBIT_SETTLES_S) <= now);
    if is_late && said.payment_status == PaymentStatus::Unpaid {
        return Some(News::DebitFailed);
    }
    settle::news(said)
}

fn next(stored: &billing::Session, now: Timestamp) -> Timestamp {
    let later = now.plus_s(WHILE_OPEN_S);
    let end = stored.expires_at.map(|t| t.plus_s(AFTER_END_S)).filter(|t| *t > now);
    end.map_or(later, |end| end.min(later))
}
