//! Texts, end to end: STOP is law.

use std::time::Duration;

use fusion_comms::store::events;
use fusion_comms::store::ledger::{self, OptOut};
use fusion_comms_core::ids::TenantId;
use serde_json::json;

use super::support::app::{LINE, On, PATIENT, TENANT, TestApp, fixture, payer, within};

const LONG: Duration = Duration::from_secs(60);

async fn opt_outs(app: &TestApp) -> Vec<OptOut> {
    ledger::list(&app.db, None).await.expect("the ledger is read")
}

async fn until_opted_out(app: &TestApp) {
    assert!(within(LONG, || async { !opt_outs(app).await.is_empty() }).await, "{}", app.logs());
    app.settle().await;
}

async fn stop_blocks_the_next_payment_link(on: On) {
    let app = TestApp::start(on).await;
    app.sim.telnyx.send_text(PATIENT, LINE, "Please stop texting me");
    until_opted_out(&app).await;
    let rows = opt_outs(&app).await;
    assert_eq!((rows[0].tenant.as_str(), rows[0].source.as_str()), (TENANT, "sms_stop"));
    let texts = app.sim.telnyx.inbox_of(PATIENT);
    assert_eq!(texts.len(), 1, "one confirmation: {texts:?}");
    assert!(texts[0].text.contains("Ridgeline EMS") && texts[0].text.contains("START"));

    let call = app.sim.telnyx.start_call(payer());
    assert!(within(LONG, || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) }).await);
    app.settle().await;
    assert!(app.sim.telnyx.commands(&call).iter().any(|(a, _)| a == "transfer"));
    assert!(app.sim.stripe.sessions().is_empty());
    assert_eq!(app.sim.telnyx.inbox_of(PATIENT).len(), 1, "nothing after the confirmation");
}

async fn where_telnyx_has_answered_a_stop_we_do_not(on: On) {
    let app = TestApp::start(on).await;
    app.sim.telnyx.send_text(PATIENT, LINE, "STOP");
    until_opted_out(&app).await;
    let ours = app.sim.telnyx.requests().into_iter().filter(|r| r.path.ends_with("/messages")).count();
    assert_eq!(ours, 0);
    assert!(app.logs().contains("sms_opt_out"));
}

async fn a_start_lifts_the_stop_and_an_old_stop_delivered_again_does_not_bring_it_back(on: On) {
    let app = TestApp::start(on).await;
    let mut stop = fixture("sms-02");
    let now = fusion_comms::clock::Clock::system().now();
    stop["data"]["payload"]["received_at"] = json!(now);
    stop["data"]["payload"]["autoresponse_type"] = json!(null);
    stop["data"]["payload"]["to"][0]["phone_number"] = json!(LINE);
    assert_eq!(app.post("sms", &stop.to_string()).await.unwrap(), 200);
    assert_eq!(opt_outs(&app).await.len(), 1, "the row is there when the 200 is");
    app.settle().await;
    app.sim.telnyx.send_text(PATIENT, LINE, "START");
    assert!(within(LONG, || async { opt_outs(&app).await.is_empty() }).await, "{}", app.logs());
    assert_eq!(app.post("sms", &stop.to_string()).await.unwrap(), 200);
    app.settle().await;
    assert!(opt_outs(&app).await.is_empty());
}

async fn what_an_administrator_set_outlasts_a_start(on: On) {
    let app = TestApp::start(on).await;
    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "asked by letter"]);
    app.sim.telnyx.send_text(PATIENT, LINE, "START");
    let worked =
        events::Filter { state: Some("processed".to_owned()), limit: 1, ..events::Filter::default() };
    assert!(within(LONG, || async { !events::list(&app.db, &worked).await.unwrap().is_empty() }).await);
    let rows = opt_outs(&app).await;
    assert_eq!(rows.iter().map(|o| o.source.as_str()).collect::<Vec<_>>(), ["manual_admin"]);
    let history = ledger::history(&app.db, &TenantId::new(TENANT), &rows[0].phone).await.unwrap();
    assert_eq!(history[0].reason.as_deref(), Some("asked by letter"));
}

async fn help_is_answered_also_after_stop(on: On) {
    let app = TestApp::start(on).await;
    app.sim.telnyx.send_text(PATIENT, LINE, "please stop texting me");
    until_opted_out(&app).await;
    app.sim.telnyx.send_text(PATIENT, LINE, "INFO");
    assert!(within(LONG, || async { app.sim.telnyx.inbox_of(PATIENT).len() == 2 }).await, "{}", app.logs());
    let help = &app.sim.telnyx.inbox_of(PATIENT)[1].text;
    assert!(
        help.contains("Ridgeline EMS") && help.contains("(202) 555-0119") && help.contains("911"),
        "{help}"
    );
}

async fn a_block_at_the_carrier_is_recorded_and_not_tried_again(on: On) {
    let app = TestApp::start(on).await;
    // The person stopped the number before it was ours: Telnyx knows, we do not.
    app.sim.telnyx.send_text(PATIENT, LINE, "STOP");
    until_opted_out(&app).await;
    app.command(&["opt-out", "remove", PATIENT, "--tenant", TENANT, "--reason", "asked on the phone"]);
    let call = app.sim.telnyx.start_call(payer());
    assert!(within(LONG, || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) }).await);
    app.settle().await;
    let sources: Vec<&str> = opt_outs(&app).await.iter().map(|o| o.source.as_str()).collect();
    assert_eq!(sources, ["telnyx_block"], "{:?}\n{}", app.sim.telnyx.requests(), app.logs());
    assert!(
        app.sim.telnyx.commands(&call).iter().any(|(a, _)| a == "transfer"),
        "the caller is not told of a link"
    );
    let sent = app.sim.telnyx.requests().into_iter().filter(|r| r.path.ends_with("/messages")).count();
    assert_eq!(sent, 1);
}

async fn statuses_of_a_text_go_forward_only(on: On) {
    let app = TestApp::start(on).await;
    let call = app.sim.telnyx.start_call(payer());
    assert!(within(LONG, || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) }).await);
    let delivered = || async {
        fusion_comms::store::messages::count_by_status(&app.db).await.unwrap()
            == [("delivered".to_owned(), 1)]
    };
    assert!(within(LONG, delivered).await, "{}", app.logs());
    let id = app.sim.telnyx.inbox_of(PATIENT)[0].id.clone();
    let mut late = fixture("sms-20");
    late["data"]["payload"]["id"] = json!(id);
    assert_eq!(app.post("sms", &late.to_string()).await.unwrap(), 200);
    app.settle().await;
    assert!(delivered().await);
}

super::served_on_both!(
    stop_blocks_the_next_payment_link,
    where_telnyx_has_answered_a_stop_we_do_not,
    a_start_lifts_the_stop_and_an_old_stop_delivered_again_does_not_bring_it_back,
    what_an_administrator_set_outlasts_a_start,
    help_is_answered_also_after_stop,
    a_block_at_the_carrier_is_recorded_and_not_tried_again,
    statuses_of_a_text_go_forward_only
);
