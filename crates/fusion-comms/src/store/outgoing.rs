//! Texts of ours as a person asks for them: which wait, which went, which were refused.

use fusion_comms_core::ids::{MessageId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Reader, Result, Tx};
use super::row::Row;

/// Whether a bill of this statement waits already to be texted to this number.
pub async fn bill_waits(tx: &mut Tx, tenant: &TenantId, statement: &str, phone: &E164) -> Result<bool> {
    let q = tx.sql(
        "SELECT 1 AS one FROM telnyx_sms_messages WHERE tenant_id = $1 AND statement_id = $2 AND to_phone = $3
           AND class = 'bill_ready' AND direction = 'OUT' AND status IN ('queued', 'sending') LIMIT 1",
    );
    Ok(tx.row(q.bind(tenant).bind(statement).bind(phone.expose())).await?.is_some())
}

/// A text of ours, as it is listed.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub id: MessageId,
    pub tenant: Option<TenantId>,
    pub to: String,
    pub class: String,
    pub status: String,
    pub statement_id: Option<String>,
    /// The gate's last decision.
    pub gate: Option<String>,
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub handed_over_at: Option<Timestamp>,
    /// It waits on purpose.
    pub held_until: Option<Timestamp>,
}

/// Texts of ours, of one agency or of all: the latest first.
pub async fn latest(db: &Db, tenant: Option<&TenantId>, limit: i64) -> Result<Vec<Outgoing>> {
    let q = db.sql(
        "SELECT m.message_id, m.tenant_id, m.to_phone, m.class, m.status, m.statement_id, m.gate, m.error, m.created_at,
           m.handed_over_at, (SELECT max(o.held_until) FROM outbox o WHERE o.order_key = 'text:' || m.message_id
              AND o.done_at IS NULL AND o.parked_at IS NULL) AS held_until
         FROM telnyx_sms_messages m
         WHERE m.direction = 'OUT' AND ($1 OR coalesce(m.tenant_id, 'unassigned') = $2)
         ORDER BY m.created_at DESC, m.message_id LIMIT $3",
    );
    let rows = db.rows(q.bind(tenant.is_none()).bind(tenant).bind(limit)).await?;
    let one = |r: &Row| {
        Ok(Outgoing {
            id: MessageId::new(r.text("message_id")?),
            tenant: r.opt_text("tenant_id")?.map(TenantId::new),
            to: r.text("to_phone")?,
            class: r.text("class")?,
            status: r.text("status")?,
            statement_id: r.opt_text("statement_id")?,
            gate: r.opt_text("gate")?,
            error: r.opt_text("error")?,
            created_at: r.time("created_at")?,
            handed_over_at: r.opt_time("handed_over_at")?,
            held_until: r.opt_time("held_until")?,
        })
    };
    rows.iter().map(one).collect()
}
