//! What an agency shows of one number: a file of JSON lines, chained by hash, that can be checked without the service.
//!
//! Each line is `{"data":…,"hash":…,"kind":…}`, its hash over the hash before it, the kind and the data. A row of the
//! opt-out history carries its own seal too, as it stands in the database.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::chain::{self, LedgerChange};

/// The kind of the line that closes a file.
const END: &str = "end";
/// The kind of a line that holds a [`SealedChange`].
pub const LEDGER: &str = "ledger";

/// One thing that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub kind: &'static str,
    pub data: Value,
}

/// A row of the opt-out history with its seal; none where it is not sealed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedChange {
    pub row: LedgerChange,
    pub seal: Option<Seal>,
}

/// A link of the history's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub position: i64,
    /// The hash before this one.
    pub previous: String,
    pub hash: String,
}

/// The file's text: one line an item, then the closing line.
pub fn write(items: &[Item]) -> String {
    let mut hash = chain::START.to_owned();
    let mut text = String::new();
    let end = Item { kind: END, data: json!({ "lines": items.len() }) };
    for item in items.iter().chain([&end]) {
        hash = link(&hash, item.kind, &item.data);
        text += &line(item.kind, &item.data, &hash);
        text.push('\n');
    }
    text
}

fn link(previous: &str, kind: &str, data: &Value) -> String {
    chain::link(previous, &[Some(kind), Some(&data.to_string())])
}

fn line(kind: &str, data: &Value, hash: &str) -> String {
    json!({ "data": data, "hash": hash, "kind": kind }).to_string()
}

/// Why a file is not what was written, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Altered {
    /// From 1.
    pub line: usize,
    pub why: &'static str,
}

/// Checks a file of [`write()`]: how many things it shows.
///
/// # Errors
/// The first line that is not as it was written.
pub fn verify(text: &str) -> Result<usize, Altered> {
    let mut hash = chain::START.to_owned();
    let mut ended = None;
    let mut last = 0;
    for (at, raw) in text.lines().enumerate() {
        let altered = |why| Altered { line: at + 1, why };
        last = at + 1;
        if ended.is_some() {
            return Err(altered("stands behind the end"));
        }
        let value: Value = serde_json::from_str(raw).map_err(|_| altered("is no JSON"))?;
        let (Some(kind), Some(said)) = (value["kind"].as_str(), value["hash"].as_str()) else {
            return Err(altered("has no kind or no hash"));
        };
        let data = &value["data"];
        hash = link(&hash, kind, data);
        if hash != said {
            return Err(altered("is not what was written, or a line before it is missing"));
        }
        if line(kind, data, said) != raw {
            return Err(altered("is not written as it was"));
        }
        if kind == LEDGER {
            check_seal(data).map_err(altered)?;
        }
        if kind == END {
            ended = Some((at, data["lines"].as_u64()));
        }
    }
    match ended {
        Some((lines, said)) if said == Some(lines as u64) && text.ends_with('\n') => Ok(lines),
        Some((lines, _)) => Err(Altered { line: lines + 1, why: "does not close the file as it was" }),
        None => Err(Altered { line: last + 1, why: "is missing: the file is cut short" }),
    }
}

fn check_seal(data: &Value) -> Result<(), &'static str> {
    let sealed: SealedChange =
        serde_json::from_value(data.clone()).map_err(|_| "is no row of the opt-out history")?;
    match sealed.seal {
        Some(seal) if sealed.row.link(&seal.previous) != seal.hash => {
            Err("holds a row that is not what the database sealed")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> String {
        let row = LedgerChange {
            seq: 7,
            tenant_id: "red".into(),
            phone_e164: "+12025550147".into(),
            change: "granted".into(),
            opted_out_at: "2026-03-03T15:00:00.000000Z".into(),
            source: "sms_stop".into(),
            previous_source: None,
            actor: "text".into(),
            reason: Some("event".into()),
            at: "2026-03-03T15:00:00.000000Z".into(),
        };
        let previous = chain::link(chain::START, &[Some("x")]);
        let seal = Seal { position: 2, hash: row.link(&previous), previous };
        let sealed = SealedChange { row, seal: Some(seal) };
        write(&[
            Item { kind: "about", data: json!({"phone_e164": "+12025550147"}) },
            Item { kind: LEDGER, data: serde_json::to_value(sealed).unwrap() },
            Item { kind: "text", data: json!({"body": "STOP \u{1F691}"}) },
        ])
    }

    #[test]
    fn a_file_as_written_is_sound() {
        assert_eq!(verify(&file()), Ok(3));
    }

    #[test]
    fn one_altered_byte_anywhere_is_told_with_its_line() {
        let file = file();
        for (at, byte) in file.bytes().enumerate() {
            let mut bytes = file.clone().into_bytes();
            bytes[at] = if byte == b'1' { b'2' } else { b'1' };
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let line = file[..at].matches('\n').count() + 1;
            let told = verify(&text).expect_err("a byte was altered").line;
            assert!(told == line || (byte == b'\n' && told <= line + 1), "byte {at} of line {line}: {told}");
        }
    }

    #[test]
    fn a_line_left_out_doubled_or_moved_is_told() {
        let file = file();
        let lines: Vec<&str> = file.lines().collect();
        for order in
            [vec![0, 2, 3], vec![0, 1, 1, 2, 3], vec![1, 0, 2, 3], vec![0, 1, 2], vec![0, 1, 2, 3, 3]]
        {
            let text: String = order.iter().map(|i| format!("{}\n", lines[*i])).collect();
            assert!(verify(&text).is_err(), "{order:?}");
        }
    }

    #[test]
    fn a_row_that_is_not_the_one_sealed_is_told_even_where_the_file_was_chained_anew() {
        let file = file();
        let mut value: Value = serde_json::from_str(file.lines().nth(1).unwrap()).unwrap();
        value["data"]["row"]["source"] = json!("manual_admin");
        let forged = write(&[Item { kind: LEDGER, data: value["data"].clone() }]);
        assert_eq!(verify(&forged).unwrap_err().why, "holds a row that is not what the database sealed");
    }
}
