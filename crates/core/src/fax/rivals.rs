//! Whether OCR may have made one case of the roster out of another: what agrees must be clearly farther from every
//! other.

use super::candidates::{Candidate, Evidence};
use super::contradiction::same_patient;
use super::dates::Date;
use super::glyphs::{digits_look_alike, edits, folded, is_near_id};
use super::names::letters;
use super::reading::Reading;
use super::roster::Case;
use super::scan::ids;

/// Whether the roster holds another patient, or another trip of this one, that differs in no more than one thing which
/// agrees with the fax, and there only by what OCR confuses.
pub(super) fn has_rival(reading: &Reading, case: &Case, own: &Candidate, roster: &[Case]) -> bool {
    // A day that is read twice alike is that day.
    let sure_of_day = Date::iso(&case.date_of_service)
        .is_some_and(|day| reading.days().filter(|d| d.agrees(day)).count() >= 2);
    roster.iter().any(|other| {
        other.case_id != case.case_id
            && !(sure_of_day && same_patient(case, other) && case.date_of_service != other.date_of_service)
            && is_rival(case, other, own)
    })
}

fn is_rival(case: &Case, other: &Case, own: &Candidate) -> bool {
    // Two misreadings at once that lead to another patient are one too few; to another trip, enough.
    let most = if same_patient(case, other) { 1 } else { 2 };
    let mut misread = 0;
    for &kind in own.evidence.iter().filter(|k| k.is_exact() && **k != Evidence::Code) {
        match likeness(kind, case, other) {
            Likeness::Same => {}
            Likeness::Near => misread += 1,
            Likeness::Far => return false,
        }
        if misread > most {
            return false;
        }
    }
    // A code is read without mistakes.
    misread > 0 && !own.has(Evidence::Code)
}

enum Likeness {
    Same,
    Near,
    Far,
}

fn likeness(kind: Evidence, a: &Case, b: &Case) -> Likeness {
    match kind {
        Evidence::Name => names(a, b),
        Evidence::DateOfBirth => dates(&a.patient_dob, &b.patient_dob),
        Evidence::DateOfService => dates(&a.date_of_service, &b.date_of_service),
        Evidence::MemberId => texts(&a.member_id, &b.member_id),
        kind => texts(id(kind, a), id(kind, b)),
    }
}

fn id(kind: Evidence, case: &Case) -> &str {
    ids(case).into_iter().find(|(k, _)| *k == kind).map_or("", |(_, id)| id)
}

fn texts(a: &str, b: &str) -> Likeness {
    match (a, b) {
        _ if a == b => Likeness::Same,
        _ if a.is_empty() || b.is_empty() || a.len().abs_diff(b.len()) > 2 => Likeness::Far,
        _ if is_near_id(a, b) => Likeness::Near,
        _ => Likeness::Far,
    }
}

fn dates(a: &str, b: &str) -> Likeness {
    if a == b {
        return Likeness::Same;
    }
    // Most dates of a roster differ in more than OCR confuses.
    let differ = a.bytes().zip(b.bytes()).filter(|(x, y)| x != y).count();
    if a.len() != b.len() || differ > 2 {
        return Likeness::Far;
    }
    match (Date::iso(a), Date::iso(b)) {
        (Some(a), Some(b)) if a.is_lookalike(b) => Likeness::Near,
        _ => Likeness::Far,
    }
}

fn names(a: &Case, b: &Case) -> Likeness {
    if folded(&a.patient_first) == folded(&b.patient_last)
        && folded(&a.patient_last) == folded(&b.patient_first)
    {
        // A comma that is lost swaps them.
        return Likeness::Near;
    }
    let far = |x: &str, y: &str| x.len().abs_diff(y.len()) > 2;
    if far(&a.patient_first, &b.patient_first) || far(&a.patient_last, &b.patient_last) {
        return Likeness::Far;
    }
    let pair = |x: &str, y: &str| {
        let (x, y) = (letters(x), letters(y));
        if x == y { Some(0) } else { is_lookalike_word(&x, &y).then_some(1) }
    };
    match (pair(&a.patient_last, &b.patient_last), pair(&a.patient_first, &b.patient_first)) {
        // Suffix and middle name are short and not always printed.
        (Some(0), Some(0)) => Likeness::Same,
        (Some(0), Some(1)) | (Some(1), Some(0)) => Likeness::Near,
        _ => Likeness::Far,
    }
}

/// Letters that are taken for one another, besides what [`folded`] makes equal.
#[rustfmt::skip]
const LOOKALIKE_LETTERS: &[(char, char)] = &[
    ('A', 'O'), ('A', 'E'), ('C', 'E'), ('C', 'O'), ('E', 'O'), ('F', 'T'), ('H', 'N'), ('H', 'B'),
    ('I', 'T'), ('M', 'N'), ('N', 'R'), ('N', 'U'), ('U', 'V'), ('V', 'Y'), ('V', 'W'), ('L', 'T'), ('R', 'T'),
];

/// Whether one word may be read for the other: one letter that looks alike, or one lost.
fn is_lookalike_word(a: &str, b: &str) -> bool {
    let (a, b) = (folded(a), folded(b));
    if a == b {
        return true;
    }
    let (short, long) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    if short.len() + 1 == long.len() {
        return edits(short, long, 1) <= 1;
    }
    let differ: Vec<(char, char)> = a.chars().zip(b.chars()).filter(|(x, y)| x != y).collect();
    match differ.as_slice() {
        &[(x, y)] if a.chars().count() == b.chars().count() => {
            digits_look_alike(x, y)
                || LOOKALIKE_LETTERS.contains(&(x, y))
                || LOOKALIKE_LETTERS.contains(&(y, x))
        }
        _ => false,
    }
}
