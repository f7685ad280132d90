//! What Telnyx refuses, each once.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Api, TransferOutcome};
use super::{Bench, CALLER, OURS, code, plan};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_bearer_or_with_another_key_is_refused() {
    let bench = Bench::with(|o| o.api_key = Some("KEY".to_owned())).await;
    let http = reqwest::Client::new();
    let url = format!("{}/v2/messages", bench.api);
    assert_eq!(http.post(&url).body("{}").send().await.unwrap().status(), 401);
    let wrong = http.post(&url).bearer_auth("OTHER").body("{}").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(wrong.json::<Value>().await.unwrap()["errors"][0]["code"], "10009");
    assert_eq!(code(&bench.post("/v2/messages", json!({})).await), (400, "40310".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_at_the_wrong_time_are_refused() {
    let bench = Bench::new().await;
    let gather = json!({ "audio_url": bench.prompt("menu") });
    assert_eq!(code(&bench.command("v3:nobody", "answer", json!({})).await), (422, "90015".to_owned()));
    let ringing = bench.sim.start_call(plan());
    assert_eq!(
        code(&bench.command(&ringing, "gather_using_audio", gather.clone()).await),
        (422, "90034".to_owned())
    );
    assert_eq!(code(&bench.command(&ringing, "park", json!({})).await), (404, "10005".to_owned()));
    bench.sim.hang_up(&ringing);
    bench.event("call.hangup", 0).await;
    assert_eq!(code(&bench.command(&ringing, "answer", json!({})).await), (422, "90018".to_owned()));

    let bench = Bench::new().await;
    let call = bench.answered_call(plan().transfer(TransferOutcome::Timeout)).await;
    assert_eq!(code(&bench.command(&call, "answer", json!({})).await), (422, "90102".to_owned()));
    bench.command(&call, "transfer", json!({ "to": "+12025550119", "timeout_secs": 600 })).await;
    let leg_b = bench.event("call.initiated", 1).await["call_control_id"].as_str().unwrap().to_owned();
    assert_eq!(code(&bench.command(&leg_b, "answer", json!({})).await), (422, "90102".to_owned()));
    bench.command(&call, "hangup", json!({})).await;
    bench.event("call.hangup", 1).await;
    assert_eq!(code(&bench.command(&leg_b, "hangup", json!({})).await), (422, "90018".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_parameters_are_refused() {
    let bench = Bench::new().await;
    let call = bench.answered_call(plan()).await;
    let audio = |more: Value| {
        let mut body = json!({ "audio_url": bench.prompt("menu") });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let long = "x".repeat(3001);
    for (action, body, want) in [
        ("gather_using_audio", audio(json!({ "maximum_digit": 1 })), "10027"),
        ("gather_using_audio", audio(json!({ "client_state": "not base64!" })), "90017"),
        ("gather_using_audio", audio(json!({ "maximum_digits": 0 })), "90002"),
        ("gather_using_audio", audio(json!({ "minimum_digits": 129 })), "90002"),
        ("gather_using_audio", audio(json!({ "minimum_digits": 5, "maximum_digits": 4 })), "10027"),
        ("gather_using_audio", audio(json!({ "maximum_tries": 129 })), "90002"),
        ("gather_using_audio", audio(json!({ "timeout_millis": 0 })), "90002"),
        ("gather_using_audio", audio(json!({ "timeout_millis": "10000" })), "10027"),
        ("gather_using_audio", audio(json!({ "inter_digit_timeout_millis": 120_001 })), "90002"),
        ("gather_using_audio", audio(json!({ "terminating_digit": "##" })), "10027"),
        ("gather_using_audio", audio(json!({ "valid_digits": "12a" })), "10027"),
        ("gather_using_audio", audio(json!({ "media_name": "both" })), "10027"),
        ("gather_using_audio", json!({ "audio_url": "file:///menu.wav" }), "10027"),
        ("gather_using_audio", json!({}), "10004"),
        ("gather_using_speak", json!({ "payload": "Hello" }), "10004"),
        ("gather_using_speak", json!({ "payload": long, "voice": "female" }), "10027"),
        ("gather_using_speak", json!({ "voice": "female" }), "10004"),
        ("gather_using_speak", json!({ "payload": "Hola", "voice": "female", "language": "es" }), "10027"),
        ("gather_using_speak", json!({ "payload": "Hola", "voice": "Lupe", "language": "es-US" }), "10027"),
        ("speak", json!({ "payload": "Hola" }), "10004"),
        ("playback_start", audio(json!({ "audio_type": "ogg" })), "10027"),
        ("playback_start", audio(json!({ "loop": 101 })), "90002"),
        ("speak", json!({ "voice": "female" }), "10004"),
        ("transfer", json!({}), "10004"),
        ("transfer", json!({ "to": "2025550119" }), "10027"),
        ("transfer", json!({ "to": "+12025550119", "timeout_secs": 4 }), "90002"),
        ("transfer", json!({ "to": "+12025550119", "target_leg_client_state": "%" }), "90017"),
        ("hangup", json!({ "reason_": "x" }), "10027"),
    ] {
        assert_eq!(
            code(&bench.command(&call, action, body.clone()).await),
            (422, want.to_owned()),
            "{action} {body}"
        );
    }
    assert_eq!(code(&bench.command(&call, "hangup", json!([])).await), (400, "10015".to_owned()));
    assert_eq!(bench.sim.commands(&call).len(), 1, "only the answer was taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_id_works_once_a_minute_for_each_call() {
    let bench = Bench::new().await;
    let call = bench.answered_call(plan()).await;
    let body =
        json!({ "audio_url": bench.prompt("goodbye"), "command_id": "3f0c1f0e-0000-4000-8000-000000000001" });
    assert_eq!(bench.command(&call, "playback_start", body.clone()).await.0, 200);
    assert_eq!(bench.command(&call, "playback_start", body.clone()).await.0, 200);
    bench.event("call.playback.ended", 0).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.payloads("call.playback.started").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_telnyx_would_not_send_are_refused() {
    let bench = Bench::with(|o| o.from_numbers = Some([OURS.to_owned()].into())).await;
    let text = |name: &str, value: Value| {
        let mut body = json!({ "from": OURS, "to": CALLER, "text": "Hello" });
        body[name] = value;
        body
    };
    for (body, want) in [
        (text("to", json!("2025550147")), (400, "40310")),
        (text("to", Value::Null), (400, "40310")),
        (text("from", json!("+12025550111")), (400, "40305")),
        (text("from", Value::Null), (400, "40305")),
        (text("text", json!("")), (400, "40316")),
        (text("text", json!("x".repeat(1531))), (400, "40302")),
        (text("text", json!("€".repeat(766))), (400, "40302")),
        (text("text", json!("ж".repeat(671))), (400, "40302")),
        (text("txt", json!("x")), (422, "10027")),
    ] {
        assert_eq!(code(&bench.post("/v2/messages", body).await), (want.0, want.1.to_owned()));
    }
    for fits in ["x".repeat(1530), "€".repeat(765), "ж".repeat(670)] {
        assert_eq!(bench.post("/v2/messages", text("text", json!(fits))).await.0, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_hit_the_next_requests_of_one_api_only() {
    let bench = Bench::new().await;
    let text = json!({ "from": OURS, "to": CALLER, "text": "Hello" });
    bench.sim.fail_next(Api::Messages, 1, 429);
    assert_eq!(code(&bench.post("/v2/messages", text.clone()).await), (429, "10011".to_owned()));
    bench.sim.down(Api::Messages, true);
    assert_eq!(code(&bench.post("/v2/messages", text.clone()).await), (503, "10037".to_owned()));
    assert_eq!(code(&bench.command("v3:nobody", "hangup", json!({})).await), (422, "90015".to_owned()));
    bench.sim.down(Api::Messages, false);
    assert!(bench.sim.inbox_of(CALLER).is_empty());
    for (acts, arrived) in [(false, 0), (true, 1)] {
        if acts {
            bench.sim.act_then_hang(Api::Messages, 1);
        } else {
            bench.sim.hang_next(Api::Messages, 1);
        }
        let answer =
            tokio::time::timeout(Duration::from_millis(300), bench.post("/v2/messages", text.clone())).await;
        assert!(answer.is_err(), "no answer came");
        assert_eq!(bench.sim.inbox_of(CALLER).len(), arrived);
    }
    assert_eq!(bench.sim.requests().len(), 5);
}
