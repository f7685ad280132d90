//! `docs/RUNBOOK.md`, run: every shell command, SQL statement and log query in it, in its order, against the real
//! binary on PostgreSQL, with moto for AWS and the simulators for Telnyx and Stripe; and what comes out is compared.

mod document;
mod events;
mod expected;
mod scene;

use std::collections::BTreeSet;

use regex::Regex;

use document::{Block, Kind, filled, inline_code, placeholders, plain};
use expected::{EXPECTED, Expected, NOT_RUN};
use scene::{Said, Scene};

fn expected(of: &str) -> Option<&'static Expected> {
    EXPECTED.iter().find(|e| e.of == of)
}

#[test]
fn every_block_is_known_here_and_nothing_is_known_that_is_not_there() {
    let mut there = BTreeSet::new();
    for block in document::blocks(&document::runbook()) {
        let name = block.name.clone();
        let not_run = NOT_RUN.iter().any(|(of, _)| *of == name);
        match block.kind {
            Kind::Shell | Kind::Sql => {
                assert!(not_run != expected(&name).is_some(), "nothing is expected of `{name}`");
            }
            // Their answers are worked out from the tables, in `scene`.
            Kind::LogQuery => assert!(scene::LOG_QUERIES.contains(&name.as_str()), "unknown: `{name}`"),
            Kind::Console => {
                for (at, step) in block.steps().iter().enumerate() {
                    let of = format!("{name}.{}", at + 1);
                    let is_known = !step.answer.is_empty() || expected(&of).is_some();
                    assert!(is_known, "`{of}` has no answer, and none is expected");
                    there.insert(of);
                }
            }
        }
        there.insert(name);
    }
    let known = EXPECTED.iter().map(|e| e.of).chain(NOT_RUN.iter().map(|(of, _)| *of));
    for of in known.chain(scene::LOG_QUERIES.iter().copied()) {
        assert!(there.contains(of), "`{of}` is no longer in the runbook");
    }
}

#[test]
fn every_placeholder_has_a_value_and_every_value_a_placeholder() {
    let text: String = document::blocks(&document::runbook()).into_iter().map(|b| b.text).collect();
    let known: BTreeSet<String> = scene::PLACEHOLDERS.iter().map(|n| (*n).to_owned()).collect();
    assert_eq!(placeholders(&text), known);
}

/// What stands within a sentence is not run: it may name a command of ours that there is, and no other program's.
#[test]
fn a_command_in_a_sentence_is_one_of_ours_and_there() {
    let mut tried = BTreeSet::new();
    for code in inline_code(&document::runbook()) {
        let mut words = code.split_whitespace();
        let first = words.next().unwrap_or_default();
        let foreign = [
            "aws", "curl", "psql", "kill", "piper", "pip", "python3", "SELECT", "INSERT", "UPDATE", "DELETE",
            "filter", "fields",
        ];
        assert!(!foreign.contains(&first) || code == first, "to be run, it must stand in a block: `{code}`");
        if first != "fusion-comms" {
            continue;
        }
        let is_name = |w: &&str| w.starts_with(|c: char| c.is_ascii_lowercase());
        let path: Vec<&str> = words.take_while(is_name).collect();
        if tried.insert(path.join(" ")) {
            let mut help = std::process::Command::new(env!("CARGO_BIN_EXE_fusion-comms"));
            let done = help.args(&path).arg("--help").output().expect("the binary runs");
            assert!(done.status.success(), "there is no `{code}`");
        }
    }
    assert!(tried.len() > 5, "{tried:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn every_block_does_what_the_runbook_says() {
    let blocks = document::blocks(&document::runbook());
    let mut scene = Scene::start().await;
    let mut faults: Vec<String> = Vec::new();
    for block in blocks {
        if NOT_RUN.iter().any(|(of, _)| *of == block.name) {
            continue;
        }
        scene.before(&block.name).await;
        for fault in run(&scene, &block).await {
            // Here as well: what must be so after a block may end the test before its faults are told.
            eprintln!("{fault}\n");
            faults.push(fault);
        }
        scene.after(&block.name).await;
    }
    scene.close().await;
    // The faults last: of a long output the end is read.
    assert!(
        faults.is_empty(),
        "{}\n{} faults:\n{}",
        scene.logs_of_trouble(),
        faults.len(),
        faults.join("\n")
    );
}

/// Runs one block; what came out otherwise than it should.
async fn run(scene: &Scene, block: &Block) -> Vec<String> {
    let text = filled(&block.text, &scene.filled);
    match block.kind {
        Kind::Shell => compared(&block.name, &scene.bash(&text)).into_iter().collect(),
        Kind::Sql => compared(&block.name, &scene.psql(&text)).into_iter().collect(),
        Kind::LogQuery => scene.log_query(&block.name, &text).await.err().into_iter().collect(),
        Kind::Console => {
            let mut faults = Vec::new();
            for (at, step) in block.steps().iter().enumerate() {
                let of = format!("{}.{}", block.name, at + 1);
                let said = scene.bash(&filled(&step.command, &scene.filled));
                faults.extend(match expected(&of) {
                    Some(_) => compared(&of, &said),
                    None => answered(&of, &step.answer, &said),
                });
            }
            faults
        }
    }
}

fn compared(of: &str, said: &Said) -> Option<String> {
    let expected = expected(of).unwrap_or_else(|| panic!("nothing is expected of `{of}`"));
    let found = |pattern: &&str| Regex::new(pattern).expect("it is well written").is_match(&said.text);
    let missing: Vec<_> = expected.says.iter().filter(|p| !found(p)).collect();
    let is_well = said.exit == expected.exit && missing.is_empty();
    (!is_well).then(|| format!("`{of}`: exit code {}, without {missing:?}:\n{}", said.exit, said.text))
}

/// Against the answer in the runbook. An `error:` in it goes with an exit code that is not 0.
fn answered(of: &str, answer: &[String], said: &Said) -> Option<String> {
    let (wanted, got): (Vec<_>, Vec<_>) =
        (answer.iter().map(|l| plain(l)).collect(), said.text.trim_end().lines().map(plain).collect());
    let fails = answer.iter().any(|line| line.starts_with("error:"));
    let is_well = wanted == got && fails == (said.exit != 0);
    (!is_well).then(|| {
        let (wanted, got) = (wanted.join("\n"), said.text.trim_end());
        format!("`{of}`: exit code {}. The runbook says\n{wanted}\nand there came\n{got}", said.exit)
    })
}
