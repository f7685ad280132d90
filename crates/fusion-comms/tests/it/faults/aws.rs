//! S3 and SQS, which moto stands in for, behind a bad line: each fax is stored and filed once.

use std::time::Duration;

use fusion_comms::sim::telnyx::FaxPlan;

use super::super::fax::{roster, settled_within, sheet};
use super::super::support::app::{FAX_LINE, HOSPITAL, On, TestApp, within};
use super::super::support::fault_proxy::Fault;
use super::super::support::moto::Moto;
use super::{LONG, proxied};

/// A request to SQS is given up after half a minute and tried again; a message that a lost answer held is seen again after
/// two minutes.
const PATIENCE: Duration = Duration::from_secs(200);

/// A fax that comes while each of these faults lasts.
async fn faxes_under(variable: &str, faults: &[Fault]) {
    let moto = Moto::start().await;
    let queue = moto.make_queue("classify").await;
    moto.make_bucket("docs").await;
    let mut env = moto.env();
    env.extend([("FAX_CLASSIFY_QUEUE_URL", queue.as_str()), ("S3_BUCKET_DOCS", "docs")]);
    env.push((variable, &moto.base));
    let mut app = TestApp::prepare(On::Sqlite, |_| {}, &env).await;
    app.found_agency();
    roster(&app);
    let proxy = proxied(&mut app, variable).await;
    app.launch().await;
    for fault in faults {
        let met = proxy.met();
        proxy.set(*fault);
        let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1));
        let spoiled = || async { proxy.met() > met };
        assert!(within(LONG, spoiled).await, "nothing met {fault:?}\n{}", app.logs());
        tokio::time::sleep(Duration::from_secs(1)).await;
        proxy.set(Fault::None);
        let fax = settled_within(PATIENCE, &app, &id).await;
        assert_eq!(
            (fax.status.as_str(), fax.case.as_ref().map(|c| c.as_str())),
            ("classified", Some("case-1")),
            "{fault:?}"
        );
        let object = moto.object("docs", &fax.key.expect("a key")).await;
        assert_eq!(object.bytes().await.expect("a file"), sheet(), "{fault:?}");
    }
    app.settle().await;
    let worked_off = || async { moto.messages(&queue).await == 0 };
    assert!(within(PATIENCE, worked_off).await, "messages are left\n{}", app.logs());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn s3_takes_a_fax_and_its_answers_are_cut_reset_and_slow() {
    let slow = Fault::Trickle(Duration::from_millis(5));
    faxes_under("AWS_ENDPOINT_URL_S3", &[Fault::CutBeforeAnswer, Fault::ResetAfter(20), slow]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn sqs_acts_and_its_answers_are_slow_or_it_falls_silent() {
    faxes_under("AWS_ENDPOINT_URL_SQS", &[Fault::Trickle(Duration::from_millis(5)), Fault::Silence]).await;
}
