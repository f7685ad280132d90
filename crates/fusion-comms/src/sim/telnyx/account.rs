//! What the account has: its credit, its messaging profiles, its numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use fusion_comms_core::phone::E164;
use serde_json::{Value, json};

use super::SimTelnyx;
use super::errors::Refusal;

pub(super) async fn balance() -> Response {
    let data = json!({
        "record_type": "balance", "balance": "300.00", "credit_limit": "100.00", "available_credit": "400.00",
        "pending": "10.00", "currency": "USD",
    });
    Json(json!({ "data": data })).into_response()
}

pub(super) async fn messaging_profile(State(sim): State<Arc<SimTelnyx>>, Path(id): Path<String>) -> Response {
    let options = &sim.options;
    if id != options.default_profile && !options.profiles.values().any(|known| *known == id) {
        return Refusal::not_found().into_response();
    }
    let hooks = format!("{}/webhooks/telnyx/sms", options.webhook_base.as_str().trim_end_matches('/'));
    let data = json!({
        "record_type": "messaging_profile", "id": id, "name": "Billing", "enabled": true,
        "webhook_url": hooks, "webhook_failover_url": null, "webhook_api_version": "2",
        "whitelisted_destinations": ["US"],
    });
    Json(json!({ "data": data })).into_response()
}

pub(super) async fn phone_numbers(
    State(sim): State<Arc<SimTelnyx>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let asked = query.get("filter[phone_number]").map(String::as_str);
    let found: Vec<Value> = match (&sim.options.from_numbers, asked) {
        (Some(known), asked) => {
            let matching = known.iter().filter(|n| asked.is_none_or(|a| a == n.as_str()));
            matching.map(|n| sim.number_body(n)).collect()
        }
        // Every well-formed number is the account's.
        (None, Some(number)) if E164::parse(number).is_ok() => vec![sim.number_body(number)],
        (None, _) => vec![],
    };
    let meta = json!({"page_number": 1, "page_size": 20, "total_pages": 1, "total_results": found.len()});
    Json(json!({ "data": found, "meta": meta })).into_response()
}

impl SimTelnyx {
    fn number_body(&self, number: &str) -> Value {
        let profile = self.options.profiles.get(number).unwrap_or(&self.options.default_profile);
        json!({
            "record_type": "phone_number", "id": format!("{:x}", id_of(number)), "phone_number": number,
            "status": "active", "messaging_profile_id": profile, "connection_id": "1293384261075731499",
        })
    }
}

/// An id that is the same for the same number.
fn id_of(number: &str) -> u64 {
    number.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}
