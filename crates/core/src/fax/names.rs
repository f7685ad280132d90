//! Names of people as printed, and whether one is the patient of a case.

use super::glyphs::{edits, is_near_word};
use super::no_names::is_no_name;
use super::roster::Case;

/// A name as printed: `James H. Chan Jr` or `CHAN JR, JAMES H`. Letters only, upper case.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PersonName {
    /// Words in the order first, middle …, last; of `LAST, FIRST` the last name is joined and moved to the end.
    words: Vec<String>,
    suffix: String,
    /// The last name is known to be the last word: it stood before a comma.
    comma: bool,
}

/// How a printed name and a case's patient go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreement {
    /// First and last name, and middle and suffix where both are printed.
    Same,
    /// First and last name, but another middle name or suffix.
    OtherDetail,
    No,
}

/// Specks that OCR takes for marks.
const NOISE: &str = "~`*^_\"\u{b0}\u{ab}\u{bb}\u{2018}\u{201c}\u{201d}";

/// How many words at the start address a person: `Dear`, and `Mr` before a full name. Of `Dear Mr Quill` all, since a
/// greeting without a first name tells nobody's.
fn forms_of_address(tokens: &[String]) -> usize {
    let greeting = usize::from(tokens.first().is_some_and(|t| t == "DEAR"));
    let title = tokens.get(greeting).is_some_and(|t| matches!(t.as_str(), "MR" | "MRS" | "MS" | "MISS"));
    match tokens.len() - greeting {
        0 | 1 => tokens.len() * greeting,
        2 if title => tokens.len() * greeting,
        _ => greeting + usize::from(title),
    }
}

/// Parts of a name that are written small.
#[rustfmt::skip]
const PARTICLES: &[&str] = &[
    "AL", "DA", "DAS", "DE", "DEL", "DELA", "DEN", "DER", "DI", "DOS", "DU", "EL", "LA", "LAS", "LE", "LOS", "TER",
    "VAN", "VON", "ZU",
];

impl PersonName {
    /// Reads a name at the start of a value; `None` where there is none. What follows the name is left alone.
    pub fn parse(value: &str) -> Option<Self> {
        let (tokens, comma_after) = leading_name(value);
        match comma_after.first() {
            Some(&at) if at <= tokens.len() && at > 0 && tokens.len() > at => {
                Self::last_first(&tokens[..at], &tokens[at..])
            }
            _ => Self::first_last(&tokens),
        }
    }

    fn last_first(last: &[String], rest: &[String]) -> Option<Self> {
        let (last, mut suffix) = split_suffix(last);
        let (rest, other) = split_suffix(rest);
        if suffix.is_empty() {
            suffix = other;
        }
        if last.is_empty() || last.len() > 3 || rest.is_empty() {
            return None;
        }
        let mut words: Vec<String> = rest.iter().take(3).cloned().collect();
        words.push(last.concat());
        Some(Self { words, suffix, comma: true })
    }

    fn first_last(tokens: &[String]) -> Option<Self> {
        let (words, suffix) = split_suffix(tokens);
        (2..=5).contains(&words.len()).then(|| Self { words: words.to_vec(), suffix, comma: false })
    }

    /// Compares with the patient of a case. Nicknames and misspellings do not agree.
    pub fn agrees(&self, case: &Case) -> Agreement {
        let (first, last) = (letters(first_word(&case.patient_first)), letters(&case.patient_last));
        if first.is_empty() || last.is_empty() || self.words.first() != Some(&first) {
            return Agreement::No;
        }
        let shortest_last = if self.comma { self.words.len() - 1 } else { 1 };
        let Some(split) = (shortest_last..self.words.len()).find(|&i| self.words[i..].concat() == last)
        else {
            return Agreement::No;
        };
        let middle = self.words[1..split].first().map_or("", String::as_str);
        let theirs = letters(&case.patient_middle);
        let rest: String = case.patient_first.split_whitespace().skip(1).map(letters).collect();
        let said = self.words[1..split].concat();
        let initial = |a: &str, b: &str| a.chars().next() == b.chars().next();
        let middle_differs = !middle.is_empty()
            && if rest.is_empty() {
                !theirs.is_empty() && !initial(middle, &theirs)
            } else {
                // Of a first name of several words the others stand in this place.
                let with_middle = format!("{rest}{}", theirs.chars().take(1).collect::<String>());
                said != rest && said != with_middle && !(said.chars().count() == 1 && initial(&said, &rest))
            };
        let suffix_differs = !self.suffix.is_empty() && self.suffix != suffix(&case.patient_suffix);
        if middle_differs || suffix_differs { Agreement::OtherDetail } else { Agreement::Same }
    }

    /// First, middle, last.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Written as `LAST, FIRST`.
    pub fn has_comma(&self) -> bool {
        self.comma
    }

    /// More than an initial stands for the first name.
    pub fn is_full(&self) -> bool {
        self.words.first().is_some_and(|w| w.chars().count() > 1)
    }

    /// Compares as [`Self::agrees`], where other words may follow the name.
    pub fn begins_as(&self, case: &Case) -> bool {
        self.agrees(case) != Agreement::No
            || (2..self.words.len()).any(|n| {
                let begin = Self { words: self.words[..n].to_vec(), ..self.clone() };
                begin.agrees(case) != Agreement::No
            })
    }

    /// Whether OCR may have read this for the name of a case's patient, or it is misspelt by a letter.
    pub fn is_near(&self, case: &Case) -> bool {
        let (first, last) = (letters(first_word(&case.patient_first)), letters(&case.patient_last));
        let starts = self.words.first().is_some_and(|w| is_near_word(w, &first));
        starts && (1..self.words.len()).any(|i| is_near_word(&self.words[i..].concat(), &last))
    }
}

/// The name that a text begins with, and the text behind it.
pub(super) fn leading(text: &str) -> Option<(PersonName, &str)> {
    let name = PersonName::parse(text)?;
    let count = name.words.len() + usize::from(!name.suffix.is_empty());
    let (tokens, commas) = leading_name(text);
    // Of `LAST, FIRST` the words of the last name are joined.
    let count = match commas.first() {
        Some(&at) if name.comma => at + count - 1,
        _ => count.min(tokens.len()),
    };
    let mut seen = 0;
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        let of_word = c.is_alphabetic() || in_word && matches!(c, '\'' | '\u{2019}' | '-' | '.');
        if of_word && !in_word {
            seen += 1;
        }
        in_word = of_word;
        if seen > count || seen == count && !of_word {
            return Some((name, &text[at..]));
        }
    }
    Some((name, ""))
}

/// All names in a cell that could be a case's patient: windows over its words, in both orders.
pub(super) fn occurrences(cell: &str, case: &Case) -> Vec<Agreement> {
    places(cell, case).into_iter().map(|(_, agreement)| agreement).collect()
}

/// The same with where in the cell each begins, in bytes.
pub(super) fn places(cell: &str, case: &Case) -> Vec<(usize, Agreement)> {
    let (first, last) = (letters(first_word(&case.patient_first)), letters(&case.patient_last));
    let starts = cell.char_indices().filter(|&(i, c)| {
        c.is_alphabetic()
            && !cell[..i].chars().next_back().is_some_and(|p| p.is_alphanumeric() || "'-\u{2019}".contains(p))
    });
    starts
        .filter_map(|(i, _)| {
            let rest = &cell[i..];
            let start = letters(rest.split(|c: char| c.is_whitespace() || c == ',').next().unwrap_or(""));
            let could_be = !start.is_empty() && (start == first || last.starts_with(&start));
            could_be.then(|| (i, best_window(rest, case)))
        })
        .filter(|(_, a)| *a != Agreement::No)
        .collect()
}

/// How far into a text that begins with a patient's name the name goes, in bytes.
pub(super) fn length(text: &str, case: &Case) -> usize {
    let mut missing =
        vec![letters(first_word(&case.patient_first)), letters(first_word_back(&case.patient_last))];
    let mut end = 0;
    for piece in text.split_inclusive(|c: char| c.is_whitespace() || c == ',') {
        let word = letters(piece);
        let belongs = !missing.is_empty() || word.chars().count() == 1 || is_suffix(&word) || word.is_empty();
        if !belongs {
            break;
        }
        missing.retain(|w| *w != word);
        if missing.is_empty() && word.is_empty() {
            break;
        }
        let at_comma = missing.is_empty() && piece.ends_with(',');
        end += if at_comma { piece.len() - 1 } else { piece.len() };
        if at_comma {
            break;
        }
    }
    end
}

fn first_word_back(text: &str) -> &str {
    text.split_whitespace().next_back().unwrap_or("")
}

/// The longest reading of the first words as this patient's name that agrees at all.
fn best_window(text: &str, case: &Case) -> Agreement {
    let (tokens, commas) = leading_words(text);
    if let Some(&at) = commas.first().filter(|&&at| at <= 3 && tokens.len() > at) {
        // Behind `LAST, FIRST` a lone letter is a middle name and a suffix a suffix; anything else is other text.
        let mut end = at + 1;
        while end < tokens.len() && end < at + 3 && (tokens[end].len() == 1 || is_suffix(&tokens[end])) {
            end += 1;
        }
        // So are the other words of a first name that has several, or others in their stead.
        let others = case.patient_first.split_whitespace().count().saturating_sub(1);
        if others > 0 && tokens.get(end).is_some_and(|t| t.len() > 1 && !is_no_name(t)) {
            end = (at + 1 + others).max(end).min(tokens.len());
        }
        let found =
            PersonName::last_first(&tokens[..at], &tokens[at..end]).map_or(Agreement::No, |n| n.agrees(case));
        if found != Agreement::No {
            return found;
        }
    }
    for length in (2..=tokens.len().min(5)).rev() {
        if commas.iter().any(|&c| c < length && !is_suffix(&tokens[c.min(length - 1)])) {
            continue;
        }
        let with_suffix = if tokens.get(length).is_some_and(|t| is_suffix(t)) { length + 1 } else { length };
        // What may be a misread `Jr` leaves open which of the two is meant.
        let spoilt = tokens.get(length).is_some_and(|t| is_spoilt_suffix(t));
        let found = PersonName::first_last(&tokens[..with_suffix]).map_or(Agreement::No, |n| n.agrees(case));
        if found != Agreement::No {
            return if spoilt { Agreement::OtherDetail } else { found };
        }
    }
    Agreement::No
}

/// The words at the start of a value that can be a name, and after how many words each comma stands.
fn leading_name(value: &str) -> (Vec<String>, Vec<usize>) {
    let (mut tokens, commas) = leading_words(value);
    let raw: Vec<&str> =
        value.split(|c: char| c.is_whitespace() || c == ',').filter(|t| !t.is_empty()).collect();
    let is_small = |r: &str| !r.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
    let is_particle = |i: usize, t: &str| {
        // At the start it may be misread.
        PARTICLES.contains(&t) || i == 0 && t.len() == 2 && PARTICLES.iter().any(|p| edits(t, p, 1) <= 1)
    };
    let end = tokens.iter().zip(&raw).enumerate().position(|(i, (t, r))| {
        // A lone small letter is torn off the word before it.
        let torn = i > 0 && r.chars().count() == 1;
        is_no_name(t) || is_small(r) && !torn && !is_particle(i, t)
    });
    tokens.truncate(end.unwrap_or(tokens.len()));
    let addressed = forms_of_address(&tokens);
    tokens.drain(..addressed);
    let raw = raw.get(addressed..).unwrap_or_default();
    let commas: Vec<usize> = commas.into_iter().map(|at| at.saturating_sub(addressed)).collect();
    // A particle belongs to the name that follows it.
    while tokens.len() > 1 && raw.get(tokens.len() - 1).is_some_and(|r| is_small(r)) {
        tokens.pop();
    }
    (tokens, commas)
}

/// Up to eight leading words made of letters; stops at the second comma and at any other mark or digit.
fn leading_words(text: &str) -> (Vec<String>, Vec<usize>) {
    let mut tokens: Vec<String> = Vec::new();
    let mut commas = Vec::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_alphabetic() || matches!(c, '\'' | '\u{2019}' | '-' | '.') && !word.is_empty() {
            word.push(c);
            continue;
        }
        // A mark at the end of a word may be the comma of `LAST, FIRST`, so nothing behind it is read on.
        let mut may_be_comma = NOISE.contains(c);
        if !word.is_empty() {
            let plain = letters(&word);
            may_be_comma |=
                word.ends_with(['.', '\'', '\u{2019}', '-']) && plain.len() >= 3 && !is_suffix(&plain);
            tokens.push(plain);
            word.clear();
            if may_be_comma && c != ',' {
                break;
            }
        }
        if c == ',' {
            commas.push(tokens.len());
        }
        let other_mark = !c.is_whitespace() && c != ',' && !NOISE.contains(c);
        if other_mark || commas.len() == 2 || tokens.len() == 8 {
            break;
        }
    }
    (tokens, commas)
}

fn split_suffix(words: &[String]) -> (&[String], String) {
    match words.split_last() {
        Some((last, rest)) if is_suffix(last) && !rest.is_empty() => (rest, suffix(last)),
        _ => (words, String::new()),
    }
}

/// Two or three letters, one of which changed makes a suffix.
fn is_spoilt_suffix(word: &str) -> bool {
    matches!(word.chars().count(), 2 | 3)
        && !is_suffix(word)
        && !is_no_name(word)
        && (word.starts_with(['J', 'S']) || word.ends_with('R') || word.chars().all(|c| "ILV".contains(c)))
        && ["JR", "SR", "III", "II", "IV"].iter().any(|s| edits(word, s, 1) <= 1)
}

pub(super) fn is_suffix(word: &str) -> bool {
    matches!(word, "JR" | "SR" | "II" | "III" | "IV")
}

/// `Jr.` and `JR` are one; a suffix we do not know is none.
fn suffix(text: &str) -> String {
    let s = letters(text);
    match s.as_str() {
        "JUNIOR" => "JR".into(),
        "SENIOR" => "SR".into(),
        _ if is_suffix(&s) => s,
        _ => String::new(),
    }
}

pub(super) fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}

/// Letters only, upper case: `O'Brien-Smith` is `OBRIENSMITH`.
pub(super) fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fax::Case;

    fn patient(first: &str, middle: &str, last: &str, suffix: &str) -> Case {
        let mut case = Case::new("c".into(), "t".into());
        case.patient_first = first.into();
        case.patient_middle = middle.into();
        case.patient_last = last.into();
        case.patient_suffix = suffix.into();
        case
    }

    #[test]
    fn a_name_agrees_in_either_order_and_not_when_swapped() {
        let case = patient("James", "H", "Chan", "");
        for name in [
            "James H. Chan",
            "JAMES CHAN",
            "Chan, James",
            "CHAN,JAMES H",
            "Chan, James H / ICN 5",
            "James Hugo Chan",
        ] {
            assert_eq!(PersonName::parse(name).unwrap().agrees(&case), Agreement::Same, "{name}");
        }
        for name in ["Chan James", "James, Chan", "Jim Chan", "James Chang", "James Chan Smith"] {
            assert_eq!(PersonName::parse(name).unwrap().agrees(&case), Agreement::No, "{name}");
        }
    }

    #[test]
    fn middle_and_suffix_count_where_printed() {
        let senior = patient("Karen", "S", "De La Cruz", "Sr");
        for (name, want) in [
            ("Karen De La Cruz", Agreement::Same),
            ("Karen S. De La Cruz Sr", Agreement::Same),
            ("DE LA CRUZ SR, KAREN", Agreement::Same),
            ("De La Cruz, Karen S Sr.", Agreement::Same),
            ("Karen S. De La Cruz Jr", Agreement::OtherDetail),
            ("Karen T. De La Cruz", Agreement::OtherDetail),
        ] {
            assert_eq!(PersonName::parse(name).unwrap().agrees(&senior), want, "{name}");
        }
        assert_eq!(
            PersonName::parse("Karen Sosa Sr").unwrap().agrees(&patient("Karen", "", "Sosa", "")),
            Agreement::OtherDetail
        );
    }

    #[test]
    fn how_a_person_is_addressed_is_no_part_of_the_name() {
        let case = patient("Ingrid", "", "Falk", "");
        for name in ["Dear Ingrid Falk,", "Ms. Ingrid Falk", "Dear Ms. Ingrid Falk:", "Mrs Falk, Ingrid"] {
            assert_eq!(PersonName::parse(name).unwrap().agrees(&case), Agreement::Same, "{name}");
        }
        assert_eq!(PersonName::parse("Mr. Voss").unwrap().agrees(&case), Agreement::No);
    }

    #[test]
    fn what_is_no_name_is_not_read_as_one() {
        for value in [
            "Part B (Medical Insurance)",
            "PART A",
            "Acknowledgment Copy",
            "Verification Worksheet",
            "Notification Copy",
            "Dear Mr. Quill",
            "Dear Sir or Madam",
            "Name",
            "Claim #",
            "Holloway Memorial Hospital",
            "may owe the provider",
            "responsibility: $5",
            "12 Main St",
            "",
        ] {
            let name = PersonName::parse(value);
            assert!(name.is_none_or(|n| n.words.len() <= 2), "{value}");
        }
        assert!(PersonName::parse("MAY OWE THE PROVIDER").is_none());
    }

    #[test]
    fn a_name_is_found_inside_a_sentence() {
        let case = patient("Emily", "F", "Rivera", "");
        assert_eq!(
            occurrences("billing ledgers pertaining to Emily F. Rivera for services", &case),
            [Agreement::Same]
        );
        assert_eq!(occurrences("Re patient Rivera, Emily, claim 12", &case), [Agreement::Same]);
        assert_eq!(occurrences("Rivera, Emily G", &case), [Agreement::OtherDetail]);
        assert!(occurrences("Emily Stone, Rivera street", &case).is_empty());
    }
}
