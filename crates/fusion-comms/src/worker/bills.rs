//! Bills that an agency texts of itself: held for the person's day, then a Checkout Session is made, then the text leaves.
//!
//! The text is written when it is asked for, with the address of a session that does not exist yet: a session lives for a
//! day, and a text may wait for most of one. Effects of one bill have one order key: `bill`, `checkout`, `text`.

use fusion_comms_core::ids::{MessageId, TenantId, derived_id};
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::Language;
use fusion_comms_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::JobError;
use super::links;
use crate::app::Parts;
use crate::begun::Bill;
use crate::gate::{self, Decision};
use crate::metrics;
use crate::store::{Tx, billing, messages, outbox, tasks, tenants};

/// Why a bill that was to be paid when it was asked for is not sent.
pub(super) const CHANGED: &str = "the statement was paid, put on hold or changed meanwhile";
/// Seconds that a link must live on when its text leaves.
const LEFT_TO_PAY_S: i64 = 3600;

/// The text that waits for a session, and the token of its link.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) message_id: MessageId,
    pub(super) token: String,
}

/// The person's day has begun: asks for the session, unless the text may not go (yet) or there is nothing to pay.
pub(super) async fn begin(app: &Parts, effect: &outbox::Claimed) -> Result<(), JobError> {
    let bill = read(effect)?;
    let tenant = effect.tenant.as_ref().ok_or_else(|| JobError::GiveUp("a bill of no agency".to_owned()))?;
    let mut tx = app.db.urgent().begin().await?;
    let now = app.clock.now();
    match gate::check_waiting(&mut tx, &bill.message_id, now).await? {
        Some(Decision::Held(until, _)) => {
            outbox::hold(&mut tx, &effect.id, until).await?;
            return Ok(tx.commit().await?);
        }
        Some(Decision::Allowed) => {
            if outbox::mark_done(&mut tx, &effect.id, now).await?
                && !ask(app, &mut tx, tenant, &bill, &effect.id, now).await?
            {
                not_sent(&mut tx, Some(tenant), &bill.message_id, CHANGED, now).await?;
            }
        }
        Some(Decision::Refused(_)) | None => drop(outbox::mark_done(&mut tx, &effect.id, now).await?),
    }
    tx.commit().await?;
    app.wake.effects();
    Ok(())
}

/// False where nothing can be paid (any more).
async fn ask(
    app: &Parts,
    tx: &mut Tx,
    tenant: &TenantId,
    bill: &Bill,
    cause: &str,
    now: Timestamp,
) -> Result<bool, JobError> {
    let account = tenants::get(&mut *tx, tenant).await?.and_then(|t| t.stripe_account);
    let statement = billing::lock_statement(tx, tenant, &bill.statement_id).await?;
    let statement = statement.filter(billing::Statement::is_payable);
    let debit = billing::is_debit_pending(&mut *tx, tenant, &bill.statement_id).await?;
    let (Some(account), Some(statement), false) = (account, statement, debit) else { return Ok(false) };
    let phone = E164::parse(&bill.phone).map_err(|e| JobError::GiveUp(e.to_string()))?;
    let asked = links::Asked {
        id: derived_id(&format!("bill:{}", bill.message_id), "checkout"),
        tenant,
        account,
        statement,
        phone: &phone,
        order_key: bill.order_key(),
        cause,
        patience_until: now.plus_ms(links::LINK_BUDGET_MS),
        call: None,
        bill: Some(Waiting { message_id: bill.message_id.clone(), token: bill.token.clone() }),
        language: Language::default(),
    };
    links::owe_session(app, tx, asked, now).await?;
    Ok(true)
}

/// The session is made: the text with its address may leave, as long as there is time left to pay.
pub(super) async fn owe_text(
    tx: &mut Tx,
    bill: &Waiting,
    tenant: &TenantId,
    cause: &str,
    session_ends_at: Timestamp,
    now: Timestamp,
) -> Result<(), JobError> {
    let until = match gate::check_waiting(tx, &bill.message_id, now).await? {
        Some(Decision::Allowed) => None,
        Some(Decision::Held(until, _)) => Some(until),
        Some(Decision::Refused(_)) | None => return Ok(()),
    };
    let ends_at = session_ends_at.plus_s(-LEFT_TO_PAY_S);
    let lane = outbox::Lane::Link;
    Ok(gate::owe(tx, &bill.message_id, cause, Some(tenant), lane, until, ends_at, now).await?)
}

/// The bill is given up before there was a session.
pub(super) async fn failed(
    tx: &mut Tx,
    effect: &outbox::Claimed,
    why: &str,
    now: Timestamp,
) -> Result<(), JobError> {
    let bill = read(effect)?;
    not_sent(tx, effect.tenant.as_ref(), &bill.message_id, why, now).await
}

/// Keeps with the text why it did not leave, and tells a person.
pub(super) async fn not_sent(
    tx: &mut Tx,
    tenant: Option<&TenantId>,
    id: &MessageId,
    why: &str,
    now: Timestamp,
) -> Result<(), JobError> {
    messages::set_status(tx, id, "failed", Some(why), false, now).await?;
    metrics::text_reached("failed");
    Ok(tasks::open(tx, tenant, tasks::Kind::LinkNotSent, id.as_str(), now).await?)
}

fn read(effect: &outbox::Claimed) -> Result<Bill, JobError> {
    serde_json::from_value(effect.payload.clone())
        .map_err(|_| JobError::GiveUp("the bill cannot be read".to_owned()))
}
