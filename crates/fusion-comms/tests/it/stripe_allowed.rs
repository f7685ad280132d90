//! What may leave for Stripe, by name and by form: amount, currency, an opaque reference and a neutral line, and what the
//! API itself needs. Anything else is a failure, whatever it holds.

use std::collections::BTreeMap;
use std::time::Duration;

use fusion_comms::sim::stripe::RecordedRequest;
use fusion_comms::sim::telnyx::{CallPlan, Pace};
use fusion_comms::stripe::API_VERSION;

use super::support::app::{DESK, LINE, On, PATIENT, STATEMENT, TENANT, TestApp, within};

const ACCOUNT: &str = "acct_1TESTRIDGELINE";

/// Each header and each field of a request that makes, ends or reads a session, and nothing beside them.
pub fn assert_allowed(request: &RecordedRequest, base: &str, what: &str) {
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
    let mut fields: BTreeMap<&str, &str> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(fields.len(), form.len(), "{what}: a field is given twice: {form:?}");
    let mut headers: BTreeMap<&str, &str> =
        request.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let mut header = |name: &str, fits: &dyn Fn(&str) -> bool| match headers.remove(name) {
        Some(value) => assert!(fits(value), "{what}: header {name} is {value}"),
        None => panic!("{what}: no header {name}"),
    };
    header("stripe-account", &|v| v == ACCOUNT);
    header("stripe-version", &|v| v == API_VERSION);
    header("user-agent", &|v| v.starts_with("fusion-comms/"));
    header("accept", &|v| v == "*/*");
    header("host", &|v| v.starts_with("127.0.0.1:"));
    if request.method == "POST" {
        header("content-type", &|v| v == "application/x-www-form-urlencoded");
    }
    if !request.body.is_empty() {
        header("content-length", &|v| v == request.body.len().to_string());
    }
    if let Some(id) = request.path.strip_prefix("/v1/checkout/sessions/") {
        let id = id.strip_suffix("/expire").unwrap_or(id);
        let opaque =
            id.strip_prefix("cs_test_").is_some_and(|i| i.chars().all(|c| c.is_ascii_alphanumeric()));
        assert!(opaque, "{what}: {}", request.path);
    } else {
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("POST", "/v1/checkout/sessions"),
            "{what}"
        );
        header("idempotency-key", &is_derived_id);
        let mut field = |name: &str, fits: &dyn Fn(&str) -> bool| match fields.remove(name) {
            Some(value) => assert!(fits(value), "{what}: field {name} is {value}"),
            None => panic!("{what}: no field {name}"),
        };
        let reference = form.iter().find(|(n, _)| n == "client_reference_id").map_or("", |(_, v)| v.as_str());
        field("mode", &|v| v == "payment");
        field("line_items[0][quantity]", &|v| v == "1");
        field("line_items[0][price_data][currency]", &|v| v == "usd");
        field("line_items[0][price_data][unit_amount]", &|v| v == "12500");
        field("line_items[0][price_data][product_data][name]", &|v| v == "Account balance");
        field("success_url", &|v| v == format!("{base}/pay/success"));
        field("cancel_url", &|v| v == format!("{base}/pay/cancel"));
        field("client_reference_id", &is_derived_id);
        field("payment_intent_data[metadata][ref]", &|v| v == reference);
        let now = fusion_comms::clock::Clock::system().now().unix_s();
        field("expires_at", &|v| v.parse().is_ok_and(|at: i64| (now + 1_800..=now + 86_400).contains(&at)));
    }
    assert!(fields.is_empty(), "{what}: fields that Stripe must not get: {fields:?}");
    assert!(headers.is_empty(), "{what}: headers that Stripe must not get: {headers:?}");
}

/// A UUIDv5: a digest, which says nothing of what it was made of.
fn is_derived_id(text: &str) -> bool {
    uuid::Uuid::parse_str(text).is_ok_and(|id| id.get_version_num() == 5)
}

/// Two calls for one statement: a session is made, made anew, and the first one ended.
async fn what_leaves_for_stripe_is_on_the_list_and_about_nobody(on: On) {
    let app = TestApp::start(on).await;
    let mut calls = Vec::new();
    for phone in ["2025550147", "2025550148"] {
        let plan = CallPlan::new(PATIENT, LINE)
            .press("menu", "1")
            .press("collect_statement", &format!("{STATEMENT}#"))
            .press("collect_phone", &format!("{phone}#"));
        let call = app.sim.telnyx.start_call(plan.pace(Pace::FAST));
        let ended = || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) };
        assert!(within(Duration::from_secs(60), ended).await, "{}", app.logs());
        app.settle().await;
        calls.push(call);
    }
    let requests = app.sim.stripe.requests();
    let asked: Vec<&str> = requests.iter().map(|r| r.path.rsplit('/').next().unwrap_or_default()).collect();
    assert_eq!(asked, ["sessions", "sessions", "expire"]);
    let month = fusion_comms::clock::Clock::system().now().to_string()[..7].to_owned();
    for request in &requests {
        assert_allowed(request, &app.base, "two calls");
        let sent = format!("{request:?}").to_lowercase();
        let private =
            [STATEMENT, "2025550147", "2025550148", &LINE[1..], &DESK[1..], "ridgeline ", "ems", TENANT];
        // The account's own id names the agency in these tests; it is Stripe's, and theirs to know.
        let sent = sent.replace(&ACCOUNT.to_lowercase(), "").replace("line_items", "");
        for private in private.into_iter().chain([month.as_str()]).chain(calls.iter().map(String::as_str)) {
            assert!(!sent.contains(&private.to_lowercase()), "{private} is in {sent}");
        }
    }
}

super::served_on_both!(what_leaves_for_stripe_is_on_the_list_and_about_nobody);
