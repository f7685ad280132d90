//! The payment link: a Checkout Session on the agency's account, then the text that carries it. One for one call and phone.

use fusion_comms_core::ids::{CallControlId, Cents, SessionId, StatementId, TenantId, derived_id};
use fusion_comms_core::ivr::{CallEvent, LinkAnswer};
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::Language;
use fusion_comms_core::sms::templates::Kind;
use fusion_comms_core::story::Why;
use fusion_comms_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::calls::{self, After};
use super::error::JobError;
use super::{bills, expiries, texts};
use crate::app::Parts;
use crate::gate::Decision;
use crate::store::billing::{self, NewSession};
use crate::store::calls::StoredCall;
use crate::store::messages::{Class, Outbound};
use crate::store::{Tx, outbox, tasks, tenants};
use crate::stripe::{self, Session, SessionParams, StripeError};
use crate::{telnyx, wording};

/// Milliseconds after which a link that was not texted is given up.
pub const LINK_BUDGET_MS: i64 = 15 * 60 * 1000;
/// Seconds that a session stays open: inside Stripe's 24 hours by some minutes, for clocks that differ.
pub(super) const SESSION_S: i64 = 24 * 3600 - 600;

/// Everything about the session, frozen when it was decided.
#[derive(Serialize, Deserialize)]
struct Checkout {
    account: String,
    /// The request's body, byte for byte on every try.
    form: String,
    /// Whose caller waits for it; none for a bill that the agency sends of itself.
    #[serde(default)]
    call: Option<CallControlId>,
    /// The text that is written already and waits for this session.
    #[serde(default)]
    bill: Option<bills::Waiting>,
    statement_id: String,
    phone: String,
    amount_cents: i64,
    currency: String,
    reference: String,
    expires_at: Timestamp,
    /// The caller's; a session that an older program decided has none.
    #[serde(default)]
    language: Language,
}

/// Owes the session. Why not, where it cannot even be asked for: no account, or nothing to pay any more.
pub(super) async fn ask(
    app: &Parts,
    tx: &mut Tx,
    stored: &StoredCall,
    statement: &StatementId,
    phone: &E164,
    cause: &str,
    now: Timestamp,
) -> Result<Option<Why>, JobError> {
    let Some(tenant_id) = &stored.tenant else { return Ok(Some(Why::NoAccount)) };
    let account = tenants::get(&mut *tx, tenant_id).await?.and_then(|t| t.stripe_account);
    let found =
        billing::find_statement(&mut *tx, tenant_id, statement).await?.filter(billing::Statement::is_payable);
    // A bank debit under way may yet fail; until then another link would be a second payment.
    let debit = billing::is_debit_pending(&mut *tx, tenant_id, statement.expose()).await?;
    let (account, found) = match (account, found) {
        (Some(account), Some(found)) if !debit => (account, found),
        (account, found) => {
            tasks::open(tx, Some(tenant_id), tasks::Kind::LinkNotSent, stored.id.as_str(), now).await?;
            return Ok(Some(match (account, found) {
                (None, _) => Why::NoAccount,
                (_, None) => Why::Changed,
                _ => Why::DebitPending,
            }));
        }
    };
    // One link for one call and phone, whatever is redelivered: the name comes from these and not from the event.
    let id = derived_id(&format!("link:{}", stored.id), phone.expose());
    let asked = Asked {
        id,
        tenant: tenant_id,
        account,
        statement: found,
        phone,
        order_key: format!("link:{}", stored.id),
        cause,
        call: Some(stored.id.clone()),
        bill: None,
        language: stored.call.language,
    };
    owe_session(app, tx, asked, now).await?;
    Ok(None)
}

/// Who is to pay what by which session, and who waits for it.
pub(super) struct Asked<'a> {
    pub(super) id: Uuid,
    pub(super) tenant: &'a TenantId,
    pub(super) account: String,
    pub(super) statement: billing::Statement,
    pub(super) phone: &'a E164,
    pub(super) order_key: String,
    pub(super) cause: &'a str,
    pub(super) call: Option<CallControlId>,
    pub(super) bill: Option<bills::Waiting>,
    pub(super) language: Language,
}

/// Freezes the request for a session and owes it.
pub(super) async fn owe_session(
    app: &Parts,
    tx: &mut Tx,
    asked: Asked<'_>,
    now: Timestamp,
) -> Result<(), JobError> {
    let Asked { id, statement: found, .. } = asked;
    let reference = derived_id(&id.to_string(), "reference").to_string();
    let expires_at = now.plus_s(SESSION_S);
    let base = &app.settings.public_base;
    let form = stripe::session_form(&SessionParams {
        amount_cents: found.amount.0,
        currency: &found.currency,
        reference: &reference,
        success_url: &format!("{base}/pay/success"),
        cancel_url: &format!("{base}/pay/cancel"),
        expires_at_s: expires_at.unix_s(),
    });
    let checkout = Checkout {
        account: asked.account,
        form,
        call: asked.call,
        bill: asked.bill,
        statement_id: found.id,
        phone: asked.phone.expose().to_owned(),
        amount_cents: found.amount.0,
        currency: found.currency,
        reference,
        expires_at,
        language: asked.language,
    };
    let effect = outbox::NewEffect {
        id,
        lane: outbox::Lane::Link,
        kind: "checkout",
        order_key: asked.order_key,
        cause_id: asked.cause.to_owned(),
        tenant: Some(asked.tenant.clone()),
        payload: serde_json::to_value(&checkout).map_err(|e| JobError::GiveUp(e.to_string()))?,
        expires_at: Some(now.plus_ms(LINK_BUDGET_MS)),
        held_until: None,
    };
    outbox::push(tx, &effect, now).await?;
    Ok(())
}

/// Makes the session, and queues the text with its link.
pub(super) async fn checkout(app: &Parts, effect: &outbox::Claimed) -> Result<(), JobError> {
    let c: Checkout = read(effect)?;
    let tenant_id =
        effect.tenant.as_ref().ok_or_else(|| JobError::GiveUp("a session without an agency".to_owned()))?;
    let phone = E164::parse(&c.phone).map_err(|e| JobError::GiveUp(e.to_string()))?;
    let session =
        app.stripe.create_session(&c.account, &effect.id, &c.form).await.map_err(|e| job_error(&e))?;
    let url = checked_url(&session, &c)?;
    let mut tx = app.db.urgent().begin().await?;
    let now = app.clock.now();
    let token = c.bill.as_ref().map_or_else(stripe::random_token, |bill| bill.token.clone());
    let new = NewSession {
        id: SessionId::new(session.id.as_str()),
        tenant: tenant_id.clone(),
        statement_id: c.statement_id.clone(),
        call: c.call.clone(),
        amount: Cents(c.amount_cents),
        currency: c.currency.clone(),
        checkout_url: url,
        account: c.account.clone(),
        reference: c.reference.clone(),
        expires_at: c.expires_at,
        token: token.clone(),
    };
    let mut after = After::default();
    let bill = billing::lock_statement(&mut tx, tenant_id, &c.statement_id).await?;
    if outbox::mark_done(&mut tx, &effect.id, now).await?
        && billing::insert_session(&mut tx, &new, now).await?
    {
        expiries::expire_others(&mut tx, tenant_id, &c.statement_id, &new.id, &effect.id, now).await?;
        if bill.is_some_and(|b| b.is_payable() && b.amount.0 == c.amount_cents) {
            text_it(app, &mut tx, tenant_id, &c, &phone, &token, effect, now, &mut after).await?;
        } else {
            // Paid, held or changed while Stripe was slow: nobody gets this link.
            expiries::expire_soon(&mut tx, tenant_id, &c.account, &new.id, c.expires_at, &effect.id, now)
                .await?;
            not_texted(app, &mut tx, effect, &c, bills::CHANGED, now, &mut after).await?;
        }
    }
    tx.commit().await?;
    after.tell(app);
    Ok(())
}

/// Queues the text with the link: the caller's, or the bill that waits for it.
#[expect(clippy::too_many_arguments, reason = "what the session was made of, all of which the text may name")]
async fn text_it(
    app: &Parts,
    tx: &mut Tx,
    tenant: &TenantId,
    c: &Checkout,
    phone: &E164,
    token: &str,
    effect: &outbox::Claimed,
    now: Timestamp,
    after: &mut After,
) -> Result<(), JobError> {
    if let Some(bill) = &c.bill {
        return bills::owe_text(tx, bill, tenant, &effect.id, c.expires_at, now).await;
    }
    let Some(call) = &c.call else {
        return Err(JobError::GiveUp("a session that nobody asked for".to_owned()));
    };
    let text = link_text(app, tx, tenant, c, phone, token, &effect.id).await?;
    let expires_at = effect.expires_at.unwrap_or(now.plus_ms(LINK_BUDGET_MS));
    let decision = crate::gate::queue(tx, &text, outbox::Lane::Link, expires_at, now).await?;
    if let Decision::Refused(_) = decision {
        tell_call(app, tx, call, &effect.id, LinkAnswer::Refused, now, after).await?;
    }
    Ok(())
}

/// Nobody gets this link: the caller goes to a person, and a person hears of it.
async fn not_texted(
    app: &Parts,
    tx: &mut Tx,
    effect: &outbox::Claimed,
    c: &Checkout,
    why: &str,
    now: Timestamp,
    after: &mut After,
) -> Result<(), JobError> {
    if let Some(bill) = &c.bill {
        bills::not_sent(tx, effect.tenant.as_ref(), &bill.message_id, why, now).await?;
    }
    if let Some(call) = &c.call {
        tasks::open(tx, effect.tenant.as_ref(), tasks::Kind::LinkNotSent, call.as_str(), now).await?;
        tell_call(app, tx, call, &effect.id, LinkAnswer::Refused, now, after).await?;
    }
    Ok(())
}

async fn link_text(
    app: &Parts,
    tx: &mut Tx,
    tenant_id: &TenantId,
    c: &Checkout,
    phone: &E164,
    token: &str,
    cause: &str,
) -> Result<Outbound, JobError> {
    let tenant = tenants::get(&mut *tx, tenant_id)
        .await?
        .ok_or_else(|| JobError::GiveUp("the agency has gone".to_owned()))?;
    let url = format!("{}/p/{token}", app.settings.public_base);
    let body = wording::with_link(tx, &tenant, Kind::PaymentLink, c.language, &url).await?;
    let from = tenants::sms_number(&mut *tx, tenant_id)
        .await?
        .unwrap_or_else(|| app.settings.default_number.clone());
    let profile = tenant.messaging_profile.as_deref().unwrap_or(&app.settings.default_profile);
    let request = telnyx::message_body(&from, phone, &body, profile);
    Ok(Outbound {
        id: texts::message_id(cause, "text"),
        tenant: Some(tenant_id.clone()),
        from,
        to: phone.clone(),
        body,
        class: Class::PaymentLink,
        statement_id: Some(c.statement_id.clone()),
        call: c.call.clone(),
        cause_id: cause.to_owned(),
        asked_at: None,
        request,
    })
}

/// The session's address, if the session is what was asked for.
fn checked_url(session: &Session, c: &Checkout) -> Result<String, JobError> {
    if session.amount_total.is_some_and(|a| a != c.amount_cents)
        || session.currency.as_ref().is_some_and(|x| *x != c.currency.to_ascii_lowercase())
    {
        return Err(JobError::GiveUp("Stripe's session has another amount or currency".to_owned()));
    }
    session.url.clone().ok_or_else(|| JobError::GiveUp("Stripe's session is not open".to_owned()))
}

/// The link could not be made.
pub(super) async fn checkout_failed(
    app: &Parts,
    tx: &mut Tx,
    effect: &outbox::Claimed,
    why: &str,
    after: &mut After,
) -> Result<(), JobError> {
    let c: Checkout = read(effect)?;
    not_texted(app, tx, effect, &c, why, app.clock.now(), after).await
}

/// Tells the call what became of its link; a call that has moved on takes no notice.
pub(super) async fn tell_call(
    app: &Parts,
    tx: &mut Tx,
    call: &CallControlId,
    cause: &str,
    answer: LinkAnswer,
    now: Timestamp,
    after: &mut After,
) -> Result<(), JobError> {
    if let Some(stored) = crate::store::calls::lock(tx, call).await? {
        calls::advance(app, tx, stored, cause, CallEvent::Link(answer), now, after).await?;
    }
    Ok(())
}

fn read(effect: &outbox::Claimed) -> Result<Checkout, JobError> {
    serde_json::from_value(effect.payload.clone())
        .map_err(|_| JobError::GiveUp("the frozen request cannot be read".to_owned()))
}

pub(super) fn job_error(e: &StripeError) -> JobError {
    match e.class() {
        stripe::Class::Retry => JobError::Retry(e.to_string()),
        stripe::Class::GiveUp => JobError::GiveUp(e.to_string()),
    }
}
