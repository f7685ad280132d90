//! Marked values go down every path; none of them may come out in a log, a metric, an error, or a column not made for it.

use std::time::Duration;

use fusion_comms::sim::telnyx::{CallPlan, FaxPlan, Pace, TextOutcome};
use serde_json::json;
use sqlx::{Row, SqlitePool};

use super::support::app::{FAX_LINE, HOSPITAL, LINE, On, PATIENT, STATEMENT, TestApp, fixture, within};

const LONG: Duration = Duration::from_secs(60);
const WORDS: &str = "marigold";
const NAME: &str = "ZEBEDEE CALLER";
const CARD: &str = "4242424242424242";
const UNKNOWN_STATEMENT: &str = "771177";
const WRONG_SIGNATURE: &str = "c2lnbmF0dXJlLWNhbmFyeQ==";

/// What no log, metric or error may hold.
fn secrets(app: &TestApp) -> Vec<String> {
    let mut secrets: Vec<String> =
        [WORDS, NAME, CARD, UNKNOWN_STATEMENT, WRONG_SIGNATURE, STATEMENT].map(str::to_owned).to_vec();
    for phone in [PATIENT, HOSPITAL, "+12025550155"] {
        secrets.push(phone.to_owned());
        secrets.push(phone.trim_start_matches("+1").to_owned());
    }
    secrets.extend(
        app.sim
            .telnyx
            .inbox_of(PATIENT)
            .iter()
            .filter_map(|t| Some(t.text.split_once("/p/")?.1.split(' ').next()?.to_owned())),
    );
    secrets.extend(app.sim.stripe.sessions().into_iter().map(|s| s.url));
    secrets.push(app.keys.stripe_webhook_secret.clone());
    secrets
}

/// Every path, with its marks; returns what error answers said.
async fn walk_every_path(app: &TestApp) -> String {
    let mut said = String::new();
    app.sim.telnyx.set_outcome(PATIENT, TextOutcome::DeliveryFailed("40008".to_owned()));
    let plan = CallPlan::new(PATIENT, LINE)
        .press("menu", "1")
        .press("collect_statement", &format!("{UNKNOWN_STATEMENT}#"))
        .press("invalid_statement", &format!("{STATEMENT}#"))
        .press("collect_phone", &format!("{}#", PATIENT.trim_start_matches("+1")))
        .pace(Pace::FAST);
    let call = app.sim.telnyx.start_call(plan);
    assert!(
        within(LONG, || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) }).await,
        "{}",
        app.logs()
    );
    app.sim.telnyx.send_text(PATIENT, LINE, &format!("{WORDS} my card is {CARD}"));
    app.sim.telnyx.send_text("+12025550155", LINE, &format!("stop texting me {WORDS}"));
    app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, format!("%PDF-1.4 {WORDS}"), 1));

    let mut named = fixture("voice-01");
    named["data"]["payload"]["caller_id_name"] = json!(NAME);
    named["data"]["payload"]["from"] = json!(format!("sip:{WORDS}@192.0.2.1"));
    assert_eq!(app.post("voice", &named.to_string()).await.unwrap(), 200);
    let mut keyed = fixture("voice-07");
    keyed["data"]["payload"]["digits"] = json!(CARD);
    assert_eq!(app.post("voice", &keyed.to_string()).await.unwrap(), 200);

    for body in [format!("{{\"data\": {WORDS}"), format!("[\"{WORDS}\"")] {
        assert_eq!(app.post("sms", &body).await.unwrap(), 400);
    }
    let wrong = app
        .http
        .post(format!("{}/webhooks/telnyx/sms", app.base))
        .header("telnyx-signature-ed25519", WRONG_SIGNATURE)
        .header("telnyx-timestamp", WORDS)
        .body(WORDS)
        .send()
        .await
        .unwrap();
    said += &format!("{:?}{}", wrong.headers().clone(), wrong.text().await.unwrap());
    said += &app.get(&format!("/p/{WORDS}")).await.unwrap().1;
    let stripe =
        app.http.post(format!("{}/webhooks/stripe", app.base)).header("stripe-signature", WORDS).body(WORDS);
    said += &stripe.send().await.unwrap().text().await.unwrap();
    for session in app.sim.stripe.sessions() {
        app.sim.stripe.pay(&session.id).await.unwrap();
    }
    app.settle().await;
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_private_comes_out_where_it_should_not() {
    let app = TestApp::start_with(On::Sqlite, |_| {}, &[("RUST_LOG", "trace")]).await;
    let mut seen = walk_every_path(&app).await;
    seen += &app.logs();
    seen += &app.get("/metrics").await.unwrap().1;
    seen += &app.get("/status.json").await.unwrap().1;
    let (_, out, err) = app.try_command(&["events", "replay", "no-such-event"]);
    seen += &out;
    seen += &err;
    assert!(
        seen.contains("ivr_state")
            && seen.contains("sms_opt_out")
            && seen.contains("signature verification failed")
    );
    for secret in secrets(&app) {
        let at = seen.find(&secret);
        assert!(
            at.is_none(),
            "{secret} came out: …{}…",
            &seen[at.unwrap().saturating_sub(200)..(at.unwrap() + 100).min(seen.len())]
        );
    }
    card_numbers_are_nowhere(&app);
    keyed_digits_are_gone(&app).await;
}

/// Not in a column, not in a free page, not in the write-ahead log, not in a stored file.
fn card_numbers_are_nowhere(app: &TestApp) {
    let mut folders = vec![app.dir.path().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            files += 1;
            let bytes = std::fs::read(entry.path()).unwrap();
            let found = bytes.windows(CARD.len()).any(|w| w == CARD.as_bytes());
            assert!(!found, "a card number lies in {}", entry.path().display());
        }
    }
    assert!(files > 3);
}

/// A statement number that was keyed and is none of ours stands in no column of any table.
async fn keyed_digits_are_gone(app: &TestApp) {
    let url = app.env.iter().find(|(n, _)| n == "DATABASE_URL").map(|(_, v)| v.clone()).unwrap();
    let pool = SqlitePool::connect(&url).await.unwrap();
    let tables =
        sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(&pool).await.unwrap();
    for table in tables.iter().map(|r| r.get::<String, _>(0)) {
        let columns = sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA table_info('{table}')")))
            .fetch_all(&pool)
            .await
            .unwrap();
        for column in columns.iter().map(|r| r.get::<String, _>("name")) {
            let sql = format!(
                "SELECT count(*) FROM \"{table}\" WHERE CAST(\"{column}\" AS TEXT) LIKE '%{UNKNOWN_STATEMENT}%'"
            );
            let n: i64 = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap().get(0);
            assert_eq!(n, 0, "keyed digits stand in {table}.{column}");
        }
    }
}
