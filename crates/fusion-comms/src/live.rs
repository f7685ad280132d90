//! What of a changed secret takes effect while the service runs: the keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::{Config, Role};
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
    worker: Option<(Telnyx, Stripe, bool)>,
}

impl Live {
    pub fn of(made: &Made) -> Self {
        let worker = made.app.as_ref();
        Self {
            keys: Arc::clone(&made.web.keys),
            db: made.db.clone(),
            worker: worker.map(|app| (app.telnyx.clone(), app.stripe.clone(), app.settings.stripe_live)),
        }
    }

    /// Takes the new values, all or none, and says which. What cannot be used leaves those of before.
    pub fn take(&self, role: Role, environment: &Environment, changed: &BTreeSet<String>) {
        if let Err(problem) = self.taken(role, environment) {
            tracing::error!(%problem, "the secret has changed, but cannot be used; the values of before stay in use");
            return;
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
    }

    fn taken(&self, role: Role, environment: &Environment) -> anyhow::Result<()> {
        let mut config = service::configuration(role, environment)?;
        if let (Some(new), Some((telnyx, stripe, live))) = (&config.worker, &self.worker) {
            anyhow::ensure!(
                service::is_live(&new.stripe.secret_key) == *live,
                "STRIPE_SECRET_KEY goes from test to live or back; that wants a new start"
            );
            telnyx.use_key(&new.telnyx.api_key)?;
            stripe.use_key(&new.stripe.secret_key)?;
        }
        self.db.reconnect_with(config.database.url.expose())?;
        self.keys.replace(key_set(&mut config));
        Ok(())
    }
}

pub(crate) fn key_set(config: &mut Config) -> KeySet {
    let web = config.web.take().map(|web| WebKeys {
        telnyx: web.telnyx_keys,
        stripe: web.stripe_secrets,
        tolerance_s: web.tolerance_s,
    });
    KeySet { web, metrics_token: config.server.metrics_token.clone() }
}
