//! Calls, end to end: the real binary against the simulators, on both databases.

use std::time::Duration;

use fusion_comms::sim::telnyx::{Api, CallPlan, Chaos, Pace, Reply, TextOutcome, TransferOutcome};
use fusion_comms::store::{billing, inbox};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::{SessionId, StatementId, TenantId};

use serde_json::json;

use super::support::app::{DESK, LINE, On, PATIENT, STATEMENT, TENANT, TestApp, fixture, payer, within};

const LONG: Duration = Duration::from_secs(60);

async fn ended(app: &TestApp, call: &str) {
    assert!(
        within(LONG, || async { app.sim.telnyx.call(call).is_some_and(|c| c.ended) }).await,
        "the call has not ended\n{}",
        app.logs()
    );
    app.settle().await;
}

fn actions(app: &TestApp, call: &str) -> Vec<String> {
    app.sim.telnyx.commands(call).into_iter().map(|(action, _)| action).collect()
}

fn heard(app: &TestApp, call: &str) -> Vec<String> {
    let name = |body: &serde_json::Value| {
        let url = body["audio_url"].as_str()?;
        Some(url.rsplit('/').next()?.trim_end_matches(".wav").to_owned())
    };
    app.sim.telnyx.commands(call).iter().filter_map(|(_, body)| name(body)).collect()
}

async fn a_caller_pays_by_phone_from_ring_to_text(on: On) {
    let app = TestApp::start(on).await;
    let call = app.sim.telnyx.start_call(payer());
    ended(&app, &call).await;
    assert_eq!(heard(&app, &call), ["menu", "collect_statement", "collect_phone", "sent_sms", "goodbye"]);
    assert_eq!(actions(&app, &call).last().map(String::as_str), Some("hangup"));

    let texts = app.sim.telnyx.inbox_of(PATIENT);
    assert_eq!(texts.len(), 1);
    assert!(texts[0].text.contains("Ridgeline EMS") && texts[0].text.contains("STOP"), "{}", texts[0].text);
    let link = texts[0].text.split_whitespace().find(|w| w.contains("/p/")).expect("a link");
    let answer = app.http.get(link).send().await.expect("an answer");
    assert_eq!(answer.status(), 303);

    let sessions = app.sim.stripe.sessions();
    assert_eq!(sessions.len(), 1);
    assert_eq!(answer.headers()["location"], sessions[0].url.as_str());
    assert_eq!(sessions[0].account, "acct_1TESTRIDGELINE");
    app.sim.stripe.pay(&sessions[0].id).await.expect("the payer can pay");
    let (id, tenant) = (SessionId::new(sessions[0].id.as_str()), TenantId::new(TENANT));
    let complete =
        || async { billing::session_by_id(&app.db, &id).await.unwrap().unwrap().status == "complete" };
    assert!(within(LONG, complete).await);
    let statement =
        billing::find_statement(&app.db, &tenant, &StatementId::parse(STATEMENT).unwrap()).await.unwrap();
    assert_eq!(statement.unwrap().status, "paid");
    let after = app.http.get(link).send().await.expect("an answer").text().await.unwrap();
    assert!(after.contains("has been paid"), "{after}");
}

async fn with_every_event_up_to_three_times_and_out_of_order_it_comes_to_the_same(on: On) {
    for seed in 1..=3 {
        let chaos = Chaos { duplicates: 2, reorder: true, extra_delay_ms: 0..80, seed };
        let app = TestApp::start_with(on, |o| o.chaos = Some(chaos), &[]).await;
        let call = app.sim.telnyx.start_call(payer());
        ended(&app, &call).await;
        assert_eq!(
            heard(&app, &call),
            ["menu", "collect_statement", "collect_phone", "sent_sms", "goodbye"],
            "seed {seed}"
        );
        assert_eq!(app.sim.stripe.sessions().len(), 1, "seed {seed}");
        assert_eq!(app.sim.telnyx.inbox_of(PATIENT).len(), 1, "seed {seed}");
        let doubled = app.sim.telnyx.deliveries().iter().filter(|d| d.attempt == 1).count();
        assert!(doubled > 30, "nothing was delivered twice: {doubled} deliveries");
    }
}

async fn who_guesses_statement_numbers_is_not_told_of_a_right_one(on: On) {
    let app = TestApp::start(on).await;
    for _ in 0..3 {
        let guess = CallPlan::new(PATIENT, LINE).press("menu", "1").press("collect_statement", "999#");
        let call = app.sim.telnyx.start_call(guess.press("invalid_statement", "998#").pace(Pace::FAST));
        ended(&app, &call).await;
    }
    let call = app.sim.telnyx.start_call(payer());
    ended(&app, &call).await;
    assert_eq!(heard(&app, &call), ["menu", "collect_statement", "transfer"]);
    let mut other = payer();
    other.from = "+12025550148".to_owned();
    let call = app.sim.telnyx.start_call(other);
    ended(&app, &call).await;
    assert!(heard(&app, &call).contains(&"sent_sms".to_owned()));
}

async fn nothing_about_the_patient_leaves_for_stripe(on: On) {
    let app = TestApp::start(on).await;
    let call = app.sim.telnyx.start_call(payer());
    ended(&app, &call).await;
    for request in app.sim.stripe.requests() {
        let sent = format!("{request:?}");
        for private in [STATEMENT, "2025550147", "Ridgeline", "EMS", "ambulance", TENANT] {
            assert!(!sent.contains(private), "{private} is in {sent}");
        }
    }
}

async fn a_caller_who_presses_nothing_reaches_a_person(on: On) {
    let app = TestApp::start(on).await;
    let call = app.sim.telnyx.start_call(CallPlan::new(PATIENT, LINE).pace(Pace::FAST));
    ended(&app, &call).await;
    assert_eq!(heard(&app, &call), ["menu", "menu", "transfer"]);
    let (_, transfer) =
        app.sim.telnyx.commands(&call).into_iter().find(|(a, _)| a == "transfer").expect("a transfer");
    assert_eq!(transfer["to"], DESK);
}

async fn three_unknown_statements_lead_to_a_person_who_is_busy_then_goodbye(on: On) {
    let app = TestApp::start(on).await;
    let plan = CallPlan::new(PATIENT, LINE)
        .press("menu", "1")
        .press("collect_statement", "999#")
        .press("invalid_statement", "998#")
        .transfer(TransferOutcome::Busy)
        .pace(Pace::FAST);
    let call = app.sim.telnyx.start_call(plan);
    ended(&app, &call).await;
    let wanted =
        ["menu", "collect_statement", "invalid_statement", "invalid_statement", "transfer", "goodbye"];
    assert_eq!(heard(&app, &call), wanted);
    assert_eq!(actions(&app, &call).last().map(String::as_str), Some("hangup"));
    assert!((app.metric("ivr_transfer_failures_total").await - 1.0).abs() < f64::EPSILON);
}

async fn a_paid_a_held_and_an_empty_statement_lead_to_a_person(on: On) {
    let app = TestApp::start(on).await;
    for number in ["30400001#", "30400002#", "30400003#"] {
        let plan = CallPlan::new(PATIENT, LINE)
            .press("menu", "1")
            .press("collect_statement", number)
            .pace(Pace::FAST);
        let call = app.sim.telnyx.start_call(plan);
        ended(&app, &call).await;
        assert_eq!(heard(&app, &call), ["menu", "collect_statement", "transfer"]);
    }
    assert!(app.sim.stripe.sessions().is_empty());
}

async fn zeros_before_a_statement_number_make_no_difference(on: On) {
    let app = TestApp::start(on).await;
    let plan =
        payer().press("collect_statement", &format!("000{STATEMENT}#")).press("collect_phone", "2025550147#");
    let call = app.sim.telnyx.start_call(plan);
    ended(&app, &call).await;
    assert!(heard(&app, &call).contains(&"sent_sms".to_owned()), "{:?}", heard(&app, &call));
}

async fn a_number_that_the_carrier_called_a_landline_leads_to_a_person_the_next_time(on: On) {
    let app = TestApp::start(on).await;
    app.sim.telnyx.set_outcome(PATIENT, TextOutcome::DeliveryFailed("40001".to_owned()));
    let call = app.sim.telnyx.start_call(payer());
    ended(&app, &call).await;
    let again = app.sim.telnyx.start_call(payer());
    ended(&app, &again).await;
    assert_eq!(heard(&app, &again), ["menu", "collect_statement", "collect_phone", "transfer"]);
    assert_eq!(app.sim.stripe.sessions().len(), 1);
}

async fn a_call_to_a_number_we_do_not_know_hears_goodbye(on: On) {
    let app = TestApp::start(on).await;
    let call = app.sim.telnyx.start_call(CallPlan::new(PATIENT, "+12025550199").pace(Pace::FAST));
    ended(&app, &call).await;
    assert_eq!(actions(&app, &call), ["answer", "playback_start", "hangup"]);
    assert_eq!(heard(&app, &call), ["goodbye"]);
}

async fn a_prompt_that_cannot_be_played_is_spoken(on: On) {
    let app = TestApp::start_with(on, |_| {}, &[("IVR_AUDIO_BASE_URL", "http://127.0.0.1:9/ivr")]).await;
    let plan = CallPlan::new(PATIENT, LINE).press("menu", "2").pace(Pace::FAST);
    let call = app.sim.telnyx.start_call(plan);
    ended(&app, &call).await;
    let spoken: Vec<_> = app
        .sim
        .telnyx
        .commands(&call)
        .into_iter()
        .filter(|(action, _)| action == "gather_using_speak")
        .map(|(_, body)| body["payload"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(spoken, ["Press 1 to pay your bill. Press 2 to speak with a billing specialist."]);
    assert!(app.metric("ivr_prompt_failures_total{prompt=\"menu\"}").await >= 1.0);
}

async fn ten_digits_keyed_at_the_hang_up_still_get_their_link(on: On) {
    for hangup_first in [false, true] {
        let app = TestApp::start_with(on, |o| o.quirks.hangup_before_gather_ended = hangup_first, &[]).await;
        let plan = CallPlan::new(PATIENT, LINE)
            .press("menu", "1")
            .press("collect_statement", &format!("{STATEMENT}#"))
            .at("collect_phone", Reply::HangUpAfterKeys("2025550147".to_owned()))
            .pace(Pace::FAST);
        let call = app.sim.telnyx.start_call(plan);
        ended(&app, &call).await;
        let texted = || async { app.sim.telnyx.inbox_of(PATIENT).len() == 1 };
        assert!(within(LONG, texted).await, "hang-up first: {hangup_first}\n{}", app.logs());
    }
}

async fn stripe_down_for_a_while_leads_to_a_person_and_the_link_follows(on: On) {
    let app = TestApp::start(on).await;
    app.sim.stripe.down(true);
    let call = app.sim.telnyx.start_call(payer());
    assert!(within(LONG, || async { actions(&app, &call).iter().any(|a| a == "transfer") }).await);
    assert!(app.sim.telnyx.inbox_of(PATIENT).is_empty());
    app.sim.stripe.down(false);
    assert!(
        within(Duration::from_secs(40), || async { app.sim.telnyx.inbox_of(PATIENT).len() == 1 }).await,
        "{}",
        app.logs()
    );
    assert_eq!(app.sim.stripe.sessions().len(), 1);
}

async fn an_answer_that_never_comes_makes_one_session_and_one_text(on: On) {
    let app = TestApp::start(on).await;
    app.sim.stripe.act_then_hang(1);
    app.sim.telnyx.act_then_hang(Api::Messages, 1);
    let call = app.sim.telnyx.start_call(payer());
    assert!(
        within(Duration::from_secs(40), || async { !app.sim.telnyx.inbox_of(PATIENT).is_empty() }).await,
        "{}",
        app.logs()
    );
    ended(&app, &call).await;
    assert_eq!(app.sim.stripe.sessions().len(), 1);
    assert_eq!(app.sim.telnyx.inbox_of(PATIENT).len(), 1);
}

/// Posts batch after batch of texts, until that many wait to be worked.
async fn flood(app: &TestApp, waiting: i64) {
    for batch in 0..20 {
        let bodies: Vec<String> = (0..300).map(|i| flood_text(batch * 300 + i).to_string()).collect();
        for status in futures::future::join_all(bodies.iter().map(|b| app.post("sms", b))).await {
            assert_eq!(status.expect("an answer"), 200);
        }
        if texts_waiting(app).await >= waiting {
            return;
        }
    }
    panic!("the texts are worked as fast as they come: nothing can be shown");
}

fn flood_text(i: usize) -> serde_json::Value {
    let mut body = fixture("sms-09");
    body["data"]["id"] = json!(format!("flood-{i}"));
    body["data"]["payload"]["id"] = json!(format!("text-{i}"));
    body["data"]["payload"]["from"]["phone_number"] = json!(format!("+1303555{i:04}"));
    body
}

async fn texts_waiting(app: &TestApp) -> i64 {
    inbox::depth(&app.db, inbox::Lane::Telnyx(Channel::Sms)).await.unwrap().waiting
}

async fn a_flood_of_texts_does_not_delay_a_caller(on: On) {
    let app = TestApp::start(on).await;
    flood(&app, 250).await;
    let call = app.sim.telnyx.start_call(CallPlan::new(PATIENT, LINE).press("menu", "2").pace(Pace::FAST));
    assert!(within(LONG, || async { !actions(&app, &call).is_empty() }).await, "{}", app.logs());
    assert!(texts_waiting(&app).await > 0, "all texts were worked before the call was answered");
    ended(&app, &call).await;
}

super::served_on_both!(
    zeros_before_a_statement_number_make_no_difference,
    a_number_that_the_carrier_called_a_landline_leads_to_a_person_the_next_time,
    a_flood_of_texts_does_not_delay_a_caller,
    who_guesses_statement_numbers_is_not_told_of_a_right_one,
    with_every_event_up_to_three_times_and_out_of_order_it_comes_to_the_same,
    a_caller_pays_by_phone_from_ring_to_text,
    nothing_about_the_patient_leaves_for_stripe,
    a_caller_who_presses_nothing_reaches_a_person,
    three_unknown_statements_lead_to_a_person_who_is_busy_then_goodbye,
    a_paid_a_held_and_an_empty_statement_lead_to_a_person,
    a_call_to_a_number_we_do_not_know_hears_goodbye,
    a_prompt_that_cannot_be_played_is_spoken,
    ten_digits_keyed_at_the_hang_up_still_get_their_link,
    stripe_down_for_a_while_leads_to_a_person_and_the_link_follows,
    an_answer_that_never_comes_makes_one_session_and_one_text
);

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_telnyx_could_not_play_is_named_by_the_check() {
    let app = TestApp::start(On::Sqlite).await;
    let good = format!("{}/ivr", app.base);
    let out = app.command(&["prompts", "check", "--base", &good]);
    assert_eq!(out.matches(" ok").count(), 7, "{out}");
    let (code, out, _) = app.try_command(&["prompts", "check", "--base", &format!("{}/nowhere", app.base)]);
    assert_eq!((code, out.matches("HTTP 404").count()), (1, 7), "{out}");
    let (code, out, _) = app.try_command(&["prompts", "check", "--base", "http://127.0.0.1:9"]);
    assert_eq!((code, out.matches("no connection").count()), (1, 7), "{out}");
}
