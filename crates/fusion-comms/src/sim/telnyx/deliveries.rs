//! `GET /v2/webhook_deliveries`: what was really sent and what came of it, page by page. Telnyx's shape, and its filters
//! as far as they are used; any other is refused, so that a misspelt one is found out.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::errors::Refusal;
use super::record::push_capped;
use super::{Delivery, SimTelnyx, now};

/// The most that is listed at once.
const MOST: usize = 250;

impl SimTelnyx {
    /// Deliveries of before now are no longer listed, as if their time were over.
    pub fn forget_deliveries(&self) {
        self.state().listed_from = Some(now());
    }

    /// An event that was sent then, in vain: listed like those that were really sent.
    pub fn sent_in_vain(&self, body: &Value, channel: &str, at: Timestamp) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let delivery = Delivery {
            event_id: text(&body["data"]["id"]),
            event_type: text(&body["data"]["event_type"]),
            attempt: 1,
            status: None,
            payload: body["data"]["payload"].clone(),
            occurred_at: text(&body["data"]["occurred_at"]),
            url: format!(
                "{}/webhooks/telnyx/{channel}",
                self.options.webhook_base.as_str().trim_end_matches('/')
            ),
            at,
        };
        push_capped(&mut self.state().deliveries, delivery);
    }

    /// One list a delivery: its tries, the first one first.
    fn listed(&self) -> Vec<Vec<Delivery>> {
        let state = self.state();
        let mut order: Vec<Vec<Delivery>> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for delivery in &state.deliveries {
            let place = *places.entry(&delivery.event_id).or_insert_with(|| {
                order.push(Vec::new());
                order.len() - 1
            });
            order[place].push(delivery.clone());
        }
        order.retain(|tries| state.listed_from.is_none_or(|from| tries[0].at >= from));
        order
    }
}

/// A page number, a page size, and what is left of a query after them.
pub(super) fn paged(query: &mut BTreeMap<String, String>) -> Result<(usize, usize), Refusal> {
    let mut number = |name: &str, usual: usize| match query.remove(name) {
        None => Ok(usual),
        Some(text) => text
            .parse()
            .ok()
            .filter(|n: &usize| *n >= 1)
            .ok_or_else(|| Refusal::bad_parameter(name, "a positive number")),
    };
    let (page, size) = (number("page[number]", 1)?, number("page[size]", 20)?);
    if size > MOST {
        return Err(Refusal::bad_parameter("page[size]", "at most 250"));
    }
    Ok((page, size))
}

/// One page of what there is.
pub(super) fn page_of(all: &[Value], page: usize, size: usize) -> Response {
    let data: Vec<&Value> = all.iter().skip((page - 1) * size).take(size).collect();
    let meta = json!({
        "page_number": page, "page_size": size, "total_pages": all.len().div_ceil(size), "total_results": all.len(),
    });
    Json(json!({ "data": data, "meta": meta })).into_response()
}

pub(super) fn time(query: &mut BTreeMap<String, String>, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = query.remove(name) else { return Ok(None) };
    Timestamp::parse(&text).map(Some).ok_or_else(|| Refusal::bad_parameter(name, "an ISO 8601 time"))
}

pub(super) async fn list(
    State(sim): State<Arc<SimTelnyx>>,
    Query(mut query): Query<BTreeMap<String, String>>,
) -> Response {
    let asked = (|| {
        let page = paged(&mut query)?;
        let from = time(&mut query, "filter[started_at][gte]")?;
        let until = time(&mut query, "filter[started_at][lte]")?;
        let status = query.remove("filter[status][eq]");
        match query.into_keys().next() {
            Some(unknown) => Err(Refusal::unknown_parameter(&unknown)),
            None => Ok((page, from, until, status)),
        }
    })();
    let ((page, size), from, until, status) = match asked {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let within = |tries: &Vec<Delivery>| {
        from.is_none_or(|t| tries[0].at >= t) && until.is_none_or(|t| tries[0].at <= t)
    };
    let tries: Vec<Vec<Delivery>> = sim.listed().into_iter().filter(within).collect();
    let all: Vec<Value> = tries.iter().rev().map(|tries| resource(tries)).collect();
    let all: Vec<Value> =
        all.into_iter().filter(|d| status.as_ref().is_none_or(|s| d["status"] == s.as_str())).collect();
    page_of(&all, page, size)
}

fn resource(tries: &[Delivery]) -> Value {
    let (first, last) = (&tries[0], &tries[tries.len() - 1]);
    let word = |taken: bool| if taken { "delivered" } else { "failed" };
    let attempt = |d: &Delivery| {
        json!({
            "status": word(d.taken()), "started_at": d.at, "finished_at": d.at, "errors": [],
            "http": {
                "request": {"url": d.url, "headers": [["Content-Type", "application/json"]]},
                "response": d.status.map(|status| json!({"status": status, "headers": [], "body": ""})),
            },
        })
    };
    json!({
        "id": uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, first.event_id.as_bytes()).to_string(),
        "record_type": "webhook_delivery",
        "user_id": "b9c8f9c2-6f22-4437-9aa7-3138368779c7",
        "status": word(tries.iter().any(Delivery::taken)),
        "started_at": first.at,
        "finished_at": last.at,
        "webhook": {
            "record_type": "event", "id": first.event_id, "event_type": first.event_type,
            "occurred_at": first.occurred_at, "payload": first.payload,
        },
        // The latest first.
        "attempts": tries.iter().rev().map(attempt).collect::<Vec<_>>(),
    })
}
