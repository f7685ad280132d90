//! The one gate that every outbound text passes: when it is queued, and again in the commit that hands it over.
//!
//! A text leaves only with a [`HandOver`], and only [`hand_over`] makes one: there is no other way to the carrier.

use fusion_comms_core::gate::{Begun, Verdict, decide, decide_begun};
use fusion_comms_core::ids::{MessageId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use fusion_comms_core::window::Window;

use crate::clock::Clock;
use crate::metrics;
use crate::store::messages::{self, Class, Outbound, Said, ToSend};
use crate::store::{Db, StoreError, Tx, billing, consents, freezes, ledger, outbox, restores};

/// Milliseconds from the hand-over's commit to the start of the request; later, the text is queued again.
const HAND_OVER_MS: i64 = 1000;

/// The words that are kept with a text that waits for a restored database to be filled up.
const AFTER_RESTORE: &str =
    "held: the database was restored, and a STOP since the backup may not be known until `backfill` has run";

/// What the gate says of one text at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// It is not the person's day: until when it waits, and the words that are kept with the text.
    Held(Timestamp, String),
    /// With the reason as it is kept with the text: the ledger row that was seen.
    Refused(String),
}

impl Decision {
    fn said(&self) -> Said<'_> {
        match self {
            Decision::Allowed => Said::Allowed,
            Decision::Held(_, why) => Said::Held(why),
            Decision::Refused(why) => Said::Refused(why),
        }
    }

    fn held_until(&self) -> Option<Timestamp> {
        match self {
            Decision::Held(until, _) => Some(*until),
            Decision::Allowed | Decision::Refused(_) => None,
        }
    }
}

/// What of a text counts for the gate.
pub struct Asked<'a> {
    pub tenant: Option<&'a TenantId>,
    pub phone: &'a E164,
    pub class: Class,
    /// Its statement.
    pub about: Option<&'a str>,
    /// When the text that it answers was received.
    pub asked_at: Option<Timestamp>,
}

impl Outbound {
    fn asked(&self) -> Asked<'_> {
        Asked {
            tenant: self.tenant.as_ref(),
            phone: &self.to,
            class: self.class,
            about: self.statement_id.as_deref(),
            asked_at: self.asked_at,
        }
    }
}

impl ToSend {
    fn asked(&self) -> Asked<'_> {
        Asked {
            tenant: self.tenant.as_ref(),
            phone: &self.to,
            class: self.class,
            about: self.statement_id.as_deref(),
            asked_at: self.asked_at,
        }
    }
}

/// Whether a text may go, as the tables stand in this transaction.
pub async fn check(tx: &mut Tx, text: &Asked<'_>, now: Timestamp) -> Result<Decision, StoreError> {
    let standing = ledger::standing(tx, text.tenant, text.phone).await?;
    if let (Class::PaymentLink | Class::BillReady, Some(tenant), Some(statement)) =
        (text.class, text.tenant, text.about)
        && billing::is_wrong_number(tx, tenant, statement, text.phone).await?
    {
        let why = "the person of this number said that it is the wrong one for this statement";
        return Ok(Decision::Refused(why.to_owned()));
    }
    let verdict = decide(text.class, standing.as_ref().map(|o| o.opted_out_at), text.asked_at);
    if verdict == Verdict::Allowed
        && let Some(why) = frozen(tx, text).await?
    {
        return Ok(Decision::Refused(why));
    }
    match (verdict, standing) {
        (Verdict::Allowed, _) if text.class.is_begun_by_agency() => begun(tx, text, now).await,
        (Verdict::Allowed, _) => Ok(Decision::Allowed),
        (Verdict::OptedOut, Some(o)) => {
            Ok(Decision::Refused(format!("opted out on {}, source {}", o.opted_out_at, o.source.as_str())))
        }
        (Verdict::OptedOut | Verdict::NothingToConfirm, _) => {
            Ok(Decision::Refused("no opt-out stands any more".to_owned()))
        }
    }
}

/// Why the agency may send nothing but what the law asks for.
async fn frozen(tx: &mut Tx, text: &Asked<'_>) -> Result<Option<String>, StoreError> {
    let Some(tenant) = text.tenant.filter(|_| !text.class.is_owed_by_law()) else { return Ok(None) };
    let freeze = freezes::standing(tx, tenant).await?;
    Ok(freeze.map(|f| format!("the agency's sending is frozen since {}: {}", f.frozen_at, f.reason)))
}

/// A text that nobody asked for: consent on record, and the person's day.
async fn begun(tx: &mut Tx, text: &Asked<'_>, now: Timestamp) -> Result<Decision, StoreError> {
    let Some(tenant) = text.tenant else {
        return Ok(Decision::Refused("a text that an agency begins is of an agency".to_owned()));
    };
    let recipient = consents::recipient(tx, tenant, text.phone, text.about).await?;
    Ok(match decide_begun(text.phone, &recipient, now) {
        Begun::Allowed => Decision::Allowed,
        Begun::NoConsent => Decision::Refused("no consent to texts is on record for this number".to_owned()),
        Begun::ConsentTakenBack(stopped_at) => Decision::Refused(format!(
            "the consent on record is older than the opt-out of {stopped_at}, and none was given since"
        )),
        Begun::Abroad => {
            Decision::Refused("the number is of another country: its hours are not known".to_owned())
        }
        Begun::Wait(Window::Opens { at, zone }) => {
            Decision::Held(at, format!("held until {at}: 08:00 in {}", zone.name()))
        }
        Begun::Wait(Window::Open | Window::Never) => {
            Decision::Refused("the places that the account and the number name share no hour".to_owned())
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
    let decision = write(tx, text, now).await?;
    if !matches!(decision, Decision::Refused(_)) {
        let until = decision.held_until();
        owe(tx, &text.id, &text.cause_id, text.tenant.as_ref(), lane, until, expires_at, now).await?;
    }
    Ok(decision)
}

/// Writes a text with the gate's decision and owes nothing yet: something must be made for it first.
pub async fn write(tx: &mut Tx, text: &Outbound, now: Timestamp) -> Result<Decision, StoreError> {
    let decision = check(tx, &text.asked(), now).await?;
    if messages::insert_outbound(tx, text, decision.said(), now).await? {
        let refused = matches!(decision, Decision::Refused(_));
        metrics::text_reached(if refused { "refused" } else { "queued" });
    }
    Ok(decision)
}

/// Checks a text that is written and waits; its row says what was decided. `None` where it does not wait any more.
pub async fn check_waiting(
    tx: &mut Tx,
    id: &MessageId,
    now: Timestamp,
) -> Result<Option<Decision>, StoreError> {
    let Some(text) = messages::to_send(&mut *tx, id).await?.filter(|t| t.status == "queued") else {
        return Ok(None);
    };
    let decision = check(tx, &text.asked(), now).await?;
    match &decision {
        Decision::Allowed => {}
        Decision::Held(_, why) => messages::hold(tx, id, why, now).await?,
        Decision::Refused(why) => {
            messages::set_status(tx, id, "refused", Some(why), false, now).await?;
            metrics::text_reached("refused");
        }
    }
    Ok(Some(decision))
}

/// Owes the sending of a text that is written: [`hand_over`] checks it again.
#[expect(clippy::too_many_arguments, reason = "one row of the outbox, column by column")]
pub async fn owe(
    tx: &mut Tx,
    id: &MessageId,
    cause_id: &str,
    tenant: Option<&TenantId>,
    lane: outbox::Lane,
    held_until: Option<Timestamp>,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let effect = outbox::NewEffect {
        id: uuid::Uuid::parse_str(id.as_str()).unwrap_or_default(),
        lane,
        kind: "text",
        order_key: format!("text:{id}"),
        cause_id: cause_id.to_owned(),
        tenant: tenant.cloned(),
        payload: serde_json::json!({"message_id": id}),
        expires_at: Some(expires_at),
        held_until,
    };
    outbox::push(tx, &effect, now).await.map(drop)
}

/// Keeps a text that is not to be sent whatever the ledger says, with the reason.
pub async fn withhold(tx: &mut Tx, text: &Outbound, why: &str, now: Timestamp) -> Result<(), StoreError> {
    if messages::insert_outbound(tx, text, Said::Refused(why), now).await? {
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
    /// Until the person's day begins; it is queued again.
    Held(Timestamp),
    Refused(String),
    /// It is not to be sent (any more): sent, refused or failed before.
    Settled,
}

/// Checks the ledger under the number's lock and sets `sending`, in one commit. Every try is a new one of these.
pub async fn hand_over(db: &Db, clock: &Clock, id: &MessageId) -> Result<Handed, StoreError> {
    let mut tx = db.begin().await?;
    let Some(text) = messages::to_send(&mut tx, id).await? else { return Ok(Handed::Settled) };
    ledger::lock_number(&mut tx, &text.to).await?;
    let now = clock.now();
    let decision = match check(&mut tx, &text.asked(), now).await? {
        // A refusal stands; what is allowed by a ledger with a gap is not.
        Decision::Allowed if !restores::open(&mut tx).await?.is_empty() => {
            Decision::Held(now.plus_s(restores::HELD_S), AFTER_RESTORE.to_owned())
        }
        decision => decision,
    };
    let handed = match decision {
        Decision::Held(until, why) => {
            messages::hold(&mut tx, id, &why, now).await?;
            Handed::Held(until)
        }
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
