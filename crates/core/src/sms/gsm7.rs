//! The GSM 03.38 alphabet: what fits into a plain text message, and how many parts it takes.

use unicode_normalization::char::decompose_compatible;

/// The basic table: one septet each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: two septets each.
const EXTENDED: &str = "^{}\\[~]|€";

/// Septets of a character; `None` if the alphabet lacks it.
pub fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) { Some(1) } else { EXTENDED.contains(c).then_some(2) }
}

/// The text in basic-table characters only: typographic marks become plain ones, accents the alphabet lacks are dropped,
/// what has no likeness (emoji, other scripts) is left out.
pub fn to_gsm7(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if septets(c) == Some(1) {
            out.push(c);
        } else if let Some(plain) = plain(c) {
            out.push_str(plain);
        } else {
            decompose_compatible(c, |part| {
                if septets(part) == Some(1) {
                    out.push(part);
                }
            });
        }
    }
    out
}

fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        '‘' | '’' | '‛' | '′' | '`' | '´' => "'",
        '“' | '”' | '„' | '«' | '»' | '″' => "\"",
        '‐'..='―' | '−' | '~' | '•' | '·' => "-",
        '…' => "...",
        '[' | '{' => "(",
        ']' | '}' => ")",
        '\\' | '|' => "/",
        '€' => "EUR",
        '™' | '®' | '©' | '^' => "",
        '\t' | '\u{2028}' | '\u{2029}' => " ",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ł' => "l",
        'Ł' => "L",
        'œ' => "oe",
        'Œ' => "OE",
        'ı' => "i",
        'þ' => "th",
        'Þ' => "Th",
        c if c.is_whitespace() => " ",
        _ => return None,
    })
}

/// Parts the text is sent in: 160 septets in one, 153 in each of several; 70 and 67 UTF-16 units where a character is
/// not in the alphabet. An empty text is one part.
pub fn segments(text: &str) -> usize {
    let sizes: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (mut parts, mut used) = (1, 0);
    let (sizes, one, several) = match sizes {
        Some(sizes) => (sizes, 160, 153),
        None => (text.chars().map(char::len_utf16).collect(), 70, 67),
    };
    if sizes.iter().sum::<usize>() <= one {
        return 1;
    }
    for size in sizes {
        if used + size > several {
            parts += 1;
            used = 0;
        }
        used += size;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_what_the_alphabet_has_and_lose_the_rest() {
        assert_eq!(to_gsm7("Métro “EMS” — Núñez’s 🚑 Łódź™"), "Métro \"EMS\" - Nuñez's  Lodz");
        assert_eq!(to_gsm7("[A|B]\u{200b}\t{C}"), "(A/B) (C)");
    }

    #[test]
    fn parts_are_counted_in_septets_or_in_utf16_units() {
        assert_eq!(segments(""), 1);
        assert_eq!(segments(&"a".repeat(160)), 1);
        assert_eq!(segments(&"a".repeat(161)), 2);
        assert_eq!(segments(&"[".repeat(80)), 1);
        assert_eq!(segments(&"[".repeat(81)), 2);
        assert_eq!(segments(&"a".repeat(306)), 2);
        assert_eq!(segments(&"a".repeat(307)), 3);
        assert_eq!(segments(&"ы".repeat(70)), 1);
        assert_eq!(segments(&"ы".repeat(71)), 2);
    }
}
