//! A PostgreSQL cluster of our own: made for a test, on a free port, gone afterwards.
//!
//! It is a real server with `fsync` on. Tests connect as `fusion`, which owns its databases and may create roles,
//! no more: a superuser passes row-level security by and proves nothing. Where PostgreSQL is not installed the
//! test fails; it never skips.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::sync::OnceCell;

use super::pooler;

/// The oldest major version that is supported.
const OLDEST: u32 = 15;

/// Outlives the process by a moment: when the process ends, by whatever end, its pipe closes, and it stops the
/// server and removes the folder. `$1` is the folder.
const WATCHDOG: &str = r#"
cat >/dev/null
if [ -f "$1/pgbouncer.pid" ]; then kill "$(cat "$1/pgbouncer.pid")"; fi
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -QUIT "$pid"
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
rm -rf "$1"
"#;

/// One cluster. Stopped and removed when dropped, and when the test process dies.
pub struct TempPostgres {
    folder: PathBuf,
    tools: Tools,
    port: u16,
    /// Of the pooler that the service's login goes through; where there is none, the server's own.
    pooled_port: u16,
    watchdog: Child,
    databases: AtomicU32,
}

/// The cluster that all tests of one binary share, each with a database of its own.
pub async fn shared() -> &'static TempPostgres {
    static SHARED: OnceCell<TempPostgres> = OnceCell::const_new();
    SHARED.get_or_init(TempPostgres::start).await
}

/// Lines of `postgresql.conf` for the clusters, where a benchmark wants a server as large as production's.
const SETTINGS: &str = "TEST_POSTGRES_SETTINGS";

impl TempPostgres {
    /// Makes a cluster and starts it, with the login role `fusion`. Takes about two seconds.
    pub async fn start() -> Self {
        let tools = Tools::find();
        let folder =
            tempfile::Builder::new().prefix("fusion-pg-").tempdir().expect("a temporary folder").keep();
        tools.give(&folder);
        let watchdog = watch(&folder);
        let port = free_port();
        let databases = AtomicU32::new(0);
        let mut server = Self { port, pooled_port: port, folder, tools, watchdog, databases };
        server.make_cluster();
        server.start_again();
        server.as_superuser("CREATE ROLE fusion LOGIN CREATEROLE").await;
        if let Some(program) = pooler::asked_for() {
            for limit in pooler::TIME_LIMITS {
                server.as_superuser(limit).await;
            }
            server.pooled_port = pooler::start(server.as_its_user(program), &server.folder, port);
        }
        server
    }

    /// A program as the user that the server runs as.
    fn as_its_user(&self, program: String) -> Command {
        self.tools.become_user(Command::new(program))
    }

    fn make_cluster(&self) {
        let mut initdb = self.tools.command("initdb");
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
            "-D",
        ]);
        run(initdb.arg(self.data()), "initdb");
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'\nmax_connections = 500\n\
             timezone = 'UTC'\n{}\n",
            self.port,
            self.folder.display(),
            std::env::var(SETTINGS).unwrap_or_default(),
        );
        let file = self.data().join("postgresql.conf");
        let mut file = fs::OpenOptions::new().append(true).open(file).expect("initdb wrote a configuration");
        file.write_all(settings.as_bytes()).expect("the configuration can be written");
    }

    /// The address of the superuser, for looking at what the service's own login cannot see.
    pub fn superuser_url(&self) -> String {
        self.superuser_url_of("postgres")
    }

    /// The same, in a given database.
    pub fn superuser_url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database that `fusion` owns, and gives the address for `fusion`.
    pub async fn create_database(&self, name: &str) -> String {
        self.as_superuser(&format!(r#"CREATE DATABASE "{name}" OWNER fusion"#)).await;
        format!("postgres://fusion@127.0.0.1:{}/{name}", self.pooled_port)
    }

    /// The same, under a name that nothing else has.
    pub async fn fresh_database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        self.create_database(&format!("fusion_{number}")).await
    }

    async fn as_superuser(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.superuser_url()).await.expect("the server is up");
        connection.execute(AssertSqlSafe(statement.to_owned())).await.expect("the superuser may do this");
        connection.close().await.expect("the connection closes");
    }

    /// Starts the server on the same port, and returns when it takes connections.
    pub fn start_again(&self) {
        let log = self.folder.join("log");
        let mut start = self.control();
        start.args(["start", "-w", "-t", "60", "-l"]).arg(&log).stdout(Stdio::null()).stderr(Stdio::null());
        let started = start.status().expect("pg_ctl runs");
        let said = || fs::read_to_string(&log).unwrap_or_default();
        assert!(started.success(), "PostgreSQL does not start:\n{}", said());
    }

    pub(super) fn control(&self) -> Command {
        let mut control = self.tools.command("pg_ctl");
        control.arg("-D").arg(self.data());
        control
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for TempPostgres {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _best_effort = self.watchdog.wait();
    }
}

fn watch(folder: &Path) -> Child {
    Command::new("sh")
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(folder)
        .stdin(Stdio::piped())
        // Of its own group, so that the Ctrl-C that ends the tests does not end it too.
        .process_group(0)
        .spawn()
        .expect("sh runs")
}

/// PostgreSQL's programs, and the user they run as: they refuse root.
struct Tools {
    folder: PathBuf,
    /// User and group to become, when this process is root.
    become_ids: Option<(u32, u32)>,
}

impl Tools {
    fn find() -> Self {
        let folder = newest().unwrap_or_else(|| {
            panic!(
                "PostgreSQL {OLDEST} or newer is not installed (no /usr/lib/postgresql/*/bin/initdb).\n\
                 Install it with `apt-get install postgresql`; `./test` does so by itself."
            )
        });
        let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
        let become_ids = root
            .then(|| ids_of("postgres").expect("a user named postgres, which the package postgresql makes"));
        Self { folder, become_ids }
    }

    fn command(&self, program: &str) -> Command {
        self.become_user(Command::new(self.folder.join(program)))
    }

    fn become_user(&self, mut command: Command) -> Command {
        // A folder that every user may enter, and messages in English.
        command.current_dir("/").env("LC_ALL", "C").stdin(Stdio::null());
        if let Some((user, group)) = self.become_ids {
            command.uid(user).gid(group);
        }
        command
    }

    /// Hands a folder to the user that the programs run as.
    fn give(&self, folder: &Path) {
        if let Some((user, group)) = self.become_ids {
            chown(folder, Some(user), Some(group)).expect("root may give a folder away");
        }
    }
}

/// The `bin` folder of the newest PostgreSQL that Debian's packages have laid down.
fn newest() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let version = |name: &std::ffi::OsStr| name.to_str()?.parse::<u32>().ok();
    let (_, newest) = versions
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter_map(|path| Some((version(path.file_name()?)?, path.join("bin"))))
        .filter(|(version, bin)| *version >= OLDEST && bin.join("initdb").exists())
        .max()?;
    Some(newest)
}

/// User and group of a login name.
fn ids_of(name: &str) -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut ids = line.split(':').skip(2).map(|id| id.parse().ok());
    Some((ids.next()??, ids.next()??))
}

/// A port for a server that is started, stopped and started again: below those that the system gives to outgoing
/// connections, one of which would have it meanwhile.
pub(super) fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const SO_MANY: u32 = 22_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let here = std::process::id().wrapping_mul(101);
    (0..SO_MANY)
        .find_map(|_| {
            let n = here.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
            let port = u16::try_from(FIRST + n % SO_MANY).ok()?;
            TcpListener::bind(("127.0.0.1", port)).ok().map(|_| port)
        })
        .expect("a free port")
}

pub(super) fn run(command: &mut Command, what: &str) {
    let output = command.output().unwrap_or_else(|error| panic!("{what} does not run: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what} failed:\n{said}");
}
