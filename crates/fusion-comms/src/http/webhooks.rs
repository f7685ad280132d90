//! The ack path: a bounded read, verify, parse, one grouped commit, 200. Nothing else is waited for.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fusion_comms_core::envelope::{self, AutoResponse, Channel, TelnyxBody, TelnyxEvent, VoiceKind};
use fusion_comms_core::redact::{self, BodyError};
use fusion_comms_core::signature::{Fingerprint, SignatureError};
use fusion_comms_core::sms;
use fusion_comms_core::sms::decide::Consent;
use fusion_comms_core::time::Timestamp;

use super::Web;
use super::server::{BodyReadError, read_body};
use crate::ingest::IngestError;
use crate::presence::Outcome;
use crate::store::inbox::Lane;
use crate::store::ingest::{NewEvent, NewStripeEvent, Stop, Stored};
use crate::traces::{self, Context};
use crate::{logs, metrics};

/// Bytes of a webhook's body; the largest known ones take a few thousand.
const MAX_BODY: usize = 1024 * 1024;
/// Bytes of an object's id at most; a longer one orders nothing.
const MAX_ID: usize = 200;
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
    let mut raw = redact::parse_body(&body)?;
    let event = envelope::telnyx(channel, &raw, &body);
    redact::clean(&mut raw);
    let new = new_event(channel, event, raw, key, now);
    let (id, settled, occurred_at) = (new.id.clone(), new.settled, new.occurred_at);
    let (place, event_type) =
        (Context::of_event(new.order_key.as_deref(), id.as_str()), new.event_type.clone());
    let stored = web.ingest.store(new).await?;
    let kept = Kept::new(stored != Stored::Known, occurred_at, now);
    traces::webhook(place, channel.as_str(), id.as_str(), &event_type, started.elapsed());
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

fn new_event(
    channel: Channel,
    event: TelnyxEvent,
    raw: serde_json::Value,
    key: &Fingerprint,
    now: Timestamp,
) -> NewEvent {
    NewEvent {
        stop: stop_of(&event, now),
        settled: matches!(&event.body, TelnyxBody::Voice(v) if v.kind == VoiceKind::Informational),
        id: event.id,
        event_type: event.event_type,
        channel,
        order_key: event.order_key,
        occurred_at: event.occurred_at,
        received_at: now,
        raw,
        verified_by: key.to_string(),
    }
}

/// The consent that this text takes back, if it does; read here so that its row is in the same commit as the event.
fn stop_of(event: &TelnyxEvent, now: Timestamp) -> Option<Stop> {
    let TelnyxBody::TextReceived(text) = &event.body else { return None };
    let phone = text.from.e164()?;
    let stops = text.autoresponse == Some(AutoResponse::Stop)
        || sms::decide::answer(&sms::read(&text.text), text.autoresponse, false).consent == Consent::OptOut;
    // A receipt time in the future would outlast a later START: then ours counts.
    let at = text.received_at.filter(|t| *t <= now).unwrap_or(now);
    stops.then(|| Stop { phone, number: text.to.e164(), at })
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
    let mut raw = redact::parse_body(&body)?;
    let event = envelope::stripe(&raw).ok_or(WebhookError::NoEvent)?;
    redact::clean(&mut raw);
    let new = NewStripeEvent {
        order_key: event
            .object
            .get("id")
            .and_then(serde_json::Value::as_str)
            .filter(|id| id.len() <= MAX_ID)
            .map(str::to_owned),
        id: event.id,
        event_type: event.event_type,
        account: event.account,
        occurred_at: event.created,
        received_at: now,
        raw,
    };
    let is_new = web.ingest.store_stripe(&new).await?;
    let place = Context::of_event(new.order_key.as_deref(), new.id.as_str());
    traces::webhook(place, "stripe", new.id.as_str(), &new.event_type, started.elapsed());
    if is_new {
        metrics::event_stored("stripe");
        web.wake.inbox(Lane::Stripe).notify_one();
    } else {
        metrics::event_duplicate("stripe");
    }
    Ok(Kept::new(is_new, new.occurred_at, now))
}
