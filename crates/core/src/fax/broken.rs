//! Dates that a line break divides, and what is left of those that OCR spoilt.

use super::dates::{self, Found};
use super::fields::{Fields, Loose};
use super::labels::{Kind, kind_of};
use super::layout::{Cell, Grid, below};

/// Years behind a small number that are part of no date that could be read.
pub(super) fn stray_years(row: &[Cell]) -> Vec<u32> {
    let text = row.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join(" ");
    let mut rest: Vec<char> = text.chars().collect();
    dates::find_misread(&text).iter().for_each(|f| rest[f.start..f.end].fill('x'));
    let rest: String = rest.into_iter().collect();
    let groups: Vec<&str> = rest.split(|c: char| !c.is_ascii_digit()).collect();
    let small = |g: &str| matches!(g.len(), 1 | 2);
    // Between two digits stand few other signs.
    let years = (0..groups.len())
        .filter(|&i| groups[i].len() == 4 && groups[i.saturating_sub(3)..i].iter().any(|g| small(g)));
    years.filter_map(|i| groups[i].parse().ok()).filter(|year| (1900..2100).contains(year)).collect()
}

/// Whether a row holds what was a date before OCR lost a digit of it or tore it apart: `09/13/962`, `1950-0 6-04`.
pub(super) fn holds_broken_date(row: &[Cell]) -> bool {
    row.iter().any(|cell| {
        let mut chars: Vec<char> = cell.text.chars().collect();
        dates::find_misread(&cell.text).iter().for_each(|f| chars[f.start..f.end].fill('x'));
        let text: String = chars.into_iter().collect();
        let tokens: Vec<&str> = text.split_whitespace().collect();
        let torn = |pair: &[&str]| {
            let ends = pair.iter().all(|t| t.len() <= 8 && t.chars().any(|c| c.is_ascii_digit()));
            ends && matches!(dates::find(&pair.concat())[..], [f] if f.start == 0 && f.date.has_full_year())
        };
        tokens.iter().any(|t| is_broken_date(t)) || tokens.windows(2).any(torn)
    })
}

fn is_broken_date(token: &str) -> bool {
    let token = token.trim_matches(|c: char| !c.is_alphanumeric());
    let groups: Vec<usize> =
        token.split(|c: char| "/-.,".contains(c)).map(str::len).filter(|n| *n > 0).collect();
    let digits = token.chars().filter(char::is_ascii_digit).count();
    token.contains(['/', '-'])
        && digits * 2 > token.chars().filter(|c| c.is_alphanumeric()).count()
        && matches!(groups[..], [1 | 2, 1 | 2, 2 | 3] | [3, 1 | 2, 1 | 2])
}

/// Dates that a line break divides: `on or about April 10,` and `2026` on the next row, or `Sep 5,` above `2026` in a
/// column of a table.
pub(super) fn read_broken_dates(grid: &Grid, row: usize, fields: &mut Fields) {
    let Some(next) = grid.get(row + 1) else { return };
    for (index, cell) in grid[row].iter().enumerate() {
        if index + 1 == grid[row].len()
            && let Some(first) = next.first()
            && read_broken_date(cell, first, true, fields)
        {
            continue;
        }
        if let Some(under) = below(grid, row, cell).filter(|u| is_year(&u.text)) {
            read_broken_date(cell, under, false, fields);
        }
    }
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())
}

fn read_broken_date(above: &Cell, below: &Cell, in_sentence: bool, fields: &mut Fields) -> bool {
    let seam = above.text.chars().count();
    let joined = format!("{} {}", above.text, below.text);
    let over = |f: &&Found| f.start < seam && f.end > seam + 1;
    let found = dates::find_misread(&joined);
    let Some(found) = found.iter().find(over) else { return false };
    let before: String = joined.chars().take(found.start).collect();
    match kind_of(&before) {
        Some(Kind::Birth) => fields.births.push(found.date),
        Some(Kind::Service) => fields.services.push(found.date),
        Some(_) => {}
        None => fields.loose.push(Loose { date: found.date, in_sentence }),
    }
    true
}
