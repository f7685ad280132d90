//! Texts with their keywords and keys, and faxes with their links.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Api, FaxPlan, TextOutcome};
use super::{Bench, CALLER, OURS, code};

fn text() -> Value {
    json!({ "from": OURS, "to": CALLER, "text": "Your bill" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_accepted_delivered_and_reported() {
    let bench = Bench::new().await;
    let (status, answer) = bench.post("/v2/messages", text()).await;
    assert_eq!((status, &answer["data"]["to"][0]["status"]), (200, &json!("queued")));
    let done = bench.event("message.finalized", 0).await;
    assert_eq!((&done["id"], &done["to"][0]["status"]), (&answer["data"]["id"], &json!("delivered")));
    assert_eq!(bench.payloads("message.sent")[0]["to"][0]["status"], "sent");
    let got = &bench.sim.inbox_of(CALLER)[0];
    assert_eq!((got.text.as_str(), got.by_telnyx), ("Your bill", false));

    bench.sim.set_outcome(CALLER, TextOutcome::DeliveryFailed("40008".to_owned()));
    bench.post("/v2/messages", text()).await;
    let failed = bench.event("message.finalized", 1).await;
    assert_eq!(
        (&failed["to"][0]["status"], &failed["errors"][0]["code"]),
        (&json!("delivery_failed"), &json!("40008"))
    );
    assert_eq!(bench.sim.inbox_of(CALLER).len(), 1);
    bench.sim.set_outcome(CALLER, TextOutcome::Unconfirmed);
    bench.post("/v2/messages", text()).await;
    assert_eq!(bench.event("message.finalized", 2).await["to"][0]["status"], "delivery_unconfirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_replays_successes_and_refuses_another_body() {
    let bench = Bench::new().await;
    let send = |body: String| bench.post_with("/v2/messages", body, Some("key-1"));
    bench.sim.fail_next(Api::Messages, 1, 500);
    assert_eq!(send(text().to_string()).await.0, 500);
    let first = send(text().to_string()).await;
    assert_eq!(first.0, 200, "a failure is not replayed");
    assert_eq!(send(text().to_string()).await, first);
    assert_eq!(send(format!("{} ", text())).await.0, 422, "one blank more is another body");
    assert_eq!(bench.sim.inbox_of(CALLER).len(), 1);
    assert_eq!(bench.post_with("/v2/messages", text().to_string(), Some("a b")).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_blocks_the_person_for_the_profile_until_start() {
    let other = "+12025550111";
    let bench = Bench::with(|o| o.profiles = [(other.to_owned(), "another-profile".to_owned())].into()).await;
    bench.sim.send_text(CALLER, OURS, " Stop all ");
    assert_eq!(bench.event("message.received", 0).await["autoresponse_type"], "STOP");
    let inbox = bench.sim.inbox_of(CALLER);
    assert!(inbox.len() == 1 && inbox[0].by_telnyx, "Telnyx's own answer");
    assert_eq!(code(&bench.post("/v2/messages", text()).await), (400, "40300".to_owned()));
    let mut from_other = text();
    from_other["from"] = json!(other);
    assert_eq!(bench.post("/v2/messages", from_other).await.0, 200, "another profile is not blocked");
    let (_, blocks) = bench.get(&format!("{}/v2/messaging_optouts", bench.api)).await;
    let blocks: Value = serde_json::from_slice(&blocks).unwrap();
    assert_eq!(
        (&blocks["data"][0]["from"], &blocks["data"][0]["keyword"]),
        (&json!(CALLER), &json!("STOP ALL"))
    );

    bench.sim.send_text(CALLER, OURS, "please stop");
    assert_eq!(bench.event("message.received", 1).await["autoresponse_type"], Value::Null);
    bench.sim.send_text(CALLER, OURS, "help");
    assert_eq!(bench.event("message.received", 2).await["autoresponse_type"], "HELP");
    assert!(bench.sim.is_blocked(OURS, CALLER));
    bench.sim.send_text(CALLER, OURS, "START");
    assert_eq!(bench.event("message.received", 3).await["autoresponse_type"], "START");
    assert_eq!(bench.post("/v2/messages", text()).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fax_link_dies_and_is_made_fresh_by_refresh() {
    let bench = Bench::with(|o| o.fax_link_seconds = 1).await;
    let fax = bench.sim.send_fax(FaxPlan::new("+12025550161", "+12025550112", &b"%PDF-1.7"[..], 3));
    let link = bench.event("fax.received", 0).await["media_url"].as_str().unwrap().to_owned();
    assert_eq!(bench.get(&link).await, (200, b"%PDF-1.7".to_vec()));
    assert_eq!(bench.sim.fax(&fax).unwrap().fetched, 1);
    let forged = link.replace("X-Amz-Expires=1", "X-Amz-Expires=9999");
    let (status, body) = bench.get(&forged).await;
    assert_eq!(status, 403);
    assert!(String::from_utf8(body).unwrap().contains("SignatureDoesNotMatch"));
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let (status, body) = bench.get(&link).await;
    assert_eq!(status, 403);
    assert!(String::from_utf8(body).unwrap().contains("expired"));

    let path = format!("/v2/faxes/{fax}");
    let shown = |(_, body): (u16, Vec<u8>)| {
        serde_json::from_slice::<Value>(&body).unwrap()["data"]["media_url"].clone()
    };
    assert_eq!(shown(bench.get(&format!("{}{path}", bench.api)).await), link, "the dead link is still shown");
    assert_eq!(bench.post(&format!("{path}/actions/refresh"), json!({})).await.1["data"]["result"], "ok");
    let fresh = shown(bench.get(&format!("{}{path}", bench.api)).await);
    assert_eq!(bench.get(fresh.as_str().unwrap()).await.0, 200);
    bench.sim.expire_fax_link(&fax);
    assert_eq!(bench.get(fresh.as_str().unwrap()).await.0, 403);
    assert_eq!(bench.get(&format!("{}/v2/faxes/none", bench.api)).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fax_that_breaks_off_has_a_reason_and_no_document() {
    let bench = Bench::new().await;
    let mut plan = FaxPlan::new("+12025550161", "+12025550112", &b""[..], 1);
    plan.fail = Some("sender_call_dropped".to_owned());
    let fax = bench.sim.send_fax(plan);
    assert_eq!(bench.event("fax.failed", 0).await["failure_reason"], "sender_call_dropped");
    assert!(bench.payloads("fax.received").is_empty());
    assert_eq!(bench.post(&format!("/v2/faxes/{fax}/actions/refresh"), json!({})).await.0, 404);
}
