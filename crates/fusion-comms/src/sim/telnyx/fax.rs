//! Inbound faxes and the media host: links that are signed and die, as those of the real S3 do.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::delivery::{Event, Hook};
use super::errors::Refusal;
use super::{FaxPlan, FaxView, SimTelnyx, deliveries, new_id, now};

const USER: &str = "b9c8f9c2-6f22-4437-9aa7-3138368779c7";
const CONNECTION: &str = "2811200000000000112";
/// Faxes kept with their documents; older ones are forgotten.
const FAXES_KEPT: usize = 500;

#[derive(Default)]
pub(super) struct Faxes {
    by_id: HashMap<String, Fax>,
    order: VecDeque<String>,
}

struct Fax {
    plan: FaxPlan,
    status: &'static str,
    media_url: Option<String>,
    /// Links signed with an older generation are dead.
    generation: u32,
    fetched: u32,
    announced: bool,
    created_at: Timestamp,
}

impl SimTelnyx {
    /// Somebody faxes one of our numbers. Returns the fax's id.
    pub fn send_fax(self: &Arc<Self>, plan: FaxPlan) -> String {
        let id = new_id();
        let mut state = self.state();
        state.faxes.order.push_back(id.clone());
        if state.faxes.order.len() > FAXES_KEPT
            && let Some(oldest) = state.faxes.order.pop_front()
        {
            state.faxes.by_id.remove(&oldest);
        }
        let fax = Fax {
            plan: plan.clone(),
            status: "receiving",
            media_url: None,
            generation: 0,
            fetched: 0,
            announced: false,
            created_at: now(),
        };
        state.faxes.by_id.insert(id.clone(), fax);
        drop(state);
        tokio::spawn(Arc::clone(self).report_fax(id.clone(), plan));
        id
    }

    /// `None` for a fax never sent, or forgotten.
    pub fn fax(&self, id: &str) -> Option<FaxView> {
        let state = self.state();
        let fax = state.faxes.by_id.get(id)?;
        Some(FaxView { media_url: fax.media_url.clone(), fetched: fax.fetched, announced: fax.announced })
    }

    /// Kills every link given out for this fax so far, as if its minutes had passed.
    pub fn expire_fax_link(&self, id: &str) {
        if let Some(fax) = self.state().faxes.by_id.get_mut(id) {
            fax.generation += 1;
        }
    }

    async fn report_fax(self: Arc<Self>, id: String, plan: FaxPlan) {
        self.fax_event(&id, &plan, "fax.receiving.started", json!({ "status": "receiving" })).await;
        if let Some(reason) = &plan.fail {
            self.set_fax_status(&id, "failed", None);
            let facts = json!({ "failure_reason": reason, "status": "failed" });
            self.fax_event(&id, &plan, "fax.failed", facts).await;
        } else {
            self.set_fax_status(&id, "media.processing", None);
            let facts = json!({ "page_count": plan.pages, "status": "media.processing" });
            self.fax_event(&id, &plan, "fax.media.processing.started", facts).await;
            let link = self.fax_link(&id);
            self.set_fax_status(&id, "received", link.clone());
            let facts = json!({
                "call_duration_secs": 19 * plan.pages + 1, "media_url": link, "page_count": plan.pages,
                "partial_content": plan.partial, "status": "received",
            });
            self.fax_event(&id, &plan, "fax.received", facts).await;
        }
        if let Some(fax) = self.state().faxes.by_id.get_mut(&id) {
            fax.announced = true;
        }
    }

    async fn fax_event(self: &Arc<Self>, id: &str, plan: &FaxPlan, kind: &'static str, facts: Value) {
        let mut payload = json!({
            "caller_id": plan.from, "connection_id": CONNECTION, "direction": "inbound", "fax_id": id,
            "from": plan.from, "to": plan.to, "user_id": USER,
        });
        if let Value::Object(facts) = facts {
            for (name, value) in facts {
                payload[name] = value;
            }
        }
        self.deliver(Event::new(Hook::Fax, kind, now(), payload)).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    fn set_fax_status(&self, id: &str, status: &'static str, link: Option<String>) {
        if let Some(fax) = self.state().faxes.by_id.get_mut(id) {
            fax.status = status;
            fax.media_url = link;
        }
    }

    fn fax_link(&self, id: &str) -> Option<String> {
        let state = self.state();
        let generation = state.faxes.by_id.get(id)?.generation;
        let at = now().chrono().format("%Y%m%dT%H%M%SZ").to_string();
        let life = self.options.fax_link_seconds.to_string();
        let signature = self.link_signature(id, &at, &life, generation);
        let base = state.media_base.as_str().trim_end_matches('/');
        Some(format!(
            "{base}/media/faxes/{USER}/{id}.pdf?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={at}&X-Amz-Expires={life}\
             &X-Amz-SignedHeaders=host&X-Amz-Signature={signature}"
        ))
    }

    fn link_signature(&self, id: &str, at: &str, life: &str, generation: u32) -> String {
        let secret = self.options.signing.to_bytes();
        let mut hash = Sha256::new();
        hash.update(secret);
        hash.update(format!("fax link|{id}|{at}|{life}|{generation}"));
        hex::encode(hash.finalize())
    }

    /// The document, if the link is genuine, alive and of the newest generation.
    fn open_link(&self, file: &str, query: &HashMap<String, String>) -> Result<Bytes, Denied> {
        let id = file.strip_suffix(".pdf").ok_or(Denied::NoSuchKey)?;
        let part = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let (at, life) = (part("X-Amz-Date"), part("X-Amz-Expires"));
        let mut state = self.state();
        let fax = state.faxes.by_id.get_mut(id).ok_or(Denied::NoSuchKey)?;
        let signed_by = (0..=fax.generation)
            .rev()
            .find(|g| self.link_signature(id, at, life, *g) == part("X-Amz-Signature"));
        let generation = signed_by.ok_or(Denied::Signature)?;
        let issued =
            chrono::NaiveDateTime::parse_from_str(at, "%Y%m%dT%H%M%SZ").map_err(|_| Denied::Signature)?;
        let ends = Timestamp::from_unix_s(issued.and_utc().timestamp())
            .plus_s(life.parse().map_err(|_| Denied::Signature)?);
        if generation < fax.generation || now() > ends {
            return Err(Denied::Expired);
        }
        fax.fetched += 1;
        Ok(fax.plan.bytes.clone())
    }
}

enum Denied {
    Expired,
    Signature,
    NoSuchKey,
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Denied::Expired => (StatusCode::FORBIDDEN, "AccessDenied", "Request has expired"),
            Denied::Signature => (
                StatusCode::FORBIDDEN,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            ),
            Denied::NoSuchKey => (StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist."),
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
    }
}

pub(super) async fn media(
    State(sim): State<Arc<SimTelnyx>>,
    Path((_user, file)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    match sim.open_link(&file, &query) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/pdf")], bytes).into_response(),
        Err(denied) => denied.into_response(),
    }
}

fn resource(id: &str, fax: &Fax) -> Value {
    json!({
        "connection_id": CONNECTION, "created_at": fax.created_at, "direction": "inbound", "from": fax.plan.from, "id": id,
        "media_url": fax.media_url, "page_count": fax.plan.pages, "record_type": "fax", "status": fax.status,
        "failure_reason": fax.plan.fail,
        "to": fax.plan.to, "updated_at": fax.created_at,
    })
}

pub(super) async fn show(State(sim): State<Arc<SimTelnyx>>, Path(id): Path<String>) -> Response {
    match sim.state().faxes.by_id.get(&id) {
        Some(fax) => Json(json!({ "data": resource(&id, fax) })).into_response(),
        None => Refusal::not_found().into_response(),
    }
}

/// `GET /v2/faxes`, the latest first, page by page.
pub(super) async fn list(
    State(sim): State<Arc<SimTelnyx>>,
    Query(mut query): Query<BTreeMap<String, String>>,
) -> Response {
    let asked = (|| {
        let page = deliveries::paged(&mut query)?;
        let since = deliveries::time(&mut query, "filter[created_at][gte]")?;
        let direction = query.remove("filter[direction][eq]");
        match query.into_keys().next() {
            Some(unknown) => Err(Refusal::unknown_parameter(&unknown)),
            None => Ok((page, since, direction)),
        }
    })();
    let ((page, size), since, direction) = match asked {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let state = sim.state();
    let known = state.faxes.order.iter().rev().filter_map(|id| Some((id, state.faxes.by_id.get(id)?)));
    // All faxes here come in.
    let asked_for = |fax: &Fax| {
        since.is_none_or(|t| fax.created_at >= t) && direction.as_ref().is_none_or(|d| d == "inbound")
    };
    let all: Vec<Value> =
        known.filter(|(_, fax)| asked_for(fax)).map(|(id, fax)| resource(id, fax)).collect();
    deliveries::page_of(&all, page, size)
}

pub(super) async fn refresh(State(sim): State<Arc<SimTelnyx>>, Path(id): Path<String>) -> Response {
    let received = sim.fax(&id).is_some_and(|f| f.media_url.is_some());
    let Some(link) = sim.fax_link(&id).filter(|_| received) else {
        return Refusal::not_found().into_response();
    };
    sim.set_fax_status(&id, "received", Some(link));
    Json(json!({ "data": { "result": "ok" } })).into_response()
}
