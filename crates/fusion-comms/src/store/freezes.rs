//! Agencies whose sending is stopped. A row that is not lifted stands; at most one stands for an agency.

use fusion_comms_core::ids::{TenantId, derived_id};
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Reader, Result, Tx};
use super::row::Row;

/// Since when an agency sends nothing but what the law asks for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    pub tenant: TenantId,
    pub frozen_at: Timestamp,
    pub reason: String,
    pub actor: String,
}

fn freeze_of(r: &Row) -> Result<Freeze> {
    Ok(Freeze {
        tenant: TenantId::new(r.text("tenant_id")?),
        frozen_at: r.time("frozen_at")?,
        reason: r.text("reason")?,
        actor: r.text("actor")?,
    })
}

/// The freeze that stands for an agency.
pub async fn standing(r: impl Reader, tenant: &TenantId) -> Result<Option<Freeze>> {
    let q = r.sql(
        "SELECT tenant_id, frozen_at, reason, actor FROM sending_freezes WHERE tenant_id = $1 AND lifted_at IS NULL",
    );
    r.row(q.bind(tenant)).await?.as_ref().map(freeze_of).transpose()
}

/// All freezes that stand.
pub async fn list(db: &Db) -> Result<Vec<Freeze>> {
    let q = db.sql(
        "SELECT tenant_id, frozen_at, reason, actor FROM sending_freezes WHERE lifted_at IS NULL ORDER BY tenant_id",
    );
    db.rows(q).await?.iter().map(freeze_of).collect()
}

/// Stops an agency's sending. False where it is stopped already.
pub async fn freeze(
    tx: &mut Tx,
    tenant: &TenantId,
    reason: &str,
    actor: &str,
    now: Timestamp,
) -> Result<bool> {
    let q = tx.sql(
        "INSERT INTO sending_freezes (freeze_id, tenant_id, frozen_at, reason, actor) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id) WHERE lifted_at IS NULL DO NOTHING",
    );
    let id = derived_id(&format!("{tenant} {now}"), "freeze").to_string();
    Ok(tx.exec(q.bind(id).bind(tenant).bind(now).bind(reason).bind(actor)).await? == 1)
}

/// Lets an agency send again. False where nothing stops it.
pub async fn lift(tx: &mut Tx, tenant: &TenantId, reason: &str, actor: &str, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE sending_freezes SET lifted_at = $2, lifted_by = $3, lift_reason = $4
         WHERE tenant_id = $1 AND lifted_at IS NULL",
    );
    Ok(tx.exec(q.bind(tenant).bind(now).bind(actor).bind(reason)).await? == 1)
}

/// Whether an agency was let send again after then.
pub async fn lifted_since(tx: &mut Tx, tenant: &TenantId, since: Timestamp) -> Result<bool> {
    let q = tx.sql("SELECT 1 AS one FROM sending_freezes WHERE tenant_id = $1 AND lifted_at >= $2 LIMIT 1");
    Ok(tx.row(q.bind(tenant).bind(since)).await?.is_some())
}

/// When each agency was last let send again: what it sent before has been looked into.
pub async fn last_lifts(db: &Db) -> Result<Vec<(TenantId, Timestamp)>> {
    let q = db.sql(
        "SELECT tenant_id, max(lifted_at) AS at FROM sending_freezes WHERE lifted_at IS NOT NULL
         GROUP BY tenant_id ORDER BY tenant_id",
    );
    db.rows(q).await?.iter().map(|r| Ok((TenantId::new(r.text("tenant_id")?), r.time("at")?))).collect()
}
