//! The dates of a certification: signature, transport, period.

use chrono::NaiveDate;

use crate::fax::dates::{self, Found as Date};
use crate::fax::layout::{Cell, Grid, above, below, grid};
use crate::fax::phrases;

#[derive(Default)]
pub(super) struct Dates {
    pub signed: Option<NaiveDate>,
    pub transport: Option<NaiveDate>,
    pub through: Option<NaiveDate>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Signed,
    Transport,
    Through,
    /// Of birth, of a print: not for us.
    Else,
    /// `Date` and no more.
    Bare,
}

#[rustfmt::skip] // tables: packed, they can be taken in at a glance
const ELSE: &[&str] = &[
    "dob", "d o b", "date of birth", "birth", "birth date", "birthdate", "born", "printed", "print date", "received",
    "faxed", "rev", "revised", "revision", "admit", "admit date", "admission date", "form", "discharge date",
];
#[rustfmt::skip]
const SIGNED: &[&str] = &[
    "date signed", "signed", "signature date", "date of signature", "signed on", "electronically signed", "esigned",
    "signature", "date signed by physician", "order date", "date of order", "certification date",
];
#[rustfmt::skip]
const TRANSPORT: &[&str] = &[
    "transport date", "date of transport", "transported on", "transport on", "date of service", "service date", "dos",
    "trip date", "date of trip", "pickup date", "pick up date", "date of ambulance transport", "run date",
    "requested date", "initial transport", "first transport", "under my care on", "ambulance on", "needed on",
    "beginning", "start date", "effective from", "effective date", "valid from", "from", "period", "dates of service",
    "transport dates", "dates of transport", "certification period", "covers", "start",
];
#[rustfmt::skip]
const THROUGH: &[&str] = &[
    "through", "thru", "to", "until", "end date", "expires", "expiration", "expiration date", "ending", "valid to",
    "end", "valid through", "valid until",
];
const BARE: &[&str] = &["date", "date time", "dated"];
const SIGNS: &[&str] = &["signature", "signed", "sign", "signature of physician", "sincerely", "credentials"];

pub(super) fn phrases() -> impl Iterator<Item = &'static str> {
    [ELSE, SIGNED, TRANSPORT, THROUGH, BARE, SIGNS].into_iter().flatten().copied()
}

pub(super) fn read(body: &str) -> Dates {
    let grid = grid(body);
    let mut dates = Dates::default();
    let mut letter = None;
    for (row, cells) in grid.iter().enumerate() {
        for (at, cell) in cells.iter().enumerate() {
            read_cell(&grid, row, at, cell, &mut dates);
        }
        let alone = cells.len() == 1 && row < 12;
        letter = letter.or_else(|| alone.then(|| whole(&cells[0])).flatten());
    }
    // A letter is signed on the day it bears.
    dates.signed = dates.signed.or(letter);
    dates.through = dates.through.filter(|end| dates.transport.is_some_and(|start| start < *end));
    dates
}

fn whole(cell: &Cell) -> Option<NaiveDate> {
    match dates::find(&cell.text).as_slice() {
        [one] if cell.text.chars().count() <= one.end - one.start + 8 => one.date.day(),
        _ => None,
    }
}

fn read_cell(grid: &Grid, row: usize, at: usize, cell: &Cell, dates: &mut Dates) {
    let chars: Vec<char> = cell.text.chars().collect();
    let mut from = 0;
    for found in dates::find(&cell.text) {
        let before: String = chars[from..found.start].iter().collect();
        let when = when(&before).or_else(|| outside(grid, row, at, cell, &found));
        from = found.end;
        let slot = match when {
            Some(When::Signed) => &mut dates.signed,
            Some(When::Transport) => &mut dates.transport,
            Some(When::Through) => &mut dates.through,
            Some(When::Bare) if near_signature(grid, row) => &mut dates.signed,
            _ => continue,
        };
        *slot = slot.or(found.date.day());
    }
}

/// The label that stands last in a text.
fn when(label: &str) -> Option<When> {
    let tail: Vec<&str> = label.split_whitespace().collect();
    let tail = tail[tail.len().saturating_sub(5)..].join(" ");
    let found = phrases::find(&tail);
    let ends_with = |set: &[&str]| {
        let words = crate::fax::text::words(&tail);
        set.iter().any(|p| words.ends_with(&format!(" {p} ")))
    };
    // The words next to the date decide; `from` and `to` only there.
    for (set, when) in
        [(ELSE, When::Else), (TRANSPORT, When::Transport), (SIGNED, When::Signed), (THROUGH, When::Through)]
    {
        if ends_with(set) {
            return Some(when);
        }
    }
    let long = |set: &[&'static str]| set.iter().any(|p| p.len() >= 7 && found.has(p));
    let kinds = [(ELSE, When::Else), (TRANSPORT, When::Transport), (SIGNED, When::Signed)];
    let by_phrase = kinds.into_iter().find(|(set, _)| long(set)).map(|(_, when)| when);
    by_phrase.or_else(|| ends_with(BARE).then_some(When::Bare))
}

/// The label left of a date, above it, or below it as on a line for a signature.
fn outside(grid: &Grid, row: usize, at: usize, cell: &Cell, found: &Date) -> Option<When> {
    if found.start > 1 {
        return None;
    }
    let left = at.checked_sub(1).map(|l| &grid[row][l].text).filter(|t| dates::find(t).is_empty());
    if let Some(when) = left.and_then(|t| when(t)) {
        return Some(when);
    }
    let under = below(grid, row, cell).and_then(|c| when(&c.text)).filter(|w| *w != When::Transport);
    under.or_else(|| above(grid, row, cell.start, cell.end, 1).iter().find_map(|t| when(t)))
}

fn near_signature(grid: &Grid, row: usize) -> bool {
    let rows = row.saturating_sub(2)..(row + 2).min(grid.len());
    grid[rows].iter().flatten().any(|c| phrases::find(&c.text).any(SIGNS))
}
