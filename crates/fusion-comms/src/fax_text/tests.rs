//! The extraction over PDFs made here. `tests/it/fax_text.rs` runs the reader as the process it is.

use std::time::Duration;

use bytes::Bytes;
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::layers::layers;
use super::*;

fn extract(file: &[u8], most_pages: u32, most_text: usize) -> Result<Vec<PageText>, Trouble> {
    layers(file, most_pages, most_text).map(|layers| layers.into_iter().map(|l| l.page).collect())
}

/// A PDF with one page for each list of `(x, y, text)`.
fn pdf(pages: &[&[(i64, i64, &str)]]) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let parent = document.new_object_id();
    let font = document.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier", "Encoding" => "WinAnsiEncoding" });
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let kids: Vec<Object> = pages
        .iter()
        .map(|runs| {
            let mut operations = vec![Operation::new("BT", vec![]), Operation::new("Tf", vec!["F1".into(), 10.into()])];
            for (x, y, text) in *runs {
                operations.push(Operation::new("Tm", vec![1.into(), 0.into(), 0.into(), 1.into(), (*x).into(), (*y).into()]));
                operations.push(Operation::new("Tj", vec![Object::string_literal(*text)]));
            }
            operations.push(Operation::new("ET", vec![]));
            let content = document.add_object(Stream::new(Dictionary::new(), Content { operations }.encode().unwrap()));
            document.add_object(dictionary! { "Type" => "Page", "Parent" => parent, "Contents" => content, "Resources" => resources }).into()
        })
        .collect();
    let count = kids.len() as i64;
    document.set_object(parent, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => parent });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

#[test]
fn labels_and_values_keep_their_places_and_pages_their_numbers() {
    let file = pdf(&[
        &[(50, 700, "Patient"), (250, 700, "DOB"), (50, 680, "Doe, Jane"), (250, 680, "1/2/1940")],
        &[],
        &[(50, 700, "third")],
    ]);
    let pages = extract(&file, 10, 10_000).unwrap();
    let lines: Vec<&str> = pages[0].text.lines().collect();
    assert_eq!(lines[0].find("DOB"), lines[1].find("1/2/1940"));
    assert_eq!(pages.iter().map(|p| p.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((pages[1].text.as_str(), pages[1].has_picture, pages[2].text.trim()), ("", false, "third"));
}

#[test]
fn bounds_on_pages_and_text_refuse_a_file_whole() {
    let file = pdf(&[&[(50, 700, "one")], &[(50, 700, "two")]]);
    assert_eq!(extract(&file, 1, 10_000), Err(Trouble::TooManyPages));
    let wordy = "one ".repeat(25);
    let long = pdf(&[&[(50, 700, wordy.as_str())], &[(50, 700, wordy.as_str())]]);
    assert_eq!(extract(&long, 2, 150), Err(Trouble::TooMuchText));
    assert_eq!(extract(&pdf(&[]), 2, 10_000), Err(Trouble::NoPages));
}

#[test]
fn a_file_that_was_cut_or_overwritten_never_comes_back_as_a_shorter_document() {
    let file = pdf(&[&[(50, 700, "one")], &[(50, 700, "two")]]);
    for cut in [20, file.len() / 3, file.len() / 2, file.len() - 30] {
        assert!(extract(&file[..cut], 10, 10_000).is_err(), "cut at {cut}");
    }
}

/// A reader that says nothing and stays.
#[tokio::test]
async fn a_reader_that_takes_too_long_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let program = script(dir.path(), "exec sleep 60");
    let reader = FaxReader {
        program,
        limits: ReadLimits { time: Duration::from_millis(200), ..ReadLimits::default() },
        ocr: Ocr::Off,
    };
    let started = std::time::Instant::now();
    // More than a pipe holds: it is killed though it never reads to the end.
    let long = "word ".repeat(200_000);
    let file = Bytes::from(pdf(&[&[(50, 700, long.as_str())]]));
    assert!(matches!(reader.read_pages(file).await, Err(ReadError::TooSlow(_))));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_reader_that_says_too_much_dies_or_talks_nonsense_gives_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let reader = |body: &str| FaxReader {
        program: script(dir.path(), body),
        limits: ReadLimits { text_bytes: 1000, ..ReadLimits::default() },
        ocr: Ocr::Off,
    };
    let file = Bytes::from(pdf(&[&[]]));
    assert!(matches!(
        reader("exec cat /dev/zero").read_pages(file.clone()).await,
        Err(ReadError::Unreadable(_))
    ));
    assert!(matches!(reader("kill -9 $$").read_pages(file.clone()).await, Err(ReadError::Unreadable(_))));
    assert!(matches!(reader("echo hello").read_pages(file.clone()).await, Err(ReadError::Reader(_))));
    assert!(matches!(reader("exit 2").read_pages(file.clone()).await, Err(ReadError::Reader(_))));
    let missing =
        FaxReader { program: dir.path().join("none"), limits: ReadLimits::default(), ocr: Ocr::Off };
    assert!(matches!(missing.read_pages(file).await, Err(ReadError::Reader(_))));
}

fn script(dir: &std::path::Path, body: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join(format!("reader-{}", body.len()));
    std::fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn what_is_no_pdf_never_reaches_the_reader() {
    let reader = FaxReader { program: "/nonexistent".into(), limits: ReadLimits::default(), ocr: Ocr::Off };
    for bytes in [&b""[..], b"<html></html>", b"%PDF-1.7 cut"] {
        assert!(matches!(reader.read_pages(Bytes::from_static(bytes)).await, Err(ReadError::Unreadable(_))));
    }
}
