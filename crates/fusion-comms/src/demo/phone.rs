//! `/demo`: a patient's phone and a hospital's fax machine in the browser. In the demo only, for loopback only.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::{agency, papers};
use crate::http::is_local;
use crate::sim::telnyx::{CallPlan, FaxPlan, Pace, SimTelnyx};

/// The routes, without a state of the service's.
pub fn routes(telnyx: Arc<SimTelnyx>) -> Router {
    Router::new()
        .route("/demo", get(page))
        .route("/demo.js", get(script))
        .route("/demo/call", post(call))
        .route("/demo/text", post(text))
        .route("/demo/fax", post(fax))
        .route("/demo/handset", get(handset))
        .layer(middleware::from_fn(here_only))
        .with_state(telnyx)
}

/// Other machines, and pages of other origins in this machine's browser, have no business here.
async fn here_only(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    let foreign = headers.get("sec-fetch-site").is_some_and(|v| v != "same-origin" && v != "none");
    if !is_local(peer, &headers) || (foreign && request.method() != "GET") {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

async fn page() -> impl IntoResponse {
    let csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, csp)], Html(include_str!("../../assets/demo/page.html")))
}

async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../../assets/demo/page.js"))
}

#[derive(Deserialize)]
struct Call {
    menu: String,
    statement: String,
    phone: String,
}

async fn call(State(telnyx): State<Arc<SimTelnyx>>, Json(c): Json<Call>) -> impl IntoResponse {
    let plan = CallPlan::new(agency::PATIENT, agency::LINE)
        .press("menu", &c.menu)
        .press("collect_statement", &format!("{}#", c.statement))
        .press("invalid_statement", &format!("{}#", c.statement))
        .press("collect_phone", &format!("{}#", c.phone))
        .pace(Pace(8.0));
    Json(json!({"call": telnyx.start_call(plan)}))
}

#[derive(Deserialize)]
struct Words {
    text: String,
}

async fn text(State(telnyx): State<Arc<SimTelnyx>>, Json(w): Json<Words>) -> impl IntoResponse {
    Json(json!({"text": telnyx.send_text(agency::PATIENT, agency::LINE, &w.text)}))
}

async fn fax(State(telnyx): State<Arc<SimTelnyx>>) -> Response {
    match papers::face_sheet() {
        Ok(sheet) => {
            let id = telnyx.send_fax(FaxPlan::new(agency::HOSPITAL, agency::FAX_LINE, sheet, 1));
            Json(json!({"fax": id})).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Deserialize)]
struct Which {
    call: Option<String>,
}

/// What the phone shows: texts, and what the caller heard in this call.
async fn handset(
    State(telnyx): State<Arc<SimTelnyx>>,
    which: axum::extract::Query<Which>,
) -> impl IntoResponse {
    let texts: Vec<String> = telnyx.inbox_of(agency::PATIENT).into_iter().map(|t| t.text).collect();
    let call = which.call.as_deref().and_then(|id| telnyx.call(id));
    let heard = call.as_ref().map(|c| c.transcript.clone()).unwrap_or_default();
    Json(json!({"texts": texts, "heard": heard, "ended": call.is_some_and(|c| c.ended)}))
}
