//! The HTTP face: who may ask, what goes wrong on demand, and the routes.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value};

use super::errors::Refusal;
use super::faults::{Fault, HANG};
use super::record::push_capped;
use super::{Api, SeenRequest, SimTelnyx, account, command, fax, lookups, message, now};

const MAX_BODY: usize = 1 << 20;

impl SimTelnyx {
    /// `/v2/…` (the API) and `/media/faxes/…` (the media host).
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/v2/calls/{id}/actions/{action}", post(command::handle))
            .route("/v2/calls/{id}", get(lookups::call))
            .route("/v2/call_events", get(lookups::call_events))
            .route("/v2/messages", post(message::send))
            .route("/v2/messages/{id}", get(lookups::message))
            .route("/v2/messaging_optouts", get(message::list_blocks))
            .route("/v2/balance", get(account::balance))
            .route("/v2/messaging_profiles/{id}", get(account::messaging_profile))
            .route("/v2/phone_numbers", get(account::phone_numbers))
            .route("/v2/faxes", get(fax::list))
            .route("/v2/faxes/{id}", get(fax::show))
            .route("/v2/faxes/{id}/actions/refresh", post(fax::refresh))
            .route("/media/faxes/{user}/{file}", get(fax::media))
            .layer(from_fn_with_state(Arc::clone(self), gate))
            .with_state(Arc::clone(self))
    }

    fn authorised(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        match (sent.and_then(|v| v.strip_prefix("Bearer ")), &self.state().api_key) {
            (Some(token), Some(key)) => token == key,
            (Some(token), None) => !token.is_empty(),
            (None, _) => false,
        }
    }

    fn record(&self, request: &axum::http::request::Parts, body: &[u8]) {
        let seen = SeenRequest {
            method: request.method.to_string(),
            path: request.uri.path().to_owned(),
            idempotency_key: idempotency_key(&request.headers),
            body: serde_json::from_slice(body).unwrap_or(Value::Null),
            text: String::from_utf8_lossy(body).into_owned(),
            at: now(),
        };
        push_capped(&mut self.state().requests, seen);
    }
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    headers.get("idempotency-key").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
}

/// Every request passes here: recorded, then the bearer, then the faults that were asked for.
async fn gate(State(sim): State<Arc<SimTelnyx>>, request: Request, next: Next) -> Response {
    let api = api_of(request.uri().path());
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else { return Refusal::malformed().into_response() };
    sim.record(&parts, &bytes);
    if api != Api::Media && !sim.authorised(&parts.headers) {
        return Refusal::unauthenticated().into_response();
    }
    let fault = sim.take_fault(api);
    let request = Request::from_parts(parts, Body::from(bytes));
    match fault {
        Fault::None => next.run(request).await,
        Fault::Status(status) => Refusal::injected(status).into_response(),
        Fault::Hang => hang().await,
        Fault::ActThenHang => {
            next.run(request).await;
            hang().await
        }
    }
}

async fn hang() -> Response {
    tokio::time::sleep(HANG).await;
    Refusal::injected(504).into_response()
}

fn api_of(path: &str) -> Api {
    if path.starts_with("/v2/calls/") || path.starts_with("/v2/call_events") {
        Api::Calls
    } else if path.starts_with("/media/") {
        Api::Media
    } else if path.starts_with("/v2/faxes") {
        Api::Faxes
    } else if path.starts_with("/v2/messaging_optouts") {
        Api::OptOuts
    } else if ["/v2/balance", "/v2/messaging_profiles", "/v2/phone_numbers"]
        .iter()
        .any(|p| path.starts_with(p))
    {
        Api::Account
    } else {
        Api::Messages
    }
}

/// The request's JSON object; an empty body counts as `{}`.
pub(super) fn object(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(Refusal::malformed()),
    }
}
