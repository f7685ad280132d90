//! The database goes away and comes back: 503, nothing lost, well again by itself.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::support::app::{On, TestApp, fixture, within};
use super::support::db::Prompt;
use super::support::postgres::TempPostgres;

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_post_is_400_and_says_why_in_the_log_only() {
    let app = TestApp::start(On::Sqlite).await;
    let body = r#"{"data":{"event_type":"message.received","id":"test","payload":{}}}"#;
    let answer = app.http.post(format!("{}/webhooks/telnyx/sms", app.base)).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().is_empty());
    assert!(
        within(Duration::from_secs(5), || async { app.logs().contains("signature verification failed") })
            .await
    );
    let got = app.get("/webhooks/telnyx/sms").await.unwrap();
    assert_eq!(got.0, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_database_is_503_and_well_within_five_seconds_of_its_return() {
    let cluster = TempPostgres::start().await;
    let url = cluster.fresh_database().await;
    let app = TestApp::start_with(On::Sqlite, |_| {}, &[("DATABASE_URL", &url)]).await;
    let mut body = fixture("sms-09");
    assert_eq!(app.post("sms", &body.to_string()).await.unwrap(), 200);

    cluster.stop_immediate();
    body["data"]["id"] = json!("while-down");
    let answer = app.post("sms", &body.to_string()).await.unwrap();
    assert_eq!(answer, 503);
    assert_eq!(app.get("/healthz").await.unwrap().0, 200, "an outage of the database kills no task");
    assert_eq!(app.get("/readyz").await.unwrap().0, 503);

    cluster.start_again();
    let back = Instant::now();
    let well = || async { app.post("sms", &body.to_string()).await.is_some_and(|s| s == 200) };
    assert!(within(Duration::from_secs(5), well).await, "still 503 after {:?}", back.elapsed());
    assert!(
        within(Duration::from_secs(5), || async { app.get("/readyz").await.is_some_and(|a| a.0 == 200) })
            .await
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_restart_under_traffic_is_503s_only_and_loses_nothing_that_was_answered() {
    const SENDERS: usize = 8;
    let cluster = TempPostgres::start().await;
    let url = cluster.fresh_database().await;
    let app = TestApp::start_with(On::Sqlite, |_| {}, &[("DATABASE_URL", &url)]).await;
    let over = AtomicBool::new(false);
    let sender = |sender: usize| {
        let (app, over) = (&app, &over);
        async move {
            let mut answers = Vec::new();
            let mut body = fixture("sms-09");
            while !over.load(Ordering::Relaxed) {
                let id = format!("traffic-{sender}-{}", answers.len());
                body["data"]["id"] = json!(id);
                let status =
                    app.post("sms", &body.to_string()).await.expect("an answer, whatever the database does");
                answers.push((id, status.as_u16()));
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            answers
        }
    };
    let restarts = async {
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(700)).await;
            cluster.stop_immediate();
            tokio::time::sleep(Duration::from_millis(1200)).await;
            cluster.start_again();
            let well = || async { app.get("/readyz").await.is_some_and(|a| a.0 == 200) };
            assert!(within(Duration::from_secs(5), well).await, "not well again\n{}", app.logs());
        }
        over.store(true, Ordering::Relaxed);
    };
    let (answers, ()) = tokio::join!(futures::future::join_all((0..SENDERS).map(sender)), restarts);
    let answers: Vec<(String, u16)> = answers.into_iter().flatten().collect();
    let of = |status: u16| answers.iter().filter(|(_, s)| *s == status).count();
    assert_eq!(of(200) + of(503), answers.len(), "{answers:?}");
    assert!(of(200) > 100 && of(503) > 0, "{} and {}", of(200), of(503));

    let kept = Prompt::open(&url)
        .await
        .ask("SELECT event_id FROM telnyx_events WHERE event_id LIKE 'traffic-%'")
        .await;
    let kept: HashSet<&str> = kept.iter().map(|row| row[0].as_str()).collect();
    let lost: Vec<_> = answers.iter().filter(|(id, s)| *s == 200 && !kept.contains(id.as_str())).collect();
    assert!(lost.is_empty(), "answered and lost: {lost:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_started_before_its_database_is_well_once_it_comes() {
    let cluster = TempPostgres::start().await;
    let url = cluster.fresh_database().await;
    let mut app = TestApp::prepare(On::Sqlite, |_| {}, &[("DATABASE_URL", &url)]).await;
    cluster.stop_immediate();
    app.launch_unready();
    assert!(within(Duration::from_secs(10), || async { app.get("/healthz").await.is_some() }).await);
    assert_eq!(app.post("sms", &fixture("sms-09").to_string()).await.unwrap(), 503);
    cluster.start_again();
    app.until_ready().await;
    assert_eq!(app.post("sms", &fixture("sms-09").to_string()).await.unwrap(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_the_service_in_order() {
    let mut app = TestApp::start(On::Sqlite).await;
    assert_eq!(app.post("sms", &fixture("sms-09").to_string()).await.unwrap(), 200);
    let asked = Instant::now();
    assert_eq!(app.terminate().await, Some(0), "{}", app.logs());
    assert!(asked.elapsed() < Duration::from_secs(20));
}
