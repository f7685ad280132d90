//! The metrics as CloudWatch reads them out of the log: embedded metric format, one line a set of labels.
//!
//! Made from the same page that Prometheus reads. Counters are told as what was added since the line before, and only
//! where something was, after a first round that lays every series at 0; gauges always. Of a histogram go count, sum, and
//! the bounds of the buckets that hold its median and its 99th percentile.
//!
//! Format: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use fusion_comms_core::time::Timestamp;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::metrics::Metrics;

const NAMESPACE: &str = "FusionComms";
const EVERY: Duration = Duration::from_secs(60);

/// Writes the lines on standard output every minute until it is stopped, and once more then.
pub async fn tend(metrics: Metrics, clock: Clock, stop: CancellationToken) {
    let mut emf = Emf::default();
    loop {
        for line in emf.lines(&metrics.render(), clock.now()) {
            println!("{line}");
        }
        if stop.is_cancelled() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// What was told before.
#[derive(Default)]
pub struct Emf {
    counters: HashMap<String, f64>,
}

type Labels = Vec<(String, String)>;

/// One histogram series: bounds with how many samples lay below since the last round.
#[derive(Default)]
struct Histogram {
    below: Vec<(f64, f64)>,
    added: f64,
}

/// What one page tells, gathered by labels.
#[derive(Default)]
struct Round {
    sets: BTreeMap<Labels, Vec<(String, f64)>>,
    histograms: BTreeMap<(String, Labels), Histogram>,
}

impl Emf {
    /// The lines for a page in Prometheus's text format.
    pub fn lines(&mut self, page: &str, now: Timestamp) -> Vec<String> {
        let mut kinds: HashMap<&str, &str> = HashMap::new();
        let mut round = Round::default();
        for line in page.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
                kinds.insert(name, kind);
            } else if let Some(sample) = Sample::read(line) {
                match kinds.get(sample.name).copied() {
                    Some("gauge") => round.keep(sample.name, sample.labels, sample.value),
                    Some("counter") => round.keep_added(sample, self.added(line)),
                    _ => round.keep_of_histogram(sample, self.added(line)),
                }
            }
        }
        round.told(now)
    }

    /// What a series has grown by; `None` where it is known and has not. A series is its line without the value.
    fn added(&mut self, line: &str) -> Option<f64> {
        let (series, value) = line.rsplit_once(' ')?;
        let value: f64 = value.parse().ok()?;
        match self.counters.insert(series.to_owned(), value) {
            Some(before) => (value > before).then_some(value - before),
            None => Some(value),
        }
    }
}

impl Round {
    fn keep(&mut self, name: &str, labels: Labels, value: f64) {
        self.sets.entry(labels).or_default().push((name.to_owned(), value));
    }

    fn keep_added(&mut self, sample: Sample<'_>, added: Option<f64>) {
        if let Some(added) = added {
            self.keep(sample.name, sample.labels, added);
        }
    }

    fn keep_of_histogram(&mut self, mut sample: Sample<'_>, added: Option<f64>) {
        if let Some(base) = sample.name.strip_suffix("_bucket") {
            let le = sample.labels.iter().position(|(label, _)| label == "le");
            let bound = le.map(|at| sample.labels.remove(at)).and_then(|(_, bound)| bound.parse().ok());
            let histogram = self.histograms.entry((base.to_owned(), sample.labels)).or_default();
            histogram.below.extend(bound.map(|bound| (bound, added.unwrap_or(0.0))));
            return;
        }
        if let (Some(base), Some(added)) = (sample.name.strip_suffix("_count"), added) {
            self.histograms.entry((base.to_owned(), sample.labels.clone())).or_default().added = added;
        }
        self.keep_added(sample, added);
    }

    fn told(self, now: Timestamp) -> Vec<String> {
        let mut sets = self.sets;
        for ((name, labels), histogram) in self.histograms {
            sets.entry(labels).or_default().extend(histogram.quantiles(&name));
        }
        sets.into_iter().filter(|(_, values)| !values.is_empty()).map(|(l, v)| told(&l, v, now)).collect()
    }
}

impl Histogram {
    fn quantiles(&self, name: &str) -> Vec<(String, f64)> {
        let bound = |part: f64| {
            let finite = self.below.iter().filter(|(bound, _)| bound.is_finite());
            let last = finite.clone().map(|(bound, _)| *bound).next_back().unwrap_or(0.0);
            finite.clone().find(|(_, below)| *below >= self.added * part).map_or(last, |(bound, _)| *bound)
        };
        match self.added > 0.0 {
            true => vec![(format!("{name}_p50"), bound(0.5)), (format!("{name}_p99"), bound(0.99))],
            false => Vec::new(),
        }
    }
}

fn told(labels: &Labels, values: Vec<(String, f64)>, now: Timestamp) -> String {
    let unit = |name: &str| match name {
        _ if name.contains("_seconds") && !name.ends_with("_count") => "Seconds",
        _ => "Count",
    };
    let metrics: Vec<Value> =
        values.iter().map(|(name, _)| json!({"Name": name, "Unit": unit(name)})).collect();
    let dimensions: Vec<&String> = labels.iter().map(|(label, _)| label).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({"Timestamp": now.unix_s() * 1000,
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics}]}),
    );
    line.extend(labels.iter().map(|(label, value)| (label.clone(), json!(value))));
    line.extend(values.into_iter().map(|(name, value)| (name, json!(value))));
    Value::Object(line).to_string()
}

struct Sample<'a> {
    name: &'a str,
    labels: Labels,
    value: f64,
}

impl<'a> Sample<'a> {
    /// `name{label="value",…} 1.5`, or without labels.
    fn read(line: &'a str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let (series, value) = line.rsplit_once(' ')?;
        let value = value.parse().ok()?;
        let Some((name, labels)) = series.split_once('{') else {
            return Some(Self { name: series, labels: Vec::new(), value });
        };
        // Our label values are words of our own: no quote and no comma is in them.
        let labels = labels.strip_suffix('}')?.split(',').filter(|label| !label.is_empty()).map(|label| {
            let (label, value) = label.split_once('=')?;
            Some((label.to_owned(), value.trim_matches('"').to_owned()))
        });
        Some(Self { name, labels: labels.collect::<Option<_>>()?, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "# HELP requests_total Requests\n# TYPE requests_total counter\n\
        requests_total{channel=\"sms\",status=\"200\"} 3\nrequests_total{channel=\"fax\",status=\"503\"} 0\n\
        # TYPE inbox_depth gauge\ninbox_depth{lane=\"sms\"} 7\n\
        # TYPE plain_total counter\nplain_total 0\n\
        # TYPE ack_seconds histogram\nack_seconds_bucket{channel=\"sms\",le=\"0.01\"} 90\n\
        ack_seconds_bucket{channel=\"sms\",le=\"0.1\"} 99\nack_seconds_bucket{channel=\"sms\",le=\"+Inf\"} 100\n\
        ack_seconds_sum{channel=\"sms\"} 1.5\nack_seconds_count{channel=\"sms\"} 100\n";

    fn read(lines: &[String]) -> Vec<Value> {
        lines.iter().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    #[test]
    fn the_first_round_lays_all_down_and_later_ones_tell_what_was_added() {
        let mut emf = Emf::default();
        let now = Timestamp::parse("2026-03-03T15:00:00Z").unwrap();
        let first = read(&emf.lines(FIRST, now));
        let of = |lines: &[Value], name: &str| lines.iter().find_map(|l| l.get(name).cloned());
        assert_eq!(first.len(), 5, "a line a set of labels");
        assert_eq!(of(&first, "plain_total"), Some(json!(0.0)));
        assert_eq!(of(&first, "inbox_depth"), Some(json!(7.0)));
        assert_eq!(of(&first, "ack_seconds_p50"), Some(json!(0.01)));
        assert_eq!(of(&first, "ack_seconds_p99"), Some(json!(0.1)));
        let failed = first.iter().find(|l| l["status"] == "503").unwrap();
        let directive = &failed["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(failed["requests_total"], json!(0.0));
        assert_eq!(directive["Dimensions"], json!([["channel", "status"]]));
        assert_eq!(directive["Metrics"], json!([{"Name": "requests_total", "Unit": "Count"}]));
        assert_eq!(failed["_aws"]["Timestamp"], json!(1_772_550_000_000_i64));

        let later = FIRST
            .replace("status=\"200\"} 3", "status=\"200\"} 5")
            .replace("lane=\"sms\"} 7", "lane=\"sms\"} 0");
        let later = read(&emf.lines(&later, now));
        assert_eq!(later.len(), 2, "nothing of what stayed: {later:?}");
        assert_eq!(of(&later, "requests_total"), Some(json!(2.0)));
        assert_eq!(of(&later, "inbox_depth"), Some(json!(0.0)));
    }

    #[test]
    fn every_series_of_ours_is_read() {
        let page = crate::metrics::install().unwrap().render();
        let names =
            |kind: &str| page.lines().filter(|l| l.starts_with("# TYPE") && l.ends_with(kind)).count();
        assert!(names("counter") > 10 && names("gauge") > 5 && names("histogram") > 0);
        let samples = page.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
        for line in samples {
            assert!(Sample::read(line).is_some(), "{line}");
        }
        let now = Timestamp::parse("2026-03-03T15:00:00Z").unwrap();
        for line in Emf::default().lines(&page, now) {
            let line: Value = serde_json::from_str(&line).unwrap();
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{line}");
            }
            for dimension in directive["Dimensions"][0].as_array().unwrap() {
                assert!(line[dimension.as_str().unwrap()].is_string(), "{line}");
            }
        }
    }
}
