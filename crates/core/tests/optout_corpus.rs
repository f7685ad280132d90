//! The reader of texts against labelled sets: the development corpus, two larger ones of our own, and lots of other authors.

use std::collections::BTreeMap;
use std::time::Instant;

use fusion_comms_core::sms::read;

const CORPUS: &str = include_str!("data/optout-corpus.tsv");
const EXTRA: &str = include_str!("data/optout-extra.tsv");
const OWN: &str = include_str!("data/optout-own.tsv");
const LOTS: &str = include_str!("data/optout-lots.tsv");

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
fn the_rounds_written_before_the_rules_meet_the_bars() {
    hold_to_the_bars("own", OWN);
}

#[test]
fn the_lots_of_other_authors_meet_the_bars() {
    hold_to_the_bars("lots", LOTS);
}

#[test]
fn reading_a_text_is_quick() {
    let texts: Vec<String> = [CORPUS, EXTRA, OWN].into_iter().flat_map(rows).map(|row| row.text).collect();
    let _the_tables_are_compiled_now = read("hello");
    let rounds = 20;
    let start = Instant::now();
    let stops = (0..rounds).flat_map(|_| &texts).filter(|t| read(t).label.as_str() == "STOP").count();
    let per_text = start.elapsed() / (rounds * u32::try_from(texts.len()).unwrap());
    println!("{per_text:?} a text, {stops} stops");
    assert!(stops > 0);
}

#[test]
fn a_long_hostile_text_is_read_quickly_too() {
    let _the_tables_are_compiled_now = read("hello");
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

/// Ways to put a wish, and what people write before and after it.
const FRAMES: [&str; 22] = [
    "{}",
    "please {}",
    "{} please",
    "can you {}",
    "could you please {}",
    "would you {}",
    "I want you to {}",
    "I need you to {}",
    "I'm asking you to {}",
    "you need to {}",
    "I told you to {}",
    "I asked you to {}",
    "kindly {}",
    "just {}",
    "I'd like you to {}",
    "ok {}",
    "Hi, {}",
    "yes please {}",
    "For the last time {}",
    "I request that you {}",
    "will you {} already",
    "hey guys {}",
];
const BEFORE: [&str; 11] = [
    "",
    "I paid already. ",
    "I already paid this bill, ",
    "Hi this is Mary Jones. ",
    "my insurance covers this so ",
    "I'm at work ",
    "My husband died in May. ",
    "The bill was sent to collections, ",
    "I have Medicare and ",
    "I don't have the money. ",
    "Thanks but ",
];
const AFTER: [&str; 12] = [
    "",
    ".",
    "!!!",
    " thanks",
    ", thank you",
    " - Bob",
    ". I have Medicare",
    " I paid already",
    " or I'll sue",
    " because I'm sick",
    " 😡",
    "\nSent from my iPhone",
];

/// Every wish in every frame, between every before and after: how often the reading is as it should be.
fn framed(wishes: &[&str], right: impl Fn(&str) -> bool) -> (usize, usize) {
    let (mut hits, mut all) = (0_usize, 0_usize);
    for wish in wishes {
        for frame in FRAMES {
            for (before, after) in BEFORE.iter().flat_map(|b| AFTER.map(|a| (*b, a))) {
                let text = format!("{before}{}{after}", frame.replace("{}", wish));
                let reading = read(&text);
                all += 1;
                hits += usize::from(right(reading.label.as_str()));
                if !right(reading.label.as_str()) && all % 50 == 0 {
                    println!("{} by {}: {text:?}", reading.label.as_str(), reading.rule);
                }
            }
        }
    }
    println!("{hits} of {all}");
    (hits, all)
}

#[test]
fn a_wish_for_the_texts_to_end_is_read_in_any_frame() {
    let wishes = [
        "stop",
        "stop texting me",
        "quit messaging this number",
        "stop sending me these messages",
        "remove my number",
        "take me off your list",
        "delete my number",
        "remove me from your list",
        "leave me alone",
        "unsubscribe me",
        "opt me out",
        "lose my number",
        "cancel these texts",
        "turn off the alerts",
        "stop contacting me",
        "cease all contact",
        "stop calling me",
        "stop this",
        "end these messages",
        "stop the reminders",
        "stop harassing me",
        "stop bothering me",
        "never text me again",
    ];
    let (hits, all) = framed(&wishes, |label| label == "STOP");
    assert!(hits * 100 >= all * 99, "{hits} of {all}");
}

#[test]
fn a_wish_about_something_else_opts_nobody_out_in_any_frame() {
    let wishes = [
        "cancel my appointment",
        "cancel my payment plan",
        "stop charging my card",
        "remove the late fee",
        "cancel the bill",
        "stop billing my insurance",
        "stop my autopay",
        "remove my son from this account",
        "stop sending bills to my old address",
        "cancel the payment",
        "take the charge off my bill",
        "text me the link",
        "call me",
        "send me the receipt",
        "help me with my bill",
        "bill Medicare",
        "start my payment plan",
        "email me the statement",
    ];
    let (hits, all) = framed(&wishes, |label| label != "START" && label != "STOP");
    assert!(hits * 100 >= all * 97, "{hits} of {all}");
}
