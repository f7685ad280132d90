//! A page as rows of cells, so that a value can be found beside or below its label.

use super::glyphs::mend_words;
use super::text::{PageText, words};

/// How many rows at the top and at the bottom of a page fax machines write into.
const EDGE_ROWS: usize = 3;

/// The page as its sender wrote it, misread letters in words mended: without the lines of fax machines.
pub(super) fn content(page: &PageText) -> String {
    let body = page.body();
    let rows: Vec<&str> = body.lines().filter(|l| !l.trim().is_empty()).collect();
    let edge = |i: usize| i < EDGE_ROWS || i + EDGE_ROWS >= rows.len();
    let kept = rows.iter().enumerate().filter(|(i, l)| !(edge(*i) && is_transmission(l))).map(|(_, l)| *l);
    mend_words(&kept.collect::<Vec<_>>().join("\n"))
}

/// A line with a time of day and a page count or a phone number, and nothing about a patient.
fn is_transmission(line: &str) -> bool {
    let is_time = |t: &str| {
        t.split_once(':').is_some_and(|(h, m)| {
            (1..=2).contains(&h.len())
                && m.len() >= 2
                && h.bytes().all(|b| b.is_ascii_digit())
                && m.bytes().take(2).all(|b| b.is_ascii_digit())
        })
    };
    let is_phone = |t: &str| {
        let digits = t.bytes().filter(u8::is_ascii_digit).count();
        (10..=12).contains(&digits) && t.bytes().all(|b| b.is_ascii_digit() || b"+-().".contains(&b))
    };
    let text = words(line);
    let about_a_patient =
        [" dob ", " birth ", " patient ", " name ", " service ", " admit "].iter().any(|w| text.contains(w));
    let counts = text.split_whitespace().any(|w| w.starts_with("pag") || w == "pg");
    line.split_whitespace().any(is_time)
        && (counts || line.split_whitespace().any(is_phone))
        && !about_a_patient
}

/// A run of text between wide gaps. `start` and `end` are columns, in characters.
#[derive(Clone)]
pub(super) struct Cell {
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// Rows of cells; empty lines are left out.
pub(super) type Grid = Vec<Vec<Cell>>;

/// Splits each line at tabs and at gaps of two or more blanks.
pub(super) fn grid(text: &str) -> Grid {
    text.lines().map(row).filter(|r| !r.is_empty()).collect()
}

fn row(line: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut current: Option<Cell> = None;
    let mut gap = 0;
    for (column, c) in line.chars().enumerate() {
        if c.is_whitespace() {
            gap += if c == '\t' { 2 } else { 1 };
            continue;
        }
        match current.as_mut() {
            Some(cell) if gap < 2 => {
                if gap == 1 {
                    cell.text.push(' ');
                }
                cell.text.push(c);
                cell.end = column + 1;
            }
            _ => {
                cells.extend(current.take());
                current = Some(Cell { start: column, end: column + 1, text: c.to_string() });
            }
        }
        gap = 0;
    }
    cells.extend(current);
    cells
}

/// What stands above columns `start..end`, nearest row first, at most `rows` rows up. Of a cell that goes on to the
/// right (headings set close together are one) only the part that begins above.
pub(super) fn above(grid: &Grid, row: usize, start: usize, end: usize, rows: usize) -> Vec<String> {
    let nearest = (row.saturating_sub(rows)..row).rev();
    nearest
        .filter_map(|r| grid[r].iter().find(|c| c.start < end && start < c.end))
        .map(|c| up_to(c, end))
        .collect()
}

/// The words of a cell that begin before a column.
fn up_to(cell: &Cell, end: usize) -> String {
    let chars: Vec<char> = cell.text.chars().collect();
    let at = end.saturating_sub(cell.start).min(chars.len());
    let rest = chars[at..].iter().take_while(|c| !c.is_whitespace()).count();
    chars[..at + rest].iter().collect()
}

/// The cell in the row below that shares a column with `cell`.
pub(super) fn below<'a>(grid: &'a Grid, row: usize, cell: &Cell) -> Option<&'a Cell> {
    overlapping(grid.get(row + 1)?, cell)
}

fn overlapping<'a>(row: &'a [Cell], cell: &Cell) -> Option<&'a Cell> {
    row.iter().find(|c| c.start < cell.end && cell.start < c.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fax_machines_write_is_no_content() {
        let page = |text: &str| content(&PageText::new(1, text));
        let machine = "11/05/2026 06:24  811-555-0143  OAK HOLLOW NURSING & REHAB  PAG' E 02/03";
        assert_eq!(page(&format!("{machine}\nPatient: Jane D0e")), "Patient: Jane DOe");
        let own = "DOB 11/05/1950 06:24  811-555-0143";
        assert_eq!(page(own), own);
    }

    #[test]
    fn a_value_is_found_below_its_label_by_column() {
        let g = grid("Patient          Date of service\nDoe, Jane        10/11/2026");
        let label = g[0][1].clone();
        assert_eq!(below(&g, 0, &label).unwrap().text, "10/11/2026");
        assert_eq!(above(&g, 1, 0, 9, 3), vec!["Patient".to_owned()]);
        let close = grid("Service date Procedure Plan paid\n05/23/26 A0429");
        assert_eq!(above(&close, 1, 0, 8, 3), vec!["Service date".to_owned()]);
    }
}
