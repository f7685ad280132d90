//! Calendar dates as they are written on faxes.

use chrono::NaiveDate;

use super::glyphs::{as_digit, digits_look_alike};

/// A date as printed; the year may have two digits only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    year: Year,
    month: u32,
    day: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Year {
    Full(u32),
    Short(u32),
}

impl Date {
    /// The roster's `YYYY-MM-DD`.
    pub fn iso(text: &str) -> Option<Self> {
        match find(text).as_slice() {
            [one] if one.start == 0 && one.end == text.chars().count() => Some(one.date),
            _ => None,
        }
    }

    /// The same day; a year of two digits agrees with every century.
    pub fn agrees(self, other: Self) -> bool {
        let years = match (self.year, other.year) {
            (Year::Full(a), Year::Full(b)) => a == b,
            (Year::Full(a) | Year::Short(a), Year::Full(b) | Year::Short(b)) => a % 100 == b % 100,
        };
        years && self.month == other.month && self.day == other.day
    }

    /// The day; a year of two digits is of this century. `None` for a day that does not exist.
    pub fn day(self) -> Option<NaiveDate> {
        let year = match self.year {
            Year::Full(year) => year,
            Year::Short(year) => 2000 + year,
        };
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, self.month, self.day)
    }

    /// The first of a month, on which coverage begins.
    pub fn is_first_of_month(self) -> bool {
        self.day == 1
    }

    pub fn has_full_year(self) -> bool {
        matches!(self.year, Year::Full(_))
    }

    /// Its year, of this century where it has two digits only, lies at least two years after the other's.
    pub fn is_later_year_than(self, other: Self) -> bool {
        let year = |d: Self| match d.year {
            Year::Full(year) => year,
            Year::Short(year) => 2000 + year,
        };
        year(self) >= year(other) + 2
    }

    /// The year with its century, where it was printed.
    pub fn full_year(self) -> Option<u32> {
        match self.year {
            Year::Full(year) => Some(year),
            Year::Short(_) => None,
        }
    }

    /// Not the same day, but one that OCR may read for it: one or two digits that look alike, or one lost.
    pub fn is_near(self, other: Self) -> bool {
        if self.agrees(other) {
            return false;
        }
        let (a, b) = (self.digits(), other.digits());
        let differ: Vec<_> = a.iter().zip(&b).filter(|(x, y)| x != y).collect();
        let alike = differ.iter().all(|(x, y)| digits_look_alike(**x, **y));
        let lost = |x: u32, y: u32| x != y && (x < 10 && (y / 10 == x || y % 10 == x));
        let parts = |x, y| x == y || lost(x, y) || lost(y, x);
        let years = a[4..] == b[4..];
        alike && differ.len() <= 2
            || years && parts(self.month, other.month) && parts(self.day, other.day)
            || differ.len() == 1
    }

    /// Not the same day, but one digit that looks alike, or one lost, makes it so.
    pub fn is_lookalike(self, other: Self) -> bool {
        let (a, b) = (self.digits(), other.digits());
        let differ: Vec<_> = a.iter().zip(&b).filter(|(x, y)| x != y).collect();
        let lost = |x: u32, y: u32| x < 10 && y >= 10 && (y / 10 == x || y % 10 == x);
        let months = self.month == other.month;
        let days = self.day == other.day;
        matches!(differ.as_slice(), [(x, y)] if digits_look_alike(**x, **y))
            || a[4..] == b[4..]
                && (days && (lost(self.month, other.month) || lost(other.month, self.month))
                    || months && (lost(self.day, other.day) || lost(other.day, self.day)))
    }

    /// Month, day and the last two digits of the year; the century is not always printed.
    fn digits(self) -> [char; 6] {
        let (Year::Full(year) | Year::Short(year)) = self.year;
        let digit = |n: u32| char::from_digit(n % 10, 10).unwrap_or('0');
        let (m, d) = (self.month, self.day);
        [digit(m / 10), digit(m), digit(d / 10), digit(d), digit(year / 10), digit(year)]
    }
}

/// A date in a text; `start` and `end` count characters.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub start: usize,
    pub end: usize,
    pub date: Date,
    /// It could be read only by taking a letter for a digit.
    pub mended: bool,
}

/// As [`find`], on a page read by OCR: letters among the digits of a date are the digits they look like.
pub(super) fn find_misread(text: &str) -> Vec<Found> {
    let chars: Vec<char> = text.chars().collect();
    let mut mended = chars.clone();
    let mut start = 0;
    for end in 0..=chars.len() {
        if end < chars.len() && !chars[end].is_whitespace() {
            continue;
        }
        let token = &chars[start..end];
        let digits = token.iter().filter(|c| c.is_ascii_digit()).count();
        let marks = token.iter().filter(|c| "/-.".contains(**c)).count();
        let odd = token.iter().filter(|c| !c.is_ascii_digit() && as_digit(**c).is_some()).count();
        if marks >= 2 && odd <= 2 && digits > odd {
            (start..end).for_each(|i| mended[i] = as_digit(chars[i]).unwrap_or(chars[i]));
        }
        start = end + 1;
    }
    let mut found = find_in(&mended);
    found.iter_mut().for_each(|f| f.mended = mended[f.start..f.end] != chars[f.start..f.end]);
    found
}

/// All dates of a text, in order: `3/9/26`, `03-09-2026`, `2026-03-09`, `Mar 9, 2026`, `9 March 2026`.
///
/// Month before day, as in the United States, unless the first number cannot be a month.
pub(super) fn find(text: &str) -> Vec<Found> {
    find_in(&text.chars().collect::<Vec<_>>())
}

fn find_in(chars: &[char]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let fresh = at == 0 || !chars[at - 1].is_alphanumeric();
        match fresh
            .then(|| numeric(chars, at).or_else(|| month_first(chars, at)).or_else(|| day_first(chars, at)))
            .flatten()
        {
            Some((date, end)) => {
                found.push(Found { start: at, end, date, mended: false });
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

fn numeric(chars: &[char], at: usize) -> Option<(Date, usize)> {
    let (a, a_len, next) = number(chars, at)?;
    let next = slash(chars, next);
    let separator = *chars.get(next)?;
    if !"/-.".contains(separator) || (at > 0 && "/-.".contains(chars[at - 1])) {
        return None;
    }
    let gap = |at: usize| at + usize::from(separator == '/' && chars.get(at) == Some(&' '));
    let (b, b_len, next) = number(chars, gap(next + 1))?;
    let next = slash(chars, next);
    if chars.get(next) != Some(&separator) || b_len > 2 {
        return None;
    }
    let (c, c_len, end) = number(chars, gap(next + 1))?;
    let follows = chars.get(end);
    if follows.is_some_and(|f| f.is_alphanumeric())
        || (follows.is_some_and(|f| "/-.".contains(*f))
            && chars.get(end + 1).is_some_and(char::is_ascii_digit))
    {
        return None;
    }
    let date = match (a_len, c_len) {
        (4, 1 | 2) => date(year(a, 4)?, b, c)?,
        (1 | 2, 2 | 4) => date(year(c, c_len)?, a, b).or_else(|| date(year(c, c_len)?, b, a))?,
        _ => return None,
    };
    Some((date, end))
}

/// The place of a slash that OCR set apart from the number before it.
fn slash(chars: &[char], at: usize) -> usize {
    if chars.get(at) == Some(&' ') && chars.get(at + 1) == Some(&'/') { at + 1 } else { at }
}

fn month_first(chars: &[char], at: usize) -> Option<(Date, usize)> {
    let (month, next) = month_name(chars, at)?;
    let (day, day_len, next) = number(chars, skip(chars, next, " ."))?;
    let next = skip_ordinal(chars, next);
    let (y, y_len, end) = number(chars, skip(chars, next, " ,"))?;
    if day_len > 2 || y_len != 4 || chars.get(end).is_some_and(|c| c.is_alphanumeric()) {
        return None;
    }
    Some((date(year(y, 4)?, month, day)?, end))
}

fn day_first(chars: &[char], at: usize) -> Option<(Date, usize)> {
    let (day, day_len, next) = number(chars, at)?;
    let (month, next) = month_name(chars, skip(chars, skip_ordinal(chars, next), " -"))?;
    let (y, y_len, end) = number(chars, skip(chars, next, " -,."))?;
    if day_len > 2 || !matches!(y_len, 2 | 4) || chars.get(end).is_some_and(|c| c.is_alphanumeric()) {
        return None;
    }
    Some((date(year(y, y_len)?, month, day)?, end))
}

/// Value, digits and the place behind them; at most four digits.
fn number(chars: &[char], at: usize) -> Option<(u32, usize, usize)> {
    let digits = chars.get(at..)?.iter().take_while(|c| c.is_ascii_digit()).count();
    if !(1..=4).contains(&digits) {
        return None;
    }
    let value = chars[at..at + digits].iter().fold(0, |n, c| n * 10 + c.to_digit(10).unwrap_or(0));
    Some((value, digits, at + digits))
}

fn month_name(chars: &[char], at: usize) -> Option<(u32, usize)> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word: String = chars
        .get(at..)?
        .iter()
        .take_while(|c| c.is_ascii_alphabetic())
        .map(char::to_ascii_lowercase)
        .collect();
    let month = MONTHS
        .iter()
        .position(|m| word.len() >= 3 && m.starts_with(&word) || word == "sept" && *m == "september")?;
    Some((u32::try_from(month).ok()? + 1, at + word.len()))
}

fn skip(chars: &[char], at: usize, set: &str) -> usize {
    at + chars.get(at..).map_or(0, |rest| rest.iter().take_while(|c| set.contains(**c)).count())
}

fn skip_ordinal(chars: &[char], at: usize) -> usize {
    let word: String = chars.iter().skip(at).take(2).map(char::to_ascii_lowercase).collect();
    if matches!(word.as_str(), "st" | "nd" | "rd" | "th") { at + 2 } else { at }
}

fn year(value: u32, digits: usize) -> Option<Year> {
    match digits {
        4 if (1880..=2199).contains(&value) => Some(Year::Full(value)),
        2 => Some(Year::Short(value)),
        _ => None,
    }
}

fn date(year: Year, month: u32, day: u32) -> Option<Date> {
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Date { year, month, day })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_every_usual_form() {
        let want = Date::iso("2026-03-09").unwrap();
        for text in [
            "3/9/26",
            "03/09/2026",
            "03-09-2026",
            "2026-03-09",
            "Mar 9, 2026",
            "March 9th 2026",
            "9 Mar 2026",
            "03.09.26",
        ] {
            let found = find(&format!("on {text}, we"));
            assert_eq!(found.len(), 1, "{text}");
            assert!(found[0].date.agrees(want), "{text}");
        }
    }

    #[test]
    fn letters_among_digits_are_mended_and_said_to_be() {
        let want = Date::iso("1940-03-12").unwrap();
        for text in ["O3/12/1940", "03/l2/194O", "DOB: 03/12/I940."] {
            let found = find_misread(text);
            assert!(found.len() == 1 && found[0].mended && found[0].date.agrees(want), "{text}");
        }
        for text in ["03/ 12/1940", "03 /12 /1940", "3/12/40"] {
            let found = find_misread(text);
            assert!(found.len() == 1 && !found[0].mended && found[0].date.agrees(want), "{text}");
        }
        assert!(find_misread("SOLD-IS-GOOD 26-OO797O").is_empty());
    }

    #[test]
    fn a_near_date_is_one_that_ocr_may_read() {
        let own = Date::iso("1940-03-12").unwrap();
        for near in ["1940-08-12", "1940-03-17", "1948-03-12", "1940-03-02", "1940-03-01"] {
            assert!(Date::iso(near).unwrap().is_near(own), "{near}");
        }
        for far in ["1940-03-12", "1952-11-30", "1973-06-25"] {
            assert!(!Date::iso(far).unwrap().is_near(own), "{far}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_read_as_one() {
        for text in [
            "26-007970",
            "RC-26-012932",
            "202-555-0143",
            "13/32/2026",
            "1/2",
            "03/09/26/11",
            "10.12.14.16",
            "1-2-345",
        ] {
            assert!(find(text).is_empty(), "{text}");
        }
        assert!(Date::iso("").is_none());
        assert!(Date::iso("2026-03-09 x").is_none());
    }
}
