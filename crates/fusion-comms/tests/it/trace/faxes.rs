//! Faxes that went wrong, and what Telnyx never told us of.

use super::*;
use crate::fax;

async fn faxes_that_went_wrong_name_the_cause(on: On) {
    let mut app = TestApp::start(on).await;
    fax::roster(&app);
    let broken = FaxPlan {
        fail: Some("sender_call_dropped".to_owned()),
        ..FaxPlan::new(HOSPITAL, FAX_LINE, fax::sheet(), 1)
    };
    let broken = app.sim.telnyx.send_fax(broken);
    let filed = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, fax::sheet(), 1));
    let unread = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, &b"<html>not a fax</html>"[..], 1));
    let nobodys = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, "+12025550198", fax::sheet(), 1));
    for id in [&broken, &filed, &unread, &nobodys] {
        fax::settled(&app, id).await;
    }
    app.settle().await;
    // The document store's folder is a file: nothing can be put into it.
    let data = app.env.iter().find(|(n, _)| n == "DATA_DIR").map(|(_, v)| v.clone()).unwrap();
    let (docs, away) = (format!("{data}/blobs/docs"), format!("{data}/blobs/docs-away"));
    std::fs::rename(&docs, &away).unwrap();
    std::fs::write(&docs, "in the way").unwrap();
    let unstored = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, fax::sheet(), 1));
    let storing = || async { app.try_command(&["trace", "fax", &unstored]).1.contains("cannot be stored") };
    assert!(
        within(LONG, storing).await,
        "{}\n{}",
        app.try_command(&["trace", "fax", &unstored]).1,
        app.logs()
    );
    check(
        &app,
        &[
            Row {
                trace: vec!["fax", &broken],
                code: 1,
                says: &["the fax failed at the sender", "sender_call_dropped", "send it again"],
            },
            Row {
                trace: vec!["fax", &filed],
                code: 0,
                says: &["nothing went wrong", "now classified", "on case case-1"],
            },
            Row { trace: vec!["fax", &unread], code: 1, says: &["the fax cannot be read: "] },
            Row {
                trace: vec!["fax", &nobodys],
                code: 1,
                says: &["+12025550198 is no agency's", "fax assign"],
            },
            Row {
                trace: vec!["fax", &unstored],
                code: 1,
                says: &["downloaded and cannot be stored", "S3_BUCKET_DOCS"],
            },
        ],
    );
    std::fs::remove_file(&docs).unwrap();
    std::fs::rename(&away, &docs).unwrap();
    app.kill();
    app.command(&["fax", "reprocess", &filed]);
    let mut hand = prompt(&app).await;
    hand.run(&format!("UPDATE fax_documents SET updated_at = '{}' WHERE fax_id = '{filed}'", ago(10))).await;
    check(
        &app,
        &[Row {
            trace: vec!["fax", &filed],
            code: 1,
            says: &["waits for a worker since", "(10 minutes)", "start a worker"],
        }],
    );
}

async fn a_fax_that_telnyx_never_told_us_of_is_said_to_be_so(on: On) {
    let app = TestApp::start(on).await;
    app.sim.telnyx.hold(|kind, _| kind.starts_with("fax."));
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, fax::sheet(), 1));
    let held = || async { app.sim.telnyx.held() > 0 };
    assert!(within(LONG, held).await);
    check(
        &app,
        &[
            Row {
                trace: vec!["fax", &id],
                code: 1,
                says: &[
                    "no table knows this fax: Telnyx never reached us",
                    "priority 7",
                    "doctor --public-url",
                ],
            },
            Row {
                trace: vec!["fax", &id, "--ask-telnyx"],
                code: 1,
                says: &["Telnyx never reached us", "though Telnyx has it (receiving", "backfill"],
            },
            Row {
                trace: vec!["fax", "fax-of-nobody", "--ask-telnyx"],
                code: 1,
                says: &["never reached us", "Telnyx knows nothing of it"],
            },
            Row { trace: vec!["call", "v3:nobody"], code: 1, says: &["no table knows this call"] },
            Row { trace: vec!["phone", "+12025550177"], code: 1, says: &["no table knows this number"] },
            Row {
                trace: vec!["statement", "999"],
                code: 1,
                says: &["no agency has a statement of this number"],
            },
            Row {
                trace: vec!["event", "nobody"],
                code: 1,
                says: &["neither inbox holds this event", "signature verification failed"],
            },
        ],
    );
    app.sim.telnyx.release();
}

crate::served_on_both!(
    faxes_that_went_wrong_name_the_cause,
    a_fax_that_telnyx_never_told_us_of_is_said_to_be_so
);
