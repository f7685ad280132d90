//! What differs from run to run, and is left out of what is compared.

use std::sync::LazyLock;

use regex::Regex;

/// In this order: the longer before what it holds.
const PATTERNS: &[(&str, &str)] = &[
    (r"\b[0-9a-f]{64}\b", "<sha256>"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
    (r"\bv3:[A-Za-z0-9_-]+", "v3:<call>"),
    (r"\b(cs|evt|pi|ch|re)_(test_)?[A-Za-z0-9]{6,}", "${1}_<id>"),
    (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"\b20\d\d-\d\d-\d\d \d\d:\d\d(:\d\d)?\b", "<time>"),
    (r"\b20\d\d-\d\d-\d\d\b", "<day>"),
    (r"/20\d\d/\d\d/\d\d/", "/<day>/"),
    (r"\b127\.0\.0\.1:\d+", "<address>"),
    (r"/tmp/[^\s,;'`]*?/data\b", "<data>"),
    (r"/tmp/\.tmp[A-Za-z0-9]+", "<folder>"),
    (r"/p/[A-Za-z0-9_-]{10,}", "/p/<token>"),
    (r#"(verified_by"?:? +"?)[0-9a-f]{16}\b"#, "${1}<fingerprint>"),
    // How many webhooks a call makes hangs on how long it lasted.
    (r"(?m)^(voice|sms|fax|stripe) +[0-9.]+ +[0-9]+ ", "$1  <n>  <n> "),
    (r#""(per_minute|new)": [0-9.]+"#, "\"$1\": <n>"),
    (r#""took_ms": \d+"#, "\"took_ms\": <n>"),
];

pub fn redacted(text: &str) -> String {
    static ALL: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        PATTERNS.iter().map(|(pattern, with)| (Regex::new(pattern).expect("a pattern"), *with)).collect()
    });
    static COLUMNS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\S)  +").expect("a pattern"));
    let text = ALL
        .iter()
        .fold(text.to_owned(), |text, (pattern, with)| pattern.replace_all(&text, *with).into_owned());
    // What is redacted may have been of another length: columns part by two blanks whatever is in them.
    text.lines().map(|line| COLUMNS.replace_all(line, "$1  ").into_owned() + "\n").collect()
}

/// The same, and each number that stands alone or with a unit is `<n>`: what is part of a name stays.
pub fn without_numbers(text: &str) -> String {
    static FINGERPRINT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b[0-9a-f]{16}\b").expect("a pattern"));
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(^|[\s(:,"])[0-9][0-9.]*\b"#).expect("a pattern"));
    let text = redacted(text);
    let text = FINGERPRINT.replace_all(&text, "<fingerprint>");
    text.lines().map(|line| NUMBER.replace_all(line, "${1}<n>").into_owned() + "\n").collect()
}

#[test]
fn ids_times_and_addresses_are_left_out_and_words_stay() {
    let line = "2026-11-29T19:12:32.000000Z  a3c8d042-a2cf-4aa4-970b-de429670d070      ridgeline   v3:abc  http://127.0.0.1:4711/p/AbCdEfGhIjKl";
    assert_eq!(redacted(line), "<time>  <id>  ridgeline  v3:<call>  http://<address>/p/<token>\n");
}

#[test]
fn numbers_and_fingerprints_are_left_out_and_names_stay() {
    let line = "keys.telnyx  fingerprint 748b1456bb9295a8, 3 s ago (12): v2 \"14 entries\"";
    assert_eq!(
        without_numbers(line),
        "keys.telnyx  fingerprint <fingerprint>, <n> s ago (<n>): v2 \"<n> entries\"\n"
    );
}
