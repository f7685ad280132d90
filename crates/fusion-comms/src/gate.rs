//! The one gate that every outbound text passes: when it is queued, and again in the commit that hands it over.
//!
//! A text leaves only with a [`HandOver`], and only [`hand_over`] makes one: there is no other way to the carrier.

use fusion_comms_core::gate::{Verdict, decide};
use fusion_comms_core::ids::{MessageId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;

use crate::clock::Clock;
use crate::metrics;
use crate::store::messages::{self, Class, Outbound};
use crate::store::{Db, StoreError, Tx, billing, ledger, outbox};

/// Milliseconds from the hand-over's commit to the start of the request; later, the text is queued again.
const HAND_OVER_MS: i64 = 1000;

/// What the gate says of one text at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// With the reason as it is kept with the text: the ledger row that was seen.
    Refused(String),
}

/// Whether a text may go, as the tables stand in this transaction. `about`: its statement. `asked_at`: when the text
/// that it answers was received.
pub async fn check(
    tx: &mut Tx,
    tenant: Option<&TenantId>,
    phone: &E164,
    class: Class,
    about: Option<&str>,
    asked_at: Option<Timestamp>,
) -> Result<Decision, StoreError> {
    let standing = ledger::standing(tx, tenant, phone).await?;
    if let (Class::PaymentLink, Some(tenant), Some(statement)) = (class, tenant, about)
        && billing::is_wrong_number(tx, tenant, statement, phone).await?
    {
        let why = "the person of this number said that it is the wrong one for this statement";
        return Ok(Decision::Refused(why.to_owned()));
    }
    let verdict = decide(class, standing.as_ref().map(|o| o.opted_out_at), asked_at);
    Ok(match (verdict, standing) {
        (Verdict::Allowed, _) => Decision::Allowed,
        (Verdict::OptedOut, Some(o)) => {
            Decision::Refused(format!("opted out on {}, source {}", o.opted_out_at, o.source.as_str()))
        }
        (Verdict::OptedOut | Verdict::NothingToConfirm, _) => {
            Decision::Refused("no opt-out stands any more".to_owned())
        }
    })
}

/// Queues a text, or keeps it as refused. Writes the outbox row that sends it.
pub async fn queue(
    tx: &mut Tx,
    text: &Outbound,
    lane: outbox::Lane,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<Decision, StoreError> {
    let decision =
        check(tx, text.tenant.as_ref(), &text.to, text.class, text.statement_id.as_deref(), text.asked_at)
            .await?;
    let refused = match &decision {
        Decision::Allowed => None,
        Decision::Refused(reason) => Some(reason.as_str()),
    };
    if messages::insert_outbound(tx, text, refused, now).await? {
        metrics::text_reached(if refused.is_some() { "refused" } else { "queued" });
    }
    if decision == Decision::Allowed {
        let effect = outbox::NewEffect {
            id: uuid::Uuid::parse_str(text.id.as_str()).unwrap_or_default(),
            lane,
            kind: "text",
            order_key: format!("text:{}", text.id),
            cause_id: text.cause_id.clone(),
            tenant: text.tenant.clone(),
            payload: serde_json::json!({"message_id": text.id}),
            expires_at: Some(expires_at),
        };
        outbox::push(tx, &effect, now).await?;
    }
    Ok(decision)
}

/// Keeps a text that is not to be sent whatever the ledger says, with the reason.
pub async fn withhold(tx: &mut Tx, text: &Outbound, why: &str, now: Timestamp) -> Result<(), StoreError> {
    if messages::insert_outbound(tx, text, Some(why), now).await? {
        metrics::text_reached("refused");
    }
    Ok(())
}

/// The right to send one text now: its hand-over is committed.
pub struct HandOver {
    request: String,
    key: String,
    at: Timestamp,
}

impl HandOver {
    /// For the client's own tests: a text that no gate has seen.
    #[cfg(test)]
    pub(crate) fn unchecked(request: &str, key: &str) -> Self {
        Self { request: request.to_owned(), key: key.to_owned(), at: Timestamp::from_unix_s(0) }
    }

    /// May the request still start? Else the text goes back to `queued` and is checked anew.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.ms_since(self.at) < HAND_OVER_MS
    }
    /// The request's body, byte for byte as on every try.
    pub fn request(&self) -> &str {
        &self.request
    }
    /// The `Idempotency-Key` of every try.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// What came of trying to hand a text over.
pub enum Handed {
    Go(HandOver),
    Refused(String),
    /// It is not to be sent (any more): sent, refused or failed before.
    Settled,
}

/// Checks the ledger under the number's lock and sets `sending`, in one commit. Every try is a new one of these.
pub async fn hand_over(db: &Db, clock: &Clock, id: &MessageId) -> Result<Handed, StoreError> {
    let mut tx = db.begin().await?;
    let Some(text) = messages::to_send(&mut tx, id).await? else { return Ok(Handed::Settled) };
    ledger::lock_number(&mut tx, &text.to).await?;
    let decision = check(
        &mut tx,
        text.tenant.as_ref(),
        &text.to,
        text.class,
        text.statement_id.as_deref(),
        text.asked_at,
    )
    .await?;
    let now = clock.now();
    let handed = match decision {
        Decision::Refused(reason) => {
            // After a try without an answer nobody knows whether the text went out.
            let status = if text.may_have_gone_out() { "unknown" } else { "refused" };
            messages::set_status(&mut tx, id, status, Some(&reason), false, now).await?;
            Handed::Refused(reason)
        }
        Decision::Allowed if messages::set_sending(&mut tx, id, now).await? => {
            Handed::Go(HandOver { request: text.request, key: id.as_str().to_owned(), at: now })
        }
        Decision::Allowed => Handed::Settled,
    };
    tx.commit().await?;
    // The clock runs from after the commit: until then a STOP could still come first.
    Ok(match handed {
        Handed::Go(h) => Handed::Go(HandOver { at: clock.now(), ..h }),
        other => other,
    })
}
