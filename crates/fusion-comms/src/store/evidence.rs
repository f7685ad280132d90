//! Everything that is kept of one number at one agency, oldest first of each kind.

use fusion_comms_core::evidence::{Item, LEDGER, Seal, SealedChange};
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use serde_json::{Value, json};

use super::db::{Db, Reader, Result};
use super::row::Row;
use super::seals;

/// The opt-out history with its seals, the calls from this number and those that led to a text to it, the texts with the gate's
/// decisions, consents, and what operators changed.
pub async fn of(db: &Db, tenant: &TenantId, phone: &E164) -> Result<Vec<Item>> {
    let mut items = ledger(db, tenant, phone).await?;
    items.extend(calls(db, tenant, phone).await?);
    items.extend(texts(db, tenant, phone).await?);
    items.extend(consents(db, tenant, phone).await?);
    items.extend(operators(db, tenant, phone).await?);
    Ok(items)
}

/// Rows under `unassigned` count for every agency.
async fn ledger(db: &Db, tenant: &TenantId, phone: &E164) -> Result<Vec<Item>> {
    let q = db.sql(
        "SELECT h.seq, h.tenant_id, h.phone_e164, h.change, h.opted_out_at, h.source, h.previous_source, h.actor, h.reason,
           h.at, s.position, s.hash, p.hash AS previous_hash
         FROM opt_out_history h LEFT JOIN opt_out_seals s ON s.seq = h.seq
           LEFT JOIN opt_out_seals p ON p.position = s.position - 1
         WHERE h.phone_e164 = $1 AND h.tenant_id IN ($2, 'unassigned') ORDER BY h.seq",
    );
    let item = |r: &Row| {
        let seal = match (r.opt_int("position")?, r.opt_text("hash")?) {
            (Some(position), Some(hash)) => {
                let start = fusion_comms_core::chain::START.to_owned();
                Some(Seal { position, previous: r.opt_text("previous_hash")?.unwrap_or(start), hash })
            }
            _ => None,
        };
        let sealed = SealedChange { row: seals::change(r)?, seal };
        Ok(Item { kind: LEDGER, data: serde_json::to_value(sealed).unwrap_or_default() })
    };
    db.rows(q.bind(phone.expose()).bind(tenant)).await?.iter().map(item).collect()
}

/// Who calls from this number may ask for a text to it and be refused; who keyed it asked for one text to it.
async fn calls(db: &Db, tenant: &TenantId, phone: &E164) -> Result<Vec<Item>> {
    let q = db.sql(
        "SELECT call_control_id, from_phone, to_phone, statement_id, state, created_at, updated_at FROM telnyx_calls
         WHERE (sms_phone = $1 OR from_phone = $1) AND tenant_id = $2 ORDER BY created_at, call_control_id",
    );
    let item = |r: &Row| {
        let data = json!({
            "call_control_id": r.text("call_control_id")?, "from_phone": r.opt_text("from_phone")?,
            "to_phone": r.opt_text("to_phone")?, "statement_id": r.opt_text("statement_id")?,
            "state": r.text("state")?, "created_at": r.time("created_at")?, "updated_at": r.time("updated_at")?,
        });
        Ok(Item { kind: "call", data })
    };
    db.rows(q.bind(phone.expose()).bind(tenant)).await?.iter().map(item).collect()
}

async fn texts(db: &Db, tenant: &TenantId, phone: &E164) -> Result<Vec<Item>> {
    let q = db.sql(
        "SELECT message_id, telnyx_message_id, direction, from_phone, to_phone, body, class, status, gate, error, label,
           rule, statement_id, call_control_id, created_at, handed_over_at, updated_at FROM telnyx_sms_messages
         WHERE (from_phone = $1 OR to_phone = $1) AND tenant_id = $2 ORDER BY created_at, message_id",
    );
    let item = |r: &Row| {
        let mut data = json!({
            "direction": r.text("direction")?, "class": r.text("class")?, "status": r.text("status")?,
            "created_at": r.time("created_at")?, "updated_at": r.time("updated_at")?,
            "handed_over_at": r.opt_time("handed_over_at")?,
        });
        for column in [
            "message_id",
            "telnyx_message_id",
            "from_phone",
            "to_phone",
            "body",
            "gate",
            "error",
            "label",
            "rule",
            "statement_id",
            "call_control_id",
        ] {
            data[column] = r.opt_text(column)?.map_or(Value::Null, Value::String);
        }
        Ok(Item { kind: "text", data })
    };
    db.rows(q.bind(phone.expose()).bind(tenant)).await?.iter().map(item).collect()
}

async fn consents(db: &Db, tenant: &TenantId, phone: &E164) -> Result<Vec<Item>> {
    let item = |c: super::consents::Consent| Item {
        kind: "consent",
        data: json!({
            "given_at": c.given_at, "source": c.source, "evidence": c.evidence, "actor": c.actor,
            "recorded_at": c.recorded_at,
        }),
    };
    Ok(super::consents::list(db, tenant, phone).await?.into_iter().map(item).collect())
}

async fn operators(db: &Db, tenant: &TenantId, phone: &E164) -> Result<Vec<Item>> {
    let q = db.sql(
        "SELECT at, actor, action, before, after FROM audit_log
         WHERE subject = $1 AND (tenant_id = $2 OR tenant_id = 'unassigned') ORDER BY seq",
    );
    let item = |r: &Row| {
        let data = json!({
            "at": r.time("at")?, "actor": r.text("actor")?, "action": r.text("action")?,
            "before": r.opt_json("before")?, "after": r.opt_json("after")?,
        });
        Ok(Item { kind: "operator", data })
    };
    db.rows(q.bind(phone.expose()).bind(tenant)).await?.iter().map(item).collect()
}
