//! Letters as a person sees them: any script's look-alike becomes plain ASCII, what cannot be seen goes away.
//!
//! The output is ASCII bytes, case kept (a capital may mark a name), with the marks below for the rest.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// A picture that means "stop": stop sign, no entry, prohibited, muted bell.
pub const STOP_SIGN: u8 = 1;
/// The SOS picture.
pub const SOS_SIGN: u8 = 2;
/// A raised hand: "stop" when it is all the text, a greeting elsewhere.
pub const RAISED_HAND: u8 = 4;
/// Any other picture or symbol.
pub const SYMBOL: u8 = 3;
/// A letter with no ASCII look-alike.
pub const FOREIGN: u8 = 0x7f;

/// Characters of a text that are read; the rest is not looked at.
pub const MAX_CHARS: usize = 2_000;

/// What to do with pictures of letters (flags' regional letters, `🅾`): they spell in `🇸🇹🇴🇵` and decorate in `STOP 🇺🇸`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LetterPictures {
    Decorate,
    Spell,
}

/// Folds at most [`MAX_CHARS`] characters; says also whether a letter picture was met.
pub fn fold(text: &str, pictures: LetterPictures) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len().min(MAX_CHARS) + 8);
    let mut met = false;
    for c in text.chars().take(MAX_CHARS) {
        if c.is_ascii() {
            push_ascii(&mut out, c as u8);
        } else if let Some(letter) = letter_picture(c) {
            met = true;
            out.push(if pictures == LetterPictures::Spell { letter } else { SYMBOL });
        } else if !invisible(c) {
            push_other(&mut out, c);
        }
    }
    (out, met)
}

fn push_ascii(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'\r' => out.push(b'\n'),
        b'`' => out.push(b'\''),
        b'\n' | b' '..=b'~' => out.push(byte),
        _ => out.push(b' '),
    }
}

fn push_other(out: &mut Vec<u8>, c: char) {
    if let Some(mark) = sign(c) {
        return out.push(mark);
    }
    if let Some(letter) = look_alike(c) {
        return out.push(letter);
    }
    if c.is_whitespace() {
        return out.push(if matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') { b'\n' } else { b' ' });
    }
    decompose_compatible(c, |part| {
        if is_combining_mark(part) || invisible(part) {
        } else if part.is_ascii() {
            push_ascii(out, part as u8);
        } else if let Some(letter) = look_alike(part) {
            out.push(letter);
        } else {
            out.push(if part.is_alphabetic() { FOREIGN } else { SYMBOL });
        }
    });
}

/// Zero-width, direction and variation marks, soft hyphen, fillers, tags.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Pictures with a meaning, punctuation with an ASCII twin, and letters that are used as pictures.
fn sign(c: char) -> Option<u8> {
    Some(match c {
        '🛑' | '⛔' | '🚫' | '🔕' | '📵' | '⏹' => STOP_SIGN,
        '✋' => RAISED_HAND,
        '🆘' => SOS_SIGN,
        '‘' | '’' | '‛' | 'ʼ' | 'ʹ' | '´' | '′' | '＇' => b'\'',
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂' => b'"',
        '‐'..='―' | '−' | '﹣' | '－' => b'-',
        '¡' => b'!',
        '¿' => b'?',
        '。' | '．' | '｡' | '·' | '•' => b'.',
        '，' | '、' => b',',
        '™' | '℠' | 'ℹ' | 'Ⓜ' | '㊗' | '㊙' | '\u{1f200}'..='\u{1f2ff}' => SYMBOL,
        _ => return None,
    })
}

/// Regional indicators, negative circled and negative squared letters: no decomposition, and emoji to many phones.
fn letter_picture(c: char) -> Option<u8> {
    let base = match c {
        '\u{1f1e6}'..='\u{1f1ff}' => 0x1f1e6,
        '\u{1f150}'..='\u{1f169}' => 0x1f150,
        '\u{1f170}'..='\u{1f189}' => 0x1f170,
        '⭕' => return Some(b'O'),
        _ => return None,
    };
    u8::try_from(u32::from(c) - base).ok().map(|n| b'A' + n)
}

/// Letters of other scripts, and odd Latin ones, by their looks. Add a letter to the row it looks like.
fn look_alike(c: char) -> Option<u8> {
    Some(match c {
        'а' | 'α' | 'ɑ' | 'ᴀ' | 'ⱥ' => b'a',
        'А' | 'Α' | 'Ꭺ' => b'A',
        'ь' | 'ʙ' | 'ƀ' => b'b',
        'В' | 'Β' | 'в' | 'Ᏼ' => b'B',
        'с' | 'ϲ' | 'ᴄ' | 'ƈ' => b'c',
        'С' | 'Ϲ' | 'Ꮯ' => b'C',
        'ԁ' | 'đ' | 'ɖ' | 'ᴅ' | 'ð' => b'd',
        'Đ' | 'Ꭰ' | 'Ð' => b'D',
        'е' | 'ε' | 'є' | 'ᴇ' | 'ɛ' | 'ҽ' => b'e',
        'Е' | 'Ε' | 'Ꭼ' => b'E',
        'ғ' | 'ꜰ' | 'ƒ' => b'f',
        'ɡ' | 'ɢ' => b'g',
        'һ' | 'ʜ' | 'н' | 'հ' => b'h',
        'Н' | 'Η' | 'Ꮋ' => b'H',
        'і' | 'ι' | 'ı' | 'ɪ' | 'ⅰ' => b'i',
        'І' | 'Ι' | 'Ӏ' | 'Ꮖ' => b'I',
        'ј' | 'ᴊ' => b'j',
        'Ј' | 'Ꭻ' => b'J',
        'к' | 'κ' | 'ᴋ' => b'k',
        'К' | 'Κ' | 'Ꮶ' => b'K',
        'ł' | 'ʟ' | 'ɫ' => b'l',
        'Ł' | 'Ꮮ' => b'L',
        'м' | 'ᴍ' => b'm',
        'М' | 'Μ' | 'Ꮇ' => b'M',
        'η' | 'ո' | 'ɴ' | 'ŋ' => b'n',
        'Ν' => b'N',
        'о' | 'ο' | 'σ' | 'օ' | 'ᴏ' | 'ø' | 'ө' => b'o',
        'О' | 'Ο' | 'Օ' | 'Ꮎ' | 'Ø' | 'Ө' => b'O',
        'р' | 'ρ' | 'ᴘ' | 'þ' | 'п' => b'p',
        'Р' | 'Ρ' | 'Ꮲ' | 'П' => b'P',
        'ԛ' | 'զ' | 'ǫ' => b'q',
        'ʀ' | 'г' => b'r',
        'Ꮢ' => b'R',
        'ѕ' | 'ꜱ' | 'ʂ' | 'ƽ' => b's',
        'Ѕ' | 'Ꮪ' => b'S',
        'т' | 'τ' | 'ᴛ' | 'ŧ' | 'ţ' => b't',
        'Т' | 'Τ' | 'Ꭲ' | 'Ŧ' => b'T',
        'υ' | 'ս' | 'ᴜ' | 'ц' => b'u',
        'ν' | 'ѵ' | 'ᴠ' => b'v',
        'Ѵ' | 'Ꮩ' => b'V',
        'ԝ' | 'ω' | 'ᴡ' | 'ш' => b'w',
        'х' | 'χ' => b'x',
        'Х' | 'Χ' => b'X',
        'у' | 'γ' | 'ʏ' => b'y',
        'У' | 'Υ' | 'Ү' => b'Y',
        'ᴢ' => b'z',
        'Ζ' | 'Ꮓ' => b'Z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> String {
        String::from_utf8(fold(text, LetterPictures::Spell).0).unwrap()
    }

    #[test]
    fn look_alikes_and_styled_letters_become_ascii() {
        for text in [
            "ＳＴＯＰ",
            "𝗦𝗧𝗢𝗣",
            "ЅТОР",
            "ΣΤΟΡ",
            "ŚŤÖP",
            "Ꮪ𝕋ⓄＰ",
            "S\u{200b}T\u{2060}O\u{ad}P",
            "🇸🇹🇴🇵",
            "🆂🆃🅾🅿",
            "S̸T̷O̵P̶",
        ] {
            let folded = seen(text).to_uppercase();
            assert!(folded == "STOP" || folded == "\u{7f}TOP", "{text} -> {folded:?}");
        }
        assert_eq!(seen("ꜱᴛᴏᴘ déjenme más"), "stop dejenme mas");
    }

    #[test]
    fn only_the_first_two_thousand_characters_are_read() {
        assert_eq!(fold(&"a".repeat(5_000), LetterPictures::Decorate).0.len(), MAX_CHARS);
    }
}
