//! What the service answers over HTTP.

pub mod health;
pub mod pay;
pub mod prompts;
pub mod server;
pub mod status;
pub mod webhooks;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::routing::{get, post};
use secrecy::SecretString;

use crate::clock::Clock;
use crate::ingest::Ingest;
use crate::metrics::Metrics;
use crate::store::Db;
use crate::wake::Wake;
use fusion_comms_core::signature::{StripeSecrets, TelnyxKeys};

/// What the handlers share.
#[derive(Clone)]
pub struct Web {
    pub db: Db,
    pub clock: Clock,
    pub wake: Arc<Wake>,
    pub ingest: Ingest,
    pub keys: Arc<Keys>,
    pub metrics: Metrics,
    /// Whether the workers run; `None` where this role has none.
    pub workers: Option<Arc<AtomicBool>>,
}

/// What a webhook is verified against, and what `/metrics` asks for.
pub struct Keys {
    /// There where this role takes webhooks.
    pub web: Option<WebKeys>,
    pub metrics_token: Option<SecretString>,
}

pub struct WebKeys {
    pub telnyx: TelnyxKeys,
    pub stripe: StripeSecrets,
    /// Seconds that a signed time may differ from ours, either way.
    pub tolerance_s: u32,
}

/// What each role serves: every role its health and metrics, `web` the rest.
pub fn router(web: Web, whole: bool) -> Router {
    let common = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics));
    let routes = if whole {
        common
            .route("/webhooks/telnyx/{channel}", post(webhooks::telnyx))
            .route("/webhooks/stripe", post(webhooks::stripe))
            .route("/p/{token}", get(pay::short_link))
            .route("/pay/success", get(pay::success))
            .route("/pay/cancel", get(pay::cancel))
            .route("/", get(status::page))
            .route("/status.json", get(status::lines))
            .route("/status.js", get(status::script))
            .route("/status.css", get(status::style))
            .merge(prompts::routes())
    } else {
        common
    };
    routes.with_state(web)
}
