//! How an agency's ids are made, learnt from its roster: where a digit must stand, a letter there is a misread digit.

use super::candidates::Evidence;
use super::glyphs::{as_digit, edits, folded};
use super::printed::{is_amount, is_date};
use super::roster::Case;
use super::scan::ids;

/// With fewer ids of one length nothing is known of their making.
const ENOUGH: usize = 10;

/// Whether a misread id can be no other than `own`, because each sign that differs is a letter where every id of this
/// kind has the digit it looks like.
pub(super) fn is_certain(read: &str, own: &str, kind: Evidence, roster: &[Case]) -> bool {
    // A date or a phone number is no id, though it may have the same digits.
    let has_marks = |t: &str| t.chars().any(|c| !c.is_alphanumeric());
    if has_marks(read) && !has_marks(own) || is_date(read) {
        return false;
    }
    let (read, own) = (signs(read), signs(own));
    if read.len() != own.len() {
        return false;
    }
    let differ: Vec<usize> = (0..own.len()).filter(|&i| read[i] != own[i]).collect();
    if differ.is_empty() {
        return true;
    }
    let digit_for_letter = |&i: &usize| own[i].is_ascii_digit() && as_digit(read[i]) == Some(own[i]);
    if differ.len() > 2 || !differ.iter().all(digit_for_letter) {
        return false;
    }
    let mut alike = 0;
    for case in roster {
        let of_kind = match kind {
            Evidence::MemberId => case.member_id.trim(),
            _ => ids(case).into_iter().find(|(k, _)| *k == kind).map_or("", |(_, id)| id),
        };
        let other = signs(of_kind);
        if other.len() != own.len() {
            continue;
        }
        alike += 1;
        if differ.iter().any(|&i| !other[i].is_ascii_digit()) {
            return false;
        }
    }
    alike >= ENOUGH
}

/// Whether what was read is made as `own` is and is not `own`: the same beginning, and digits, letters and marks in
/// the same places but for `slack`.
pub(super) fn is_of_format(read: &str, own: &str, slack: usize) -> bool {
    let (read, own) = (read.to_ascii_uppercase(), own.to_ascii_uppercase());
    let begins = |t: &str| folded(&t.chars().filter(|c| c.is_alphanumeric()).take(2).collect::<String>());
    own.len() >= 6
        && read.len().abs_diff(own.len()) <= slack
        && read != own
        && !is_amount_beside(&read, &own)
        && begins(&read) == begins(&own)
        && edits(&shape(&read), &shape(&own), slack) <= slack
}

/// Whether what was read has digits, letters and marks where `own` has them but for `slack`, and is not `own`.
pub(super) fn has_form_of(read: &str, own: &str, slack: usize) -> bool {
    let (read, own) = (read.to_ascii_uppercase(), own.to_ascii_uppercase());
    own.len() >= 6
        && read != own
        && !is_amount_beside(&read, &own)
        && edits(&shape(&read), &shape(&own), slack) <= slack
}

/// An amount of money, where ids are not written with a point.
fn is_amount_beside(read: &str, own: &str) -> bool {
    !own.contains('.') && is_amount(read)
}

/// `RC-26-012932` is `RC-99-999999`; letters that are taken for digits are digits here.
fn shape(id: &str) -> String {
    let sign = |c: char| match as_digit(c) {
        Some(_) => '9',
        None if c.is_alphanumeric() => c,
        None => '-',
    };
    id.chars().map(sign).collect()
}

/// Letters and digits, upper case.
fn signs(id: &str) -> Vec<char> {
    id.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_id_of_the_same_making_is_known_by_its_form() {
        for other in ["RC-26-642316", "RC-26-64231G", "RC-26-64231", "RC.26-642316"] {
            assert!(is_of_format(other, "RC-26-873199", 1), "{other}");
        }
        assert!(has_form_of("30526293", "36271770", 0) && !has_form_of("3052629", "36271770", 0));
        for none in ["RC-26-873199", "MR-26-642316", "RC-264", "512-555-0142", "RC-26-AMBUL"] {
            assert!(!is_of_format(none, "RC-26-873199", 1), "{none}");
        }
    }

    #[test]
    fn a_letter_where_all_have_digits_is_a_misread_digit() {
        let roster: Vec<Case> = (0..20)
            .map(|n| {
                let mut case = Case::new(format!("c{n}").as_str().into(), "t".into());
                case.statement_id = format!("70{:04}", n * 37);
                case.run_number = if n % 2 == 0 { format!("A0{n:04}") } else { format!("AO{n:04}") };
                case
            })
            .collect();
        let statement = Evidence::StatementId;
        assert!(is_certain("7OO518", "700518", statement, &roster));
        assert!(!is_certain("70-0518", "700518", statement, &roster), "may be another number");
        assert!(!is_certain("700318", "700518", statement, &roster), "a digit may be another case's");
        assert!(!is_certain("7OOS18", "700518", statement, &roster), "too many");
        assert!(!is_certain("AO0004", "A00004", Evidence::RunNumber, &roster), "either is used");
        assert!(!is_certain("7OO518", "700518", statement, &roster[..5]), "too few to know");
    }
}
