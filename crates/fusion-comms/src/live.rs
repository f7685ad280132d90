//! What of a changed secret takes effect while the service runs: the keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::{self, Config, Role};
use crate::http::{KeySet, Keys, WebKeys};
use crate::secrets::Environment;
use crate::service::{self, Made};
use crate::store::Db;
use crate::stripe::Stripe;
use crate::telnyx::Telnyx;

/// The variables whose new value is used from the next request on.
pub(crate) const AT_ONCE: [&str; 8] = [
    "DATABASE_URL",
    "METRICS_TOKEN",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "TELNYX_API_KEY",
    "TELNYX_PUBLIC_KEY",
    "TELNYX_PUBLIC_KEY_PENDING",
    "TELNYX_WEBHOOK_TOLERANCE_SECONDS",
];

/// The parts of a running service that hold keys.
#[derive(Clone)]
pub(crate) struct Live {
    pub keys: Arc<Keys>,
    db: Db,
    worker: Option<(Telnyx, Stripe)>,
    /// Whether Stripe's key moved real money at the start; of every role that has the key.
    stripe_live: Option<bool>,
}

impl Live {
    pub fn of(made: &Made) -> Self {
        let worker = made.app.as_ref();
        Self {
            keys: Arc::clone(&made.web.keys),
            db: made.db.clone(),
            worker: worker.map(|app| (app.telnyx.clone(), app.stripe.clone())),
            stripe_live: worker.map(|app| app.settings.stripe_live),
        }
    }

    /// The same, and what a role that does not use Stripe's key finds of it in the environment.
    pub fn of_environment(self, environment: &Environment) -> Self {
        let stripe_live = self.stripe_live.or_else(|| stripe_live(environment));
        Self { stripe_live, ..self }
    }

    /// Takes the new values, all or none, and says which. What cannot be used, by this role or by another, leaves those of
    /// before. Whether they were taken.
    pub fn take(&self, role: Role, environment: &Environment, changed: &BTreeSet<String>) -> bool {
        if let Err(problem) = self.taken(role, environment) {
            tracing::error!(%problem, "the secret has changed, but cannot be used; the values of before stay in use");
            return false;
        }
        let (now, later): (Vec<&str>, Vec<&str>) =
            changed.iter().map(String::as_str).partition(|name| AT_ONCE.contains(name));
        if !now.is_empty() {
            tracing::info!(variables = now.join(" "), "new values of the secret are in use");
        }
        if !later.is_empty() {
            let variables = later.join(" ");
            tracing::warn!(
                variables,
                "these values of the secret have changed and are used from the next start on"
            );
        }
        true
    }

    fn taken(&self, role: Role, environment: &Environment) -> anyhow::Result<()> {
        let mut config = service::configuration(role, environment)?;
        config::check_secret(environment)?;
        let new = config.worker.as_ref().map(|new| service::is_live(&new.stripe.secret_key));
        if let (Some(before), Some(new)) = (self.stripe_live, new.or_else(|| stripe_live(environment))) {
            anyhow::ensure!(
                new == before,
                "STRIPE_SECRET_KEY goes from test to live or back; that wants a new start"
            );
        }
        self.db.reconnect_with(config.database.url.expose())?;
        if let (Some(new), Some((telnyx, stripe))) = (&config.worker, &self.worker) {
            telnyx.use_key(&new.telnyx.api_key)?;
            stripe.use_key(&new.stripe.secret_key)?;
        }
        self.keys.replace(key_set(&mut config));
        Ok(())
    }
}

fn stripe_live(environment: &Environment) -> Option<bool> {
    config::stripe_key_given(environment).map(|key| service::is_live(&key))
}

pub(crate) fn key_set(config: &mut Config) -> KeySet {
    let web = config.web.take().map(|web| WebKeys {
        telnyx: web.telnyx_keys,
        stripe: web.stripe_secrets,
        tolerance_s: web.tolerance_s,
    });
    KeySet { web, metrics_token: config.server.metrics_token.clone() }
}
