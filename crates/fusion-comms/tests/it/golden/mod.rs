//! What every command prints, as text and as JSON, on one agency's day: kept in files beside this one, with ids and
//! times redacted.
//!
//! `UPDATE_GOLDEN=1 cargo test -p fusion-comms --test it golden` writes the files anew; look at the difference then. A new
//! command is a line in `cases.rs`; one that cannot have one stands in its list with the reason.

mod cases;
mod redact;
mod scene;
pub mod tree;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use regex::Regex;

use crate::support::golden;

use scene::Scene;

/// One file: what was typed, what came on standard output, on standard error (`! `), and the exit code unless 0.
fn transcript(scene: &Scene, file: &str, commands: &[&str]) -> String {
    let redacted = |text: &str| {
        let numbers = !cases::WITHOUT_NUMBERS.contains(&file);
        if numbers { redact::redacted(text) } else { redact::without_numbers(text) }
    };
    let mut text = String::new();
    for command in commands {
        let (code, out, err) = scene.run(command);
        writeln!(text, "$ fusion-comms {command}\n{}", redacted(&out).trim_end()).expect("text");
        for line in redacted(&err).lines() {
            writeln!(text, "! {line}").expect("text");
        }
        if code != 0 {
            writeln!(text, "[exit code {code}]").expect("text");
        }
        text.push('\n');
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn every_command_says_what_it_said_before() {
    let mut scene = Scene::play().await;
    let mut different = Vec::new();
    for (file, commands) in cases::WHILE_IT_SERVES {
        let mut difference = golden::difference(&path(file), &transcript(&scene, file, commands));
        // A machine under load is slow to answer, and `doctor` says so.
        for _ in 0..if *file == "doctor" { 10 } else { 0 } {
            if difference.is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(3)).await;
            difference = golden::difference(&path(file), &transcript(&scene, file, commands));
        }
        different.extend(difference);
    }
    scene.close().await;
    for (file, commands) in cases::AFTERWARDS {
        different.extend(golden::difference(&path(file), &transcript(&scene, file, commands)));
    }
    assert!(different.is_empty(), "{}", different.join("\n\n"));
}

#[test]
fn the_help_of_every_command_is_what_it_was() {
    let mut different = Vec::new();
    for (family, pages) in tree::helps() {
        different.extend(golden::difference(&path(&format!("help/{family}")), &pages));
    }
    assert!(different.is_empty(), "{}", different.join("\n\n"));
}

#[test]
fn every_command_has_a_case_or_a_reason_why_it_has_none() {
    let typed: Vec<&str> = cases::WHILE_IT_SERVES
        .iter()
        .chain(cases::AFTERWARDS)
        .flat_map(|(_, commands)| *commands)
        .copied()
        .collect();
    let has_case =
        |leaf: &str| typed.iter().any(|line| *line == leaf || line.starts_with(&format!("{leaf} ")));
    let explained: Vec<&str> = cases::WITHOUT.iter().map(|(leaf, _)| *leaf).collect();
    let leaves = tree::leaves();
    for leaf in &leaves {
        let (case, reason) = (has_case(leaf), explained.contains(&leaf.as_str()));
        assert!(case || reason, "`{leaf}` has no case in cases.rs, nor a reason why not");
        assert!(!(case && reason), "`{leaf}` has a case, so that its reason is out of date");
    }
    for leaf in explained {
        assert!(leaves.iter().any(|l| l == leaf), "there is no command `{leaf}` any more");
    }
}

/// Every listing that can be had as JSON is asked for in both ways.
#[test]
fn every_command_that_knows_json_has_a_case_with_it() {
    for leaf in tree::leaves_with_json() {
        let with = |line: &&str| line.starts_with(&format!("{leaf} ")) && line.contains("--json");
        let all = cases::WHILE_IT_SERVES.iter().chain(cases::AFTERWARDS).flat_map(|(_, commands)| *commands);
        let known = cases::WITHOUT.iter().any(|(without, _)| *without == leaf);
        assert!(known || all.copied().any(|line| with(&line)), "`{leaf}` has no case with --json");
    }
}

/// Hints send operators to commands too: those that stand in the program's own sentences can be typed as well.
#[test]
fn every_command_that_a_hint_names_can_be_typed() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let named = Regex::new(r"`fusion-comms ([^`…]+)`").expect("a pattern");
    let (broken, hole) = (Regex::new(r"\\\n\s*").expect("one"), Regex::new(r"\{[^}]*\}").expect("one"));
    let (mut faults, mut seen) = (Vec::new(), 0);
    let mut folders = vec![root.join("src/cli"), root.join("src/backup"), root.join("../core/src/story")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let text = std::fs::read_to_string(&entry).expect("it is there").replace("\\\"", "\"");
            let text = broken.replace_all(&text, "").into_owned();
            for found in named.captures_iter(&text) {
                let typed = hole.replace_all(&found[1], "X").into_owned();
                seen += 1;
                let why = tree::fault(&typed);
                faults.extend(why.map(|why| format!("{}: `fusion-comms {typed}`: {why}", entry.display())));
            }
        }
    }
    assert!(seen > 60, "{seen} commands");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(tree::fault("fax attach X CASE").is_some(), "a word too many is noticed");
}

fn path(file: &str) -> String {
    format!("tests/it/golden/{file}.txt")
}

/// Documents send operators to commands: each is there, with the flags that are named.
#[test]
fn every_command_that_the_documents_name_can_be_typed() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = Regex::new(
        r#"`fusion-comms ([^`\n…]+)`|first: "fusion-comms ([^"]+)"|^\$ fusion-comms ([^|<>#\n]+)"#,
    )
    .expect("a pattern");
    let mut faults = Vec::new();
    let mut seen = 0;
    for file in
        ["README.md", "deploy/README.md", "deploy/prometheus/alarms.yml", "docs/RUNBOOK.md", "docs/CONFIG.md"]
    {
        let text = std::fs::read_to_string(root.join(file)).expect("it is there");
        for line in text.lines() {
            for found in named.captures_iter(line) {
                let typed = found.iter().skip(1).flatten().next().expect("one of them").as_str();
                seen += 1;
                faults.extend(tree::fault(typed).map(|why| format!("{file}: `fusion-comms {typed}`: {why}")));
            }
        }
    }
    assert!(seen > 60, "{seen} commands");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
