//! The running service: opens the store, answers HTTP, starts the workers, and stops all of it in order.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::app::{App, Parts, Settings};
use crate::clock::Clock;
use crate::config::{Config, Engine, Role, SimulatorKeys};
use crate::emf;
use crate::fax_text::Ocr;
use crate::filing::Filing;
use crate::http::server::{self, Limits};
use crate::http::{self, Keys, Web};
use crate::ingest::Ingest;
use crate::live::{Live, key_set};
use crate::media::{MediaClient, MediaHosts};
use crate::metrics::{self, Metrics};
use crate::presence::Presence;
use crate::prompts::shelf::Shelf;
use crate::queue::{Queue, SqsQueue, TableQueue};
use crate::secrets::Environment;
use crate::store::ingest::Reach;
use crate::store::migrations::{self, SchemaState};
use crate::store::{Db, StoreError, settings, tenants};
use crate::stripe::Stripe;
use crate::telnyx::Telnyx;
use crate::traces;
use crate::wake::Wake;
use crate::worker::Workers;

/// Bytes of a fax at most.
const MAX_FAX_BYTES: usize = 100 * 1024 * 1024;
/// How often a database that does not answer at start is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// The service, listening.
pub struct Service {
    pub addr: SocketAddr,
    pub db: Db,
    stop: CancellationToken,
    live: Live,
    http: JoinHandle<()>,
    work: Option<JoinHandle<anyhow::Result<()>>>,
    presence: JoinHandle<()>,
    /// Held as long as the service runs: two processes on one embedded database would take each other's leases.
    _lock: Option<std::fs::File>,
}

/// Everything that is made of the configuration before anything is started.
pub(crate) struct Made {
    pub db: Db,
    pub app: Option<App>,
    pub web: Web,
}

impl Service {
    /// Starts what the configuration asks for, on `listener`.
    ///
    /// HTTP answers from the start, so that an outage of the database at start is 503 and not a refused connection;
    /// the workers begin once the database answers.
    ///
    /// # Errors
    /// When something is configured that cannot work, the schema is not this program's, or a second process uses the
    /// embedded database.
    pub async fn start(
        config: Config,
        listener: TcpListener,
        clock: Clock,
        metrics: Metrics,
    ) -> anyhow::Result<Self> {
        Self::start_with(config, listener, clock, metrics, Router::new()).await
    }

    /// [`Service::start`] with routes of the caller's own beside the service's.
    ///
    /// # Errors
    /// As [`Service::start`].
    pub async fn start_with(
        mut config: Config,
        listener: TcpListener,
        clock: Clock,
        metrics: Metrics,
        more_routes: Router,
    ) -> anyhow::Result<Self> {
        let lock = lock_data_dir(&config)?;
        let addr = listener.local_addr()?;
        let whole = config.web.is_some();
        let (begun, workers_run) = watch::channel(false);
        tokio::spawn(metrics.clone().tend());
        // The rules of texts are made on their first use: not on a patient's first text.
        fusion_comms_core::sms::read("hello");
        let made = make(&mut config, addr, clock, metrics).await?;
        if config.database.url.engine() == Engine::Sqlite {
            migrations::apply(&made.db).await?;
        }
        let stop = CancellationToken::new();
        let live = Live::of(&made);
        let web = Web { workers: made.app.as_ref().map(|_| workers_run.clone()), ..made.web };
        let presence = tokio::spawn(presence_of(&web, addr).tend(stop.clone()));
        let router = http::router(web, whole).merge(more_routes);
        let http = tokio::spawn(server::serve(listener, router, Limits::default(), stop.clone()));
        let shared_allowed = config.server.allow_shared_messaging_profile;
        let work = match check(&made.db, shared_allowed).await {
            // The database does not answer yet: answer HTTP meanwhile.
            Err(e) if is_outage(&e) => {
                let begin = begin_later(made.db.clone(), made.app, begun, shared_allowed, stop.clone());
                Some(tokio::spawn(begin))
            }
            Err(e) => {
                stop.cancel();
                return Err(e);
            }
            Ok(()) => match made.app {
                Some(app) => Some(tokio::spawn(work(begin(&app, &begun).await?, stop.clone()))),
                None => None,
            },
        };
        Ok(Self { addr, db: made.db, stop, live, http, work, presence, _lock: lock })
    }

    /// Runs until the token is cancelled or the workers cannot go on; then stops in order.
    ///
    /// # Errors
    /// When the schema turned out not to be this program's.
    pub async fn run_until(mut self, asked: CancellationToken) -> anyhow::Result<()> {
        let mut ended = Ok(());
        match self.work.as_mut() {
            Some(work) => tokio::select! {
                () = asked.cancelled() => {}
                result = work => { ended = result.context("the workers ended")?; self.work = None; }
            },
            None => asked.cancelled().await,
        }
        self.stop().await;
        ended
    }

    /// Takes no new connection, finishes what was accepted, then lets the workers finish what they hold.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(e) = self.http.await {
            tracing::error!(error = %e, "the HTTP server ended badly");
        }
        if let Some(work) = self.work
            && let Err(e) = work.await
        {
            tracing::error!(error = %e, "the workers ended badly");
        }
        if let Err(e) = self.presence.await {
            tracing::error!(error = %e, "the report of this process ended badly");
        }
        self.db.close().await;
    }
}

async fn work(workers: Workers, stop: CancellationToken) -> anyhow::Result<()> {
    stop.cancelled().await;
    workers.stop().await;
    Ok(())
}

async fn begin(app: &App, begun: &watch::Sender<bool>) -> Result<Workers, StoreError> {
    let workers = Workers::start(app).await?;
    begun.send_replace(true);
    Ok(workers)
}

async fn begin_later(
    db: Db,
    app: Option<App>,
    begun: watch::Sender<bool>,
    shared_allowed: bool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    tracing::error!("the database does not answer: webhooks are answered 503 until it does");
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(ASK_AGAIN) => {}
        }
        match check(&db, shared_allowed).await {
            Err(e) if is_outage(&e) => continue,
            Err(e) => return Err(e),
            Ok(()) => {}
        }
        tracing::info!("the database answers");
        let Some(app) = &app else {
            stop.cancelled().await;
            return Ok(());
        };
        match begin(app, &begun).await {
            Ok(workers) => return work(workers, stop).await,
            Err(e) if e.is_passing() => {}
            Err(e) => return Err(e.into()),
        }
    }
}

fn is_outage(e: &anyhow::Error) -> bool {
    e.downcast_ref::<StoreError>().is_some_and(StoreError::is_passing)
}

/// What must hold before any work is done on this database.
async fn check(db: &Db, shared_allowed: bool) -> anyhow::Result<()> {
    match migrations::check(db).await? {
        SchemaState::Current | SchemaState::NewerCompatible => {}
        SchemaState::Older { missing } => bail!(
            "the database lacks {missing} migration(s) that this program needs\nhint: run `fusion-comms migrate`, then start again"
        ),
        SchemaState::NewerRefused => bail!(
            "the database's schema is newer than this program may work on\nhint: start the newer program"
        ),
    }
    if settings::commits_are_lost(db).await? {
        bail!(
            "PostgreSQL is set to synchronous_commit=off for this login: acknowledged events could be lost\n\
             hint: ALTER ROLE … RESET synchronous_commit"
        );
    }
    for (_, agencies) in tenants::shared_profiles(db).await? {
        if !shared_allowed {
            bail!(
                "{agencies} agencies name one Telnyx messaging profile: a STOP to one would block the others at the carrier\n\
                 hint: give each its own with `fusion-comms tenant set`, or set ALLOW_SHARED_MESSAGING_PROFILE=1"
            );
        }
        tracing::warn!(
            agencies,
            "several agencies share one messaging profile: a STOP to one blocks all at the carrier"
        );
    }
    let without = tenants::list(db).await?.iter().filter(|t| t.messaging_profile.is_none()).count();
    if without > 1 {
        tracing::warn!(
            agencies = without,
            "agencies without a messaging profile of their own share the default one"
        );
    }
    Ok(())
}

async fn make(config: &mut Config, addr: SocketAddr, clock: Clock, metrics: Metrics) -> anyhow::Result<Made> {
    let db =
        Db::open_for_service(config.database.url.expose()).await.context("the database cannot be opened")?;
    let wake = Arc::new(Wake::default());
    let reach =
        Reach { default_number: config.server.from_number.clone(), scope: config.server.opt_out_scope };
    let ingest = Ingest::start(&db, &reach);
    let nudge = Arc::new(Notify::new());
    let app = match &config.worker {
        Some(_) => Some(make_app(config, addr, &db, &clock, &wake, &nudge).await?),
        None => None,
    };
    let prompts = match &config.web {
        Some(_) => Some(Shelf::new(config.storage.audio(&config.database.data_dir)?)),
        None => None,
    };
    let keys = Arc::new(Keys::new(key_set(config), Arc::clone(&nudge)));
    let link_visitors = Arc::default();
    let web = Web {
        db: db.clone(),
        clock,
        wake,
        ingest,
        keys,
        metrics,
        tally: Arc::default(),
        link_visitors,
        prompts,
        workers: None,
    };
    Ok(Made { db, app, web })
}

/// What this process tells about itself, as the routes that it serves show its role.
fn presence_of(web: &Web, addr: SocketAddr) -> Presence {
    let takes_webhooks = web.keys.current().web.is_some();
    Presence {
        db: web.db.clone(),
        clock: web.clock.clone(),
        name: owner(addr),
        role: match (takes_webhooks, &web.workers) {
            (true, Some(_)) => "all",
            (true, None) => "web",
            (false, _) => "worker",
        },
        keys: Arc::clone(&web.keys),
        tally: Arc::clone(&web.tally),
        workers: web.workers.clone(),
    }
}

async fn make_app(
    config: &Config,
    addr: SocketAddr,
    db: &Db,
    clock: &Clock,
    wake: &Arc<Wake>,
    nudge: &Arc<Notify>,
) -> anyhow::Result<App> {
    let worker = config.worker.as_ref().context("no worker is configured")?;
    let base = |name: &str, text: &str| Url::parse(text).with_context(|| format!("{name} is no address"));
    let telnyx_base = base("TELNYX_API_BASE", &worker.telnyx.api_base)?;
    let stripe_base = base("STRIPE_API_BASE", &worker.stripe.api_base)?;
    let hosts = MediaHosts::parse(&worker.telnyx.media_hosts).context("TELNYX_MEDIA_HOSTS")?;
    let blobs = config.storage.docs(&config.database.data_dir)?;
    let queue: Arc<dyn Queue> = match &config.storage.classify_queue_url {
        Some(url) => Arc::new(SqsQueue::open(url).await),
        None => Arc::new(TableQueue { db: db.clone(), clock: clock.clone() }),
    };
    Ok(Arc::new(Parts {
        db: db.clone(),
        clock: clock.clone(),
        wake: wake.clone(),
        telnyx: Telnyx::new(telnyx_base, &worker.telnyx.api_key)?.nudging(Arc::clone(nudge)),
        stripe: Stripe::new(stripe_base, &worker.stripe.secret_key)?.nudging(Arc::clone(nudge)),
        media: MediaClient::new(hosts, MAX_FAX_BYTES)?,
        filing: Filing {
            db: db.clone(),
            clock: clock.clone(),
            blobs: blobs.clone(),
            examiner: worker.fax.examiner(config.storage.docs_bucket.as_deref()).await?,
        },
        blobs,
        queue,
        settings: Settings {
            default_number: config.server.from_number.clone(),
            default_profile: worker.telnyx.messaging_profile_id.clone(),
            audio_base: worker.ivr_audio_base_url.clone(),
            public_base: config.server.public_base_url.clone(),
            owner: owner(addr),
            stripe_live: is_live(&worker.stripe.secret_key),
        },
    }))
}

/// Whether a Stripe key (`sk_live_…`, `rk_live_…`) moves real money.
pub(crate) fn is_live(key: &SecretString) -> bool {
    let key = key.expose_secret();
    key.starts_with("sk_live_") || key.starts_with("rk_live_")
}

/// The name of this process among its like: the same after a restart on the same host and port.
fn owner(addr: SocketAddr) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", host.trim(), addr.port())
}

/// Keeps a second process off the embedded database.
fn lock_data_dir(config: &Config) -> anyhow::Result<Option<std::fs::File>> {
    if config.database.url.engine() != Engine::Sqlite {
        return Ok(None);
    }
    let dir = &config.database.data_dir;
    std::fs::create_dir_all(dir).with_context(|| format!("the folder {} cannot be made", dir.display()))?;
    let path = dir.join("lock");
    let file =
        std::fs::File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    if file.try_lock().is_err() {
        bail!(
            "another process already serves from {}\nhint: stop it, or give this one another DATA_DIR",
            dir.display()
        );
    }
    Ok(Some(file))
}

/// `serve` and `worker`: until SIGTERM or Ctrl-C.
///
/// # Errors
/// All problems of the configuration at once; else what kept the service from starting.
pub async fn run(role: Role) -> anyhow::Result<()> {
    crate::logs::init_service();
    let environment = Environment::load().await?;
    let config = configuration(role, &environment)?;
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    if let Some(worker) = &config.worker {
        check_ocr(&worker.fax.ocr());
    }
    let bind = config.server.bind_addr;
    let listener = TcpListener::bind(bind).await.with_context(|| {
        format!("cannot listen on {bind}\nhint: is another process there? `BIND_ADDR` sets the address")
    })?;
    let metrics = metrics::install()?;
    let embedded = config.server.embedded_metrics.then(|| metrics.clone());
    let (stop, traced) = (stop_signal(), CancellationToken::new());
    let handing_over = match &config.server.traces {
        Some(base) => Some(tokio::spawn(traces::start(&Url::parse(base)?, traced.clone())?)),
        None => None,
    };
    let service = Service::start(config, listener, Clock::system(), metrics).await?;
    tracing::info!(address = %service.addr, version = env!("CARGO_PKG_VERSION"), "serving");
    let live = service.live.clone().of_environment(&environment);
    let changed = move |environment: &Environment, names: BTreeSet<String>| {
        std::future::ready(live.take(role, environment, &names))
    };
    tokio::spawn(environment.tend(Arc::clone(&service.live.keys.nudge), stop.clone(), changed));
    let telling = embedded.map(|metrics| tokio::spawn(emf::tend(metrics, Clock::system(), stop.clone())));
    let ended = service.run_until(stop.clone()).await;
    stop.cancel();
    if let Some(telling) = telling {
        telling.await?;
    }
    // The last spans are those of the work that was finished meanwhile.
    traced.cancel();
    if let Some(handing_over) = handing_over {
        handing_over.await?;
    }
    ended
}

/// Says at the start what would otherwise be seen fax by fax. No reason to leave calls and texts unanswered.
fn check_ocr(ocr: &Ocr) {
    if let Err(why) = ocr.check() {
        tracing::error!("OCR=tesseract is set, but {why}");
    }
}

/// The configuration of this process's environment.
///
/// # Errors
/// All problems at once.
pub fn configuration(role: Role, environment: &Environment) -> anyhow::Result<Config> {
    Ok(Config::load_for(role, environment, simulator_keys)?)
}

/// In dev, what is not set is signed by the simulators of this `DATA_DIR`.
pub fn simulator_keys(data_dir: &Path) -> anyhow::Result<SimulatorKeys> {
    Ok(public_keys(&crate::sim::keys::load_or_create(data_dir)?))
}

/// The simulators' keys as the configuration has them.
pub(crate) fn public_keys(keys: &crate::sim::keys::SimKeys) -> SimulatorKeys {
    SimulatorKeys {
        telnyx_public_key: base64::engine::general_purpose::STANDARD
            .encode(keys.signing.verifying_key().as_bytes()),
        stripe_webhook_secret: keys.stripe_webhook_secret.clone(),
    }
}

/// Cancelled by SIGTERM or Ctrl-C.
pub fn stop_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        let mut term = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(term) => term,
            Err(e) => {
                tracing::error!(error = %e, "SIGTERM cannot be heard");
                return;
            }
        };
        tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = term.recv() => {} }
        tracing::info!("stopping: what was accepted is finished first");
        cancel.cancel();
    });
    token
}
