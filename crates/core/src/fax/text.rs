//! A page's text: which lines count, whether it can be relied on, and its words for the rules.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a page's text comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Text that the file itself carries.
    #[default]
    Layer,
    /// Read off the picture, so that letters may be mistaken for one another.
    Ocr,
}

/// A word as OCR saw it; its box in pixels of the upright picture.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    pub text: String,
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
    /// 0 to 100.
    pub confidence: u8,
}

/// The text of one page, 1-based, laid out as on the page: a line a row, two or more blanks between columns.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageText {
    pub number: u32,
    pub text: String,
    /// The page shows something that is not in `text`: a picture, or letters without a readable encoding; with OCR,
    /// black that is no word's. Of a page
    /// read by OCR: the picture is not blank, so that a page with hardly a word on it is one that could not be read.
    #[serde(default)]
    pub has_picture: bool,
    #[serde(default)]
    pub source: Source,
    /// Of a page read by OCR only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// What QR and bar codes on the page say: claims, not proof.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
}

impl PageText {
    pub fn new(number: u32, text: impl Into<String>) -> Self {
        Self {
            number,
            text: text.into(),
            has_picture: false,
            source: Source::Layer,
            words: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// The page without the lines that fax servers add.
    pub(super) fn body(&self) -> String {
        self.text.lines().filter(|l| !is_stamp(l)).collect::<Vec<_>>().join("\n")
    }

    /// The text says what the page says.
    pub(super) fn is_readable(&self) -> bool {
        usable_text(&self.text) && !self.is_guesswork()
    }

    /// There is something on the page that nobody has read.
    pub(super) fn is_unread(&self) -> bool {
        !self.is_readable() && (self.has_picture || !self.body().trim().is_empty())
    }

    /// OCR itself believed too little of what it read.
    fn is_guesswork(&self) -> bool {
        let sum: usize = self.words.iter().map(|w| usize::from(w.confidence)).sum();
        !self.words.is_empty() && sum < self.words.len() * MIN_CONFIDENCE
    }
}

impl fmt::Debug for PageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageText({}, {} bytes)", self.number, self.text.len())
    }
}

/// Fewest letters and words that make a text layer worth reading: a returned label has some 90 letters.
const MIN_LETTERS: usize = 24;
const MIN_WORDS: usize = 5;
/// Lowest mean confidence of a page's words, in percent, with which its text counts.
const MIN_CONFIDENCE: usize = 45;

/// Whether a text layer says what the page says: more than a fax server's line, and made of words.
///
/// Hidden junk layers exist (failed OCR of another machine); in them most letters stand in no word.
pub fn usable_text(text: &str) -> bool {
    let mut letters_in_words = 0;
    let mut words = 0;
    let mut marks = 0;
    for line in text.lines().filter(|l| !is_stamp(l)) {
        for token in line.split_whitespace() {
            match wordlike(token) {
                Some(letters) => {
                    letters_in_words += letters;
                    words += usize::from(letters >= 3);
                }
                None => marks += token.chars().count(),
            }
        }
    }
    letters_in_words >= MIN_LETTERS && words >= MIN_WORDS && letters_in_words * 3 >= marks * 2
}

/// The letters of a token that reads as a word or as a number (0 letters); `None` for junk.
fn wordlike(token: &str) -> Option<usize> {
    let core = token.trim_matches(|c: char| !c.is_alphanumeric());
    if core.is_empty() {
        // Rules, bullets and boxes are drawn with marks; they say nothing for or against.
        return (token.chars().count() <= 2 || token.chars().all(|c| token.starts_with(c))).then_some(0);
    }
    if core.chars().any(|c| "|~\u{fffd}".contains(c)) {
        return None;
    }
    let letters = core.chars().filter(|c| c.is_alphabetic()).count();
    let digits = core.chars().filter(char::is_ascii_digit).count();
    if digits > 0 {
        // Ids, dates and amounts: digits and capitals with few marks between.
        let tidy =
            core.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase() || "-/.,:#$%()".contains(c));
        return (tidy || letters <= 2).then_some(0);
    }
    let vowel = core.chars().any(|c| "aeiouyAEIOUY".contains(c) || !c.is_ascii());
    let cases =
        core.chars().zip(core.chars().skip(1)).filter(|(a, b)| a.is_lowercase() && b.is_uppercase()).count();
    let marks = core.chars().filter(|c| !c.is_alphanumeric() && !"'-/.,&\u{2019}".contains(*c)).count();
    (marks == 0 && cases <= 1 && (vowel || letters <= 5)).then_some(letters)
}

/// A line that a fax machine or server adds: a time, and at least two of page count, sender and machine words.
pub(super) fn is_stamp(line: &str) -> bool {
    let words = words(line);
    let has_time = line.split_whitespace().any(|t| {
        let parts: Vec<&str> = t.trim_end_matches(|c: char| "AaPpMm".contains(c)).split(':').collect();
        parts.len() >= 2
            && parts.iter().all(|p| (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    });
    let has_page = [" page ", " pg ", " p ", " pages "].iter().any(|m| words.contains(m));
    let marks =
        [" from ", " to ", " fax ", " faxserver", " rightfax ", " received ", " job ", " id ", " tel "];
    let others = marks.iter().filter(|m| words.contains(*m)).count();
    let sender = has_page && line.split_whitespace().any(is_phone);
    line.trim().len() < 160 && (has_time && has_page && (others >= 1 || sender) || has_time && others >= 3)
}

/// `312-555-0100`, `(312)555-0100`, `+13125550100`
fn is_phone(token: &str) -> bool {
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    (10..=11).contains(&digits) && token.bytes().all(|b| b.is_ascii_digit() || b"+-().".contains(&b))
}

/// The words of a text in lower case, one blank before, between and after, so that ` memo ` is not in ` memorial `.
/// Apostrophes vanish (`patient's` is `patients`), every other mark separates.
pub(super) fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for c in text.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !matches!(c, '\'' | '\u{2019}') && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Word({} letters, {} %)", self.text.chars().count(), self.confidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_line_alone_is_no_text() {
        for stamp in [
            "Received 11/12/2026 20:58 from +12025550167 by FaxServer01 page 1 of 1 job 1405785",
            "Nov 12 2026 08:58PM  HP Fax 202-555-0143  page 1",
            "11/12/2026 20:58  TO: 12025550143  FROM: 12025550167  Page: 1/3",
            " 11/12/2026 20:58     202-555-0143    SOME COUNTY HOSPITAL      PAGE 01/02",
        ] {
            assert!(is_stamp(stamp), "{stamp}");
            assert!(!usable_text(stamp), "{stamp}");
        }
        assert!(!is_stamp("Patient was received on 11/12/2026 at the destination"));
    }

    #[test]
    fn what_ocr_hardly_believes_is_unread() {
        let word = |text: &str, confidence| Word {
            text: text.into(),
            left: 0,
            top: 0,
            width: 9,
            height: 9,
            confidence,
        };
        let text = "the patient was seen today in the emergency room";
        let page = |confidence| PageText {
            source: Source::Ocr,
            has_picture: true,
            words: text.split(' ').map(|w| word(w, confidence)).collect(),
            ..PageText::new(1, text)
        };
        assert!(page(30).is_unread() && !page(80).is_unread());
        assert!(PageText { text: "xx".into(), words: vec![], ..page(80) }.is_unread());
        assert!(!PageText { text: String::new(), words: vec![], has_picture: false, ..page(80) }.is_unread());
    }

    #[test]
    fn a_junk_layer_is_no_text() {
        let junk = "a:~:| r;0a||0oiII;l0~1;~n\nr  ;O11mm\n|~\ne O|acn OO,a\nO00 ,amiO1;|,;:o1\n.~0,rr~;||:e\n\
                    cOnanOa,Irn; ,mecnIOa1I ocI\nm01mc|m;a\nam.0eim n a\n.\nnr,.,.:Oi1,c1Ie e0m1c~,amm,rc,ral:e0:r|~cI;e";
        assert!(!usable_text(junk));
        assert!(!usable_text(""));
    }

    #[test]
    fn a_short_label_and_a_ruled_form_are_text() {
        assert!(usable_text(
            "JANE DOE\n12 MAIN ST\nSTMT 30443976\nNIXIE 631 DE 1\nRETURN TO SENDER\nUNABLE TO FORWARD"
        ));
        assert!(usable_text(
            "====================\nNAME: DOE,JANE   ADM: 08/18/2026  1747\nADDR: 12 Main Street\nARRIVED BY: AMBULANCE"
        ));
    }

    #[test]
    fn words_are_whole() {
        assert!(words("Memorial Hospital").contains(" memorial "));
        assert!(!words("Memorial").contains(" memo "));
        assert!(words("the patient's non-emergency").contains(" patients non emergency "));
    }
}
