//! PgBouncer in transaction mode before a cluster, where `TEST_PGBOUNCER` names its program (1.21 or newer): the tests
//! then reach their databases through it, by far fewer connections than they open. `scripts/pgbouncer-suite` does so.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

const PROGRAM: &str = "TEST_PGBOUNCER";

/// The address of the program, if the tests are to go through it.
pub(super) fn asked_for() -> Option<String> {
    std::env::var(PROGRAM).ok().filter(|path| !path.is_empty())
}

/// What the pooler cannot hand on when a connection is made is set on the login instead, as docs/SCALE.md says.
pub(super) const TIME_LIMITS: [&str; 3] = [
    "ALTER ROLE fusion SET statement_timeout = '30s'",
    "ALTER ROLE fusion SET lock_timeout = '5s'",
    "ALTER ROLE fusion SET idle_in_transaction_session_timeout = '10s'",
];

/// Servers' ports by their pooler's.
static SERVERS: Mutex<BTreeMap<u16, u16>> = Mutex::new(BTreeMap::new());

/// The same database without the pooler: the schema is changed past it.
pub fn past(url: &str) -> String {
    let servers = SERVERS.lock().expect("no test panicked here");
    servers.iter().fold(url.to_owned(), |url, (pooled, own)| {
        url.replace(&format!("@127.0.0.1:{pooled}/"), &format!("@127.0.0.1:{own}/"))
    })
}

/// Starts it before a server on `port`, in `folder`; returns its own port. It ends with the cluster's watchdog.
pub(super) fn start(mut program: Command, folder: &Path, port: u16) -> u16 {
    let pooled = super::postgres::free_port();
    let path = |name: &str| folder.join(name).display().to_string();
    fs::write(folder.join("users.txt"), "\"fusion\" \"\"\n").expect("a file is written");
    let settings = format!(
        "[databases]\n* = host=127.0.0.1 port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {pooled}\n\
         unix_socket_dir =\nauth_type = trust\nauth_file = {}\nlogfile = {}\npidfile = {}\npool_mode = transaction\n\
         max_client_conn = 2000\ndefault_pool_size = 6\nmax_prepared_statements = 200\nserver_idle_timeout = 5\n\
         ignore_startup_parameters = options,extra_float_digits\n",
        path("users.txt"),
        path("pgbouncer.log"),
        path("pgbouncer.pid"),
    );
    let file = folder.join("pgbouncer.ini");
    fs::write(&file, settings).expect("a file is written");
    let started = program.arg("-d").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(started.expect("PgBouncer runs").success(), "PgBouncer does not start");
    SERVERS.lock().expect("no test panicked here").insert(pooled, port);
    pooled
}
