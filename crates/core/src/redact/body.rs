//! Bytes to JSON that a database can hold.
//!
//! serde_json refuses lone surrogates, PostgreSQL refuses NUL, and both turn up in texts that people send. They
//! become U+FFFD; a signed event is not lost for one bad character.

use std::borrow::Cow;

use serde_json::Value;

/// Why a body is not JSON. Says where, never what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the body ends before its JSON does")]
    CutShort,
    #[error(
        "the body is no JSON that can be kept (line {line}, column {column}): wrong syntax, a number out of range, or too deep"
    )]
    NotJson { line: usize, column: usize },
}

/// Parses a webhook body. Invalid UTF-8, NUL and unpaired surrogate escapes are replaced by U+FFFD.
///
/// # Errors
/// The body is not one JSON value, has a number too large for a float, or is nested deeper than 127 levels.
pub fn parse_body(body: &[u8]) -> Result<Value, BodyError> {
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(&keepable(&text)).map_err(|e| match e.classify() {
        serde_json::error::Category::Eof => BodyError::CutShort,
        _ => BodyError::NotJson { line: e.line(), column: e.column() },
    })
}

/// The same JSON without NUL and unpaired surrogates; not copied where there is nothing to replace.
fn keepable(text: &str) -> Cow<'_, str> {
    let has_escape = text.as_bytes().windows(2).any(|w| w == br"\u");
    let text = if has_escape { rewrite_escapes(text) } else { Cow::Borrowed(text) };
    if text.as_bytes().contains(&0) { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { text }
}

/// Escapes stand only inside strings, so the text need not be parsed: outside of one a backslash is an error anyway.
fn rewrite_escapes(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        // Both bytes of `\\`, `\"` … are passed, so that the second is not taken for the start of an escape.
        let Some(code) = escape_at(bytes, at) else {
            at += 2;
            continue;
        };
        let paired =
            matches!(code, 0xd800..=0xdbff) && matches!(escape_at(bytes, at + 6), Some(0xdc00..=0xdfff));
        if paired {
            at += 12;
            continue;
        }
        if matches!(code, 0 | 0xd800..=0xdfff) {
            out.push_str(&text[copied..at]);
            out.push_str(r"\ufffd");
            copied = at + 6;
        }
        at += 6;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// The code of a `\uHHHH` that starts at `at`.
fn escape_at(bytes: &[u8], at: usize) -> Option<u16> {
    let hex = bytes.get(at..at + 6)?.strip_prefix(br"\u")?;
    hex.iter().try_fold(0_u16, |code, b| {
        let digit = char::from(*b).to_digit(16)?;
        Some(code << 4 | digit as u16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(body: &[u8]) -> String {
        match parse_body(body) {
            Ok(Value::String(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn unpaired_surrogates_become_the_replacement_character_and_pairs_stay() {
        let cases: [(&str, &str); 12] = [
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\uDE91""#, "\u{fffd}"),
            (r#""a\ud83db""#, "a\u{fffd}b"),
            (r#""\ud83d\ude91""#, "🚑"),
            (r#""\uD83D\uDE91""#, "🚑"),
            (r#""\ud83d\ud83d\ude91""#, "\u{fffd}🚑"),
            (r#""\ud83d\ude91\ude91""#, "🚑\u{fffd}"),
            (r#""\ude91\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\n\ude91""#, "\u{fffd}\n\u{fffd}"),
            (r#""\\ud83d""#, r"\ud83d"),
            (r#""\\\ud83d""#, "\\\u{fffd}"),
            (r#""\u00e9\ud83d é""#, "é\u{fffd} é"),
        ];
        for (json, wanted) in cases {
            assert_eq!(text_of(json.as_bytes()), wanted, "{json}");
        }
    }

    #[test]
    fn nul_becomes_the_replacement_character_in_every_spelling_and_in_names() {
        assert_eq!(text_of(br#""a\u0000b""#), "a\u{fffd}b");
        assert_eq!(text_of(b"\"a\0b\""), "a\u{fffd}b");
        assert_eq!(text_of(br#""\\u0000""#), r"\u0000");
        assert_eq!(text_of(b"\"\\u0041\0\""), "A\u{fffd}");
        assert_eq!(parse_body(br#"{"\u0000":1}"#).unwrap()["\u{fffd}"], 1);
        assert!(parse_body(b"{}\0").is_err());
    }

    #[test]
    fn invalid_utf8_in_a_string_is_replaced_and_outside_of_one_refused() {
        assert_eq!(text_of(b"\"\xff\xfe\x80\""), "\u{fffd}\u{fffd}\u{fffd}");
        assert!(parse_body(b"\xff{}").is_err());
    }

    #[test]
    fn what_is_no_json_is_refused_with_a_place_and_no_content() {
        for body in ["", " ", "{", "\"\\", "\"\\u", "\"\\u12", "[1"] {
            assert_eq!(parse_body(body.as_bytes()), Err(BodyError::CutShort), "{body}");
        }
        for body in
            ["secret", "{}{}", "[1e999]", "[-1e999]", "{'a':1}", r#""\ud83""#, r#""\u+123""#, "NaN", "\"\n\""]
        {
            let error = parse_body(body.as_bytes()).unwrap_err();
            assert!(matches!(error, BodyError::NotJson { .. }), "{body}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_body_nested_too_deep_is_refused_and_overflows_no_stack() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = |n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
            assert!(parse_body(deep(127).as_bytes()).is_ok());
            assert!(parse_body(deep(128).as_bytes()).is_err());
            assert!(parse_body(open.repeat(300_000).as_bytes()).is_err());
        }
    }

    #[test]
    fn a_body_with_nothing_to_replace_is_not_copied() {
        for text in [r#"{"a":"\n"}"#, r#"{"a":"\u00e9 \ud83d\ude91 \\u0000"}"#] {
            assert!(matches!(keepable(text), Cow::Borrowed(_)));
        }
    }
}
