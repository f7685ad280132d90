//! Sample faxes with a text layer, as a hospital's fax server would make them.

use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};

use super::agency;

/// A registration sheet of the sample patient.
pub fn face_sheet() -> anyhow::Result<Vec<u8>> {
    pdf(&[
        "HOLLOWAY MEMORIAL HOSPITAL",
        "PATIENT FACE SHEET - REGISTRATION AND DEMOGRAPHICS",
        "",
        "Patient Name: PHELPS, JONATHAN",
        "Date of Birth: 04/12/1947        Sex: M",
        "Admit Date: 05/30/2026",
        &format!("EMS Case Number: {}", agency::CASE_NUMBER),
        "",
        "Address: 853 Nancy Lakes Suite 116",
        "Guarantor: Self            Marital Status: Married",
        "Emergency Contact: on file",
        "",
        "PRIMARY INSURANCE: Medicare Part B",
        "Subscriber: Self           Member ID: 5CE6K39JC84",
        "SECONDARY INSURANCE: None",
        "Admitting Diagnosis: Shortness of breath",
        "Attending Physician: on file        Room/Bed: 214-A",
    ])
}

/// A paper that names nobody: goes before a person.
pub fn unknown_letter() -> anyhow::Result<Vec<u8>> {
    pdf(&["To whom it may concern,", "please call us about the matter we spoke of.", "Regards"])
}

fn pdf(lines: &[&str]) -> anyhow::Result<Vec<u8>> {
    let mut doc = Document::with_version("1.5");
    let pages_id = doc.new_object_id();
    let font =
        doc.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let mut operations = vec![
        Operation::new("BT", vec![]),
        Operation::new("Tf", vec!["F1".into(), 11.into()]),
        Operation::new("TL", vec![16.into()]),
        Operation::new("Td", vec![60.into(), 730.into()]),
    ];
    for line in lines {
        operations.push(Operation::new("Tj", vec![Object::string_literal(*line)]));
        operations.push(Operation::new("T*", vec![]));
    }
    operations.push(Operation::new("ET", vec![]));
    let content = doc.add_object(Stream::new(dictionary! {}, Content { operations }.encode()?));
    let page = doc.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages_id, "Contents" => content,
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
        "MediaBox" => vec![0.into(), 0.into(), 612.into(), 792.into()],
    });
    let pages = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    doc.objects.insert(pages_id, Object::Dictionary(pages));
    let catalog = doc.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages_id });
    doc.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    doc.save_to(&mut bytes)?;
    Ok(bytes)
}
