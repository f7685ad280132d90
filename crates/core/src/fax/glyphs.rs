//! Letters that OCR takes for one another, and how far what was read may be from what was printed.

/// Digits that are taken for one another on bad faxes. A reading may be either, and nothing says which.
const LOOKALIKE_DIGITS: &[(char, char)] = &[
    ('0', '6'),
    ('0', '8'),
    ('0', '9'),
    ('1', '4'),
    ('1', '7'),
    ('2', '7'),
    ('3', '5'),
    ('3', '8'),
    ('3', '9'),
    ('4', '9'),
    ('5', '6'),
    ('5', '8'),
    ('5', '9'),
    ('6', '8'),
    ('8', '9'),
];

/// The digit that a letter or mark is usually misread from.
pub(super) fn as_digit(c: char) -> Option<char> {
    Some(match c {
        'O' | 'o' | 'D' | 'Q' => '0',
        'I' | 'l' | 'L' | 'i' | '|' | '!' | ']' | '[' => '1',
        'Z' | 'z' => '2',
        'S' | 's' | '$' => '5',
        'G' => '6',
        'B' => '8',
        c if c.is_ascii_digit() => c,
        _ => return None,
    })
}

/// The letter that a digit or mark inside a word is usually misread from.
pub(super) fn as_letter(c: char) -> Option<char> {
    Some(match c {
        '0' => 'O',
        '1' | '|' | '!' => 'I',
        '2' => 'Z',
        '5' | '$' => 'S',
        '6' => 'G',
        '8' => 'B',
        c if c.is_alphabetic() => c,
        _ => return None,
    })
}

pub(super) fn digits_look_alike(a: char, b: char) -> bool {
    a == b || LOOKALIKE_DIGITS.contains(&(a, b)) || LOOKALIKE_DIGITS.contains(&(b, a))
}

/// An id with all that OCR confuses made equal: upper case, marks left out, one sign for each group of lookalikes.
pub(super) fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = c.to_ascii_uppercase();
        let c = match as_digit(c) {
            Some(d) => d,
            None if c.is_alphanumeric() => c,
            None => continue,
        };
        // `rn` is read as `m`, `cl` as `d`, `vv` as `w`.
        match (out.chars().next_back(), c) {
            (Some('R'), 'N') => replace_last(&mut out, 'M'),
            (Some('C'), '1') => replace_last(&mut out, '0'),
            (Some('V'), 'V') => replace_last(&mut out, 'W'),
            _ => out.push(c),
        }
    }
    out
}

fn replace_last(text: &mut String, c: char) {
    text.pop();
    text.push(c);
}

/// The fewest letters to insert, leave out or replace to make one of the other; stops counting above `most`.
pub(super) fn edits(a: &str, b: &str, most: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return most + 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
        if row.iter().all(|n| *n > most) {
            return most + 1;
        }
    }
    row[b.len()]
}

/// Whether a read id may be this one with one letter misread, lost or added besides what [`folded`] makes equal.
pub(super) fn is_near_id(read: &str, own: &str) -> bool {
    own.len() >= 6 && edits(&folded(read), &folded(own), 1) <= 1
}

/// A word of a name as OCR may have read it: lookalikes made equal, and one letter wrong in a word of five or more.
pub(super) fn is_near_word(read: &str, own: &str) -> bool {
    let (a, b) = (folded(read), folded(own));
    a == b || (b.chars().count() >= 4 && edits(&a, &b, 1) <= 1)
}

/// The words of a page read by OCR, with digits and marks inside words made the letters they were printed as.
/// Keeps every letter in its column.
pub(super) fn mend_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars() {
        if c.is_whitespace() {
            mend_word(&word, &mut out);
            word.clear();
            out.push(c);
        } else {
            word.push(c);
        }
    }
    mend_word(&word, &mut out);
    out
}

fn mend_word(word: &str, out: &mut String) {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let odd = word.chars().filter(|c| !c.is_alphabetic() && as_letter(*c).is_some()).count();
    let initial = matches!(word, "$" | "$.");
    let label = matches!(word.trim_end_matches(|c: char| !c.is_alphanumeric()), "1D" | "!D" | "|D" | "lD");
    if initial || label || odd > 0 && odd <= 2 && letters >= 2 && letters >= 2 * odd {
        let last = word.chars().count() - 1;
        // A mark at the end of a word is a mark.
        let inner = |i: usize, c: char| initial || label || i < last || c.is_ascii_digit();
        out.extend(word.chars().enumerate().map(
            |(i, c)| {
                if inner(i, c) { as_letter(c).unwrap_or(c) } else { c }
            },
        ));
    } else {
        out.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ocr_confuses_is_folded_into_one() {
        for (read, own) in [
            ("4HS3QYODD95", "4H53QY0DD95"),
            ("RC-26-O12932", "RC-26-012932"),
            ("3O4S8OO3", "30458003"),
            ("26 004439", "26-004439"),
            ("MERN", "MEM"),
            ("CLX", "DX"),
        ] {
            assert_eq!(folded(read), folded(own), "{read}");
        }
        assert_ne!(folded("30458003"), folded("30453003"));
        assert!(is_near_id("30458003", "30453003") && is_near_id("3045803", "30458003"));
        assert!(!is_near_id("30458003", "30453008"));
    }

    #[test]
    fn words_are_mended_and_numbers_left_alone() {
        for (read, want) in [
            ("D0B: 1/2/1940", "DOB: 1/2/1940"),
            ("J0HN5ON, MARY", "JOHNSON, MARY"),
            ("Jennifer $. Gallegos", "Jennifer S. Gallegos"),
            ("MEMBER 1D", "MEMBER ID"),
            ("5CE6K39JC84 A0428 26-004439 SMI324226306", "5CE6K39JC84 A0428 26-004439 SMI324226306"),
            ("Stop!", "Stop!"),
        ] {
            assert_eq!(mend_words(read), want);
        }
    }

    #[test]
    fn a_near_word_is_one_misreading_away() {
        for (read, own) in [("PHHILLIPS", "PHILLIPS"), ("Jenmifer", "Jennifer"), ("Wllliam", "William")] {
            assert!(is_near_word(read, own), "{read}");
        }
        for (read, own) in [("Jon", "Jan"), ("Gregory", "George"), ("Mary", "Marian")] {
            assert!(!is_near_word(read, own), "{read}");
        }
        assert_eq!(edits("kitten", "sitting", 5), 3);
    }
}
