//! Log lines: JSON with the fields at the top level, UTC, on standard output.
//!
//! Invariant: nothing private. Phone numbers appear as `***1234`; message texts, digits, names, links and secrets
//! never. Four phrases that operators search for are written by the functions here and by nothing else; alarms
//! and the runbook's queries count them. Other crates are heard from `warn` up whatever `RUST_LOG` says, since
//! what they say below that holds addresses and headers.

use std::fmt::Display;
use std::io;

use fusion_comms_core::ids::{CallControlId, EventId, TenantId};
use fusion_comms_core::phone::E164;
use tracing::{Level, Metadata, Subscriber, info, warn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, filter::filter_fn};

/// One line a refused webhook.
pub const SIGNATURE_REFUSED: &str = "signature verification failed";
/// One line a state that a call enters.
pub const IVR_STATE: &str = "ivr_state";
/// One line an opt-out recorded.
pub const SMS_OPT_OUT: &str = "sms_opt_out";
/// One line a caller who could not be put through to billing; an alarm counts it.
pub const IVR_TRANSFER_FAILED: &str = "ivr_transfer_failed";

/// Starts logging for a service: JSON lines on standard output, `info` and up unless `RUST_LOG` says otherwise.
///
/// A second call in one process changes nothing.
pub fn init_service() {
    install(json(io::stdout, filter("info")));
}

/// Starts logging for a command: plain text on standard error, `warn` and up unless `RUST_LOG` says otherwise,
/// so that standard output holds data only. A second call in one process changes nothing.
pub fn init_command() {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false).without_time();
    install(Registry::default().with(lines.with_filter(filter("warn")).with_filter(filter_fn(may_speak))));
}

/// Without the bridge from the `log` crate: what other crates say there is not for our lines.
fn install(subscriber: impl Subscriber + Send + Sync) {
    let already_set = tracing::subscriber::set_global_default(subscriber).is_err();
    if already_set {
        tracing::debug!("logging was started before");
    }
}

/// `RUST_LOG` where it is set and readable, else the given level for everything.
fn filter(default: &str) -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default))
}

/// Our own crates at any level, others from `warn` up.
fn may_speak(event: &Metadata<'_>) -> bool {
    event.target().starts_with("fusion_comms") || *event.level() <= Level::WARN
}

/// JSON lines: `timestamp`, `level`, `target`, `message` and the event's own fields side by side.
fn json<W>(writer: W, filter: EnvFilter) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        // Spans would nest their fields out of reach of the runbook's queries: fields are given to each event.
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(writer);
    Registry::default().with(lines.with_filter(filter).with_filter(filter_fn(may_speak)))
}

/// Records that a webhook was refused, and why in words that repeat nothing of it.
pub fn signature_refused(channel: &str, error: &dyn Display) {
    warn!(channel, reason = %error, "{SIGNATURE_REFUSED}");
}

/// Records that a call entered a state.
pub fn ivr_state(call: &CallControlId, tenant: Option<&TenantId>, state: &str) {
    info!(call_control_id = %call, tenant_id = tenant.map(TenantId::as_str), state, "{IVR_STATE}");
}

/// Records that a caller could not be put through to billing.
pub fn ivr_transfer_failed(call: &CallControlId, tenant: Option<&TenantId>) {
    warn!(call_control_id = %call, tenant_id = tenant.map(TenantId::as_str), "{IVR_TRANSFER_FAILED}");
}

/// Records that an opt-out was written, and from where we learned of it. `event` is the text's, where a text it was.
pub fn sms_opt_out(tenant: &TenantId, phone: &E164, source: &str, event: Option<&EventId>) {
    let event_id = event.map(EventId::as_str);
    info!(event_id, tenant_id = %tenant, phone = phone.masked(), source, "{SMS_OPT_OUT}");
}

/// `***1234` of anything that may be a phone number; `***` when fewer than eight digits would leave little hidden.
pub fn masked(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        0..8 => "***".to_owned(),
        n => format!("***{}", digits[n - 4..].iter().collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing::debug;

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `work` logs, parsed.
    fn lines(filter: &str, work: impl FnOnce()) -> Vec<Value> {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = json(move || writer.clone(), EnvFilter::new(filter));
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn fields_and_phrase_stand_at_the_top_level_of_a_line() {
        let call = CallControlId::new("v3:call");
        let tenant = TenantId::new("abc123");
        let seen = lines("info", || ivr_state(&call, Some(&tenant), "MENU"));
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0]["message"], IVR_STATE);
        assert_eq!(seen[0]["state"], "MENU");
        assert_eq!(seen[0]["tenant_id"], "abc123");
        assert_eq!(seen[0]["call_control_id"], "v3:call");
        assert!(seen[0]["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn each_phrase_makes_one_line_and_no_line_holds_two() {
        let phone = E164::parse("+12025550147").unwrap();
        let tenant = TenantId::new("abc123");
        let seen = lines("trace", || {
            signature_refused("sms", &"the timestamp is too old");
            ivr_state(&CallControlId::new("v3:call"), None, "DONE");
            sms_opt_out(&tenant, &phone, "sms_stop", Some(&EventId::new("e1")));
            ivr_transfer_failed(&CallControlId::new("v3:call"), Some(&tenant));
        });
        assert_eq!(seen.len(), 4);
        for phrase in [SIGNATURE_REFUSED, IVR_STATE, SMS_OPT_OUT, IVR_TRANSFER_FAILED] {
            assert_eq!(seen.iter().filter(|line| line.to_string().contains(phrase)).count(), 1, "{phrase}");
        }
        assert_eq!(seen[1].get("tenant_id"), None, "an unknown agency is left out");
        assert_eq!(seen[2]["phone"], "***0147");
        assert!(!seen.iter().any(|line| line.to_string().contains("2025550147")));
    }

    #[test]
    fn other_crates_say_nothing_below_warn_even_at_trace() {
        let seen = lines("trace", || {
            debug!(target: "hyper::proto", "a header");
            info!(target: "sqlx::query", "a statement");
            warn!(target: "sqlx::pool", "slow");
            debug!("ours");
        });
        let said: Vec<_> = seen.iter().map(|line| line["message"].as_str().unwrap()).collect();
        assert_eq!(said, ["slow", "ours"]);
    }

    #[test]
    fn masking_shows_four_digits_of_a_number_and_nothing_of_less() {
        assert_eq!(masked("+1 (202) 555-0147"), "***0147");
        assert_eq!(masked("anonymous"), "***");
        assert_eq!(masked("1234567"), "***");
    }
}
