//! What must be looked into afterwards: a fax that lay on a wrong case. Opened and closed, never deleted.

use fusion_comms_core::ids::{TenantId, derived_id};
use fusion_comms_core::time::Timestamp;
use serde_json::Value;

use super::db::{Db, Reader, Result, Tx};
use super::row::Row;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another patient's: it may be a breach that has to be told (45 CFR 164.402).
    FaxWrongPatient,
    /// The right patient's other trip.
    FaxWrongTrip,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::FaxWrongPatient => "fax_wrong_patient",
            Kind::FaxWrongTrip => "fax_wrong_trip",
        }
    }
}

/// An incident to be opened.
pub struct New<'a> {
    pub kind: Kind,
    pub tenant: Option<&'a TenantId>,
    /// The fax.
    pub subject: &'a str,
    /// Case, who attached it, by which evidence, since when.
    pub detail: Value,
    pub by: &'a str,
    pub reason: &'a str,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    pub id: String,
    pub tenant: Option<TenantId>,
    pub kind: String,
    pub subject: String,
    pub detail: Option<Value>,
    pub opened_at: Timestamp,
    pub opened_by: String,
    pub reason: String,
    pub closed_at: Option<Timestamp>,
    pub closed_by: Option<String>,
    pub outcome: Option<String>,
}

fn incident(r: &Row) -> Result<Incident> {
    Ok(Incident {
        id: r.text("incident_id")?,
        tenant: r.opt_text("tenant_id")?.map(TenantId::new),
        kind: r.text("kind")?,
        subject: r.text("subject")?,
        detail: r.opt_json("detail")?,
        opened_at: r.time("opened_at")?,
        opened_by: r.text("opened_by")?,
        reason: r.text("reason")?,
        closed_at: r.opt_time("closed_at")?,
        closed_by: r.opt_text("closed_by")?,
        outcome: r.opt_text("outcome")?,
    })
}

/// Opens an incident and gives its id.
pub async fn open(tx: &mut Tx, new: &New<'_>, now: Timestamp) -> Result<String> {
    let id = derived_id(&format!("{}:{now}", new.subject), new.kind.as_str()).to_string();
    let q = tx.sql(
        "INSERT INTO incidents (incident_id, tenant_id, kind, subject, detail, opened_at, opened_by, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    let q = q
        .bind(id.as_str())
        .bind(new.tenant)
        .bind(new.kind.as_str())
        .bind(new.subject)
        .bind(new.detail.clone())
        .bind(now)
        .bind(new.by)
        .bind(new.reason);
    tx.exec(q).await?;
    tracing::error!(
        tenant_id = new.tenant.map(TenantId::as_str),
        fax_id = new.subject,
        kind = new.kind.as_str(),
        "a fax lay on a wrong case: an incident is opened"
    );
    Ok(id)
}

pub async fn get(r: impl Reader, id: &str) -> Result<Option<Incident>> {
    let q = r.sql(
        "SELECT incident_id, tenant_id, kind, subject, detail, opened_at, opened_by, reason, closed_at, closed_by, outcome
         FROM incidents WHERE incident_id = $1",
    );
    r.row(q.bind(id)).await?.as_ref().map(incident).transpose()
}

/// Incidents, the oldest first; of one agency or all, open ones or all.
pub async fn list(db: &Db, tenant: Option<&TenantId>, closed_too: bool, limit: i64) -> Result<Vec<Incident>> {
    let q = db.sql(
        "SELECT incident_id, tenant_id, kind, subject, detail, opened_at, opened_by, reason, closed_at, closed_by, outcome
         FROM incidents WHERE ($1 OR tenant_id = $2) AND ($3 OR closed_at IS NULL) ORDER BY opened_at, incident_id LIMIT $4",
    );
    let q = q.bind(tenant.is_none()).bind(tenant).bind(closed_too).bind(limit);
    db.rows(q).await?.iter().map(incident).collect()
}

/// Closes an open incident with what came of it.
pub async fn close(tx: &mut Tx, id: &str, by: &str, outcome: &str, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE incidents SET closed_at = $2, closed_by = $3, outcome = $4 WHERE incident_id = $1 AND closed_at IS NULL",
    );
    Ok(tx.exec(q.bind(id).bind(now).bind(by).bind(outcome)).await? == 1)
}
