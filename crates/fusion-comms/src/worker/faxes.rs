//! Faxes on their way in: seen, fetched, stored, put on the queue.

use bytes::Bytes;
use fusion_comms_core::envelope::{FaxEvent, FaxKind};
use fusion_comms_core::fax::{Format, sniff};
use fusion_comms_core::ids::{FaxId, TenantId, derived_id};
use fusion_comms_core::time::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::error::JobError;
use crate::app::Parts;
use crate::fax_text::ReadError;
use crate::media::MediaError;
use crate::metrics;
use crate::store::faxes::{self, AsSent, Seen};
use crate::store::inbox::Claimed;
use crate::store::tenants::Purpose;
use crate::store::{Tx, outbox, tasks, tenants};

/// Milliseconds that a fax is tried to be fetched for.
const FETCH_BUDGET_MS: i64 = 24 * 3600 * 1000;
/// Milliseconds that a stored fax is tried to be put on the queue for: an outage of the queue heals by itself.
const ENQUEUE_BUDGET_MS: i64 = 14 * 24 * 3600 * 1000;

/// An event of a fax: makes or completes its row, and owes the fetch once it has arrived.
pub(super) async fn handle(
    tx: &mut Tx,
    event: &Claimed,
    fax: &FaxEvent,
    now: Timestamp,
) -> Result<Option<TenantId>, JobError> {
    if !fax.inbound {
        return Ok(None);
    }
    let tenant = tenant_of(tx, fax).await?;
    let mut seen = Seen {
        id: &fax.fax,
        tenant: tenant.as_ref(),
        from_phone: fax.from.expose(),
        to_phone: fax.to.expose(),
        page_count: None,
        partial: false,
        received_at: None,
    };
    match &fax.kind {
        FaxKind::Informational => {}
        FaxKind::Receiving { page_count } => {
            seen.page_count = *page_count;
            faxes::seen(tx, &seen, now).await?;
        }
        FaxKind::Failed { reason } => {
            faxes::seen(tx, &seen, now).await?;
            let why = reason.as_deref().unwrap_or("the sender's machine did not finish");
            if faxes::failed(tx, &fax.fax, why, now).await? {
                metrics::fax_reached("none", "failed");
            }
        }
        FaxKind::Received { media_url, page_count, partial } => {
            seen.page_count = *page_count;
            seen.partial = *partial;
            seen.received_at = Some(event.occurred_at.unwrap_or(event.received_at));
            faxes::seen(tx, &seen, now).await?;
            // An earlier event may have named the agency's number, or this one may be the first to.
            let tenant = faxes::get(&mut *tx, &fax.fax).await?.and_then(|f| f.tenant);
            if tenant.is_none() {
                tasks::open(tx, None, tasks::Kind::FaxUnassigned, fax.fax.as_str(), now).await?;
            }
            owe_fetch(tx, event.id.as_str(), &fax.fax, tenant.as_ref(), media_url.as_deref(), now).await?;
        }
    }
    Ok(tenant)
}

async fn tenant_of(tx: &mut Tx, fax: &FaxEvent) -> Result<Option<TenantId>, JobError> {
    let Some(number) = fax.to.e164() else { return Ok(None) };
    Ok(tenants::of_number(&mut *tx, &number, Purpose::Fax).await?.into_iter().next().map(|n| n.tenant))
}

/// Owes the fetch of a fax whose file is not in the store.
pub async fn owe_fetch(
    tx: &mut Tx,
    cause: &str,
    fax: &FaxId,
    tenant: Option<&TenantId>,
    media_url: Option<&str>,
    now: Timestamp,
) -> Result<(), JobError> {
    let id = derived_id(cause, "fetch");
    if let Some(stored) = faxes::get(&mut *tx, fax).await?
        && let Some(key) = &stored.key
    {
        // Stored, and still to be read: its message may have been given up.
        if stored.status == "received" {
            owe_message(tx, &id.to_string(), fax, stored.tenant.as_ref(), key, now).await?;
        }
        return Ok(());
    }
    let effect = outbox::NewEffect {
        id,
        lane: outbox::Lane::Fax,
        kind: "fax_fetch",
        order_key: format!("fax:{fax}"),
        cause_id: cause.to_owned(),
        tenant: tenant.cloned(),
        payload: json!({"fax_id": fax, "media_url": media_url}),
        expires_at: Some(now.plus_ms(FETCH_BUDGET_MS)),
        held_until: None,
    };
    outbox::push_again(tx, &effect, now).await?;
    Ok(())
}

/// Makes a fetch that is owed already due now. False where none is.
pub async fn hurry_fetch(tx: &mut Tx, fax: &FaxId, now: Timestamp) -> Result<bool, JobError> {
    Ok(outbox::hurry(tx, &format!("fax:{fax}"), "fax_fetch", now).await? > 0)
}

/// The object key of a fax: the UTC day is that of its arrival, frozen in its row.
pub fn object_key(tenant: Option<&TenantId>, fax: &FaxId, occurred_at: Timestamp) -> String {
    let tenant = tenant.map_or("unassigned", TenantId::as_str);
    format!("tenant/{tenant}/fax/{}/{fax}/original.pdf", occurred_at.day_path())
}

/// Fetches the file, stores it, and owes the message to the classify queue.
pub(super) async fn fetch(app: &Parts, effect: &outbox::Claimed) -> Result<(), JobError> {
    let id = fax_of(effect)?;
    let Some(fax) = faxes::get(&app.db, &id).await? else {
        return Err(JobError::GiveUp("the fax's row has gone".to_owned()));
    };
    let now = app.clock.now();
    if fax.key.is_some() {
        let mut tx = app.db.begin().await?;
        outbox::mark_done(&mut tx, &effect.id, now).await?;
        return Ok(tx.commit().await?);
    }
    let bytes = download(app, &id, effect.payload["media_url"].as_str()).await?;
    let key = object_key(fax.tenant.as_ref(), &id, fax.occurred_at.unwrap_or(fax.created_at));
    let kept = keep(app, key, bytes).await?;
    let Put { key, sha256, size } = kept.file;
    let file = faxes::Stored { key: &key, sha256: &sha256, size, as_sent: kept.as_sent.as_ref() };
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    if outbox::mark_done(&mut tx, &effect.id, now).await? && faxes::stored(&mut tx, &id, &file, now).await? {
        owe_message(&mut tx, &effect.id, &id, fax.tenant.as_ref(), &key, now).await?;
        metrics::fax_reached("none", "received");
    }
    tx.commit().await?;
    app.wake.effects();
    Ok(())
}

/// A fax in the store: the file that is read and shown, and what came if that was another.
struct Kept {
    file: Put,
    as_sent: Option<AsSent>,
}

/// One file in the store.
struct Put {
    key: String,
    sha256: String,
    size: i64,
}

/// Stores what came. A TIFF is kept as sent, and as a PDF if one can be made of it.
async fn keep(app: &Parts, pdf_key: String, bytes: Bytes) -> Result<Kept, JobError> {
    if sniff(&bytes) != Format::Tiff {
        return Ok(Kept { file: put(app, pdf_key, bytes).await?, as_sent: None });
    }
    let sent = put(app, tiff_key(&pdf_key), bytes.clone()).await?;
    match app.filing.examiner.reader.tiff_to_pdf(bytes).await {
        Ok(pdf) => {
            let as_sent = AsSent { key: sent.key, sha256: sent.sha256 };
            Ok(Kept { file: put(app, pdf_key, pdf).await?, as_sent: Some(as_sent) })
        }
        // Whoever reads it will say what is wrong with it.
        Err(ReadError::Unreadable(_)) => Ok(Kept { file: sent, as_sent: None }),
        Err(e) => Err(JobError::Retry(e.to_string())),
    }
}

async fn put(app: &Parts, key: String, bytes: Bytes) -> Result<Put, JobError> {
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    app.blobs.put(&key, bytes).await.map_err(|e| JobError::Retry(e.to_string()))?;
    Ok(Put { key, sha256, size })
}

/// Beside the PDF.
fn tiff_key(pdf_key: &str) -> String {
    let folder = pdf_key.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/original.tiff")
}

/// The link of the event, or, where it has expired, the one that Telnyx makes anew.
async fn download(app: &Parts, id: &FaxId, media_url: Option<&str>) -> Result<Bytes, JobError> {
    if let Some(url) = media_url {
        match app.media.get(url).await {
            Ok(bytes) => return Ok(bytes),
            Err(MediaError::Expired) => {}
            Err(e) => return Err(media_error(&e)),
        }
    }
    let telnyx = |e: crate::telnyx::TelnyxError| JobError::Retry(e.to_string());
    let known = app.telnyx.fax(id).await.map_err(telnyx)?;
    if known.status == "failed" && known.media_url.is_none() {
        let why = known.failure_reason.unwrap_or_else(|| "the sender's machine did not finish".to_owned());
        return Err(JobError::GiveUp(why));
    }
    app.telnyx.refresh_fax(id).await.map_err(telnyx)?;
    let info = app.telnyx.fax(id).await.map_err(telnyx)?;
    let url =
        info.media_url.ok_or_else(|| JobError::Retry("Telnyx has no link to the fax (yet)".to_owned()))?;
    app.media.get(&url).await.map_err(|e| media_error(&e))
}

fn media_error(e: &MediaError) -> JobError {
    match e {
        MediaError::Forbidden(_) | MediaError::TooLarge => JobError::GiveUp(e.to_string()),
        MediaError::Expired | MediaError::Retry(_) => JobError::Retry(e.to_string()),
    }
}

/// Owes the queue message of a stored fax.
pub async fn owe_message(
    tx: &mut Tx,
    cause: &str,
    fax: &FaxId,
    tenant: Option<&TenantId>,
    key: &str,
    now: Timestamp,
) -> Result<(), JobError> {
    let body = json!({"fax_id": fax, "tenant_id": tenant, "s3_key": key}).to_string();
    let effect = outbox::NewEffect {
        id: derived_id(cause, "enqueue"),
        lane: outbox::Lane::Fax,
        kind: "fax_enqueue",
        order_key: format!("fax:{fax}"),
        cause_id: cause.to_owned(),
        tenant: tenant.cloned(),
        payload: json!({"fax_id": fax, "body": body}),
        expires_at: Some(now.plus_ms(ENQUEUE_BUDGET_MS)),
        held_until: None,
    };
    outbox::push_again(tx, &effect, now).await?;
    Ok(())
}

/// Puts the message on the queue.
pub(super) async fn enqueue(app: &Parts, effect: &outbox::Claimed) -> Result<(), JobError> {
    let body = effect.payload["body"].as_str().unwrap_or_default();
    app.queue.send(&effect.id, body).await.map_err(|e| JobError::Retry(e.to_string()))?;
    let mut tx = app.db.begin().await?;
    outbox::mark_done(&mut tx, &effect.id, app.clock.now()).await?;
    tx.commit().await?;
    app.wake.queue.notify_one();
    Ok(())
}

/// A try failed: the row says so while the next is awaited.
pub(super) async fn trouble(
    tx: &mut Tx,
    effect: &outbox::Claimed,
    why: &str,
    now: Timestamp,
) -> Result<(), JobError> {
    Ok(faxes::trouble(tx, &fax_of(effect)?, why, now).await?)
}

/// The file cannot be had: the fax is visible as failed.
pub(super) async fn fetch_failed(
    tx: &mut Tx,
    effect: &outbox::Claimed,
    why: &str,
    now: Timestamp,
) -> Result<(), JobError> {
    if faxes::failed(tx, &fax_of(effect)?, why, now).await? {
        metrics::fax_reached("none", "failed");
    }
    Ok(())
}

fn fax_of(effect: &outbox::Claimed) -> Result<FaxId, JobError> {
    let id = effect.payload["fax_id"].as_str().map(FaxId::new);
    id.ok_or_else(|| JobError::GiveUp("the effect names no fax".to_owned()))
}
