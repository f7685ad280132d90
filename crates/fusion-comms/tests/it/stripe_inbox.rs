//! Stripe's events as operators see them: listed, shown, worked again, and told of where they were refused.

use std::process::Stdio;
use std::time::Duration;

use fusion_comms::sim::telnyx::{CallPlan, Pace};
use serde_json::Value;

use super::support::app::{LINE, On, PATIENT, STATEMENT, TENANT, TestApp, within};
use super::support::db::Prompt;

const LONG: Duration = Duration::from_secs(20);

served_on_both!(
    a_parked_event_of_stripe_is_listed_shown_and_worked_again,
    a_link_may_be_paid_where_stripes_webhooks_were_refused,
);

/// A call that got its link; call and session.
async fn linked(app: &TestApp) -> (String, String) {
    let plan = CallPlan::new(PATIENT, LINE)
        .press("menu", "1")
        .press("collect_statement", &format!("{STATEMENT}#"))
        .press("collect_phone", "2025550147#")
        .pace(Pace::FAST);
    let call = app.sim.telnyx.start_call(plan);
    let ended = || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) };
    assert!(within(LONG, ended).await, "the call has not ended\n{}", app.logs());
    app.settle().await;
    (call, app.sim.stripe.sessions().remove(0).id)
}

fn listed(app: &TestApp, options: &[&str]) -> Vec<Value> {
    let args: Vec<&str> = ["events", "list", "--json"].iter().chain(options).copied().collect();
    serde_json::from_str(&app.command(&args)).expect("it is JSON")
}

async fn a_parked_event_of_stripe_is_listed_shown_and_worked_again(on: On) {
    let mut app = TestApp::start(on).await;
    let (call, session) = linked(&app).await;
    app.terminate().await;
    let mut web = app.binary();
    web.args(["serve", "--role", "web"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut web = web.spawn().expect("the binary starts");
    app.until_ready().await;
    app.sim.stripe.pay(&session).await.expect("it can be paid");
    let mut hand = Prompt::open(&app.database()).await;
    let kept = || async { listed(&app, &["--type", "checkout.session"]).len() == 1 };
    assert!(within(LONG, kept).await);
    web.kill().and_then(|()| web.wait()).expect("it ends");
    hand.run("UPDATE stripe_events SET parked_at = received_at, attempts = 8, last_error = 'poison'").await;
    app.launch().await;

    let parked = listed(&app, &["--state", "parked", "--type", "checkout.session"]);
    let [event] = &parked[..] else { panic!("{parked:?}") };
    let id = event["event_id"].as_str().unwrap();
    assert_eq!((&event["channel"], &event["last_error"]), (&"stripe".into(), &"poison".into()));
    assert_eq!(event["event_type"], "checkout.session.completed");
    for options in [
        vec!["--channel", "stripe", "--error", "POIS"],
        vec!["--key", &*session],
        vec!["--key", &*call, "--channel", "stripe", "--since", "1h"],
    ] {
        assert!(listed(&app, &options).contains(event), "{options:?}");
    }
    for options in
        [vec!["--channel", "voice"], vec!["--tenant", TENANT], vec!["--channel", "stripe", "--until", "1h"]]
    {
        assert!(!listed(&app, &options).contains(event), "{options:?}");
    }
    let shown = app.command(&["events", "show", id]);
    assert!(shown.contains("it was given up after several tries") && shown.contains(&session), "{shown}");

    let said = app.command(&["events", "replay", id, "--dry-run"]);
    assert!(said.contains("it was parked and is worked again"), "{said}");
    app.command(&["events", "replay", "--state", "parked", "--channel", "stripe", "--yes"]);
    let paid = || async { app.try_command(&["trace", "statement", STATEMENT]).1.contains("30458003: paid") };
    assert!(within(LONG, paid).await, "{}", app.logs());
    let worked = listed(&app, &["--tenant", TENANT, "--state", "processed", "--channel", "stripe"]);
    assert!(worked.iter().any(|e| e["event_id"] == event["event_id"]), "{worked:?}");
    app.command(&["events", "delete", id, "--yes"]);
    assert_eq!(app.try_command(&["events", "show", id]).0, 1);
    let audited = "SELECT count(*) FROM audit_log WHERE action IN ('event.replay', 'event.delete')";
    assert!(hand.count(audited).await >= 2);
}

async fn a_link_may_be_paid_where_stripes_webhooks_were_refused(on: On) {
    let app =
        TestApp::start_with(on, |_| {}, &[("STRIPE_WEBHOOK_SECRET", "whsec_of_another_endpoint")]).await;
    let (call, session) = linked(&app).await;
    let (code, out, _) = app.try_command(&["trace", "statement", STATEMENT]);
    assert!(code == 0 && !out.contains("refused"), "{out}");
    app.sim.stripe.duplicates(3);
    app.sim.stripe.pay(&session).await.expect("it can be paid");
    let told = || async { app.try_command(&["trace", "statement", STATEMENT]).0 == 1 };
    assert!(within(LONG, told).await, "{}", app.logs());
    for subject in [["statement", STATEMENT], ["call", &call]] {
        let (code, out, _) = app.try_command(&["trace", subject[0], subject[1]]);
        let first = out.lines().next().unwrap_or_default();
        assert!(code == 1 && first.starts_with("cause"), "{out}");
        assert!(first.contains("were refused for their signature since the payment link of"), "{out}");
        assert!(out.contains("keys.stripe_webhooks") && out.contains("webhook_minutes"), "{out}");
    }
}
