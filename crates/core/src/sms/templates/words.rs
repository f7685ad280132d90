//! What the linter looks for in a template's words: an instruction, a web address, an amount, words that may not be there.

use super::super::Language;
use super::super::gsm7::to_gsm7;

/// Words that ask a person to send something.
const ENGLISH_VERBS: &[&str] = &["reply", "text", "send", "write", "respond", "answer"];
const SPANISH_VERBS: &[&str] = &[
    "responda",
    "responde",
    "responder",
    "conteste",
    "contesta",
    "envie",
    "envia",
    "mande",
    "manda",
    "escriba",
    "escribe",
    "texto",
];
/// Before such a verb they turn it round: "do not reply".
const NEGATIONS: &[&str] = &["not", "never", "t", "no", "nunca"];
const DEBT: &[&str] =
    &["debt", "debts", "debtor", "debtors", "deuda", "deudas", "deudor", "deudora", "deudores"];
const MONEY: &[&str] = &["usd", "dollar", "dollars", "dolar", "dolares"];
/// What has no business in the confirmation of an opt-out: advertising, and asking for money.
const PITCH: &[&str] = &[
    "offer",
    "offers",
    "discount",
    "discounts",
    "sale",
    "deal",
    "deals",
    "promo",
    "promotion",
    "promotions",
    "coupon",
    "save",
    "savings",
    "special",
    "win",
    "prize",
    "gift",
    "buy",
    "pay",
    "payment",
    "bill",
    "balance",
    "oferta",
    "ofertas",
    "descuento",
    "descuentos",
    "promocion",
    "promociones",
    "cupon",
    "ahorre",
    "ahorros",
    "gane",
    "premio",
    "regalo",
    "compre",
    "pague",
    "pago",
    "factura",
    "saldo",
];
/// Each says, in part or whole, that no more texts will come.
const ENDS: &[&str] = &[
    "no more",
    "not get",
    "not receive",
    "opted out",
    "opt out is",
    "unsubscribed",
    "stopped",
    "ya no",
    "no recibira",
    "no le enviaremos",
    "dado de baja",
    "dada de baja",
    "cancelado",
    "cancelada",
];

/// Whether the text asks, in one sentence, to send this word, which stands in capitals: `Reply HELP for help, STOP to stop`.
pub(super) fn asks_for(body: &str, word: &str, language: Language) -> bool {
    let verbs = match language {
        Language::English => ENGLISH_VERBS,
        Language::Spanish => SPANISH_VERBS,
    };
    body.split(['.', '!', '?', ';']).any(|sentence| {
        let words: Vec<&str> = tokens(sentence).collect();
        let verb = (0..words.len()).find(|&i| {
            let is = |list: &[&str], i: usize| list.contains(&plain(words[i]).as_str());
            is(verbs, i) && !(i > 0 && is(NEGATIONS, i - 1))
        });
        verb.is_some_and(|verb| words[verb + 1..].contains(&word))
    })
}

pub(super) fn says_that_it_ends(body: &str) -> bool {
    let words: Vec<String> = tokens(body).map(plain).collect();
    let text = words.join(" ");
    ENDS.iter().any(|end| text.contains(end))
}

/// Whether a word stands in the text, in any case.
pub(super) fn has(body: &str, word: &str) -> bool {
    tokens(body).any(|token| plain(token) == word)
}

pub(super) fn debt(body: &str) -> impl Iterator<Item = &'static str> {
    those_in(body, DEBT)
}

pub(super) fn pitch(body: &str) -> impl Iterator<Item = &'static str> {
    those_in(body, PITCH)
}

fn those_in(body: &str, list: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
    list.iter().copied().filter(move |word| has(body, word))
}

/// `$5`, `5 USD`, `125.00`.
pub(super) fn names_an_amount(body: &str) -> bool {
    body.contains(['$', '£', '¥', '€', '¤']) || those_in(body, MONEY).next().is_some() || has_cents(body)
}

/// Two digits, and no more, behind a digit and a point or comma.
fn has_cents(body: &str) -> bool {
    let chars: Vec<char> = body.chars().collect();
    chars.windows(4).enumerate().any(|(i, w)| {
        let ends = chars.get(i + 4).is_none_or(|c| !c.is_ascii_alphanumeric());
        w[0].is_ascii_digit()
            && matches!(w[1], '.' | ',')
            && w[2].is_ascii_digit()
            && w[3].is_ascii_digit()
            && ends
    })
}

/// `https://…`, `www.…`, `pay.example.com/x`. Two words that only lack a blank after the full stop count as well: a phone
/// makes a link of them.
pub(super) fn has_address(body: &str) -> bool {
    let lower = body.to_lowercase();
    lower.contains("://") || lower.contains("www.") || lower.split_whitespace().any(is_host)
}

fn is_host(word: &str) -> bool {
    let host = word.split('/').next().unwrap_or_default();
    let host = host.trim_matches(|c: char| !c.is_alphanumeric());
    let Some((before, top)) = host.rsplit_once('.') else { return false };
    before.ends_with(char::is_alphanumeric) && top.len() >= 2 && top.chars().all(char::is_alphabetic)
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Lower case, and without accents: a template with them is refused, but all its faults are told.
fn plain(word: &str) -> String {
    let plain = |c| match c {
        'é' | 'è' => 'e',
        'à' => 'a',
        'ù' | 'ü' => 'u',
        'ì' => 'i',
        'ò' => 'o',
        c => c,
    };
    to_gsm7(&word.to_lowercase()).chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::Language::{English, Spanish};
    use super::*;

    #[test]
    fn an_instruction_is_a_verb_and_the_word_in_capitals_in_one_sentence() {
        for text in ["Reply STOP to stop.", "Reply \"STOP\" to end", "Reply HELP for help, STOP to stop"] {
            assert!(asks_for(text, "STOP", English), "{text}");
        }
        for text in ["STOP", "We do not stop.", "Do not reply STOP", "Don't text STOP", "Reply now. STOP!"] {
            assert!(!asks_for(text, "STOP", English), "{text}");
        }
        assert!(asks_for("Responda ALTO para no recibir mas", "ALTO", Spanish));
        assert!(asks_for("Envíe ALTO", "ALTO", Spanish));
        assert!(!asks_for("No responda ALTO", "ALTO", Spanish));
        assert!(!asks_for("Reply ALTO", "ALTO", Spanish));
    }

    #[test]
    fn addresses_are_found_and_full_stops_are_not() {
        for text in
            ["https://a.example", "see WWW.a.example", "(bit.ly/x)", "pay.example.com.", "stop.Call us"]
        {
            assert!(has_address(text), "{text}");
        }
        for text in ["Stop. Call", "911.", "8 a.m. to 5 p.m.", "3.5 hours", "Msg&data", "Inc., a"] {
            assert!(!has_address(text), "{text}");
        }
    }

    #[test]
    fn amounts_are_found_in_every_dress() {
        for text in ["$5", "5 USD", "five dollars", "125.00 due", "125,00", "dólares"] {
            assert!(names_an_amount(text), "{text}");
        }
        for text in ["call 911.", "(202) 555-0110", "8.30am", "1.234", "within 30 days"] {
            assert!(!names_an_amount(text), "{text}");
        }
    }

    #[test]
    fn words_are_found_whole_and_whatever_their_case_and_accents() {
        let found = |words: &mut dyn Iterator<Item = &'static str>| words.collect::<Vec<_>>();
        assert_eq!(found(&mut debt("Your DEBT is")), ["debt"]);
        assert!(found(&mut debt("indebted")).is_empty());
        assert_eq!(found(&mut pitch("una promoción: pague")), ["promocion", "pague"]);
        assert!(found(&mut pitch("billing texts")).is_empty());
    }
}
