//! Every environment variable, read once at start, one struct an area.
//!
//! The variables, with meaning and default, are the table in `table.rs`; `config example` prints it. Each role asks
//! only for what it uses. All problems are told together, by the variable's name and never by its value.

mod checkup;
mod database;
mod document;
mod fax;
mod parse;
mod prompts;
mod reader;
mod report;
mod storage;
mod table;
mod unknown;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use fusion_comms_core::phone::E164;
use fusion_comms_core::signature::{StripeSecrets, TelnyxKeys};
use fusion_comms_core::sms::scope::Scope;
use secrecy::SecretString;

use crate::begun::Sender;

pub use checkup::Checkup;
pub use database::{DatabaseUrl, Engine};
pub use document::document;
pub use fax::{FaxConfig, LambdaConfig, ModelConfig, OcrEngine};
pub(crate) use parse::is_loopback;
pub use prompts::{PromptsConfig, audio_base};
use reader::Reader;
pub use reader::{Env, SecretObject, Variables};
pub use report::{check, check_secret, example, stripe_key_given};
pub use storage::{Shelf, StorageConfig, shelves};
pub use table::{StandIn, VARIABLES, Variable};
pub use unknown::note_of_managed as unknown_in_managed;

/// How much is demanded of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppEnv {
    Dev,
    Staging,
    Prod,
}

impl AppEnv {
    /// Staging and prod want every variable marked required, TLS, and PostgreSQL.
    pub fn is_live(self) -> bool {
        self != AppEnv::Dev
    }

    pub fn as_str(self) -> &'static str {
        match self {
            AppEnv::Dev => "dev",
            AppEnv::Staging => "staging",
            AppEnv::Prod => "prod",
        }
    }
}

/// Which part of the service is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Webhooks, prompts, pages.
    Web,
    /// Background work.
    Worker,
    All,
}

impl Role {
    pub fn has_web(self) -> bool {
        self != Role::Worker
    }
    pub fn has_worker(self) -> bool {
        self != Role::Web
    }
}

/// What the roles that serve are configured with.
#[derive(Debug)]
pub struct Config {
    pub database: DatabaseConfig,
    pub server: ServerConfig,
    pub storage: StorageConfig,
    /// There when the role has web.
    pub web: Option<WebConfig>,
    /// There when the role has the worker.
    pub worker: Option<WorkerConfig>,
    /// What an operator should know though it is no problem, one sentence each.
    pub notes: Vec<String>,
}

/// `APP_ENV`, `DATABASE_URL`, `DATA_DIR`: enough for the commands that only touch the database.
#[derive(Debug)]
pub struct DatabaseConfig {
    pub app_env: AppEnv,
    pub url: DatabaseUrl,
    /// Folder of the embedded database and local files. Need not exist yet.
    pub data_dir: PathBuf,
}

/// What every role needs to listen and to write texts: `BIND_ADDR`, `PUBLIC_BASE_URL`, `METRICS_TOKEN`,
/// `TELNYX_FROM_NUMBER`, `ALLOW_SHARED_MESSAGING_PROFILE`, `CLOUDWATCH_EMF`.
#[derive(Debug)]
pub struct ServerConfig {
    pub bind_addr: SocketAddr,
    /// Without a trailing slash.
    pub public_base_url: String,
    /// Without it only loopback may read `/metrics`.
    pub metrics_token: Option<SecretString>,
    /// Default sender of texts. The webhooks need it too: a STOP binds the agencies that text from it.
    pub from_number: E164,
    /// `OPT_OUT_SCOPE`.
    pub opt_out_scope: Scope,
    pub allow_shared_messaging_profile: bool,
    /// `CLOUDWATCH_EMF`.
    pub embedded_metrics: bool,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub traces: Option<String>,
}

/// How webhooks are verified, and what the pages need: `TELNYX_PUBLIC_KEY`, `TELNYX_PUBLIC_KEY_PENDING`,
/// `STRIPE_WEBHOOK_SECRET`, `TELNYX_WEBHOOK_TOLERANCE_SECONDS`, `SESSION_SECRET`.
#[derive(Debug)]
pub struct WebConfig {
    pub telnyx_keys: TelnyxKeys,
    pub stripe_secrets: StripeSecrets,
    /// Seconds a signed timestamp may differ from our clock, either way. Default 300.
    pub tolerance_s: u32,
    /// Always there in staging and prod.
    pub session_secret: Option<SecretString>,
}

/// What background work calls: Telnyx, Stripe, the prompts.
#[derive(Debug)]
pub struct WorkerConfig {
    pub telnyx: TelnyxConfig,
    pub stripe: StripeConfig,
    /// `<this>/<prompt>.wav` is what Telnyx plays.
    pub ivr_audio_base_url: String,
    pub fax: FaxConfig,
}

/// `TELNYX_API_KEY`, `TELNYX_API_BASE`, `TELNYX_MESSAGING_PROFILE_ID`, `TELNYX_MEDIA_HOSTS`.
#[derive(Debug)]
pub struct TelnyxConfig {
    pub api_key: SecretString,
    /// With `/v2`, without a trailing slash.
    pub api_base: String,
    pub messaging_profile_id: String,
    /// Comma list of `host[:port][/prefix]`, its form checked.
    pub media_hosts: String,
}

/// `STRIPE_SECRET_KEY`, `STRIPE_API_BASE`.
#[derive(Debug)]
pub struct StripeConfig {
    pub secret_key: SecretString,
    /// Without `/v1`, without a trailing slash.
    pub api_base: String,
}

/// What the simulators sign with, in the forms of `TELNYX_PUBLIC_KEY` and `STRIPE_WEBHOOK_SECRET`.
pub struct SimulatorKeys {
    pub telnyx_public_key: String,
    pub stripe_webhook_secret: String,
}

/// One thing wrong with one variable, in words that never hold its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub name: &'static str,
    pub what: String,
}

/// Everything that is wrong with the configuration. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblems(pub Vec<Problem>);

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => writeln!(f, "the configuration has a problem:")?,
            n => writeln!(f, "the configuration has {n} problems:")?,
        }
        for Problem { name, what } in &self.0 {
            writeln!(f, "  {name}: {what}")?;
        }
        f.write_str("hint: `fusion-comms config example` lists every variable with its meaning")
    }
}

impl std::error::Error for ConfigProblems {}

impl DatabaseConfig {
    /// What a command needs that only touches the database.
    ///
    /// # Errors
    /// All problems at once.
    pub fn load(env: Env<'_>) -> Result<(Self, Vec<String>), ConfigProblems> {
        let mut reader = Reader::new(env);
        let config = Self::read(&mut reader);
        complete(reader, config)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let app_env = reader.app_env;
        let data_dir = reader.optional("DATA_DIR", |text| Ok(PathBuf::from(text)));
        let given = reader.required("DATABASE_URL", |text| DatabaseUrl::parse(text, app_env));
        let data_dir = data_dir?;
        let url = match given {
            Some(url) => url,
            None if reader.given("DATABASE_URL").is_none() => DatabaseUrl::in_folder(&data_dir),
            None => return None,
        };
        Some(Self { app_env, url, data_dir })
    }
}

impl Config {
    /// What a role needs. `simulator` makes or finds the simulators' keys in `DATA_DIR`; it is asked only in dev, and
    /// only where no key of our own is set, so that a webhook is never taken unverified.
    ///
    /// # Errors
    /// All problems at once.
    pub fn load_for(
        role: Role,
        env: Env<'_>,
        simulator: impl FnOnce(&Path) -> anyhow::Result<SimulatorKeys>,
    ) -> Result<Self, ConfigProblems> {
        let mut reader = Reader::new(env);
        let database = DatabaseConfig::read(&mut reader);
        let keys = simulator_keys(role, &mut reader, database.as_ref(), simulator);
        let areas = Areas::read(role, &mut reader, keys);
        let whole = database.and_then(|database| areas.whole(role, database));
        let (mut config, notes) = complete(reader, whole)?;
        config.notes = notes;
        Ok(config)
    }
}

/// The Telnyx account and its default sender, for the commands that ask Telnyx.
///
/// # Errors
/// All problems at once.
pub fn telnyx_account(env: Env<'_>) -> Result<(TelnyxConfig, E164), ConfigProblems> {
    let mut reader = Reader::new(env);
    let telnyx = read_telnyx(&mut reader);
    let number = reader.required("TELNYX_FROM_NUMBER", parse::phone);
    complete(reader, telnyx.zip(number)).map(|(account, _)| account)
}

/// The platform's Stripe account, for the command that asks Stripe.
///
/// # Errors
/// All problems at once.
pub fn stripe_account(env: Env<'_>) -> Result<StripeConfig, ConfigProblems> {
    let mut reader = Reader::new(env);
    let stripe = read_stripe(&mut reader);
    complete(reader, stripe).map(|(account, _)| account)
}

/// How faxes are read, for the command that reads a folder of them.
///
/// # Errors
/// All problems at once.
pub fn fax_reader(env: Env<'_>) -> Result<FaxConfig, ConfigProblems> {
    let mut reader = Reader::new(env);
    let fax = FaxConfig::read_for_folder(&mut reader);
    complete(reader, Some(fax)).map(|(fax, _)| fax)
}

/// The default sender and how far a STOP reaches, for the command that reads a text as one.
///
/// # Errors
/// All problems at once.
pub fn stop_reach(env: Env<'_>) -> Result<(E164, Scope), ConfigProblems> {
    let mut reader = Reader::new(env);
    let number = reader.required("TELNYX_FROM_NUMBER", parse::phone);
    let scope = reader.optional("OPT_OUT_SCOPE", parse::scope);
    complete(reader, number.zip(scope)).map(|(reach, _)| reach)
}

/// What our texts are made with, for the command that begins one.
///
/// # Errors
/// All problems at once.
pub fn text_sender(env: Env<'_>) -> Result<Sender, ConfigProblems> {
    let mut reader = Reader::new(env);
    let number = reader.required("TELNYX_FROM_NUMBER", parse::phone);
    let profile = reader.required("TELNYX_MESSAGING_PROFILE_ID", parse::uuid);
    let bind_addr = reader.optional("BIND_ADDR", parse::address);
    let base = read_public_base(&mut reader, bind_addr);
    let sender = number.zip(profile).zip(base).map(|((default_number, default_profile), public_base)| {
        Sender { default_number, default_profile, public_base }
    });
    complete(reader, sender).map(|(sender, _)| sender)
}

fn read_public_base(reader: &mut Reader<'_>, bind_addr: Option<SocketAddr>) -> Option<String> {
    let from_bind = bind_addr.map(|address| format!("http://{}", reachable(address)));
    reader.made("PUBLIC_BASE_URL", from_bind, parse::base_url)
}

/// Whether a variable's value in the environment does not count, since the secret of `APP_SECRETS_ARN` has another.
pub fn is_overruled(env: Env<'_>, name: &str) -> bool {
    let managed = env.managed(name).and_then(reader::meaningful);
    let of_process = env.of_process(name).and_then(reader::meaningful);
    managed.is_some_and(|managed| of_process.is_some_and(|own| own != managed))
}

/// The reader's problems, or what was read with its notes.
fn complete<T>(reader: Reader<'_>, read: Option<T>) -> Result<(T, Vec<String>), ConfigProblems> {
    let notes = reader.finish()?;
    let unread = || {
        let what = "could not be read, though no variable is at fault; this is a mistake in the program";
        ConfigProblems(vec![Problem { name: "APP_ENV", what: what.to_owned() }])
    };
    read.map(|read| (read, notes)).ok_or_else(unread)
}

fn simulator_keys(
    role: Role,
    reader: &mut Reader<'_>,
    database: Option<&DatabaseConfig>,
    simulator: impl FnOnce(&Path) -> anyhow::Result<SimulatorKeys>,
) -> Option<SimulatorKeys> {
    let all_set =
        ["TELNYX_PUBLIC_KEY", "STRIPE_WEBHOOK_SECRET"].iter().all(|name| reader.given(name).is_some());
    if reader.app_env.is_live() || !role.has_web() || all_set {
        return None;
    }
    match simulator(&database?.data_dir) {
        Ok(keys) => Some(keys),
        Err(error) => {
            // The innermost cause is the system's own words: no path, no value.
            let cause = error.root_cause().to_string();
            reader.problem("DATA_DIR", format!("holds no simulator key and none can be made there: {cause}"));
            None
        }
    }
}

/// What was read of each area; `None` where a problem was noted or the role has no use for it.
struct Areas {
    server: Option<ServerConfig>,
    storage: StorageConfig,
    web: Option<WebConfig>,
    worker: Option<WorkerConfig>,
}

impl Areas {
    fn read(role: Role, reader: &mut Reader<'_>, keys: Option<SimulatorKeys>) -> Self {
        let server = read_server(reader);
        let storage = StorageConfig::read(role, reader);
        let web = role.has_web().then(|| read_web(reader, keys)).flatten();
        let public = server.as_ref().map(|s| s.public_base_url.as_str());
        let worker = role.has_worker().then(|| read_worker(reader, public)).flatten();
        Self { server, storage, web, worker }
    }

    fn whole(self, role: Role, database: DatabaseConfig) -> Option<Config> {
        let all_there = self.web.is_some() == role.has_web() && self.worker.is_some() == role.has_worker();
        let Self { server, storage, web, worker } = self;
        let server = server.filter(|_| all_there)?;
        Some(Config { database, server, storage, web, worker, notes: Vec::new() })
    }
}

fn read_server(reader: &mut Reader<'_>) -> Option<ServerConfig> {
    let bind_addr = reader.optional("BIND_ADDR", parse::address);
    let public_base_url = read_public_base(reader, bind_addr);
    let metrics_token = reader.optional("METRICS_TOKEN", parse::secret);
    let from_number = reader.required("TELNYX_FROM_NUMBER", parse::phone);
    let scope = reader.optional("OPT_OUT_SCOPE", parse::scope);
    let shared = reader.optional("ALLOW_SHARED_MESSAGING_PROFILE", parse::flag);
    let embedded = reader.optional("CLOUDWATCH_EMF", parse::flag);
    let traces = reader.optional("OTEL_EXPORTER_OTLP_ENDPOINT", parse::base_url);
    Some(ServerConfig {
        bind_addr: bind_addr?,
        public_base_url: public_base_url?,
        metrics_token,
        from_number: from_number?,
        opt_out_scope: scope?,
        allow_shared_messaging_profile: shared?,
        embedded_metrics: embedded?,
        traces,
    })
}

/// An address to connect to, for one to listen on: "all of this machine's" becomes loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn read_web(reader: &mut Reader<'_>, keys: Option<SimulatorKeys>) -> Option<WebConfig> {
    let (public_key, secret) = keys.map(|k| (k.telnyx_public_key, k.stripe_webhook_secret)).unzip();
    let key = |text: &str| match TelnyxKeys::parse(&[text]) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("does not hold a usable key: {error}")),
    };
    let current = reader.made("TELNYX_PUBLIC_KEY", public_key, key);
    let pending = reader.optional("TELNYX_PUBLIC_KEY_PENDING", key);
    let stripe_secrets = reader.made("STRIPE_WEBHOOK_SECRET", secret, |text| {
        StripeSecrets::parse(text).map_err(|error| error.to_string())
    });
    let tolerance_s = reader.optional("TELNYX_WEBHOOK_TOLERANCE_SECONDS", parse::tolerance_s);
    let session_secret = reader.required("SESSION_SECRET", parse::long_secret(16));
    let keys: Vec<&str> = [current.as_deref()?].into_iter().chain(pending.as_deref()).collect();
    Some(WebConfig {
        telnyx_keys: TelnyxKeys::parse(&keys).ok()?,
        stripe_secrets: stripe_secrets?,
        tolerance_s: tolerance_s?,
        session_secret,
    })
}

fn read_worker(reader: &mut Reader<'_>, public_base_url: Option<&str>) -> Option<WorkerConfig> {
    let telnyx = read_telnyx(reader);
    let stripe = read_stripe(reader);
    let audio = read_audio(reader, public_base_url);
    Some(WorkerConfig {
        telnyx: telnyx?,
        stripe: stripe?,
        ivr_audio_base_url: audio?,
        fax: FaxConfig::read_for_store(reader),
    })
}

fn read_stripe(reader: &mut Reader<'_>) -> Option<StripeConfig> {
    let secret_key = reader.required("STRIPE_SECRET_KEY", parse::stripe_key);
    let api_base = reader.optional("STRIPE_API_BASE", parse::base_url);
    Some(StripeConfig { secret_key: secret_key?, api_base: api_base? })
}

fn read_audio(reader: &mut Reader<'_>, public_base_url: Option<&str>) -> Option<String> {
    let served_here = public_base_url.map(|base| format!("{base}/ivr"));
    reader.made("IVR_AUDIO_BASE_URL", served_here, parse::base_url_without_slash)
}

fn read_telnyx(reader: &mut Reader<'_>) -> Option<TelnyxConfig> {
    let api_key = reader.required("TELNYX_API_KEY", parse::secret);
    let api_base = reader.optional("TELNYX_API_BASE", parse::base_url);
    let messaging_profile_id = reader.required("TELNYX_MESSAGING_PROFILE_ID", parse::uuid);
    let media_hosts = reader.optional("TELNYX_MEDIA_HOSTS", parse::media_hosts);
    Some(TelnyxConfig {
        api_key: api_key?,
        api_base: api_base?,
        messaging_profile_id: messaging_profile_id?,
        media_hosts: media_hosts?,
    })
}

#[cfg(test)]
mod tests;
