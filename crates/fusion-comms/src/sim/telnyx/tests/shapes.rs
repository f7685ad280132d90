//! Events and answers have exactly the fields that Telnyx's have.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{FaxPlan, TextOutcome, TransferOutcome};
use super::{Bench, CALLER, OURS, plan};

macro_rules! fixture {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../fixtures/", $name, ".json"))).unwrap()
    };
}

/// Every path in a value with the kind of what is there; list items count as one, digits of a format as `0`.
fn shape(value: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, path: String, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(name, v)| walk(v, format!("{path}/{name}"), into)),
            Value::Array(list) => {
                into.insert(format!("{path}[]"));
                list.iter().for_each(|v| walk(v, format!("{path}[]"), into));
            }
            Value::String(text) if path.ends_with("_at") || path.ends_with("_time") => {
                let format: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
                into.insert(format!("{path}: {format}"));
            }
            Value::String(_) => drop(into.insert(format!("{path}: text"))),
            Value::Null => drop(into.insert(format!("{path}: null"))),
            Value::Bool(_) => drop(into.insert(format!("{path}: bool"))),
            Value::Number(_) => drop(into.insert(format!("{path}: number"))),
        }
    }
    let mut paths = BTreeSet::new();
    walk(value, String::new(), &mut paths);
    paths
}

impl Bench {
    async fn has_shape(&self, kind: &str, n: usize, fixture: Value) {
        self.event(kind, n).await;
        let events = self.service.events.lock().unwrap();
        let event = events.iter().filter(|e| e["data"]["event_type"] == kind).nth(n).unwrap();
        assert_eq!(shape(event), shape(&fixture), "{kind} {n}");
    }
}

const STATE: &str = "eyJ2IjoxfQ==";

#[tokio::test(flavor = "multi_thread")]
async fn voice_events_have_telnyx_s_fields() {
    let bench = Bench::new().await;
    let call = bench.sim.start_call(plan().press("menu", "1").pace(super::Pace::FAST));
    bench.has_shape("call.initiated", 0, fixture!("voice-01-call-initiated-incoming")).await;
    bench.command(&call, "answer", json!({ "client_state": STATE })).await;
    bench.has_shape("call.answered", 0, fixture!("voice-02-call-answered")).await;
    bench.gather(&call, "menu", json!({ "maximum_digits": 1 })).await;
    bench.has_shape("call.playback.started", 0, fixture!("voice-03-call-playback-started-menu")).await;
    bench.has_shape("call.dtmf.received", 0, fixture!("voice-04-call-dtmf-received-1")).await;
    bench.has_shape("call.playback.ended", 0, fixture!("voice-05-call-playback-ended-menu")).await;
    bench.has_shape("call.gather.ended", 0, fixture!("voice-06-call-gather-ended-menu-1")).await;
    bench.command(&call, "playback_start", json!({ "audio_url": bench.prompt("missing") })).await;
    bench.has_shape("call.playback.ended", 1, fixture!("voice-25-call-playback-ended-file-not-found")).await;
    bench.command(&call, "speak", json!({ "payload": "Hello", "voice": "female" })).await;
    bench.has_shape("call.speak.started", 0, fixture!("voice-30-call-speak-started")).await;
    bench.has_shape("call.speak.ended", 0, fixture!("voice-31-call-speak-ended")).await;
    bench.command(&call, "transfer", json!({ "to": "+12025550119", "target_leg_client_state": STATE })).await;
    bench.has_shape("call.initiated", 1, fixture!("voice-11-call-initiated-leg-b")).await;
    bench.has_shape("call.answered", 1, fixture!("voice-12-call-answered-leg-b")).await;
    bench.has_shape("call.bridged", 0, fixture!("voice-13-call-bridged-leg-a")).await;
    bench.has_shape("call.hangup", 0, fixture!("voice-15-call-hangup-leg-b")).await;
    bench.has_shape("call.hangup", 1, fixture!("voice-16-call-hangup-leg-a")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hang_ups_before_a_talk_have_telnyx_s_fields() {
    let bench = Bench::new().await;
    let call = bench.answered_call(plan().transfer(TransferOutcome::Busy)).await;
    bench.command(&call, "transfer", json!({ "to": "+12025550119", "target_leg_client_state": STATE })).await;
    bench.has_shape("call.hangup", 0, fixture!("voice-41-call-hangup-leg-b-user-busy")).await;
    let bench = Bench::new().await;
    let mut plan = plan();
    plan.patience = Duration::from_millis(50);
    bench.sim.start_call(plan);
    bench.has_shape("call.hangup", 0, fixture!("voice-45-call-hangup-originator-cancel")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_have_telnyx_s_fields() {
    let bench = Bench::new().await;
    bench.sim.send_text(CALLER, OURS, "What is this bill for?");
    bench.has_shape("message.received", 0, fixture!("sms-01-message-received-plain")).await;
    bench.sim.set_outcome(CALLER, TextOutcome::DeliveryFailed("40008".to_owned()));
    let text = json!({ "from": OURS, "to": CALLER, "text": "Hello" });
    let (_, accepted) = bench.post("/v2/messages", text.clone()).await;
    assert_eq!(shape(&accepted), shape(&fixture!("api-10-message-accepted")["body"]));
    bench.has_shape("message.sent", 0, fixture!("sms-20-message-sent")).await;
    bench.has_shape("message.finalized", 0, fixture!("sms-22-message-finalized-delivery-failed")).await;
    bench.sim.send_text(CALLER, OURS, "STOP");
    let (_, refused) = bench.post("/v2/messages", text).await;
    let want = &fixture!("api-11-message-blocked-stop")["body"];
    assert_eq!(refused["errors"][0]["title"], want["errors"][0]["title"]);
    assert_eq!(shape(&refused), shape(want));
}

#[tokio::test(flavor = "multi_thread")]
async fn faxes_have_telnyx_s_fields() {
    let bench = Bench::new().await;
    let plan = FaxPlan::new("+12025550161", "+12025550112", &b"%PDF"[..], 3);
    bench.sim.send_fax(plan.clone());
    bench.has_shape("fax.receiving.started", 0, fixture!("fax-01-fax-receiving-started")).await;
    bench.has_shape("fax.media.processing.started", 0, fixture!("fax-02-fax-media-processing-started")).await;
    bench.has_shape("fax.received", 0, fixture!("fax-03-fax-received")).await;
    bench.sim.send_fax(FaxPlan { fail: Some("sender_call_dropped".to_owned()), ..plan });
    bench.has_shape("fax.failed", 0, fixture!("fax-04-fax-failed-inbound")).await;
}
