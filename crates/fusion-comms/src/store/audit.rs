//! Who changed what: append-only.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::time::Timestamp;
use serde_json::Value;

use super::db::{Reader, Result, Tx};

/// One change by a person or a command.
pub struct Entry<'a> {
    pub actor: &'a str,
    pub action: &'a str,
    pub subject: &'a str,
    pub tenant: Option<&'a TenantId>,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Appends to the log, in the transaction of the change itself.
pub async fn append(tx: &mut Tx, e: &Entry<'_>, now: Timestamp) -> Result<()> {
    let q = tx.sql(
        "INSERT INTO audit_log (at, actor, action, subject, tenant_id, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let q = q
        .bind(now)
        .bind(e.actor)
        .bind(e.action)
        .bind(e.subject)
        .bind(e.tenant)
        .bind(e.before.clone())
        .bind(e.after.clone());
    tx.exec(q).await.map(drop)
}
