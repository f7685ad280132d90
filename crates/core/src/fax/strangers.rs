//! Pages of a fax that are headed by somebody else than its patient, with a label or without.

use super::dates::{self, Date};
use super::fields::Fields;
use super::glyphs::is_near_word;
use super::labels::label_kind;
use super::layout::{Cell, Grid};
use super::names::{PersonName, first_word, leading, letters};
use super::printed::STATES;
use super::reading::{Reading, is_findable};
use super::roles::{self, Standing, is_other_behind};
use super::roster::Case;
use super::scan::ids;
use super::standing::{is_particular, of_page, standing};
use super::text::{PageText, words};

/// Whether some page is somebody else's: it has a heading as of a patient's page with another name, or shows nothing of
/// the patient and another name in a place where the patient's may stand.
pub(super) fn has_page(reading: &Reading, case: &Case) -> bool {
    reading.grids.iter().zip(&reading.pages).any(|(grid, fields)| {
        let about = is_about(grid, fields, case);
        let headed = people(grid, case).any(|p| p.is_heading && p.is_other(case, about));
        headed
            || !about
                && (people(grid, case).any(|p| p.is_other(case, false))
                    || speaks_of_another(grid, fields, case))
    })
}

/// Whether a document of a fax, given as its pages, shows something that is the patient's own.
pub(super) fn is_about_patient(pages: &[PageText], case: &Case) -> bool {
    let reading = Reading::new(pages);
    reading.grids.iter().zip(&reading.pages).any(|(grid, fields)| is_about(grid, fields, case))
}

/// Whether a page shows something that is the patient's own: the name, not as a nurse's or the like; the birth; an id.
fn is_about(grid: &Grid, fields: &Fields, case: &Case) -> bool {
    if of_page(grid, case).iter().any(|s| *s != Standing::Other) {
        return true;
    }
    let birth = Date::iso(&case.patient_dob);
    let dates = || fields.births.iter().copied().chain(fields.loose.iter().map(|l| l.date));
    if birth.is_some_and(|b| {
        dates().any(|d| d.has_full_year() && d.agrees(b) || fields.births.contains(&d) && d.agrees(b))
    }) {
        return true;
    }
    let own: Vec<String> = ids(case)
        .into_iter()
        .map(|(_, id)| id)
        .chain([case.member_id.trim()])
        .filter(|id| is_findable(id))
        .map(str::to_ascii_uppercase)
        .collect();
    let texts = || grid.iter().flatten().map(|c| c.text.as_str());
    texts().any(|t| {
        let t = t.to_ascii_uppercase();
        own.iter().any(|id| t.contains(id.as_str()))
    }) || holds_nearly(grid, case)
}

/// Both names as OCR may misread them, next to one another.
fn holds_nearly(grid: &Grid, case: &Case) -> bool {
    let (first, last) = (letters(first_word(&case.patient_first)), letters(&case.patient_last));
    grid.iter().flatten().any(|cell| {
        let words: Vec<String> = cell
            .text
            .split(|c: char| c.is_whitespace() || c == ',')
            .map(letters)
            .filter(|w| !w.is_empty())
            .collect();
        words.windows(2).any(|w| {
            is_near_word(&w[0], &first) && is_near_word(&w[1], &last)
                || is_near_word(&w[0], &last) && is_near_word(&w[1], &first)
        })
    })
}

/// Somebody whose name stands as a heading may.
struct Headed {
    name: PersonName,
    /// An age, a birth or a record number stands behind the name.
    is_heading: bool,
}

impl Headed {
    /// Not the patient, nor his name misread; on a page that is about the patient, nor a relative's.
    fn is_other(&self, case: &Case, about: bool) -> bool {
        let last = letters(&case.patient_last);
        let first = letters(first_word(&case.patient_first));
        let words = self.name.words();
        let shares = |own: &str| words.iter().any(|w| is_near_word(w, own));
        let initial = words.iter().any(|w| w.chars().count() == 1 && first.starts_with(w.as_str()));
        if self.name.begins_as(case)
            || self.name.is_near(case)
            || shares(&last) && (shares(&first) || initial)
        {
            return false;
        }
        !(about && (shares(&last) || shares(&first)))
    }
}

/// All that may be headings of patients' pages.
fn people<'a>(grid: &'a Grid, case: &'a Case) -> impl Iterator<Item = Headed> + 'a {
    grid.iter().enumerate().flat_map(move |(row, cells)| {
        cells.iter().enumerate().filter_map(move |(index, cell)| headed(grid, row, index, cell, case))
    })
}

fn headed(grid: &Grid, row: usize, index: usize, cell: &Cell, case: &Case) -> Option<Headed> {
    let (label, value) = after_label(&cell.text);
    let (name, behind) = leading(value)?;
    let at = cell.text.len() - value.len();
    let end = cell.text.len() - behind.len();
    let mark = behind.trim_start();
    if mark.starts_with(':')
        || is_other_behind(behind)
        || !is_written_as_name(&value[..end - at])
        || is_no_person(&name)
    {
        return None;
    }
    if matches!(standing(grid, row, index, cell, at, end), Standing::Other | Standing::Insured) {
        return None;
    }
    let beside = grid[row].get(index + 1).map_or("", |c| c.text.as_str());
    let behind = if mark.is_empty() { beside } else { mark };
    let is_heading = begins_with_particular(behind, case);
    let alone = mark.is_empty();
    let under = grid.get(row + 1).and_then(|r| r.first()).map_or("", |c| c.text.as_str());
    let carded = alone && cells_alone(grid, row) && begins_with_number(under) && !name.has_comma();
    let re = label.is_some();
    (is_heading || name.has_comma() && alone || carded || re).then_some(Headed { name, is_heading })
}

fn cells_alone(grid: &Grid, row: usize) -> bool {
    grid[row].len() == 1
}

/// The text behind `RE:`, `Name:` or the like, or the whole of it.
fn after_label(text: &str) -> (Option<&str>, &str) {
    let is_label = |label: &str| {
        label_kind(label).is_some()
            || matches!(
                words(label).trim(),
                "re" | "regarding" | "in re" | "ref" | "reference" | "subject" | "in the matter of"
            )
    };
    match text.split_once([':', ';']) {
        Some((label, rest)) if is_label(label) => (Some(label), rest.trim_start()),
        _ => match text.split_once(' ') {
            Some((label, rest)) if words(label).trim() == "re" => (Some(label), rest.trim_start()),
            _ => (None, text),
        },
    }
}

/// Every word begins with a capital.
fn is_written_as_name(text: &str) -> bool {
    let mut words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()).peekable();
    words.peek().is_some() && words.all(|w| w.chars().next().is_some_and(char::is_uppercase))
}

/// What begins with a record number, an age and sex, or a date that no trip was on.
fn begins_with_particular(text: &str, case: &Case) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let head = |n: usize| text.split_whitespace().take(n).collect::<Vec<_>>().join(" ");
    let service = Date::iso(&case.date_of_service).and_then(Date::full_year);
    let long_ago = |d: Date| service.zip(d.full_year()).is_some_and(|(service, year)| year + 2 <= service);
    let born = dates::find(&head(3)).first().is_some_and(|f| f.start == 0 && long_ago(f.date));
    born || is_particular(&head(2))
}

/// A row that begins with the number of a card: `ID XQ1`, `Member 1`, `1EG4`.
fn begins_with_number(text: &str) -> bool {
    let mut tokens = text.split_whitespace().filter(|t| t.chars().any(char::is_alphanumeric));
    let digits = |t: &str| t.bytes().filter(u8::is_ascii_digit).count() >= 4 && !t.contains('/');
    let first = tokens.next().unwrap_or_default();
    let label = matches!(
        words(first).trim(),
        "id" | "member" | "mbr" | "subscriber" | "policy" | "medicare" | "identification" | "enrollee" | "no"
    );
    label && tokens.take(3).any(digits) || digits(first) && first.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Names that are words of papers: towns with their state, diagnoses, headings.
fn is_no_person(name: &PersonName) -> bool {
    #[rustfmt::skip]
    const NO_PEOPLE: &[&str] = &[
        "TEMP", "TEMPERATURE", "ORAL", "RATE", "PULSE", "HEART", "BLOOD", "PRESSURE", "VITAL", "SIGNS", "LEFT", "RIGHT", "BILATERAL",
        "ACUTE", "CHRONIC", "UNSPECIFIED", "FRACTURE", "PAIN", "SEPSIS", "PNEUMONIA", "FAILURE", "DISEASE", "DIABETES", "HYPERTENSION",
        "SUITE", "FLOOR", "BOX", "CITY", "TOWN", "VALLEY", "REHAB", "REHABILITATION", "NURSING", "UNIVERSITY", "INSTITUTE",
        "FIRE", "DISTRICT", "DEPT", "PROGRESS", "NOTES", "NOTE", "SUMMARY", "DISCHARGE", "ORDERS", "ORDER", "LABORATORY", "LAB", "RESULTS",
        "ALASKA", "ALABAMA", "ARIZONA", "ARKANSAS", "CALIFORNIA", "COLORADO", "CONNECTICUT", "DELAWARE", "FLORIDA", "HAWAII",
        "IDAHO", "ILLINOIS", "INDIANA", "IOWA", "KANSAS", "KENTUCKY", "LOUISIANA", "MAINE", "MARYLAND", "MASSACHUSETTS", "MICHIGAN",
        "MINNESOTA", "MISSISSIPPI", "MISSOURI", "MONTANA", "NEBRASKA", "NEVADA", "OHIO", "OKLAHOMA", "OREGON", "PENNSYLVANIA",
        "TENNESSEE", "TEXAS", "UTAH", "VERMONT", "WISCONSIN", "WYOMING", "ESQ", "RN", "MD", "DO", "NP",
        "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY", "PART", "SECTION", "PAGE", "DR",
    ];
    let words = name.words();
    let first = words[0].as_str();
    let vowelless = first.len() == 2 && !first.contains(|c| "AEIOUY".contains(c));
    let is_place_or_firm = vowelless || STATES.contains(&first) || FIRMS.contains(&first);
    name.has_comma() && is_place_or_firm || words.iter().any(|w| NO_PEOPLE.contains(&w.as_str()))
}

/// What stands behind the comma of a firm's name.
const FIRMS: &[&str] = &["INC", "LLC", "PC", "LLP", "LTD"];

/// On a page that shows nothing of the patient, somebody spoken of: under a bare `Name`, as `Mr. Doe`, as `Doe J.`.
fn speaks_of_another(grid: &Grid, fields: &Fields, case: &Case) -> bool {
    let last = letters(&case.patient_last);
    let other = |name: &PersonName| !name.begins_as(case) && !name.is_near(case);
    fields.other_names.iter().any(other)
        || grid.iter().flatten().any(|cell| {
            titled(&cell.text).any(|name| !is_near_word(&name, &last) && !last.contains(name.as_str()))
                || abbreviated(&cell.text).is_some_and(|name| !is_near_word(&name, &last))
        })
}

/// Last names behind `Mr.`, `Mrs.`, `Ms.` or `Miss`.
fn titled(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_title =
        |word: &str| matches!(word.trim_end_matches('.'), "Mr" | "Mrs" | "Ms" | "Miss" | "MR" | "MRS" | "MS");
    let behind = text.split_whitespace().skip(1);
    let pairs = text.split_whitespace().zip(behind).filter(move |(word, _)| is_title(word));
    pairs.map(|(_, name)| letters(name)).filter(|n| n.len() > 2)
}

/// A last name with an initial, alone in a cell: `Doe J.`, `Doe, J`.
fn abbreviated(text: &str) -> Option<String> {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let [last, initial] = tokens[..] else { return None };
    let marked = initial.ends_with('.') || last.ends_with(',');
    let plain = letters(last);
    let initial = initial.trim_end_matches('.');
    let is_name =
        plain.len() > 2 && last.chars().next().is_some_and(char::is_uppercase) && !roles::is_role(&plain);
    (marked && is_name && initial.len() == 1 && initial.chars().all(char::is_uppercase)).then_some(plain)
}
