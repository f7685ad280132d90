//! Fax documents from arrival to classification: receiving -> received -> classified | needs_review | unreadable; failed.
//!
//! Invariant: a row carries `s3_key_original` only after its file is in the store, so a key here can always be fetched.

use fusion_comms_core::ids::{CaseId, FaxId, TenantId};
use fusion_comms_core::time::Timestamp;
use serde_json::Value;

use super::db::{Db, Dialect, Reader, Result, Tx};
use super::row::Row;

#[derive(Clone, Debug, PartialEq)]
pub struct Fax {
    pub id: FaxId,
    pub tenant: Option<TenantId>,
    pub from_phone: Option<String>,
    pub to_phone: Option<String>,
    pub key: Option<String>,
    pub sha256: Option<String>,
    pub page_count: Option<i64>,
    pub doc_type: Option<String>,
    pub case: Option<CaseId>,
    pub status: String,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub occurred_at: Option<Timestamp>,
    pub partial: bool,
    pub suggestions: Option<Value>,
    pub reasons: Option<Value>,
    /// The file as it came, where the original is our PDF of it.
    pub as_sent: Option<AsSent>,
    /// Where the text, words and codes lie that were read.
    pub pages_key: Option<String>,
    /// Page ranges with a type each.
    pub segments: Option<Value>,
    pub pcs_checklist: Option<Value>,
    /// Who set type and case last: `classifier` or a person.
    pub filed_by: Option<String>,
    /// Cases that a person took the fax off.
    pub not_cases: Vec<CaseId>,
}

/// A file that is kept as it came, with its SHA-256 in hex.
#[derive(Clone, Debug, PartialEq)]
pub struct AsSent {
    pub key: String,
    pub sha256: String,
}

fn fax(r: &Row) -> Result<Fax> {
    Ok(Fax {
        id: FaxId::new(r.text("fax_id")?),
        tenant: r.opt_text("tenant_id")?.map(TenantId::new),
        from_phone: r.opt_text("from_phone")?,
        to_phone: r.opt_text("to_phone")?,
        key: r.opt_text("s3_key_original")?,
        sha256: r.opt_text("sha256_original")?,
        page_count: r.opt_int("page_count")?,
        doc_type: r.opt_text("doc_type")?,
        case: r.opt_text("case_id")?.map(CaseId::new),
        status: r.text("status")?,
        last_error: r.opt_text("last_error")?,
        created_at: r.time("created_at")?,
        occurred_at: r.opt_time("occurred_at")?,
        partial: r.flag("partial")?,
        suggestions: r.opt_json("suggestions")?,
        reasons: r.opt_json("reasons")?,
        as_sent: match (r.opt_text("s3_key_as_sent")?, r.opt_text("sha256_as_sent")?) {
            (Some(key), Some(sha256)) => Some(AsSent { key, sha256 }),
            _ => None,
        },
        pages_key: r.opt_text("s3_key_pages")?,
        segments: r.opt_json("segments")?,
        pcs_checklist: r.opt_json("pcs_checklist")?,
        filed_by: r.opt_text("filed_by")?,
        not_cases: r.opt_json("not_cases")?.and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default(),
    })
}

/// What an event says of a fax.
pub struct Seen<'a> {
    pub id: &'a FaxId,
    pub tenant: Option<&'a TenantId>,
    pub from_phone: Option<&'a str>,
    pub to_phone: Option<&'a str>,
    pub page_count: Option<i64>,
    pub partial: bool,
    /// Of `fax.received` only: freezes the day in the object key.
    pub received_at: Option<Timestamp>,
}

/// Makes the row at the first event of a fax, or adds what a later one says; never goes back.
pub async fn seen(tx: &mut Tx, s: &Seen<'_>, now: Timestamp) -> Result<()> {
    let q = tx.sql(
        "INSERT INTO fax_documents (fax_id, tenant_id, from_phone, to_phone, page_count, partial, occurred_at, status, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'receiving', $8, $8)
         ON CONFLICT (fax_id) DO UPDATE SET
           tenant_id = CASE WHEN fax_documents.s3_key_original IS NULL
             THEN coalesce(fax_documents.tenant_id, excluded.tenant_id) ELSE fax_documents.tenant_id END,
           from_phone = coalesce(fax_documents.from_phone, excluded.from_phone),
           to_phone = coalesce(fax_documents.to_phone, excluded.to_phone),
           page_count = coalesce(excluded.page_count, fax_documents.page_count),
           partial = (fax_documents.partial OR excluded.partial),
           occurred_at = coalesce(fax_documents.occurred_at, excluded.occurred_at),
           updated_at = excluded.updated_at",
    );
    let q = q
        .bind(s.id)
        .bind(s.tenant)
        .bind(s.from_phone)
        .bind(s.to_phone)
        .bind(s.page_count)
        .bind(s.partial)
        .bind(s.received_at)
        .bind(now);
    tx.exec(q).await.map(drop)
}

pub async fn get(r: impl Reader, id: &FaxId) -> Result<Option<Fax>> {
    let q = r.sql(
        "SELECT fax_id, tenant_id, from_phone, to_phone, s3_key_original, sha256_original, page_count, doc_type, case_id,
           status, last_error, created_at, occurred_at, partial, suggestions, reasons, s3_key_as_sent, sha256_as_sent,
           s3_key_pages, segments, pcs_checklist, filed_by, not_cases FROM fax_documents WHERE fax_id = $1",
    );
    r.row(q.bind(id)).await?.as_ref().map(fax).transpose()
}

/// The row, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: &FaxId) -> Result<Option<Fax>> {
    if tx.dialect() == Dialect::Postgres {
        let q = tx.sql("SELECT fax_id FROM fax_documents WHERE fax_id = $1 FOR UPDATE");
        (&mut *tx).rows(q.bind(id)).await?;
    }
    get(tx, id).await
}

/// Faxes, the latest first; of one agency, of none (`unassigned`) or all, of one status or all.
pub async fn list(db: &Db, tenant: Option<&TenantId>, status: Option<&str>, limit: i64) -> Result<Vec<Fax>> {
    let q = db.sql(
        "SELECT fax_id, tenant_id, from_phone, to_phone, s3_key_original, sha256_original, page_count, doc_type, case_id,
           status, last_error, created_at, occurred_at, partial, suggestions, reasons, s3_key_as_sent, sha256_as_sent,
           s3_key_pages, segments, pcs_checklist, filed_by, not_cases FROM fax_documents
         WHERE (tenant_id = $1 OR $2 OR (tenant_id IS NULL AND $1 = 'unassigned')) AND (status = $3 OR $4)
         ORDER BY created_at DESC LIMIT $5",
    );
    let q = q.bind(tenant).bind(tenant.is_none()).bind(status).bind(status.is_none()).bind(limit);
    db.rows(q).await?.iter().map(fax).collect()
}

/// A file that is in the store.
pub struct Stored<'a> {
    pub key: &'a str,
    /// In hex.
    pub sha256: &'a str,
    pub size: i64,
    pub as_sent: Option<&'a AsSent>,
}

/// The file is in the store.
pub async fn stored(tx: &mut Tx, id: &FaxId, file: &Stored<'_>, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE fax_documents SET s3_key_original = $2, sha256_original = $3, size_bytes = $4, s3_key_as_sent = $5,
           sha256_as_sent = $6, status = 'received', last_error = NULL, updated_at = $7
         WHERE fax_id = $1 AND status IN ('receiving', 'failed')",
    );
    let (key, sha256) = file.as_sent.map(|s| (s.key.as_str(), s.sha256.as_str())).unzip();
    let q = q.bind(id).bind(file.key).bind(file.sha256).bind(file.size).bind(key).bind(sha256).bind(now);
    Ok(tx.exec(q).await? == 1)
}

/// The fax did not arrive or could not be fetched. A fax that is stored stays stored.
pub async fn failed(tx: &mut Tx, id: &FaxId, error: &str, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE fax_documents SET status = 'failed', last_error = $2, updated_at = $3
         WHERE fax_id = $1 AND status = 'receiving'",
    );
    Ok(tx.exec(q.bind(id).bind(error).bind(now)).await? == 1)
}

/// A try of the fetch failed; the next follows.
pub async fn trouble(tx: &mut Tx, id: &FaxId, error: &str, now: Timestamp) -> Result<()> {
    let q = tx.sql("UPDATE fax_documents SET last_error = $2, updated_at = $3 WHERE fax_id = $1");
    tx.exec(q.bind(id).bind(error).bind(now)).await.map(drop)
}

/// What reading a fax came to.
pub struct Outcome<'a> {
    pub doc_type: Option<&'a str>,
    pub case: Option<&'a CaseId>,
    pub status: &'a str,
    pub page_count: Option<i64>,
    pub last_error: Option<&'a str>,
    pub suggestions: Option<Value>,
    pub reasons: Option<Value>,
    pub pages_key: Option<&'a str>,
    pub segments: Option<Value>,
    pub pcs_checklist: Option<Value>,
}

/// Files a fax that waits; one that a person or another worker has filed since stays as it is.
pub async fn file(tx: &mut Tx, id: &FaxId, o: &Outcome<'_>, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE fax_documents SET doc_type = $2, case_id = $3, status = $4, page_count = coalesce($5, page_count),
           last_error = $6, suggestions = $7, reasons = $8, s3_key_pages = $9, segments = $10, pcs_checklist = $11,
           filed_by = 'classifier', classified_at = $12, updated_at = $12
         WHERE fax_id = $1 AND status = 'received'",
    );
    let q = q
        .bind(id)
        .bind(o.doc_type)
        .bind(o.case)
        .bind(o.status)
        .bind(o.page_count)
        .bind(o.last_error)
        .bind(o.suggestions.clone())
        .bind(o.reasons.clone())
        .bind(o.pages_key)
        .bind(o.segments.clone())
        .bind(o.pcs_checklist.clone())
        .bind(now);
    Ok(tx.exec(q).await? == 1)
}

/// Back to `received`, to be read anew. False where its file is not in the store.
pub async fn reset(tx: &mut Tx, id: &FaxId, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE fax_documents SET status = 'received', doc_type = NULL, case_id = NULL, last_error = NULL,
           suggestions = NULL, reasons = NULL, segments = NULL, pcs_checklist = NULL, filed_by = NULL, updated_at = $2
         WHERE fax_id = $1 AND s3_key_original IS NOT NULL",
    );
    Ok(tx.exec(q.bind(id).bind(now)).await? == 1)
}

/// A person puts a fax on a case, with a type if they name one.
pub async fn attach(
    tx: &mut Tx,
    id: &FaxId,
    case: &CaseId,
    doc_type: Option<&str>,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    let q = tx.sql(
        "UPDATE fax_documents SET case_id = $2, doc_type = coalesce($3, doc_type), status = 'classified', filed_by = $4,
           last_error = NULL, updated_at = $5 WHERE fax_id = $1",
    );
    tx.exec(q.bind(id).bind(case).bind(doc_type).bind(by).bind(now)).await.map(drop)
}

/// A person takes a fax off its case: back before a person, and never to `not_cases` again by itself.
pub async fn detach(tx: &mut Tx, id: &FaxId, not_cases: &[CaseId], by: &str, now: Timestamp) -> Result<()> {
    let q = tx.sql(
        "UPDATE fax_documents SET case_id = NULL, status = 'needs_review', not_cases = $2, filed_by = $3, updated_at = $4
         WHERE fax_id = $1",
    );
    tx.exec(q.bind(id).bind(serde_json::json!(not_cases)).bind(by).bind(now)).await.map(drop)
}

/// Gives a fax of nobody to an agency. The file stays where it is.
pub async fn assign(tx: &mut Tx, id: &FaxId, tenant: &TenantId, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE fax_documents SET tenant_id = $2, updated_at = $3 WHERE fax_id = $1 AND tenant_id IS NULL",
    );
    Ok(tx.exec(q.bind(id).bind(tenant).bind(now)).await? == 1)
}

/// Faxes that could not be had, for the metric.
pub async fn count_failed(db: &Db) -> Result<i64> {
    let row = db.row(db.sql("SELECT count(*) AS n FROM fax_documents WHERE status = 'failed'")).await?;
    row.map_or(Ok(0), |r| r.int("n"))
}
