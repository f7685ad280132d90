//! PostgreSQL behind a bad line: webhooks are answered 200 or 503 all the while, and it is well again by itself.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fusion_comms::clock::Clock;
use fusion_comms::sim::telnyx::Pace;

use super::super::support::app::{LINE, On, TestApp, text_webhook, within};
use super::super::support::fault_proxy::{Fault, FaultProxy};
use super::{LONG, payer, person, proxied};

const CALLS: usize = 4;
const SENDERS: usize = 4;
/// A statement is waited for some ten seconds; a server that is well again by then must not be missed for minutes.
const SOON: Duration = Duration::from_secs(45);

async fn served() -> (TestApp, FaultProxy) {
    let tune = |sim: &mut fusion_comms::sim::telnyx::SimOptions| sim.retry_base = Duration::from_millis(700);
    let mut app = TestApp::prepare(On::Postgres, tune, &[]).await;
    app.found_agency();
    let proxy = proxied(&mut app, "DATABASE_URL").await;
    app.launch().await;
    (app, proxy)
}

/// Sends HELPs, each from another person and again until it is taken, as Telnyx would; returns how many.
async fn ask_for_help(app: &TestApp, sender: usize, over: &AtomicBool, refused: &AtomicUsize) -> usize {
    let mut people = 0;
    while !over.load(Ordering::Relaxed) {
        let (id, from) = (format!("help-{sender}-{people}"), person(1000 + sender * 1000 + people));
        let body = text_webhook(&id, &from, "HELP", Clock::system().now()).to_string();
        people += 1;
        loop {
            let status = app.post("sms", &body).await.expect("an answer, whatever the database does");
            match status.as_u16() {
                200 => break,
                503 => drop(refused.fetch_add(1, Ordering::Relaxed)),
                other => panic!("{other}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    people
}

/// Calls and texts while these faults come one after the other; then all that is owed is done, once.
async fn all_is_done_once_under(faults: &[(Fault, Duration)]) -> (TestApp, usize) {
    let (app, proxy) = served().await;
    let (over, refused) = (AtomicBool::new(false), AtomicUsize::new(0));
    let senders = futures::future::join_all((0..SENDERS).map(|s| ask_for_help(&app, s, &over, &refused)));
    let trouble = async {
        let start = |n| app.sim.telnyx.start_call(payer(&person(n), Pace(8.0)));
        let calls: Vec<String> = (0..CALLS).map(start).collect();
        let begun = || async { calls.iter().all(|c| app.sim.telnyx.commands(c).len() > 1) };
        assert!(within(LONG, begun).await, "{}", app.logs());
        for (fault, lasts) in faults {
            let met = proxy.met();
            proxy.set(*fault);
            tokio::time::sleep(*lasts).await;
            assert_eq!(app.get("/healthz").await.expect("an answer").0, 200, "{fault:?}");
            assert!(app.get("/readyz").await.is_some(), "{fault:?}: readiness is told soon");
            assert!(proxy.met() > met, "nothing met {fault:?}");
        }
        proxy.set(Fault::None);
        let ready = || async { app.get("/readyz").await.is_some_and(|a| a.0 == 200) };
        assert!(within(SOON, ready).await, "not well again\n{}", app.logs());
        let body = text_webhook("after", &person(999), "HELP", Clock::system().now()).to_string();
        let taken = || async { app.post("sms", &body).await.is_some_and(|s| s == 200) };
        assert!(within(SOON, taken).await, "no text is taken\n{}", app.logs());
        over.store(true, Ordering::Relaxed);
        calls
    };
    let (people, calls) = tokio::join!(senders, trouble);
    for call in &calls {
        let ended = || async { app.sim.telnyx.call(call).is_some_and(|c| c.ended) };
        assert!(within(SOON, ended).await, "{:?}\n{}", app.sim.telnyx.call(call), app.logs());
    }
    app.settle().await;
    for (n, call) in calls.iter().enumerate() {
        let texts = app.sim.telnyx.count_texts(LINE, &person(n));
        assert_eq!(texts, 1, "links for caller {n}: {:?}", super::heard(&app, call));
    }
    assert_eq!(app.sim.stripe.sessions().len(), CALLS);
    for (sender, people) in people.iter().enumerate() {
        for n in 0..*people {
            let answers = app.sim.telnyx.count_texts(LINE, &person(1000 + sender * 1000 + n));
            assert_eq!(answers, 1, "answers to HELP {n} of sender {sender}");
        }
    }
    (app, refused.into_inner())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn connections_that_fall_silent_for_ever_hold_up_nobody_for_long() {
    let (_app, refused) = all_is_done_once_under(&[(Fault::Silence, Duration::from_secs(3))]).await;
    assert!(refused > 0, "nothing was refused meanwhile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn connections_that_are_slow_cut_and_reset_lose_and_double_nothing() {
    let lasts = Duration::from_millis(1500);
    let faults = [Fault::CutBeforeAnswer, Fault::Trickle(Duration::from_millis(3)), Fault::ResetAfter(3)];
    all_is_done_once_under(&faults.map(|fault| (fault, lasts))).await;
}
