//! Whom a page is about, as far as is needed to see where another patient's papers begin.
//!
//! No identification: cases are matched by `matching` alone.

use chrono::{Datelike, NaiveDate};

use super::dates;
use super::layout::{Cell, Grid, above, grid};
use super::text::{PageText, words};

/// What pages say about their patient.
#[derive(Default)]
pub(super) struct Patient {
    births: Vec<NaiveDate>,
    /// Each name as its words.
    names: Vec<Vec<String>>,
}

const BIRTH: &[&str] =
    &["dob", "d o b", "birth", "date of birth", "birthdate", "birth date", "born", "bdate"];
#[rustfmt::skip] // a table: packed, it can be taken in at a glance
const NAME: &[&str] = &[
    "patient", "patient name", "patients name", "name of patient", "pt", "pt name", "resident", "resident name",
    "beneficiary", "beneficiary name", "member", "member name", "enrollee", "enrollee name", "claimant", "our client",
    "re patient", "re member", "re beneficiary", "name of beneficiary", "name of member", "insured patient",
];

impl Patient {
    pub fn of(page: &PageText) -> Self {
        let grid = grid(&page.body());
        let mut patient = Self::default();
        for (row, cells) in grid.iter().enumerate() {
            for (at, cell) in cells.iter().enumerate() {
                patient.births.extend(births(&grid, row, at, cell));
                patient.names.extend(name(cells, at));
            }
        }
        patient
    }

    pub fn add(&mut self, other: Self) {
        self.births.extend(other.births);
        self.names.extend(other.names);
    }

    /// Certainly somebody else. A birth date that differs in one part may be a misread one; names differ where they
    /// have no word in common.
    pub fn differs(&self, other: &Self) -> bool {
        if !self.births.is_empty() && !other.births.is_empty() {
            return !self.births.iter().any(|a| other.births.iter().any(|b| alike(*a, *b)));
        }
        let known = !self.names.is_empty() && !other.names.is_empty();
        known && !self.names.iter().flatten().any(|a| other.names.iter().flatten().any(|b| same_word(a, b)))
    }
}

fn births(grid: &Grid, row: usize, at: usize, cell: &Cell) -> Vec<NaiveDate> {
    let chars: Vec<char> = cell.text.chars().collect();
    let mut from = 0;
    let mut births = Vec::new();
    for found in dates::find(&cell.text) {
        let before: String = chars[from..found.start].iter().collect();
        let labelled = if before.trim().is_empty() && from == 0 {
            let left = at.checked_sub(1).is_some_and(|l| is_label(&grid[row][l].text, BIRTH));
            left || above(grid, row, cell.start, cell.end, 1).iter().any(|l| is_label(l, BIRTH))
        } else {
            is_label(&before, BIRTH)
        };
        births.extend(labelled.then(|| found.date.day()).flatten());
        from = found.end;
    }
    births
}

/// The text ends with a label, and not with one of a guarantor or insured.
fn is_label(text: &str, labels: &[&str]) -> bool {
    let text = words(text);
    let others = [" guarantor ", " subscriber ", " insured ", " spouse ", " policyholder "];
    labels.iter().any(|l| text.ends_with(&format!(" {l} "))) && !others.iter().any(|o| text.contains(o))
}

/// What stands behind a name label in the same cell, or in the next.
fn name(cells: &[Cell], at: usize) -> Option<Vec<String>> {
    let text = &cells[at].text;
    let (label, value) = match text.split_once(':') {
        Some((label, value)) if !value.trim().is_empty() => (label, value),
        Some((label, _)) => (label, cells.get(at + 1)?.text.as_str()),
        None => (text.as_str(), cells.get(at + 1)?.text.as_str()),
    };
    if !NAME.contains(&words(label).trim()) {
        return None;
    }
    let value = value.split([':', '(', ';']).next().unwrap_or_default();
    let words: Vec<String> =
        words(value).split_whitespace().take(4).filter(|w| is_name_word(w)).map(str::to_owned).collect();
    (words.len() >= 2).then_some(words)
}

fn is_name_word(word: &str) -> bool {
    word.len() >= 3
        && word.chars().all(char::is_alphabetic)
        && !matches!(word, "dob" | "mrn" | "the" | "date")
}

fn alike(a: NaiveDate, b: NaiveDate) -> bool {
    let parts = [a.year() % 100 == b.year() % 100, a.month() == b.month(), a.day() == b.day()];
    parts.iter().filter(|same| **same).count() >= 2
}

/// At most one letter apart.
fn same_word(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    a.len().max(b.len()) - head - tail <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differ(a: &str, b: &str) -> bool {
        Patient::of(&PageText::new(1, a)).differs(&Patient::of(&PageText::new(2, b)))
    }

    #[test]
    fn another_birth_date_or_another_name_is_another_patient() {
        assert!(differ("Name: Ann Marlow\nDOB: 03/09/1951", "Name: Bob Quill   D.O.B.  01/17/1949"));
        assert!(differ("Patient: Ann Marlow", "Patient Name   QUILL, ROBERT"));
        assert!(differ("DOB\n03/09/1951", "Date of Birth: Jan 17, 1949"));
    }

    #[test]
    fn a_misread_digit_or_letter_and_silence_are_no_other_patient() {
        assert!(!differ("DOB: 03/09/1951", "DOB: 08/09/51"));
        assert!(!differ("Patient: Ann Marlow", "Patient: MARL0W ANN\nRx 4"));
        assert!(!differ("Patient: Ann Marlow", "Resident: Marlaw, Anne"));
        assert!(!differ("Patient: Ann Marlow   DOB 03/09/1951", "Progress note\nSlept well."));
        assert!(!differ("DOB: 03/09/1951", "Guarantor DOB: 01/17/1949"));
    }
}
