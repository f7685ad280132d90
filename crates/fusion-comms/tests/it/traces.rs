//! Traces as a collector receives them: the real binary, and a collector that reads OTLP as OpenTelemetry defines it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use crate::fax::{settled, sheet};
use crate::support::app::{FAX_LINE, HOSPITAL, On, PATIENT, STATEMENT, TestApp, payer, within};
use crate::support::db::Prompt;
use fusion_comms::sim::telnyx::FaxPlan;

served_on_both!(
    a_call_is_one_trace_from_ring_to_text,
    a_fax_is_one_trace_from_its_webhook_to_its_filing,
    a_wait_that_is_over_is_part_of_its_calls_trace,
    a_collector_that_is_away_holds_up_nothing,
);

type Requests = Arc<Mutex<Vec<Bytes>>>;

async fn collector() -> (String, Requests) {
    async fn take(State(requests): State<Requests>, body: Bytes) -> StatusCode {
        requests.lock().unwrap().push(body);
        StatusCode::OK
    }
    let requests = Requests::default();
    let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&requests));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (base, requests)
}

/// Every span that was sent, by trace.
fn traces(requests: &Requests) -> BTreeMap<Vec<u8>, Vec<Span>> {
    let mut traces: BTreeMap<Vec<u8>, Vec<Span>> = BTreeMap::new();
    for body in &*requests.lock().unwrap() {
        let request = ExportTraceServiceRequest::decode(&body[..]).expect("it is OTLP");
        for span in request.resource_spans.into_iter().flat_map(|r| r.scope_spans).flat_map(|s| s.spans) {
            traces.entry(span.trace_id.clone()).or_default().push(span);
        }
    }
    traces
}

async fn pay(app: &TestApp) {
    let call = app.sim.telnyx.start_call(payer());
    let ended = || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) };
    assert!(within(Duration::from_secs(60), ended).await, "{}", app.logs());
    app.settle().await;
    assert_eq!(app.sim.telnyx.inbox_of(PATIENT).len(), 1);
}

async fn a_call_is_one_trace_from_ring_to_text(on: On) {
    let (base, requests) = collector().await;
    let mut app = TestApp::start_with(on, |_| {}, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &base)]).await;
    pay(&app).await;
    assert_eq!(app.terminate().await, Some(0));
    let all = traces(&requests);
    let call = all.values().max_by_key(|spans| spans.len()).expect("a trace came");
    for name in ["webhook voice", "work voice", "effect command", "effect checkout", "effect text"] {
        assert!(call.iter().any(|s| s.name == name), "{name}: {:?}", names(call));
    }
    let known: Vec<&[u8]> = call.iter().map(|s| &s.span_id[..]).collect();
    for span in call {
        let rooted = span.parent_span_id.iter().all(|b| *b == 0) || known.contains(&&span.parent_span_id[..]);
        // What a deadline or the answer to an effect causes hangs on the event that its outbox row names.
        assert!(rooted, "{} has a parent that is nowhere", span.name);
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
    }
    let text = call.iter().find(|s| s.name == "effect text").unwrap();
    assert_ne!(text.parent_span_id, [0; 8], "the text hangs on what caused it");
    let sent: Vec<u8> = requests.lock().unwrap().concat();
    let sent = String::from_utf8_lossy(&sent);
    for private in [&PATIENT[2..], STATEMENT, "/p/", "Ridgeline", "12500"] {
        assert!(!sent.contains(private), "a trace holds what it must not");
    }
}

fn names(spans: &[Span]) -> Vec<&str> {
    spans.iter().map(|s| s.name.as_str()).collect()
}

/// The spans of the one trace that holds a span of this name.
fn trace_with<'a>(all: &'a BTreeMap<Vec<u8>, Vec<Span>>, name: &str) -> &'a [Span] {
    let mut with = all.values().filter(|spans| spans.iter().any(|s| s.name == name));
    let found = with.next().unwrap_or_else(|| panic!("no `{name}` in {all:?}"));
    assert!(with.next().is_none(), "`{name}` stands in two traces");
    found
}

async fn a_fax_is_one_trace_from_its_webhook_to_its_filing(on: On) {
    let (base, requests) = collector().await;
    let mut app = TestApp::start_with(on, |_| {}, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &base)]).await;
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1));
    settled(&app, &id).await;
    assert_eq!(app.terminate().await, Some(0));
    let all = traces(&requests);
    let fax = names(trace_with(&all, "file fax"));
    for name in ["webhook fax", "work fax", "effect fax_fetch", "effect fax_enqueue"] {
        assert!(fax.contains(&name), "{name}: {fax:?}");
    }
}

async fn a_wait_that_is_over_is_part_of_its_calls_trace(on: On) {
    let (base, requests) = collector().await;
    let mut app = TestApp::start_with(on, |_| {}, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &base)]).await;
    app.sim.telnyx.hold(|kind, _| kind == "call.gather.ended");
    let call = app.sim.telnyx.start_call(payer());
    assert!(within(Duration::from_secs(40), || async { app.sim.telnyx.held() > 0 }).await, "{}", app.logs());
    app.settle().await;
    // As if the time of the wait had passed; SQLite's times are texts.
    let over = "UPDATE telnyx_calls SET deadline_at = '2026-03-03T12:00:00.000000Z'";
    assert_eq!(Prompt::open(&app.database()).await.run(over).await, 1);
    let prompted = || async { app.sim.telnyx.commands(&call).len() > 2 };
    assert!(within(Duration::from_secs(40), prompted).await, "{}", app.logs());
    app.sim.telnyx.release();
    assert_eq!(app.terminate().await, Some(0));
    let all = traces(&requests);
    let led_on = trace_with(&all, "wait over");
    assert!(names(led_on).contains(&"webhook voice"), "{:?}", names(led_on));
    let wait = led_on.iter().find(|s| s.name == "wait over").unwrap();
    let caused = led_on.iter().filter(|s| s.parent_span_id == wait.span_id);
    assert!(caused.map(|s| &s.name).any(|name| name == "effect command"), "{:?}", names(led_on));
}

async fn a_collector_that_is_away_holds_up_nothing(on: On) {
    let base = "http://127.0.0.1:9";
    let app = TestApp::start_with(on, |_| {}, &[("OTEL_EXPORTER_OTLP_ENDPOINT", base)]).await;
    pay(&app).await;
    let dropped = || async {
        let (_, page) = app.get("/metrics").await.expect("the page is read");
        let line = page.lines().find_map(|l| l.strip_prefix("trace_spans_dropped_total "));
        line.is_some_and(|n| n.parse::<f64>().is_ok_and(|n| n > 0.0))
    };
    assert!(within(Duration::from_secs(60), dropped).await, "what is dropped is counted");
    assert_eq!(app.logs().matches("the collector of traces does not answer").count(), 1);
}
