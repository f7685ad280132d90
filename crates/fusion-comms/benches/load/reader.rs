//! What reading a text costs: the labelled texts that lie beside the core's tests, one by one, and long ones.

use std::hint::black_box;
use std::time::{Duration, Instant};

use fusion_comms_core::sms::read;

use crate::figures::Figures;
use crate::host;
use crate::report::Report;

const CORPUS: &str = include_str!("../../../core/tests/data/optout-corpus.tsv");
const FURTHER: &str = include_str!("../../../core/tests/data/optout-extra.tsv");
const ROUNDS: usize = 50;
/// What is repeated to 2,000 characters, the most that is read.
const LONG: [&str; 5] =
    ["stop ", "i do not want you to text me the bill, ", "no me manden la factura y ", "s t o p ", "q9z xx "];

pub fn run() -> Report {
    let _the_rules_are_made_now = read("hello");
    let corpus = texts(CORPUS);
    let further = texts(FURTHER);
    let long: Vec<String> = LONG.iter().map(|piece| piece.repeat(2000 / piece.len())).collect();
    let figures = timed(&corpus);
    let mut lines = vec![Figures::head_us("one text"), figures.row_us("corpus")];
    lines.push(timed(&further).row_us("our own further texts"));
    lines.push(timed(&long).row_us("2,000 characters"));
    for (piece, text) in LONG.iter().zip(&long) {
        lines.push(timed(std::slice::from_ref(text)).row_us(&format!("  of {:?}", piece.trim())));
    }
    let mean_us = mean_us(&corpus);
    lines.push(format!("  mean over the corpus {mean_us:.1} µs; load {}", host::load()));
    Report { lines, headline: vec![] }
}

fn timed(texts: &[String]) -> Figures {
    let one = |text: &String| -> Duration {
        let began = Instant::now();
        black_box(read(black_box(text)));
        began.elapsed()
    };
    Figures::new((0..ROUNDS).flat_map(|_| texts.iter().map(one)).collect())
}

/// Without the clock's own cost in it.
fn mean_us(texts: &[String]) -> f64 {
    let began = Instant::now();
    for text in (0..ROUNDS).flat_map(|_| texts) {
        black_box(read(black_box(text)));
    }
    began.elapsed().as_secs_f64() * 1e6 / (ROUNDS * texts.len()) as f64
}

/// The texts of a table (id, label, lang, tier, text, note), escapes undone.
fn texts(table: &str) -> Vec<String> {
    let rows = table.lines().filter(|line| !line.starts_with('#') && !line.starts_with("id\t"));
    let text = |line: &str| {
        let text = line.split('\t').nth(4)?;
        Some(text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t").replace("\\\\", "\\"))
    };
    rows.filter_map(text).collect()
}
