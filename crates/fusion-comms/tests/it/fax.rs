//! Faxes, end to end: fetched, stored, read, filed or put before a person.

use std::time::Duration;

use fusion_comms::sim::telnyx::FaxPlan;
use fusion_comms::store::faxes::{self, Fax};
use fusion_comms_core::ids::FaxId;
use sha2::{Digest, Sha256};

use super::support::app::{FAX_LINE, HOSPITAL, On, TENANT, TestApp, within};
use super::support::db::Prompt;

const LONG: Duration = Duration::from_secs(60);

/// A page with a text layer.
pub(super) fn sheet() -> Vec<u8> {
    fusion_comms::demo::sample_fax().expect("a sample fax")
}

pub(super) fn roster(app: &TestApp) {
    let cases = app.file(
        "cases.csv",
        "case_id,tenant_id,case_number,statement_id,run_number,patient_last,patient_first,patient_middle,patient_suffix,\
         patient_dob,sex,date_of_service,payer,member_id,payer_claim_number,pickup_facility,destination_facility,hcpcs,\
         address,city,state,zip,phone\n\
         case-1,ridgeline,RC-26-012932,30458003,26-007970,Phelps,Jonathan,,,1947-04-12,M,2026-05-30,Medicare Part B,\
         5CE6K39JC84,,Holloway Memorial Hospital,,A0426,,,,,\n\
         case-2,ridgeline,RC-26-010517,30410734,26-004175,Phelps,Stephen,,,1975-06-14,M,2026-03-02,,,,,,,,,,,\n\
         case-3,other,RC-26-012932,30458003,26-007970,Phelps,Jonathan,,,1947-04-12,M,2026-05-30,,,,,,,,,,,\n",
    );
    app.command(&["case", "import", &cases, "--tenant", TENANT]);
}

pub(super) async fn settled(app: &TestApp, id: &str) -> Fax {
    settled_within(LONG, app, id).await
}

pub(super) async fn settled_within(patience: Duration, app: &TestApp, id: &str) -> Fax {
    let id = FaxId::new(id);
    let get = || async { faxes::get(&app.db, &id).await.unwrap() };
    let done =
        || async { get().await.is_some_and(|f| !matches!(f.status.as_str(), "receiving" | "received")) };
    assert!(within(patience, done).await, "{:?}\n{}", get().await, app.logs());
    get().await.unwrap()
}

fn stored_file(app: &TestApp, fax: &Fax) -> Vec<u8> {
    let data = app.env.iter().find(|(n, _)| n == "DATA_DIR").map(|(_, v)| v.clone()).unwrap();
    std::fs::read(format!("{data}/blobs/docs/{}", fax.key.as_deref().expect("a key")))
        .expect("the file is there")
}

async fn a_hospitals_fax_is_stored_typed_and_filed_on_its_case(on: On) {
    let app = TestApp::start(on).await;
    roster(&app);
    let sent = sheet();
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sent.clone(), 1));
    let fax = settled(&app, &id).await;
    assert_eq!((fax.status.as_str(), fax.doc_type.as_deref()), ("classified", Some("facesheet")));
    assert_eq!(fax.case.as_ref().map(|c| c.as_str()), Some("case-1"));
    let day = fax.occurred_at.unwrap().day_path();
    assert_eq!(fax.key.as_deref(), Some(format!("tenant/ridgeline/fax/{day}/{id}/original.pdf").as_str()));
    assert_eq!(stored_file(&app, &fax), sent);
    assert_eq!(fax.sha256, Some(hex::encode(Sha256::digest(&sent))));
}

async fn a_link_that_has_expired_is_made_anew(on: On) {
    let app = TestApp::start_with(on, |o| o.fax_link_seconds = 0, &[]).await;
    roster(&app);
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1));
    app.sim.telnyx.expire_fax_link(&id);
    let row = FaxId::new(id.as_str());
    let refreshed =
        || async { app.sim.telnyx.requests().iter().any(|r| r.path.ends_with("/actions/refresh")) };
    assert!(within(LONG, refreshed).await, "{:?}\n{}", faxes::get(&app.db, &row).await, app.logs());
}

async fn what_is_no_document_is_unreadable_and_the_service_goes_on(on: On) {
    let app = TestApp::start(on).await;
    for bytes in [&b"<html>not a fax</html>"[..], b"", b"%PDF-1.7\ntruncated"] {
        let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, bytes.to_vec(), 1));
        let fax = settled(&app, &id).await;
        assert!(matches!(fax.status.as_str(), "unreadable" | "needs_review"), "{}", fax.status);
        assert!(fax.last_error.is_some() && fax.case.is_none());
    }
}

async fn a_fax_that_broke_off_is_failed_and_one_for_nobody_is_kept(on: On) {
    let app = TestApp::start(on).await;
    let broken = FaxPlan {
        fail: Some("sender_call_dropped".to_owned()),
        ..FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1)
    };
    let id = app.sim.telnyx.send_fax(broken);
    let fax = settled(&app, &id).await;
    assert_eq!((fax.status.as_str(), fax.last_error.as_deref()), ("failed", Some("sender_call_dropped")));
    // Asked for all the same, it is not waited for: Telnyx has no file and will have none.
    app.command(&["fax", "fetch", &id]);
    app.settle().await;
    let fax = settled(&app, &id).await;
    assert_eq!((fax.status.as_str(), fax.last_error.as_deref()), ("failed", Some("sender_call_dropped")));

    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, "+12025550198", sheet(), 1));
    let fax = settled(&app, &id).await;
    assert_eq!((fax.tenant.as_ref(), fax.status.as_str(), fax.case.as_ref()), (None, "needs_review", None));
    assert!(fax.key.as_deref().unwrap().starts_with("tenant/unassigned/fax/"));
}

async fn a_fax_read_again_comes_to_the_same_and_a_stray_message_to_nothing(on: On) {
    let app = TestApp::start(on).await;
    roster(&app);
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1));
    let first = settled(&app, &id).await;
    app.command(&["fax", "reprocess", &id]);
    let again = || async {
        faxes::get(&app.db, &FaxId::new(id.as_str())).await.unwrap().unwrap().status == "classified"
    };
    assert!(within(LONG, again).await, "{}", app.logs());
    app.settle().await;
    let second = settled(&app, &id).await;
    assert_eq!((first.doc_type, first.case, first.key), (second.doc_type, second.case.clone(), second.key));

    let stray = format!(r#"{{"fax_id":"{id}","tenant_id":"other","s3_key":"tenant/other/x"}}"#);
    let now = fusion_comms::clock::Clock::system().now();
    fusion_comms::store::queue::send(&app.db, "stray", &stray, now).await.unwrap();
    app.settle().await;
    assert_eq!(settled(&app, &id).await.case, second.case);
}

async fn a_fax_whose_message_was_lost_is_queued_again(on: On) {
    let mut app = TestApp::start(on).await;
    roster(&app);
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1));
    let first = settled(&app, &id).await;
    app.settle().await;
    app.kill();
    // As after a queue that was purged: the row waits, nothing is owed, and no message is left.
    let waits = "UPDATE fax_documents SET status = 'received', doc_type = NULL, case_id = NULL,
                   created_at = '2026-03-03T12:00:00.000000Z', updated_at = '2026-03-03T12:00:00.000000Z'";
    assert_eq!(Prompt::open(&app.database()).await.run(waits).await, 1);
    app.launch().await;
    let second = settled(&app, &id).await;
    assert_eq!((first.doc_type, first.case), (second.doc_type, second.case));
    assert_eq!(app.logs().matches("they are put on it again").count(), 1);
}

super::served_on_both!(
    a_hospitals_fax_is_stored_typed_and_filed_on_its_case,
    a_link_that_has_expired_is_made_anew,
    what_is_no_document_is_unreadable_and_the_service_goes_on,
    a_fax_that_broke_off_is_failed_and_one_for_nobody_is_kept,
    a_fax_read_again_comes_to_the_same_and_a_stray_message_to_nothing,
    a_fax_whose_message_was_lost_is_queued_again,
);
