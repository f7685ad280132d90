//! Keys that change in AWS Secrets Manager, which moto stands in for, while the service runs.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use futures::StreamExt;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::support::app::{LINE, On, TestApp, text_webhook, within};
use super::support::db::Prompt;
use super::support::instance::Instance;
use super::support::moto::Moto;
use fusion_comms::clock::Clock;

const LONG: Duration = Duration::from_secs(40);
/// Signed events of the rotation, and how many are on their way at a time.
const EVENTS: usize = 2000;
const AT_ONCE: usize = 16;

fn public(key: &SigningKey) -> String {
    STANDARD.encode(key.verifying_key().as_bytes())
}

/// The app on a secret of moto, and the secret's ARN.
async fn served(on: On, moto: &Moto, secret: impl FnOnce(&TestApp) -> Value) -> (TestApp, String) {
    let mut app = TestApp::prepare(on, |sim| sim.api_key = Some("KEY-ONE".to_owned()), &moto.env()).await;
    app.found_agency();
    let arn = moto.make_secret("fusion-comms", &secret(&app)).await;
    app.env.push(("APP_SECRETS_ARN".to_owned(), arn.clone()));
    app.launch().await;
    (app, arn)
}

/// A tone of a call: kept, and nothing else to do.
fn tone(n: usize) -> String {
    json!({"data": {
        "event_type": "call.dtmf.received", "id": format!("rotation-{n}"), "occurred_at": "2026-03-03T15:00:00Z",
        "record_type": "event", "payload": {"call_control_id": format!("v3:rotation-{}", n % 50), "digit": "1"},
    }})
    .to_string()
}

async fn a_public_key_is_rotated_under_traffic_and_no_event_is_refused(on: On) {
    let moto = Moto::start().await;
    let new = SigningKey::from_bytes(&[7; 32]);
    let (app, arn) = served(on, &moto, |app| {
        json!({"TELNYX_PUBLIC_KEY": public(&app.keys.signing), "TELNYX_PUBLIC_KEY_PENDING": public(&new),
            "TELNYX_API_KEY": "KEY-ONE"})
    })
    .await;
    let promoted = json!({"TELNYX_PUBLIC_KEY": public(&new), "TELNYX_PUBLIC_KEY_PENDING": public(&app.keys.signing),
        "TELNYX_API_KEY": "KEY-ONE"});
    let only = json!({"TELNYX_PUBLIC_KEY": public(&new), "TELNYX_API_KEY": "KEY-ONE"});

    // Telnyx changes over at the thousandth event; retries of older ones keep the old signature for a while.
    let one = |n: usize| {
        let (app, new) = (&app, &new);
        let key =
            if n < EVENTS / 2 || n < EVENTS * 3 / 4 && n.is_multiple_of(5) { &app.keys.signing } else { new };
        async move { (n, app.post_signed(key, &app.base, "voice", &tone(n)).await) }
    };
    let mut answers = futures::stream::iter((0..EVENTS).map(one)).buffer_unordered(AT_ONCE);
    let mut seen = 0;
    while let Some((n, status)) = answers.next().await {
        assert_eq!(status, Some(StatusCode::OK), "event {n}\n{}", app.logs());
        seen += 1;
        if seen == EVENTS / 3 {
            moto.put_secret(&arn, &promoted.to_string()).await;
            app.hang_up();
        }
        if seen == EVENTS - 100 {
            moto.put_secret(&arn, &only.to_string()).await;
            app.hang_up();
        }
    }
    drop(answers);
    let refused = || async {
        app.post_signed(&app.keys.signing, &app.base, "voice", &tone(0)).await
            == Some(StatusCode::BAD_REQUEST)
    };
    assert!(within(LONG, refused).await, "the old key verifies no more\n{}", app.logs());
    assert_eq!(app.post_signed(&new, &app.base, "voice", &tone(0)).await, Some(StatusCode::OK));
    let (_, database) = app.env.iter().find(|(name, _)| name == "DATABASE_URL").expect("a database");
    let kept = "SELECT COUNT(*) FROM telnyx_events WHERE event_id LIKE 'rotation-%'";
    assert_eq!(Prompt::open(database).await.count(kept).await, EVENTS as i64);
    let logs = app.logs();
    assert!(logs.contains("webhooks are verified by this key"), "{logs}");
    assert!(!logs.contains("KEY-ONE") && !logs.contains(&public(&new)), "no key in a log");
}

async fn an_api_key_is_exchanged_and_no_text_is_lost(on: On) {
    let moto = Moto::start().await;
    let secret = |app: &TestApp, key: &str| json!({"TELNYX_PUBLIC_KEY": public(&app.keys.signing), "TELNYX_API_KEY": key});
    let (app, arn) = served(on, &moto, |app| secret(app, "KEY-ONE")).await;
    let person = |n: u32| format!("+1202555{:04}", 120 + n);
    let answered = |n: u32| app.sim.telnyx.count_texts(LINE, &person(n));
    app.sim.telnyx.send_text(&person(0), LINE, "HELP");
    assert!(within(LONG, || async { answered(0) == 1 }).await, "{}", app.logs());

    // The old key is deleted before anybody tells us the new one.
    app.sim.telnyx.set_api_key("KEY-TWO");
    (1..=12).for_each(|n| drop(app.sim.telnyx.send_text(&person(n), LINE, "HELP")));
    let complained = || async { app.logs().contains("10009") };
    assert!(within(LONG, complained).await, "{}", app.logs());
    moto.put_secret(&arn, &secret(&app, "KEY-TWO").to_string()).await;
    let all = || async { (1..=12).all(|n| answered(n) == 1) };
    assert!(within(LONG * 2, all).await, "{}", app.logs());
    app.settle().await;
    assert!((1..=12).all(|n| answered(n) == 1), "each once");
}

async fn a_secret_that_cannot_be_used_leaves_the_keys_of_before(on: On) {
    let moto = Moto::start().await;
    let (app, arn) = served(
        on,
        &moto,
        |app| json!({"TELNYX_PUBLIC_KEY": public(&app.keys.signing), "TELNYX_API_KEY": "KEY-ONE"}),
    )
    .await;
    let (_, report, _) = app.try_command(&["config", "check"]);
    let line = report.lines().find(|l| l.contains("TELNYX_API_KEY ")).unwrap_or_default().to_owned();
    assert!(line.contains("secret of ARN"), "{report}");

    moto.put_secret(&arn, r#"{"TELNYX_PUBLIC_KEY": "no-key-at-all-0000"}"#).await;
    app.hang_up();
    let told = || async { app.logs().contains("cannot be used; the values of before stay in use") };
    assert!(within(LONG, told).await, "{}", app.logs());
    assert_eq!(app.post("voice", &tone(1)).await, Some(StatusCode::OK));

    moto.put_secret(&arn, "not JSON").await;
    app.hang_up();
    let told = || async { app.logs().contains("cannot be read again; the values of before stay in use") };
    assert!(within(LONG, told).await, "{}", app.logs());
    drop(moto);
    app.hang_up();
    let failed = || async { app.metric("secret_reads_total{outcome=\"failed\"}").await >= 2.0 };
    assert!(within(LONG, failed).await, "{}", app.logs());
    assert_eq!(app.post("voice", &tone(2)).await, Some(StatusCode::OK));
    assert!(!app.logs().contains("no-key-at-all"), "no value in a log");

    let (code, _, err) = app.try_command(&["events", "list"]);
    assert!(code == 1 && err.contains("APP_SECRETS_ARN") && err.contains("hint:"), "{code} {err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_secret_that_one_role_cannot_use_is_used_by_none() {
    let moto = Moto::start().await;
    let secret = |app: &TestApp, key: &str| json!({"TELNYX_PUBLIC_KEY": public(&app.keys.signing), "TELNYX_API_KEY": key});
    let (mut app, arn) = served(On::Postgres, &moto, |app| secret(app, "KEY-ONE")).await;
    assert_eq!(app.terminate().await, Some(0));
    let web = Instance::start_as(&app, &["serve", "--role", "web"]).await;
    let worker = Instance::start_as(&app, &["worker"]).await;
    let both = [&web, &worker];
    let said = async |words: &str| {
        for one in both {
            one.hang_up();
            let told = || async { one.logs(&app).contains(words) };
            assert!(within(LONG, told).await, "{words}\n{}", one.logs(&app));
        }
    };
    let helped = async |id: &str, from: &str| {
        let body = text_webhook(id, from, "HELP", Clock::system().now()).to_string();
        assert_eq!(app.post_to(&web.base, "sms", &body).await, Some(StatusCode::OK));
        let answered = || async { app.sim.telnyx.count_texts(LINE, from) == 1 };
        assert!(within(LONG, answered).await, "{from}\n{}", worker.logs(&app));
    };

    // Only the web reads the key of webhooks, only the worker the key of the API.
    let broken = json!({"TELNYX_PUBLIC_KEY": "no-key-at-all-0000", "TELNYX_API_KEY": "KEY-TWO"});
    moto.put_secret(&arn, &broken.to_string()).await;
    said("the secret has changed, but cannot be used; the values of before stay in use").await;
    for one in both {
        let unusable = || async {
            let page =
                app.http.get(format!("{}/metrics", one.base)).send().await.unwrap().text().await.unwrap();
            let series = "secret_reads_total{outcome=\"unusable\"} ";
            let count = page.lines().find_map(|l| l.strip_prefix(series)?.parse::<f64>().ok());
            one.hang_up();
            count.is_some_and(|n| n >= 2.0)
        };
        assert!(within(LONG, unusable).await, "each reading counts while it is so");
        let log = one.logs(&app);
        assert_eq!(log.matches("cannot be used").count(), 1, "{log}");
        assert!(!log.contains("new values of the secret are in use"), "{log}");
    }
    helped("m1", "+12025550121").await;

    app.sim.telnyx.set_api_key("KEY-TWO");
    moto.put_secret(&arn, &secret(&app, "KEY-TWO").to_string()).await;
    said("new values of the secret are in use").await;
    helped("m2", "+12025550122").await;
}

async fn a_name_that_nobody_reads_is_told_at_the_start_and_when_it_comes(on: On) {
    let moto = Moto::start().await;
    let secret = |app: &TestApp, more: Value| {
        let mut all = json!({"TELNYX_PUBLIC_KEY": public(&app.keys.signing), "TELNYX_API_KEY": "KEY-ONE"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let (app, arn) =
        served(on, &moto, |app| secret(app, json!({"METRIC_TOKEN": "a-token-of-metrics"}))).await;
    let said = "the secret of APP_SECRETS_ARN holds `METRIC_TOKEN`, which is no variable of this program and is not read; \
                is METRICS_TOKEN meant?";
    assert!(app.logs().lines().any(|l| l.contains("WARN") && l.contains(said)), "{}", app.logs());
    assert!(app.command(&["config", "check"]).contains(&format!("note: {said}")));
    let (_, report, _) = app.try_command(&["doctor"]);
    let line = report.lines().find(|l| l.starts_with("warn  config ")).unwrap_or_default();
    assert!(line.contains("holds `METRIC_TOKEN`"), "{report}");

    let both = json!({"METRIC_TOKEN": "another-token-of-metrics", "telnyx_api_key": "KEY-TWO"});
    moto.put_secret(&arn, &secret(&app, both).to_string()).await;
    app.hang_up();
    let told = || async { app.logs().contains("holds `telnyx_api_key`, which is no variable") };
    assert!(within(LONG, told).await, "{}", app.logs());
    let logs = app.logs();
    assert_eq!(logs.matches(said).count(), 1, "{logs}");
    assert!(!logs.contains("used from the next start on") && !logs.contains("token-of-metrics"), "{logs}");
}

async fn a_restore_into_a_database_that_the_secret_overrules_is_refused(on: On) {
    let moto = Moto::start().await;
    let (app, _) = served(on, &moto, |app| {
        json!({"TELNYX_PUBLIC_KEY": public(&app.keys.signing), "TELNYX_API_KEY": "KEY-ONE", "DATABASE_URL": app.database()})
    })
    .await;
    let elsewhere = |args: &[&str]| {
        let new = format!("sqlite://{}", app.dir.path().join("elsewhere.db").display());
        let out = app.binary().args(args).env("DATABASE_URL", new).output().expect("the binary runs");
        (out.status.code(), String::from_utf8(out.stderr).expect("text"))
    };
    let (code, said) = elsewhere(&["restore", "no-such.backup"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("has no effect") && said.contains("put the new `DATABASE_URL` into the secret"),
        "{said}"
    );
    // Every other command says which counts; nothing is refused where both agree.
    let (code, said) = elsewhere(&["tenant", "list"]);
    assert!(code == Some(0) && said.contains("note: DATABASE_URL is set"), "{said}");
    let (code, _, said) = app.try_command(&["restore", "no-such.backup"]);
    assert!(code == 1 && said.contains("nothing was touched; take an earlier backup"), "{said}");
    assert!(!app.dir.path().join("elsewhere.db").exists());
}

/// What AWS answers to a role without the right, in its form; the network is this machine's.
async fn aws_that_says(code: &'static str) -> String {
    let body = json!({"__type": code, "Message": "User: arn:aws:sts::123456789012:assumed-role/billing/i-0 is not authorized"});
    let answer = move || async move {
        (
            axum::http::StatusCode::BAD_REQUEST,
            [("content-type", "application/x-amz-json-1.1")],
            body.to_string(),
        )
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    base
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn why_a_secret_cannot_be_used_is_told_apart() {
    let moto = Moto::start().await;
    let app = TestApp::prepare(On::Sqlite, |_| {}, &moto.env()).await;
    let text = moto.make_secret("text", &json!("no object")).await;
    let gone = "arn:aws:secretsmanager:us-east-1:123456789012:secret:fusionems/gone-AbCdEf";
    let denied = aws_that_says("AccessDeniedException").await;
    let stranger = aws_that_says("UnrecognizedClientException").await;
    let deleted = aws_that_says("InvalidRequestException").await;
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let unreached = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    for (base, arn, why, hint) in [
        (&moto.base, gone, "has no such secret (ResourceNotFoundException)", "of another account or region"),
        (&moto.base, &*text, "the secret is not a JSON object of variables", "must be an object like"),
        (
            &denied,
            gone,
            "may not read the secret (AccessDeniedException)",
            "needs secretsmanager:GetSecretValue",
        ),
        (&stranger, gone, "does not take the credentials", "has no credentials of AWS"),
        (&deleted, gone, "is marked for deletion", "restore-secret"),
        (
            &unreached,
            gone,
            "gives no answer: cannot be reached",
            "the endpoint of Secrets Manager in the VPC",
        ),
    ] {
        let env = [("APP_SECRETS_ARN", arn), ("AWS_ENDPOINT_URL", base)];
        let (code, _, err) = app.try_command_with(&env, &["config", "check"]);
        assert!(
            code == 1 && err.contains(why) && err.contains("hint:") && err.contains(hint),
            "{why}\n{err}"
        );
        let (code, report, _) = app.try_command_with(&env, &["doctor"]);
        assert!(code == 1 && report.contains(why) && report.contains(hint), "{why}\n{report}");
        assert!(!report.contains("123456789012") && !err.contains("123456789012"), "{err}{report}");
    }
}

super::served_on_both!(
    a_restore_into_a_database_that_the_secret_overrules_is_refused,
    a_name_that_nobody_reads_is_told_at_the_start_and_when_it_comes,
    a_public_key_is_rotated_under_traffic_and_no_event_is_refused,
    an_api_key_is_exchanged_and_no_text_is_lost,
    a_secret_that_cannot_be_used_leaves_the_keys_of_before,
);
