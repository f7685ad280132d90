//! Scanned faxes read by the built binary and `tesseract`.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use fusion_comms::fax_text::{FaxReader, Ocr, ReadLimits, Reading};
use fusion_comms_core::fax::{PageText, Source, usable_text};

pub(super) fn scan(name: &str) -> Bytes {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fax").join(name);
    std::fs::read(path).expect("a fax of the test data").into()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(super) fn reader() -> FaxReader {
    let ocr = Ocr::tesseract(variable("PATH").as_deref(), variable("TESSDATA_PREFIX").as_deref());
    ocr.check().expect("the tests need tesseract");
    FaxReader {
        program: PathBuf::from(env!("CARGO_BIN_EXE_fusion-comms")),
        limits: ReadLimits::default(),
        ocr,
    }
}

async fn pages(name: &str) -> Vec<PageText> {
    let Reading { pages, hindered } = reader().read(scan(name)).await.unwrap();
    assert_eq!(hindered, None);
    pages
}

#[track_caller]
fn says(page: &PageText, words: &[&str]) {
    assert_eq!(page.source, Source::Ocr);
    for word in words {
        assert!(page.text.contains(word), "{word} is not in:\n{}", page.text);
    }
}

#[tokio::test]
async fn a_page_of_the_coarse_kind_is_read_with_words_in_boxes() {
    let pages = pages("standard.pdf").await;
    assert_eq!(pages.len(), 1);
    says(&pages[0], &["Medicaid", "Torres", "appeal", "10/11/2026"]);
    let word = pages[0].words.iter().find(|w| w.text.starts_with("Torres")).expect("the word itself");
    assert!(word.width > word.height && word.confidence > 50, "{word:?}");
    // Labels above values: both rows keep their columns.
    let row = pages[0].text.lines().find(|l| l.contains("Torres")).unwrap();
    assert!(row.contains("  10/11/2026") || row.contains("  Under"), "{row}");
}

#[tokio::test]
async fn pages_upside_down_and_on_their_side_are_turned() {
    let upside_down = pages("upside_down.pdf").await;
    says(&upside_down[0], &["Martinez", "Patient Care Report", "Narrative", "04/05/2026"]);
    let sideways = pages("sideways.pdf").await;
    says(&sideways[0], &["Jimenez", "Medical Necessity", "Holloway"]);
}

#[tokio::test]
async fn a_code_on_the_page_is_told_beside_its_text() {
    let pages = pages("qr_code.pdf").await;
    says(&pages[0], &["Jane Perry", "30460165"]);
    assert_eq!(pages[0].codes, ["{\"claim_id\": \"a7a95901-91c0-440d-b55d-fdfd3861c8d9\"}"]);
}

#[tokio::test]
async fn a_fax_servers_line_is_no_text_layer() {
    let off = FaxReader { ocr: Ocr::Off, ..reader() };
    let layer = off.read(scan("stamp_line.pdf")).await.unwrap().pages;
    assert!(!layer[0].text.is_empty() && !usable_text(&layer[0].text));
    says(&pages("stamp_line.pdf").await[0], &["LUNCHEON", "EMS", "cafeteria"]);
}

#[tokio::test]
async fn a_tiff_says_the_same_as_the_pdf_made_of_it() {
    let tiff = pages("page.tiff").await;
    says(&tiff[0], &["BHH786811804", "Kettle Creek", "bed confined"]);
    let pdf = reader().tiff_to_pdf(scan("page.tiff")).await.unwrap();
    assert_eq!(pdf, reader().tiff_to_pdf(scan("page.tiff")).await.unwrap(), "the same file each time");
    let read = reader().read(pdf).await.unwrap().pages;
    assert_eq!(read, tiff);
}

#[tokio::test]
async fn without_the_program_a_scanned_page_is_unread_and_not_blank() {
    let ocr = Ocr::Tesseract { program: "/nonexistent/tesseract".into(), data: None, threads: 2 };
    assert!(ocr.check().unwrap_err().contains("tesseract-ocr"));
    let Reading { pages, hindered } = FaxReader { ocr, ..reader() }.read(scan("standard.pdf")).await.unwrap();
    assert!(pages[0].has_picture && pages[0].text.is_empty());
    assert!(hindered.is_some_and(|why| why.contains("tesseract")));
}
