//! Finds the phrases of our rules on a page through the usual errors of OCR.
//!
//! `rn` read as `m`, `1` `l` `I`, `0` `O`, `5` `S`, `8` `B`, a lost or doubled blank, a spaced-out heading, and one wrong
//! letter in a word of seven or more are forgiven; so is a plural. Only words of our own phrases are repaired, by a table
//! made once, so that a page costs one pass over its words.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::rules;

/// A word from this length on may have one wrong, missing or added letter.
const FUZZY_LETTERS: usize = 7;
/// An unknown run of letters from this length on may be several words without blanks.
const GLUED_LETTERS: usize = 8;
/// Rows of a page in which titles stand, and the most words of a cell there that is no sentence.
const HEADING: (usize, usize) = (8, 10);
/// Further down a title stands alone in its cell.
const LOW_HEADING: (usize, usize) = (30, 6);

/// Short words, folded, that may stand between others in a run without blanks.
const LINKS: &[&str] = &["of", "for", "to", "and", "or", "by", "the", "on", "ln"];

/// The phrases that stand on a page.
#[derive(Default)]
pub(super) struct Found {
    anywhere: HashSet<&'static str>,
    heading: HashSet<&'static str>,
}

impl Found {
    pub fn has(&self, phrase: &str) -> bool {
        self.anywhere.contains(phrase)
    }

    /// Where titles stand: in the first rows, or alone in a cell.
    pub fn in_heading(&self, phrase: &str) -> bool {
        self.heading.contains(phrase)
    }

    pub fn count(&self, phrases: &[&str]) -> usize {
        phrases.iter().filter(|p| self.has(p)).count()
    }

    pub fn in_heading_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|p| self.in_heading(p))
    }

    pub fn any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|p| self.has(p))
    }
}

/// All phrases of `rules` that stand in a text.
pub(super) fn find(body: &str) -> Found {
    LEXICON.find(body)
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(rules::phrases()));

type Id = u32;

/// A word of a page as the phrases may need it: itself, and the stems it begins with.
type Ids = Vec<Id>;

struct Phrase {
    text: &'static str,
    ids: Vec<Id>,
}

struct Lexicon {
    words: HashMap<String, Id>,
    /// Words that stand for any ending.
    stems: HashMap<String, Id>,
    /// A long word with one letter left out; `None` where two words become alike.
    near: HashMap<String, Option<Id>>,
    by_first: HashMap<Id, Vec<Phrase>>,
}

impl Lexicon {
    fn new(phrases: impl Iterator<Item = &'static str>) -> Self {
        let mut lexicon = Self {
            words: HashMap::new(),
            stems: HashMap::new(),
            near: HashMap::new(),
            by_first: HashMap::new(),
        };
        let mut seen = HashSet::new();
        for text in phrases {
            if seen.insert(text) {
                let ids = text.split(' ').map(|word| lexicon.intern(word)).collect::<Vec<_>>();
                lexicon.by_first.entry(ids[0]).or_default().push(Phrase { text, ids });
            }
        }
        for (word, id) in &lexicon.words {
            if word.chars().count() >= FUZZY_LETTERS {
                for less in without_one(word) {
                    let kept = lexicon.near.entry(less).or_insert(Some(*id));
                    if *kept != Some(*id) {
                        *kept = None;
                    }
                }
            }
        }
        lexicon
    }

    fn intern(&mut self, word: &str) -> Id {
        let next = Id::try_from(self.words.len() + self.stems.len()).unwrap_or(Id::MAX);
        match word.strip_suffix('*') {
            Some(stem) => *self.stems.entry(fold(stem)).or_insert(next),
            None => *self.words.entry(singular(&fold(word)).to_owned()).or_insert(next),
        }
    }

    fn find(&self, body: &str) -> Found {
        let mut tokens: Vec<Ids> = Vec::new();
        let mut titles: Vec<bool> = Vec::new();
        for (row, line) in body.lines().filter(|l| !l.trim().is_empty()).enumerate() {
            for cell in line.split("  ").filter(|c| !c.trim().is_empty()) {
                let words = split(cell);
                let fits = |(rows, most): (usize, usize)| row < rows && words.len() <= most;
                let title = fits(HEADING) || fits(LOW_HEADING);
                self.read(&words, |ids, word| {
                    tokens.push(ids);
                    titles.push(title && word.may_be_title);
                });
            }
        }
        let mut found = Found::default();
        for at in 0..tokens.len() {
            for phrase in tokens[at].iter().filter_map(|id| self.by_first.get(id)).flatten() {
                let end = at + phrase.ids.len();
                if end <= tokens.len() && phrase.ids.iter().zip(&tokens[at..]).all(|(id, t)| t.contains(id)) {
                    found.anywhere.insert(phrase.text);
                    if titles[at..end].iter().all(|t| *t) {
                        found.heading.insert(phrase.text);
                    }
                }
            }
        }
        found
    }

    /// Hands on the words of one cell, repaired where a repair gives a word of ours.
    fn read(&self, words: &[Word], mut out: impl FnMut(Ids, &Word)) {
        let mut at = 0;
        while at < words.len() {
            let word = &words[at];
            if let Some((parts, taken)) = self.spaced(&words[at..]).or_else(|| self.broken(&words[at..])) {
                parts.into_iter().for_each(|ids| out(ids, word));
                at += taken;
                continue;
            }
            let ids = self.ids(&word.folded);
            match ids.is_empty().then(|| self.glued(&word.folded, false)).flatten() {
                Some(parts) => parts.into_iter().for_each(|ids| out(ids, word)),
                None => out(ids, word),
            }
            at += 1;
        }
    }

    fn ids(&self, word: &str) -> Ids {
        let mut ids: Ids = self.word(word).or_else(|| self.misread(word)).into_iter().collect();
        for (end, _) in word.char_indices().skip(2).chain([(word.len(), ' ')]) {
            ids.extend(self.stems.get(&word[..end]));
        }
        ids
    }

    fn word(&self, word: &str) -> Option<Id> {
        self.words.get(singular(word)).copied()
    }

    /// A long word of ours with one letter wrong, missing or too many.
    fn misread(&self, word: &str) -> Option<Id> {
        let word = singular(word);
        let letters = word.chars().count();
        if letters + 1 < FUZZY_LETTERS {
            return None;
        }
        if let Some(id) = self.near.get(word) {
            return *id;
        }
        without_one(word).find_map(|less| {
            let long = less.chars().count() >= FUZZY_LETTERS;
            let added = if long { self.words.get(&less).copied() } else { None };
            added.or_else(|| self.near.get(&less).copied().flatten())
        })
    }

    /// `F A C E  S H E E T`
    fn spaced(&self, words: &[Word]) -> Option<(Vec<Ids>, usize)> {
        let run = words.iter().take_while(|w| w.folded.chars().count() == 1).count();
        if run < 4 {
            return None;
        }
        let joined = fold(&words[..run].iter().map(|w| w.folded.as_str()).collect::<String>());
        let parts = match self.word(&joined) {
            Some(id) => vec![vec![id]],
            None => self.glued(&joined, true)?,
        };
        Some((parts, run))
    }

    /// `certifi cation`
    fn broken(&self, words: &[Word]) -> Option<(Vec<Ids>, usize)> {
        let [a, b, ..] = words else { return None };
        let (a, b) = (&a.folded, &b.folded);
        if a.len() + b.len() < FUZZY_LETTERS || self.word(a).is_some() && self.word(b).is_some() {
            return None;
        }
        let id = self.word(&format!("{a}{b}"))?;
        Some((vec![vec![id]], 2))
    }

    /// `certificateofmedicalnecessity`
    fn glued(&self, word: &str, spaced: bool) -> Option<Vec<Ids>> {
        if word.len() < GLUED_LETTERS || !word.is_ascii() {
            return None;
        }
        // The longest of the words that lead up to each place, from the left.
        let mut from: Vec<Option<(usize, Id)>> = vec![None; word.len() + 1];
        for end in 2..=word.len() {
            for start in 0..=end - 2 {
                let part = &word[start..end];
                let fits = part.len() >= 4 || LINKS.contains(&part);
                if fits
                    && (start == 0 || from[start].is_some())
                    && (start > 0 || end < word.len())
                    && let Some(id) = self.words.get(singular(part))
                {
                    from[end] = Some((start, *id));
                    break;
                }
            }
        }
        let mut parts = Vec::new();
        let mut longest = 0;
        let mut at = word.len();
        while at > 0 {
            let (start, id) = from[at]?;
            parts.push(vec![id]);
            longest = longest.max(at - start);
            at = start;
        }
        parts.reverse();
        // `moderate` is not `mode rate`.
        (longest >= FUZZY_LETTERS - 1 || parts.len() == 2 && word.len() <= 10 && spaced).then_some(parts)
    }
}

/// A word of a page.
struct Word {
    folded: String,
    /// Titles are written with capitals, but for their short words.
    may_be_title: bool,
}

/// The words of a line. Apostrophes vanish, a bar within a word is an `l`, every other mark separates.
fn split(line: &str) -> Vec<Word> {
    let mut words = vec![String::new()];
    for c in line.chars() {
        let Some(word) = words.last_mut() else { break };
        match c {
            c if c.is_alphanumeric() => word.push(c),
            '|' if !word.is_empty() => word.push('l'),
            '\'' | '\u{2019}' => {}
            _ if !word.is_empty() => words.push(String::new()),
            _ => {}
        }
    }
    words.retain(|w| !w.is_empty());
    let word = |w: String| Word {
        may_be_title: w.len() <= 3 || !w.starts_with(char::is_lowercase),
        folded: fold(&w.to_lowercase()),
    };
    words.into_iter().map(word).collect()
}

/// Letters that OCR takes for one another become the same letter.
fn fold(word: &str) -> String {
    word.replace("rn", "m")
        .replace("vv", "w")
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | 'i' => 'l',
            '5' => 's',
            '8' => 'b',
            c => c,
        })
        .collect()
}

fn singular(word: &str) -> &str {
    if word.len() >= 5 { word.strip_suffix('s').unwrap_or(word) } else { word }
}

fn without_one(word: &str) -> impl Iterator<Item = String> {
    word.char_indices().map(move |(at, c)| format!("{}{}", &word[..at], &word[at + c.len_utf8()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, phrase: &'static str) -> bool {
        Lexicon::new([phrase, "certificate", "of", "overturn*", "pre", "face"].into_iter())
            .find(text)
            .has(phrase)
    }

    #[test]
    fn a_phrase_is_found_through_the_usual_errors_of_ocr() {
        let phrase = "physician certification statement";
        for text in [
            "Physician Certification Statement",
            "PHYSICIAN CERTIFICATION  STATEMENT",
            "Physician's certification statements",
            "PHYS1CIAN CERT|FICATlON STATEMENT",
            "Physiciancertification statement",
            "PhysicianCertificationStatement",
            "Physician certifi cation statement",
            "Phvsician certificotion statcment",
            "Physician\ncertification\nstatement",
            "P H Y S I C I A N  C E R T I F I C A T I O N  S T A T E M E N T",
        ] {
            assert!(has(text, phrase), "{text}");
        }
        assert!(has("Notice from our attomey", "attorney"));
        assert!(has("42 CFR 41O.4O(e)", "42 cfr 410 40"));
        assert!(has("it was overturned", "overturn*"));
    }

    #[test]
    fn what_is_another_word_is_not_found() {
        for (text, phrase) in [
            ("Memorial Hospital", "memo"),
            ("physician certified this statement", "physician certification statement"),
            ("the lien on", "line"),
            ("unfavorable", "favorable"),
            ("a patch of skin", "patient"),
        ] {
            assert!(!has(text, phrase), "{text}");
        }
    }

    #[test]
    fn a_heading_is_in_the_first_rows_or_stands_alone_and_is_no_sentence() {
        let lexicon = Lexicon::new(["face sheet"].into_iter());
        let low = format!("{}Face sheet", "a line\n".repeat(31));
        let sentence = "Please send us the face sheet and the card of the patient by Friday";
        for text in [low.as_str(), sentence] {
            assert!(
                lexicon.find(text).has("face sheet") && !lexicon.find(text).in_heading("face sheet"),
                "{text}"
            );
        }
        let below = format!("{}Adm 4    FACE SHEET", "a line\n".repeat(9));
        for text in ["General Hospital\nFACE SHEET", &below] {
            assert!(lexicon.find(text).in_heading("face sheet"), "{text}");
        }
    }
}
