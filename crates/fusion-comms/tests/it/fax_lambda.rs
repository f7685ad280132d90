//! The classify worker as a Lambda function, against a runtime interface of the test's own.

use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use fusion_comms::clock::Clock;
use fusion_comms::sim::telnyx::FaxPlan;
use fusion_comms::store::faxes::{self, Fax};
use fusion_comms_core::ids::FaxId;
use serde_json::{Value, json};

use super::fax::{roster, settled, sheet};
use super::support::app::{FAX_LINE, HOSPITAL, On, TENANT, TestApp, within};

/// Lambda's side: hands over one event, and keeps the answer.
#[derive(Clone)]
struct Runtime {
    event: Arc<Mutex<Option<Value>>>,
    answer: Arc<Mutex<Option<Value>>>,
    time_left_ms: i64,
}

impl Runtime {
    /// Starts it; the address that a function is given.
    async fn serve(event: Value, time_left_ms: i64) -> (Self, String) {
        async fn next(State(runtime): State<Runtime>) -> Response {
            let Some(event) = runtime.event.lock().unwrap().take() else {
                return std::future::pending().await;
            };
            let deadline = Clock::system().now().plus_ms(runtime.time_left_ms).unix_micros() / 1000;
            let mut headers = HeaderMap::new();
            headers.insert("lambda-runtime-aws-request-id", "one".parse().unwrap());
            headers.insert("lambda-runtime-deadline-ms", deadline.to_string().parse().unwrap());
            let arn = "arn:aws:lambda:us-east-1:123456789012:function:classify";
            headers.insert("lambda-runtime-invoked-function-arn", arn.parse().unwrap());
            (headers, Json(event)).into_response()
        }
        async fn answered(State(runtime): State<Runtime>, body: String) -> StatusCode {
            *runtime.answer.lock().unwrap() = serde_json::from_str(&body).ok();
            StatusCode::ACCEPTED
        }
        let runtime = Self { event: Arc::new(Mutex::new(Some(event))), answer: Arc::default(), time_left_ms };
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(answered))
            .with_state(runtime.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (runtime, address)
    }
}

struct Function(Child);

impl Function {
    fn start(app: &TestApp, runtime: &str) -> Self {
        let mut binary = app.binary();
        // A function has no key of Telnyx or Stripe.
        for name in ["TELNYX_API_KEY", "STRIPE_SECRET_KEY", "TELNYX_PUBLIC_KEY", "STRIPE_WEBHOOK_SECRET"] {
            binary.env_remove(name);
        }
        let log = std::fs::File::create(app.dir.path().join("log-lambda.jsonl")).unwrap();
        binary
            .arg("lambda")
            .env("AWS_LAMBDA_RUNTIME_API", runtime)
            .env("AWS_LAMBDA_FUNCTION_NAME", "classify")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null());
        Self(binary.spawn().expect("the binary starts"))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A fax that waits to be read, with nobody there to read it; its id and its message.
async fn waiting(app: &mut TestApp, how_many: usize) -> Vec<(String, String)> {
    let mut faxes = Vec::new();
    for _ in 0..how_many {
        let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1));
        let key = settled(app, &id).await.key.expect("a key");
        let body = json!({"fax_id": id, "tenant_id": TENANT, "s3_key": key}).to_string();
        faxes.push((id, body));
    }
    app.terminate().await;
    for (id, _) in &faxes {
        app.command(&["fax", "reprocess", id]);
    }
    faxes
}

pub(super) fn record(id: &str, body: &str, receives: u32) -> Value {
    json!({
        "messageId": id, "receiptHandle": "r", "body": body, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
        "attributes": {"ApproximateReceiveCount": receives.to_string(), "SentTimestamp": "1"},
        "messageAttributes": {}, "md5OfBody": "", "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:classify",
    })
}

pub(super) async fn invoke(app: &TestApp, records: Value, time_left_ms: i64) -> Value {
    let (runtime, address) = Runtime::serve(json!({ "Records": records }), time_left_ms).await;
    let _function = Function::start(app, &address);
    let answered = || async { runtime.answer.lock().unwrap().is_some() };
    assert!(within(Duration::from_secs(60), answered).await, "no answer\n{}", app.logs());
    let answer = runtime.answer.lock().unwrap().take();
    answer.expect("an answer")
}

async fn row(app: &TestApp, id: &str) -> Fax {
    faxes::get(&app.db, &FaxId::new(id)).await.unwrap().unwrap()
}

async fn of_a_batch_only_what_failed_is_given_back(on: On) {
    let mut app = TestApp::start(on).await;
    roster(&app);
    let faxes = waiting(&mut app, 3).await;
    let data = app.env.iter().find(|(n, _)| n == "DATA_DIR").map(|(_, v)| v.clone()).unwrap();
    let lost = row(&app, &faxes[1].0).await.key.unwrap();
    std::fs::remove_file(format!("{data}/blobs/docs/{lost}")).unwrap();

    let records = json!([
        record("good", &faxes[0].1, 1),
        record("twice", &faxes[0].1, 1),
        record("lost", &faxes[1].1, 1),
        record("stray", "no order at all", 1),
        record("deadly", &faxes[2].1, 6),
    ]);
    let answer = invoke(&app, records, 60_000).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "lost"}]}), "{}", app.logs());

    let good = row(&app, &faxes[0].0).await;
    assert_eq!((good.status.as_str(), good.case.unwrap().as_str()), ("classified", "case-1"));
    assert_eq!(row(&app, &faxes[1].0).await.status, "received");
    // Received more often than attempts account for: whatever reads it dies, so a person looks.
    let deadly = row(&app, &faxes[2].0).await;
    assert_eq!((deadly.status.as_str(), deadly.case), ("needs_review", None));
    assert!(deadly.last_error.unwrap().contains("broke off"));
}

async fn what_does_not_fit_into_the_invocations_time_is_given_back(on: On) {
    let mut app = TestApp::start(on).await;
    roster(&app);
    let faxes = waiting(&mut app, 1).await;
    let answer = invoke(&app, json!([record("late", &faxes[0].1, 1)]), 1_000).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "late"}]}));
    assert_eq!(row(&app, &faxes[0].0).await.status, "received");
}

super::served_on_both!(
    of_a_batch_only_what_failed_is_given_back,
    what_does_not_fit_into_the_invocations_time_is_given_back
);

#[tokio::test]
async fn elsewhere_than_on_lambda_it_says_what_to_run_instead() {
    let app = TestApp::prepare(On::Sqlite, |_| {}, &[]).await;
    let (code, _, said) = app.try_command(&["lambda"]);
    assert_eq!(code, 2);
    assert!(said.contains("AWS_LAMBDA_RUNTIME_API") && said.contains("fusion-comms worker"), "{said}");
}
