//! Texts that an agency begins: a bill that is ready, with its link.
//!
//! Written and put before the gate at once, so that whoever asks for it hears what was decided; sent by the workers when the
//! person's day has begun.

use fusion_comms_core::ids::{MessageId, StatementId, derived_id};
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::Language;
use fusion_comms_core::sms::templates::Kind;
use fusion_comms_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::gate::{self, Decision};
use crate::store::messages::{Class, Outbound};
use crate::store::tenants::Tenant;
use crate::store::{StoreError, Tx, outbox, tenants};
use crate::{telnyx, wording};

/// Seconds after its day began, or after it was asked for, until a bill that could not leave is given up.
const PATIENCE_S: i64 = 36 * 3600;

/// What our texts are made with where the agency has nothing of its own.
pub struct Sender {
    pub default_number: E164,
    pub default_profile: String,
    /// No trailing slash.
    pub public_base: String,
}

/// A bill that waits: the payload of the effect that sends it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Bill {
    pub(crate) message_id: MessageId,
    pub(crate) statement_id: String,
    pub(crate) phone: String,
    pub(crate) token: String,
}

impl Bill {
    pub(crate) fn order_key(&self) -> String {
        format!("text:{}", self.message_id)
    }
}

/// Writes the text that a statement can be paid, with the gate's decision, and owes it unless that is a refusal.
///
/// # Errors
/// When the database does not answer.
pub async fn bill_ready(
    tx: &mut Tx,
    sender: &Sender,
    tenant: &Tenant,
    statement: &StatementId,
    to: &E164,
    language: Language,
    now: Timestamp,
) -> Result<(MessageId, Decision), StoreError> {
    let token = crate::stripe::random_token();
    let id = MessageId::new(derived_id(&token, "bill").to_string());
    let link = format!("{}/p/{token}", sender.public_base);
    let body = wording::with_link(tx, tenant, Kind::BillReady, language, &link).await?;
    let from = tenants::sms_number(&mut *tx, &tenant.id).await?;
    let from = from.unwrap_or_else(|| sender.default_number.clone());
    let profile = tenant.messaging_profile.as_deref().unwrap_or(&sender.default_profile);
    let text = Outbound {
        id: id.clone(),
        tenant: Some(tenant.id.clone()),
        request: telnyx::message_body(&from, to, &body, profile),
        from,
        to: to.clone(),
        body,
        class: Class::BillReady,
        statement_id: Some(statement.expose().to_owned()),
        call: None,
        cause_id: id.as_str().to_owned(),
        asked_at: None,
    };
    let decision = gate::write(tx, &text, now).await?;
    let held_until = match &decision {
        Decision::Allowed => None,
        Decision::Held(until, _) => Some(*until),
        Decision::Refused(_) => return Ok((id, decision)),
    };
    let statement_id = statement.expose().to_owned();
    let bill = Bill { message_id: id.clone(), statement_id, phone: to.expose().to_owned(), token };
    let effect = outbox::NewEffect {
        id: derived_id(id.as_str(), "bill"),
        lane: outbox::Lane::Link,
        kind: "bill",
        order_key: bill.order_key(),
        cause_id: id.as_str().to_owned(),
        tenant: Some(tenant.id.clone()),
        payload: serde_json::to_value(&bill).unwrap_or_default(),
        expires_at: Some(held_until.unwrap_or(now).plus_s(PATIENCE_S)),
        held_until,
    };
    outbox::push(tx, &effect, now).await?;
    Ok((id, decision))
}
