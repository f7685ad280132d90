//! The classify worker: takes a queue message, reads the fax, files it. A message may come twice or late.

use std::time::Instant;

use fusion_comms_core::fax::{self, Format, Status, Verdict};
use fusion_comms_core::ids::{FaxId, TenantId};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::error::{JobError, guarded};
use crate::app::Parts;
use crate::fax_text::ReadError;
use crate::metrics;
use crate::queue::Message;
use crate::store::faxes::{self, Fax, Outcome};
use crate::store::{audit, billing};

/// Receipts of one message before the fax goes to a person instead.
const MAX_RECEIVES: i64 = 5;

#[derive(Deserialize)]
struct Order {
    fax_id: FaxId,
    tenant_id: Option<TenantId>,
    s3_key: String,
}

/// Takes and works one message. False where there was none.
pub async fn work_one(app: &Parts) -> bool {
    let message = match app.queue.receive().await {
        Ok(Some(message)) => message,
        Ok(None) => return false,
        Err(e) => {
            tracing::warn!(error = %e, "the fax queue cannot be read");
            return false;
        }
    };
    match guarded(work(app, &message)).await {
        Ok(()) => {
            if let Err(e) = app.queue.delete(&message.receipt).await {
                tracing::warn!(error = %e, "a worked message could not be deleted: it will be seen again, without effect");
            }
        }
        // Not deleted: it becomes visible again.
        Err(e) => {
            tracing::warn!(receives = message.receives, error = %e, "a fax could not be read and is tried again")
        }
    }
    true
}

/// Works one message: files the fax it names, if the message agrees with its row and the fax waits.
pub async fn work(app: &Parts, message: &Message) -> Result<(), JobError> {
    let Ok(order) = serde_json::from_str::<Order>(&message.body) else {
        tracing::warn!("a message that is no order for a fax was acknowledged without effect");
        return Ok(());
    };
    let Some(fax) = faxes::get(&app.db, &order.fax_id).await? else {
        tracing::warn!(fax_id = %order.fax_id, "a message names no fax of ours: acknowledged without effect");
        return Ok(());
    };
    if fax.tenant != order.tenant_id || fax.key.as_deref() != Some(&order.s3_key) || fax.status != "received"
    {
        tracing::warn!(fax_id = %fax.id, status = %fax.status, "a message disagrees with its fax: acknowledged without effect");
        return Ok(());
    }
    let started = Instant::now();
    let read = read(app, &fax, &order.s3_key).await;
    let filed = match read {
        Ok(filed) => filed,
        Err(JobError::Retry(why)) if message.receives < MAX_RECEIVES => return Err(JobError::Retry(why)),
        Err(e) => Filed::to_person(&e.to_string()),
    };
    file(app, &fax, &filed).await?;
    metrics::fax_classified(started.elapsed());
    metrics::fax_reached(
        filed.verdict.doc_type.map_or("none", fax::DocType::as_str),
        filed.verdict.status.as_str(),
    );
    Ok(())
}

struct Filed {
    verdict: Verdict,
    pages: Option<i64>,
    error: Option<String>,
}

impl Filed {
    fn bare(status: Status, error: &str) -> Self {
        let verdict = Verdict { doc_type: None, case_id: None, status, candidates: vec![], reasons: vec![] };
        Self { verdict, pages: None, error: Some(error.to_owned()) }
    }
    fn unreadable(why: &str) -> Self {
        Self::bare(Status::Unreadable, why)
    }
    fn to_person(why: &str) -> Self {
        Self::bare(Status::NeedsReview, why)
    }
}

async fn read(app: &Parts, fax: &Fax, key: &str) -> Result<Filed, JobError> {
    let bytes = app.blobs.get(key).await.map_err(|e| JobError::Retry(e.to_string()))?;
    if fax.sha256.as_deref().is_some_and(|s| s != hex::encode(Sha256::digest(&bytes))) {
        tracing::error!(fax_id = %fax.id, "a stored fax is not what was received");
        return Err(JobError::GiveUp(
            "the stored file is not what was received (SHA-256 differs)".to_owned(),
        ));
    }
    match fax::sniff(&bytes) {
        Format::Unreadable(why) => return Ok(Filed::unreadable(why)),
        Format::Tiff => return Ok(Filed::to_person("a TIFF: kept as sent, to be read by a person")),
        Format::Pdf => {}
    }
    let pages = match app.fax_reader.read_pages(bytes).await {
        Ok(pages) => pages,
        Err(ReadError::Unreadable(why)) => return Ok(Filed::unreadable(why)),
        Err(e) => return Err(JobError::Retry(e.to_string())),
    };
    let roster = match &fax.tenant {
        Some(tenant) => billing::cases(&app.db, tenant).await?,
        None => vec![],
    };
    let mut verdict = fax::decide(&pages, &roster);
    if fax.tenant.is_none() && verdict.status == Status::Classified {
        verdict = Verdict { status: Status::NeedsReview, case_id: None, ..verdict };
    }
    if fax.partial && verdict.status == Status::Classified {
        verdict.reasons.push("the fax was cut short");
        verdict = Verdict { status: Status::NeedsReview, case_id: None, ..verdict };
    }
    let pages = i64::try_from(pages.len()).unwrap_or(i64::MAX);
    Ok(Filed { verdict, pages: Some(pages), error: None })
}

async fn file(app: &Parts, fax: &Fax, filed: &Filed) -> Result<(), JobError> {
    let v = &filed.verdict;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let suggestions = json!(
        v.candidates
            .iter()
            .map(|c| json!({"case_id": c.case_id, "evidence": c.evidence}))
            .collect::<Vec<_>>()
    );
    let outcome = Outcome {
        doc_type: v.doc_type.map(fax::DocType::as_str),
        case: v.case_id.as_ref(),
        status: v.status.as_str(),
        page_count: filed.pages,
        last_error: filed.error.as_deref(),
        suggestions: Some(suggestions.clone()),
        reasons: Some(json!(v.reasons)),
    };
    if faxes::file(&mut tx, &fax.id, &outcome, now).await?
        && let Some(case) = &v.case_id
    {
        let entry = audit::Entry {
            actor: "classifier",
            action: "fax.attach",
            subject: fax.id.as_str(),
            tenant: fax.tenant.as_ref(),
            before: None,
            after: Some(json!({"case_id": case, "evidence": suggestions})),
        };
        audit::append(&mut tx, &entry, now).await?;
    }
    Ok(tx.commit().await?)
}
