//! Numbers on a page that are no id: dates, telephone numbers, postal codes, amounts of money.

use super::dates;

/// A text cut where a number stands that is no id, so that what is left may hold ids.
///
/// Numbers under a label of an id are read from the page itself; the cuts are for those that stand anywhere.
pub(super) fn without_dates_and_phones(line: &str) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    let mut keep = vec![true; chars.len()];
    let found = dates::find_misread(line);
    found.iter().for_each(|f| keep[f.start..f.end].fill(false));
    let words = words(&chars);
    for (at, &(start, end)) in words.iter().enumerate() {
        let word = |i: usize| chars[words[i].0..words[i].1].iter().collect::<String>();
        let before = at.checked_sub(1).map(word).unwrap_or_default();
        let earlier = at.checked_sub(2).map(word).unwrap_or_default();
        let own = word(at);
        if is_date(&own) || is_phone(&own, &before) || is_postal(&own, &before, &earlier) {
            keep[start..end].fill(false);
        }
    }
    let pieces = keep.chunk_by(|a, b| a == b);
    let mut from = 0;
    let mut texts = Vec::new();
    for piece in pieces {
        let end = from + piece.len();
        if piece[0] {
            texts.push(chars[from..end].iter().collect());
        }
        from = end;
    }
    texts
}

/// Where the words of a line begin and end.
fn words(chars: &[char]) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut start = None;
    for at in 0..=chars.len() {
        let blank = chars.get(at).is_none_or(|c| c.is_whitespace());
        match (start, blank) {
            (None, false) => start = Some(at),
            (Some(from), true) => {
                words.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// Whether a word is a date and nothing else: `10/05/2026`, `10-05-26`, or eight digits that are a day of our time.
pub(super) fn is_date(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let whole = |text: &str| {
        let day = |f: &dates::Found| f.start == 0 && f.end == text.chars().count() && f.date.day().is_some();
        matches!(dates::find_misread(text)[..], [ref one] if day(one))
    };
    whole(word) || is_eight_digit_date(word)
}

/// `10052026`, `20261005`.
fn is_eight_digit_date(word: &str) -> bool {
    if word.len() != 8 || !word.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let part = |from: usize, to: usize| word[from..to].parse::<u32>().unwrap_or(0);
    let is_day = |year: u32, month: u32, day: u32| {
        (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
    };
    is_day(part(4, 8), part(0, 2), part(2, 4)) || is_day(part(0, 4), part(4, 6), part(6, 8))
}

/// Words before a telephone number.
#[rustfmt::skip]
const PHONES: &[&str] = &[
    "phone", "ph", "tel", "telephone", "fax", "facsimile", "cell", "mobile", "home", "work", "call", "dial", "ext",
    "extension", "toll-free", "tty", "tdd",
];

/// `312-555-0142`, `(312)555-0142`, `1-800-555-0142`; other forms behind a word like `phone` or an area code.
fn is_phone(word: &str, before: &str) -> bool {
    let groups: Vec<usize> =
        word.split(|c: char| !c.is_ascii_digit()).filter(|g| !g.is_empty()).map(str::len).collect();
    if word.chars().any(char::is_alphabetic) {
        return false;
    }
    let area = before.starts_with('(') && before.ends_with(')') && before.len() == 5;
    let label = before.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let labelled = area || PHONES.contains(&label.as_str());
    match groups[..] {
        [3, 3, 4] | [1, 3, 3, 4] => true,
        [3, 4] | [7] | [10] | [11] => labelled,
        _ => false,
    }
}

#[rustfmt::skip]
pub(super) const STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
    "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
    "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
];

/// A postal code behind the town and its state: `Springfield, OH 44090-1234`.
fn is_postal(word: &str, before: &str, earlier: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let groups: Vec<&str> = word.split('-').collect();
    let digits = |g: &str, n: usize| g.len() == n && g.bytes().all(|b| b.is_ascii_digit());
    let form = match groups[..] {
        [five] => digits(five, 5),
        [five, four] => digits(five, 5) && digits(four, 4),
        _ => false,
    };
    let town = earlier.trim_end_matches(',');
    form && STATES.contains(&before.trim_end_matches(','))
        && town.len() > 2
        && town.chars().all(char::is_alphabetic)
}

/// An amount with cents: `1,310.00`.
pub(super) fn is_amount(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.split_once('.').is_some_and(|(whole, cents)| {
        let digits = |g: &str| g.bytes().all(|b| b.is_ascii_digit());
        cents.len() == 2
            && digits(cents)
            && !whole.is_empty()
            && whole.split(',').enumerate().all(|(i, g)| digits(g) && (i == 0 || g.len() == 3))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_told_from_an_id() {
        for date in
            ["03/09/2026", "3-9-26", "2026-03-09", "03.09.2026", "03092026", "20260309", "O3/09/2026,"]
        {
            assert!(is_date(date), "{date}");
        }
        for id in [
            "0309-2026",
            "0309-2258",
            "30458003",
            "26-030926",
            "03-09-2258",
            "99202601",
            "0309",
            "H3-09-2026",
        ] {
            assert!(!is_date(id), "{id}");
        }
    }

    #[test]
    fn what_is_no_id_is_cut_out_of_a_row() {
        let left = |line: &str| without_dates_and_phones(line).join("|");
        assert_eq!(left("seen March 9, 2026 0312 run 0412-2258"), "seen | 0312 run 0412-2258");
        assert_eq!(left("Tel 555-0142, fax (312) 555-0143 or 312-555-0144."), "Tel | fax (312) | or ");
        assert_eq!(left("Elm Springs, OH 44090-1234 RC 44091"), "Elm Springs, OH | RC 44091");
        assert_eq!(left("acct 555-0142 RC OH 44092"), "acct 555-0142 RC OH 44092");
    }

    #[test]
    fn an_amount_has_cents() {
        assert!(is_amount("1,310.00") && is_amount("907.82") && is_amount("1310.00"));
        assert!(!is_amount("7731.203") && !is_amount("R12.50") && !is_amount("44090"));
    }
}
