//! Telnyx and Stripe on one loopback listener, in process: what `demo`, `simulate` and the tests run against.

pub mod keys;
pub mod storm;
pub mod stripe;
pub mod telnyx;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use keys::SimKeys;
use stripe::{SimStripe, WebhookTarget};
use telnyx::{SimOptions, SimTelnyx};

/// What to start.
pub struct SimConfig {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The service that gets the webhooks.
    pub service: Url,
    /// Changed further through [`SimConfig::telnyx`] before [`start`].
    pub telnyx: SimOptions,
    stripe_webhook_secret: String,
}

impl SimConfig {
    pub fn new(listen: SocketAddr, service: Url, keys: &SimKeys) -> Self {
        let telnyx = SimOptions::new(service.clone(), keys.signing.clone());
        Self { listen, service, telnyx, stripe_webhook_secret: keys.stripe_webhook_secret.clone() }
    }
}

/// Both simulators, running. They stop when this is dropped.
pub struct Sim {
    pub addr: SocketAddr,
    pub telnyx: Arc<SimTelnyx>,
    pub stripe: SimStripe,
    /// Cancel it to stop at once.
    pub stop: CancellationToken,
    _stops_on_drop: DropGuard,
}

impl Sim {
    /// `http://ADDR`, without a slash.
    pub fn base(&self) -> String {
        format!("http://{}", self.addr)
    }
}

/// Binds the listener and serves both simulators on it.
///
/// # Errors
/// When the address is taken or no HTTP client can be built.
pub async fn start(config: SimConfig) -> anyhow::Result<Sim> {
    let listener = tokio::net::TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "The simulators cannot listen on {}; is another one there, such as `simulate serve`? Stop it first: --listen is where the service's TELNYX_API_BASE points",
            config.listen
        )
    })?;
    let addr = listener.local_addr().context("The simulators' listener has no address")?;
    let base = Url::parse(&format!("http://{addr}")).context("The simulators' address makes no URL")?;
    let telnyx = SimTelnyx::new(config.telnyx)?;
    telnyx.set_media_base(base.clone());
    let webhooks = format!("{}/webhooks/stripe", config.service.as_str().trim_end_matches('/'));
    let url = Url::parse(&webhooks).context("The service's address makes no webhook URL")?;
    let stripe = SimStripe::new(WebhookTarget { url, secret: config.stripe_webhook_secret }, &base)?;
    stripe.accept_any_account();
    let router = telnyx.router().merge(stripe.router());
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            result = axum::serve(listener, router) => if let Err(error) = result {
                tracing::error!(%error, "the simulators stopped");
            },
            () = stopped.cancelled() => {}
        }
    });
    Ok(Sim { addr, telnyx, stripe, _stops_on_drop: stop.clone().drop_guard(), stop })
}
