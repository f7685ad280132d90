//! The ack path: a bounded read, verify, parse, one grouped commit, 200. Nothing else is waited for.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::redact::{self, BodyError};
use fusion_comms_core::signature::SignatureError;
use fusion_comms_core::time::Timestamp;

use super::Web;
use super::server::{BodyReadError, read_body};
use crate::ingest::IngestError;
use crate::presence::Outcome;
use crate::store::inbox::Lane;
use crate::store::ingest::Stored;
use crate::{arrival, logs, metrics, traces};

/// Bytes of a webhook's body; the largest known ones take a few thousand.
const MAX_BODY: usize = 1024 * 1024;
/// How long a body may take to arrive; the provider itself gives up sooner.
const BODY_DEADLINE: Duration = Duration::from_secs(10);
/// Seconds after which a provider may come again where we could not store.
const RETRY_AFTER_S: u32 = 1;

/// Why a webhook is not acknowledged. The caller learns the status only; the log says which check failed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// This role takes no webhooks, so it has no routes for them either.
    #[error("no keys are configured")]
    NoKeys,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the body holds no event")]
    NoEvent,
    #[error(transparent)]
    Read(#[from] BodyReadError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
}

impl WebhookError {
    fn status(&self) -> StatusCode {
        match self {
            WebhookError::Signature(_) | WebhookError::Body(_) | WebhookError::NoEvent => {
                StatusCode::BAD_REQUEST
            }
            WebhookError::Read(BodyReadError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            WebhookError::Read(BodyReadError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            WebhookError::Read(BodyReadError::Broken) => StatusCode::BAD_REQUEST,
            WebhookError::Ingest(_) | WebhookError::NoKeys => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn outcome(&self) -> Outcome {
        match self {
            WebhookError::Signature(e) => Outcome::of_signature(e),
            WebhookError::Ingest(_) | WebhookError::NoKeys => Outcome::Failed,
            WebhookError::Body(_) | WebhookError::NoEvent | WebhookError::Read(_) => Outcome::Unreadable,
        }
    }
}

/// What became of an event that was stored, or was before.
struct Kept {
    outcome: Outcome,
    /// Seconds from the event's own time to its arrival.
    age_s: Option<i64>,
}

impl Kept {
    fn new(new: bool, occurred_at: Option<Timestamp>, now: Timestamp) -> Self {
        let outcome = if new { Outcome::Stored } else { Outcome::Known };
        Self { outcome, age_s: occurred_at.map(|at| now.unix_s() - at.unix_s()) }
    }
}

fn answer(
    web: &Web,
    channel: &'static str,
    started: Instant,
    result: Result<Kept, WebhookError>,
) -> Response {
    let status = result.as_ref().err().map_or(StatusCode::OK, WebhookError::status);
    let (outcome, age_s) = match &result {
        Ok(kept) => (kept.outcome, kept.age_s),
        Err(e) => (e.outcome(), None),
    };
    web.tally.answered(channel, outcome, age_s, web.clock.now());
    match &result {
        Ok(_) => {}
        Err(WebhookError::Signature(e)) => {
            metrics::signature_refused(channel);
            logs::signature_refused(channel, e);
        }
        Err(e) => tracing::warn!(channel, error = %e, "a webhook was not acknowledged"),
    }
    metrics::webhook_answered(channel, status.as_u16(), started.elapsed());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return (status, [(header::RETRY_AFTER, RETRY_AFTER_S.to_string())]).into_response();
    }
    status.into_response()
}

/// `POST /webhooks/telnyx/{channel}`: verify, keep, answer 200.
pub async fn telnyx(
    State(web): State<Web>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let channel = match channel.as_str() {
        "voice" => Channel::Voice,
        "sms" => Channel::Sms,
        "fax" => Channel::Fax,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let started = Instant::now();
    let kept = receive(&web, channel, &headers, body).await;
    answer(&web, channel.as_str(), started, kept)
}

async fn receive(web: &Web, channel: Channel, headers: &HeaderMap, body: Body) -> Result<Kept, WebhookError> {
    let started = Instant::now();
    let body = read_body(body, MAX_BODY, BODY_DEADLINE).await?;
    let now = web.clock.now();
    let header = |name| headers.get(name).map(axum::http::HeaderValue::as_bytes);
    let (signature, timestamp) = (header("telnyx-signature-ed25519"), header("telnyx-timestamp"));
    let keys = web.keys.current();
    let keys = keys.web.as_ref().ok_or(WebhookError::NoKeys)?;
    let verified = keys.telnyx.verify(signature, timestamp, &body, now.unix_s(), keys.tolerance_s);
    let key = verified.inspect_err(|_| web.keys.nudge.notify_one())?;
    web.keys.verified_by(key);
    let new = arrival::telnyx(channel, redact::parse_body(&body)?, &body, &key.to_string(), now);
    let (id, settled, occurred_at) = (new.id.clone(), new.settled, new.occurred_at);
    let traced = traces::webhook(channel.as_str(), new.order_key.as_deref(), id.as_str(), &new.event_type);
    let stored = web.ingest.store(new).await?;
    let kept = Kept::new(stored != Stored::Known, occurred_at, now);
    if let Some(span) = traced {
        span.stored(started.elapsed());
    }
    match stored {
        Stored::Known => metrics::event_duplicate(channel.as_str()),
        Stored::New { opt_outs } => {
            metrics::event_stored(channel.as_str());
            for o in opt_outs {
                logs::sms_opt_out(&o.tenant, &o.phone, "sms_stop", Some(&id));
                metrics::opted_out();
            }
            if !settled {
                web.wake.inbox(Lane::Telnyx(channel)).notify_one();
            }
        }
    }
    Ok(kept)
}

/// `POST /webhooks/stripe`: the same, for Stripe.
pub async fn stripe(State(web): State<Web>, headers: HeaderMap, body: Body) -> Response {
    let started = Instant::now();
    let kept = receive_stripe(&web, &headers, body).await;
    answer(&web, "stripe", started, kept)
}

async fn receive_stripe(web: &Web, headers: &HeaderMap, body: Body) -> Result<Kept, WebhookError> {
    let started = Instant::now();
    let body = read_body(body, MAX_BODY, BODY_DEADLINE).await?;
    let now = web.clock.now();
    let header = headers.get("stripe-signature").map(axum::http::HeaderValue::as_bytes);
    let keys = web.keys.current();
    let keys = keys.web.as_ref().ok_or(WebhookError::NoKeys)?;
    keys.stripe.verify(header, &body, now.unix_s(), keys.tolerance_s)?;
    let raw = redact::parse_body(&body)?;
    let new = arrival::stripe(raw, None, now).ok_or(WebhookError::NoEvent)?;
    let is_new = web.ingest.store_stripe(&new).await?;
    if let Some(span) = traces::webhook("stripe", new.order_key.as_deref(), new.id.as_str(), &new.event_type)
    {
        span.stored(started.elapsed());
    }
    if is_new {
        metrics::event_stored("stripe");
        web.wake.inbox(Lane::Stripe).notify_one();
    } else {
        metrics::event_duplicate("stripe");
    }
    Ok(Kept::new(is_new, new.occurred_at, now))
}
