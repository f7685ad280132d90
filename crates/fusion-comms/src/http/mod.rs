//! What the service answers over HTTP.

pub mod health;
pub mod pay;
pub mod prompts;
pub mod server;
pub mod status;
mod told;
pub mod visitors;
pub mod webhooks;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::routing::{get, post};
use secrecy::SecretString;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::ingest::Ingest;
use crate::metrics::{self, Metrics};
use crate::presence::Tally;
use crate::prompts::shelf::Shelf;
use crate::store::Db;
use crate::wake::Wake;
use fusion_comms_core::signature::{Fingerprint, StripeSecrets, TelnyxKeys};
use told::Told;

/// What the handlers share.
#[derive(Clone)]
pub struct Web {
    pub db: Db,
    pub clock: Clock,
    pub wake: Arc<Wake>,
    pub ingest: Ingest,
    pub keys: Arc<Keys>,
    pub metrics: Metrics,
    /// How webhooks were answered, for the operators.
    pub tally: Arc<Tally>,
    /// Who opened payment links lately.
    pub link_visitors: Arc<visitors::Visitors>,
    /// The recordings that are served; there where this role has web.
    pub prompts: Option<Shelf>,
    /// Whether the workers run; `None` where this role has none.
    pub workers: Option<watch::Receiver<bool>>,
}

/// What a webhook is verified against, and what `/metrics` asks for. May be exchanged while requests come.
pub struct Keys {
    current: RwLock<Arc<KeySet>>,
    /// The keys that verified webhooks of Telnyx lately, as far as the log has told of them.
    told: Mutex<Told<Fingerprint>>,
    /// Told when a webhook of Telnyx is signed by no key that we know: there may be a newer one.
    pub nudge: Arc<Notify>,
}

pub struct KeySet {
    /// There where this role takes webhooks.
    pub web: Option<WebKeys>,
    pub metrics_token: Option<SecretString>,
}

impl Keys {
    pub fn new(keys: KeySet, nudge: Arc<Notify>) -> Self {
        keys.show();
        Self { current: RwLock::new(Arc::new(keys)), told: Mutex::default(), nudge }
    }

    pub fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From the next request on these are used.
    pub fn replace(&self, keys: KeySet) {
        keys.show();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// A key verified a webhook of Telnyx. Says so in the log where it is another than before, once a minute at most.
    pub fn verified_by(&self, key: &Fingerprint) {
        metrics::key_verified(&key.to_string());
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_news(*key, Instant::now()) {
            tracing::info!(fingerprint = %key, "webhooks are verified by this key");
        }
    }
}

impl KeySet {
    fn show(&self) {
        if let Some(web) = &self.web {
            web.telnyx.fingerprints().for_each(|f| metrics::key_known(&f.to_string()));
        }
    }
}

pub struct WebKeys {
    pub telnyx: TelnyxKeys,
    pub stripe: StripeSecrets,
    /// Seconds that a signed time may differ from ours, either way.
    pub tolerance_s: u32,
}

/// Whether a request comes from this machine itself, and not through a proxy, a tunnel or another site's name for it.
pub fn is_local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let forwarded = ["forwarded", "x-forwarded-for", "via"].iter().any(|name| headers.contains_key(*name));
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    let local_name = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    peer.ip().is_loopback() && local_name && !forwarded
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
    } else {
        common
    };
    match web.prompts.clone() {
        Some(shelf) => routes.merge(prompts::routes(shelf)).with_state(web),
        None => routes.with_state(web),
    }
}
