//! Faxes by way of SQS, which moto stands in for.

use std::time::Duration;

use fusion_comms::sim::telnyx::FaxPlan;
use fusion_comms::store::faxes;
use fusion_comms_core::ids::FaxId;
use serde_json::json;

use super::fax::{roster, settled, sheet};
use super::support::app::{FAX_LINE, HOSPITAL, On, TENANT, TestApp, within};
use super::support::moto::Moto;

const LONG: Duration = Duration::from_secs(60);

async fn a_fax_goes_through_sqs_and_a_message_by_hand_too(on: On) {
    let moto = Moto::start().await;
    let queue = moto.make_queue("classify").await;
    let mut env = moto.env();
    env.push(("FAX_CLASSIFY_QUEUE_URL", &queue));
    let app = TestApp::start_with(on, |_| {}, &env).await;
    roster(&app);
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1));
    let fax = settled(&app, &id).await;
    assert_eq!((fax.status.as_str(), fax.case.as_ref().unwrap().as_str()), ("classified", "case-1"));
    assert_eq!(fusion_comms::store::queue::depth(&app.db).await.unwrap().0, 0, "the table is not used");
    let gone = || async { moto.messages(&queue).await == 0 };
    assert!(within(LONG, gone).await, "a worked message is deleted");

    // Reprocessed by the runbook: the row is reset and a message sent by hand, here before garbage and a stray one.
    moto.send_message(&queue, "no order at all").await;
    let stray = json!({"fax_id": "nobody", "tenant_id": TENANT, "s3_key": "x"}).to_string();
    moto.send_message(&queue, &stray).await;
    app.command(&["fax", "reprocess", &id]);
    let order = json!({"fax_id": id, "tenant_id": TENANT, "s3_key": fax.key}).to_string();
    moto.send_message(&queue, &order).await;
    let row = FaxId::new(id.as_str());
    let again = || async { faxes::get(&app.db, &row).await.unwrap().unwrap().status == "classified" };
    assert!(within(LONG, again).await, "{}", app.logs());
    assert!(within(LONG, gone).await, "messages without effect are deleted\n{}", app.logs());
    assert!(!app.logs().contains("could not be read and is tried again"), "{}", app.logs());
}

async fn a_queue_out_of_reach_loses_no_fax(on: On) {
    let moto = Moto::start().await;
    let queue = moto.queue_url("classify");
    let mut env = moto.env();
    env.push(("FAX_CLASSIFY_QUEUE_URL", &queue));
    let app = TestApp::start_with(on, |_| {}, &env).await;
    roster(&app);
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1));
    let complained = || async { app.logs().contains("SQS did not") };
    assert!(within(LONG, complained).await, "{}", app.logs());
    assert!(!app.logs().contains(&queue), "no address in a log");
    // It is asked for a message about every second.
    tokio::time::sleep(Duration::from_secs(5)).await;
    moto.make_queue("classify").await;
    let fax = settled(&app, &id).await;
    assert_eq!((fax.status.as_str(), fax.case.unwrap().as_str()), ("classified", "case-1"));
    // Told once and by the minute, though it was tried every second, and once when it was over.
    let (logs, over) = (app.logs(), "the fax queue can be read again");
    let told =
        |words: &str| logs.lines().filter(|l| l.contains(words)).map(str::to_owned).collect::<Vec<_>>();
    let (bad, well) = (told("the fax queue cannot be read"), told(over));
    assert_eq!((bad.len(), well.len()), (1, 1), "{bad:?} {well:?}");
    let line: serde_json::Value = serde_json::from_str(&well[0]).expect("a line is JSON");
    assert!(line["failures"].as_u64().is_some_and(|n| n > 1), "{line}");
}

super::served_on_both!(a_fax_goes_through_sqs_and_a_message_by_hand_too, a_queue_out_of_reach_loses_no_fax);
