//! What was read from a fax, once for all cases.

use std::collections::{HashMap, HashSet};

use super::candidates::Evidence;
use super::codes::Codes;
use super::dates::Date;
use super::fields::{self, Fields};
use super::glyphs::{folded, is_near_id, is_near_word};
use super::layout::{Grid, content, grid};
use super::names::{Agreement, first_word, letters, occurrences};
use super::printed::{is_date, without_dates_and_phones};
use super::roster::Case;
use super::text::{PageText, Source};

/// Shorter texts of the roster are found on any page by chance.
const SHORTEST_ID: usize = 5;

pub(super) struct Reading {
    pub pages: Vec<Fields>,
    pub codes: Codes,
    /// Some page was read by OCR, so that letters may be mistaken for one another.
    pub is_ocr: bool,
    /// The rows of all pages.
    pub grids: Vec<Grid>,
    /// The letters of all words, to rule names out quickly, and all their beginnings.
    words: HashSet<String>,
    beginnings: HashSet<String>,
    tokens: HashSet<String>,
    /// What is read, by its folded form: tokens, and neighbours joined.
    folds: HashMap<String, Vec<String>>,
    /// What may be an id of anybody's, so no date, telephone number or postal code.
    id_like: HashSet<String>,
    /// Letters and digits of what may be a member id, however it is set apart: `2AB3-CD4-EF56`, `2AB3 CD4 EF56`.
    spread: HashSet<String>,
}

impl Reading {
    pub fn new(pages: &[PageText]) -> Self {
        let bodies: Vec<String> = pages.iter().map(PageText::body).collect();
        let grids: Vec<Grid> = pages.iter().map(|p| grid(&content(p))).collect();
        let words: HashSet<String> = cells_of(&grids)
            .flat_map(|c| c.split(|ch: char| ch.is_whitespace() || ch == ','))
            .map(letters)
            .collect();
        let beginnings = words
            .iter()
            .flat_map(|w| w.char_indices().map(|(i, c)| w[..i + c.len_utf8()].to_owned()))
            .collect();
        let codes = Codes::new(pages);
        let mut tokens: HashSet<String> = bodies.iter().flat_map(|b| id_tokens(b)).collect();
        tokens.extend(codes.bare());
        let mut folds: HashMap<String, Vec<String>> = HashMap::new();
        for token in tokens.iter().cloned().chain(bodies.iter().flat_map(|b| joined_tokens(b))) {
            folds.entry(folded(&token)).or_default().push(token);
        }
        let rest: Vec<String> =
            bodies.iter().flat_map(|b| b.lines()).flat_map(without_dates_and_phones).collect();
        let mut id_like: HashSet<String> =
            rest.iter().flat_map(|r| [id_tokens(r), joined_tokens(r)].concat()).collect();
        id_like.extend(codes.bare());
        Self {
            pages: pages.iter().map(fields::read).collect(),
            codes,
            is_ocr: pages.iter().any(|p| p.source == Source::Ocr),
            grids,
            words,
            beginnings,
            tokens,
            folds,
            id_like,
            spread: bodies.iter().flat_map(|b| b.lines()).flat_map(spread_ids).collect(),
        }
    }

    /// Whether a value of the roster stands on the fax as a whole token.
    pub fn holds(&self, id: &str) -> bool {
        let id = id.trim().to_ascii_uppercase();
        is_findable(&id) && self.tokens.contains(&id)
    }

    /// As [`Self::holds`]; a member id of letters and digits also where cards print it with marks or blanks.
    pub fn holds_member(&self, id: &str) -> bool {
        self.holds(id) || is_lettered(id) && self.spread.contains(&signs(id))
    }

    /// How many letters and digits the tokens have.
    pub fn token_lengths(&self) -> impl Iterator<Item = usize> {
        self.tokens.iter().chain(&self.spread).map(|t| count_signs(t))
    }

    /// What stands on the fax that is this id but for letters which OCR confuses, or blanks that it put in.
    pub fn misread(&self, id: &str) -> impl Iterator<Item = &str> {
        let id = id.trim();
        let same = is_findable(id).then(|| self.folds.get(&folded(id))).flatten();
        same.into_iter().flatten().map(String::as_str).filter(|t| !is_date(t))
    }

    /// The folded forms of all that may be an id.
    pub fn folds(&self) -> impl Iterator<Item = &str> {
        self.folds.keys().map(String::as_str)
    }

    /// Whether something on the fax is this id with one letter misread, lost or added.
    pub fn holds_near(&self, id: &str) -> bool {
        let id = id.trim();
        let near = |t: &String| t.len().abs_diff(id.len()) <= 3 && is_near_id(t, id) && !is_date(t);
        is_findable(id) && self.tokens.iter().any(near)
    }

    /// All that may be an id, whosesoever, as read.
    pub fn id_like(&self) -> impl Iterator<Item = &str> {
        self.id_like.iter().map(String::as_str)
    }

    /// Whether both names of a patient may stand on the fax.
    pub fn may_name(&self, case: &Case) -> bool {
        let last = letters(first_word(&case.patient_last));
        !last.is_empty()
            && self.beginnings.contains(&last)
            && self.words.contains(&letters(first_word(&case.patient_first)))
    }

    /// How the fax's names agree with a case's patient, wherever they stand.
    pub fn names(&self, case: &Case) -> Vec<Agreement> {
        if !self.may_name(case) {
            return Vec::new();
        }
        cells_of(&self.grids).flat_map(|c| occurrences(c, case)).collect()
    }

    /// Whether a name that may be this patient's stands somewhere.
    pub fn names_nearly(&self, case: &Case) -> bool {
        let near = |name: &str| {
            let name = letters(name);
            self.words.iter().any(|w| w.len().abs_diff(name.len()) <= 2 && is_near_word(w, &name))
        };
        near(first_word(&case.patient_first)) && near(first_word(&case.patient_last))
    }

    /// Whether the patient's last name stands somewhere.
    pub fn holds_last_name(&self, case: &Case) -> bool {
        let last = letters(case.patient_last.split_whitespace().last().unwrap_or_default());
        last.len() > 2 && self.words.contains(&last)
    }

    /// Whether before a comma stands what may be the patient's first name, and behind it what may be the last: then it
    /// is somebody else's name.
    pub fn names_swapped(&self, case: &Case) -> bool {
        let (first, last) = (letters(&case.patient_first), letters(&case.patient_last));
        let near = |read: &str, own: &str| is_near_word(read, own);
        let lettered = |text: &&str| text.chars().any(char::is_alphabetic);
        cells_of(&self.grids).any(|cell| {
            cell.match_indices(',').any(|(at, _)| {
                let before = cell[..at].split_whitespace().rfind(lettered).map(letters);
                let after = cell[at + 1..].split_whitespace().find(lettered).map(letters);
                before.zip(after).is_some_and(|(before, after)| {
                    near(&before, &first) && near(&after, &last) && !near(&before, &last)
                })
            })
        })
    }

    pub fn births(&self) -> impl Iterator<Item = Date> {
        self.pages.iter().flat_map(|p| p.births.iter().chain(&p.mended_births).copied())
    }

    pub fn services(&self) -> impl Iterator<Item = Date> {
        self.pages.iter().flat_map(|p| p.services.iter().copied())
    }

    pub fn loose(&self) -> impl Iterator<Item = (Date, bool)> {
        self.pages.iter().flat_map(|p| p.loose.iter().map(|l| (l.date, l.in_sentence)))
    }

    /// Every day that is or may be the trip's.
    pub fn days(&self) -> impl Iterator<Item = Date> {
        self.services().chain(self.loose().map(|(d, _)| d))
    }

    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().flat_map(|p| p.members.iter().map(String::as_str))
    }

    pub fn bills(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().flat_map(|p| p.bills.iter().map(String::as_str))
    }

    /// Under its label, or anywhere with a year that can only be the birth's: no trip was in it, nor will be soon.
    fn says_birth(&self, dob: Date, service: Option<Date>) -> bool {
        let tells = |d: Date| d.has_full_year() || service.is_some_and(|s| d.is_later_year_than(s));
        self.pages.iter().flat_map(|p| &p.births).any(|d| d.agrees(dob))
            || self.loose().any(|(d, _)| tells(d) && d.agrees(dob))
    }

    pub fn says_service(&self, dos: Date) -> bool {
        self.services().any(|d| d.agrees(dos)) || self.loose().any(|(d, _)| d.agrees(dos))
    }

    /// Every agreement with a patient, leaving ids of the case aside.
    pub fn evidence(&self, case: &Case) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        let mut add = |kind, holds: bool| {
            if holds {
                evidence.push(kind);
            }
        };
        let named = self.names(case).contains(&Agreement::Same);
        add(Evidence::Name, named);
        add(Evidence::NearName, !named && self.names_nearly(case));
        add(Evidence::MemberId, self.holds_member(&case.member_id));
        let service = Date::iso(&case.date_of_service);
        add(Evidence::DateOfBirth, Date::iso(&case.patient_dob).is_some_and(|d| self.says_birth(d, service)));
        add(Evidence::DateOfService, service.is_some_and(|d| self.says_service(d)));
        evidence
    }
}

/// Letters and digits only, upper case.
pub(super) fn signs(id: &str) -> String {
    id.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
}

pub(super) fn count_signs(id: &str) -> usize {
    id.chars().filter(|c| c.is_alphanumeric()).count()
}

/// Long enough, and of letters and digits both, so that no date, amount or telephone number is the same.
pub(super) fn is_lettered(id: &str) -> bool {
    count_signs(id) >= 8 && id.chars().any(char::is_alphabetic) && id.chars().any(|c| c.is_ascii_digit())
}

/// What the words of a row may be together if marks or blanks divide one id.
fn spread_ids(line: &str) -> Vec<String> {
    let tokens: Vec<String> = line.split_whitespace().filter_map(tidy).collect();
    let mut ids: Vec<String> =
        tokens.iter().filter(|t| !t.bytes().all(|b| b.is_ascii_alphanumeric())).cloned().collect();
    for size in 2..=4 {
        ids.extend(tokens.windows(size).filter(|w| w.iter().all(|t| is_part(t))).map(<[String]>::concat));
    }
    ids.retain(|t| is_lettered(t) && t.len() <= 24);
    ids.iter().map(|t| signs(t)).collect()
}

fn cells_of(grids: &[Grid]) -> impl Iterator<Item = &str> {
    grids.iter().flatten().flatten().map(|c| c.text.as_str())
}

/// An id that chance does not print.
pub(super) fn is_findable(id: &str) -> bool {
    id.len() >= SHORTEST_ID && id.bytes().any(|b| b.is_ascii_digit())
}

/// Whole tokens of a text, upper case. `-` and `.` inside belong to the token, so that no part of a longer number is
/// taken for an id; an amount of money is none.
fn id_tokens(text: &str) -> Vec<String> {
    // Split at such marks and not split: an agency's ids may hold them.
    let pieces = text.split(|c: char| c.is_whitespace() || "/:;()[]|*\"=<>".contains(c));
    pieces.chain(text.split_whitespace()).filter_map(tidy).filter(|t| t.len() >= SHORTEST_ID).collect()
}

/// Two or three neighbours of one row that OCR may have torn from one another.
fn joined_tokens(text: &str) -> Vec<String> {
    let mut joined = Vec::new();
    for line in text.lines() {
        let tokens: Vec<String> = line.split_whitespace().filter_map(tidy).collect();
        for size in [2, 3] {
            for (at, window) in tokens.windows(size).enumerate() {
                // A part of a longer row of numbers is no id.
                let goes_on = |i: Option<&String>| i.is_some_and(|t| t.bytes().all(|b| b.is_ascii_digit()));
                let before = at.checked_sub(1).and_then(|i| tokens.get(i));
                if window.iter().all(|t| is_part(t)) && !goes_on(before) && !goes_on(tokens.get(at + size)) {
                    joined.push(window.concat());
                }
            }
        }
    }
    joined.retain(|t| t.len() > SHORTEST_ID && t.len() <= 24);
    joined
}

/// A part of a torn id: mostly digits, or few letters.
fn is_part(token: &str) -> bool {
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    digits * 2 >= token.len() || token.len() <= 3
}

fn tidy(token: &str) -> Option<String> {
    let token = token.trim_matches(|c: char| !c.is_alphanumeric() && c != '$');
    (!token.is_empty() && !token.contains('$')).then(|| token.to_ascii_uppercase())
}
