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
fn a_page_is_read_as_its_type() {
    let all = pages(include_str!("pages.txt"));
    let mut wrong = 0;
    let mut sure = 0;
    for (want, page) in &all {
        let typing = classify(&[PageText::new(1, page.as_str())]);
        sure += usize::from(typing.sure);
        if typing.doc_type != *want || (!typing.sure && std::env::var("SHOW").is_ok()) {
            let title = page.lines().next().unwrap_or_default();
            println!(
                "{} {want} -> {} {} {} | {title} | {:?}",
                if typing.doc_type == *want { "unsure" } else { "WRONG" },
                typing.doc_type,
                typing.score,
                typing.sure,
                typing.reasons
            );
            wrong += usize::from(typing.doc_type != *want);
        }
    }
    println!("{} pages, {wrong} wrong, {sure} sure", all.len());
}
