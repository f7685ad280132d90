//! What a page says about a patient under a label: names, dates of birth, dates of service.

use super::broken::{holds_broken_date, read_broken_dates, stray_years};
use super::dates::{self, Date, Found};
use super::labels::{
    IdKind, JOINS, Kind, ends_as_paper, ends_with_birth, ends_with_part, holds_patient_label, id_label,
    kind_of, label_kind,
};
use super::layout::{Cell, Grid, above, below, content, grid};
use super::names::PersonName;
use super::text::{PageText, words};

/// What the labels of one page say.
#[derive(Default)]
pub(super) struct Fields {
    /// Under a label that means the patient.
    pub patients: Vec<PersonName>,
    /// Behind such a label in running text, where it is not clear how far the name goes.
    pub spoken_of: Vec<PersonName>,
    /// A label of the patient stands somewhere, so that a name should.
    pub has_patient_label: bool,
    /// Under a bare `Name`, which may be a relative's.
    pub other_names: Vec<PersonName>,
    pub births: Vec<Date>,
    /// Read only by taking letters for digits: may speak against a case, never for one.
    pub mended_births: Vec<Date>,
    /// Under a label of a date of birth stands something that is no date.
    pub birth_unread: bool,
    /// Years behind a small number that are part of no date that could be read.
    pub stray_years: Vec<u32>,
    /// Something made as a date is that could not be read, and shows no year.
    pub broken_date: bool,
    /// Under a label of a member id.
    pub members: Vec<String>,
    /// Under a label of a claim, statement, case, run or account.
    pub bills: Vec<String>,
    /// Under a label that means the trip.
    pub services: Vec<Date>,
    /// In running text or a table, with no label that says what they are.
    pub loose: Vec<Loose>,
}

pub(super) struct Loose {
    pub date: Date,
    /// Within a sentence, so that the page speaks of that day.
    pub in_sentence: bool,
}

/// How far up a table its header may be.
const TABLE_ROWS: usize = 12;
/// A date alone in its row within these first rows of a page is the letter's.
const LETTERHEAD_ROWS: usize = 12;

pub(super) fn read(page: &PageText) -> Fields {
    let grid = grid(&content(page));
    let mut fields = Fields::default();
    for (row, cells) in grid.iter().enumerate() {
        for (index, cell) in cells.iter().enumerate() {
            read_dates(&grid, row, index, cell, &mut fields);
            read_name(&grid, row, index, cell, &mut fields);
            fields.has_patient_label |= holds_patient_label(&cell.text);
            fields.spoken_of.extend(spoken_of(&cell.text));
            read_ids(&grid, row, index, cell, &mut fields);
        }
        fields.stray_years.extend(stray_years(cells));
        fields.broken_date |= holds_broken_date(cells);
        read_broken_dates(&grid, row, &mut fields);
    }
    fields
}

fn read_ids(grid: &Grid, row: usize, index: usize, cell: &Cell, fields: &mut Fields) {
    let tokens: Vec<&str> = cell.text.split_whitespace().collect();
    let is_id = |t: &str| {
        t.len() >= 5 && t.bytes().filter(u8::is_ascii_digit).count() >= 3 && !t.contains(['/', '$'])
    };
    for (at, token) in tokens.iter().enumerate().filter(|(_, t)| is_id(t)) {
        let kind = if at > 0 {
            id_label(&tokens[at.saturating_sub(4)..at].join(" "))
        } else {
            let left = index.checked_sub(1).and_then(|i| id_label(&grid[row][i].text));
            left.or_else(|| above(grid, row, cell.start, cell.end, 2).iter().find_map(|h| id_label(h)))
        };
        let id = token.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
        match kind {
            Some(IdKind::Member) => fields.members.push(id),
            Some(IdKind::Bill) => fields.bills.push(id),
            None => {}
        }
    }
}

fn read_dates(grid: &Grid, row: usize, index: usize, cell: &Cell, fields: &mut Fields) {
    let chars: Vec<char> = cell.text.chars().collect();
    let mut from = 0;
    let mut previous: Option<Kind> = None;
    for found in dates::find_misread(&cell.text) {
        let before: String = chars[from..found.start].iter().collect();
        let joined = from > 0 && JOINS.contains(&words(&before).trim());
        fields.birth_unread |= holds_unread_birth(&before);
        let kind = if joined {
            previous
        } else {
            kind_of(&before).or_else(|| label_outside(grid, row, index, cell, &found))
        };
        let no_letter = |c: &char| !c.is_alphanumeric();
        let fills = chars[..found.start].iter().chain(&chars[found.end..]).all(no_letter);
        let alone = cells_hold_only(&grid[row], cell) && fills;
        let beside = index.checked_sub(1).map_or("", |left| grid[row][left].text.as_str());
        let of_part = found.date.is_first_of_month()
            && ends_with_part(if before.trim().is_empty() { beside } else { &before });
        let kind = if kind.is_none() && of_part { Some(Kind::Paper) } else { kind };
        match kind {
            Some(Kind::Birth) if found.mended => fields.mended_births.push(found.date),
            Some(Kind::Birth) => fields.births.push(found.date),
            Some(Kind::Service) => fields.services.push(found.date),
            Some(Kind::OtherBirth | Kind::Paper) => {}
            None if alone && row < LETTERHEAD_ROWS => {}
            None => {
                let in_sentence = words(&cell.text)
                    .split_whitespace()
                    .filter(|w| w.chars().all(char::is_alphabetic))
                    .count()
                    >= 4;
                fields.loose.push(Loose { date: found.date, in_sentence });
            }
        }
        previous = kind;
        from = found.end;
    }
    let rest: String = chars[from..].iter().collect();
    fields.birth_unread |= holds_unread_birth(&rest);
    if kind_of(&rest) == Some(Kind::Birth) && is_birth_unread(grid, row, index, cell, &rest) {
        fields.birth_unread = true;
    }
}

/// Whether behind a label of a date of birth within a text, before its end, stands a value that is no date.
fn holds_unread_birth(text: &str) -> bool {
    let text = words(text);
    let text: Vec<&str> = text.split_whitespace().collect();
    let digits = |words: &[&str]| words.iter().flat_map(|w| w.chars()).filter(char::is_ascii_digit).count();
    (1..text.len()).any(|at| digits(&text[at..text.len().min(at + 3)]) >= 2 && ends_with_birth(&text[..at]))
}

/// Whether what stands under the label of a date of birth that ends a cell, or behind it, was meant for a date and is
/// none.
fn is_birth_unread(grid: &Grid, row: usize, index: usize, cell: &Cell, rest: &str) -> bool {
    let spoilt = |text: &str| {
        let value = text.split_whitespace().take(3).collect::<String>();
        value.chars().filter(char::is_ascii_digit).count() >= 2 || value.matches(['/', '-']).count() >= 2
    };
    if let Some((_, value)) = rest.rsplit_once(':').filter(|(_, v)| !v.trim().is_empty()) {
        return spoilt(value);
    }
    let lower = words(rest);
    let behind =
        ["dob ", "birth ", "born "].iter().filter_map(|k| lower.rsplit_once(k)).map(|(_, v)| v.trim());
    if let Some(value) = behind.min_by_key(|v| v.len()).filter(|v| !v.is_empty()) {
        return spoilt(value);
    }
    let beside =
        grid[row].iter().skip(index + 1).take(3).map(|c| c.text.as_str()).collect::<Vec<_>>().join(" ");
    let values = [beside, below(grid, row, cell).map(|c| c.text.clone()).unwrap_or_default()];
    values.iter().all(|v| dates::find_misread(v).is_empty()) && values.iter().any(|v| spoilt(v))
}

fn cells_hold_only(row: &[Cell], cell: &Cell) -> bool {
    row.len() == 1 && row[0].start == cell.start
}

/// The label of a date that has none before it in its cell: to the left, then above, then anywhere before it in the
/// row. A cell that holds a date itself is a label of that one and of no other.
fn label_outside(grid: &Grid, row: usize, index: usize, cell: &Cell, found: &Found) -> Option<Kind> {
    if found.start > 0 && words(&cell.text).split_whitespace().count() > 4 {
        return sentence_before(grid, row, index, cell, found);
    }
    if index == 0 && is_end_of_paper_date(grid, row, cell) {
        return Some(Kind::Paper);
    }
    let labels =
        |cells: &[Cell]| cells.iter().rev().filter(|c| is_label(&c.text)).find_map(|c| kind_of(&c.text));
    let left = &grid[row][index.saturating_sub(1)..index];
    labels(left)
        .or_else(|| {
            let heads = above(grid, row, cell.start + found.start, cell.start + found.end, TABLE_ROWS);
            heads.iter().find(|h| is_label(h)).and_then(|h| kind_of(h))
        })
        .or_else(|| labels(&grid[row][..index]))
}

/// In a sentence that began on the row above, the label may be its last words there.
fn sentence_before(grid: &Grid, row: usize, index: usize, cell: &Cell, found: &Found) -> Option<Kind> {
    if index > 0 || found.start > 3 {
        return None;
    }
    let head = above(grid, row, cell.start, usize::MAX, 1);
    let tail = words(head.first()?);
    let last: Vec<&str> = tail.split_whitespace().rev().take(3).collect();
    kind_of(&last.into_iter().rev().collect::<Vec<_>>().join(" "))
}

/// Whether a row of a sentence begins with a date that the last words of the row above make one of a letter, a limit
/// or a death.
fn is_end_of_paper_date(grid: &Grid, row: usize, cell: &Cell) -> bool {
    let head = above(grid, row, cell.start, usize::MAX, 1);
    head.first().is_some_and(|h| words(h).split_whitespace().count() > 4 && ends_as_paper(h))
}

fn is_label(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && dates::find_misread(text).is_empty()
}

fn read_name(grid: &Grid, row: usize, index: usize, cell: &Cell, fields: &mut Fields) {
    let Some((is_patient, rest)) = name_label(&cell.text) else { return };
    let beside = grid[row].get(index + 1).map(|c| c.text.as_str());
    let under = below(grid, row, cell).map(|c| c.text.as_str());
    // In a row of headings set close together the rest is the next heading, and the name stands below.
    let places = if rest.is_empty() { [beside, under] } else { [Some(rest), under] };
    // The words of a date are no name: `Printed Nov 8, 2026`.
    let undated = |text: &str| -> String {
        let end = dates::find_misread(text).first().map_or(usize::MAX, |f| f.start);
        text.chars().take(end).collect()
    };
    let value = places.into_iter().flatten().find_map(|v| PersonName::parse(&undated(v)));
    let Some(name) = value else { return };
    if is_patient { fields.patients.push(name) } else { fields.other_names.push(name) }
}

/// Names behind a label of the patient within a cell: `and with patient Jane Doe and`.
fn spoken_of(cell: &str) -> Vec<PersonName> {
    let starts: Vec<usize> = cell
        .char_indices()
        .filter(|&(i, c)| !c.is_whitespace() && (i == 0 || cell[..i].ends_with(char::is_whitespace)))
        .map(|(i, _)| i)
        .collect();
    let labelled = |at: usize| {
        (1..=3)
            .filter_map(|n| at.checked_sub(n))
            .filter(|from| *from > 0)
            .any(|from| label_kind(&cell[starts[from]..starts[at]]) == Some(true))
    };
    let names =
        (2..starts.len()).filter(|&at| labelled(at)).filter_map(|at| PersonName::parse(&cell[starts[at]..]));
    names.filter(PersonName::is_full).collect()
}

/// Whether a cell begins with a name label, which kind, and what follows it. A label stands alone, ends with a colon,
/// or is followed directly by a name.
fn name_label(cell: &str) -> Option<(bool, &str)> {
    if let Some((label, rest)) = cell.split_once(':')
        && let Some(is_patient) = label_kind(label)
    {
        return Some((is_patient, rest.trim()));
    }
    if let Some(is_patient) = label_kind(cell) {
        return Some((is_patient, ""));
    }
    // `Member Christian Carter`, `Re patient Morrow, William`: the longest label that is followed by something. In
    // capitals (`PATIENT REGISTRATION FORM`) only a name with a comma is told from a title.
    let ends =
        cell.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(i, _)| i).take(5).collect::<Vec<_>>();
    let titled = |label: &str, rest: &str| !label.chars().any(char::is_lowercase) && !rest.contains(',');
    ends.into_iter().rev().find_map(|i| {
        let (label, rest) = (&cell[..i], cell[i..].trim());
        label_kind(label).filter(|_| !titled(label, rest)).map(|is_patient| (is_patient, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields {
        read(&PageText::new(1, text))
    }

    #[test]
    fn a_label_is_found_before_beside_and_above_its_date() {
        for text in [
            "DOB: 1/2/1940",
            "DOB\n1/2/1940",
            "Name           DOB\nJane Doe       1/2/1940",
            "D.O.B.   1/2/1940",
            "x, born 1/2/1940",
        ] {
            let f = fields(text);
            assert_eq!((f.births.len(), f.services.len(), f.loose.len()), (1, 0, 0), "{text}");
        }
        for text in [
            "Date of service: 1/2/2026",
            "Service date 01/02/26",
            "DOB 5/5/1950, service date 1/2/2026",
            "Code   DOS\nA     1/1/26\nB     1/2/26",
        ] {
            assert!(!fields(text).services.is_empty(), "{text}");
        }
    }

    #[test]
    fn dates_of_papers_are_no_dates_of_service() {
        for text in [
            "RUN DATE: 11/15/2026",
            "Printed by: x   workstation 3   11/11/2026",
            "Notice date\n11/15/2026",
            "Period:\n09/11/2026 to 11/10/2026",
            "November 8, 2026\nDear Sir",
            "We received your appeal on 11/01/2026.",
            "Coverage starts\n03-01-2018\n03-01-2022",
            "Subscriber DOB 1/2/1940",
            "Orig. admit 04/19/2025",
            "October 2, 2026.",
            "Date of death   03/30/2026",
            "claims are barred after six months of death, May 1, 2026, in this county",
            "the medical benefits of this policy were exhausted on\nMay 4, 2026. Your bill comes back unpaid to you",
            "MEDICAL (PART B)   04-01-2009",
            "Hospital Part A 04-01-2009",
        ] {
            let f = fields(text);
            assert_eq!((f.births.len(), f.services.len(), f.loose.len()), (0, 0, 0), "{text}");
        }
    }

    #[test]
    fn a_date_of_birth_that_could_not_be_read_is_seen() {
        for text in
            ["with DOB 03-1S-,996 and with Date of service 08-20-2026 and", "DOB Aug 15, l956 and seen"]
        {
            assert!(fields(text).birth_unread, "{text}");
        }
        for text in ["0.B 09/13/962", "x 1950-0 6-04 x"] {
            assert!(fields(text).broken_date, "{text}");
        }
        for text in ["DOB: 07/13/1941", "DOB: ______", "Phone 512-555-0142, run 26-004439, $1,546.00, 10/30"]
        {
            assert!(!fields(text).birth_unread && !fields(text).broken_date, "{text}");
        }
    }

    #[test]
    fn what_part_of_medicare_stands_before_a_day_does_not_hide_it() {
        assert_eq!(fields("Medicare Part B   04/19/2026").loose.len(), 1);
        assert_eq!(fields("Service date   Plan\n04/01/2026   Medicare Part B").services.len(), 1);
    }

    #[test]
    fn torn_and_misread_labels_are_read() {
        for text in
            ["Date ofservice: 2026-05-18", "Dote of service   01-05-2026", "Dateof service 03-06-2026"]
        {
            assert_eq!(fields(text).services.len(), 1, "{text}");
        }
        assert_eq!(fields("Patientname      Hill, Dale A").patients.len(), 1);
        assert_eq!(fields("Claim nurnbe r      110227400888").bills.len(), 1);
    }

    #[test]
    fn a_name_in_running_text_is_spoken_of_and_a_date_is_no_name() {
        assert_eq!(fields("the claim of patient Dale Hill was denied").spoken_of.len(), 1);
        assert!(fields("the claim of patient C. Hill was denied").spoken_of.is_empty());
        let sheet = fields("Resident Face Sheet\nPrinted Nov 8, 2026\nResident   Hill, Dale");
        assert_eq!(sheet.patients.len(), 1);
    }

    #[test]
    fn a_date_that_a_line_break_divides_is_read() {
        let f =
            fields("Service provided          Approved   Paid\nMileage (A0425) May 3,    No   $0.00\n2026");
        assert!(f.loose.len() == 1 && !f.loose[0].in_sentence);
        let f = fields("the ride of our client took place on or about May 3,\n2026 in the county");
        assert!(f.loose.len() == 1 && f.loose[0].in_sentence);
    }

    #[test]
    fn a_day_spoken_of_in_a_sentence_is_loose() {
        let f =
            fields("This letter certifies that she was under my care on October 8, 2026 and could not walk");
        assert!(f.loose.len() == 1 && f.loose[0].in_sentence);
    }

    #[test]
    fn patients_are_read_under_their_labels() {
        for text in [
            "Patient: Jane Doe",
            "Patient\nDOE, JANE",
            "PATIENT NAME (LAST, FIRST MI)\nDOE, JANE",
            "PATIENT NAME (LAST, FIRST MI) MED REC #\nDOE, JANE",
            "Member Jane Doe",
            "RE: Recipient Doe, Jane / ICN 12",
        ] {
            assert_eq!(fields(text).patients.len(), 1, "{text}");
        }
        assert!(
            fields("PATIENT CARE AGREEMENT\nPATIENT MAY OWE THE PROVIDER: 10.00\nPatient responsibility: $1")
                .patients
                .is_empty()
        );
        assert_eq!(fields("Name:   DOE, JANE").other_names.len(), 1);
    }
}
