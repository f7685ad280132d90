//! The ack path: a bounded read, verify, parse, one grouped commit, 200. Nothing else is waited for.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::redact::{self, BodyError};
use fusion_comms_core::signature::SignatureError;

use super::Web;
use super::server::{BodyReadError, read_body};
use crate::ingest::IngestError;
use crate::store::inbox::Lane;
use crate::store::ingest::Stored;
use crate::{arrival, logs, metrics};

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
}

fn answer(channel: &'static str, started: Instant, result: Result<(), WebhookError>) -> Response {
    let status = result.as_ref().err().map_or(StatusCode::OK, WebhookError::status);
    match &result {
        Ok(()) => {}
        Err(WebhookError::Signature(e)) => logs::signature_refused(channel, e),
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
    answer(channel.as_str(), started, receive(&web, channel, &headers, body).await)
}

async fn receive(web: &Web, channel: Channel, headers: &HeaderMap, body: Body) -> Result<(), WebhookError> {
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
    let (id, settled) = (new.id.clone(), new.settled);
    match web.ingest.store(new).await? {
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
    Ok(())
}

/// `POST /webhooks/stripe`: the same, for Stripe.
pub async fn stripe(State(web): State<Web>, headers: HeaderMap, body: Body) -> Response {
    let started = Instant::now();
    answer("stripe", started, receive_stripe(&web, &headers, body).await)
}

async fn receive_stripe(web: &Web, headers: &HeaderMap, body: Body) -> Result<(), WebhookError> {
    let body = read_body(body, MAX_BODY, BODY_DEADLINE).await?;
    let now = web.clock.now();
    let header = headers.get("stripe-signature").map(axum::http::HeaderValue::as_bytes);
    let keys = web.keys.current();
    let keys = keys.web.as_ref().ok_or(WebhookError::NoKeys)?;
    keys.stripe.verify(header, &body, now.unix_s(), keys.tolerance_s)?;
    let raw = redact::parse_body(&body)?;
    let new = arrival::stripe(raw, None, now).ok_or(WebhookError::NoEvent)?;
    if web.ingest.store_stripe(&new).await? {
        metrics::event_stored("stripe");
        web.wake.inbox(Lane::Stripe).notify_one();
    } else {
        metrics::event_duplicate("stripe");
    }
    Ok(())
}
