//! A call that has ended gets no further command, whatever was still on its way.

use std::time::Duration;

use fusion_comms::sim::telnyx::{Api, CallPlan, Pace};
use fusion_comms::store::calls;
use fusion_comms_core::ids::CallControlId;
use fusion_comms_core::ivr::State;

use super::support::app::{On, PATIENT, TestApp, within};

const LONG: Duration = Duration::from_secs(60);

async fn a_hang_up_that_got_no_answer_is_not_asked_for_again_once_the_caller_is_gone(on: On) {
    let app = TestApp::start(on).await;
    let goodbye = |kind: &str, payload: &serde_json::Value| {
        let file = payload["media_url"].as_str().unwrap_or_default();
        kind == "call.playback.ended" && file.ends_with("goodbye.wav")
    };
    app.sim.telnyx.hold(goodbye);
    // A number of nobody's hears goodbye at once.
    let call = app.sim.telnyx.start_call(CallPlan::new(PATIENT, "+12025550199").pace(Pace::FAST));
    assert!(within(LONG, || async { app.sim.telnyx.held() > 0 }).await, "{}", app.logs());
    app.settle().await;
    app.sim.telnyx.hang_next(Api::Calls, 1);
    app.sim.telnyx.release();
    let hangups = || app.sim.telnyx.requests().iter().filter(|r| r.path.ends_with("/hangup")).count();
    assert!(within(LONG, || async { hangups() == 1 }).await, "{}", app.logs());
    app.sim.telnyx.hang_up(&call);
    let id = CallControlId::new(call.as_str());
    let done = || async { calls::present(&app.db, &id).await.unwrap().unwrap().state == State::Done };
    assert!(within(LONG, done).await, "{}", app.logs());
    assert_eq!(hangups(), 1, "the try without an answer has not ended before the call has");
    app.settle().await;
    assert_eq!(hangups(), 1, "a command to a dead leg");
}

super::served_on_both!(a_hang_up_that_got_no_answer_is_not_asked_for_again_once_the_caller_is_gone);
