//! What the status page shows: the latest calls, texts and faxes, without a digit too many.

use fusion_comms_core::time::Timestamp;
use serde::Serialize;

use super::db::{Db, Reader, Result};

/// One line of the page: when, what, how it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub at: Timestamp,
    pub id: String,
    pub tenant: Option<String>,
    /// Whole numbers never leave the store for the page: `***1234`.
    pub from: String,
    pub to: String,
    pub state: String,
    pub detail: Option<String>,
}

fn masked(number: Option<String>) -> String {
    let number = number.unwrap_or_default();
    let tail: String = number.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    if number.starts_with('+') { format!("***{tail}") } else { "***".to_owned() }
}

/// The latest calls.
pub async fn calls(db: &Db, limit: i64) -> Result<Vec<Line>> {
    let q = db.sql(
        "SELECT created_at AS at, call_control_id AS id, tenant_id, from_phone, to_phone, state, NULL AS detail
         FROM telnyx_calls ORDER BY created_at DESC LIMIT $1",
    );
    lines(db, q.bind(limit)).await
}

/// The latest texts, in and out; the detail is the class, never the body.
pub async fn texts(db: &Db, limit: i64) -> Result<Vec<Line>> {
    let q = db.sql(
        "SELECT created_at AS at, message_id AS id, tenant_id, from_phone, to_phone, direction || ' ' || status AS state,
           coalesce(label, class) AS detail FROM telnyx_sms_messages ORDER BY created_at DESC LIMIT $1",
    );
    lines(db, q.bind(limit)).await
}

/// The latest faxes.
pub async fn faxes(db: &Db, limit: i64) -> Result<Vec<Line>> {
    let q = db.sql(
        "SELECT created_at AS at, fax_id AS id, tenant_id, from_phone, to_phone, status AS state, doc_type AS detail
         FROM fax_documents ORDER BY created_at DESC LIMIT $1",
    );
    lines(db, q.bind(limit)).await
}

async fn lines(db: &Db, q: super::db::Sql) -> Result<Vec<Line>> {
    db.rows(q)
        .await?
        .iter()
        .map(|r| {
            Ok(Line {
                at: r.time("at")?,
                id: r.text("id")?,
                tenant: r.opt_text("tenant_id")?,
                from: masked(r.opt_text("from_phone")?),
                to: masked(r.opt_text("to_phone")?),
                state: r.text("state")?,
                detail: r.opt_text("detail")?,
            })
        })
        .collect()
}
