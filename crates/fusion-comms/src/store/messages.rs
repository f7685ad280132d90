//! Texts in and out: `telnyx_sms_messages`.

use fusion_comms_core::envelope::DeliveryStatus;
pub use fusion_comms_core::gate::Class;
use fusion_comms_core::ids::{CallControlId, MessageId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Reader, Result, Tx};

/// A text that came in.
pub struct Inbound<'a> {
    pub id: &'a MessageId,
    pub tenant: Option<&'a TenantId>,
    /// As sent: a number, a short code.
    pub from: &'a str,
    pub to: &'a str,
    pub body: &'a str,
    pub label: &'a str,
    pub rule: &'a str,
    pub review: bool,
    pub cause_id: &'a str,
    /// By Telnyx: consent that it takes back or gives counts from then.
    pub received_at: Timestamp,
}

/// Keeps a text that came in; a repeat changes nothing.
pub async fn insert_inbound(tx: &mut Tx, m: &Inbound<'_>, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "INSERT INTO telnyx_sms_messages (message_id, telnyx_message_id, tenant_id, direction, from_phone, to_phone, body,
           status, class, label, rule, review, cause_id, received_at, created_at, updated_at)
         VALUES ($1, $1, $2, 'IN', $3, $4, $5, 'received', 'inbound', $6, $7, $8, $9, $10, $11, $11)
         ON CONFLICT (message_id) DO NOTHING",
    );
    let q = q
        .bind(m.id)
        .bind(m.tenant)
        .bind(m.from)
        .bind(m.to)
        .bind(m.body)
        .bind(m.label)
        .bind(m.rule)
        .bind(m.review)
        .bind(m.cause_id)
        .bind(m.received_at)
        .bind(now);
    Ok(tx.exec(q).await? == 1)
}

/// A text that is to go out, or was refused by the gate.
#[derive(Clone, Debug)]
pub struct Outbound {
    pub id: MessageId,
    pub tenant: Option<TenantId>,
    pub from: E164,
    pub to: E164,
    pub body: String,
    pub class: Class,
    pub statement_id: Option<String>,
    pub call: Option<CallControlId>,
    pub cause_id: String,
    /// Receipt of the text that this one answers.
    pub asked_at: Option<Timestamp>,
    /// The body of the request to Telnyx, frozen.
    pub request: String,
}

/// What the gate said of a text when it was written.
#[derive(Clone, Copy, Debug)]
pub enum Said<'a> {
    Allowed,
    /// It waits: why, and until when.
    Held(&'a str),
    /// Why.
    Refused(&'a str),
}

/// Writes an outbound text as `queued` or `refused`, with what the gate said. False where it is there already.
pub async fn insert_outbound(tx: &mut Tx, m: &Outbound, said: Said<'_>, now: Timestamp) -> Result<bool> {
    let (status, gate, error) = match said {
        Said::Allowed => ("queued", "allowed", None),
        Said::Held(why) => ("queued", why, None),
        Said::Refused(why) => ("refused", why, Some(why)),
    };
    let q = tx.sql(
        "INSERT INTO telnyx_sms_messages (message_id, tenant_id, direction, from_phone, to_phone, body, status,
           statement_id, call_control_id, class, cause_id, request, gate, error, asked_at, created_at, updated_at)
         VALUES ($1, $2, 'OUT', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
         ON CONFLICT (message_id) DO NOTHING",
    );
    let q = q
        .bind(&m.id)
        .bind(m.tenant.as_ref())
        .bind(m.from.expose())
        .bind(m.to.expose())
        .bind(m.body.as_str())
        .bind(status)
        .bind(m.statement_id.as_deref())
        .bind(m.call.as_ref())
        .bind(m.class.as_str())
        .bind(m.cause_id.as_str())
        .bind(m.request.as_str())
        .bind(gate)
        .bind(error)
        .bind(m.asked_at)
        .bind(now);
    Ok(tx.exec(q).await? == 1)
}

/// An outbound text as the sender needs it.
#[derive(Clone, Debug)]
pub struct ToSend {
    pub id: MessageId,
    pub tenant: Option<TenantId>,
    pub to: E164,
    pub class: Class,
    pub status: String,
    pub request: String,
    pub call: Option<CallControlId>,
    pub statement_id: Option<String>,
    /// A try ended without an answer: Telnyx may have taken it.
    pub ambiguous: bool,
    pub asked_at: Option<Timestamp>,
    pub handed_over_at: Option<Timestamp>,
}

impl ToSend {
    /// Nobody knows whether an earlier try reached the person.
    pub fn may_have_gone_out(&self) -> bool {
        self.ambiguous || self.status == "sending"
    }
}

/// Reads an outbound text; `None` where there is none of that id.
pub async fn to_send(r: impl Reader, id: &MessageId) -> Result<Option<ToSend>> {
    let q = r.sql(
        "SELECT tenant_id, to_phone, class, status, request, call_control_id, statement_id, ambiguous, asked_at, handed_over_at
         FROM telnyx_sms_messages WHERE message_id = $1 AND direction = 'OUT'",
    );
    let Some(row) = r.row(q.bind(id)).await? else { return Ok(None) };
    let (Ok(to), Some(class)) = (E164::parse(&row.text("to_phone")?), Class::parse(&row.text("class")?))
    else {
        return Ok(None);
    };
    Ok(Some(ToSend {
        id: id.clone(),
        tenant: row.opt_text("tenant_id")?.map(TenantId::new),
        to,
        class,
        status: row.text("status")?,
        request: row.text("request")?,
        call: row.opt_text("call_control_id")?.map(CallControlId::new),
        statement_id: row.opt_text("statement_id")?,
        ambiguous: row.flag("ambiguous")?,
        asked_at: row.opt_time("asked_at")?,
        handed_over_at: row.opt_time("handed_over_at")?,
    }))
}

/// The commit of a hand-over: from here on the text counts as sent to the person. One that is `sending` already was
/// handed over by a try that ended without a word: nobody knows what became of it.
pub async fn set_sending(tx: &mut Tx, id: &MessageId, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE telnyx_sms_messages SET status = 'sending', gate = 'allowed', updated_at = $2,
           ambiguous = (ambiguous OR status = 'sending'), handed_over_at = coalesce(handed_over_at, $2)
         WHERE message_id = $1 AND status IN ('queued', 'sending')",
    );
    Ok(tx.exec(q.bind(id).bind(now)).await? == 1)
}

/// Puts a text back until its person's day begins, with what the gate says. One that is `sending` was handed over by a
/// try that ended without a word.
pub async fn hold(tx: &mut Tx, id: &MessageId, why: &str, now: Timestamp) -> Result<()> {
    let q = tx.sql(
        "UPDATE telnyx_sms_messages SET ambiguous = (ambiguous OR status = 'sending'), status = 'queued', gate = $2,
           updated_at = $3
         WHERE message_id = $1 AND status IN ('queued', 'sending')",
    );
    tx.exec(q.bind(id).bind(why).bind(now)).await.map(drop)
}

/// Sets what became of an outbound text before any status webhook: `queued` again, `refused`, `failed`, `unknown`.
/// A refusal is the gate's last decision too.
pub async fn set_status(
    tx: &mut Tx,
    id: &MessageId,
    status: &str,
    error: Option<&str>,
    ambiguous: bool,
    now: Timestamp,
) -> Result<()> {
    let q = tx.sql(
        "UPDATE telnyx_sms_messages SET status = $2, error = $3, ambiguous = (ambiguous OR $4), updated_at = $5,
           gate = CASE WHEN $2 = 'refused' THEN $3 ELSE gate END
         WHERE message_id = $1 AND status IN ('queued', 'sending')",
    );
    tx.exec(q.bind(id).bind(status).bind(error).bind(ambiguous).bind(now)).await.map(drop)
}

/// Telnyx took the text under its own id. The status stays: webhooks move it on.
pub async fn accepted(tx: &mut Tx, id: &MessageId, telnyx_id: &str, now: Timestamp) -> Result<()> {
    let q = tx.sql(
        "UPDATE telnyx_sms_messages SET telnyx_message_id = $2, error = NULL, updated_at = $3 WHERE message_id = $1",
    );
    tx.exec(q.bind(id).bind(telnyx_id).bind(now)).await.map(drop)
}

/// What a status webhook came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// No outbound text has this Telnyx id (yet).
    Unknown,
    /// It would go backwards, or says nothing new.
    Unchanged,
    /// The text, ours of this id, reached this status.
    Reached(MessageId, &'static str),
}

/// Applies a status webhook, never backwards.
pub async fn apply_status(
    tx: &mut Tx,
    telnyx_id: &str,
    status: DeliveryStatus,
    error: Option<&str>,
    now: Timestamp,
) -> Result<Applied> {
    let q = tx
        .sql("SELECT message_id FROM telnyx_sms_messages WHERE telnyx_message_id = $1 AND direction = 'OUT'");
    let Some(row) = tx.row(q.bind(telnyx_id)).await? else { return Ok(Applied::Unknown) };
    let id = MessageId::new(row.text("message_id")?);
    let (name, rank) = match status {
        DeliveryStatus::Sending | DeliveryStatus::Unknown => return Ok(Applied::Unchanged),
        DeliveryStatus::Sent => ("sent", 2),
        DeliveryStatus::Unconfirmed => ("delivery_unconfirmed", 3),
        DeliveryStatus::Failed => ("failed", 4),
        DeliveryStatus::Delivered => ("delivered", 5),
    };
    let q = tx.sql(
        "UPDATE telnyx_sms_messages SET status = $2, error = coalesce($3, error), updated_at = $4
         WHERE message_id = $1 AND $5 > CASE status WHEN 'delivered' THEN 5 WHEN 'failed' THEN 4
           WHEN 'delivery_unconfirmed' THEN 3 WHEN 'sent' THEN 2 ELSE 1 END",
    );
    let moved = tx.exec(q.bind(&id).bind(name).bind(error).bind(now).bind(rank)).await? == 1;
    Ok(if moved { Applied::Reached(id, name) } else { Applied::Unchanged })
}

/// The agency that last texted this person from this number.
pub async fn last_agency(tx: &mut Tx, person: &E164, number: &E164) -> Result<Option<TenantId>> {
    let q = tx.sql(
        "SELECT tenant_id FROM telnyx_sms_messages WHERE direction = 'OUT' AND to_phone = $1 AND from_phone = $2
           AND tenant_id IS NOT NULL AND status <> 'refused' ORDER BY created_at DESC LIMIT 1",
    );
    let row = tx.row(q.bind(person.expose()).bind(number.expose())).await?;
    row.map(|r| r.text("tenant_id").map(TenantId::new)).transpose()
}

/// How many texts of a class went to this person from this number since then.
pub async fn count_since(
    tx: &mut Tx,
    person: &E164,
    number: &E164,
    class: Class,
    since: Timestamp,
) -> Result<i64> {
    let q = tx.sql(
        "SELECT count(*) AS n FROM telnyx_sms_messages WHERE direction = 'OUT' AND to_phone = $1 AND from_phone = $2
           AND class = $3 AND created_at > $4 AND status <> 'refused'",
    );
    let row = tx.row(q.bind(person.expose()).bind(number.expose()).bind(class.as_str()).bind(since)).await?;
    row.map_or(Ok(0), |r| r.int("n"))
}

/// Whether the carrier has said of this number, and of no later text otherwise, that it takes no texts: a landline, or
/// not routable (Telnyx's code 40001).
pub async fn takes_no_texts(tx: &mut Tx, phone: &E164) -> Result<bool> {
    let q = tx.sql(
        "SELECT 1 AS one FROM telnyx_sms_messages f WHERE f.direction = 'OUT' AND f.to_phone = $1
           AND f.error LIKE '40001%' AND f.status = 'failed' AND NOT EXISTS (
             SELECT 1 FROM telnyx_sms_messages d WHERE d.direction = 'OUT' AND d.to_phone = $1
               AND d.status = 'delivered' AND d.created_at > f.created_at)
         LIMIT 1",
    );
    Ok(tx.row(q.bind(phone.expose())).await?.is_some())
}

/// Texts by status, for the metric.
pub async fn count_by_status(db: &Db) -> Result<Vec<(String, i64)>> {
    let q = db.sql("SELECT status, count(*) AS n FROM telnyx_sms_messages GROUP BY status");
    db.rows(q).await?.iter().map(|r| Ok((r.text("status")?, r.int("n")?))).collect()
}
