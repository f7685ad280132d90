//! The database goes away and comes back: 503, nothing lost, well again by itself.

use std::time::{Duration, Instant};

use serde_json::json;

use super::support::app::{On, TestApp, fixture, within};
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
