//! `doctor`, with the real binary on both engines: each incident of the runbook is brought about, and its cause must
//! stand in the first three lines.

mod aws;
mod consent;
mod public;

use std::time::Duration;

use ed25519_dalek::SigningKey;
use serde_json::Value;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::support::app::{HOSPITAL, On, PATIENT, TestApp, text_webhook, within};
use crate::support::db::Prompt;
use crate::support::instance::Instance;
use fusion_comms::clock::Clock;
use fusion_comms::sim::telnyx::FaxPlan;

served_on_both!(
    all_is_well_where_all_is_well,
    faults_of_others_are_named_first,
    a_wrong_public_key_is_named_first,
    a_stopped_worker_is_named_before_the_faxes_that_wait_for_it,
    a_fax_that_left_the_queue_is_told_from_one_that_waits,
    an_older_schema_is_named_and_left_as_it_is,
);

/// What each file of checks may refer to, by a heading of that section of the runbook.
#[test]
fn checks_refer_to_sections_that_are_about_them() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let runbook = std::fs::read_to_string(root.join("../../docs/RUNBOOK.md")).unwrap();
    let section = |number: &str| {
        let start =
            runbook.find(&format!("\n## {number}. ")).unwrap_or_else(|| panic!("no section {number}"));
        let rest = &runbook[start + 1..];
        &rest[..rest.find("\n## ").unwrap_or(rest.len())]
    };
    for (file, headings) in [
        ("database.rs", &["## 2. Configuration", "### The database", "## 14. Backup and restore"][..]),
        ("workers.rs", &["## 3. Rotating keys", "### An instance, or all workers, are gone"]),
        ("depths.rs", &["## 6. Retry storms", "### Work stands still or is given up"]),
        (
            "telnyx.rs",
            &["## 2. Conf", "## 3. Rot", "## 4. Do webhooks", "### Work stands still or is given up"],
        ),
        (
            "stripe.rs",
            &["## 2. Conf", "## 3. Rot", "## 11. Payments", "### Work stands still or is given up"],
        ),
        ("payments.rs", &["## 10. Incidents", "## 11. Payments"]),
        ("faxes.rs", &["## 8. Faxes"]),
        ("routes.rs", &["## 4. Do webhooks reach us?"]),
    ] {
        let source = std::fs::read_to_string(root.join("src/cli/doctor").join(file)).unwrap();
        let named = source.split("\"§").skip(1).map(|rest| rest.split('"').next().unwrap());
        for number in named {
            let about = section(number);
            assert!(headings.iter().any(|heading| about.contains(heading)), "{file} refers to §{number}");
        }
    }
}

/// What `doctor` said.
pub struct Said {
    pub code: i32,
    pub out: String,
}

impl Said {
    /// The first three lines.
    pub fn head(&self) -> String {
        self.out.lines().take(3).collect::<Vec<_>>().join("\n")
    }

    /// Fails unless every word stands in the first three lines and the exit code is 1.
    pub fn names(&self, words: &[&str]) {
        let head = self.head();
        assert!(self.code == 1 && words.iter().all(|w| head.contains(w)), "without {words:?}:\n{}", self.out);
    }
}

pub fn doctor(app: &TestApp, env: &[(&str, &str)], more: &[&str]) -> Said {
    let args: Vec<&str> = ["doctor"].iter().chain(more).copied().collect();
    let (code, out, err) = app.try_command_with(env, &args);
    assert_eq!(err, "", "nothing stands beside the report");
    Said { code, out }
}

/// Its lines by name: result and what was found.
pub fn lines(app: &TestApp, env: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let said = doctor(app, env, &["--json"]);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let of = |line: &Value| (text(line, "check"), text(line, "result"), text(line, "found"));
    report["checks"].as_array().unwrap().iter().map(of).collect()
}

pub fn result<'a>(lines: &'a [(String, String, String)], check: &str) -> &'a str {
    let found = lines.iter().find(|(name, ..)| name == check);
    &found.unwrap_or_else(|| panic!("there is no {check} in {lines:?}")).1
}

pub async fn typed(app: &TestApp, statement: &str) -> u64 {
    Prompt::open(&app.database()).await.run(statement).await
}

/// A process tells that it lives before long.
async fn until_told(app: &TestApp) {
    let told = || async { doctor(app, &[], &[]).code == 0 };
    assert!(within(Duration::from_secs(60), told).await, "{}\n{}", doctor(app, &[], &[]).out, app.logs());
}

async fn all_is_well_where_all_is_well(on: On) {
    let app = TestApp::start(on).await;
    until_told(&app).await;
    let said = doctor(&app, &[], &["--public-url", &app.base]);
    assert_eq!(said.code, 0, "{}", said.out);
    let first = said.out.lines().next().unwrap();
    assert!(first.starts_with("all ") || first.starts_with("nothing fails"), "{}", said.out);
    let told = doctor(&app, &[], &["--json", "--public-url", &app.base]);
    let report: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(report["fails"], 0);
    let checks: Vec<&str> =
        report["checks"].as_array().unwrap().iter().map(|c| c["check"].as_str().unwrap()).collect();
    for name in [
        "consent.violations",
        "consent.missed_stops",
        "config",
        "database",
        "database.schema",
        "database.durability",
        "workers.alive",
        "web.alive",
        "keys.telnyx",
        "keys.webhooks",
        "keys.running",
        "buckets.docs",
        "buckets.audio",
        "queue",
        "prompts",
        "telnyx.key",
        "telnyx.profile",
        "telnyx.number",
        "clock.telnyx",
        "stripe.key",
        "stripe.accounts",
        "public.healthz",
        "public.sms",
        "faxes.receiving",
        "faxes.received",
        "texts.failed",
        "payments.links",
        "inbox",
        "outbox",
        "leases",
        "alarms",
    ] {
        assert!(checks.contains(&name), "{name} is not in {checks:?}");
    }
    assert!(told.out.contains("no webhook of Stripe's came in the last hour"), "{}", told.out);
    let other = lines(&app, &[("STRIPE_WEBHOOK_SECRET", "whsec_of_another_endpoint")]);
    let running = other.iter().find(|(name, ..)| name == "keys.running").unwrap();
    assert!(running.1 == "warn" && running.2.contains("takes Stripe's webhooks by"), "{running:?}");
    assert!(!running.2.contains("whsec"), "{running:?}");
    let (code, _, err) = app.try_command(&["doctor", "--public-url", "nowhere"]);
    assert_eq!(code, 2, "{err}");
}

/// A place that answers every request with this.
pub async fn answering(status: u16, body: Bytes) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answer = move || {
        let body = body.clone();
        async move {
            let status = axum::http::StatusCode::from_u16(status).unwrap();
            (status, [("content-type", "audio/wav"), ("cache-control", "max-age=60")], body)
        }
    };
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

/// A second of 16-bit mono tone at this rate.
fn wav(rate: u32) -> Bytes {
    let samples: Vec<u8> = (0..rate).flat_map(|n| (((n % 40) as i16 - 20) * 400).to_le_bytes()).collect();
    let size = samples.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(size.to_le_bytes());
    file.extend(samples);
    file.into()
}

async fn faults_of_others_are_named_first(on: On) {
    let app = TestApp::start(on).await;
    until_told(&app).await;

    let nowhere = format!("{}/nowhere", app.base);
    let said = doctor(&app, &[("IVR_AUDIO_BASE_URL", &nowhere)], &[]);
    said.names(&["fail  prompts", "HTTP 404", "menu"]);
    let eight_khz = answering(200, wav(8000)).await;
    let said = doctor(&app, &[("IVR_AUDIO_BASE_URL", &eight_khz)], &[]);
    said.names(&["fail  prompts", "it has 8000 Hz, not 22050 Hz"]);

    app.sim.telnyx.set_api_key("another");
    let said = doctor(&app, &[], &[]);
    said.names(&["fail  telnyx.key", "Telnyx refuses our key", "10009"]);
    app.sim.telnyx.set_api_key("simulated");

    app.sim.stripe.fail_next(1, 401);
    doctor(&app, &[], &[]).names(&["fail  stripe.key", "Stripe refuses our key"]);
    app.sim.stripe.down(true);
    doctor(&app, &[], &[]).names(&["fail  stripe.key", "Stripe fails"]);
    app.sim.stripe.down(false);
    app.sim.stripe.add_account("acct_1TESTRIDGELINE", false);
    doctor(&app, &[], &[]).names(&["stripe.accounts", "ridgeline (charges are off"]);
    app.sim.stripe.add_account("acct_1TESTRIDGELINE", true);

    // The folder that stands for the bucket of faxes becomes a file; a fax comes, and is not stored.
    let docs = app.dir.path().join("data/blobs/docs");
    std::fs::rename(&docs, docs.with_extension("away")).unwrap();
    std::fs::write(&docs, "no folder").unwrap();
    let said = doctor(&app, &[], &[]);
    said.names(&["fail  buckets.docs", "fax originals", "could not be written to"]);
    std::fs::remove_file(&docs).unwrap();
    std::fs::rename(docs.with_extension("away"), &docs).unwrap();

    // Everything that needs no database is looked at all the same.
    let broken = app.file("broken.db", &"no database\n".repeat(100));
    let gone = match on {
        On::Sqlite => format!("sqlite://{broken}"),
        On::Postgres => "postgres://fusion@127.0.0.1:1/fusion".to_owned(),
    };
    doctor(&app, &[("DATABASE_URL", &gone)], &[]).names(&["fail  database "]);
    let lines = lines(&app, &[("DATABASE_URL", &gone)]);
    for check in ["telnyx.key", "stripe.key", "prompts", "buckets.docs", "config"] {
        assert_eq!(result(&lines, check), "ok", "{lines:?}");
    }
    assert_eq!(result(&lines, "inbox"), "warn");

    // And nothing of it stays.
    let said = doctor(&app, &[], &[]);
    assert_eq!(said.code, 0, "{}", said.out);

    let said = doctor(&app, &[("APP_ENV", "staging"), ("STRIPE_SECRET_KEY", "")], &[]);
    said.names(&["fail  config ", "STRIPE_SECRET_KEY is missing", "SESSION_SECRET is missing"]);
}

async fn a_wrong_public_key_is_named_first(on: On) {
    let another = SigningKey::from_bytes(&[7; 32]);
    let wrong = STANDARD.encode(another.verifying_key().to_bytes());
    let mut app = TestApp::start_with(on, |_| {}, &[("TELNYX_PUBLIC_KEY", &wrong)]).await;
    let now = Clock::system().now();
    for n in 0..3 {
        let body = text_webhook(&format!("m{n}"), PATIENT, "STOP", now).to_string();
        assert_eq!(app.post("sms", &body).await.unwrap(), 400);
    }
    // Its counts are told at the end at the latest.
    assert_eq!(app.terminate().await, Some(0));
    app.launch().await;
    let said = doctor(&app, &[], &[]);
    said.names(&[
        "fail  keys.webhooks",
        "3 webhooks were refused with 400: no key of ours made their signature",
    ]);
    assert!(said.out.contains("TELNYX_PUBLIC_KEY_PENDING") && said.out.contains("docs/RUNBOOK.md §3"));

    // The right key is put in its place, and verifies one: what was refused before is no trouble any more.
    let ours = STANDARD.encode(app.keys.signing.verifying_key().to_bytes());
    let text = |id: &str| text_webhook(id, PATIENT, "thank you", now).to_string();
    assert_eq!(app.terminate().await, Some(0));
    app.env.push(("TELNYX_PUBLIC_KEY".to_owned(), ours));
    app.launch().await;
    assert_eq!(app.post("sms", &text("m3")).await.unwrap(), 200);
    let all = lines(&app, &[]);
    let (_, level, found) = all.iter().find(|(name, ..)| name == "keys.webhooks").unwrap();
    assert!(level != "fail" && found.contains("verified by our key"), "{level} {found}");
    assert_eq!(app.terminate().await, Some(0));

    // And wrong again: one that is refused is enough, since the last that was taken bears another key.
    app.env.push(("TELNYX_PUBLIC_KEY".to_owned(), wrong));
    app.launch().await;
    assert_eq!(app.post("sms", &text("m4")).await.unwrap(), 400);
    assert_eq!(app.terminate().await, Some(0));
    app.launch().await;
    let said = doctor(&app, &[], &[]);
    said.names(&["fail  keys.webhooks", "no key of ours made their signature"]);
    assert!(said.out.contains("copy the public key from the Telnyx portal"), "{}", said.out);
}

async fn a_stopped_worker_is_named_before_the_faxes_that_wait_for_it(on: On) {
    let mut app = TestApp::start(on).await;
    until_told(&app).await;
    assert_eq!(app.terminate().await, Some(0));
    // On SQLite two processes would take each other's leases, and the first has ended.
    let web = Instance::start_as(&app, &["serve", "--role", "web"]).await;
    let body = text_webhook("m1", PATIENT, "thank you", Clock::system().now()).to_string();
    assert_eq!(app.post_to(&web.base, "sms", &body).await.unwrap(), 200);
    let received =
        "INSERT INTO fax_documents (fax_id, tenant_id, s3_key_original, status, created_at, updated_at)
        VALUES ('fax-1', 'ridgeline', 'tenant/ridgeline/fax/x', 'received', '2026-03-03T15:00:00.000000Z',
          '2026-03-03T15:00:00.000000Z')";
    typed(&app, received).await;
    typed(
        &app,
        "INSERT INTO queue_messages (message_id, body, created_at, visible_at)
         VALUES ('q1', '{}', '2026-03-03T15:00:00.000000Z', '2026-03-03T15:00:00.000000Z')",
    )
    .await;
    let said = doctor(&app, &[("IVR_AUDIO_BASE_URL", &format!("{}/ivr", web.base))], &[]);
    said.names(&["fail  workers.alive", "no worker runs: the last, ", "stopped in order", "fail  queue"]);
    assert!(said.out.contains("the queue holds 1 message and no worker takes them"), "{}", said.out);
    assert!(said.out.contains("fail  alarms"), "{}", said.out);
}

async fn a_fax_that_left_the_queue_is_told_from_one_that_waits(on: On) {
    let app = TestApp::start(on).await;
    until_told(&app).await;
    let docs = app.dir.path().join("data/blobs/docs");
    std::fs::rename(&docs, docs.with_extension("away")).unwrap();
    std::fs::write(&docs, "no folder").unwrap();
    let fax = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, crate::support::app::FAX_LINE, "%PDF-1.4", 1));
    let db = &app.db;
    let id = fusion_comms_core::ids::FaxId::new(fax.as_str());
    let tried = || async {
        let row = fusion_comms::store::faxes::get(db, &id).await.unwrap();
        row.is_some_and(|f| f.last_error.is_some())
    };
    assert!(within(Duration::from_secs(60), tried).await, "{}", app.logs());
    typed(&app, "UPDATE fax_documents SET created_at = '2026-03-03T15:00:00.000000Z'").await;
    let said = doctor(&app, &[], &[]);
    said.names(&[
        "fail  buckets.docs",
        "fail  faxes.receiving",
        "1 fax not in the store",
        "folder of objects",
    ]);
    std::fs::remove_file(&docs).unwrap();
    std::fs::rename(docs.with_extension("away"), &docs).unwrap();

    typed(&app, "DELETE FROM outbox WHERE kind = 'fax_fetch'").await;
    typed(
        &app,
        "UPDATE fax_documents SET status = 'received', last_error = NULL, s3_key_original = 'tenant/x',
           updated_at = '2026-03-03T15:00:00.000000Z'",
    )
    .await;
    let said = doctor(&app, &[], &[]);
    said.names(&["fail  faxes.received", "the queue is empty, so nobody will read them"]);
    assert!(said.out.contains(&format!("fusion-comms fax reprocess {fax}")), "{}", said.out);
}

async fn an_older_schema_is_named_and_left_as_it_is(on: On) {
    let mut app = TestApp::start(on).await;
    until_told(&app).await;
    typed(&app, "DELETE FROM _sqlx_migrations WHERE version = 20261129230000").await;
    typed(&app, "DROP TABLE sending_freezes").await;
    let said = doctor(&app, &[], &[]);
    said.names(&[
        "fail  database.schema",
        "the schema is older than this program: 1 migration(s) are missing",
    ]);
    let lines = lines(&app, &[]);
    assert_eq!(result(&lines, "consent.frozen"), "warn");
    assert_eq!(result(&lines, "telnyx.key"), "ok");
    app.command(&["migrate"]);
    assert_eq!(doctor(&app, &[], &[]).code, 0);
    app.kill();
}
