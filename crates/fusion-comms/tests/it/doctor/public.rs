//! The public routes, seen from where `doctor` runs.

use bytes::Bytes;

use super::{answering, doctor};
use crate::support::app::{On, TestApp};

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_answers_in_our_place_is_told_by_its_status() {
    let app = TestApp::prepare(On::Sqlite, |_| {}, &[]).await;
    for (status, cause) in [
        (502, "the rule leads to no healthy task"),
        (503, "the rule leads to no healthy task"),
        (404, "TelnyxWebhookListenerRule (priority 7, /webhooks/telnyx/*)"),
        (200, "anybody may forge a STOP"),
    ] {
        let there = answering(status, Bytes::new()).await;
        let said = doctor(&app, &[], &["--public-url", &there]);
        assert_eq!(said.code, 1);
        assert!(
            said.out.contains(&format!("public.sms            /webhooks/telnyx/sms: HTTP {status}")),
            "{}",
            said.out
        );
        assert!(said.out.contains(cause), "{}", said.out);
        assert!(said.out.contains("(docs/RUNBOOK.md §4)"), "{}", said.out);
    }
    let there = answering(400, Bytes::new()).await;
    let said = doctor(&app, &[], &["--public-url", &there]);
    assert!(said.out.contains("ok    public.sms            400: it reaches us"), "{}", said.out);
    assert!(said.out.contains("fail  public.healthz        HTTP 400"), "{}", said.out);
    let said = doctor(&app, &[], &["--public-url", "http://127.0.0.1:1"]);
    assert!(
        said.out.to_lowercase().contains("fail  public.healthz        connection refused"),
        "{}",
        said.out
    );
}
