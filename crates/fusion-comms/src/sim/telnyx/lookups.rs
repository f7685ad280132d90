//! What the account answers when it is asked about a call, its events or a text.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::SimTelnyx;
use super::errors::Refusal;

/// `GET /v2/calls/{id}`: whether the leg is alive.
pub(super) async fn call(State(sim): State<Arc<SimTelnyx>>, Path(id): Path<String>) -> Response {
    match sim.call(&id) {
        Some(view) => {
            let data =
                json!({ "call_control_id": id, "is_alive": !view.ended, "record_type": "call_control" });
            Json(json!({ "data": data })).into_response()
        }
        None => Refusal::not_found().into_response(),
    }
}

/// `GET /v2/call_events`: the webhooks of a session, in order; our commands are not kept by session here.
pub(super) async fn call_events(
    State(sim): State<Arc<SimTelnyx>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let Some(session) = query.get("filter[application_session_id]") else {
        return Json(json!({ "data": [] })).into_response();
    };
    let deliveries = sim.deliveries();
    let of_session = |d: &&super::Delivery| d.attempt == 1 && d.payload["call_session_id"] == **session;
    let mut seen = Vec::new();
    let mut data: Vec<Value> = Vec::new();
    for d in deliveries.iter().filter(of_session) {
        if !seen.contains(&d.event_id.as_str()) {
            seen.push(&d.event_id);
            data.push(json!({
                "record_type": "call_event", "type": "webhook", "name": d.event_type,
                "call_leg_id": d.payload["call_leg_id"], "call_session_id": session, "event_timestamp": d.at,
                "metadata": {},
            }));
        }
    }
    Json(json!({ "data": data })).into_response()
}

/// `GET /v2/messages/{id}`: as the last webhook about it told, else as it was taken.
pub(super) async fn message(State(sim): State<Arc<SimTelnyx>>, Path(id): Path<String>) -> Response {
    let told = sim.deliveries().into_iter().rfind(|d| d.payload["id"] == id.as_str()).map(|d| d.payload);
    let taken = sim.state().texts.taken(&id);
    match told.or(taken) {
        Some(message) => Json(json!({ "data": message })).into_response(),
        None => Refusal::not_found().into_response(),
    }
}
