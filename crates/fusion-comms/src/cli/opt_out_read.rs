//! `opt-out read`: how texts would be read. Needs no database; changes nothing.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use fusion_comms_core::sms::{self, Label, Reading};
use serde_json::{Value, json};

use super::failure::misused;
use super::output;

#[derive(Debug, clap::Args)]
pub(super) struct ReadArgs {
    /// The text; without one it is read from standard input.
    #[arg(allow_hyphen_values = true, conflicts_with = "tsv")]
    text: Option<String>,
    /// A file of texts with the columns id, label, lang, tier, text, note.
    ///
    /// Prints a line of JSON for each, then, to standard error, how many STOPs were found and how many texts were
    /// wrongly read as one.
    #[arg(long, value_name = "FILE")]
    tsv: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ReadArgs) -> anyhow::Result<()> {
    if let Some(file) = &args.tsv {
        return read_file(file);
    }
    let text = match &args.text {
        Some(text) => text.clone(),
        None => standard_input()?,
    };
    let reading = sms::read(&text);
    if args.json {
        return output::json(&view(&reading));
    }
    let review = if reading.review { "yes" } else { "no" };
    output::line(&format!("{}  rule {}  review {review}", reading.label.as_str(), reading.rule))
}

fn view(reading: &Reading) -> Value {
    json!({"label": reading.label.as_str(), "rule": reading.rule, "review": reading.review})
}

/// All of standard input; the line end that a shell puts there is not part of the text.
fn standard_input() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// One labelled text.
struct Sample {
    id: String,
    /// None where the file does not say.
    label: Option<String>,
    tier: String,
    text: String,
}

fn read_file(file: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(file).map_err(|e| {
        anyhow::Error::new(e).context(misused("the file cannot be read").hint("check its name"))
    })?;
    let content = String::from_utf8(bytes).map_err(|_| misused("the file is not UTF-8"))?;
    let samples = samples(&content)?;
    let mut lines = String::new();
    let mut scores = Scores::default();
    for sample in &samples {
        let reading = sms::read(&sample.text);
        let mut line = view(&reading);
        line["id"] = json!(sample.id);
        lines += &format!("{line}\n");
        if let Some(label) = &sample.label {
            scores.add(&sample.tier, label, reading.label);
        }
    }
    output::put(&lines)?;
    eprint!("{}", scores.table());
    Ok(())
}

/// Splits the file into its texts: comment lines out, the first other line names the columns, no quoting.
fn samples(content: &str) -> anyhow::Result<Vec<Sample>> {
    let content = content.trim_start_matches('\u{feff}');
    let lines = content.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let mut lines = (1..).zip(lines).filter(|(_, line)| !line.starts_with('#') && !line.is_empty());
    let Some((_, headings)) = lines.next() else { return Ok(vec![]) };
    let headings: Vec<&str> = headings.split('\t').collect();
    let place = |name: &str| headings.iter().position(|heading| *heading == name);
    let (Some(id), Some(text)) = (place("id"), place("text")) else {
        return Err(misused("the file has no columns `id` and `text`")
            .hint("its first line that is no comment names the columns, with tabs between them")
            .into());
    };
    let (label, tier) = (place("label"), place("tier"));
    lines
        .map(|(number, line)| {
            let fields: Vec<&str> = line.split('\t').collect();
            let field = |place: usize| fields.get(place).copied();
            let (Some(id), Some(text)) = (field(id), field(text)) else {
                return Err(misused(format!("line {number} has too few columns")).into());
            };
            Ok(Sample {
                id: id.to_owned(),
                label: label.and_then(field).map(str::to_owned).filter(|label| !label.is_empty()),
                tier: tier.and_then(field).unwrap_or_default().to_owned(),
                text: unescaped(text),
            })
        })
        .collect()
}

/// `\n`, `\r`, `\t` and `\\`; any other backslash stands for itself.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('\\') => out.push('\\'),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// How the readings compare with the labels, in all and by tier.
#[derive(Default)]
struct Scores {
    tiers: BTreeMap<String, Score>,
    all: Score,
}

#[derive(Clone, Copy, Default)]
struct Score {
    texts: u32,
    right: u32,
    stops: u32,
    stops_found: u32,
    false_stops: u32,
    false_starts: u32,
}

impl Scores {
    fn add(&mut self, tier: &str, expected: &str, read: Label) {
        let name = if tier.is_empty() { "-" } else { tier };
        self.all.add(expected, read);
        self.tiers.entry(name.to_owned()).or_default().add(expected, read);
    }

    fn table(&self) -> String {
        let headings = ["tier", "texts", "right", "STOP recall", "false STOPs", "false STARTs"];
        let tiers = self.tiers.iter().map(|(name, score)| score.row(name));
        let rows: Vec<[String; 6]> = tiers.chain([self.all.row("all")]).collect();
        output::table(headings, &rows)
    }
}

impl Score {
    fn add(&mut self, expected: &str, read: Label) {
        let is_stop = expected == Label::Stop.as_str();
        self.texts += 1;
        self.right += u32::from(expected == read.as_str());
        self.stops += u32::from(is_stop);
        self.stops_found += u32::from(is_stop && read == Label::Stop);
        self.false_stops += u32::from(!is_stop && read == Label::Stop);
        self.false_starts += u32::from(expected != Label::Start.as_str() && read == Label::Start);
    }

    fn row(&self, name: &str) -> [String; 6] {
        [
            name.to_owned(),
            self.texts.to_string(),
            share(self.right, self.texts),
            share(self.stops_found, self.stops),
            share(self.false_stops, self.texts - self.stops),
            share(self.false_starts, self.texts),
        ]
    }
}

/// `45/46 97.8%`; a dash where there is nothing to count.
fn share(part: u32, whole: u32) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    format!("{part}/{whole} {:.1}%", f64::from(part) * 100.0 / f64::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_texts_is_read_with_its_comments_escapes_and_empty_texts() {
        let content = "# about\nid\tlabel\tlang\ttier\ttext\tnote\r\nS1\tSTOP\ten\texact\tSTOP\\nJo \\\\ x\\q\tn\r\n\
                       # more\nN1\tNONE\ten\tnegative\t\t\n";
        let samples = samples(content).unwrap();
        assert_eq!(samples.len(), 2);
        assert_eq!(samples[0].text, "STOP\nJo \\ x\\q");
        assert_eq!((samples[1].text.as_str(), samples[1].tier.as_str()), ("", "negative"));
    }

    #[test]
    fn a_line_without_a_text_column_is_named() {
        let error = samples("id\tlabel\tlang\ttier\ttext\nS1\tSTOP\n").err().unwrap();
        assert_eq!(error.to_string(), "line 2 has too few columns");
        assert!(samples("id\tlabel\n").is_err());
    }

    #[test]
    fn recall_and_false_stops_are_counted_apart() {
        let mut scores = Scores::default();
        scores.add("exact", "STOP", Label::Stop);
        scores.add("exact", "STOP", Label::None);
        scores.add("negative", "NONE", Label::Stop);
        scores.add("negative", "HELP", Label::Start);
        let table = scores.table();
        let last: Vec<&str> = table.lines().last().unwrap().split_whitespace().collect();
        assert_eq!(last, ["all", "4", "1/4", "25.0%", "1/2", "50.0%", "1/2", "50.0%", "1/4", "25.0%"]);
    }
}
