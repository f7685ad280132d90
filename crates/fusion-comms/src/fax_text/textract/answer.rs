//! Textract's answer, which comes in parts, page by page.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_textract::operation::get_document_text_detection::GetDocumentTextDetectionOutput as Part;
use aws_sdk_textract::types::{Block, BlockType, RelationshipType};
use fusion_comms_core::fax::{PageText, Source, Word, usable_text};

use super::boxes::{Placed, upright};
use crate::fax_text::Wanted;
use crate::fax_text::rows::lay_out;
use crate::fax_text::tesseract::Line;

/// What was told of a file's pages.
#[derive(Default)]
pub(super) struct Pages {
    pages: BTreeMap<u32, Page>,
    /// Pages that Textract warns of.
    doubtful: BTreeSet<u32>,
    /// How many pages the file has, by Textract's count.
    count: Option<usize>,
}

#[derive(Default)]
struct Page {
    /// The ids of each line's words.
    lines: Vec<Vec<String>>,
    words: Vec<(String, Placed)>,
}

impl Pages {
    pub fn take(&mut self, part: Part) {
        let count = part.document_metadata.and_then(|m| m.pages).and_then(|n| usize::try_from(n).ok());
        self.count = self.count.or(count);
        let told = part.warnings.unwrap_or_default();
        self.doubtful.extend(told.iter().flat_map(|w| w.pages()).filter_map(|n| u32::try_from(*n).ok()));
        for block in part.blocks.unwrap_or_default() {
            let number = block.page.and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
            let page = match block.block_type {
                Some(BlockType::Page | BlockType::Line | BlockType::Word) => {
                    self.pages.entry(number).or_default()
                }
                _ => continue,
            };
            match block.block_type {
                Some(BlockType::Line) => page.lines.push(children(&block)),
                Some(BlockType::Word) => page.words.extend(placed(&block)),
                _ => {}
            }
        }
    }

    /// Nothing, where Textract sees other pages in the file than we: then neither is believed.
    pub fn checked(self, pages: usize) -> Result<Self, &'static str> {
        let beyond = self.pages.keys().any(|n| *n == 0 || *n as usize > pages);
        if beyond || self.count.is_some_and(|count| count != pages) {
            return Err("pages were not read: Textract sees other pages in the file than we do");
        }
        Ok(self)
    }

    /// The words of a page, if Textract read it.
    pub fn text(&self, wanted: &Wanted) -> Option<PageText> {
        let page = self.pages.get(&wanted.number).filter(|_| !self.doubtful.contains(&wanted.number))?;
        let sides = (wanted.width as f32, wanted.height as f32);
        let placed: Vec<&Placed> = page.words.iter().map(|(_, word)| word).collect();
        let words = upright(&placed, sides);
        let ids = page.words.iter().map(|(id, _)| id.as_str());
        let lines = lines(&page.lines, ids.zip(words).collect());
        let text = lay_out(&lines);
        let words = lines.into_iter().flat_map(|l| l.words).collect();
        Some(PageText { source: Source::Ocr, words, ..PageText::new(wanted.number, text) })
    }
}

/// Sets what was read, if anything, in the place of a page. What is not read stays so, and says so.
pub(super) fn merge(page: &mut PageText, wanted: &Wanted, read: Option<PageText>) {
    let codes = std::mem::take(&mut page.codes);
    match read {
        None => page.has_picture = true,
        Some(read) if read.words.is_empty() && wanted.faint => *page = PageText::new(page.number, ""),
        // A few words without a picture are better as the file has them than as they look.
        Some(read) if !page.has_picture && !usable_text(&read.text) => {}
        // Whether all that is on the page was read cannot be told from the answer.
        Some(read) => *page = PageText { has_picture: true, ..read },
    }
    page.codes = codes;
}

/// The words line by line; a word of no line is one by itself.
fn lines(told: &[Vec<String>], words: Vec<(&str, Word)>) -> Vec<Line> {
    let at: HashMap<&str, usize> = words.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
    let mut left: Vec<Option<Word>> = words.into_iter().map(|(_, word)| Some(word)).collect();
    let mut lines: Vec<Line> = Vec::new();
    for ids in told {
        let words = ids.iter().filter_map(|id| left[*at.get(id.as_str())?].take()).collect();
        lines.push(Line { words });
    }
    lines.extend(left.into_iter().flatten().map(|word| Line { words: vec![word] }));
    lines.retain(|line| !line.words.is_empty());
    lines
}

fn children(block: &Block) -> Vec<String> {
    let kin = block.relationships().iter().filter(|r| r.r#type() == Some(&RelationshipType::Child));
    kin.flat_map(|r| r.ids()).cloned().collect()
}

fn placed(block: &Block) -> Option<(String, Placed)> {
    let text: String = block.text()?.trim().chars().filter(|c| !c.is_control()).collect();
    let [a, b, c, d] = block.geometry()?.polygon() else { return None };
    let corners = [a, b, c, d].map(|p| (p.x(), p.y()));
    let whole = !text.is_empty() && corners.iter().all(|(x, y)| x.is_finite() && y.is_finite());
    let confidence = block.confidence().unwrap_or(0.0).clamp(0.0, 100.0) as u8;
    whole.then(|| (block.id().unwrap_or_default().to_owned(), Placed { text, corners, confidence }))
}

#[cfg(test)]
mod tests {
    use aws_sdk_textract::types::{DocumentMetadata, Geometry, Point, Relationship, Warning};

    use super::*;

    const WANTED: Wanted = Wanted { number: 1, width: 1000, height: 1000, faint: false };

    fn word(page: i32, id: &str, text: &str, left: f32) -> Block {
        let corner = |x, y| Point::builder().x(x).y(y).build();
        let corners = [(left, 0.1), (left + 0.1, 0.1), (left + 0.1, 0.12), (left, 0.12)];
        let polygon = corners.map(|(x, y)| corner(x, y)).to_vec();
        let block = Block::builder().block_type(BlockType::Word).page(page).id(id).text(text);
        block.geometry(Geometry::builder().set_polygon(Some(polygon)).build()).confidence(91.6).build()
    }

    fn line(page: i32, ids: &[&str]) -> Block {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let children = Relationship::builder().r#type(RelationshipType::Child).set_ids(Some(ids)).build();
        Block::builder().block_type(BlockType::Line).page(page).relationships(children).build()
    }

    fn part(blocks: Vec<Block>) -> Part {
        Part::builder().set_blocks(Some(blocks)).build()
    }

    #[test]
    fn a_line_finds_its_words_in_another_part_and_a_word_of_no_line_is_kept() {
        let mut pages = Pages::default();
        pages.take(part(vec![line(1, &["b", "a", "a", "none"])]));
        pages.take(part(vec![
            word(1, "a", "Doe", 0.3),
            word(1, "c", " \u{7}", 0.1),
            word(1, "d", "else", 0.8),
        ]));
        pages.take(part(vec![word(1, "b", "Jane", 0.1)]));
        let page = pages.text(&WANTED).unwrap();
        let words: Vec<&str> = page.words.iter().map(|w| w.text.as_str()).collect();
        assert_eq!((words, page.words[0].confidence), (vec!["Jane", "Doe", "else"], 91));
        assert_eq!(page.text.split_whitespace().collect::<Vec<_>>(), ["Jane", "Doe", "else"]);
    }

    #[test]
    fn a_page_that_is_warned_of_or_not_told_is_not_read() {
        let mut pages = Pages::default();
        let warning = Warning::builder().pages(1).build();
        pages.take(Part::builder().blocks(word(1, "a", "half", 0.1)).warnings(warning).build());
        assert!(pages.text(&WANTED).is_none() && pages.text(&Wanted { number: 2, ..WANTED }).is_none());
    }

    #[test]
    fn other_pages_than_ours_are_none_of_ours() {
        let counted = |n, blocks| {
            let mut pages = Pages::default();
            let metadata = DocumentMetadata::builder().set_pages(n).build();
            pages.take(Part::builder().document_metadata(metadata).set_blocks(Some(blocks)).build());
            pages
        };
        assert!(counted(Some(2), vec![]).checked(2).is_ok() && counted(None, vec![]).checked(2).is_ok());
        assert!(counted(Some(3), vec![]).checked(2).is_err() && counted(Some(1), vec![]).checked(2).is_err());
        assert!(counted(None, vec![word(3, "a", "beyond", 0.1)]).checked(2).is_err());
        assert!(counted(Some(2), vec![word(0, "a", "before", 0.1)]).checked(2).is_err());
    }

    #[test]
    fn what_is_not_read_is_never_blank_but_specks_are() {
        let layer = |text: &str| PageText { codes: vec!["code".to_owned()], ..PageText::new(1, text) };
        let merged = |mut page: PageText, wanted: &Wanted, read| {
            merge(&mut page, wanted, read);
            assert_eq!(page.codes, ["code"], "codes stay");
            page
        };
        let nothing = || Some(PageText { source: Source::Ocr, ..PageText::new(1, "") });
        let faint = Wanted { faint: true, ..WANTED };
        assert!(merged(layer(""), &WANTED, None).has_picture);
        assert!(merged(layer(""), &faint, None).has_picture, "unread, however little is on it");
        let picture = PageText { has_picture: true, ..layer("Page 3") };
        assert!(merged(picture.clone(), &WANTED, nothing()).has_picture);
        assert!(!merged(picture, &faint, nothing()).has_picture);
        assert_eq!(merged(layer("Page 3"), &WANTED, nothing()).text, "Page 3");
    }
}
