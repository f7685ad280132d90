//! Faxes of any length, made of the scanned pages that lie beside the tests.

use anyhow::Context;
use bytes::Bytes;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

const SCANS: [&[u8]; 3] = [
    include_bytes!("../../tests/data/fax/qr_code.pdf"),
    include_bytes!("../../tests/data/fax/standard.pdf"),
    include_bytes!("../../tests/data/fax/stamp_line.pdf"),
];

/// A PDF of so many pages, each one image in a fax's own coding.
pub fn scanned(pages: usize) -> anyhow::Result<Bytes> {
    let mut document = Document::with_version("1.5");
    let parent = document.new_object_id();
    let mut kids: Vec<Object> = Vec::new();
    for at in 0..pages {
        kids.push(add(&mut document, parent, SCANS[at % SCANS.len()])?.into());
    }
    let count = i64::try_from(pages)?;
    document.set_object(parent, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => parent });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes)?;
    Ok(bytes.into())
}

/// A page with the image of a scan, at the size of the scan's page.
fn add(document: &mut Document, parent: ObjectId, scan: &[u8]) -> anyhow::Result<ObjectId> {
    let scan = Document::load_mem(scan)?;
    let is_image = |o: &&Object| {
        let subtype = o.as_stream().ok().and_then(|s| s.dict.get(b"Subtype").ok()?.as_name().ok());
        subtype == Some(b"Image".as_slice())
    };
    let image = scan.objects.values().find(is_image).context("a scan without an image")?;
    let image = document.add_object(image.clone());
    let page = scan.page_iter().next().context("a scan without a page")?;
    let sides = scan.get_dictionary(page)?.get(b"MediaBox")?.as_array()?;
    let (width, height) = (sides[2].as_float()?, sides[3].as_float()?);
    let draw = format!("{width} 0 0 {height} 0 0 cm /Im Do").into_bytes();
    let draw = document.add_object(Stream::new(Dictionary::new(), draw));
    Ok(document.add_object(dictionary! {
        "Type" => "Page", "Parent" => parent, "Contents" => draw, "MediaBox" => sides.clone(),
        "Resources" => dictionary! { "XObject" => dictionary! { "Im" => image } },
    }))
}
