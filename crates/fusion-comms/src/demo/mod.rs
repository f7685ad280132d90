//! `demo`: the whole service in one process, with no account and no service: embedded database, local files, built-in
//! Telnyx and Stripe, a sample agency. With a script it plays a story and checks that it came out right.

mod agency;
mod fax;
mod papers;
mod pay;
mod phone;
mod stop;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use url::Url;

use crate::clock::Clock;
use crate::config::{Config, FaxConfig, OcrEngine, Role};
use crate::service::{self, Service};
use crate::sim::{self, Sim, SimConfig};
use crate::store::Db;
use crate::{logs, metrics};

pub use papers::face_sheet as sample_fax;

/// Which story to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Script {
    /// A patient calls, pays by phone, gets the text, pays.
    Pay,
    /// A patient texts STOP and is not texted again.
    Stop,
    /// A hospital's fax arrives, is read and filed.
    Fax,
    /// All three, one after another.
    All,
}

/// What the command line asks for.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Play this story, check it, and exit; without it the demo runs until Ctrl-C.
    #[arg(long, value_enum)]
    pub script: Option<Script>,
    /// Port of the service; a story takes a free one unless told.
    #[arg(long)]
    pub port: Option<u16>,
    /// Where the demo keeps its database and files; a story takes a temporary folder unless told.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
}

/// A running demo.
struct Stage {
    service: Service,
    sim: Sim,
    base: String,
    data_dir: PathBuf,
}

impl Stage {
    fn db(&self) -> &Db {
        &self.service.db
    }
}

/// Runs the demo.
///
/// # Errors
/// When it cannot start; a story that comes out wrong is exit code 1 and says what was wrong.
pub async fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    logs::init_command();
    let temporary = Temporary::new()?;
    let data_dir = match (&args.data_dir, args.script) {
        (Some(dir), _) => dir.clone(),
        (None, Some(_)) => temporary.0.clone(),
        (None, None) => PathBuf::from("data/demo"),
    };
    let port = args.port.unwrap_or(if args.script.is_some() { 0 } else { 8080 });
    let stage = start(&data_dir, port).await?;
    let code = match args.script {
        None => {
            open_house(&stage);
            service::stop_signal().cancelled().await;
            ExitCode::SUCCESS
        }
        Some(script) => play(&stage, script).await,
    };
    stage.service.stop().await;
    Ok(code)
}

async fn start(data_dir: &Path, port: u16) -> anyhow::Result<Stage> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))
        .await
        .with_context(|| format!("cannot listen on port {port}\nhint: choose another with --port"))?;
    let base = format!("http://{}", listener.local_addr()?);
    let keys = sim::keys::load_or_create(data_dir)?;
    let sim = sim::start(SimConfig::new(([127, 0, 0, 1], 0).into(), Url::parse(&base)?, &keys)).await?;
    let media = format!("127.0.0.1:{}/media/faxes/", sim.addr.port());
    let variables = [
        ("APP_ENV", "dev".to_owned()),
        ("DATA_DIR", data_dir.display().to_string()),
        ("BIND_ADDR", listener.local_addr()?.to_string()),
        ("PUBLIC_BASE_URL", base.clone()),
        ("IVR_AUDIO_BASE_URL", format!("{base}/ivr")),
        ("TELNYX_API_BASE", format!("{}/v2", sim.base())),
        ("TELNYX_MEDIA_HOSTS", media),
        ("TELNYX_FROM_NUMBER", agency::DEFAULT_NUMBER.to_owned()),
        ("STRIPE_API_BASE", sim.base()),
        ("OCR", if ocr_is_there() { "tesseract" } else { "off" }.to_owned()),
    ];
    let env = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
    let config = Config::load_for(Role::All, &env, service::simulator_keys)?;
    let handset = phone::routes(sim.telnyx.clone());
    let service =
        Service::start_with(config, listener, Clock::system(), metrics::install()?, handset).await?;
    agency::found(&service.db, Clock::system().now()).await?;
    Ok(Stage { service, sim, base, data_dir: data_dir.to_owned() })
}

/// Scanned faxes are read where the program for it is installed, and go to a person elsewhere.
fn ocr_is_there() -> bool {
    FaxConfig { ocr: Some(OcrEngine::Tesseract), model: None }.ocr().check().is_ok()
}

fn open_house(stage: &Stage) {
    println!("fusion-comms demo: a sample agency, {}, with a built-in Telnyx and Stripe.", agency::NAME);
    println!();
    println!("  {}/demo   a phone: call and pay, text STOP, send a fax", stage.base);
    println!("  {}/       calls, texts and faxes as they come", stage.base);
    println!("  {}/metrics", stage.base);
    println!();
    println!("Everything is kept in {}. The same on the command line:", stage.data_dir.display());
    println!("  DATA_DIR={} fusion-comms opt-out list", stage.data_dir.display());
    println!("Ctrl-C ends it.");
}

async fn play(stage: &Stage, script: Script) -> ExitCode {
    let mut ended_well = true;
    for one in [Script::Pay, Script::Stop, Script::Fax] {
        if script != Script::All && script != one {
            continue;
        }
        let result = match one {
            Script::Pay => pay::play(stage).await,
            Script::Stop => stop::play(stage).await,
            Script::Fax | Script::All => fax::play(stage).await,
        };
        match result {
            Ok(()) => println!("  story ended well\n"),
            Err(e) => {
                ended_well = false;
                println!("  STORY WENT WRONG: {e:#}\n");
            }
        }
    }
    if ended_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints one step of a story.
fn step(text: &str) {
    println!("  {text}");
}

/// Asks again and again until there is an answer, or ten seconds are over.
async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    for _ in 0..400 {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    bail!("{what}: nothing within ten seconds")
}

/// A folder of this process, gone with it.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> anyhow::Result<Self> {
        let dir = std::env::temp_dir().join(format!("fusion-comms-demo-{}", std::process::id()));
        std::fs::create_dir_all(&dir)
            .with_context(|| format!("the folder {} cannot be made", dir.display()))?;
        Ok(Self(dir))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Best effort: what stays lies in the system's folder for temporary files.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
