//! Texts that wait for a person, the thread around one, and what became of consent after it.

use fusion_comms_core::ids::{MessageId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Reader, Result, Tx};
use super::row::Row;

/// A text from a person, without its words.
#[derive(Clone)]
pub struct Text {
    pub id: MessageId,
    pub tenant: Option<TenantId>,
    /// As sent: a number, a short code, empty.
    pub from: String,
    pub to: String,
    pub received_at: Timestamp,
    pub label: Option<String>,
    pub rule: Option<String>,
    pub review: bool,
    /// The agency's zone, where there is an agency.
    pub timezone: Option<String>,
    pub waits: Option<Waits>,
}

/// Why a text waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    ToBeRead,
    Emergency,
}

fn text(r: &Row) -> Result<Text> {
    let waits =
        r.opt_int("waits")?.map(|urgent| if urgent == 1 { Waits::Emergency } else { Waits::ToBeRead });
    Ok(Text {
        id: MessageId::new(r.text("message_id")?),
        tenant: r.opt_text("tenant_id")?.map(TenantId::new),
        from: r.text("from_phone")?,
        to: r.text("to_phone")?,
        received_at: r.time("received")?,
        label: r.opt_text("label")?,
        rule: r.opt_text("rule")?,
        review: r.flag("review")?,
        timezone: r.opt_text("timezone")?,
        waits,
    })
}

/// Texts that wait for a person: emergencies first, then the longest waiting.
pub async fn waiting(db: &Db, tenant: Option<&TenantId>, limit: i64) -> Result<Vec<Text>> {
    let q = db.sql(
        "SELECT m.message_id, m.tenant_id, m.from_phone, m.to_phone, m.label, m.rule, m.review, tn.timezone,
           coalesce(m.received_at, m.created_at) AS received,
           (SELECT max(CASE t.kind WHEN 'emergency' THEN 1 ELSE 0 END) FROM agency_tasks t WHERE t.subject = m.message_id
              AND t.done_at IS NULL AND t.kind IN ('text_to_read', 'emergency')) AS waits
         FROM telnyx_sms_messages m LEFT JOIN tenants tn ON tn.id = m.tenant_id
         WHERE m.direction = 'IN' AND ($1 OR coalesce(m.tenant_id, 'unassigned') = $2)
           AND m.message_id IN (SELECT subject FROM agency_tasks
             WHERE done_at IS NULL AND kind IN ('text_to_read', 'emergency'))
         ORDER BY waits DESC, received, m.message_id LIMIT $3",
    );
    let q = q.bind(tenant.is_none()).bind(tenant).bind(limit);
    db.rows(q).await?.iter().map(text).collect()
}

/// Texts that came in, the latest first.
pub async fn latest(db: &Db, tenant: Option<&TenantId>, limit: i64) -> Result<Vec<Text>> {
    let q = db.sql(
        "SELECT m.message_id, m.tenant_id, m.from_phone, m.to_phone, m.label, m.rule, m.review, tn.timezone,
           coalesce(m.received_at, m.created_at) AS received,
           (SELECT max(CASE t.kind WHEN 'emergency' THEN 1 ELSE 0 END) FROM agency_tasks t WHERE t.subject = m.message_id
              AND t.done_at IS NULL AND t.kind IN ('text_to_read', 'emergency')) AS waits
         FROM telnyx_sms_messages m LEFT JOIN tenants tn ON tn.id = m.tenant_id
         WHERE m.direction = 'IN' AND ($1 OR coalesce(m.tenant_id, 'unassigned') = $2)
         ORDER BY received DESC, m.message_id LIMIT $3",
    );
    let q = q.bind(tenant.is_none()).bind(tenant).bind(limit);
    db.rows(q).await?.iter().map(text).collect()
}

/// One text from a person; `None` where there is none of that id.
pub async fn find(r: impl Reader, id: &MessageId) -> Result<Option<Text>> {
    let q = r.sql(
        "SELECT m.message_id, m.tenant_id, m.from_phone, m.to_phone, m.label, m.rule, m.review, tn.timezone,
           coalesce(m.received_at, m.created_at) AS received,
           (SELECT max(CASE t.kind WHEN 'emergency' THEN 1 ELSE 0 END) FROM agency_tasks t WHERE t.subject = m.message_id
              AND t.done_at IS NULL AND t.kind IN ('text_to_read', 'emergency')) AS waits
         FROM telnyx_sms_messages m LEFT JOIN tenants tn ON tn.id = m.tenant_id
         WHERE m.direction = 'IN' AND m.message_id = $1",
    );
    r.row(q.bind(id)).await?.as_ref().map(text).transpose()
}

/// When each text that waits was received, and the zone of its agency, where there is one: for the metric.
pub async fn receipts(db: &Db) -> Result<Vec<(Timestamp, Option<String>)>> {
    let q = db.sql(
        "SELECT coalesce(m.received_at, m.created_at) AS received, tn.timezone
         FROM telnyx_sms_messages m LEFT JOIN tenants tn ON tn.id = m.tenant_id
         WHERE m.direction = 'IN' AND m.message_id IN (SELECT subject FROM agency_tasks
           WHERE done_at IS NULL AND kind IN ('text_to_read', 'emergency'))",
    );
    db.rows(q).await?.iter().map(|r| Ok((r.time("received")?, r.opt_text("timezone")?))).collect()
}

/// One text of a thread, with its words.
#[derive(Clone)]
pub struct Said {
    pub id: MessageId,
    /// Inbound: received; outbound: handed over, or else queued.
    pub at: Timestamp,
    /// `IN` or `OUT`.
    pub direction: String,
    pub class: String,
    pub status: String,
    pub label: Option<String>,
    pub rule: Option<String>,
    pub body: String,
}

/// All texts between one person and one agency, in the order of time. Under `unassigned` are those of no agency.
pub async fn thread(tx: &mut Tx, tenant: &TenantId, person: &E164) -> Result<Vec<Said>> {
    let q = tx.sql(
        "SELECT message_id, direction, class, status, label, rule, body, coalesce(received_at, created_at) AS at
         FROM telnyx_sms_messages
         WHERE direction = 'IN' AND from_phone = $1 AND coalesce(tenant_id, 'unassigned') = $2
         UNION ALL
         SELECT message_id, direction, class, status, label, rule, body, coalesce(handed_over_at, created_at)
         FROM telnyx_sms_messages
         WHERE direction = 'OUT' AND to_phone = $1 AND coalesce(tenant_id, 'unassigned') = $2
         ORDER BY at, direction, message_id",
    );
    let said = |r: &Row| {
        Ok(Said {
            id: MessageId::new(r.text("message_id")?),
            at: r.time("at")?,
            direction: r.text("direction")?,
            class: r.text("class")?,
            status: r.text("status")?,
            label: r.opt_text("label")?,
            rule: r.opt_text("rule")?,
            body: r.text("body")?,
        })
    };
    tx.rows(q.bind(person.expose()).bind(tenant)).await?.iter().map(said).collect()
}

/// The person's STARTs that were received after `since`: the number of ours that each went to, and when.
pub async fn starts_after(
    tx: &mut Tx,
    person: &E164,
    since: Timestamp,
) -> Result<Vec<(Option<E164>, Timestamp)>> {
    let q = tx.sql(
        "SELECT to_phone, coalesce(received_at, created_at) AS received FROM telnyx_sms_messages
         WHERE direction = 'IN' AND from_phone = $1 AND label = 'START' AND coalesce(received_at, created_at) > $2",
    );
    let rows = tx.rows(q.bind(person.expose()).bind(since)).await?;
    rows.iter().map(|r| Ok((E164::parse(&r.text("to_phone")?).ok(), r.time("received")?))).collect()
}

/// When a person or a command last lifted this opt-out after `since`. A START is not among them: it counts by its
/// receipt, not by when it was worked.
pub async fn lifted_by_hand_after(
    tx: &mut Tx,
    tenant: &TenantId,
    person: &E164,
    since: Timestamp,
) -> Result<Option<Timestamp>> {
    let q = tx.sql(
        "SELECT max(at) AS at FROM opt_out_history
         WHERE phone_e164 = $1 AND tenant_id = $2 AND change = 'lifted' AND actor <> 'text' AND at > $3",
    );
    let row = tx.row(q.bind(person.expose()).bind(tenant).bind(since)).await?;
    row.map_or(Ok(None), |r| r.opt_time("at"))
}
