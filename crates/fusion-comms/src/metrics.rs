//! Every number the service tells about itself, as Prometheus text.
//!
//! Invariant: every series with a known set of labels is there from the start, at 0, so that an alarm on a rate
//! never waits for the first failure. Names avoid the three phrases of `logs`, which metric lines may not hold.
//! Call sites use the functions of this module, never the names.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::store::PoolUse;

const CHANNELS: [&str; 4] = ["voice", "sms", "fax", "stripe"];
const ANSWERS: [u16; 7] = [200, 400, 405, 408, 413, 500, 503];
const IVR_STATES: [&str; 7] =
    ["MENU", "COLLECT_STATEMENT_ID", "COLLECT_SMS_PHONE", "SENDING_LINK", "LINK_SENT", "TRANSFER", "DONE"];
const SMS_STATUSES: [&str; 9] = [
    "received",
    "queued",
    "refused",
    "sending",
    "sent",
    "delivered",
    "delivery_unconfirmed",
    "failed",
    "unknown",
];
const FAX_STATUSES: [&str; 6] =
    ["receiving", "received", "classified", "needs_review", "unreadable", "failed"];

/// A webhook is acknowledged in milliseconds, and never in more than two seconds.
const ACK_BUCKETS_S: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0];
/// A text layer is read in milliseconds, a scanned fax in up to minutes.
const CLASSIFY_BUCKETS_S: [f64; 12] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// Lanes of the inbox and of the outbox, as label values.
const INBOX_LANES: [&str; 4] = ["voice", "sms", "fax", "stripe"];
const OUTBOX_LANES: [&str; 4] = ["voice", "link", "sms", "fax"];

/// The process's recorder, to render and to tend.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// The whole page of `GET /metrics`, `text/plain; version=0.0.4`.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds samples of histograms that nobody came to read, for ever. Without it they would pile up in memory.
    pub async fn tend(self) {
        let mut every = tokio::time::interval(Duration::from_secs(5));
        loop {
            every.tick().await;
            self.0.run_upkeep();
        }
    }
}

/// Starts the recorder and lays every series at 0. A second call in one process gives the same recorder.
///
/// # Errors
/// Only when something else in the process has installed a recorder of its own.
pub fn install() -> anyhow::Result<Metrics> {
    static INSTALLED: OnceLock<Result<Metrics, String>> = OnceLock::new();
    INSTALLED.get_or_init(|| start().map_err(|e| e.to_string())).clone().map_err(anyhow::Error::msg)
}

fn start() -> anyhow::Result<Metrics> {
    let handle = builder()?.install_recorder()?;
    describe();
    lay_at_zero();
    Ok(Metrics(handle))
}

fn builder() -> anyhow::Result<PrometheusBuilder> {
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full("webhook_ack_seconds".into()), &ACK_BUCKETS_S)?
        .set_buckets_for_metric(Matcher::Full("fax_classify_seconds".into()), &CLASSIFY_BUCKETS_S)?)
}

fn describe() {
    describe_counter!("telnyx_webhook_requests_total", "Webhook requests by channel and status");
    describe_histogram!("webhook_ack_seconds", "Ack latency of webhooks by channel, in seconds");
    describe_counter!("telnyx_event_insert_failures_total", "Event inserts failed, by channel");
    describe_counter!("telnyx_events_stored_total", "Events stored as new, by channel");
    describe_counter!(
        "telnyx_event_duplicates_total",
        "Duplicates: events that were stored before, by channel"
    );
    describe_counter!("webhook_signature_refusals_total", "Webhooks refused for their signature, by channel");
    describe_gauge!(
        "workers_running",
        "1 where this process works the inbox and the outbox, 0 where it does not"
    );
    describe_counter!("depth_reads_total", "Readings of the depths and ages by outcome");
    describe_gauge!("inbox_depth", "Inbox depth by lane: events not yet processed");
    describe_gauge!("inbox_oldest_age_seconds", "Inbox oldest age by lane, in seconds");
    describe_gauge!("outbox_depth", "Outbox depth by lane: effects not yet done");
    describe_gauge!("outbox_oldest_age_seconds", "Outbox oldest age by lane, in seconds");
    describe_gauge!("agency_tasks_open", "Open tasks for a person of an agency");
    describe_gauge!("texts_to_review", "Texts from people that wait for a person to read them");
    describe_gauge!("texts_to_review_overdue", "Of those, the ones whose second business day has come");
    describe_gauge!("parked", "Parked work that waits for a person, by kind");
    describe_counter!("effect_attempts_total", "Effect attempts by kind");
    describe_counter!("effect_failures_total", "Effect failures by kind");
    describe_counter!("ivr_entries_total", "IVR state entries by state");
    describe_counter!("ivr_transfer_failures_total", "IVR transfer failures");
    describe_counter!(
        "ivr_prompt_failures_total",
        "IVR prompts that could not be played and were spoken, by prompt"
    );
    describe_counter!("opt_outs_total", "Opt-outs recorded");
    describe_gauge!(
        "opt_out_unsealed_age_seconds",
        "Age of the oldest change of an opt-out that no seal covers, in seconds"
    );
    describe_gauge!(
        "agencies_frozen",
        "Agencies whose sending is frozen, as where a text went out after an opt-out"
    );
    describe_gauge!(
        "sms_after_opt_out",
        "Texts handed over after an opt-out, of the last 30 days, that nobody has looked into"
    );
    describe_counter!(
        "consent_looks_total",
        "Comparisons of the texts handed over with the opt-outs that stood, by outcome"
    );
    describe_counter!("sms_messages_total", "Texts by status");
    describe_counter!("sms_ambiguous_total", "Texts of which nobody can tell whether they were sent");
    describe_counter!("fax_documents_total", "Faxes by type and status");
    describe_histogram!("fax_classify_seconds", "Classify latency of faxes, in seconds");
    describe_gauge!("queue_depth", "Queue depth: faxes that wait to be classified");
    describe_gauge!("queue_oldest_message_age_seconds", "Age of the oldest message in the queue, in seconds");
    describe_gauge!("database_pool_connections", "Database pool connections by pool and state");
    describe_gauge!("database_pool_limit", "Database pool connections at most, by pool");
    describe_counter!("trace_spans_dropped_total", "Spans of traces that the collector did not take in time");
    describe_counter!(
        "secret_reads_total",
        "Readings of the secret in AWS Secrets Manager by outcome; unusable: read, and not used"
    );
    describe_counter!("telnyx_key_verified_total", "Key fingerprint that verified a webhook");
}

/// Makes each series whose labels are known appear before anything has happened.
fn lay_at_zero() {
    for channel in CHANNELS {
        for status in ANSWERS {
            counter!("telnyx_webhook_requests_total", "channel" => channel, "status" => status.to_string())
                .increment(0);
        }
        // Registering is enough: an empty histogram is rendered with a count of 0.
        let _registered = histogram!("webhook_ack_seconds", "channel" => channel);
        counter!("telnyx_event_insert_failures_total", "channel" => channel).increment(0);
        counter!("telnyx_events_stored_total", "channel" => channel).increment(0);
        counter!("telnyx_event_duplicates_total", "channel" => channel).increment(0);
        counter!("webhook_signature_refusals_total", "channel" => channel).increment(0);
    }
    counter!("trace_spans_dropped_total").increment(0);
    for outcome in ["read", "failed"] {
        counter!("secret_reads_total", "outcome" => outcome).increment(0);
        counter!("depth_reads_total", "outcome" => outcome).increment(0);
        counter!("consent_looks_total", "outcome" => outcome).increment(0);
    }
    counter!("secret_reads_total", "outcome" => "unusable").increment(0);
    workers_running(false);
    INBOX_LANES.into_iter().for_each(|lane| inbox(lane, 0, 0.0));
    OUTBOX_LANES.into_iter().for_each(|lane| outbox(lane, 0, 0.0));
    for kind in ["event", "effect", "fax"] {
        parked(kind, 0);
    }
    for kind in ["command", "text", "bill", "checkout", "expire_session", "fax_fetch", "fax_enqueue"] {
        counter!("effect_attempts_total", "kind" => kind).increment(0);
        counter!("effect_failures_total", "kind" => kind).increment(0);
    }
    for state in IVR_STATES {
        counter!("ivr_entries_total", "state" => state).increment(0);
    }
    counter!("ivr_transfer_failures_total").increment(0);
    for prompt in fusion_comms_core::ivr::Prompt::ALL {
        counter!("ivr_prompt_failures_total", "prompt" => prompt.name()).increment(0);
    }
    counter!("opt_outs_total").increment(0);
    opt_outs_unsealed(0.0);
    agencies_frozen(0);
    sms_after_opt_out(0);
    for status in SMS_STATUSES {
        counter!("sms_messages_total", "status" => status).increment(0);
    }
    counter!("sms_ambiguous_total").increment(0);
    for status in FAX_STATUSES {
        counter!("fax_documents_total", "type" => "none", "status" => status).increment(0);
    }
    let _registered = histogram!("fax_classify_seconds");
    queue(0, 0.0);
    for name in ["voice", "normal"] {
        database_pool(PoolUse { name, ..PoolUse::default() });
    }
    tasks_open(0);
    texts_to_review(0, 0);
}

/// A webhook was answered: by status, and how long it waited for that.
pub fn webhook_answered(channel: &'static str, status: u16, took: Duration) {
    counter!("telnyx_webhook_requests_total", "channel" => channel, "status" => status.to_string())
        .increment(1);
    histogram!("webhook_ack_seconds", "channel" => channel).record(took.as_secs_f64());
}

/// An event was stored for the first time.
pub fn event_stored(channel: &'static str) {
    counter!("telnyx_events_stored_total", "channel" => channel).increment(1);
}

/// An event came that was stored before.
pub fn event_duplicate(channel: &'static str) {
    counter!("telnyx_event_duplicates_total", "channel" => channel).increment(1);
}

/// An event could not be stored, so its sender was told to come again.
pub fn event_insert_failed(channel: &'static str) {
    counter!("telnyx_event_insert_failures_total", "channel" => channel).increment(1);
}

/// A webhook was refused for its signature.
pub fn signature_refused(channel: &'static str) {
    counter!("webhook_signature_refusals_total", "channel" => channel).increment(1);
}

/// Whether this process works the inbox and the outbox.
pub fn workers_running(run: bool) {
    gauge!("workers_running").set(f64::from(u8::from(run)));
}

/// The depths and ages were read, or could not be: then those of before still show.
pub fn depths_read(well: bool) {
    let outcome = if well { "read" } else { "failed" };
    counter!("depth_reads_total", "outcome" => outcome).increment(1);
}

/// A signature was verified by the key with that fingerprint, so that operators see when an old key falls silent.
pub fn key_verified(fingerprint: &str) {
    counter!("telnyx_key_verified_total", "fingerprint" => fingerprint.to_owned()).increment(1);
}

/// Lays the series of a configured key at 0. Called once a key at start.
pub fn key_known(fingerprint: &str) {
    counter!("telnyx_key_verified_total", "fingerprint" => fingerprint.to_owned()).increment(0);
}

/// Spans were not taken by the collector of traces, or none had room.
pub fn spans_dropped(n: u64) {
    counter!("trace_spans_dropped_total").increment(n);
}

/// How a reading of the secret that holds our keys ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretRead {
    /// Its values are in use.
    Read,
    /// It could not be read.
    Failed,
    /// It was read, and its values cannot be used.
    Unusable,
}

/// The secret that holds our keys was read again, or should have been.
pub fn secret_read(how: SecretRead) {
    let outcome = match how {
        SecretRead::Read => "read",
        SecretRead::Failed => "failed",
        SecretRead::Unusable => "unusable",
    };
    counter!("secret_reads_total", "outcome" => outcome).increment(1);
}

/// How much of the inbox waits, and since how many seconds the oldest.
pub fn inbox(lane: &'static str, depth: u64, oldest_age_s: f64) {
    gauge!("inbox_depth", "lane" => lane).set(depth as f64);
    gauge!("inbox_oldest_age_seconds", "lane" => lane).set(oldest_age_s);
}

/// How much of the outbox waits, and since how many seconds the oldest.
pub fn outbox(lane: &'static str, depth: u64, oldest_age_s: f64) {
    gauge!("outbox_depth", "lane" => lane).set(depth as f64);
    gauge!("outbox_oldest_age_seconds", "lane" => lane).set(oldest_age_s);
}

/// How much work of a kind (`event`, `effect`, `fax`) was given up and waits for a person.
pub fn parked(kind: &'static str, count: u64) {
    gauge!("parked", "kind" => kind).set(count as f64);
}

/// How much waits for a person of an agency.
pub fn tasks_open(count: u64) {
    gauge!("agency_tasks_open").set(count as f64);
}

/// How many texts wait for a person to read them, and of how many the second business day has come.
pub fn texts_to_review(waiting: u64, overdue: u64) {
    gauge!("texts_to_review").set(waiting as f64);
    gauge!("texts_to_review_overdue").set(overdue as f64);
}

/// An effect was tried.
pub fn effect_attempted(kind: &'static str) {
    counter!("effect_attempts_total", "kind" => kind).increment(1);
}

/// A try of an effect failed, for now or for good.
pub fn effect_failed(kind: &'static str) {
    counter!("effect_failures_total", "kind" => kind).increment(1);
}

/// A call entered a state.
pub fn ivr_entered(state: &'static str) {
    counter!("ivr_entries_total", "state" => state).increment(1);
}

/// A caller could not be put through to the billing team.
pub fn ivr_transfer_failed() {
    counter!("ivr_transfer_failures_total").increment(1);
}

/// A recording could not be played and was spoken instead.
pub fn prompt_failed(prompt: &'static str) {
    counter!("ivr_prompt_failures_total", "prompt" => prompt).increment(1);
}

/// An opt-out was recorded.
pub fn opted_out() {
    counter!("opt_outs_total").increment(1);
}

/// Since how many seconds the oldest change of an opt-out has no seal.
pub fn opt_outs_unsealed(oldest_age_s: f64) {
    gauge!("opt_out_unsealed_age_seconds").set(oldest_age_s);
}

/// How many agencies may not send now.
pub fn agencies_frozen(count: u64) {
    gauge!("agencies_frozen").set(count as f64);
}

/// How many texts left after an opt-out and have not been looked into.
pub fn sms_after_opt_out(count: u64) {
    gauge!("sms_after_opt_out").set(count as f64);
}

/// Texts were compared with the opt-outs that stood when they left, or could not be.
pub fn consent_looked(well: bool) {
    let outcome = if well { "read" } else { "failed" };
    counter!("consent_looks_total", "outcome" => outcome).increment(1);
}

/// A text reached a status.
pub fn text_reached(status: &'static str) {
    counter!("sms_messages_total", "status" => status).increment(1);
}

/// A text was handed over and no answer came: it may or may not have been sent.
pub fn text_ambiguous() {
    counter!("sms_ambiguous_total").increment(1);
}

/// A fax reached a status. `doc_type` is `none` as long as it has none.
pub fn fax_reached(doc_type: &'static str, status: &'static str) {
    counter!("fax_documents_total", "type" => doc_type, "status" => status).increment(1);
}

/// A fax was read and filed, or put before a person.
pub fn fax_classified(took: Duration) {
    histogram!("fax_classify_seconds").record(took.as_secs_f64());
}

/// How many faxes wait to be classified, and since how many seconds the oldest.
pub fn queue(depth: u64, oldest_age_s: f64) {
    gauge!("queue_depth").set(depth as f64);
    gauge!("queue_oldest_message_age_seconds").set(oldest_age_s);
}

/// How a database pool stands.
pub fn database_pool(pool: PoolUse) {
    gauge!("database_pool_limit", "pool" => pool.name).set(f64::from(pool.limit));
    for (state, connections) in [("in_use", pool.in_use), ("idle", pool.idle)] {
        gauge!("database_pool_connections", "pool" => pool.name, "state" => state)
            .set(f64::from(connections));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of the series with exactly that name and labels.
    fn value(page: &str, series: &str) -> Option<f64> {
        page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    /// The page after `work`, with a recorder of its own, since other tests of this binary count as well.
    fn page_after(work: impl FnOnce()) -> String {
        let recorder = builder().unwrap().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            describe();
            lay_at_zero();
            work();
        });
        recorder.handle().render()
    }

    #[test]
    fn every_series_is_there_from_the_start() {
        let page = page_after(|| ());
        for series in [
            r#"telnyx_webhook_requests_total{channel="fax",status="503"}"#,
            r#"webhook_ack_seconds_count{channel="voice"}"#,
            r#"telnyx_event_insert_failures_total{channel="sms"}"#,
            r#"telnyx_event_duplicates_total{channel="stripe"}"#,
            r#"inbox_depth{lane="voice"}"#,
            r#"inbox_oldest_age_seconds{lane="sms"}"#,
            r#"outbox_depth{lane="link"}"#,
            r#"outbox_oldest_age_seconds{lane="voice"}"#,
            "texts_to_review",
            "texts_to_review_overdue",
            r#"parked{kind="effect"}"#,
            r#"effect_attempts_total{kind="text"}"#,
            r#"effect_failures_total{kind="checkout"}"#,
            r#"ivr_entries_total{state="COLLECT_SMS_PHONE"}"#,
            "ivr_transfer_failures_total",
            r#"ivr_prompt_failures_total{prompt="menu"}"#,
            "opt_outs_total",
            r#"sms_messages_total{status="delivery_unconfirmed"}"#,
            "sms_ambiguous_total",
            r#"fax_documents_total{type="none",status="needs_review"}"#,
            "fax_classify_seconds_count",
            "queue_depth",
            "queue_oldest_message_age_seconds",
            r#"webhook_signature_refusals_total{channel="sms"}"#,
            "workers_running",
            r#"depth_reads_total{outcome="failed"}"#,
            "opt_out_unsealed_age_seconds",
            "agencies_frozen",
            "sms_after_opt_out",
            r#"consent_looks_total{outcome="failed"}"#,
            r#"database_pool_limit{pool="voice"}"#,
            r#"effect_failures_total{kind="expire_session"}"#,
            r#"database_pool_connections{pool="normal",state="idle"}"#,
        ] {
            assert_eq!(value(&page, series), Some(0.0), "{series}");
        }
    }

    #[test]
    fn what_happens_is_counted_in_its_own_series() {
        let page = page_after(|| {
            webhook_answered("fax", 503, Duration::from_millis(3));
            ivr_transfer_failed();
            inbox("voice", 7, 1.5);
            fax_classified(Duration::from_millis(30));
            fax_classified(Duration::from_millis(70));
        });
        assert_eq!(value(&page, r#"telnyx_webhook_requests_total{channel="fax",status="503"}"#), Some(1.0));
        assert_eq!(value(&page, r#"webhook_ack_seconds_bucket{channel="fax",le="0.005"}"#), Some(1.0));
        assert_eq!(value(&page, "ivr_transfer_failures_total"), Some(1.0));
        assert_eq!(value(&page, r#"inbox_depth{lane="voice"}"#), Some(7.0));
        assert_eq!(value(&page, r#"fax_classify_seconds_bucket{le="0.05"}"#), Some(1.0));
        assert_eq!(value(&page, "fax_classify_seconds_count"), Some(2.0));
    }

    #[test]
    fn a_series_has_a_description_and_no_line_holds_a_phrase_of_the_logs() {
        let page = page_after(|| key_known("0123456789abcdef"));
        let described = |name: &str| page.contains(&format!("# HELP {name} "));
        for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let name = line.split(' ').next().unwrap();
            assert!(described(name), "{name}");
        }
        assert!(install().is_ok() && install().is_ok(), "a second start is no error");
        for phrase in [crate::logs::SIGNATURE_REFUSED, crate::logs::IVR_STATE, crate::logs::SMS_OPT_OUT] {
            assert!(!page.contains(phrase), "{phrase}");
        }
    }
}
