//! What `/metrics` of the real binary shows, held against `docs/METRICS.md`, by which rules and dashboard are checked.
//!
//! `UPDATE_GOLDEN=1` writes the file anew.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use regex::Regex;

use super::support::app::{On, TestApp, within};
use super::support::golden;
use super::support::instance::Instance;

/// Labels whose values are not known beforehand.
const OPEN: [&str; 2] = ["fingerprint", "type"];

const HEAD: &str = "# Series at `/metrics`

Written by a test from the page of the running service (`UPDATE_GOLDEN=1 cargo test -p fusion-comms --test it metrics_page`).
Every series is there from the start, at 0. Who may read the page: `METRICS_TOKEN` in [CONFIG.md](CONFIG.md). Rules and tests for
Prometheus are in `deploy/prometheus/`, a dashboard is in `deploy/grafana/`; with `CLOUDWATCH_EMF=1` the same goes to CloudWatch.

What is counted (`counter`, `histogram`) is of one process: sum over instances. Depths, ages, `parked` and what waits for a person
are read from the database by each process with workers, and are the same in each: take the greatest.

| series | kind | labels | what |
|---|---|---|---|
";

#[derive(Default)]
struct Series {
    kind: String,
    help: String,
    labels: BTreeMap<String, BTreeSet<String>>,
}

fn read(page: &str) -> BTreeMap<String, Series> {
    let label = Regex::new(r#"(\w+)="([^"]*)""#).expect("a pattern");
    let mut all: BTreeMap<String, Series> = BTreeMap::new();
    for line in page.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|l| l.split_once(' ')) {
            all.entry(name.to_owned()).or_default().help = help.to_owned();
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|l| l.split_once(' ')) {
            all.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else if let Some((series, _)) = line.rsplit_once(' ') {
            let name = series.split('{').next().unwrap_or_default();
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| {
                name.strip_suffix(end).filter(|b| all.get(*b).is_some_and(|s| s.kind == "histogram"))
            });
            let one = all.entry(base.unwrap_or(name).to_owned()).or_default();
            for found in label.captures_iter(series).filter(|c| &c[1] != "le") {
                one.labels.entry(found[1].to_owned()).or_default().insert(found[2].to_owned());
            }
        }
    }
    all
}

fn labels(series: &Series) -> String {
    let one = |(name, values): (&String, &BTreeSet<String>)| match OPEN.contains(&name.as_str()) {
        true => format!("`{name}`: any"),
        false => format!("`{name}`: {}", values.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
    };
    series.labels.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_list_of_series_is_that_of_the_page() {
    let app = TestApp::start(On::Sqlite).await;
    let (_, page) = app.get("/metrics").await.expect("the page");
    let mut text = HEAD.to_owned();
    for (name, series) in read(&page) {
        assert!(!series.help.is_empty(), "{name} has no help");
        writeln!(text, "| `{name}` | {} | {} | {} |", series.kind, labels(&series), series.help)
            .expect("text");
    }
    golden::same("../../docs/METRICS.md", &text);
}

/// What an alarm says to type first is a command of this program, word by word.
#[test]
fn the_first_command_of_each_alarm_is_one_of_the_program() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/prometheus/alarms.yml");
    let rules = std::fs::read_to_string(path).expect("the rules are there");
    let placeholder = Regex::new(r"\{\{[^}]*\}\}").expect("a pattern");
    let mut seen = 0;
    for line in rules.lines().filter_map(|l| l.trim().strip_prefix("first: ")) {
        let line = placeholder.replace_all(line.trim_matches('"'), "failed");
        if let Some(arguments) = line.strip_prefix("fusion-comms ") {
            let words = std::iter::once("fusion-comms").chain(arguments.split_whitespace());
            assert!(fusion_comms::cli::parse(words.map(OsString::from)).is_ok(), "{line}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} commands");
}

/// What the alarms on refusals, workers and the database look at moves as they expect.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_refused_signature_and_the_workers_show() {
    let mut app = TestApp::start(On::Sqlite).await;
    let stranger = SigningKey::from_bytes(&[9; 32]);
    let answer = app.post_signed(&stranger, &app.base, "sms", "{}").await;
    assert_eq!(answer.map(|s| s.as_u16()), Some(400));
    assert_eq!(app.metric(r#"webhook_signature_refusals_total{channel="sms"}"#).await, 1.0);
    assert_eq!(app.metric(r#"webhook_signature_refusals_total{channel="voice"}"#).await, 0.0);
    assert_eq!(app.metric("workers_running").await, 1.0);
    assert_eq!(app.metric(r#"database_pool_limit{pool="normal"}"#).await, 5.0);
    let read = || async { app.metric(r#"depth_reads_total{outcome="read"}"#).await > 0.0 };
    assert!(within(Duration::from_secs(60), read).await, "{}", app.logs());
    assert_eq!(app.terminate().await, Some(0));

    let web = Instance::start_as(&app, &["serve", "--role", "web"]).await;
    let page = app.http.get(format!("{}/metrics", web.base)).send().await.expect("an answer");
    let page = page.text().await.expect("the page");
    assert!(page.contains("\nworkers_running 0\n"), "webhooks only");
    assert!(page.contains("\ndatabase_pool_limit{pool=\"normal\"} 5\n"), "the pools are read with the page");
}
