//! Where on a fax the name of a case's patient stands, and whether that is the patient's place.

use super::candidates::{Candidate, Evidence};
use super::dates;
use super::labels::label_kind;
use super::layout::{Cell, Grid, above, below};
use super::names::{self, Agreement, letters};
use super::no_names::is_no_name;
use super::reading::Reading;
use super::roles::{Standing, before, is_other_behind, is_title, speaks_for_another, speaks_of_oneself};
use super::roster::Case;
use super::text::words;

/// How far above a name the closing words of a letter may stand.
const CLOSING_ROWS: usize = 4;
/// How far above a name the heading of its column may stand.
const HEADING_ROWS: usize = 12;
/// A name alone in its row within these first rows is an addressee's or a heading.
const HEAD_ROWS: usize = 14;

/// Why the name, as it stands on the fax, does not tell whose the fax is; `None` if it does.
///
/// In somebody else's place it never does. With nothing else but the day, or a member id that a family shares, it must
/// stand in the patient's.
pub(super) fn find(reading: &Reading, case: &Case, own: &Candidate) -> Option<&'static str> {
    if !own.has(Evidence::Name) {
        return None;
    }
    let standings: Vec<Standing> = reading.grids.iter().flat_map(|grid| of_page(grid, case)).collect();
    let suffices_without = own.is_named() && own.agreeing() > 2;
    if !suffices_without && standings.iter().all(|s| *s == Standing::Other) {
        return Some("the name stands in the place of somebody else");
    }
    if own.is_named() || own.has(Evidence::DateOfBirth) {
        return None;
    }
    let names_another = reading.grids.iter().any(|grid| names_another_patient(grid, case));
    let stands = standings.iter().any(|s| match s {
        Standing::Patient => true,
        Standing::Insured => !names_another,
        Standing::Other | Standing::Unsaid => false,
    });
    let by_member = own.has(Evidence::MemberId) && standings.contains(&Standing::Unsaid);
    let is_own_letter = || reading.grids.iter().any(|grid| is_own_letter(grid, case));
    let enough = stands || by_member && !names_another || is_own_letter();
    (!enough).then_some("the name does not stand in the patient's place")
}

/// How the patient's name stands in each place of a page.
pub(super) fn of_page(grid: &Grid, case: &Case) -> Vec<Standing> {
    let mut standings = Vec::new();
    for (row, cells) in grid.iter().enumerate() {
        for (index, cell) in cells.iter().enumerate() {
            let same = names::places(&cell.text, case).into_iter().filter(|(_, a)| *a == Agreement::Same);
            standings.extend(same.map(|(at, _)| {
                let end = at + names::length(&cell.text[at..], case);
                standing(grid, row, index, cell, at, end)
            }));
        }
    }
    standings
}

/// Of a name that stands at `at..end` of a cell.
pub(super) fn standing(
    grid: &Grid,
    row: usize,
    index: usize,
    cell: &Cell,
    at: usize,
    end: usize,
) -> Standing {
    let behind = &cell.text[end..];
    let beside = grid[row].get(index + 1).map_or("", |c| c.text.as_str());
    let short = |t: &str| t.split_whitespace().count() <= 3 && !t.contains(':');
    if is_other_behind(behind) || behind.trim().is_empty() && short(beside) && is_other_behind(beside) {
        return Standing::Other;
    }
    let said = match before(&cell.text[..at]) {
        None if is_unlabelled(&cell.text[..at]) => outside(grid, row, index, cell),
        said => said,
    };
    if let Some(said) = said {
        return said;
    }
    if behind.trim().is_empty() && below(grid, row, cell).is_some_and(|c| is_title(&c.text)) {
        return Standing::Other;
    }
    let leads = is_unlabelled(&cell.text[..at]);
    if leads && says_relation(grid, row) {
        return Standing::Other;
    }
    if leads && (holds_particulars(&grid[row], row, grid) || label_kind(&cell.text[..at]).is_some()) {
        return Standing::Patient;
    }
    let is_addressee =
        leads && index == 0 && row < HEAD_ROWS && behind.trim().is_empty() && has_address_below(grid, row);
    if is_addressee { Standing::Patient } else { Standing::Unsaid }
}

/// In the row of a name or right below, how its bearer is related to the patient.
fn says_relation(grid: &Grid, row: usize) -> bool {
    grid.iter().skip(row).take(2).flatten().any(|c| {
        let text = words(&c.text);
        let is_label = text.starts_with(" relation ") || text.starts_with(" relationship ");
        is_label && !text.contains(" self ") && !text.contains(" patient is ")
    })
}

/// Nothing but a bare `Name` or `Dear` stands before the name.
fn is_unlabelled(before: &str) -> bool {
    let text = words(before);
    text.split_whitespace()
        .all(|w| matches!(w, "name" | "full" | "dear" | "mr" | "mrs" | "ms" | "miss" | "last" | "first"))
}

/// What the cell to the left says of a name that begins its own, or what stands above.
fn outside(grid: &Grid, row: usize, index: usize, cell: &Cell) -> Option<Standing> {
    let is_label = |t: &str| t.split_whitespace().count() <= 5 && dates::find(t).is_empty();
    let left = index.checked_sub(1).map(|i| grid[row][i].text.as_str()).filter(|t| is_label(t));
    if let Some(said) = left.and_then(before) {
        return Some(said);
    }
    let heads = above(grid, row, cell.start, cell.end, HEADING_ROWS);
    for (up, head) in heads.iter().enumerate().filter(|(_, h)| is_label(h)) {
        match before(head) {
            Some(Standing::Other) if up > 1 || !heads_a_box(&grid[row - 1 - up], head) => {}
            Some(said) if up <= 1 || label_kind(head) == Some(true) => return Some(said),
            _ => {}
        }
    }
    None
}

/// Whether a heading is a whole cell, and says nothing but whose box stands below.
fn heads_a_box(cells: &[Cell], head: &str) -> bool {
    cells.iter().any(|c| c.text == head) && !head.trim_end_matches(':').contains(':')
}

/// A row that goes on with an age, a sex, a record number or a date of birth is the heading of a patient's page; so is
/// one above such a row.
fn holds_particulars(cells: &[Cell], row: usize, grid: &Grid) -> bool {
    let own = cells.iter().any(|c| is_particular(&c.text));
    own || cells.len() == 1
        && grid.get(row + 1).and_then(|r| r.first()).is_some_and(|c| begins_particular(&c.text))
}

fn begins_particular(text: &str) -> bool {
    let text = words(text);
    let first = text.split_whitespace().next().unwrap_or_default();
    matches!(first, "dob" | "mrn" | "age" | "sex" | "born" | "birth" | "d")
}

/// Whether a text holds what stands beside a patient's name: a record number, an age with a sex, a birth.
pub(super) fn is_particular(text: &str) -> bool {
    let text = words(text);
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let age = |t: &str| (1..=3).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    let sex =
        |t: &str| matches!(t, "m" | "f" | "male" | "female" | "yo" | "y" | "yr" | "yrs" | "year" | "years");
    let glued = |t: &str| {
        let digits = t.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        age(digits) && matches!(&t[digits.len()..], "m" | "f" | "yo" | "y" | "yom" | "yof")
    };
    tokens.iter().any(|t| {
        matches!(*t, "mrn" | "mr" | "dob" | "d0b" | "age" | "sex" | "birthdate" | "born" | "hrn" | "medrec")
            && *t != "mr"
            || glued(t)
    }) || tokens.windows(2).any(|w| {
        age(w[0]) && sex(w[1])
            || sex(w[0]) && age(w[1])
            || matches!(w[0], "room" | "rm" | "bed" | "ward" | "acct" | "pid")
                && w[1].bytes().any(|b| b.is_ascii_digit())
    })
}

/// A street or a town with its code stands within the next rows.
fn has_address_below(grid: &Grid, row: usize) -> bool {
    grid.iter().skip(row + 1).take(3).filter_map(|r| r.first()).any(|c| {
        let tokens: Vec<&str> = c.text.split_whitespace().collect();
        let zip = |t: &&str| {
            let t = t.trim_matches(',');
            t.len() >= 5 && t.bytes().take(5).all(|b| b.is_ascii_digit())
        };
        let street =
            tokens.len() >= 3 && tokens[0].len() <= 6 && tokens[0].bytes().all(|b| b.is_ascii_digit());
        street || tokens.len() >= 3 && tokens.last().is_some_and(zip)
    })
}

/// A letter about the writer's own trip with the patient's name alone in a row.
fn is_own_letter(grid: &Grid, case: &Case) -> bool {
    let text: String =
        grid.iter().flatten().map(|c| words(&c.text)).collect::<Vec<_>>().join("").replace("  ", " ");
    if speaks_for_another(&text) || !speaks_of_oneself(&text) {
        return false;
    }
    grid.iter().enumerate().any(|(row, cells)| {
        let closing =
            grid[row.saturating_sub(CLOSING_ROWS)..row].iter().flatten().any(|c| is_closing(&c.text));
        cells.iter().any(|cell| {
            names::places(&cell.text, case).iter().any(|(at, a)| {
                let alone = *at == 0 && cell.text[names::length(&cell.text, case)..].trim().len() < 24;
                *a == Agreement::Same && (alone || closing)
            })
        })
    })
}

fn is_closing(text: &str) -> bool {
    let text = words(text);
    [" sincerely ", " regards ", " respectfully ", " yours ", " thank you ", " thanks "]
        .iter()
        .any(|c| text.contains(c))
}

/// Under a label of the patient, and not only of a member, stands what is not this patient's name.
fn names_another_patient(grid: &Grid, case: &Case) -> bool {
    let own =
        [letters(names::first_word(&case.patient_first)), letters(names::first_word(&case.patient_last))];
    grid.iter().any(|cells| {
        cells.iter().enumerate().any(|(index, cell)| {
            let Some(value) = patient_value(cells, index, cell) else { return false };
            let first = letters(value.split([' ', ',']).find(|w| !w.is_empty()).unwrap_or_default());
            !first.is_empty() && !is_no_person(&first) && !own.contains(&first)
        })
    })
}

fn patient_value<'a>(cells: &'a [Cell], index: usize, cell: &'a Cell) -> Option<&'a str> {
    let is_label = |label: &str| {
        matches!(
            words(label).trim(),
            "patient"
                | "patient name"
                | "patients name"
                | "pt"
                | "pt name"
                | "name of patient"
                | "dependent"
                | "dependent name"
                | "claimant"
        )
    };
    if let Some((label, value)) = cell.text.split_once(':') {
        return is_label(label).then(|| {
            if value.trim().is_empty() {
                cells.get(index + 1).map_or("", |c| c.text.as_str())
            } else {
                value.trim()
            }
        });
    }
    if is_label(&cell.text) {
        return cells.get(index + 1).map(|c| c.text.as_str());
    }
    let (label, value) = cell.text.split_once(' ')?;
    let capital = value.chars().next().is_some_and(char::is_uppercase);
    (is_label(label) && capital).then_some(value)
}

fn is_no_person(word: &str) -> bool {
    matches!(
        word,
        "SELF" | "SAME" | "PAYS" | "OWES" | "PAID" | "SHARE" | "COST" | "LIABILITY" | "DUE" | "BALANCE"
    ) || is_no_name(word)
}
