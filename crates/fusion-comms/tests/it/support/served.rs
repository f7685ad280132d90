//! The real binary, served against simulators in this process, on a database of its own: what tests and benchmarks
//! stand on.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use fusion_comms::sim::keys::{SimKeys, load_or_create};
use fusion_comms::sim::telnyx::SimOptions;
use fusion_comms::sim::{self, Sim, SimConfig};
use fusion_comms::store::Db;
use reqwest::StatusCode;

use super::{pooler, postgres};

pub const LINE: &str = "+12025550110";
pub const FAX_LINE: &str = "+12025550112";
pub const DESK: &str = "+12025550119";
pub const TENANT: &str = "ridgeline";

/// Which database it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

/// A served app; everything ends when it is dropped.
pub struct TestApp {
    pub base: String,
    pub db: Db,
    pub sim: Sim,
    pub keys: SimKeys,
    pub http: reqwest::Client,
    pub dir: tempfile::TempDir,
    /// What the binary is started with.
    pub env: Vec<(String, String)>,
    program: PathBuf,
    pub(super) child: Option<Child>,
}

static LOGS: AtomicU32 = AtomicU32::new(0);

impl TestApp {
    /// Everything but the running service: database migrated, simulators up. `program` is the binary to be served.
    pub async fn prepare_program(
        program: &Path,
        on: On,
        tune: impl FnOnce(&mut SimOptions),
        more: &[(&str, &str)],
    ) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let data_dir = dir.path().join("data");
        let database = match on {
            On::Sqlite => format!("sqlite://{}", data_dir.join("test.db").display()),
            On::Postgres => postgres::shared().await.fresh_database().await,
        };
        let port = postgres::free_port();
        let base = format!("http://127.0.0.1:{port}");
        let keys = load_or_create(&data_dir).expect("the simulators' keys");
        let mut config = SimConfig::new(([127, 0, 0, 1], 0).into(), base.parse().expect("an address"), &keys);
        config.telnyx.text_delay = Duration::from_millis(30);
        config.telnyx.retry_base = Duration::from_millis(100);
        tune(&mut config.telnyx);
        let sim = sim::start(config).await.expect("the simulators start");
        let sim_base = sim.base();
        let mut env: Vec<(String, String)> = [
            ("APP_ENV", "dev".to_owned()),
            ("DATA_DIR", data_dir.display().to_string()),
            ("DATABASE_URL", database.clone()),
            ("BIND_ADDR", format!("127.0.0.1:{port}")),
            ("TELNYX_API_BASE", format!("{sim_base}/v2")),
            ("TELNYX_MEDIA_HOSTS", format!("{}/media/faxes/", sim_base.trim_start_matches("http://"))),
            ("STRIPE_API_BASE", sim_base),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        for (name, value) in more {
            env.retain(|(n, _)| n != name);
            env.push(((*name).to_owned(), (*value).to_owned()));
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()
            .expect("an HTTP client");
        let app = Self {
            base,
            db: Db::open(&database).await.expect("the database opens"),
            sim,
            keys,
            http,
            dir,
            env,
            program: program.to_owned(),
            child: None,
        };
        // The test may have named another.
        let named = app.env.iter().find(|(name, _)| name == "DATABASE_URL").map(|(_, url)| url.as_str());
        let past = [("DATABASE_URL", &*pooler::past(named.unwrap_or(&database)))];
        assert_eq!(app.try_command_with(&past, &["migrate"]).0, 0, "the schema can be applied");
        app
    }

    /// Sets the sample agency up with the commands an operator uses.
    pub fn found_agency(&self) {
        self.command(&[
            "tenant",
            "add",
            "--id",
            TENANT,
            "--name",
            "Ridgeline EMS",
            "--billing-phone",
            DESK,
            "--stripe-account",
            "acct_1TESTRIDGELINE",
        ]);
        self.command(&["number", "add", LINE, "--tenant", TENANT, "--purpose", "billing_voice,billing_sms"]);
        self.command(&["number", "add", FAX_LINE, "--tenant", TENANT, "--purpose", "billing_fax"]);
        let statements = self.file(
            "statements.csv",
            "statement_id,amount_cents,currency,case_id,status\n30458003,12500,usd,,open\n30410734,8050,usd,,open\n\
             30400001,4000,usd,,paid\n30400002,0,usd,,open\n30400003,900,usd,,on_hold\n",
        );
        self.command(&["statement", "import", &statements, "--tenant", TENANT]);
    }

    /// Writes a file of the test's own; returns its path.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).expect("a file is written");
        path.display().to_string()
    }

    /// Runs a command of the binary in the app's environment; it must end well.
    pub fn command(&self, args: &[&str]) -> String {
        let (code, out, err) = self.try_command(args);
        assert_eq!(code, 0, "fusion-comms {args:?} ended with {code}\n{out}\n{err}");
        out
    }

    pub fn try_command(&self, args: &[&str]) -> (i32, String, String) {
        self.try_command_with(&[], args)
    }

    /// The same with other variables over the app's own.
    pub fn try_command_with(&self, env: &[(&str, &str)], args: &[&str]) -> (i32, String, String) {
        let out = self.binary().envs(env.iter().copied()).args(args).output().expect("the binary runs");
        let text = |b: Vec<u8>| String::from_utf8_lossy(&b).into_owned();
        (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
    }

    /// Starts `serve` and waits until it is ready.
    pub async fn launch(&mut self) {
        self.launch_unready();
        self.until_ready().await;
    }

    pub fn launch_unready(&mut self) {
        let log = std::fs::File::create(
            self.dir.path().join(format!("log-{}.jsonl", LOGS.fetch_add(1, Ordering::Relaxed))),
        )
        .expect("a log file");
        let child = self
            .binary()
            .arg("serve")
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        self.child = Some(child);
    }

    pub async fn until_ready(&self) {
        let ready =
            || async { self.get("/readyz").await.is_some_and(|(status, _)| status == StatusCode::OK) };
        assert!(within(Duration::from_secs(60), ready).await, "not ready in time:\n{}", self.logs());
    }

    /// Everything that the service has logged, over all its starts.
    pub fn logs(&self) -> String {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.dir.path())
            .expect("the folder is there")
            .flatten()
            .map(|e| e.path())
            .filter(|p| p.extension().is_some_and(|x| x == "jsonl"))
            .collect();
        files.sort();
        files.iter().map(|f| std::fs::read_to_string(f).unwrap_or_default()).collect()
    }

    /// Status and body; `None` without an answer.
    pub async fn get(&self, path: &str) -> Option<(StatusCode, String)> {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.ok()?;
        Some((answer.status(), answer.text().await.unwrap_or_default()))
    }

    /// The binary in the app's environment.
    pub fn binary(&self) -> Command {
        self.in_its_environment(&self.program)
    }

    /// Any program in the app's environment.
    pub fn in_its_environment(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::null());
        // The child's own needs, nothing of the machine's configuration.
        for name in ["PATH", "HOME", "TMPDIR", "USER"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.env.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        command
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(child) = self.child.as_mut() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Asks until it is so, or the time is over.
pub async fn within<F: Future<Output = bool>>(limit: Duration, mut ask: impl FnMut() -> F) -> bool {
    let end = Instant::now() + limit;
    loop {
        if ask().await {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
