//! Lenient reading: what is not there, or of another type, is `None`.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Party;

/// The longest identifier that is kept as it is, in characters.
const LONGEST_ID: usize = 200;

/// A string that is not empty.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// A string, or a whole number as its digits.
pub(super) fn text_or_number(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// The first of a list; what is no list stands for itself.
pub(super) fn first<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    match object.get(name)? {
        Value::Array(items) => items.first(),
        Value::Null => None,
        single => Some(single),
    }
}

/// `from` or `to`: a string, an object with `phone_number`, or the first of a list of either.
pub(super) fn party(object: &Value, name: &str) -> Party {
    let raw = first(object, name).and_then(|side| side.as_str().or_else(|| text(side, "phone_number")));
    Party(raw.filter(|text| !text.is_empty()).map(str::to_owned))
}

/// An identifier that is fit to be a key in a table, else its digest, which is just as unique.
pub(super) fn tidy_id(id: &str) -> String {
    if is_tidy(id) { id.to_owned() } else { digest(id.as_bytes()) }
}

/// Short enough for an index, and no character that garbles a log.
pub(super) fn is_tidy(id: &str) -> bool {
    !id.is_empty() && id.chars().count() <= LONGEST_ID && !id.chars().any(char::is_control)
}

/// SHA-256 in lower-case hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
