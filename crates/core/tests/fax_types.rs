//! Types of pages that nobody saw when the rules were made.

use fusion_comms_core::fax::{PageText, Source, classify};

const PAGES: &str = include_str!("data/fax-pages.txt");

#[test]
fn unseen_pages_are_mostly_typed_right_and_hardly_ever_surely_wrong() {
    let (mut all, mut right, mut sure, mut surely_wrong) = (0_u32, 0_u32, 0_u32, 0_u32);
    for (head, text) in PAGES.split("@@ ").skip(1).filter_map(|page| page.split_once('\n')) {
        let page = PageText { source: Source::Ocr, has_picture: true, ..PageText::new(1, text) };
        let typing = classify(&[page]);
        let hit = head.split('|').any(|accepted| accepted.trim() == typing.doc_type.as_str());
        if !hit {
            println!("{} as {}, sure: {}", head.trim(), typing.doc_type, typing.sure);
        }
        all += 1;
        right += u32::from(hit);
        sure += u32::from(typing.sure);
        surely_wrong += u32::from(typing.sure && !hit);
    }
    println!("{right} of {all} right; {sure} sure, of which {surely_wrong} wrong");
    assert_eq!(all, 144);
    assert!(right * 100 >= all * 92, "{right} of {all}");
    assert!(surely_wrong * 50 <= sure, "{surely_wrong} of {sure}");
    assert!(sure * 4 >= all * 3, "{sure} of {all} sure");
}
