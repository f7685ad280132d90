//! A TIFF as a PDF: one image a page at the page's true size, without loss but for colours, which become gray.

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::picture::Scan;
use super::{Trouble, tiff_pages};

pub(super) fn tiff_to_pdf(file: &[u8], most_pages: u32) -> Result<Vec<u8>, Trouble> {
    let pages = tiff_pages::count(file, most_pages)?;
    let mut document = Document::with_version("1.5");
    let parent = document.new_object_id();
    let mut kids: Vec<Object> = Vec::with_capacity(pages);
    for at in 0..pages {
        let scan = tiff_pages::page(file, at)?;
        kids.push(add_page(&mut document, parent, &scan)?.into());
    }
    let count = i64::try_from(pages).unwrap_or(i64::MAX);
    document.set_object(parent, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => parent });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(|_| Trouble::TooMuchMemory)?;
    Ok(bytes)
}

fn add_page(
    document: &mut Document,
    parent: lopdf::ObjectId,
    scan: &Scan,
) -> Result<lopdf::ObjectId, Trouble> {
    let gray = &scan.gray;
    let (bits, samples) = if gray.pixels.iter().all(|p| matches!(p, 0 | 255)) {
        (1, gray.pixels.chunks_exact(gray.width).flat_map(packed).collect())
    } else {
        (8, gray.pixels.clone())
    };
    let side = |pixels: usize| i64::try_from(pixels).unwrap_or(i64::MAX);
    let mut image = Stream::new(
        dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "ColorSpace" => "DeviceGray",
            "Width" => side(gray.width), "Height" => side(gray.height), "BitsPerComponent" => bits,
        },
        samples,
    );
    image.compress().map_err(|_| Trouble::TooMuchMemory)?;
    let image = document.add_object(image);
    let (width, height) = (gray.width as f32 * 72.0 / scan.dpi.0, gray.height as f32 * 72.0 / scan.dpi.1);
    let matrix = [width, 0.0, 0.0, height, 0.0, 0.0].map(Object::Real).to_vec();
    let draw = vec![Operation::new("cm", matrix), Operation::new("Do", vec!["Im".into()])];
    let draw = Content { operations: draw }.encode().map_err(|_| Trouble::TooMuchMemory)?;
    let draw = document.add_object(Stream::new(Dictionary::new(), draw));
    Ok(document.add_object(dictionary! {
        "Type" => "Page", "Parent" => parent, "Contents" => draw,
        "MediaBox" => vec![0.into(), 0.into(), Object::Real(width), Object::Real(height)],
        "Resources" => dictionary! { "XObject" => dictionary! { "Im" => image } },
    }))
}

/// Eight pixels a byte, white 1; a row begins with a byte of its own.
fn packed(row: &[u8]) -> impl Iterator<Item = u8> + '_ {
    row.chunks(8).map(|eight| {
        eight.iter().enumerate().fold(0, |byte, (at, pixel)| byte | u8::from(*pixel > 127) << (7 - at))
    })
}
