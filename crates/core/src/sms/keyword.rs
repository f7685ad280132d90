//! A text that is one keyword, whatever is wrapped around it or strewn into it, and its misspellings.

use super::fold::{RAISED_HAND, SOS_SIGN, STOP_SIGN};
use super::{Label, Language};

use Label::{Help, Start, Stop};
use Language::{English, Spanish};

/// Words that decide when they are all the text. To add one: a line here, and a row in `tests/data/optout-own.tsv`.
pub const KEYWORDS: &[(&str, Label, Language)] = &[
    ("stop", Stop, English),
    ("stopall", Stop, English),
    ("quit", Stop, English),
    ("end", Stop, English),
    ("endall", Stop, English),
    ("revoke", Stop, English),
    ("optout", Stop, English),
    ("cancel", Stop, English),
    ("cancelall", Stop, English),
    ("unsubscribe", Stop, English),
    ("unsub", Stop, English),
    ("remove", Stop, English),
    ("arret", Stop, English),
    ("alto", Stop, Spanish),
    ("parar", Stop, Spanish),
    ("pare", Stop, Spanish),
    ("paren", Stop, Spanish),
    ("basta", Stop, Spanish),
    ("yabasta", Stop, Spanish),
    ("cancelar", Stop, Spanish),
    ("cancela", Stop, Spanish),
    ("cancele", Stop, Spanish),
    ("cancelen", Stop, Spanish),
    ("baja", Stop, Spanish),
    ("fin", Stop, Spanish),
    ("salir", Stop, Spanish),
    ("detener", Stop, Spanish),
    ("start", Start, English),
    ("unstop", Start, English),
    ("resubscribe", Start, English),
    ("optin", Start, English),
    ("comenzar", Start, Spanish),
    ("iniciar", Start, Spanish),
    ("help", Help, English),
    ("info", Help, English),
    ("ayuda", Help, Spanish),
    ("informacion", Help, Spanish),
];

/// Usual misspellings further than one slip away, and short ones that are too near to real words for a general rule.
const MISSPELT: &[(&str, &str)] = &[
    ("edn", "end"),
    ("sopt", "stop"),
    ("atlo", "alto"),
    ("endd", "end"),
    ("eend", "end"),
    ("ennd", "end"),
    ("inof", "info"),
    ("ifno", "info"),
    ("infoo", "info"),
    ("unsuscribe", "unsubscribe"),
    ("unsubcribe", "unsubscribe"),
    ("unscribe", "unsubscribe"),
    ("canxel", "cancel"),
    ("cansl", "cancel"),
    ("kancel", "cancel"),
    ("vasta", "basta"),
    ("vaja", "baja"),
    ("bajja", "baja"),
    ("alluda", "ayuda"),
    ("haltt", "stop"),
];

/// Real words one slip away from a keyword, and misspelt START, which must be asked again (P8).
const OTHER_WORDS: &str = "shop step slop stow stomp stoup swop spot chop stoop strop stock quiet quite quilt quick suit \
    unit aja quits quid quip evoke remote removal revote cancer cance alta alt also auto alo salt halo altos caja bajo baje bata pasta \
    hasta casta gasta vasto parir pagar pasar para paran parada padre pared cara pararse padres held hell helm heap kelp yelp helps \
    helped helper hello helo into salida sabir salario sali cancelled canceled cancels stopped removed revoked ended quitting \
    removes removing stopping subscribe subscribed subscriber ned apare pase parte parece paro salid salis subir ";

/// Letters of a lone word that may still be a misspelling (`stoooooooop`).
const LONGEST_MISSPELT: usize = 24;

/// How a whole text reads as a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub label: Label,
    pub language: Language,
    pub rule: &'static str,
}

/// Reads a folded text that is nothing but one keyword, once or repeated.
pub fn lone(folded: &[u8]) -> Option<Found> {
    let letters: Vec<u8> =
        folded.iter().filter(|b| b.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).take(121).collect();
    let digits = folded.iter().any(u8::is_ascii_digit);
    if letters.is_empty() {
        return picture(folded, digits);
    }
    if folded.contains(&super::fold::FOREIGN) {
        return None;
    }
    let letters = std::str::from_utf8(&letters).ok()?;
    exact(letters)
        .or_else(|| {
            leet(folded).and_then(|word| exact(&word)).map(|f| Found { rule: "keyword-in-digits", ..f })
        })
        .or_else(|| if letters.len() <= LONGEST_MISSPELT { misspelt(letters) } else { None })
        .filter(|found| found.label != Start || !digits)
}

fn picture(folded: &[u8], digits: bool) -> Option<Found> {
    if digits {
        return None;
    }
    let has = |sign| folded.contains(&sign);
    if has(STOP_SIGN) || has(RAISED_HAND) {
        return Some(Found { label: Stop, language: English, rule: "stop-sign" });
    }
    has(SOS_SIGN).then_some(Found { label: Help, language: English, rule: "sos-sign" })
}

/// A keyword, once or several times over.
fn exact(letters: &str) -> Option<Found> {
    KEYWORDS
        .iter()
        .find(|(word, ..)| {
            letters.len().is_multiple_of(word.len())
                && letters.as_bytes().chunks(word.len()).all(|c| c == word.as_bytes())
        })
        .map(|&(_, label, language)| Found { label, language, rule: "keyword" })
}

/// Digits and signs in place of letters: `st0p`, `$top`, `qu1t`.
fn leet(folded: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(folded)
        .ok()?
        .trim_matches(|c: char| c.is_whitespace() || ".,!?\"'*-()".contains(c));
    if text.len() > 14 || !text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    unleet(text)
}

/// The letters that digits and signs stand for, if every character can be a letter.
pub fn unleet(text: &str) -> Option<String> {
    let letter = |c: char| {
        Some(match c {
            '0' => 'o',
            '1' | '!' | '|' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' | '+' => 't',
            _ if c.is_ascii_alphabetic() => c.to_ascii_lowercase(),
            _ => return None,
        })
    };
    text.chars().map(letter).collect()
}

/// A slip of the finger or of spelling in a lone keyword. START is never guessed at.
pub fn misspelt(letters: &str) -> Option<Found> {
    if let Some((_, meant)) = MISSPELT.iter().find(|(wrong, _)| *wrong == letters) {
        return exact(meant).map(|f| Found { rule: "keyword-misspelt", ..f });
    }
    if OTHER_WORDS.split_whitespace().any(|word| word == letters) {
        return None;
    }
    KEYWORDS
        .iter()
        .filter(|(word, label, _)| {
            *label != Start
                && word.len() >= 4
                && !matches!(*word, "info" | "unsub" | "fin" | "pare" | "cancela" | "cancele")
        })
        .find(|(word, ..)| {
            let most = if word.len() >= 11 { 2 } else { 1 };
            word.len().abs_diff(letters.len()) <= most && slips(letters, word) <= most
        })
        .map(|&(_, label, language)| Found { label, language, rule: "keyword-misspelt" })
        .or_else(|| stretched(letters))
}

/// `stooooop`: runs of one letter made single.
fn stretched(letters: &str) -> Option<Found> {
    let mut short = letters.to_owned();
    let mut last = None;
    short.retain(|c| last.replace(c) != Some(c));
    (short.len() < letters.len())
        .then(|| exact(&short))
        .flatten()
        .filter(|f| f.label != Start)
        .map(|f| Found { rule: "keyword-misspelt", ..f })
}

/// Letters added, lost, changed, or two neighbours swapped, between two ASCII words (optimal string alignment).
pub fn slips(a: &str, b: &str) -> usize {
    const MOST: usize = 24;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() > MOST || b.len() > MOST {
        return a.len().abs_diff(b.len()).max(MOST);
    }
    let mut before = [0usize; MOST + 1];
    let mut row: [usize; MOST + 1] = std::array::from_fn(|i| i);
    for i in 1..=a.len() {
        let mut next = [i; MOST + 1];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            next[j] = (row[j] + 1).min(next[j - 1] + 1).min(row[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        before = row;
        row = next;
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_count_letters_changed_and_neighbours_swapped() {
        assert_eq!(slips("stop", "stop"), 0);
        assert_eq!(slips("stpo", "stop"), 1);
        assert_eq!(slips("strt", "stop"), 2);
        assert_eq!(slips("unsuscrbe", "unsubscribe"), 2);
    }

    #[test]
    fn misspelt_stop_counts_and_misspelt_start_does_not() {
        for word in ["stpo", "dtop", "stopp", "stp", "syop", "unsubscrib", "cancle", "remvoe", "canselar"] {
            assert_eq!(lone(word.as_bytes()).map(|f| f.label), Some(Stop), "{word}");
        }
        for word in ["strt", "statr", "sart", "shop", "cancer", "alta", "endoscopy", "into"] {
            assert_eq!(lone(word.as_bytes()), None, "{word}");
        }
    }
}
