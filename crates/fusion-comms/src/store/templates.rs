//! Agencies' own wordings of texts: `text_templates`. Whether one may be used is `core::sms::templates`' matter.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::sms::Language;
use fusion_comms_core::sms::templates::Kind;
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Reader, Result, Tx};
use super::error::StoreError;
use super::row::Row;

/// One wording, as stored; it may have been written past the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub tenant: TenantId,
    pub kind: Kind,
    pub language: Language,
    pub body: String,
    pub updated_at: Timestamp,
}

/// Sets an agency's wording.
pub async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: Kind,
    language: Language,
    body: &str,
    now: Timestamp,
) -> Result<()> {
    let q = tx.sql(
        "INSERT INTO text_templates (tenant_id, kind, language, body, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, kind, language) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at",
    );
    tx.exec(q.bind(tenant).bind(kind.as_str()).bind(language.as_str()).bind(body).bind(now)).await.map(drop)
}

/// Forgets an agency's wording. False where it has none.
pub async fn reset(tx: &mut Tx, tenant: &TenantId, kind: Kind, language: Language) -> Result<bool> {
    let q = tx.sql("DELETE FROM text_templates WHERE tenant_id = $1 AND kind = $2 AND language = $3");
    Ok(tx.exec(q.bind(tenant).bind(kind.as_str()).bind(language.as_str())).await? == 1)
}

/// An agency's own wording; `None`: ours serves it.
pub async fn get(
    r: impl Reader,
    tenant: &TenantId,
    kind: Kind,
    language: Language,
) -> Result<Option<String>> {
    let q = r.sql("SELECT body FROM text_templates WHERE tenant_id = $1 AND kind = $2 AND language = $3");
    let row = r.row(q.bind(tenant).bind(kind.as_str()).bind(language.as_str())).await?;
    row.map(|r| r.text("body")).transpose()
}

/// The wordings of one agency, or of all.
pub async fn list(db: &Db, tenant: Option<&TenantId>) -> Result<Vec<Stored>> {
    let q = db.sql(
        "SELECT tenant_id, kind, language, body, updated_at FROM text_templates
         WHERE tenant_id = $1 OR $2 ORDER BY tenant_id, kind, language",
    );
    db.rows(q.bind(tenant).bind(tenant.is_none())).await?.iter().map(stored).collect()
}

fn stored(row: &Row) -> Result<Stored> {
    let bad = |column| StoreError::Corrupt { column, source: Box::new(sqlx::Error::RowNotFound) };
    Ok(Stored {
        tenant: TenantId::new(row.text("tenant_id")?),
        kind: Kind::parse(&row.text("kind")?).ok_or_else(|| bad("kind"))?,
        language: Language::parse(&row.text("language")?).ok_or_else(|| bad("language"))?,
        body: row.text("body")?,
        updated_at: row.time("updated_at")?,
    })
}
