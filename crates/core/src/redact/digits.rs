//! Which characters people write digits with, and what each counts.
//!
//! Source: the `Numeric_Type` Decimal and Digit of the Unicode character database. Kept as a table since the standard
//! library knows ASCII only.

/// First of ten characters that stand for 0 to 9.
const ZEROS: [u32; 68] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
    0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
    0x1c50, 0x2080, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30,
    0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0,
    0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
    0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1f101, 0x1fbf0,
];

/// Rows that are shorter or do not start at 0: first character, what it counts, how many. Superscript, subscript,
/// circled, bracketed and the like.
const ROWS: [(u32, u8, u8); 19] = [
    (0xb2, 2, 2),
    (0xb9, 1, 1),
    (0x1369, 1, 9),
    (0x19da, 1, 1),
    (0x2070, 0, 1),
    (0x2074, 4, 6),
    (0x2460, 1, 9),
    (0x2474, 1, 9),
    (0x2488, 1, 9),
    (0x24ea, 0, 1),
    (0x24f5, 1, 9),
    (0x24ff, 0, 1),
    (0x2776, 1, 9),
    (0x2780, 1, 9),
    (0x278a, 1, 9),
    (0x10a40, 1, 4),
    (0x10e60, 1, 9),
    (0x11052, 1, 9),
    (0x1f100, 0, 1),
];

/// What a digit of any script counts, 0 to 9; `None` for any other character.
pub(super) fn digit_value(c: char) -> Option<u8> {
    let code = u32::from(c);
    if code < 0x80 {
        return c.to_digit(10).map(|value| value as u8);
    }
    let place = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
    let offset = code - ZEROS[place];
    if offset < 10 {
        return Some(offset as u8);
    }
    let place = ROWS.partition_point(|(first, _, _)| *first <= code).checked_sub(1)?;
    let (first, value, count) = ROWS[place];
    (code - first < u32::from(count)).then(|| value + (code - first) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_many_scripts_count_and_letters_do_not() {
        let all = |text: &str| text.chars().filter_map(digit_value).collect::<Vec<_>>();
        for ten in [
            "0123456789",
            "０１２３４５６７８９",
            "٠١٢٣٤٥٦٧٨٩",
            "०१२३४५६७८९",
            "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
            "⁰¹²³⁴⁵⁶⁷⁸⁹",
            "₀₁₂₃₄₅₆₇₈₉",
            "⓪①②③④⑤⑥⑦⑧⑨",
        ] {
            assert_eq!(all(ten), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "{ten}");
        }
        assert!(all("aZ-+*#/: éß一十Ⅳ½⑩🚑\u{fffd}\u{10ffff}").is_empty());
    }

    #[test]
    fn the_tables_are_in_order_so_that_a_search_by_halves_finds() {
        assert!(ZEROS.is_sorted() && ROWS.is_sorted());
    }
}
