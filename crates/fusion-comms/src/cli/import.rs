//! Reads a CSV file to import. Each bad line is named by its number and the rule it breaks, never by its content.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::Context;
use csv::{ByteRecord, ReaderBuilder};

use super::failure::{misused, refuse};
use super::output::{count, count_of};

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// A CSV file with a line of headings, in any order.
    #[arg(value_name = "FILE.csv")]
    pub(super) file: PathBuf,
    /// Leave bad lines out instead of importing nothing.
    #[arg(long)]
    pub(super) skip_invalid: bool,
}

/// The columns of a file: those it must have, what it is about first, and those it may have.
pub(super) struct Columns {
    pub(super) required: &'static [&'static str],
    pub(super) optional: &'static [&'static str],
}

/// The fields of one line, by column.
pub(super) struct Fields<'a> {
    places: &'a BTreeMap<&'static str, usize>,
    values: Vec<&'a str>,
    line: u64,
}

impl Fields<'_> {
    /// The field without blanks around it; empty where the file has no such column.
    pub(super) fn get(&self, column: &str) -> &str {
        self.places.get(column).and_then(|place| self.values.get(*place)).map_or("", |value| value.trim())
    }

    /// The line's number in the file, the headings' line being 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }
}

/// A line that is bad, and the rule it breaks.
pub(super) struct BadLine {
    line: u64,
    rule: String,
}

/// What a file holds.
pub(super) struct Sheet<T> {
    pub(super) good: Vec<T>,
    bad: Vec<BadLine>,
}

impl<T> Sheet<T> {
    /// Names the bad lines on standard error.
    ///
    /// # Errors
    /// Where there are any and they are not to be left out.
    pub(super) fn accept(self, skip_invalid: bool) -> anyhow::Result<Vec<T>> {
        for BadLine { line, rule } in &self.bad {
            eprintln!("line {line}: {rule}");
        }
        if self.bad.is_empty() {
            return Ok(self.good);
        }
        let bad = count(self.bad.len(), "bad line");
        if skip_invalid {
            eprintln!("{bad} left out");
            return Ok(self.good);
        }
        Err(refuse(format!("nothing was imported: the file has {bad}"))
            .hint("set them right, or leave them out with `--skip-invalid`")
            .into())
    }
}

/// Reads a file line by line; `parse` makes a line's value or names the rule that it breaks; two lines with one
/// `key` are about the same thing, and the second is bad.
pub(super) fn read<T>(
    file: &Path,
    columns: &Columns,
    key: impl Fn(&T) -> Option<String>,
    parse: impl Fn(&Fields<'_>) -> Result<T, String>,
) -> anyhow::Result<Sheet<T>> {
    // Not with the file's name: the operator knows it, and it may name a patient.
    let bytes = std::fs::read(file).map_err(|e| {
        let hint = "check its name and whether you may read it";
        anyhow::Error::new(e).context(misused("the file cannot be read").hint(hint))
    })?;
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
    let headings = reader.byte_headers().context("the file's headings cannot be read")?.clone();
    let places = places(&headings, columns)?;
    let mut sheet = Sheet { good: Vec::new(), bad: Vec::new() };
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).context("the file is no CSV file")? {
        let line = record.position().map_or(0, csv::Position::line);
        let read =
            fields(&record, headings.len(), &places, line).and_then(|f| parse(&f)).and_then(
                |value| match key(&value).and_then(|key| seen.insert(key, line)) {
                    Some(first) => Err(format!("{} is the same as on line {first}", columns.required[0])),
                    None => Ok(value),
                },
            );
        match read {
            Ok(value) => sheet.good.push(value),
            Err(rule) => sheet.bad.push(BadLine { line, rule }),
        }
    }
    Ok(sheet)
}

fn places(headings: &ByteRecord, columns: &Columns) -> anyhow::Result<BTreeMap<&'static str, usize>> {
    let mut places = BTreeMap::new();
    let mut unknown = 0_u64;
    for (place, heading) in headings.iter().enumerate() {
        let heading = String::from_utf8_lossy(heading);
        let heading = heading.trim_start_matches('\u{feff}').trim();
        let known = columns.required.iter().chain(columns.optional).find(|column| **column == heading);
        let Some(column) = known else {
            unknown += 1;
            continue;
        };
        if places.insert(*column, place).is_some() {
            return Err(refuse(format!("the file has two columns `{column}`")).into());
        }
    }
    let missing: Vec<&str> = columns.required.iter().filter(|c| !places.contains_key(*c)).copied().collect();
    if !missing.is_empty() {
        let known: Vec<&str> = columns.required.iter().chain(columns.optional).copied().collect();
        return Err(refuse(format!("the file has no column `{}`", missing.join("`, `")))
            .hint(format!("its first line names its columns: {}", known.join(",")))
            .into());
    }
    if unknown > 0 {
        eprintln!("note: {} not used", count_of(unknown, "column is", "columns are"));
    }
    Ok(places)
}

fn fields<'a>(
    record: &'a ByteRecord,
    expected: usize,
    places: &'a BTreeMap<&'static str, usize>,
    line: u64,
) -> Result<Fields<'a>, String> {
    if record.len() != expected {
        return Err(format!("has {}, not {expected}", count(record.len(), "field")));
    }
    let text = |field: &'a [u8]| std::str::from_utf8(field).map_err(|_| "is not UTF-8".to_owned());
    let values: Vec<&str> = record.iter().map(text).collect::<Result<_, _>>()?;
    if values.iter().any(|value| value.contains('\0')) {
        return Err("holds a NUL character".to_owned());
    }
    Ok(Fields { places, values, line })
}

/// Shows on a terminal how far an import is; silent elsewhere.
pub(super) struct Progress {
    total: usize,
    shown: bool,
}

impl Progress {
    pub(super) fn of(total: usize) -> Self {
        Self { total, shown: total >= 2000 && std::io::stderr().is_terminal() }
    }

    pub(super) fn at(&self, done: usize) {
        if self.shown && (done.is_multiple_of(500) || done == self.total) {
            eprint!("\r{done} of {}{}", self.total, if done == self.total { "\n" } else { "" });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns = Columns { required: &["id"], optional: &["note"] };

    type Lines = (Vec<String>, Vec<(u64, String)>);

    fn sheet(content: &[u8]) -> anyhow::Result<Lines> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), content)?;
        let parse = |f: &Fields<'_>| {
            if f.get("id") == "bad" {
                Err("id is bad".to_owned())
            } else {
                Ok(format!("{}/{}", f.get("id"), f.get("note")))
            }
        };
        let sheet = read(file.path(), &COLUMNS, |text| Some(text.clone()), parse)?;
        Ok((sheet.good, sheet.bad.into_iter().map(|b| (b.line, b.rule)).collect()))
    }

    #[test]
    fn columns_come_in_any_order_and_lines_may_be_quoted() {
        let (good, bad) = sheet("\u{feff}note,id,more\r\n\"a, b\",1,x\r\n,2,\r\n".as_bytes()).unwrap();
        assert_eq!(good, ["1/a, b", "2/"]);
        assert!(bad.is_empty());
    }

    #[test]
    fn each_bad_line_is_named_with_its_rule() {
        let (good, bad) = sheet(b"id,note\n1,a\n\n\"2\n\",b\nbad,c\n3\n\xff,d\n4,\0\n1,a\n").unwrap();
        assert_eq!(good, ["1/a", "2/b"]);
        let bad: Vec<(u64, &str)> = bad.iter().map(|(line, rule)| (*line, rule.as_str())).collect();
        let expected = [
            (6, "id is bad"),
            (7, "has 1 field, not 2"),
            (8, "is not UTF-8"),
            (9, "holds a NUL character"),
            (10, "id is the same as on line 2"),
        ];
        assert_eq!(bad, expected);
    }

    #[test]
    fn a_file_without_a_needed_column_or_with_one_twice_is_refused() {
        assert!(sheet(b"note\nx\n").unwrap_err().to_string().contains("`id`"));
        assert!(sheet(b"id,id\n1,2\n").is_err());
        assert!(sheet(b"").is_err());
    }
}
