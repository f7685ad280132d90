//! The environment, and before it the secret in AWS Secrets Manager that `APP_SECRETS_ARN` names, read again while the
//! service runs.
//!
//! Invariant: no error, log line or `Debug` here holds a value.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_config::meta::region::RegionProviderChain;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::aws;
use crate::config::{self, SecretObject, Variables};
use crate::metrics::{self, SecretRead};

/// How often the secret is read again.
const EVERY: Duration = Duration::from_secs(60);
/// Somebody who refuses our key, or signs with one that we do not know, makes us look sooner, but not more often than so.
const SOONEST: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(5);

/// What the variables of this process are.
pub struct Environment {
    secret: Option<Secret>,
    managed: SecretObject,
}

struct Secret {
    client: Client,
    arn: String,
}

/// Why the secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("AWS Secrets Manager has no such secret (ResourceNotFoundException)")]
    NotFound,
    #[error("AWS Secrets Manager says that this role may not read the secret ({0})")]
    Denied(String),
    #[error("AWS does not take the credentials of this process ({0})")]
    Credentials(String),
    #[error("the secret is marked for deletion, or cannot be read as it is (InvalidRequestException)")]
    Deleted,
    #[error("AWS Secrets Manager gives no answer: {0}")]
    Unreachable(String),
    #[error("AWS Secrets Manager did not give the secret: {0}")]
    Refused(String),
    #[error("the secret is not a JSON object of variables")]
    NoObject,
    #[error("{} in the secret is a list or an object, not a text", .0.join(" and "))]
    NoText(Vec<&'static str>),
}

impl SecretError {
    /// By the code that AWS answers with; without one, the request did not get there.
    fn of(error: &aws_sdk_secretsmanager::error::SdkError<GetSecretValueError>) -> Self {
        use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
        let why = aws::why(error);
        let SdkError::ServiceError(answer) = error else {
            return match error {
                SdkError::ConstructionFailure(_) => SecretError::Credentials(why),
                SdkError::DispatchFailure(f) if f.is_user() || f.is_other() => SecretError::Credentials(why),
                SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => SecretError::Unreachable(why),
                _ => SecretError::Refused(why),
            };
        };
        match answer.err().code().unwrap_or_default() {
            "ResourceNotFoundException" => SecretError::NotFound,
            "AccessDeniedException" | "DecryptionFailure" => SecretError::Denied(why),
            "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "InvalidClientTokenId"
            | "ExpiredTokenException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken" => SecretError::Credentials(why),
            "InvalidRequestException" => SecretError::Deleted,
            _ => SecretError::Refused(why),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            SecretError::NotFound => {
                "APP_SECRETS_ARN is wrong, or the secret is of another account or region than it names: compare it with \
                 `aws secretsmanager list-secrets`"
            }
            SecretError::Denied(_) => {
                "the role of this process needs secretsmanager:GetSecretValue on it, and kms:Decrypt on its key where that is not \
                 the account's own"
            }
            SecretError::Credentials(_) => {
                "this process has no credentials of AWS or ones that are over: give it its role, or AWS_REGION and a profile"
            }
            SecretError::Deleted => {
                "`aws secretsmanager describe-secret` shows it; `restore-secret` takes a deletion back"
            }
            SecretError::Unreachable(_) => {
                "look for the way to it: the endpoint of Secrets Manager in the VPC or the NAT, its security group, DNS, \
                 AWS_ENDPOINT_URL"
            }
            SecretError::Refused(_) => "try again; `aws secretsmanager get-secret-value` may say more",
            SecretError::NoObject => {
                "the secret's text must be an object like {\"TELNYX_API_KEY\": \"...\"}: mend it in AWS Secrets Manager"
            }
            SecretError::NoText(_) => "each value in it must be a text: mend it in AWS Secrets Manager",
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} values of a secret)", self.managed.values.len())
    }
}

impl Variables for Environment {
    fn of_process(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
    fn managed(&self, name: &str) -> Option<String> {
        self.managed.values.get(name).cloned()
    }
    fn unknown(&self) -> Vec<String> {
        self.managed.unknown.clone()
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
        environment.managed = secret.read().await.map_err(|e| {
            let hint = e.hint();
            anyhow::Error::new(e)
                .context(format!("APP_SECRETS_ARN is set, but its secret cannot be used\nhint: {hint}"))
        })?;
        environment.secret = Some(secret);
        Ok(environment)
    }

    /// The environment alone, whatever secret it names.
    pub fn without_secret() -> Self {
        Self { secret: None, managed: SecretObject::default() }
    }

    /// Whether a secret is named and was read.
    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Reads the secret again. The names of the variables whose values are others now; empty where all are as before.
    async fn read_again(&mut self) -> Result<BTreeSet<String>, SecretError> {
        let Some(secret) = &self.secret else { return Ok(BTreeSet::new()) };
        let new = secret.read().await?;
        let before = std::mem::replace(&mut self.managed, new);
        let (old, new) = (&before.values, &self.managed.values);
        let changed =
            old.keys().chain(new.keys()).filter(|name| old.get(*name) != new.get(*name)).cloned().collect();
        self.warn_of_unknown(&before.unknown);
        Ok(changed)
    }

    /// Tells names that are no variables, once. Those of the start are notes of the configuration.
    fn warn_of_unknown(&self, before: &[String]) {
        for name in self.managed.unknown.iter().filter(|name| !before.contains(name)) {
            tracing::warn!("{}", config::unknown_in_managed(name));
        }
    }

    /// Reads the secret every minute, on SIGHUP, and when nudged; `changed` is told the names of the values that are
    /// others than those in use, and says whether it uses them. A secret that cannot be read leaves all as it is.
    /// Returns at once where no secret is named.
    pub async fn tend<F: Future<Output = bool>>(
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
        let mut unused = BTreeSet::new();
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
                    let news = !names.is_empty();
                    unused.extend(names);
                    if news && changed(&self, unused.clone()).await {
                        unused.clear();
                    }
                    let used = unused.is_empty();
                    metrics::secret_read(if used { SecretRead::Read } else { SecretRead::Unusable });
                }
                Err(error) => {
                    metrics::secret_read(SecretRead::Failed);
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

    async fn read(&self) -> Result<SecretObject, SecretError> {
        let answer = self.client.get_secret_value().secret_id(&self.arn).send().await;
        let answer = answer.map_err(|e| SecretError::of(&e))?;
        let object = answer.secret_string().and_then(SecretObject::parse).ok_or(SecretError::NoObject)?;
        match object.no_texts.as_slice() {
            [] => Ok(object),
            names => Err(SecretError::NoText(names.to_vec())),
        }
    }
}
