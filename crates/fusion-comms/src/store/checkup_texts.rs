//! What `doctor` asks of the database about texts and consent. Reads only; who is judged by it is the caller's to say.

use fusion_comms_core::ids::{EventId, MessageId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use serde_json::Value;

use super::db::{Db, Reader, Result};

/// A text from a person after which no opt-out was written for the number.
#[derive(Clone)]
pub struct Unanswered {
    pub id: MessageId,
    pub tenant: Option<TenantId>,
    pub from: String,
    pub body: String,
    /// The body of its event, which has Telnyx's own reading.
    pub event: Option<Value>,
    pub received_at: Timestamp,
}

/// Texts received since then after which the ledger holds nothing of the number that is as late, and that no person has
/// reviewed; the latest first.
pub async fn texts_without_opt_out(db: &Db, since: Timestamp, limit: i64) -> Result<Vec<Unanswered>> {
    let q = db.sql(
        "SELECT m.message_id, m.tenant_id, m.from_phone, m.body, m.received_at, e.raw_json
         FROM telnyx_sms_messages m LEFT JOIN telnyx_events e ON e.event_id = m.cause_id
         WHERE m.direction = 'IN' AND m.received_at > $1
           AND NOT EXISTS (SELECT 1 FROM opt_out_history h WHERE h.phone_e164 = m.from_phone AND h.change <> 'lifted'
             AND h.opted_out_at >= m.received_at
             AND (m.tenant_id IS NULL OR h.tenant_id IN (m.tenant_id, 'unassigned')))
           AND NOT EXISTS (SELECT 1 FROM audit_log a WHERE a.action = 'text.review' AND a.subject = m.from_phone
             AND a.after->>'message_id' = m.message_id)
         ORDER BY m.received_at DESC, m.message_id LIMIT $2",
    );
    let rows = db.rows(q.bind(since).bind(limit)).await?;
    rows.iter()
        .map(|r| {
            Ok(Unanswered {
                id: MessageId::new(r.text("message_id")?),
                tenant: r.opt_text("tenant_id")?.map(TenantId::new),
                from: r.text("from_phone")?,
                body: r.text("body")?,
                event: r.opt_json("raw_json")?,
                received_at: r.time("received_at")?,
            })
        })
        .collect()
}

/// Events of texts that were received since then and have no text of ours: id, route, body, receipt; the latest first.
/// One with a pending opt-out is on its way into the ledger.
pub async fn text_events_without_text(
    db: &Db,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(EventId, String, Value, Timestamp)>> {
    let q = db.sql(
        "SELECT e.event_id, e.channel, e.raw_json, e.received_at FROM telnyx_events e
         WHERE e.event_type = 'message.received' AND e.received_at > $1 AND e.stop_pending IS NULL
           AND NOT EXISTS (SELECT 1 FROM telnyx_sms_messages m WHERE m.cause_id = e.event_id)
         ORDER BY e.received_at DESC LIMIT $2",
    );
    let rows = db.rows(q.bind(since).bind(limit)).await?;
    rows.iter()
        .map(|r| {
            let id = EventId::new(r.text("event_id")?);
            Ok((id, r.text("channel")?, r.json("raw_json")?, r.time("received_at")?))
        })
        .collect()
}

/// Whether an opt-out of this number that is as late was ever written.
pub async fn was_opted_out_since(db: &Db, phone: &E164, since: Timestamp) -> Result<bool> {
    let q = db.sql(
        "SELECT 1 AS one FROM opt_out_history WHERE phone_e164 = $1 AND change <> 'lifted' AND opted_out_at >= $2 LIMIT 1",
    );
    Ok(db.row(q.bind(phone.expose()).bind(since)).await?.is_some())
}

/// Outbound texts that came to nothing: the status, the error, how many, the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSent {
    pub status: String,
    pub class: String,
    pub error: String,
    pub n: i64,
    pub last: Timestamp,
}

pub async fn not_sent(db: &Db, since: Timestamp) -> Result<Vec<NotSent>> {
    let q = db.sql(
        "SELECT status, class, coalesce(error, '') AS error, count(*) AS n, max(updated_at) AS last
         FROM telnyx_sms_messages
         WHERE direction = 'OUT' AND created_at > $1 AND status IN ('failed', 'refused', 'unknown')
         GROUP BY 1, 2, 3 ORDER BY n DESC LIMIT 50",
    );
    let rows = db.rows(q.bind(since)).await?;
    rows.iter()
        .map(|r| {
            Ok(NotSent {
                status: r.text("status")?,
                class: r.text("class")?,
                error: r.text("error")?,
                n: r.int("n")?,
                last: r.time("last")?,
            })
        })
        .collect()
}

/// Outbound texts that have been `queued` or `sending` since before then, though nothing holds them: status, how many,
/// the oldest.
pub async fn stuck(db: &Db, before: Timestamp) -> Result<Vec<(String, i64, Timestamp)>> {
    let q = db.sql(
        "SELECT status, count(*) AS n, min(updated_at) AS oldest FROM telnyx_sms_messages
         WHERE direction = 'OUT' AND status IN ('queued', 'sending') AND gate = 'allowed' AND updated_at < $1
         GROUP BY status ORDER BY status",
    );
    let rows = db.rows(q.bind(before)).await?;
    rows.iter().map(|r| Ok((r.text("status")?, r.int("n")?, r.time("oldest")?))).collect()
}
