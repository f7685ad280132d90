//! Files made to hurt: each ends unreadable with a reason, by the reader alone and in the running service.

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;
use fusion_comms::fax_text::{FaxReader, ReadError, ReadLimits};
use fusion_comms::sim::telnyx::FaxPlan;
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::fax::settled;
use super::fax_ocr::{reader, scan};
use super::fax_text::{pdf, plain};
use super::support::app::{FAX_LINE, HOSPITAL, On, TestApp};

/// A PDF with so many pages, all of them the same one image.
pub(super) fn with_image(pages: usize, image: Stream) -> Bytes {
    let mut document = Document::with_version("1.5");
    let parent = document.new_object_id();
    let image = document.add_object(image);
    let draw = document.add_object(Stream::new(Dictionary::new(), b"612 0 0 792 0 0 cm /Im Do".to_vec()));
    let kids: Vec<Object> = (0..pages)
        .map(|_| {
            let page = dictionary! {
                "Type" => "Page", "Parent" => parent, "Contents" => draw,
                "MediaBox" => vec![0.into(), 0.into(), 612.into(), 792.into()],
                "Resources" => dictionary! { "XObject" => dictionary! { "Im" => image } },
            };
            document.add_object(page).into()
        })
        .collect();
    let count = pages as i64;
    document.set_object(parent, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => parent });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes.into()
}

pub(super) fn image(width: i64, height: i64, samples: Vec<u8>) -> Stream {
    let dictionary = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => width, "Height" => height,
        "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8,
    };
    Stream::new(dictionary, samples)
}

/// Few bytes that say they are ten thousand million pixels.
fn bomb_of_pixels() -> Bytes {
    with_image(1, image(100_000, 100_000, b"few".to_vec()))
}

/// A small image whose data unpacks to a gigabyte, in two steps.
fn bomb_of_image_data() -> Bytes {
    let mut inner = image(1728, 2200, vec![0; 1 << 30]);
    inner.compress().unwrap();
    let mut outer = Stream::new(Dictionary::new(), inner.content);
    outer.compress().unwrap();
    let mut stream = image(1728, 2200, outer.content);
    let filters: Vec<Object> = vec!["FlateDecode".into(), "FlateDecode".into()];
    stream.dict.set("Filter", filters);
    with_image(1, stream)
}

/// More objects than any fax has.
fn bomb_of_objects() -> Bytes {
    const OBJECTS: usize = 300_000;
    let mut text = String::from("%PDF-1.4\n");
    let mut places = Vec::with_capacity(OBJECTS);
    for number in 1..=OBJECTS {
        places.push(text.len());
        let body = match number {
            1 => "<</Type/Catalog/Pages 2 0 R>>",
            2 => "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3 => "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>",
            _ => "null",
        };
        writeln!(text, "{number} 0 obj {body} endobj").unwrap();
    }
    let start = text.len();
    writeln!(text, "xref\n0 {}\n0000000000 65535 f ", OBJECTS + 1).unwrap();
    for place in places {
        writeln!(text, "{place:010} 00000 n ").unwrap();
    }
    write!(text, "trailer <</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", OBJECTS + 1).unwrap();
    text.into()
}

/// Page content packed three times over, each time to a thousandth.
fn bomb_of_nested_streams() -> Bytes {
    const TIMES: usize = 3;
    pdf("one two three", |_| {
        let mut content = vec![0; 256 << 20];
        for _ in 0..TIMES {
            let mut stream = plain(std::mem::take(&mut content));
            stream.compress().unwrap();
            content = stream.content;
        }
        let mut stream = plain(content);
        stream.dict.set("Filter", vec![Object::from("FlateDecode"); TIMES]);
        stream
    })
}

/// A form that draws itself.
fn form_within_itself() -> Bytes {
    let mut document = Document::load_mem(&with_image(1, image(8, 8, vec![255; 64]))).unwrap();
    let form = document.new_object_id();
    let content = Stream::new(
        dictionary! {
            "Type" => "XObject", "Subtype" => "Form", "BBox" => vec![0.into(), 0.into(), 612.into(), 792.into()],
            "Resources" => dictionary! { "XObject" => dictionary! { "Im" => form } },
        },
        b"/Im Do /Im Do /Im Do /Im Do /Im Do /Im Do /Im Do /Im Do".to_vec(),
    );
    document.set_object(form, content);
    let page = document.page_iter().next().unwrap();
    let resources = dictionary! { "XObject" => dictionary! { "Im" => form } };
    document.get_object_mut(page).unwrap().as_dict_mut().unwrap().set("Resources", resources);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes.into()
}

/// The trailer says that a password is needed, which is where a reader looks.
fn encrypted() -> Bytes {
    let mut document = Document::load_mem(&pdf("one two three", plain)).unwrap();
    let handler = dictionary! {
        "Filter" => "Standard", "V" => 1, "R" => 2, "P" => -4,
        "O" => Object::string_literal(vec![1; 32]), "U" => Object::string_literal(vec![2; 32]),
    };
    let handler = document.add_object(handler);
    document.trailer.set("Encrypt", handler);
    document.trailer.set("ID", vec![Object::string_literal("a"), Object::string_literal("a")]);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes.into()
}

fn cut(name: &str) -> Bytes {
    let whole = scan(name);
    whole.slice(..whole.len() / 2)
}

/// Each with a word of the reason that it ends with.
fn hostile() -> Vec<(&'static str, Bytes, &'static str)> {
    vec![
        ("bomb of objects", bomb_of_objects(), "objects"),
        ("bomb of pixels", bomb_of_pixels(), "pixels"),
        ("bomb of image data", bomb_of_image_data(), "memory"),
        ("bomb of nested streams", bomb_of_nested_streams(), "unpacks"),
        ("truncated PDF", cut("standard.pdf"), "cut off"),
        ("truncated TIFF", cut("page.tiff"), "damaged"),
        ("encrypted", encrypted(), "password"),
        ("HTML", Bytes::from_static(b"<!DOCTYPE html><html>gone</html>"), "web page"),
        ("nothing", Bytes::new(), "empty"),
        ("350 pages", with_image(350, image(8, 8, vec![255; 64])), "pages"),
    ]
}

#[tokio::test]
async fn each_ends_unreadable_with_a_reason() {
    for (name, file, word) in hostile() {
        match reader().read(file).await {
            Err(ReadError::Unreadable(why)) => assert!(why.contains(word), "{name}: {why}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_form_that_draws_itself_comes_to_an_end() {
    let limits = ReadLimits { time: Duration::from_secs(60), ..ReadLimits::default() };
    let read = FaxReader { limits, ..reader() }.read(form_within_itself()).await;
    match read {
        Ok(reading) => assert!(reading.pages[0].text.is_empty()),
        Err(e) => assert!(matches!(e, ReadError::Unreadable(_)), "{e}"),
    }
}

async fn the_service_outlives_all_of_them(on: On) {
    let app = TestApp::start_with(on, |_| (), &[("OCR", "tesseract")]).await;
    for (name, file, word) in hostile() {
        let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, file.to_vec(), 1));
        let fax = settled(&app, &id).await;
        assert_eq!((fax.status.as_str(), fax.case), ("unreadable", None), "{name}");
        assert!(
            fax.last_error.as_deref().is_some_and(|why| why.contains(word)),
            "{name}: {:?}",
            fax.last_error
        );
    }
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, scan("standard.pdf").to_vec(), 1));
    let fax = settled(&app, &id).await;
    assert_eq!(fax.page_count, Some(1), "{:?}", fax.last_error);
    assert!(matches!(fax.status.as_str(), "classified" | "needs_review"), "{}", fax.status);
}

async fn a_tiff_is_kept_as_sent_and_as_a_pdf(on: On) {
    let app = TestApp::start_with(on, |_| (), &[("OCR", "tesseract")]).await;
    let sent = scan("page.tiff");
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sent.to_vec(), 1));
    let fax = settled(&app, &id).await;
    let as_sent = fax.as_sent.clone().expect("the file as sent");
    let data = app.env.iter().find(|(n, _)| n == "DATA_DIR").map(|(_, v)| v.clone()).unwrap();
    let stored = |key: &str| std::fs::read(format!("{data}/blobs/docs/{key}")).expect("the file is there");
    let key = fax.key.clone().expect("a key");
    assert!(
        key.ends_with("/original.pdf") && as_sent.key.ends_with("/original.tiff"),
        "{key} {}",
        as_sent.key
    );
    assert!(stored(&key).starts_with(b"%PDF-"));
    assert_eq!(stored(&as_sent.key), sent);
    assert_eq!((fax.page_count, fax.doc_type.as_deref()), (Some(1), Some("pcs")), "{}", app.logs());
}

super::served_on_both!(the_service_outlives_all_of_them, a_tiff_is_kept_as_sent_and_as_a_pdf);
