//! The reader of texts against two labelled sets: the development corpus and a larger one of our own.

use std::collections::BTreeMap;
use std::time::Instant;

use fusion_comms_core::sms::read;

const CORPUS: &str = include_str!("data/optout-corpus.tsv");
const EXTRA: &str = include_str!("data/optout-extra.tsv");

struct Row {
    id: &'static str,
    label: &'static str,
    tier: &'static str,
    text: String,
}

fn rows(table: &'static str) -> Vec<Row> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("id\t") && !line.is_empty())
        .map(|line| {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().unwrap_or("");
            let (id, label, _lang, tier, text) = (cell(), cell(), cell(), cell(), cell());
            Row { id, label, tier, text: unescaped(text) }
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t").replace("\\\\", "\\")
}

/// Prints the table and holds it to the bars.
fn hold_to_the_bars(name: &str, table: &'static str) {
    let (mut stops, mut false_stops) = (BTreeMap::<_, (u32, u32)>::new(), BTreeMap::<_, (u32, u32)>::new());
    let (mut right, mut false_starts, mut all) = (0, vec![], 0);
    for row in rows(table) {
        let reading = read(&row.text);
        let label = reading.label.as_str();
        let tally = if row.label == "STOP" { &mut stops } else { &mut false_stops };
        let (hits, of) = tally.entry(row.tier).or_default();
        *of += 1;
        *hits += u32::from(label == "STOP");
        all += 1;
        right += u32::from(label == row.label);
        if label == "START" && row.label != "START" {
            false_starts.push(row.id);
        }
        if label != row.label {
            println!("{} is {}, read as {label} by {}: {:?}", row.id, row.label, reading.rule, row.text);
        }
    }
    println!("{name}: {right} of {all} labels right");
    for (tier, (hits, of)) in &stops {
        println!("  STOP recall     {tier:9} {hits:3} of {of:3}");
    }
    for (tier, (hits, of)) in &false_stops {
        println!("  wrongly stopped {tier:9} {hits:3} of {of:3}");
    }
    for (tier, (hits, of)) in stops {
        let least = if matches!(tier, "natural" | "profanity") { 0.97 } else { 1.0 };
        assert!(f64::from(hits) >= least * f64::from(of), "{name}, {tier}: {hits} of {of}");
    }
    let (wrong, of) = false_stops.values().fold((0, 0), |(a, b), (x, y)| (a + x, b + y));
    assert!(f64::from(wrong) <= 0.03 * f64::from(of), "{name}: {wrong} of {of} wrongly stopped");
    assert!(false_starts.is_empty(), "{name}: read as START: {false_starts:?}");
}

#[test]
fn the_development_corpus_meets_the_bars() {
    hold_to_the_bars("corpus", CORPUS);
}

#[test]
fn our_own_further_texts_meet_the_bars() {
    hold_to_the_bars("extra", EXTRA);
}

#[test]
fn reading_a_text_is_quick() {
    let texts: Vec<String> = [CORPUS, EXTRA].into_iter().flat_map(rows).map(|row| row.text).collect();
    let _warm = read("hello");
    let rounds = 20;
    let start = Instant::now();
    let stops = (0..rounds).flat_map(|_| &texts).filter(|t| read(t).label.as_str() == "STOP").count();
    let per_text = start.elapsed() / (rounds * u32::try_from(texts.len()).unwrap());
    println!("{per_text:?} a text, {stops} stops");
    assert!(stops > 0);
}

#[test]
fn a_long_hostile_text_is_read_quickly_too() {
    let texts = [
        "stop ",
        "i do not want you to text me the bill, ",
        "no me manden la factura y ",
        "s t o p ",
        "q9z xx ",
    ];
    for text in texts.map(|t| t.repeat(2_000 / t.len())) {
        let start = Instant::now();
        let label = read(&text).label;
        println!("{:?} for {} bytes ({}...): {}", start.elapsed(), text.len(), &text[..5], label.as_str());
    }
}
