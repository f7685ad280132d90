//! Scanned faxes read by Amazon Textract, which a stub stands in for; their files lie in moto's S3. Never tried on AWS.

use std::path::PathBuf;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_sdk_textract::config::Credentials;
use bytes::Bytes;
use fusion_comms::fax_text::{FaxReader, Ocr, ReadError, ReadLimits, Reading, Stored, Textract};
use fusion_comms::sim::telnyx::FaxPlan;
use fusion_comms::store::faxes::{self, Fax};
use fusion_comms_core::fax::{PageText, Source};
use fusion_comms_core::ids::FaxId;
use serde_json::json;

use super::fax::{roster, settled, sheet};
use super::fax_hostile::{image, with_image};
use super::fax_lambda::{invoke, record};
use super::fax_ocr::scan;
use super::support::app::{FAX_LINE, HOSPITAL, On, TENANT, TestApp, within};
use super::support::moto::Moto;
use super::support::textract::{End, Textract as Stub};

const BUCKET: &str = "example-docs";
const LONG: Duration = Duration::from_secs(60);

/// So many pages of which each is a picture: rows of dashes, as print from afar.
fn pictures(pages: usize) -> Bytes {
    let dark = |x: usize, y: usize| (100..1600).contains(&y) && y % 36 < 14 && x % 12 < 5;
    let pixel = |at: usize| if dark(at % 1700, at / 1700) { 0 } else { 255 };
    let mut image = image(1700, 2200, (0..1700 * 2200).map(pixel).collect());
    image.compress().unwrap();
    with_image(pages, image)
}

/// What the sample sheet says.
async fn sheet_text() -> String {
    reader_with(Ocr::Off).read_pages(sheet().into()).await.unwrap().remove(0).text
}

fn reader_with(ocr: Ocr) -> FaxReader {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_fusion-comms"));
    FaxReader { program, limits: ReadLimits::default(), ocr }
}

/// The settings of one who may ask the stub.
fn settings(stub: &Stub) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(&stub.base)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
}

/// A reader by way of the stub that waits so long for a job.
async fn reader(stub: &Stub, patience: Duration) -> FaxReader {
    reader_with(Ocr::Textract(Textract::open_with(settings(stub), BUCKET, patience).await))
}

async fn read(reader: &FaxReader, file: Bytes, attempt: i64) -> Result<Reading, ReadError> {
    let stored = Stored { key: "tenant/t1/fax/2026/03/03/f1/original.pdf", day: "2026/03/03", attempt };
    reader.read_stored(file, Some(stored)).await
}

/// A served app whose faxes lie in moto's S3 and are read by the stub.
async fn served(moto: &Moto, stub: &Stub) -> TestApp {
    moto.make_bucket(BUCKET).await;
    let mut env = moto.env();
    env.extend([("S3_BUCKET_DOCS", BUCKET), ("OCR", "textract"), ("AWS_ENDPOINT_URL_TEXTRACT", &stub.base)]);
    let app = TestApp::start_with(On::Sqlite, |_| {}, &env).await;
    roster(&app);
    app
}

async fn pages_of(moto: &Moto, fax: &Fax) -> Vec<PageText> {
    let key = fax.key.as_deref().expect("a key").replace("original.pdf", "pages.json");
    let kept = moto.object(BUCKET, &key).await.bytes().await.expect("what was read");
    serde_json::from_slice(&kept).expect("pages")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_scanned_fax_whose_words_come_in_parts_is_typed_and_attached() {
    let text = sheet_text().await;
    let (moto, stub) = (Moto::start().await, Stub::serve(&[&text, &text]).await);
    stub.refuse_start("ProvisionedThroughputExceededException", 1);
    stub.refuse_start("LimitExceededException", 1);
    stub.refuse_get("ThrottlingException", 1);
    let app = served(&moto, &stub).await;
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, pictures(2).to_vec(), 2));
    let fax = settled(&app, &id).await;
    assert_eq!((fax.status.as_str(), fax.doc_type.as_deref()), ("classified", Some("facesheet")), "{fax:?}");
    assert_eq!((fax.case.as_ref().map(|c| c.as_str()), fax.page_count), (Some("case-1"), Some(2)));

    let jobs = stub.jobs();
    assert_eq!((jobs.len(), jobs[0].bucket.as_str(), Some(&jobs[0].key)), (1, BUCKET, fax.key.as_ref()));
    let (starts, parts) = stub.requests();
    assert!(starts == 3 && parts >= 4, "{starts} {parts}");
    assert_eq!(stub.wrong(), Vec::<String>::new());
    let pages = pages_of(&moto, &fax).await;
    let numbers: Vec<u32> = pages.iter().map(|p| p.number).collect();
    assert_eq!(numbers, [1, 2]);
    for page in &pages {
        let said = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!((page.source, said(&page.text)), (Source::Ocr, said(&text)), "every word, in its order");
        let word = page.words.iter().find(|w| w.text == "PHELPS,").expect("the word itself");
        assert_eq!((word.width, word.height, word.confidence), (121, 24, 98), "{word:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_failed_job_is_a_failed_attempt_and_the_next_one_asks_for_another() {
    let text = sheet_text().await;
    let (moto, stub) = (Moto::start().await, Stub::serve(&[&text]).await);
    stub.next_ends(End::Failed);
    let mut app = served(&moto, &stub).await;
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, pictures(1).to_vec(), 1));
    let failed = || async { app.logs().contains("Textract's job failed: INTERNAL_ERROR") };
    assert!(within(LONG, failed).await, "{}", app.logs());
    let row = FaxId::new(id.as_str());
    let fax = faxes::get(&app.db, &row).await.unwrap().unwrap();
    assert_eq!((fax.status.as_str(), fax.doc_type, fax.case), ("received", None, None));

    // The same message once more, as SQS would hand it to the Lambda.
    app.terminate().await;
    let message = json!({"fax_id": id, "tenant_id": TENANT, "s3_key": fax.key}).to_string();
    let answer = invoke(&app, json!([record("again", &message, 2)]), 60_000).await;
    assert_eq!(answer, json!({"batchItemFailures": []}), "{}", app.logs());
    let fax = faxes::get(&app.db, &row).await.unwrap().unwrap();
    assert_eq!((fax.status.as_str(), fax.doc_type.as_deref()), ("classified", Some("facesheet")));
    let jobs = stub.jobs();
    assert!(jobs.len() == 2 && jobs[0].token != jobs[1].token, "{jobs:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn after_the_last_attempt_a_person_gets_the_fax_with_textracts_own_word() {
    let (moto, stub) = (Moto::start().await, Stub::serve(&[""]).await);
    stub.refuse_start("AccessDeniedException", 2);
    let mut app = served(&moto, &stub).await;
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, pictures(1).to_vec(), 1));
    let failed = || async { app.logs().contains("a fax could not be read and is tried again") };
    assert!(within(LONG, failed).await, "{}", app.logs());
    app.terminate().await;
    let row = FaxId::new(id.as_str());
    let key = faxes::get(&app.db, &row).await.unwrap().unwrap().key;
    let message = json!({"fax_id": id, "tenant_id": TENANT, "s3_key": key}).to_string();
    let answer = invoke(&app, json!([record("last", &message, 5)]), 60_000).await;
    assert_eq!(answer, json!({"batchItemFailures": []}), "{}", app.logs());
    let fax = faxes::get(&app.db, &row).await.unwrap().unwrap();
    let why = fax.last_error.as_deref();
    assert_eq!((fax.status.as_str(), fax.doc_type, fax.case), ("needs_review", None, None));
    assert_eq!(why, Some("Textract did not take the file: AccessDeniedException"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_file_that_textract_refuses_goes_before_a_person_with_the_reason() {
    let (moto, stub) = (Moto::start().await, Stub::serve(&[""]).await);
    stub.refuse_start("UnsupportedDocumentException", 1);
    let app = served(&moto, &stub).await;
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, pictures(1).to_vec(), 1));
    let fax = settled(&app, &id).await;
    assert_eq!(
        (fax.status.as_str(), fax.doc_type.as_deref(), fax.case.as_ref()),
        ("needs_review", None, None)
    );
    let reasons = fax.reasons.as_ref().unwrap().to_string();
    assert!(reasons.contains("Textract does not take this kind of file"), "{reasons}");
    let page = &pages_of(&moto, &fax).await[0];
    assert!(page.has_picture && page.text.is_empty(), "unread, and not blank");
    assert_eq!(stub.requests(), (1, 0), "asked once");
}

#[tokio::test]
async fn of_a_job_that_succeeded_in_part_the_other_pages_stay_unread() {
    let text = sheet_text().await;
    let stub = Stub::serve(&[&text, &text]).await;
    stub.next_ends(End::WithoutPagesFrom(2));
    let Reading { pages, hindered } = read(&reader(&stub, LONG).await, pictures(2), 1).await.unwrap();
    assert_eq!(hindered, None);
    assert!(pages[0].text.contains("PHELPS") && pages[0].source == Source::Ocr);
    assert!(pages[1].has_picture && pages[1].text.is_empty() && pages[1].words.is_empty());
    let verdict = fusion_comms_core::fax::decide(&pages, &[]);
    assert_eq!(verdict.status, fusion_comms_core::fax::Status::NeedsReview);
}

#[tokio::test]
async fn a_slow_job_is_a_failed_attempt_and_the_next_one_finds_it_done() {
    let text = sheet_text().await;
    let stub = Stub::serve(&[&text]).await;
    stub.next_ends(End::Never);
    let reader = reader(&stub, Duration::from_secs(3)).await;
    let slow = read(&reader, pictures(1), 1).await.unwrap_err();
    assert_eq!(slow.to_string(), "Textract did not finish within 3s");
    stub.finish();
    let reading = read(&reader, pictures(1), 2).await.unwrap();
    assert!(reading.pages[0].text.contains("PHELPS"));
    assert_eq!((stub.jobs().len(), stub.requests().0), (1, 2), "one token, one job");
    // On another day the answer may have been forgotten.
    let tomorrow = Stored { key: &stub.jobs()[0].key, day: "2026/03/04", attempt: 1 };
    reader.read_stored(pictures(1), Some(tomorrow)).await.unwrap();
    assert_eq!(stub.jobs().len(), 2);
}

#[tokio::test]
async fn what_may_pass_is_a_failed_attempt_and_never_a_page() {
    let stub = Stub::serve(&[""]).await;
    let patient = reader(&stub, LONG).await;
    for (code, times) in [
        ("ThrottlingException", 5),
        ("AccessDeniedException", 1),
        ("InvalidS3ObjectException", 1),
        ("InvalidKMSKeyException", 1),
    ] {
        stub.refuse_start(code, times);
        let failed = read(&patient, pictures(1), 1).await.unwrap_err();
        assert_eq!(failed.to_string(), format!("Textract did not take the file: {code}"));
    }
    assert_eq!((stub.jobs().len(), stub.requests().0), (0, 8));

    stub.refuse_get("AccessDeniedException", 1);
    let failed = read(&patient, pictures(1), 1).await.unwrap_err();
    assert_eq!(failed.to_string(), "Textract did not give what it read: AccessDeniedException");

    // This process has no credentials in its environment.
    let nobody = settings(&stub).credentials_provider(EnvironmentVariableCredentialsProvider::new());
    let nobody = reader_with(Ocr::Textract(Textract::open_with(nobody, BUCKET, LONG).await));
    let failed = read(&nobody, pictures(1), 1).await.unwrap_err().to_string();
    assert!(failed.contains("no credentials"), "{failed}");

    let gone = settings(&stub).endpoint_url("http://127.0.0.1:9");
    let gone = reader_with(Ocr::Textract(Textract::open_with(gone, BUCKET, LONG).await));
    let failed = read(&gone, pictures(1), 1).await.unwrap_err().to_string();
    assert_eq!(failed, "Textract did not take the file: cannot be reached");
}

#[tokio::test]
async fn a_job_that_is_forgotten_or_counts_other_pages_is_not_believed() {
    let text = sheet_text().await;
    let stub = Stub::serve(&[&text]).await;
    let reader = reader(&stub, LONG).await;
    stub.refuse_get("InvalidJobIdException", 1);
    let failed = read(&reader, pictures(1), 1).await.unwrap_err().to_string();
    assert_eq!(failed, "Textract's job failed: InvalidJobIdException");

    for (file, counted) in [(pictures(1), 2), (pictures(2), 2)] {
        stub.count_pages(counted);
        let reading = read(&reader, file.clone(), 1).await.unwrap();
        let all_read = reading.pages.iter().filter(|p| !p.text.is_empty()).count();
        let believed = reading.pages.len() == counted;
        assert_eq!((all_read, reading.hindered.is_none()), (usize::from(believed), believed));
        assert!(reading.pages.iter().all(|p| p.has_picture));
    }
}

#[tokio::test]
async fn codes_come_off_the_picture_and_text_layers_and_blank_pages_are_not_asked_for() {
    let stub = Stub::serve(&["Jane Perry asked for a copy of her bill, account 30460165"]).await;
    let reader = reader(&stub, LONG).await;
    let Reading { pages, hindered } = read(&reader, scan("qr_code.pdf"), 1).await.unwrap();
    assert_eq!((hindered, stub.jobs().len()), (None, 1));
    assert!(pages[0].text.contains("Jane Perry asked") && pages[0].source == Source::Ocr);
    assert_eq!(pages[0].codes, ["{\"claim_id\": \"a7a95901-91c0-440d-b55d-fdfd3861c8d9\"}"]);

    let white = with_image(1, image(1700, 2200, vec![255; 1700 * 2200]));
    for file in [sheet().into(), white] {
        let reading = read(&reader, file, 1).await.unwrap();
        assert!(reading.pages.iter().all(|p| p.source == Source::Layer && p.words.is_empty()));
        assert!(!reading.pages[0].has_picture);
    }
    assert_eq!(stub.requests().0, 1, "nothing to read, nothing to pay");
    // A fax that lies nowhere is not read, and says so.
    let reading = reader.read(pictures(1)).await.unwrap();
    assert!(reading.pages[0].has_picture && reading.hindered.is_some());
}

#[tokio::test]
async fn without_a_bucket_the_service_does_not_start_and_a_folder_is_not_scored() {
    let app = TestApp::prepare(On::Sqlite, |_| {}, &[("OCR", "textract")]).await;
    let (code, _, said) = app.try_command(&["serve"]);
    assert!(code != 0 && said.contains("OCR: is textract") && said.contains("S3_BUCKET_DOCS"), "{said}");
    let folder = app.dir.path().display().to_string();
    let bucket = [("S3_BUCKET_DOCS", BUCKET)];
    let (code, _, said) = app.try_command_with(&bucket, &["fax", "score", &folder]);
    assert!(code != 0 && said.contains("OCR: is textract") && said.contains("OCR=tesseract"), "{said}");
}
