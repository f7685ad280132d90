//! The runbook as a machine reads it: its blocks, the steps of a block with answers, its placeholders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use regex::{Captures, Regex};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Typed into a shell as it stands.
    Shell,
    /// The same, step by step with what each step answers.
    Console,
    Sql,
    LogQuery,
}

#[derive(Debug)]
pub struct Block {
    pub name: String,
    pub kind: Kind,
    pub text: String,
}

/// A command of a console block, and the lines that it answers; none where the runbook shows none.
#[derive(Debug)]
pub struct Step {
    pub command: String,
    pub answer: Vec<String>,
}

pub fn runbook() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/RUNBOOK.md");
    std::fs::read_to_string(path).expect("the runbook is there")
}

/// The fenced blocks in their order. Each must have a kind that is known and a name of its own.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in markdown.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(info), None) => open = Some(opened(info, at + 1)),
            (Some(_), Some(block)) => {
                assert!(found.iter().all(|b| b.name != block.name), "two blocks are named `{}`", block.name);
                found.push(block);
            }
            (None, Some(mut block)) => {
                block.text += &format!("{line}\n");
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    found
}

fn opened(info: &str, line: usize) -> Block {
    let (kind, name) = info.split_once(' ').unwrap_or((info, ""));
    let kind = match kind {
        "sh" => Kind::Shell,
        "console" => Kind::Console,
        "sql" => Kind::Sql,
        "logs" => Kind::LogQuery,
        other => panic!("line {line}: blocks of the kind `{other}` are not known"),
    };
    assert!(!name.is_empty() && !name.contains(' '), "line {line}: the block has no name");
    Block { name: name.to_owned(), kind, text: String::new() }
}

impl Block {
    /// The commands of a console block, each with its continuation lines.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut goes_on = false;
        for line in self.text.lines() {
            let text = match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { command: format!("{command}\n"), answer: Vec::new() });
                    command
                }
                (None, Some(step)) if goes_on => {
                    step.command += &format!("{line}\n");
                    line
                }
                (None, Some(step)) => {
                    step.answer.push(line.to_owned());
                    continue;
                }
                (None, None) => panic!("`{}` begins with an answer", self.name),
            };
            goes_on = text.ends_with('\\');
        }
        // An empty line between two steps is for the eye.
        for step in &mut steps {
            while step.answer.last().is_some_and(String::is_empty) {
                step.answer.pop();
            }
        }
        steps
    }
}

/// What stands in angle brackets in a text.
pub fn placeholders(text: &str) -> BTreeSet<String> {
    placeholder().captures_iter(text).map(|c| c[1].to_owned()).collect()
}

/// The text with every placeholder filled in. One that is not known is a mistake.
pub fn filled(text: &str, values: &BTreeMap<String, String>) -> String {
    let value = |c: &Captures<'_>| {
        values.get(&c[1]).unwrap_or_else(|| panic!("nothing is known for `<{}>`", &c[1])).clone()
    };
    placeholder().replace_all(text, value).into_owned()
}

fn placeholder() -> Regex {
    Regex::new(r"<([A-Za-z][A-Za-z0-9_ -]*)>").expect("it is well written")
}

/// The code that stands within sentences.
pub fn inline_code(markdown: &str) -> Vec<String> {
    let mut in_block = false;
    let prose = markdown.lines().filter(|line| {
        let fence = line.starts_with("```");
        in_block ^= fence;
        !in_block && !fence
    });
    let prose = prose.collect::<Vec<_>>().join("\n");
    let span = Regex::new("`([^`]+)`").expect("it is well written");
    span.captures_iter(&prose).map(|c| c[1].replace('\n', " ")).collect()
}

/// A line without what differs from run to run: times, days, ids, hashes, the width of columns.
pub fn plain(line: &str) -> String {
    const VARIES: &[(&str, &str)] = &[
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>"),
        (r"\d{4}-\d\d-\d\d", "<day>"),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"),
        (r"\bv3:\S+", "v3:<call>"),
        (r"invalidation [A-Z0-9]+", "invalidation <id>"),
        (r"https?://\S+/p/\S+", "<link>"),
        // How long is left depends on weekends and holidays.
        (r"\d+ +(in time|overdue)\b", "<days> $1"),
        (r"\s+", " "),
    ];
    let varies = |line: String, (what, by): &(&str, &str)| {
        Regex::new(what).expect("it is well written").replace_all(&line, *by).into_owned()
    };
    VARIES.iter().fold(line.to_owned(), varies).trim_end().to_owned()
}

#[test]
fn a_step_takes_its_continuations_and_its_answer() {
    let text = "```console two\n$ one \\\n    more\nanswer\n  indented\n\n$ two  # and no answer\n```\n";
    let [block] = <[Block; 1]>::try_from(blocks(text)).unwrap();
    let steps = block.steps();
    assert_eq!((block.name.as_str(), steps.len()), ("two", 2));
    assert_eq!(steps[0].command, "one \\\n    more\n");
    assert_eq!(steps[0].answer, ["answer", "  indented"]);
    assert!(steps[1].answer.is_empty());
}

#[test]
fn placeholders_are_filled_and_a_redirection_is_none() {
    let text = "a <cluster-name> <paste base64 value here> < in.txt > out";
    assert_eq!(placeholders(text).len(), 2);
    let values = [("cluster-name", "c"), ("paste base64 value here", "k")];
    let values = values.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    assert_eq!(filled(text, &values), "a c k < in.txt > out");
}

#[test]
fn what_differs_from_run_to_run_reads_alike() {
    let one = "2026-03-03T15:00:00.5Z  7a1f0f8e-51a4-5c5b-8d0e-0c8d1f3b9e77   v3:abc  12  in time";
    let two = "2026-11-24T15:12:32.000000Z a3c8d042-a2cf-4aa4-970b-de429670d070 v3:x 9 in time";
    assert_eq!(plain(one), plain(two));
    assert_ne!(plain("blocked at Telnyx 2"), plain("blocked at Telnyx 3"));
}

#[test]
#[should_panic(expected = "not known")]
fn a_block_of_another_kind_is_refused() {
    blocks("```python x\nprint()\n```\n");
}

#[test]
#[should_panic(expected = "no name")]
fn a_block_without_a_name_is_refused() {
    blocks("```sh\ntrue\n```\n");
}
