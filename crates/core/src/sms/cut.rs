//! What is not the sender's own wish: signatures, quoted mail, tapbacks and quotations of our own text.

/// Lines that a phone or mail program adds. Lower case; a line starts with one of them.
const ADDED_LINES: &[&str] = &[
    "sent from my ",
    "sent from mail for",
    "sent from yahoo",
    "sent from outlook",
    "sent via ",
    "get outlook for",
    "enviado desde ",
    "enviado de mi ",
    "obtener outlook",
];

/// First words of a phone's report of a reaction ("Liked “…”"). Lower case.
const TAPBACKS: &[&str] = &[
    "liked",
    "loved",
    "disliked",
    "laughed at",
    "emphasized",
    "emphasised",
    "questioned",
    "reacted",
    "removed a",
    "removed an",
    "le gusto",
    "me gusto",
    "le encanto",
    "me encanto",
    "no le gusto",
    "no me gusto",
    "le dio risa",
    "se rio de",
    "le causo risa",
    "enfatizo",
    "exclamo",
    "pregunto",
    "cuestiono",
    "puso en duda",
    "destaco",
    "reacciono",
    "marco",
];

/// Marks of a quotation as ours: it tells how to reply, or carries a link. Lower case.
const OUR_WORDS: &[&str] =
    &["reply ", "://", "text stop", "to opt out", "msg&data", "responda ", "envie alto", "to unsubscribe"];

/// Whether the whole text is a phone's report of a reaction to another text.
pub fn is_tapback(folded: &[u8]) -> bool {
    let text = lower(folded);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let Some(open) = text.find('"').or_else(|| text.find('\'')) else { return false };
    let closed = text[open + 1..].contains(['"', '\'']) || text.ends_with("...");
    let head = text[..open].trim();
    let reacts = TAPBACKS.iter().any(|t| head.starts_with(t))
        || head == "to"
        || head.ends_with(" to") && head.len() < 8;
    reacts && closed && head.split_whitespace().count() <= 8
}

/// The sender's own words: without signature, quoted mail and quotations of our text.
pub fn own_words(folded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(folded.len());
    for (nth, line) in folded.split(|b| *b == b'\n').enumerate() {
        let text = lower(line);
        let text = text.trim();
        if starts_signature(text) {
            if text.starts_with("sent") || !out.iter().all(|b: &u8| b.is_ascii_whitespace()) {
                break;
            }
            continue;
        }
        if text.starts_with('>') || ADDED_LINES.iter().any(|l| text.starts_with(l)) {
            continue;
        }
        if (text.starts_with("on ") && text.ends_with("wrote:"))
            || (text.starts_with("el ") && text.ends_with("escribio:"))
        {
            break;
        }
        if nth > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(line);
    }
    without_our_text(&out)
}

/// A line of dashes or underscores alone.
fn starts_signature(line: &str) -> bool {
    line.len() >= 2 && line.bytes().all(|b| matches!(b, b'-' | b'_')) || line == "-"
}

/// Blanks out a quotation that holds our own wording, if the sender wrote something besides.
fn without_our_text(text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    let quotes: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'"').collect();
    for pair in quotes.chunks_exact(2) {
        let inner = lower(&text[pair[0] + 1..pair[1]]);
        let rest = text[..pair[0]].iter().chain(&text[pair[1]..]).filter(|b| b.is_ascii_alphabetic()).count();
        if rest > 0 && inner.split_whitespace().count() >= 2 && OUR_WORDS.iter().any(|w| inner.contains(w)) {
            out[pair[0]..pair[1]].fill(b' ');
        }
    }
    out
}

fn lower(text: &[u8]) -> String {
    text.iter().map(|b| char::from(b.to_ascii_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_a_tapback_and_a_sentence_is_not() {
        for text in [
            "Liked \"Pay at x. Reply STOP\"",
            "Laughed at \"STOP\"",
            "\u{3} to \"Reply STOP\"",
            "Le gusto \"Pague\"",
            "Reacted \u{3} to \"a\"",
        ] {
            assert!(is_tapback(text.as_bytes()), "{text}");
        }
        for text in ["stop", "I liked it, stop", "STOP \"now\"", "don't text me", "I don't like 'this'"] {
            assert!(!is_tapback(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn signatures_and_quoted_mail_are_not_read() {
        let own = |t: &str| String::from_utf8(own_words(t.as_bytes())).unwrap();
        assert_eq!(own("Hi\n--\nEnd Zone Bar"), "Hi");
        assert_eq!(own("Hi\nSent from my iPhone"), "Hi");
        assert_eq!(own("> Reply STOP\nok").trim(), "ok");
        assert!(!own("It says \"Reply STOP to opt out\" why").contains("STOP"));
    }
}
