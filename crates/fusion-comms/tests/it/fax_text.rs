//! The fax reader as the process it is: the built binary with `read-fax`.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use fusion_comms::fax_text::{FaxReader, Ocr, ReadError, ReadLimits};
use fusion_comms_core::fax::{Case, DocType, Status, decide};
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

fn reader(limits: ReadLimits) -> FaxReader {
    FaxReader { program: PathBuf::from(env!("CARGO_BIN_EXE_fusion-comms")), limits, ocr: Ocr::Off }
}

/// One page with a line of Courier for each line of `text`, its content stream as `wrap` makes it.
pub(super) fn pdf(text: &str, wrap: impl Fn(Vec<u8>) -> Stream) -> Bytes {
    let mut document = Document::with_version("1.5");
    let parent = document.new_object_id();
    let font = dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier", "Encoding" => "WinAnsiEncoding",
    };
    let font = document.add_object(font);
    let mut operations = vec![
        Operation::new("BT", vec![]),
        Operation::new("Tf", vec!["F1".into(), 10.into()]),
        Operation::new("TL", vec![12.into()]),
        Operation::new("Td", vec![50.into(), 740.into()]),
    ];
    for line in text.lines() {
        operations.push(Operation::new("Tj", vec![Object::string_literal(line)]));
        operations.push(Operation::new("T*", vec![]));
    }
    operations.push(Operation::new("ET", vec![]));
    let content = document.add_object(wrap(Content { operations }.encode().unwrap()));
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => parent, "Contents" => content,
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
    });
    document.set_object(parent, dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 });
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => parent });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes.into()
}

pub(super) fn plain(content: Vec<u8>) -> Stream {
    Stream::new(Dictionary::new(), content)
}

#[tokio::test]
async fn a_fax_with_a_text_layer_is_read_typed_and_attached() {
    let text = "Northwind Health Plan\nNOTICE OF CLAIM DENIAL\nMember: Robert Quill\nDOB: 01/17/1949\nYour account: 7000311\n\
                We have completed our review of the claim listed above. We are unable to approve payment.";
    let pages = reader(ReadLimits::default()).read_pages(pdf(text, plain)).await.unwrap();
    let mut case = Case::new("bob".into(), "t1".into());
    (case.patient_first, case.patient_last, case.patient_dob) =
        ("Robert".into(), "Quill".into(), "1949-01-17".into());
    case.statement_id = "7000311".into();
    let verdict = decide(&pages, &[case]);
    assert_eq!((verdict.doc_type, verdict.status), (Some(DocType::DenialLetter), Status::Classified));
    assert_eq!(verdict.case_id, Some("bob".into()));
}

#[tokio::test]
async fn a_page_that_unpacks_to_more_than_allowed_makes_the_file_unreadable() {
    // 64 MiB of blanks in a few kilobytes.
    let bomb = pdf("one two three", |mut content| {
        content.resize(64 << 20, b' ');
        let mut stream = plain(content);
        stream.compress().unwrap();
        stream
    });
    assert!(bomb.len() < 1 << 20);
    let limits = ReadLimits { text_bytes: 64 << 10, ..ReadLimits::default() };
    let read = reader(limits).read_pages(bomb).await;
    assert!(matches!(read, Err(ReadError::Unreadable(why)) if why.contains("unpacks")));
}

#[tokio::test]
async fn a_reader_that_needs_more_memory_than_allowed_breaks_off() {
    let large = pdf(&"word ".repeat(20_000_000), plain);
    let limits =
        ReadLimits { memory_bytes: 192 << 20, time: Duration::from_secs(60), ..ReadLimits::default() };
    assert!(matches!(reader(limits).read_pages(large).await, Err(ReadError::Unreadable(_))));
}

#[tokio::test]
async fn a_file_without_end_or_sense_is_unreadable() {
    let whole = pdf("one two three", plain);
    let reader = reader(ReadLimits::default());
    let mut scrambled = whole.to_vec();
    let middle = scrambled.len() / 2;
    scrambled[..middle].iter_mut().skip(16).for_each(|b| *b = b.wrapping_add(7));
    for file in [
        whole.slice(..whole.len() / 2),
        Bytes::from(scrambled),
        Bytes::from_static(b"%PDF-1.7 nothing else in here, and then at last the mark of its end: %%EOF"),
    ] {
        assert!(matches!(reader.read_pages(file).await, Err(ReadError::Unreadable(_))));
    }
}
