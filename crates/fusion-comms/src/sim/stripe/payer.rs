//! What happens to a session from outside the API: a payer pays, a bank debit settles, a link runs out, the agency
//! refunds, a payer disputes. Each sends its webhook.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::events::{charge_event, dispute_event, session_event};
use super::world::{PaymentStatus, SimSession, Status};
use super::{SimStripe, now_s, random_id};

/// Why a payer's or agency's step is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPossible {
    #[error("there is no such session")]
    Unknown,
    #[error("the session is in another state")]
    State,
    #[error("the amount is not what is left of the payment")]
    Amount,
}

impl SimStripe {
    /// The payer pays by card: complete and paid. Returns when the webhook is delivered or given up.
    ///
    /// # Errors
    /// The session is unknown or no longer open.
    pub async fn pay(&self, id: &str) -> Result<(), NotPossible> {
        let event = self.complete(id, PaymentStatus::Paid)?;
        self.send(&event).await;
        Ok(())
    }

    /// The payer chooses a bank debit: complete and unpaid, until [`SimStripe::settle_bank`].
    ///
    /// # Errors
    /// The session is unknown or no longer open.
    pub async fn pay_by_bank(&self, id: &str) -> Result<(), NotPossible> {
        let event = self.complete(id, PaymentStatus::Unpaid)?;
        self.send(&event).await;
        Ok(())
    }

    /// The bank debit succeeds or fails.
    ///
    /// # Errors
    /// No debit is under way for this session.
    pub async fn settle_bank(&self, id: &str, success: bool) -> Result<(), NotPossible> {
        let event = self.change(id, |s| {
            let waits = s.is_complete() && s.payment_status == PaymentStatus::Unpaid && s.charge.is_some();
            if !waits {
                return Err(NotPossible::State);
            }
            if success {
                s.payment_status = PaymentStatus::Paid;
                return Ok(session_event("checkout.session.async_payment_succeeded", s));
            }
            s.charge = None;
            Ok(session_event("checkout.session.async_payment_failed", s))
        })?;
        self.send(&event).await;
        Ok(())
    }

    /// The link runs out now.
    ///
    /// # Errors
    /// The session is unknown or no longer open.
    pub async fn expire(&self, id: &str) -> Result<(), NotPossible> {
        let (_, event) = self.close(id)?;
        self.send(&event).await;
        Ok(())
    }

    /// The agency gives back `amount` cents; several refunds add up.
    ///
    /// # Errors
    /// The session is unknown or unpaid, or less than `amount` is left.
    pub async fn refund(&self, id: &str, amount: i64) -> Result<(), NotPossible> {
        let event = self.change(id, |s| {
            if s.payment_status != PaymentStatus::Paid {
                return Err(NotPossible::State);
            }
            if !(1..=s.amount - s.amount_refunded).contains(&amount) {
                return Err(NotPossible::Amount);
            }
            let before = s.amount_refunded;
            s.amount_refunded += amount;
            Ok(charge_event(s, before))
        })?;
        self.send(&event).await;
        Ok(())
    }

    /// The payer disputes the payment at the bank.
    ///
    /// # Errors
    /// The session is unknown, unpaid, or disputed already.
    pub async fn dispute(&self, id: &str) -> Result<(), NotPossible> {
        let event = self.change(id, |s| {
            if s.payment_status != PaymentStatus::Paid || s.disputed {
                return Err(NotPossible::State);
            }
            s.disputed = true;
            Ok(dispute_event(s))
        })?;
        self.send(&event).await;
        Ok(())
    }

    /// Completes an open session; the event is the caller's to send.
    pub(super) fn complete(&self, id: &str, payment_status: PaymentStatus) -> Result<Value, NotPossible> {
        self.change(id, |s| {
            if !s.is_open() {
                return Err(NotPossible::State);
            }
            s.status = Status::Complete;
            s.payment_status = payment_status;
            s.payment_intent = Some(random_id("pi_3", 23));
            s.charge = Some(random_id("ch_3", 23));
            Ok(session_event("checkout.session.completed", s))
        })
    }

    /// Expires an open session; the event is the caller's to send.
    pub(super) fn close(&self, id: &str) -> Result<(SimSession, Value), NotPossible> {
        self.change(id, |s| {
            if !s.is_open() {
                return Err(NotPossible::State);
            }
            s.status = Status::Expired;
            Ok((s.clone(), session_event("checkout.session.expired", s)))
        })
    }

    /// Lets a debit that was chosen on the page succeed after a while.
    pub(super) fn settle_bank_later(&self, id: &str) {
        let (sim, id, wait) = (self.clone(), id.to_owned(), self.world().bank_wait);
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            // A test may have settled it by hand.
            let _ = sim.settle_bank(&id, true).await;
        });
    }

    /// Lets the session run out by itself. Holds the simulator weakly: a day's timer must not keep it alive.
    pub(super) fn expire_later(&self, id: &str, in_s: i64) {
        let (inner, id) = (Arc::downgrade(&self.inner), id.to_owned());
        let wait = Duration::from_secs(in_s.unsigned_abs());
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            if let Some(inner) = inner.upgrade() {
                // Paid or expired by then is the usual case.
                let _ = SimStripe { inner }.expire(&id).await;
            }
        });
    }

    fn change<T>(
        &self,
        id: &str,
        step: impl FnOnce(&mut SimSession) -> Result<T, NotPossible>,
    ) -> Result<T, NotPossible> {
        step(self.world().session_mut(id).ok_or(NotPossible::Unknown)?)
    }
}

/// Whether the session's time is over, timer or not.
pub(super) fn is_over(session: &SimSession) -> bool {
    !session.is_open() || session.expires_at <= now_s()
}
