//! The restore drill: a backup under load, the loss of everything, a restore, and the same events again.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fusion_comms::sim::telnyx::{Api, FaxPlan};
use fusion_comms::store::{Db, faxes};
use fusion_comms_core::ids::FaxId;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::backfill::{prompt, until_there};
use super::support::app::{FAX_LINE, HOSPITAL, LINE, On, TestApp, fixture, within};
use super::support::db::Prompt;
use super::support::postgres::{TempPostgres, shared};

const LONG: Duration = Duration::from_secs(120);

/// HELP from the person of that number.
fn help(n: usize) -> String {
    text("sms-07", n, &format!("help-{n}"))
}

fn text(name: &str, n: usize, id: &str) -> String {
    let mut body = fixture(name);
    let now = fusion_comms::clock::Clock::system().now();
    body["data"]["id"] = json!(id);
    body["data"]["occurred_at"] = json!(now);
    let payload = &mut body["data"]["payload"];
    payload["id"] = json!(format!("message-{id}"));
    payload["received_at"] = json!(now);
    payload["autoresponse_type"] = json!(null);
    payload["from"]["phone_number"] = json!(person(n));
    payload["to"][0]["phone_number"] = json!(LINE);
    body.to_string()
}

fn person(n: usize) -> String {
    format!("+1303555{n:04}")
}

fn env(app: &TestApp, name: &str) -> String {
    app.env.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).expect("it is set")
}

/// A new database and a new data folder, as after the loss of a machine; the keys were kept elsewhere.
async fn move_to_a_new_place(app: &mut TestApp, on: On) {
    let old = PathBuf::from(env(app, "DATA_DIR"));
    let data = app.dir.path().join("new");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::copy(old.join("simulator.key"), data.join("simulator.key")).unwrap();
    let database = match on {
        On::Sqlite => format!("sqlite://{}", data.join("test.db").display()),
        On::Postgres => shared().await.fresh_database().await,
    };
    for (name, value) in [("DATA_DIR", data.display().to_string()), ("DATABASE_URL", database)] {
        app.env.retain(|(n, _)| n != name);
        app.env.push((name.to_owned(), value));
    }
}

async fn open_new(app: &mut TestApp) {
    app.db = Db::open(&env(app, "DATABASE_URL")).await.unwrap();
}

/// Every text that came is worked, and every answer is through; statuses may still wait for texts that nobody knows.
async fn answered(app: &TestApp) {
    let mut hand = prompt(app).await;
    let open =
        "SELECT 'text' AS x FROM telnyx_events WHERE processed_at IS NULL AND event_type = 'message.received'
        UNION ALL SELECT kind FROM outbox WHERE kind = 'text' AND done_at IS NULL AND parked_at IS NULL";
    let end = std::time::Instant::now() + LONG;
    while !hand.ask(open).await.is_empty() {
        assert!(std::time::Instant::now() < end, "{}", app.logs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn backup(app: &TestApp) -> (PathBuf, Value) {
    let file = app.dir.path().join("state.backup");
    let out = app.command(&["backup", &file.display().to_string(), "--json"]);
    (file, serde_json::from_str(&out).expect("JSON"))
}

async fn a_restore_drill_under_load(on: On) {
    let mut app = TestApp::start(on).await;
    let fax = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, super::fax::sheet(), 1));
    let stored = super::fax::settled(&app, &fax).await;
    assert_eq!(app.post("sms", &text("sms-02", 9000, "stop-before")).await.unwrap(), 200);
    app.settle().await;

    // Load all the while: HELP after HELP.
    let (stop, mut taken) = (Arc::new(AtomicBool::new(false)), Vec::new());
    let (file, made) = {
        let load = async {
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                let body = help(n);
                assert_eq!(app.post("sms", &body).await.unwrap(), 200);
                taken.push(body);
                n += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let take = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let made = tokio::task::block_in_place(|| backup(&app));
            tokio::time::sleep(Duration::from_millis(500)).await;
            stop.store(true, Ordering::Relaxed);
            made
        };
        tokio::join!(load, take).1
    };
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!Path::new(&format!("{}.part", file.display())).exists());
    assert!(made["files"].as_u64().unwrap() >= 1, "{made}");
    app.settle().await;
    let before: Vec<usize> = (0..taken.len()).map(|n| app.sim.telnyx.inbox_of(&person(n)).len()).collect();
    assert!(before.len() > 3 && before.iter().all(|n| *n == 1), "{before:?}");
    app.kill();

    let name = file.display().to_string();
    if on == On::Sqlite {
        let said = app.command(&["restore", &name, "--check"]);
        assert!(said.contains("sealed and sound") && said.contains("the files of 1 fax are there"), "{said}");
        assert!(!said.contains("FAIL"), "{said}");
    }
    let (code, _, said) = app.try_command(&["restore", &name]);
    assert_eq!(code, 1);
    // The test itself is still connected to it.
    assert!(said.contains("is not empty") || said.contains("is connected to"), "{said}");
    assert!(said.contains("hint:"), "{said}");

    move_to_a_new_place(&mut app, on).await;
    let (code, out, said) = app.try_command(&["restore", &name]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("backfill --since"), "{said}");
    assert!(out.contains("opt-outs"), "{out}");
    open_new(&mut app).await;
    assert!(app.command(&["audit", "verify"]).contains("sealed and sound"));
    let rows = prompt(&app).await.ask("SELECT phone_e164, source FROM telnyx_opt_outs").await;
    assert_eq!(rows, [[person(9000).as_str(), "sms_stop"]]);
    let history = prompt(&app).await.count("SELECT count(*) FROM opt_out_history").await;
    assert_eq!(history, 1, "a restore adds no line to the history");

    // Texts wait for the gap to be filled.
    app.launch().await;
    assert_eq!(app.post("sms", &help(8000)).await.unwrap(), 200);
    let held = "SELECT 1 FROM telnyx_sms_messages WHERE direction = 'OUT' AND gate LIKE '%restored%'";
    until_there(&app, held).await;
    assert_eq!(app.sim.telnyx.inbox_of(&person(8000)).len(), 0);
    let (code, out, _) = app.try_command(&["doctor"]);
    let head: Vec<&str> = out.lines().take(3).collect();
    let named = |l: &&str| l.starts_with("fail  consent.restored") && l.contains("restored from a backup of");
    assert!(code == 1 && head.iter().any(named), "{out}");
    let (code, out, _) = app.try_command(&["trace", "phone", &person(8000)]);
    let head: Vec<&str> = out.lines().take(3).collect();
    assert!(code == 1 && head[0].contains("the database was restored from a backup of"), "{out}");
    assert!(head.iter().any(|l| l.contains("fusion-comms backfill --since")), "{out}");
    let filled: Value = serde_json::from_str(&app.command(&["backfill", "--json"])).unwrap();
    assert_eq!(filled["texts_released"], true, "{filled}");
    let sent = || async { app.sim.telnyx.inbox_of(&person(8000)).len() == 1 };
    assert!(within(LONG, sent).await, "{}", app.logs());

    // The same events again: those of before the backup are known, the later ones are asked for under the same keys.
    for body in &taken {
        assert_eq!(app.post("sms", body).await.unwrap(), 200);
    }
    answered(&app).await;
    let after: Vec<usize> = (0..taken.len()).map(|n| app.sim.telnyx.inbox_of(&person(n)).len()).collect();
    assert_eq!(after, before, "nothing is doubled");
    assert!(app.command(&["audit", "verify"]).contains("sealed and sound"));
    let row = faxes::get(&app.db, &FaxId::new(fax.as_str())).await.unwrap().expect("the fax");
    let path = format!("{}/blobs/docs/{}", env(&app, "DATA_DIR"), row.key.as_deref().expect("a key"));
    let bytes = std::fs::read(path).expect("the file of the fax");
    assert_eq!(Some(hex::encode(Sha256::digest(&bytes))), stored.sha256);
    let (code, _, said) = app.try_command(&["restore", &name]);
    assert_eq!(code, 1, "{said}");
}

async fn a_text_that_was_under_way_is_not_sent_again_and_nobody_is_in_a_call_any_more(on: On) {
    let mut app = TestApp::start(on).await;
    app.sim.telnyx.down(Api::Messages, true);
    assert_eq!(app.post("sms", &help(1)).await.unwrap(), 200);
    let mut ringing = fixture("voice-01");
    ringing["data"]["payload"]["to"] = json!(LINE);
    let call = ringing["data"]["payload"]["call_control_id"].as_str().expect("an id").to_owned();
    app.sim.telnyx.take_commands_for(&call);
    assert_eq!(app.post("voice", &ringing.to_string()).await.unwrap(), 200);
    let tried = || async { !app.sim.telnyx.text_requests(&person(1)).is_empty() };
    assert!(within(LONG, tried).await);
    let (file, _) = backup(&app);
    // After the backup it goes out after all, and the machine is lost.
    app.sim.telnyx.down(Api::Messages, false);
    let sent = || async { app.sim.telnyx.inbox_of(&person(1)).len() == 1 };
    assert!(within(Duration::from_secs(60), sent).await, "{}", app.logs());
    app.kill();
    let asked = app.sim.telnyx.text_requests(&person(1)).len();

    move_to_a_new_place(&mut app, on).await;
    let out = app.command(&["restore", &file.display().to_string(), "--json"]);
    let done: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(done["given_up"]["text"], 1, "{done}");
    assert_eq!(done["calls_ended"], 1, "{done}");
    open_new(&mut app).await;
    let commands = app.sim.telnyx.commands(&call).len();
    app.command(&["backfill"]);
    app.launch().await;
    // The statuses of that text are of none that the restored database knows, and are looked at for a minute.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(app.sim.telnyx.text_requests(&person(1)).len(), asked, "it is not asked for again");
    let status = "SELECT status, error FROM telnyx_sms_messages WHERE direction = 'OUT'";
    let rows = prompt(&app).await.ask(status).await;
    assert!(rows[0][0] == "unknown" && rows[0][1].contains("may have been done"), "{rows:?}");
    assert_eq!(app.sim.telnyx.commands(&call).len(), commands);
    assert_eq!(prompt(&app).await.ask("SELECT state FROM telnyx_calls").await, [["DONE"]]);
}

async fn a_file_that_is_damaged_is_refused_before_anything_is_touched(on: On) {
    let mut app = TestApp::start(on).await;
    app.post("sms", &help(1)).await.unwrap();
    app.settle().await;
    let (file, _) = backup(&app);
    app.kill();
    let (code, _, said) = app.try_command(&["backup", &file.display().to_string()]);
    assert!(code == 1 && said.contains("there already"), "{said}");
    let whole = std::fs::read(&file).unwrap();
    let damaged = app.dir.path().join("damaged");
    let mut flipped = whole.clone();
    // More than one bit: a single one may be padding, which means nothing to gzip.
    let middle = flipped.len() / 2;
    flipped[middle..middle + 64].iter_mut().for_each(|byte| *byte ^= 0x10);
    move_to_a_new_place(&mut app, on).await;
    for (bytes, what) in [
        (flipped, "bits are flipped"),
        (whole[..whole.len() - 9].to_vec(), "cut short"),
        (whole[..whole.len() / 3].to_vec(), "a third of it"),
        (b"no backup".to_vec(), "another file"),
    ] {
        std::fs::write(&damaged, bytes).unwrap();
        for more in [&["--check"][..], &[]] {
            let args = [&["restore", damaged.to_str().unwrap()], more].concat();
            let (code, _, said) = app.try_command(&args);
            assert_eq!(code, 1, "{what}: {said}");
            assert!(said.contains("nothing was touched"), "{what}: {said}");
        }
    }
    // And yet a whole one goes in.
    app.command(&["restore", file.to_str().unwrap()]);
}

/// Changes a line of the history by hand, as nobody may.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_check_finds_a_history_that_was_changed() {
    let mut app = TestApp::start(On::Sqlite).await;
    app.post("sms", &text("sms-02", 1, "stop")).await.unwrap();
    app.settle().await;
    let sealed = || async { app.command(&["audit", "verify"]).starts_with("1 row ") };
    assert!(within(LONG, sealed).await);
    app.kill();
    let mut hand = prompt(&app).await;
    hand.run("DROP TRIGGER opt_out_history_no_update").await;
    hand.run("UPDATE opt_out_history SET actor = 'nobody'").await;
    let (file, _) = backup(&app);
    let (code, out, _) = app.try_command(&["restore", file.to_str().unwrap(), "--check"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("FAIL  the opt-out history is broken at seal 1"), "{out}");
    let lone = std::fs::read_dir(app.dir.path()).unwrap().flatten();
    let left: Vec<_> = lone.filter(|e| e.file_name().to_string_lossy().starts_with(".fusion")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// On PostgreSQL a check needs a login that may make a database; without it says what it could not see.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_check_on_postgresql_uses_a_database_of_its_own() {
    let cluster = TempPostgres::start().await;
    let url = cluster.fresh_database().await;
    let mut app = TestApp::start_with(On::Sqlite, |_| {}, &[("DATABASE_URL", &url)]).await;
    app.post("sms", &text("sms-02", 1, "stop")).await.unwrap();
    let sealed = || async { app.command(&["audit", "verify"]).starts_with("1 row ") };
    assert!(within(LONG, sealed).await);
    let (file, _) = backup(&app);
    app.kill();
    let check = ["restore", file.to_str().unwrap(), "--check"];
    let (code, _, said) = app.try_command(&check);
    assert!(code == 1 && said.contains("digests hold") && said.contains("CREATEDB"), "{said}");
    Prompt::open(&cluster.superuser_url()).await.run("ALTER ROLE fusion CREATEDB").await;
    let out = app.command(&check);
    assert!(out.contains("rows of") && out.contains("sealed and sound"), "{out}");
    let databases = "SELECT datname::text FROM pg_database WHERE datname LIKE 'fusion_comms_check%'";
    assert!(Prompt::open(&cluster.superuser_url()).await.ask(databases).await.is_empty());
}

super::served_on_both!(
    a_restore_drill_under_load,
    a_text_that_was_under_way_is_not_sent_again_and_nobody_is_in_a_call_any_more,
    a_file_that_is_damaged_is_refused_before_anything_is_touched,
);
