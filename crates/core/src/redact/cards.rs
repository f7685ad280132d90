//! Card numbers in text: found by length and check digit, their digits replaced by `*`.
//!
//! A run is digits with at most one blank or dash between two. A stretch of 13 to 19 digits of a run that starts and
//! ends where a group of digits does, and passes the Luhn check (ISO/IEC 7812-1), is masked: people add the expiry or
//! the security code behind a card number, and that must not hide it. Within more than 19 digits without a gap every
//! stretch is looked at, since nobody can say where a card number would start.

use std::borrow::Cow;

use super::digits::digit_value;

const SHORTEST: usize = 13;
const LONGEST: usize = 19;

/// A digit of a run: where it stands in the text, how long it is there, what it counts.
struct Found {
    at: usize,
    bytes: usize,
    value: u8,
    /// A gap, or nothing, stands before it.
    first: bool,
}

/// The text with the digits of every card number in it replaced by `*`. Borrowed where there is none.
pub fn mask_text(text: &str) -> Cow<'_, str> {
    let mut hidden = Vec::new();
    let mut run: Vec<Found> = Vec::new();
    let mut gap = false;
    for (at, c) in text.char_indices() {
        if let Some(value) = digit_value(c) {
            run.push(Found { at, bytes: c.len_utf8(), value, first: gap || run.is_empty() });
            gap = false;
        } else if !gap && !run.is_empty() && is_separator(c) {
            gap = true;
        } else {
            hidden.extend(cards_in(&run));
            run.clear();
            gap = false;
        }
    }
    hidden.extend(cards_in(&run));
    if hidden.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(with_stars(text, &hidden)) }
}

/// One blank or one dash, as typed on any keyboard.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
        )
}

/// The place and length of each digit that belongs to a card number.
fn cards_in(run: &[Found]) -> Vec<(usize, usize)> {
    if run.len() < SHORTEST {
        return Vec::new();
    }
    let luhn = Luhn::of(run);
    let groups = Groups::of(run);
    let mut masked_to = 0;
    let mut hidden = Vec::new();
    for (i, digit) in run.iter().enumerate() {
        let ends =
            (i + SHORTEST..=i + LONGEST).rev().filter(|end| *end <= run.len() && groups.may_be_card(i, *end));
        if let Some(end) = ends.into_iter().find(|end| luhn.passes(i, *end)) {
            masked_to = masked_to.max(end);
        }
        if i < masked_to {
            hidden.push((digit.at, digit.bytes));
        }
    }
    hidden
}

/// Where the groups of digits of a run start and end.
struct Groups {
    /// For each digit, the place of the first digit of its group and the place behind its last.
    bounds: Vec<(usize, usize)>,
}

impl Groups {
    fn of(run: &[Found]) -> Self {
        let starts: Vec<usize> = (0..run.len()).filter(|i| run[*i].first).collect();
        let ends = starts.iter().skip(1).copied().chain([run.len()]);
        let bounds =
            starts.iter().copied().zip(ends).flat_map(|(s, e)| std::iter::repeat_n((s, e), e - s)).collect();
        Self { bounds }
    }

    fn may_be_card(&self, start: usize, end: usize) -> bool {
        let ((first, first_end), (_, last_end)) = (self.bounds[start], self.bounds[end - 1]);
        let aligned = first == start && last_end == end;
        aligned || (end <= first_end && first_end - first > LONGEST)
    }
}

/// Running sums, so that each stretch costs one subtraction: a run may be as long as the body.
///
/// From the last digit leftwards every second one is doubled, so which ones are depends on where a stretch ends:
/// one sum for even places doubled, one for odd.
struct Luhn {
    sums: [Vec<u64>; 2],
}

impl Luhn {
    fn of(run: &[Found]) -> Self {
        let sums = [0, 1].map(|doubled| {
            let mut total = 0;
            let mut sums = vec![0];
            for (i, digit) in run.iter().enumerate() {
                let value = if i % 2 == doubled {
                    [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][usize::from(digit.value)]
                } else {
                    digit.value
                };
                total += u64::from(value);
                sums.push(total);
            }
            sums
        });
        Self { sums }
    }

    fn passes(&self, start: usize, end: usize) -> bool {
        let sums = &self.sums[end % 2];
        (sums[end] - sums[start]).is_multiple_of(10)
    }
}

fn with_stars(text: &str, hidden: &[(usize, usize)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, bytes) in hidden {
        out.push_str(&text[copied..*at]);
        out.push('*');
        copied = at + bytes;
    }
    out.push_str(&text[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_is_masked_however_it_is_written() {
        let cases = [
            ("4111111111111111", "****************"),
            ("card 4111 1111 1111 1111 thanks", "card **** **** **** **** thanks"),
            ("4111-1111-1111-1111", "****-****-****-****"),
            ("4111\u{a0}1111\u{2013}1111\n1111", "****\u{a0}****\u{2013}****\n****"),
            ("378282246310005", "***************"),
            ("4222222222222", "*************"),
            ("6304000000000000000", "*******************"),
            ("４１１１１１１１１１１１１１１１", "****************"),
            ("٤١١١١١١١١١١١١١١١", "****************"),
            ("x4111111111111111x5555555555554444x", "x****************x****************x"),
        ];
        for (text, wanted) in cases {
            assert_eq!(mask_text(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_stands_before_or_behind_a_card_number_does_not_hide_it() {
        for text in [
            "4111111111111111 123",
            "4111 1111 1111 1111 1227 123",
            "1 4111111111111111",
            "41111111111111111227123",
        ] {
            let masked = mask_text(text);
            assert!(masked.chars().filter(|c| *c == '*').count() >= 16, "{text} -> {masked}");
            assert!(!masked.contains("1111"), "{text} -> {masked}");
        }
    }

    #[test]
    fn shorter_longer_apart_and_unchecked_runs_stay() {
        let kept = [
            "",
            "no digits",
            "000000000000",
            "202-555-0147",
            "statement 10482231, due 2026-03-03",
            "4111  1111  1111  1111",
            "4111.1111.1111.1111",
            "4111 - 1111 - 1111 - 1111",
            "1234567890123",
            "4111111111111112",
            "4000056655665557",
        ];
        for text in kept {
            assert!(matches!(mask_text(text), Cow::Borrowed(t) if t == text), "{text}");
        }
    }
}
