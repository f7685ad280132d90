//! Telnyx and Stripe behind a bad line: no caller is left in silence, and whatever was acted on unseen is not done again.

use std::collections::BTreeSet;
use std::time::Duration;

use fusion_comms::sim::telnyx::Pace;

use super::super::support::app::{LINE, On, TestApp, within};
use super::super::support::fault_proxy::Fault;
use super::{LONG, heard, payer, person, proxied};

/// The link and the answer to HELP go out once, and no command is taken twice.
async fn is_done_once(app: &TestApp, call: &str, fault: Fault) {
    let ended = || async { app.sim.telnyx.call(call).is_some_and(|c| c.ended) };
    assert!(within(LONG, ended).await, "{fault:?}: {:?}\n{}", heard(app, call), app.logs());
    app.settle().await;
    let commands = app.sim.telnyx.commands(call);
    let ids: BTreeSet<&str> = commands.iter().filter_map(|(_, body)| body["command_id"].as_str()).collect();
    assert_eq!(ids.len(), commands.len(), "{fault:?}: {commands:?}");
    assert_eq!(app.sim.telnyx.count_texts(LINE, &person(1)), 1, "{fault:?}: links");
    assert_eq!(app.sim.stripe.sessions().len(), 1, "{fault:?}: sessions");
}

async fn telnyx_under(fault: Fault, lasts: Duration) {
    let mut app = TestApp::prepare(On::Sqlite, |_| {}, &[]).await;
    app.found_agency();
    let proxy = proxied(&mut app, "TELNYX_API_BASE").await;
    app.launch().await;
    let call = app.sim.telnyx.start_call(payer(&person(1), Pace(10.0)));
    let begun = || async { app.sim.telnyx.commands(&call).len() > 1 };
    assert!(within(LONG, begun).await, "{}", app.logs());
    proxy.set(fault);
    app.sim.telnyx.send_text(&person(2), LINE, "HELP");
    let met = || async { proxy.met() > 0 };
    assert!(within(LONG, met).await, "{fault:?} met nothing\n{}", app.logs());
    tokio::time::sleep(lasts).await;
    proxy.set(Fault::None);
    is_done_once(&app, &call, fault).await;
    assert_eq!(app.sim.telnyx.count_texts(LINE, &person(2)), 1, "{fault:?}: answers to HELP");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn telnyx_falls_silent() {
    telnyx_under(Fault::Silence, Duration::from_secs(4)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn telnyx_acts_and_its_answers_are_cut_off() {
    telnyx_under(Fault::CutBeforeAnswer, Duration::from_secs(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn telnyx_acts_and_its_answers_are_reset_in_the_middle() {
    telnyx_under(Fault::ResetAfter(40), Duration::from_secs(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn telnyx_answers_a_byte_at_a_time() {
    telnyx_under(Fault::Trickle(Duration::from_millis(50)), Duration::from_secs(4)).await;
}

/// The fault lasts until the caller is on the way to a person.
async fn stripe_under(fault: Fault) {
    let mut app = TestApp::prepare(On::Sqlite, |_| {}, &[]).await;
    app.found_agency();
    let proxy = proxied(&mut app, "STRIPE_API_BASE").await;
    app.launch().await;
    proxy.set(fault);
    let call = app.sim.telnyx.start_call(payer(&person(1), Pace(10.0)));
    let transferred =
        || async { app.sim.telnyx.commands(&call).iter().any(|(action, _)| action == "transfer") };
    assert!(within(LONG, transferred).await, "{fault:?}: {:?}\n{}", heard(&app, &call), app.logs());
    assert!(proxy.met() > 0, "{fault:?} met nothing");
    assert_eq!(app.sim.telnyx.count_texts(LINE, &person(1)), 0, "no link without a session");
    proxy.set(Fault::None);
    is_done_once(&app, &call, fault).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn stripe_falls_silent_and_the_caller_reaches_a_person() {
    stripe_under(Fault::Silence).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn stripe_makes_a_session_and_its_answers_are_cut_off() {
    stripe_under(Fault::CutBeforeAnswer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn stripe_makes_a_session_and_its_answers_are_reset_in_the_middle() {
    stripe_under(Fault::ResetAfter(200)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn stripe_answers_a_byte_at_a_time() {
    stripe_under(Fault::Trickle(Duration::from_millis(20))).await;
}
