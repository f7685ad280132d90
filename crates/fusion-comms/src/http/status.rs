//! The status page: calls, texts and faxes as they come, until there is a console. Loopback only: it has no login.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use super::{Web, is_local};
use crate::store::{status, tasks};

const PAGE: &str = include_str!("../../assets/status/page.html");
/// Lines of each table.
const LINES: i64 = 20;
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                   frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// `GET /`.
pub async fn page(ConnectInfo(peer): ConnectInfo<SocketAddr>, headers: HeaderMap) -> Response {
    if !is_local(peer, &headers) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(PAGE)).into_response()
}

/// `GET /status.json`: what the page shows, numbers masked.
pub async fn lines(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if !is_local(peer, &headers) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let db = &web.db;
    let read = tokio::try_join!(
        status::calls(db, LINES),
        status::texts(db, LINES),
        status::faxes(db, LINES),
        tasks::list_open(db, LINES)
    );
    match read {
        Ok((calls, texts, faxes, tasks)) => {
            let body = Json(json!({"calls": calls, "texts": texts, "faxes": faxes, "tasks": tasks}));
            ([(header::CACHE_CONTROL, "no-store")], body).into_response()
        }
        Err(e) => {
            tracing::warn!(error = %e, "the status page could not be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// `GET /status.js`.
pub async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../../assets/status/page.js"))
}

/// `GET /status.css`.
pub async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../assets/status/page.css"))
}
