//! One page's picture read: made ready, turned upright, its words and codes.

use fusion_comms_core::fax::{PageText, Source, Word};

use super::codes::codes;
use super::gray::Gray;
use super::marks::has_marks;
use super::picture::Picture;
use super::rows::lay_out;
use super::skew::lie;
use super::tesseract::{Failure, Line, Tesseract};

/// A page with less black than this share shows nothing but specks.
const BLANK: f64 = 0.0002;
/// Words of at least this confidence, with so many pixels around them, are taken off a page to see what else is there.
const READ_WELL: u8 = 50;
const AROUND: u32 = 6;
/// Black with more than this: a cover left open, nothing to read.
const BLACK: f64 = 0.95;
/// White on black.
const INVERTED: f64 = 0.6;
/// A reading of less confidence or fewer words than one of these pairs may be of a page that lies wrongly.
const SURE: [(f32, usize); 2] = [(70.0, 15), (85.0, 5)];
/// A reading above these ends the search for the page's top.
const CLEAR: f32 = 80.0;
const MANY_WORDS: usize = 30;
/// Another way up must be so much better.
const BETTER: f32 = 1.15;
/// More words than this prove no more.
const ENOUGH_WORDS: usize = 60;

/// What a page's picture says.
pub(super) enum Seen {
    /// Nothing is on it.
    Blank,
    /// Something is on it that was not read.
    Unread(Option<Failure>),
    Read(PageText),
}

/// A picture as tesseract is given it, unless the page is turned.
pub(super) struct Ready {
    pub soft: Gray,
    /// Before it was softened.
    sharp: Gray,
    sideways: bool,
}

/// Makes a picture ready to be read: black on white, straight, softened. `Err` where there is nothing to read.
pub(super) fn ready(gray: Gray) -> Result<Ready, Seen> {
    let (sharp, sideways) = straight(gray)?;
    Ok(Ready { soft: sharp.softened(), sharp, sideways })
}

/// A picture black on white and straight, and whether its text likely lies on its side.
fn straight(mut gray: Gray) -> Result<(Gray, bool), Seen> {
    match gray.darkness() {
        dark if dark < BLANK => return Err(Seen::Blank),
        dark if dark > BLACK => return Err(Seen::Unread(None)),
        dark if dark > INVERTED => gray = gray.inverted(),
        _ => {}
    }
    let lie = lie(&gray);
    if lie.straighten != 0.0 {
        gray = gray.rotated(lie.straighten);
    }
    Ok((gray, lie.sideways))
}

/// What can be told of a picture without reading its text.
pub(super) enum Glance {
    Blank,
    Something { codes: Vec<String>, faint: bool },
}

pub(super) fn glance(picture: Picture) -> Glance {
    match straight(picture.gray) {
        Err(Seen::Blank) => Glance::Blank,
        Err(_) => Glance::Something { codes: Vec::new(), faint: false },
        Ok((gray, sideways)) => {
            let faint = !has_marks(&gray);
            let codes = if sideways { codes(&gray.turned(1)) } else { codes(&gray) };
            Glance::Something { codes, faint }
        }
    }
}

pub(super) fn read(tesseract: &Tesseract, number: u32, picture: Picture) -> Seen {
    let Picture { gray, dpi } = picture;
    let Ready { soft, sharp, sideways } = match ready(gray) {
        Ok(ready) => ready,
        Err(seen) => return seen,
    };
    let ways = if sideways { [1, 3, 0, 2] } else { [0, 2, 1, 3] };
    let (turn, reading) = match upright(tesseract, &soft, ways, dpi) {
        Ok(best) => best,
        Err(failure) => return Seen::Unread(Some(failure)),
    };
    drop(soft);
    let picture = if turn == 0 { sharp } else { sharp.turned(turn) };
    let codes = codes(&picture);
    let text = lay_out(&reading.lines);
    let words: Vec<Word> = reading.lines.into_iter().flat_map(|l| l.words).collect();
    let has_picture = is_more_than(picture, &words);
    Seen::Read(PageText { has_picture, source: Source::Ocr, words, codes, ..PageText::new(number, text) })
}

/// Whether something is on the page besides what was read well.
fn is_more_than(mut picture: Gray, words: &[Word]) -> bool {
    for word in words.iter().filter(|w| w.confidence >= READ_WELL) {
        let side = |from: u32, length: u32| {
            (
                from.saturating_sub(AROUND) as usize,
                from.saturating_add(length).saturating_add(AROUND) as usize,
            )
        };
        picture.whiten(side(word.left, word.width), side(word.top, word.height));
    }
    has_marks(&picture)
}

struct Reading {
    lines: Vec<Line>,
    confidence: f32,
    words: usize,
}

impl Reading {
    fn new(lines: Vec<Line>) -> Self {
        let told = |w: &&Word| w.text.chars().any(char::is_alphanumeric);
        let words = lines.iter().flat_map(|l| &l.words).filter(told);
        let (count, sum) = words.fold((0_usize, 0_u32), |(n, sum), w| (n + 1, sum + u32::from(w.confidence)));
        Self { lines, confidence: sum as f32 / count.max(1) as f32, words: count }
    }

    fn worth(&self) -> f32 {
        self.confidence * self.words.min(ENOUGH_WORDS) as f32
    }

    fn is_sure(&self) -> bool {
        SURE.iter().any(|(confidence, words)| self.confidence >= *confidence && self.words >= *words)
    }
}

/// Reads the page the likeliest way up, and where that reads badly the others too; the best counts.
fn upright(tesseract: &Tesseract, page: &Gray, ways: [u8; 4], dpi: u32) -> Result<(u8, Reading), Failure> {
    let read = |turn: u8| {
        let lines =
            if turn == 0 { tesseract.read(page, dpi) } else { tesseract.read(&page.turned(turn), dpi) };
        lines.map(Reading::new)
    };
    let mut best = (ways[0], read(ways[0])?);
    if best.1.is_sure() {
        return Ok(best);
    }
    for turn in &ways[1..] {
        let other = read(*turn)?;
        if other.worth() > best.1.worth() * BETTER {
            best = (*turn, other);
        }
        if best.1.confidence > CLEAR && best.1.words > MANY_WORDS {
            break;
        }
    }
    Ok(best)
}
