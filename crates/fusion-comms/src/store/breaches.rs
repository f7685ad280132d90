//! Texts handed over to people who ever opted out, and the ledger's history of them. `fusion_comms_core::breach` judges.

use fusion_comms_core::breach::{Change, HandedOver};
use fusion_comms_core::gate::Class;
use fusion_comms_core::ids::{MessageId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Reader, Result};

/// Texts handed over since then to numbers that were ever opted out, the latest of them, in the order of time.
pub async fn to_numbers_with_history(db: &Db, since: Timestamp, limit: i64) -> Result<Vec<HandedOver>> {
    let q = db.sql(
        "SELECT message_id, tenant_id, from_phone, to_phone, class, handed_over_at, asked_at FROM telnyx_sms_messages
         WHERE direction = 'OUT' AND handed_over_at > $1
           AND to_phone IN (SELECT phone_e164 FROM opt_out_history)
         ORDER BY handed_over_at DESC, message_id LIMIT $2",
    );
    let mut texts = Vec::new();
    for r in db.rows(q.bind(since).bind(limit)).await? {
        let Ok(to) = E164::parse(&r.text("to_phone")?) else { continue };
        texts.push(HandedOver {
            id: MessageId::new(r.text("message_id")?),
            tenant: r.opt_text("tenant_id")?.map(TenantId::new),
            from: r.text("from_phone")?,
            to,
            class: Class::parse(&r.text("class")?),
            at: r.time("handed_over_at")?,
            asked_at: r.opt_time("asked_at")?,
        });
    }
    texts.reverse();
    Ok(texts)
}

/// The history of the numbers to which a text was handed over since then, in the order in which it was written.
pub async fn history_of_texted(db: &Db, since: Timestamp) -> Result<Vec<Change>> {
    let q = db.sql(
        "SELECT tenant_id, phone_e164, change, opted_out_at, at FROM opt_out_history WHERE phone_e164 IN (
           SELECT to_phone FROM telnyx_sms_messages WHERE direction = 'OUT' AND handed_over_at > $1)
         ORDER BY seq",
    );
    let mut changes = Vec::new();
    for r in db.rows(q.bind(since)).await? {
        let Ok(phone) = E164::parse(&r.text("phone_e164")?) else { continue };
        changes.push(Change {
            tenant: TenantId::new(r.text("tenant_id")?),
            phone,
            lifted: r.text("change")? == "lifted",
            opted_out_at: r.time("opted_out_at")?,
            at: r.time("at")?,
        });
    }
    Ok(changes)
}
