//! Pages of many layouts and wordings, each read as its type. Everybody is made up.

use crate::fax::{DocType, PageText, classify};

fn pages(text: &str) -> Vec<(DocType, String)> {
    text.split("@@ ")
        .skip(1)
        .map(|p| {
            let (name, page) = p.split_once('\n').unwrap();
            (DocType::parse(name.trim()).unwrap(), page.to_owned())
        })
        .collect()
}

#[test]
fn a_page_is_read_as_its_type_and_surely() {
    let all = pages(include_str!("pages.txt"));
    assert!(all.len() > 150);
    for (want, page) in &all {
        let typing = classify(&[PageText::new(1, page.as_str())]);
        assert_eq!((typing.doc_type, typing.sure), (*want, true), "{page}");
    }
}

/// What OCR does to a page; sureness may go, but nothing is surely taken for something else.
#[test]
fn misread_letters_lead_to_no_other_type() {
    let all = pages(include_str!("pages.txt"));
    let mut right = 0;
    for (want, page) in &all {
        let misread = page.replace("rn", "m").replace('l', "1").replace('O', "0").replace("ti", "t i");
        let typing = classify(&[PageText::new(1, misread.as_str())]);
        assert!(typing.doc_type == *want || !typing.sure, "{want} as {}: {page}", typing.doc_type);
        right += usize::from(typing.doc_type == *want);
    }
    assert!(right * 100 >= all.len() * 90, "{right} of {}", all.len());
}
