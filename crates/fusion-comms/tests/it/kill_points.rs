//! kill -9 at each point where it could hurt: around Stripe's answer and the text, and in each wait of a call. The caller
//! is led on to an end, with one session and one text at most, and nothing is done twice.
//!
//! No point is hit by luck: the simulators hold the answer or the event that would end it until the process is dead.

mod scene;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use fusion_comms::sim::telnyx::{Api, CallPlan, Pace, SimOptions, TransferOutcome};
use fusion_comms_core::ivr::{Phase, State};
use futures::future::LocalBoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::Value;

use super::support::app::{LINE, On, PATIENT, STATEMENT, TestApp};
use scene::{Event, Scene};

/// Apps that run side by side: they wait more than they work, but each has its connections.
const AT_ONCE: usize = 5;
const PHONE: &str = "2025550147";
const WHOLE: [&str; 5] = ["menu", "collect_statement", "collect_phone", "sent_sms", "goodbye"];

/// A caller who does everything right, and says goodbye by another key than 1.
fn payer() -> CallPlan {
    CallPlan::new(PATIENT, LINE)
        .press("menu", "1")
        .press("collect_statement", &format!("{STATEMENT}#"))
        .press("invalid_statement", &format!("{STATEMENT}#"))
        .press("collect_phone", &format!("{PHONE}#"))
        .press("sent_sms", "2")
        .pace(Pace::FAST)
}

fn gathered(kind: &str, payload: &Value, digits: &str) -> bool {
    kind == "call.gather.ended" && payload["digits"] == *digits
}

/// One point and what happens there.
struct Point {
    name: String,
    event: Event,
    run: Box<dyn FnOnce(TestApp) -> LocalBoxFuture<'static, ()>>,
}

fn point<F: Future<Output = ()> + 'static>(
    name: impl Into<String>,
    event: Event,
    run: impl FnOnce(TestApp) -> F + 'static,
) -> Point {
    Point { name: name.into(), event, run: Box::new(|app| Box::pin(run(app))) }
}

/// Runs the points side by side, each in an app of its own, and names those that failed.
async fn at_each(on: On, points: Vec<Point>) {
    let runs = points.into_iter().map(|point| async move {
        let retry_ms = if point.event == Event::IsLost { 10 } else { 250 };
        let tune = move |o: &mut SimOptions| o.retry_base = Duration::from_millis(retry_ms);
        // Its commands block: on a thread of their own, or the other points stand still.
        let app = tokio::spawn(async move { TestApp::start_with(on, tune, &[]).await });
        let run = (point.run)(app.await.expect("an app"));
        (point.name, AssertUnwindSafe(run).catch_unwind().await)
    });
    let ends: Vec<_> = futures::stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    let mut failed = Vec::new();
    for (name, end) in ends {
        if let Err(panic) = end {
            let why = panic.downcast_ref::<String>().map_or("a panic without words", String::as_str);
            failed.push(format!("killed {name}: {why}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

async fn killed_between_stripes_answer_and_the_texts_record_there_is_one_session_and_one_text(on: On) {
    let again = Event::ComesAgain;
    let points = vec![
        point("when Stripe has made the session and not answered", again, |app| async move {
            app.sim.stripe.act_then_hang(1);
            let mut s = Scene::ring(app, payer()).await;
            s.until("Stripe makes the session", async |s| s.app.sim.stripe.sessions().len() == 1).await;
            s.app.kill();
            assert_eq!(s.now().await.phase, Phase::Linking);
            assert_eq!(s.count("billing_checkout_sessions").await, 0, "the answer was not to be recorded");
            s.time_stands_still().await;
            s.app.launch().await;
            s.ends(&WHOLE, 1).await;
            assert_eq!(s.app.sim.stripe.requests().len(), 2, "asked once more, under the same key");
        }),
        point("when the session is recorded and Telnyx refuses texts", again, |app| async move {
            app.sim.telnyx.down(Api::Messages, true);
            let mut s = Scene::ring(app, payer()).await;
            let queued = "telnyx_sms_messages WHERE status = 'queued' AND error IS NOT NULL";
            s.until("the text waits for its next try", async |s| s.count(queued).await == 1).await;
            s.app.kill();
            assert_eq!(s.count("billing_checkout_sessions").await, 1, "the session is recorded");
            assert!(s.app.sim.telnyx.inbox_of(PATIENT).is_empty(), "no text was taken");
            s.app.sim.telnyx.down(Api::Messages, false);
            s.time_stands_still().await;
            s.app.launch().await;
            s.ends(&WHOLE, 1).await;
        }),
        point("when the text is handed over and Telnyx has not acted", again, |app| async move {
            app.sim.telnyx.hang_next(Api::Messages, 1);
            let mut s = Scene::ring(app, payer()).await;
            s.until("the text is asked for", async |s| s.asked_for_texts() == 1).await;
            s.app.kill();
            assert_eq!(s.count("telnyx_sms_messages WHERE status = 'sending'").await, 1);
            assert!(s.app.sim.telnyx.inbox_of(PATIENT).is_empty(), "no text was taken");
            s.time_stands_still().await;
            s.app.launch().await;
            s.ends(&WHOLE, 1).await;
        }),
        point("when Telnyx has taken the text and not answered", again, |app| async move {
            app.sim.telnyx.act_then_hang(Api::Messages, 1);
            let mut s = Scene::ring(app, payer()).await;
            let arrived = async |s: &Scene| s.app.sim.telnyx.inbox_of(PATIENT).len() == 1;
            s.until("the text arrives", arrived).await;
            s.app.kill();
            let unrecorded = "telnyx_sms_messages WHERE status = 'sending' AND telnyx_message_id IS NULL";
            assert_eq!(s.count(unrecorded).await, 1, "the answer was not to be recorded");
            s.time_stands_still().await;
            s.app.launch().await;
            s.ends(&WHOLE, 1).await;
            assert_eq!(s.asked_for_texts(), 2, "asked once more, under the same key");
        }),
        point("when the text is recorded and sent_sms not taken", again, |app| after_the_text(app, false)),
        point("when sent_sms is taken and not answered", again, |app| after_the_text(app, true)),
    ];
    at_each(on, points).await;
}

/// The text's answer is recorded; the gather that tells the caller so has reached Telnyx or not.
async fn after_the_text(app: TestApp, taken: bool) {
    let phone_or_last =
        |kind: &str, payload: &Value| gathered(kind, payload, PHONE) || gathered(kind, payload, "2");
    app.sim.telnyx.hold(phone_or_last);
    let mut s = Scene::ring(app, payer()).await;
    s.held().await;
    // Every earlier command has been answered by now: the next one is `sent_sms`.
    if taken {
        s.app.sim.telnyx.act_then_hang(Api::Calls, 1);
    } else {
        s.app.sim.telnyx.hang_next(Api::Calls, 1);
    }
    s.app.sim.telnyx.hold(|kind, payload| gathered(kind, payload, "2"));
    s.until("sent_sms is asked for", async |s| s.asked("gather_using_audio", "sent_sms")).await;
    s.app.kill();
    assert_eq!(s.now().await.state, State::LinkSent);
    assert_eq!(s.count("telnyx_sms_messages WHERE telnyx_message_id IS NOT NULL").await, 1);
    s.app.sim.telnyx.release();
    s.time_stands_still().await;
    s.app.launch().await;
    s.ends(&WHOLE, 1).await;
}

/// A wait of the call, held open by the event that would end it.
struct Wait {
    name: &'static str,
    plan: fn() -> CallPlan,
    /// The event: its type, and which of this type.
    kind: &'static str,
    is_it: fn(&Value) -> bool,
    state: State,
    is_phase: fn(Phase) -> bool,
    links: usize,
    heard: &'static [&'static str],
    heard_if_lost: &'static [&'static str],
    /// Whether the deadline itself is waited for; else the outage lasts until it is over.
    waits_it_out: bool,
}

const ASKING: fn(Phase) -> bool = |p| matches!(p, Phase::Asking { spoken: false, .. });

const WAITS: [Wait; 7] = [
    Wait {
        name: "while the answer is not confirmed",
        plan: payer,
        kind: "call.answered",
        is_it: |p| p["calling_party_type"].is_string(),
        state: State::Menu,
        is_phase: |p| matches!(p, Phase::Answering { .. }),
        links: 1,
        heard: &WHOLE,
        heard_if_lost: &[],
        waits_it_out: true,
    },
    Wait {
        name: "in MENU",
        plan: payer,
        kind: "call.gather.ended",
        is_it: |p| p["digits"] == "1",
        state: State::Menu,
        is_phase: ASKING,
        links: 1,
        heard: &WHOLE,
        heard_if_lost: &["menu", "menu", "collect_statement", "collect_phone", "sent_sms", "goodbye"],
        waits_it_out: true,
    },
    Wait {
        name: "in COLLECT_STATEMENT_ID",
        plan: payer,
        kind: "call.gather.ended",
        is_it: |p| p["digits"] == STATEMENT,
        state: State::CollectStatementId,
        is_phase: ASKING,
        links: 1,
        heard: &WHOLE,
        heard_if_lost: &[
            "menu",
            "collect_statement",
            "invalid_statement",
            "collect_phone",
            "sent_sms",
            "goodbye",
        ],
        waits_it_out: false,
    },
    Wait {
        name: "in COLLECT_SMS_PHONE",
        plan: payer,
        kind: "call.gather.ended",
        is_it: |p| p["digits"] == PHONE,
        state: State::CollectSmsPhone,
        is_phase: ASKING,
        links: 1,
        heard: &WHOLE,
        heard_if_lost: &[
            "menu",
            "collect_statement",
            "collect_phone",
            "collect_phone",
            "sent_sms",
            "goodbye",
        ],
        waits_it_out: false,
    },
    Wait {
        name: "in LINK_SENT",
        plan: payer,
        kind: "call.gather.ended",
        is_it: |p| p["digits"] == "2",
        state: State::LinkSent,
        is_phase: ASKING,
        links: 1,
        heard: &WHOLE,
        heard_if_lost: &WHOLE,
        waits_it_out: false,
    },
    Wait {
        name: "in TRANSFER, ringing",
        plan: || {
            let plan = CallPlan::new(PATIENT, LINE).press("menu", "2");
            plan.transfer(TransferOutcome::Busy).pace(Pace::FAST)
        },
        // All that happens to the second leg comes after its first event.
        kind: "call.initiated",
        is_it: |p| p["direction"] == "outgoing",
        state: State::Transfer,
        is_phase: |p| matches!(p, Phase::Transferring { .. }),
        links: 0,
        heard: &["menu", "transfer", "goodbye"],
        heard_if_lost: &["menu", "transfer", "goodbye"],
        waits_it_out: false,
    },
    Wait {
        name: "while goodbye plays",
        plan: payer,
        kind: "call.playback.ended",
        is_it: |p| p["media_url"].as_str().is_some_and(|u| u.ends_with("goodbye.wav")),
        state: State::LinkSent,
        is_phase: |p| matches!(p, Phase::Goodbye { .. }),
        links: 1,
        heard: &WHOLE,
        heard_if_lost: &WHOLE,
        waits_it_out: true,
    },
];

async fn in_wait(app: TestApp, wait: &'static Wait, event: Event) {
    app.sim.telnyx.hold(|kind, payload| kind == wait.kind && (wait.is_it)(payload));
    let mut s = Scene::ring(app, (wait.plan)()).await;
    s.held().await;
    // The answers to its commands are recorded: the wait alone is under way.
    s.app.settle().await;
    s.app.kill();
    let call = s.now().await;
    assert!(
        call.state == wait.state && (wait.is_phase)(call.phase),
        "not the point that was meant: {call:?}"
    );
    s.nobody_takes(wait.kind, event).await;
    match event {
        Event::ComesAgain => s.time_stands_still().await,
        Event::IsLost if wait.waits_it_out => {}
        Event::IsLost => s.the_wait_is_over().await,
    }
    s.app.launch().await;
    match event {
        Event::ComesAgain => s.ends(wait.heard, wait.links).await,
        // Whose answer is never confirmed is let go: nothing was heard, nothing is sent.
        Event::IsLost => {
            let links = if wait.heard_if_lost.is_empty() { 0 } else { wait.links };
            s.ends(wait.heard_if_lost, links).await;
        }
    }
}

/// SENDING_LINK waits for Stripe and not for an event; its 8 s pass while nobody is there.
async fn in_sending_link(app: TestApp) {
    app.sim.stripe.hang_next(1);
    let mut s = Scene::ring(app, payer()).await;
    s.until("Stripe is asked", async |s| s.app.sim.stripe.requests().len() == 1).await;
    s.app.kill();
    assert_eq!(s.now().await.phase, Phase::Linking);
    s.the_wait_is_over().await;
    s.app.launch().await;
    // Either the link or the deadline is first: the caller hears of the one or the other.
    let led_on = async |s: &Scene| s.asked("gather_using_audio", "sent_sms") || s.asked("transfer", "to");
    s.until("the caller is led on", led_on).await;
    let heard: &[&str] = if s.asked("transfer", "to") {
        &["menu", "collect_statement", "collect_phone", "transfer"]
    } else {
        &WHOLE
    };
    s.ends(heard, 1).await;
}

/// The hang-up is asked for, and its answer does not come.
async fn hanging_up(app: TestApp, taken: bool, event: Event) {
    let goodbye = |payload: &Value| payload["media_url"].as_str().is_some_and(|u| u.ends_with("goodbye.wav"));
    app.sim.telnyx.hold(move |kind, payload| kind == "call.playback.ended" && goodbye(payload));
    let mut s = Scene::ring(app, payer()).await;
    s.held().await;
    if taken {
        s.app.sim.telnyx.act_then_hang(Api::Calls, 1);
    } else {
        s.app.sim.telnyx.hang_next(Api::Calls, 1);
    }
    s.app.sim.telnyx.hold(|kind, _| kind == "call.hangup");
    s.until("the hang-up is asked for", async |s| s.asked("hangup", "")).await;
    s.app.kill();
    assert!(matches!(s.now().await.phase, Phase::HangingUp { .. }), "{:?}", s.now().await);
    if taken {
        s.nobody_takes("call.hangup", event).await;
    } else {
        s.app.sim.telnyx.release();
    }
    s.app.launch().await;
    s.ends(&WHOLE, 1).await;
}

/// The caller hangs up while nobody is there, and Telnyx's word of it comes later or never.
async fn the_caller_goes(app: TestApp, event: Event) {
    // In life's time: the silence after the prompt lasts longer than the test takes.
    let plan = CallPlan::new(PATIENT, LINE).press("menu", "1");
    let mut s = Scene::ring(app, plan).await;
    s.until("the prompt is heard", async |s| s.told().ends_with("hears collect_statement")).await;
    s.app.settle().await;
    s.app.kill();
    assert_eq!(s.now().await.state, State::CollectStatementId);
    s.app.sim.telnyx.hang_up(&s.call);
    s.nobody_takes("call.hangup", event).await;
    if event == Event::IsLost {
        s.the_wait_is_over().await;
    }
    s.app.launch().await;
    s.until("the row is DONE", async |s| s.now().await.state == State::Done).await;
    s.ends(&["menu", "collect_statement"], 0).await;
}

fn in_each_wait(event: Event) -> Vec<Point> {
    let mut points: Vec<Point> =
        WAITS.iter().map(|wait| point(wait.name, event, move |app| in_wait(app, wait, event))).collect();
    points.push(point("when the hang-up is taken and not answered", event, move |app| {
        hanging_up(app, true, event)
    }));
    points.push(point("before the caller hangs up", event, move |app| the_caller_goes(app, event)));
    points
}

async fn killed_in_each_wait_the_event_that_comes_again_leads_on(on: On) {
    let mut points = in_each_wait(Event::ComesAgain);
    points.push(point("when the hang-up is not taken", Event::ComesAgain, |app| {
        hanging_up(app, false, Event::ComesAgain)
    }));
    at_each(on, points).await;
}

async fn killed_in_each_wait_whose_event_is_lost_the_stored_deadline_leads_on(on: On) {
    let mut points = in_each_wait(Event::IsLost);
    points.push(point("in SENDING_LINK", Event::IsLost, in_sending_link));
    at_each(on, points).await;
}

super::served_on_both!(
    killed_between_stripes_answer_and_the_texts_record_there_is_one_session_and_one_text,
    killed_in_each_wait_the_event_that_comes_again_leads_on,
    killed_in_each_wait_whose_event_is_lost_the_stored_deadline_leads_on,
);
