//! Opt-outs that one person has asked to be lifted, and that wait for another. At most one request stands for a number.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::lifting::Request;
use fusion_comms_core::phone::E164;

use super::db::{Reader, Result, Tx};

/// Whether lifting takes two people at this agency; under `unassigned`, which counts for all, where any wants it.
pub async fn are_wanted(r: impl Reader, tenant: &TenantId) -> Result<bool> {
    let q = r.sql(
        "SELECT 1 AS one FROM tenants WHERE lift_by_two = $2 AND (id = $1 OR $1 = 'unassigned') LIMIT 1",
    );
    Ok(r.row(q.bind(tenant).bind(true)).await?.is_some())
}

/// Keeps a request, in place of an earlier one.
pub async fn put(tx: &mut Tx, tenant: &TenantId, phone: &E164, request: &Request) -> Result<()> {
    let q = tx.sql(
        "INSERT INTO lift_requests (tenant_id, phone_e164, actor, reason, requested_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, phone_e164) DO UPDATE SET
           actor = excluded.actor, reason = excluded.reason, requested_at = excluded.requested_at",
    );
    let q = q.bind(tenant).bind(phone.expose());
    tx.exec(q.bind(request.actor.as_str()).bind(request.reason.as_str()).bind(request.at)).await.map(drop)
}

/// The request that is kept, open or not.
pub async fn find(r: impl Reader, tenant: &TenantId, phone: &E164) -> Result<Option<Request>> {
    let q = r.sql(
        "SELECT actor, reason, requested_at FROM lift_requests WHERE tenant_id = $1 AND phone_e164 = $2",
    );
    let row = r.row(q.bind(tenant).bind(phone.expose())).await?;
    let request = row.map(|r| {
        Ok(Request { actor: r.text("actor")?, reason: r.text("reason")?, at: r.time("requested_at")? })
    });
    request.transpose()
}

/// Forgets what was asked for.
pub async fn remove(tx: &mut Tx, tenant: &TenantId, phone: &E164) -> Result<()> {
    let q = tx.sql("DELETE FROM lift_requests WHERE tenant_id = $1 AND phone_e164 = $2");
    tx.exec(q.bind(tenant).bind(phone.expose())).await.map(drop)
}
