//! Calls: prompts, keys, gathers, transfers, hang-ups.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::super::{Reply, TransferOutcome};
use super::{Bench, CALLER, plan};

fn state(step: u32) -> String {
    STANDARD.encode(format!("{{\"fc\":1,\"step\":{step}}}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_call_goes_through_menu_statement_and_transfer() {
    let bench = Bench::new().await;
    let talk = TransferOutcome::Answered { talk: Duration::from_secs(5) };
    let plan = plan().press("menu", "1").press("collect_statement", "30458003#").transfer(talk);
    let call = bench.answered_call(plan).await;
    bench.gather(&call, "menu", json!({ "maximum_digits": 1, "client_state": state(1) })).await;
    let menu = bench.event("call.gather.ended", 0).await;
    assert_eq!(
        (&menu["status"], &menu["digits"], &menu["client_state"]),
        (&json!("valid"), &json!("1"), &json!(state(1)))
    );
    bench.gather(&call, "collect_statement", json!({ "maximum_digits": 13, "client_state": state(2) })).await;
    let statement = bench.event("call.gather.ended", 1).await;
    assert_eq!((&statement["digits"], &statement["client_state"]), (&json!("30458003"), &json!(state(2))));
    assert_eq!(bench.payloads("call.dtmf.received").len(), 10, "one event a key, # included");

    let to = json!({ "to": "+12025550119", "target_leg_client_state": state(9) });
    assert_eq!(bench.command(&call, "transfer", to).await.0, 200);
    bench.event("call.bridged", 1).await;
    let leg_b = bench.event("call.initiated", 1).await;
    assert_eq!((&leg_b["direction"], &leg_b["state"]), (&json!("outgoing"), &json!("bridging")));
    assert_eq!(leg_b["call_session_id"], menu["call_session_id"]);
    assert_ne!(leg_b["call_control_id"], menu["call_control_id"]);
    assert_eq!(leg_b["client_state"], state(9));
    bench.event("call.hangup", 1).await;
    let view = bench.sim.call(&call).unwrap();
    assert!(view.ended && view.answered);
    let want = [
        "calls",
        "is answered",
        "hears menu",
        "presses 1",
        "hears collect_statement",
        "presses ***",
        "is being transferred",
        "talks to the person called",
        "call ended",
    ];
    assert_eq!(view.transcript, want);
    assert_eq!(*bench.service.bad_signatures.lock().unwrap(), 0);
    assert_eq!(bench.sim.commands(&call).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_fails_leaves_the_caller_on_the_line() {
    for (outcome, cause) in [
        (TransferOutcome::Busy, "user_busy"),
        (TransferOutcome::NoAnswer, "no_answer"),
        (TransferOutcome::Rejected, "call_rejected"),
        (TransferOutcome::Timeout, "timeout"),
    ] {
        let bench = Bench::new().await;
        let call = bench.answered_call(plan().transfer(outcome)).await;
        bench.command(&call, "transfer", json!({ "to": "+12025550119", "timeout_secs": 5 })).await;
        let hangup = bench.event("call.hangup", 0).await;
        assert_eq!(hangup["hangup_cause"], cause);
        assert_ne!(hangup["call_control_id"], call.as_str());
        assert!(hangup["client_state"].is_null());
        assert!(!bench.sim.call(&call).unwrap().ended);
        assert_eq!(
            bench.command(&call, "speak", json!({ "payload": "Goodbye", "voice": "female" })).await.0,
            200
        );
        bench.event("call.speak.ended", 0).await;
        assert_eq!(bench.command(&call, "hangup", json!({})).await.0, 200);
        assert_eq!(bench.event("call.hangup", 1).await["hangup_source"], "callee");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gather_ends_by_silence_by_wrong_keys_and_by_the_pause_between_keys() {
    let bench = Bench::new().await;
    let plan = plan().press("b", "9").press("c", "12").press("d", "#").press("e", "1");
    let call = bench.answered_call(plan).await;
    for (n, (prompt, more, status, digits)) in [
        ("a", json!({}), "timeout", ""),
        ("b", json!({ "maximum_digits": 1, "valid_digits": "12" }), "invalid", "9"),
        ("c", json!({ "maximum_digits": 4 }), "valid", "12"),
        ("d", json!({}), "valid", ""),
        ("e", json!({ "minimum_digits": 3 }), "invalid", "1"),
    ]
    .into_iter()
    .enumerate()
    {
        bench.gather(&call, prompt, more).await;
        let ended = bench.event("call.gather.ended", n).await;
        assert_eq!((&ended["status"], &ended["digits"]), (&json!(status), &json!(digits)), "{prompt}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_caller_hears_the_prompt_as_often_as_there_are_tries() {
    let bench = Bench::new().await;
    let call = bench.answered_call(plan()).await;
    bench.gather(&call, "menu", json!({ "maximum_tries": 3, "timeout_millis": 1000 })).await;
    bench.event("call.gather.ended", 0).await;
    assert_eq!(bench.payloads("call.playback.started").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_cuts_the_prompt_short_and_a_new_gather_cancels_the_old() {
    let bench = Bench::new().await;
    let call = bench.answered_call(plan().press("collect", "12")).await;
    bench
        .gather(&call, "collect", json!({ "inter_digit_timeout_millis": 120_000, "client_state": state(1) }))
        .await;
    bench.event("call.dtmf.received", 0).await;
    // The prompt is 1 s long and the first key comes after 1.5 s, so this one had ended by itself.
    assert_eq!(bench.event("call.playback.ended", 0).await["status"], "completed");
    bench.event("call.dtmf.received", 1).await;
    bench.gather(&call, "menu", json!({ "client_state": state(2) })).await;
    let old = bench.event("call.gather.ended", 0).await;
    assert_eq!((&old["status"], &old["client_state"]), (&json!("cancelled"), &json!(state(1))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_is_not_there_is_reported_and_speech_takes_its_name() {
    let bench = Bench::new().await;
    let call = bench.answered_call(plan().press("missing", "1")).await;
    bench.gather(&call, "missing", json!({ "maximum_digits": 1, "timeout_millis": 120_000 })).await;
    let ended = bench.event("call.playback.ended", 0).await;
    assert_eq!(ended["status"], "file_not_found");
    let speak = json!({ "payload": "Press 1", "voice": "female", "maximum_digits": 1, "maximum_tries": 1 });
    assert_eq!(bench.command(&call, "gather_using_speak", speak).await.0, 200);
    assert_eq!(bench.event("call.gather.ended", 0).await["status"], "cancelled");
    let ended = bench.event("call.gather.ended", 1).await;
    assert_eq!((&ended["status"], &ended["digits"]), (&json!("valid"), &json!("1")));
    bench.event("call.speak.ended", 0).await;
    let gone = json!({ "audio_url": "http://127.0.0.1:1/menu.wav" });
    bench.command(&call, "playback_start", gone).await;
    assert_eq!(bench.event("call.playback.ended", 1).await["status"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_queue_and_playback_stop_ends_them_all() {
    let bench = Bench::new().await;
    let call = bench.answered_call(plan()).await;
    for name in ["transfer", "goodbye"] {
        bench
            .command(&call, "playback_start", json!({ "audio_url": bench.prompt(name), "audio_type": "wav" }))
            .await;
    }
    bench.event("call.playback.ended", 1).await;
    let order: Vec<_> = bench.kinds().into_iter().filter(|k| k.starts_with("call.playback")).collect();
    assert_eq!(
        order,
        ["call.playback.started", "call.playback.ended", "call.playback.started", "call.playback.ended"]
    );
    bench.command(&call, "speak", json!({ "payload": "x".repeat(2000), "voice": "female" })).await;
    bench.event("call.speak.started", 0).await;
    bench.command(&call, "playback_stop", json!({})).await;
    bench.event("call.speak.ended", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_ends_prompt_gather_and_call_in_either_order() {
    for hangup_first in [false, true] {
        let bench = Bench::with(|o| o.quirks.hangup_before_gather_ended = hangup_first).await;
        let call = bench.answered_call(plan().at("collect", Reply::HangUpAfterKeys("202".to_owned()))).await;
        bench.gather(&call, "collect", json!({})).await;
        let ended = bench.event("call.gather.ended", 0).await;
        assert_eq!((&ended["status"], &ended["digits"]), (&json!("call_hangup"), &json!("202")));
        let hangup = bench.event("call.hangup", 0).await;
        assert_eq!((&hangup["hangup_source"], &hangup["from"]), (&json!("caller"), &json!(CALLER)));
        let kinds = bench.kinds();
        let place = |kind: &str| kinds.iter().position(|k| k == kind).unwrap();
        assert_eq!(place("call.hangup") < place("call.gather.ended"), hangup_first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_nobody_answers_gives_up() {
    let bench = Bench::new().await;
    let mut plan = plan();
    plan.patience = Duration::from_millis(100);
    let call = bench.sim.start_call(plan);
    assert_eq!(bench.event("call.hangup", 0).await["hangup_cause"], "originator_cancel");
    let view = bench.sim.call(&call).unwrap();
    assert!(view.ended && !view.answered);
}
