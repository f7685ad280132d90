//! Standard output: tables for people, JSON for programs.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

pub(super) use crate::plural::{count, count_of};

/// Writes to standard output. A reader that has gone (`… | head`) is no failure.
pub(super) fn put(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(()),
    }
}

/// One line on standard output.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    put(&format!("{text}\n"))
}

/// One JSON document on standard output.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// A listing: JSON where asked for, else a table with a line of headings.
pub(super) fn listing<T: Serialize, const N: usize>(
    as_json: bool,
    items: &[T],
    headings: [&str; N],
    row: impl Fn(&T) -> [String; N],
) -> anyhow::Result<()> {
    if as_json {
        return json(&items);
    }
    if items.is_empty() {
        eprintln!("none");
        return Ok(());
    }
    let rows: Vec<[String; N]> = items.iter().map(row).collect();
    put(&table(headings, &rows))
}

/// Columns padded to their widest cell, two blanks between them.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headings[column].len()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = padded(&headings, &widths);
    for row in rows {
        text += &padded(row, &widths);
    }
    text
}

fn padded(cells: &[impl AsRef<str>], widths: &[usize]) -> String {
    let cells = cells.iter().zip(widths).map(|(cell, width)| format!("{:<width$}", printable(cell.as_ref())));
    format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
}

/// Control characters of stored texts must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// One named value a line.
pub(super) fn fields(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    pairs.iter().map(|(name, value)| format!("{name:<width$}  {}\n", printable(value))).collect()
}

/// A value of a JSON view, as people read it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The columns of a JSON view, as a row.
pub(super) fn row<const N: usize>(view: &Value, columns: [&str; N]) -> [String; N] {
    columns.map(|column| shown(&view[column]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_its_columns_and_shows_no_control_character() {
        let rows = [["a\u{1b}[2J".to_owned(), "x".to_owned()], ["é".to_owned(), String::new()]];
        assert_eq!(table(["id", "name"], &rows), "id     name\na\u{fffd}[2J  x\né\n");
    }
}
