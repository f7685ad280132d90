//! What an agency may set about its phone menu, end to end: the real binary against the simulators, on both databases.

use std::time::Duration;

use chrono::Datelike;
use fusion_comms::clock::Clock;
use fusion_comms::sim::telnyx::{CallPlan, Chaos, Pace, Reply};
use fusion_comms::store::{Reader, calls, tasks};
use fusion_comms_core::ids::CallControlId;
use fusion_comms_core::ivr::Language;
use serde_json::Value;

use super::support::app::{DESK, LINE, On, PATIENT, STATEMENT, TENANT, TestApp, within};

const LONG: Duration = Duration::from_secs(60);

async fn started_with(on: On, settings: &[&str]) -> TestApp {
    let app = TestApp::start(on).await;
    app.command(&[&["tenant", "set", "--id", TENANT], settings].concat());
    app
}

fn caller() -> CallPlan {
    CallPlan::new(PATIENT, LINE).pace(Pace::FAST)
}

/// A caller who goes as far as the phone number.
fn payer() -> CallPlan {
    caller().press("menu", "1").press("collect_statement", &format!("{STATEMENT}#"))
}

/// Calls and waits for the end; everything heard, recordings by name, speech by its words.
async fn heard(app: &TestApp, plan: CallPlan) -> (String, Vec<String>) {
    let call = app.sim.telnyx.start_call(plan);
    let over = || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) };
    assert!(within(LONG, over).await, "the call has not ended\n{}", app.logs());
    app.settle().await;
    let heard = app.sim.telnyx.commands(&call).iter().filter_map(|(_, body)| sound(body)).collect();
    (call, heard)
}

fn sound(body: &Value) -> Option<String> {
    if let Some(words) = body["payload"].as_str() {
        return Some(words.to_owned());
    }
    let url = body["audio_url"].as_str()?;
    Some(url.rsplit('/').next()?.trim_end_matches(".wav").to_owned())
}

fn transferred(app: &TestApp, call: &str) -> bool {
    app.sim.telnyx.commands(call).iter().any(|(action, body)| action == "transfer" && body["to"] == DESK)
}

async fn call_backs(app: &TestApp, call: &str) -> usize {
    let open = tasks::list_open(&app.db, 50).await.expect("tasks are read");
    open.iter().filter(|t| format!("{t:?}").contains("call_back") && format!("{t:?}").contains(call)).count()
}

/// Office hours on no day within two of today, whatever the zone.
pub(super) fn hours_in_three_days() -> String {
    let in_three_days = Clock::system().now().plus_s(3 * 86_400).chrono();
    let day = in_three_days.weekday().to_string().to_lowercase();
    format!("{day} 09:00-12:00")
}

async fn in_closed_hours_the_caller_hears_them_and_the_agency_calls_back(on: On) {
    let app = started_with(on, &["--office-hours", &hours_in_three_days()]).await;
    let (call, heard) = heard(&app, caller().press("menu", "2")).await;
    assert_eq!(heard[0], "menu");
    let said = heard.last().expect("something is heard");
    assert!(said.starts_with("Our billing office is closed now. Our hours are "), "{said}");
    assert!(said.ends_with("day, 9 A M to noon. We will call you back. Goodbye."), "{said}");
    let actions: Vec<String> = app.sim.telnyx.commands(&call).into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["answer", "gather_using_audio", "speak", "hangup"]);
    assert_eq!(call_backs(&app, &call).await, 1);
    assert!(app.metric("ivr_transfer_failures_total").await.abs() < f64::EPSILON);
}

async fn in_office_hours_and_once_they_are_taken_away_callers_are_put_through(on: On) {
    let app = started_with(on, &["--office-hours", "mon-sun 00:00-24:00"]).await;
    let (call, _) = heard(&app, caller().press("menu", "2")).await;
    assert!(transferred(&app, &call));
    app.command(&["tenant", "set", "--id", TENANT, "--office-hours", &hours_in_three_days()]);
    let (call, _) = heard(&app, caller().press("menu", "2")).await;
    assert!(!transferred(&app, &call));
    app.command(&["tenant", "set", "--id", TENANT, "--office-hours", ""]);
    let (call, _) = heard(&app, caller().press("menu", "2")).await;
    assert!(transferred(&app, &call));
}

async fn a_statement_number_of_another_length_is_not_looked_up(on: On) {
    let app = started_with(on, &["--statement-digits", "9-10"]).await;
    let (call, heard) = heard(&app, payer().press("invalid_statement", "123#")).await;
    let wanted = ["menu", "collect_statement", "invalid_statement", "invalid_statement", "transfer"];
    assert_eq!(heard, wanted);
    assert!(transferred(&app, &call));
    let misses = (&app.db).sql("SELECT count(*) AS n FROM statement_misses");
    let row = (&app.db).row(misses).await.expect("the misses are counted").expect("a row");
    assert_eq!(row.int("n").expect("a number"), 0, "the tables were asked");
}

async fn the_number_one_calls_from_gets_the_link_for_one_key(on: On) {
    let app = started_with(on, &["--offer-caller-number", "on"]).await;
    let (_, sounds) = heard(&app, payer().press_at_words("the phone you are calling from", "1")).await;
    let offer =
        "To send the link to the phone you are calling from, press 1. To use another number, press 2.";
    assert_eq!(sounds, ["menu", "collect_statement", offer, "sent_sms", "goodbye"]);
    assert_eq!(app.sim.telnyx.inbox_of(PATIENT).len(), 1);

    let other = payer().press_at_words("calling from", "2").press("collect_phone", "2025550148#");
    let (_, sounds) = heard(&app, other).await;
    assert_eq!(sounds, ["menu", "collect_statement", offer, "collect_phone", "sent_sms", "goodbye"]);
    assert_eq!(app.sim.telnyx.inbox_of("+12025550148").len(), 1);
}

async fn a_caller_who_opted_out_reaches_a_person_and_gets_no_text(on: On) {
    let app = started_with(on, &["--offer-caller-number", "on"]).await;
    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "by phone"]);
    let (call, sounds) = heard(&app, payer().press_at_words("calling from", "1")).await;
    assert_eq!(sounds.last().map(String::as_str), Some("transfer"));
    assert!(transferred(&app, &call));
    assert!(app.sim.telnyx.inbox_of(PATIENT).is_empty());
    let evidence = app.command(&["opt-out", "evidence", PATIENT, "--tenant", TENANT]);
    assert!(evidence.contains("\"kind\":\"call\"") && evidence.contains(&call), "{evidence}");
}

async fn a_caller_without_a_number_is_offered_none(on: On) {
    let app = started_with(on, &["--offer-caller-number", "on"]).await;
    let mut plan = payer().press("collect_phone", "2025550147#");
    plan.from = "anonymous".to_owned();
    let (_, sounds) = heard(&app, plan).await;
    assert_eq!(sounds, ["menu", "collect_statement", "collect_phone", "sent_sms", "goodbye"]);
}

async fn a_number_keyed_wrong_is_heard_and_corrected(on: On) {
    let app = started_with(on, &["--read-back", "on"]).await;
    let plan = payer()
        .press("collect_phone", "2025550148#")
        .press("collect_phone", "2025550147#")
        .press_at_words("0 1 4 8", "2")
        .press_at_words("0 1 4 7", "1");
    let (_, sounds) = heard(&app, plan).await;
    let choice = "To send the link to this number, press 1. To enter it again, press 2.";
    let read = |last: &str| format!("You entered 2 0 2, 5 5 5, {last}. {choice}");
    let wanted = [
        "menu",
        "collect_statement",
        "collect_phone",
        &read("0 1 4 8"),
        "collect_phone",
        &read("0 1 4 7"),
        "sent_sms",
        "goodbye",
    ];
    assert_eq!(sounds, wanted);
    assert_eq!(app.sim.telnyx.inbox_of(PATIENT).len(), 1);
    assert!(app.sim.telnyx.inbox_of("+12025550148").is_empty());
    let logs = app.logs();
    for private in ["2025550148", "2025550147", "2 0 2", "0 1 4 8"] {
        assert!(!logs.contains(private), "{private} is in the log");
    }
}

async fn a_number_that_is_never_confirmed_gets_no_text(on: On) {
    let app = started_with(on, &["--read-back", "on"]).await;
    let (call, sounds) = heard(&app, payer().press("collect_phone", "2025550147#")).await;
    assert_eq!(sounds.iter().filter(|s| s.starts_with("You entered")).count(), 3, "{sounds:?}");
    assert!(transferred(&app, &call));
    assert!(app.sim.telnyx.inbox_of(PATIENT).is_empty() && app.sim.stripe.sessions().is_empty());
}

async fn spanish_is_spoken_from_the_ring_to_the_text(on: On) {
    let app = started_with(on, &["--spanish-menu", "on"]).await;
    let (call, sounds) = heard(&app, spanish_payer()).await;
    assert_eq!(sounds.len(), 6, "{sounds:?}");
    assert_eq!(sounds.last().map(String::as_str), Some("Gracias. Adiós."));
    for (action, body) in app.sim.telnyx.commands(&call) {
        assert!(body["audio_url"].is_null(), "a recording in English is played");
        let spoken = matches!(action.as_str(), "gather_using_speak" | "speak");
        assert_eq!(spoken, body["language"] == "es-US", "{action}");
    }
    let texts = app.sim.telnyx.inbox_of(PATIENT);
    assert_eq!(texts.len(), 1);
    assert!(texts[0].text.starts_with("Ridgeline EMS: pague su factura en http"), "{}", texts[0].text);
    assert!(texts[0].text.ends_with("Responda ALTO para no recibir mas."), "{}", texts[0].text);
    let kept = calls::present(&app.db, &CallControlId::new(call)).await.expect("the call is read");
    assert_eq!(kept.map(|c| c.language), Some(Language::Spanish));
}

async fn one_key_stops_texts_to_the_number_one_calls_from(on: On) {
    let app = started_with(on, &["--opt-out-key", "on"]).await;
    let menu = "Press 1 to pay your bill. Press 2 to speak with a billing specialist. To stop our text messages to \
                the phone you are calling from, press 8.";
    let told = "We will send no more text messages to the phone you are calling from.";
    let stops = caller().press_at_words("press 8", "8");
    let (call, sounds) = heard(&app, stops).await;
    assert_eq!(sounds[0], menu);
    assert!(sounds[1].starts_with(told) && sounds[2] == "goodbye" && sounds.len() == 3, "{sounds:?}");

    let opted_out = app.command(&["opt-out", "list", "--tenant", TENANT]);
    assert!(opted_out.contains(PATIENT) && opted_out.contains("call"), "{opted_out}");
    let evidence = app.command(&["opt-out", "evidence", PATIENT, "--tenant", TENANT]);
    assert!(evidence.contains(&format!("the menu's key in call {call}")), "{evidence}");
    assert_eq!(app.logs().matches("\"sms_opt_out\"").count(), 1, "one line an opt-out recorded");
    let story = app.try_command(&["trace", "call", &call]).1;
    assert!(story.contains("the caller stopped texts to ***0147 by the menu's key"), "{story}");

    // No link from here on, whoever asks for it; and a START does not lift what was said on the phone.
    app.sim.telnyx.send_text(PATIENT, LINE, "START");
    app.settle().await;
    let pays = caller()
        .press_at_words("press 8", "1")
        .press("collect_statement", &format!("{STATEMENT}#"))
        .press("collect_phone", "2025550147#");
    let (call, sounds) = heard(&app, pays).await;
    assert_eq!(sounds.last().map(String::as_str), Some("transfer"));
    assert!(transferred(&app, &call) && app.sim.stripe.sessions().is_empty());
}

async fn who_presses_the_key_and_hangs_up_is_opted_out_and_told_three_times_it_is_once(on: On) {
    let chaos = Chaos { duplicates: 2, reorder: true, extra_delay_ms: 0..80, seed: 11 };
    let app = TestApp::start_with(on, |o| o.chaos = Some(chaos), &[]).await;
    app.command(&["tenant", "set", "--id", TENANT, "--opt-out-key", "on"]);
    heard(&app, caller().at_words("press 8", Reply::HangUpAfterKeys("8".to_owned()))).await;
    let recorded = || async {
        let history = (&app.db).sql("SELECT count(*) AS n FROM opt_out_history WHERE source = 'call'");
        let row = (&app.db).row(history).await.expect("the history is read").expect("a row");
        row.int("n").expect("a number")
    };
    // The key may be told after the hang-up.
    assert!(within(LONG, || async { recorded().await > 0 }).await, "{}", app.logs());
    app.settle().await;
    assert_eq!(recorded().await, 1);
}

/// A caller who wants Spanish and does everything right.
fn spanish_payer() -> CallPlan {
    caller()
        .press_at_words("en español, oprima 9", "9")
        .press_at_words("Para pagar su factura", "1")
        .press_at_words("número de su estado de cuenta", &format!("{STATEMENT}#"))
        .press_at_words("10 dígitos", "2025550147#")
}

async fn a_call_goes_on_in_spanish_after_the_service_was_killed(on: On) {
    let mut app = started_with(on, &["--spanish-menu", "on"]).await;
    let call = app.sim.telnyx.start_call(spanish_payer().pace(Pace(10.0)));
    let said = |words: &str| {
        let commands = app.sim.telnyx.commands(&call);
        commands.iter().any(|(_, body)| sound(body).is_some_and(|s| s.contains(words)))
    };
    assert!(within(LONG, || async { said("estado de cuenta") }).await, "{}", app.logs());
    app.kill();
    app.launch().await;
    let over = || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) };
    assert!(within(Duration::from_secs(60), over).await, "the call has not ended\n{}", app.logs());
    app.settle().await;
    let commands = app.sim.telnyx.commands(&call);
    assert!(commands.iter().all(|(_, body)| body["audio_url"].is_null()), "a recording in English is played");
    let last = commands.iter().rev().find_map(|(_, body)| sound(body));
    assert_eq!(last.as_deref(), Some("Gracias. Adiós."));
    assert_eq!(app.sim.telnyx.inbox_of(PATIENT).len(), 1);
}

async fn with_everything_on_and_every_event_up_to_three_times_out_of_order_it_comes_to_the_same(on: On) {
    let chaos = Chaos { duplicates: 2, reorder: true, extra_delay_ms: 0..80, seed: 7 };
    let app = TestApp::start_with(on, |o| o.chaos = Some(chaos), &[]).await;
    app.command(&[
        "tenant",
        "set",
        "--id",
        TENANT,
        "--offer-caller-number",
        "on",
        "--read-back",
        "on",
        "--spanish-menu",
        "on",
        "--statement-digits",
        "8",
    ]);
    let plan = spanish_payer()
        .press_at_words("desde el que usted llama", "2")
        .press_at_words("Usted marcó 2 0 2, 5 5 5, 0 1 4 7", "1");
    let (_, sounds) = heard(&app, plan).await;
    assert_eq!(sounds.len(), 8, "{sounds:?}");
    assert_eq!(app.sim.telnyx.inbox_of(PATIENT).len(), 1);
    assert_eq!(app.sim.stripe.sessions().len(), 1);
}

async fn who_lets_the_offer_of_spanish_pass_pays_in_english(on: On) {
    let app = started_with(on, &["--spanish-menu", "on"]).await;
    let (_, sounds) = heard(&app, payer().press("collect_phone", "2025550147#")).await;
    let wanted = [
        "Para continuar en español, oprima 9.",
        "menu",
        "collect_statement",
        "collect_phone",
        "sent_sms",
        "goodbye",
    ];
    assert_eq!(sounds, wanted);
}

super::served_on_both!(
    in_closed_hours_the_caller_hears_them_and_the_agency_calls_back,
    in_office_hours_and_once_they_are_taken_away_callers_are_put_through,
    a_statement_number_of_another_length_is_not_looked_up,
    the_number_one_calls_from_gets_the_link_for_one_key,
    a_caller_who_opted_out_reaches_a_person_and_gets_no_text,
    a_caller_without_a_number_is_offered_none,
    a_number_keyed_wrong_is_heard_and_corrected,
    a_number_that_is_never_confirmed_gets_no_text,
    spanish_is_spoken_from_the_ring_to_the_text,
    a_call_goes_on_in_spanish_after_the_service_was_killed,
    with_everything_on_and_every_event_up_to_three_times_out_of_order_it_comes_to_the_same,
    who_lets_the_offer_of_spanish_pass_pays_in_english,
    one_key_stops_texts_to_the_number_one_calls_from,
    who_presses_the_key_and_hangs_up_is_opted_out_and_told_three_times_it_is_once
);
