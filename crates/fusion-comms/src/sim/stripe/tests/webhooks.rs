//! The webhooks: their shape, their signature, their tries.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::super::{NotPossible, sign};
use super::*;

/// Waits until the service got this many webhooks; fails after 5 s.
pub(super) async fn wait_for(bench: &Bench, count: usize) {
    for _ in 0..500 {
        if bench.sim.deliveries().len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} of {count} webhooks after 5 s", bench.sim.deliveries().len());
}

#[test]
fn the_signature_is_an_hmac_over_time_and_body_with_the_whole_secret() {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"whsec_abc").unwrap();
    mac.update(b"1700000000.{\"id\":\"evt_1\"}");
    let expected = format!("t=1700000000,v1={}", hex::encode(mac.finalize().into_bytes()));
    assert_eq!(sign("whsec_abc", "{\"id\":\"evt_1\"}", 1_700_000_000), expected);
}

#[tokio::test]
async fn a_payment_is_told_in_a_signed_connect_event() {
    let bench = bench().await;
    let id = bench.session().await;
    bench.sim.pay(&id).await.unwrap();
    let (signature, body) = bench.service.got.lock().unwrap()[0].clone();
    let time = signature.strip_prefix("t=").and_then(|s| s.split_once(',')).unwrap().0.parse().unwrap();
    assert_eq!(sign(SECRET, &body, time), signature);
    assert!((now_s() - time).abs() < 5);
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(event["type"], "checkout.session.completed");
    assert_eq!(event["account"], ACCOUNT);
    assert_eq!(event["livemode"], false);
    assert_eq!(event["api_version"], crate::stripe::API_VERSION);
    let object = &event["data"]["object"];
    assert_eq!((&object["id"], &object["payment_status"]), (&Value::from(id.as_str()), &Value::from("paid")));
    assert_eq!(object["amount_total"], 12_500);
    assert_eq!(bench.sim.pay(&id).await, Err(NotPossible::State));
    assert_eq!(bench.sim.pay("cs_none").await, Err(NotPossible::Unknown));
}

#[tokio::test]
async fn refunds_add_up_and_name_the_payment_intent() {
    let bench = bench().await;
    let id = bench.session().await;
    assert_eq!(bench.sim.refund(&id, 100).await, Err(NotPossible::State));
    bench.sim.pay(&id).await.unwrap();
    bench.sim.refund(&id, 4_000).await.unwrap();
    assert_eq!(bench.sim.refund(&id, 8_501).await, Err(NotPossible::Amount));
    bench.sim.refund(&id, 8_500).await.unwrap();
    let intent = bench.sim.session(&id).unwrap().payment_intent.unwrap();
    let seen: Vec<_> = bench.service.events()[1..]
        .iter()
        .map(|e| {
            assert_eq!(
                (&e["type"], &e["data"]["object"]["payment_intent"]),
                (&"charge.refunded".into(), &intent.as_str().into())
            );
            (e["data"]["object"]["amount_refunded"].as_i64(), e["data"]["object"]["refunded"].as_bool())
        })
        .collect();
    assert_eq!(seen, [(Some(4_000), Some(false)), (Some(12_500), Some(true))]);
    let charge = &bench.service.events()[1]["data"]["object"];
    assert_eq!(charge["metadata"]["ref"], "3d0c-opaque");
}

#[tokio::test]
async fn a_dispute_and_a_failed_debit_have_their_events() {
    let bench = bench().await;
    let (paid, debit) = (bench.session().await, bench.session().await);
    bench.sim.pay(&paid).await.unwrap();
    bench.sim.dispute(&paid).await.unwrap();
    assert_eq!(bench.sim.dispute(&paid).await, Err(NotPossible::State));
    bench.sim.pay_by_bank(&debit).await.unwrap();
    assert_eq!(bench.sim.dispute(&debit).await, Err(NotPossible::State));
    bench.sim.settle_bank(&debit, false).await.unwrap();
    assert_eq!(bench.sim.settle_bank(&debit, true).await, Err(NotPossible::State));
    let events = bench.service.events();
    let kinds: Vec<_> = events.iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "checkout.session.completed",
            "charge.dispute.created",
            "checkout.session.completed",
            "checkout.session.async_payment_failed",
        ]
    );
    assert_eq!(events[2]["data"]["object"]["payment_status"], "unpaid");
    assert_eq!(events[1]["data"]["object"]["amount"], 12_500);
}

#[tokio::test]
async fn expiring_by_the_api_is_told_as_well() {
    let bench = bench().await;
    let id = bench.session().await;
    bench.client().expire(ACCOUNT, &id.as_str().into()).await.unwrap();
    wait_for(&bench, 1).await;
    let event = &bench.service.events()[0];
    assert_eq!(
        (&event["type"], &event["data"]["object"]["url"]),
        (&"checkout.session.expired".into(), &Value::Null)
    );
}

#[tokio::test]
async fn a_webhook_is_tried_three_times_with_the_same_body() {
    let bench = bench().await;
    bench.sim.retry_webhooks_after(vec![Duration::from_millis(5); 2]);
    bench.service.answers.lock().unwrap().extend([200, 500, 503]);
    let (saved, lost) = (bench.session().await, bench.session().await);
    bench.sim.pay(&saved).await.unwrap();
    bench.service.answers.lock().unwrap().extend([400, 400, 400]);
    bench.sim.pay(&lost).await.unwrap();
    let deliveries = bench.sim.deliveries();
    assert_eq!(deliveries[0].answers, [Some(503), Some(500), Some(200)]);
    assert!(deliveries[0].delivered && !deliveries[1].delivered);
    let got = bench.service.got.lock().unwrap();
    assert_eq!(got.len(), 6);
    assert!(got[0].1 == got[1].1 && got[1].1 == got[2].1);
}

#[tokio::test]
async fn copies_are_sent_on_request() {
    let bench = bench().await;
    bench.sim.duplicates(2);
    bench.sim.pay(&bench.session().await).await.unwrap();
    let events = bench.service.events();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|e| e["id"] == events[0]["id"]));
}
