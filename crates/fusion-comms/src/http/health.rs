//! Is the process alive, can it work, what does it measure.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::{Web, is_local};
use crate::metrics;
use crate::store::migrations::{self, SchemaState};

/// `GET /healthz`: the process answers. Does not ask the database, whose outage must not kill every task.
pub async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: 200 when this role can work.
pub async fn ready(State(web): State<Web>) -> Response {
    let schema = migrations::check(&web.db).await;
    let (database, migrations) = match &schema {
        Ok(SchemaState::Current | SchemaState::NewerCompatible) => ("ok", "ok"),
        Ok(SchemaState::Older { .. } | SchemaState::NewerRefused) => ("ok", "not the schema of this program"),
        Err(_) => ("cannot be reached", "unknown"),
    };
    let workers = match &web.workers {
        None => "not of this role",
        Some(run) if *run.borrow() => "ok",
        Some(_) => "not started",
    };
    let well = database == "ok" && migrations == "ok" && workers != "not started";
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({"ready": well, "database": database, "migrations": migrations, "workers": workers});
    (status, Json(body)).into_response()
}

/// `GET /metrics`: Prometheus text, for whoever has the token; without one configured, for loopback.
pub async fn metrics(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let allowed = match &web.keys.current().metrics_token {
        Some(token) => bears(&headers, token),
        None => is_local(peer, &headers),
    };
    if !allowed {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    // A role without workers reads no gauges by itself.
    web.db.pools().into_iter().for_each(metrics::database_pool);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], web.metrics.render()).into_response()
}

fn bears(headers: &HeaderMap, token: &SecretString) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.as_bytes().strip_prefix(b"Bearer "));
    given.is_some_and(|g| bool::from(g.ct_eq(token.expose_secret().as_bytes())))
}
