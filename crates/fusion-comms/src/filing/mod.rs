//! One stored fax, read and filed: by the queue's worker and by the Lambda alike. A message may come twice or late.

mod examine;
mod opinion;

use std::time::{Duration, Instant};

use bytes::Bytes;
use fusion_comms_core::fax::{self, PageText, Status, Verdict};
use fusion_comms_core::ids::{FaxId, TenantId};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use examine::{Examined, Examiner};
pub use opinion::{Opinion, SecondOpinion};

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::fax_text::{ReadError, Stored};
use crate::metrics;
use crate::store::faxes::{self, Fax, Outcome};
use crate::store::{Db, audit, billing};
use crate::traces::{self, Context, Told};
use crate::worker::JobError;

/// Receipts of one message before the fax goes to a person instead.
const MAX_RECEIVES: i64 = 5;

/// What filing needs: rows, files and a reader. No key of Telnyx or Stripe.
pub struct Filing {
    pub db: Db,
    pub clock: Clock,
    pub blobs: Blobs,
    pub examiner: Examiner,
}

/// The queue's message.
#[derive(Deserialize)]
struct Order {
    fax_id: FaxId,
    tenant_id: Option<TenantId>,
    s3_key: String,
}

impl Filing {
    /// Works one message, received for the `receives`th time: files the fax it names, if the message agrees with its
    /// row and the fax waits. Anything else is acknowledged without effect.
    ///
    /// # Errors
    /// [`JobError::Retry`]: the same message may succeed later.
    pub async fn work(&self, message: &str, receives: i64) -> Result<(), JobError> {
        let Ok(order) = serde_json::from_str::<Order>(message) else {
            tracing::warn!("a message that is no order for a fax was acknowledged without effect");
            return Ok(());
        };
        let Some(fax) = faxes::get(&self.db, &order.fax_id).await? else {
            tracing::warn!(fax_id = %order.fax_id, "a message names no fax of ours: acknowledged without effect");
            return Ok(());
        };
        if fax.tenant != order.tenant_id
            || fax.key.as_deref() != Some(&order.s3_key)
            || fax.status != "received"
        {
            tracing::warn!(fax_id = %fax.id, status = %fax.status, "a message disagrees with its fax: acknowledged without effect");
            return Ok(());
        }
        let tell = |done: &Result<(), JobError>| Told {
            attributes: vec![("fax_id", fax.id.to_string()), ("attempt", receives.to_string())],
            failed: done.as_ref().err().map(ToString::to_string),
        };
        let parent = Context::of_work(fax.id.as_str());
        traces::within(parent, "file fax".to_owned(), tell, self.work_on(&fax, &order.s3_key, receives)).await
    }

    async fn work_on(&self, fax: &Fax, key: &str, receives: i64) -> Result<(), JobError> {
        let started = Instant::now();
        // Received more often than any failed attempt accounts for: reading it ended the process each time.
        let filed = if receives > MAX_RECEIVES {
            Filed::bare(Status::NeedsReview, "reading the fax broke off each time")
        } else {
            self.attempt(fax, key, receives).await?
        };
        if self.file(fax, &filed).await? {
            report(fax, &filed, started.elapsed());
        }
        Ok(())
    }

    /// Reads the fax; at the last attempt a failure is an outcome too.
    async fn attempt(&self, fax: &Fax, key: &str, receives: i64) -> Result<Filed, JobError> {
        match self.read(fax, key, receives).await {
            Ok(filed) => Ok(filed),
            Err(JobError::Retry(why)) if receives < MAX_RECEIVES => Err(JobError::Retry(why)),
            Err(e) => Ok(Filed::bare(Status::NeedsReview, &e.to_string())),
        }
    }

    async fn read(&self, fax: &Fax, key: &str, attempt: i64) -> Result<Filed, JobError> {
        let bytes = self.intact(fax, key, fax.sha256.as_deref()).await?;
        let roster = match &fax.tenant {
            Some(tenant) => billing::cases(&self.db, tenant).await?,
            None => vec![],
        };
        let day = self.clock.now().day_path();
        let stored = Some(Stored { key, day: &day, attempt });
        let Examined { mut verdict, pages } = match self.examiner.examine(bytes, stored, roster).await {
            Ok(examined) => examined,
            Err(ReadError::Unreadable(why)) => return Ok(Filed::bare(Status::Unreadable, why)),
            Err(e) => return Err(JobError::Retry(e.to_string())),
        };
        for doubt in doubts(fax, &verdict) {
            verdict.status = Status::NeedsReview;
            verdict.case_id = None;
            verdict.reasons.push(doubt);
        }
        let pages_key = self.keep(key, &pages).await?;
        Ok(Filed { verdict, pages: Some(pages.len()), pages_key: Some(pages_key), error: None })
    }

    /// The stored file, if it is still what was received.
    async fn intact(&self, fax: &Fax, key: &str, sha256: Option<&str>) -> Result<Bytes, JobError> {
        let bytes = self.blobs.get(key).await.map_err(|e| JobError::Retry(e.to_string()))?;
        if sha256.is_some_and(|s| s != hex::encode(Sha256::digest(&bytes))) {
            tracing::error!(fax_id = %fax.id, "a stored fax is not what was received");
            return Err(JobError::GiveUp(
                "the stored file is not what was received (SHA-256 differs)".to_owned(),
            ));
        }
        Ok(bytes)
    }

    /// Keeps what was read beside the file, for whoever looks at the fax.
    async fn keep(&self, key: &str, pages: &[PageText]) -> Result<String, JobError> {
        let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
        let pages_key = format!("{folder}/pages.json");
        let json = serde_json::to_vec(pages).map_err(|e| JobError::GiveUp(e.to_string()))?;
        let kept = self.blobs.put(&pages_key, json.into()).await;
        kept.map_err(|e| JobError::Retry(e.to_string()))?;
        Ok(pages_key)
    }

    /// False where a person or another worker has filed it since.
    async fn file(&self, fax: &Fax, filed: &Filed) -> Result<bool, JobError> {
        let v = &filed.verdict;
        let now = self.clock.now();
        let suggestions = suggestions(v);
        let outcome = Outcome {
            doc_type: v.doc_type.map(fax::DocType::as_str),
            case: v.case_id.as_ref(),
            status: v.status.as_str(),
            page_count: filed.pages.and_then(|n| i64::try_from(n).ok()),
            last_error: filed.error.as_deref(),
            suggestions: Some(suggestions.clone()),
            reasons: Some(json!(v.reasons)),
            pages_key: filed.pages_key.as_deref(),
            segments: Some(json!(v.segments)),
            pcs_checklist: v.pcs_checklist.as_ref().map(|list| json!(list)),
        };
        let mut tx = self.db.begin().await?;
        let done = faxes::file(&mut tx, &fax.id, &outcome, now).await?;
        if done && let Some(case) = &v.case_id {
            let entry = audit::Entry {
                actor: "classifier",
                action: "fax.attach",
                subject: fax.id.as_str(),
                tenant: fax.tenant.as_ref(),
                before: None,
                after: Some(json!({"case_id": case, "doc_type": v.doc_type, "evidence": suggestions})),
            };
            audit::append(&mut tx, &entry, now).await?;
        }
        tx.commit().await?;
        Ok(done)
    }
}

/// What the row knows that speaks against filing without a person.
fn doubts(fax: &Fax, verdict: &Verdict) -> Vec<&'static str> {
    if verdict.status != Status::Classified {
        return vec![];
    }
    let mut doubts = vec![];
    if fax.tenant.is_none() {
        doubts.push("the number dialled is no agency's");
    }
    if fax.partial {
        doubts.push("the fax was cut short");
    }
    if verdict.case_id.as_ref().is_some_and(|case| fax.not_cases.contains(case)) {
        doubts.push("a person took this fax off the case that it seems to belong to");
    }
    doubts
}

fn suggestions(verdict: &Verdict) -> Value {
    let candidates = verdict.candidates.iter();
    candidates.map(|c| json!({"case_id": c.case_id, "evidence": c.evidence})).collect()
}

fn report(fax: &Fax, filed: &Filed, took: Duration) {
    let doc_type = filed.verdict.doc_type.map_or("none", fax::DocType::as_str);
    let status = filed.verdict.status.as_str();
    metrics::fax_classified(took);
    metrics::fax_reached(doc_type, status);
    tracing::info!(
        fax_id = %fax.id,
        tenant_id = fax.tenant.as_ref().map(TenantId::as_str),
        doc_type,
        status,
        pages = filed.pages,
        took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "a fax is read"
    );
}

struct Filed {
    verdict: Verdict,
    pages: Option<usize>,
    pages_key: Option<String>,
    error: Option<String>,
}

impl Filed {
    fn bare(status: Status, error: &str) -> Self {
        let verdict = Verdict {
            doc_type: None,
            case_id: None,
            status,
            candidates: vec![],
            reasons: vec![],
            segments: vec![],
            pcs_checklist: None,
        };
        Self { verdict, pages: None, pages_key: None, error: Some(error.to_owned()) }
    }
}
