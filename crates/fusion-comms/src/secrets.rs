//! The environment, and before it the secret in AWS Secrets Manager that `APP_SECRETS_ARN` names, read again while the
//! service runs.
//!
//! Invariant: no error, log line or `Debug` here holds a value.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use aws_config::meta::region::RegionProviderChain;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_secretsmanager::Client;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::aws;
use crate::config::{SecretObject, Variables};
use crate::metrics;

/// How often the secret is read again.
const EVERY: Duration = Duration::from_secs(60);
/// Somebody who refuses our key, or signs with one that we do not know, makes us look sooner, but not more often than so.
const SOONEST: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(5);

/// What the variables of this process are.
pub struct Environment {
    secret: Option<Secret>,
    managed: BTreeMap<String, String>,
}

struct Secret {
    client: Client,
    arn: String,
}

/// Why the secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("AWS Secrets Manager did not give the secret: {0}")]
    Refused(String),
    #[error("the secret is not a JSON object of variables")]
    NoObject,
    #[error("{} in the secret is a list or an object, not a text", .0.join(" and "))]
    NoText(Vec<&'static str>),
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} values of a secret)", self.managed.len())
    }
}

impl Variables for Environment {
    fn of_process(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
    fn managed(&self, name: &str) -> Option<String> {
        self.managed.get(name).cloned()
    }
}

impl Environment {
    /// Reads the secret, if one is named.
    ///
    /// # Errors
    /// When it is named and cannot be read.
    pub async fn load() -> anyhow::Result<Self> {
        let mut environment = Self::without_secret();
        let Some(arn) = std::env::var("APP_SECRETS_ARN").ok().filter(|arn| !arn.trim().is_empty()) else {
            return Ok(environment);
        };
        let secret = Secret::open(arn.trim()).await;
        environment.managed = secret
            .read()
            .await
            .context("APP_SECRETS_ARN is set, but its secret cannot be used\nhint: the role of this process needs secretsmanager:GetSecretValue on it")?;
        environment.secret = Some(secret);
        Ok(environment)
    }

    /// The environment alone, whatever secret it names.
    pub fn without_secret() -> Self {
        Self { secret: None, managed: BTreeMap::new() }
    }

    /// Whether a secret is named and was read.
    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Reads the secret again. The names of the variables whose values are others now; empty where all are as before.
    async fn read_again(&mut self) -> Result<BTreeSet<String>, SecretError> {
        let Some(secret) = &self.secret else { return Ok(BTreeSet::new()) };
        let new = secret.read().await?;
        let names = self.managed.keys().chain(new.keys());
        let changed = names.filter(|name| self.managed.get(*name) != new.get(*name)).cloned().collect();
        self.managed = new;
        Ok(changed)
    }

    /// Reads the secret every minute, on SIGHUP, and when nudged; `changed` is told the names of the values that are
    /// others now. A secret that cannot be read leaves all as it is. Returns at once where no secret is named.
    pub async fn tend<F: Future<Output = ()>>(
        mut self,
        nudge: Arc<Notify>,
        stop: CancellationToken,
        mut changed: impl FnMut(&Self, BTreeSet<String>) -> F,
    ) {
        if self.secret.is_none() {
            return;
        }
        let mut hang_up = signal(SignalKind::hangup()).ok();
        let mut last = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(last + EVERY) => {}
                () = hung_up(hang_up.as_mut()) => {}
                () = async { nudge.notified().await; sleep_until(last + SOONEST).await } => {}
            }
            last = Instant::now();
            match self.read_again().await {
                Ok(names) => {
                    metrics::secret_read(true);
                    if !names.is_empty() {
                        changed(&self, names).await;
                    }
                }
                Err(error) => {
                    metrics::secret_read(false);
                    tracing::warn!(%error, "the secret cannot be read again; the values of before stay in use");
                }
            }
        }
    }
}

async fn hung_up(signal: Option<&mut tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

impl Secret {
    /// Credentials and `AWS_ENDPOINT_URL` are found as the SDK finds them; the region is the ARN's, else the
    /// environment's.
    async fn open(arn: &str) -> Self {
        let region = arn.split(':').nth(3).filter(|r| !r.is_empty()).map(|r| Region::new(r.to_owned()));
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT);
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(RegionProviderChain::first_try(region).or_default_provider())
            .timeout_config(timeouts.build())
            .load()
            .await;
        Self { client: Client::new(&config), arn: arn.to_owned() }
    }

    async fn read(&self) -> Result<BTreeMap<String, String>, SecretError> {
        let answer = self.client.get_secret_value().secret_id(&self.arn).send().await;
        let answer = answer.map_err(|e| SecretError::Refused(aws::why(&e)))?;
        let object = answer.secret_string().and_then(SecretObject::parse).ok_or(SecretError::NoObject)?;
        match object.no_texts.as_slice() {
            [] => Ok(object.values),
            names => Err(SecretError::NoText(names.to_vec())),
        }
    }
}
