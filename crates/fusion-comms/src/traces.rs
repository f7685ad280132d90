//! Traces over OTLP: one from a webhook to its last effect, across processes and restarts.
//!
//! A trace's id is made of what orders the work (the call, the text, the fax), so that every process finds the same one;
//! an effect carries the context of its cause in the outbox (W3C trace context). Spans hold ids, kinds and outcomes:
//! no phone number, text, key or address. Where `OTEL_EXPORTER_OTLP_ENDPOINT` is not set, nothing is gathered.
//!
//! Nothing waits for the collector: what it does not take in time is dropped and counted.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use fusion_comms_core::ids::derived_id;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::clock::Clock;
use crate::{metrics, provider};

/// Spans that may wait for the collector.
const WAITING: usize = 4096;
/// Spans of one request at most, and how long the first of them waits.
const BATCH: usize = 512;
const EVERY: Duration = Duration::from_secs(2);

static GATHERED: OnceLock<mpsc::Sender<SpanData>> = OnceLock::new();

tokio::task_local! {
    static CURRENT: Context;
}

/// A place in a trace: what is caused here has this as its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    trace: u128,
    span: u64,
}

impl Context {
    /// Of an event, by the key that orders its work: every process makes the same of it.
    pub fn of_event(order_key: Option<&str>, event_id: &str) -> Self {
        Self {
            trace: derived_id(order_key.unwrap_or(event_id), "trace").as_u128(),
            span: span_id(event_id, "webhook"),
        }
    }

    /// Of work whose cause is no event, by its order key: a span without a parent in the same trace.
    pub fn of_work(order_key: &str) -> Self {
        Self { trace: derived_id(order_key, "trace").as_u128(), span: 0 }
    }

    /// `00-<trace>-<span>-01`, as written by [`fmt::Display`].
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("00-")?.split('-');
        let (trace, span) = (parts.next()?, parts.next()?);
        Some(Self { trace: u128::from_str_radix(trace, 16).ok()?, span: u64::from_str_radix(span, 16).ok()? })
    }

    fn as_span(self) -> SpanContext {
        let (trace, span) =
            (TraceId::from_bytes(self.trace.to_be_bytes()), SpanId::from_bytes(self.span.to_be_bytes()));
        SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::default())
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace, self.span)
    }
}

/// Eight bytes of an id, never all zero.
fn span_id(cause: &str, place: &str) -> u64 {
    derived_id(cause, place).as_u64_pair().1.max(1)
}

/// Where the running work stands, if it is part of a trace.
pub fn current() -> Option<Context> {
    CURRENT.try_with(|context| *context).ok()
}

/// What a span tells besides its name and times.
#[derive(Default)]
pub struct Told {
    pub attributes: Vec<(&'static str, String)>,
    /// Why it failed, in our words.
    pub failed: Option<String>,
}

/// A webhook whose span is to be told of once it is stored.
pub struct Webhook {
    event: Context,
    channel: &'static str,
    told: Told,
}

/// Notes a webhook; its span's id is the event's. `None` where nobody gathers spans: then the ack path does no work for them.
pub fn webhook(
    channel: &'static str,
    order_key: Option<&str>,
    event_id: &str,
    event_type: &str,
) -> Option<Webhook> {
    GATHERED.get()?;
    let attributes = vec![("event_id", event_id.to_owned()), ("event_type", event_type.to_owned())];
    Some(Webhook {
        event: Context::of_event(order_key, event_id),
        channel,
        told: Told { attributes, failed: None },
    })
}

impl Webhook {
    /// It is stored.
    pub fn stored(self, took: Duration) {
        let name = format!("webhook {}", self.channel);
        record(self.event, 0, name, SpanKind::Server, took, self.told);
    }
}

/// Does a piece of work as a span under `parent`; what it causes meanwhile carries the span's context. `tell` says
/// afterwards what is to be known of it.
pub async fn within<T>(
    parent: Context,
    name: String,
    tell: impl FnOnce(&T) -> Told,
    work: impl Future<Output = T>,
) -> T {
    let started = std::time::Instant::now();
    let place = format!("{name} {}", Clock::system().now());
    let own = Context { trace: parent.trace, span: span_id(&parent.to_string(), &place) };
    let done = CURRENT.scope(own, work).await;
    if GATHERED.get().is_some() {
        record(own, parent.span, name, SpanKind::Consumer, started.elapsed(), tell(&done));
    }
    done
}

fn record(own: Context, parent: u64, name: String, kind: SpanKind, took: Duration, told: Told) {
    let Some(gathered) = GATHERED.get() else { return };
    let micros = u64::try_from(Clock::system().now().unix_micros()).unwrap_or(0);
    let end = SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
    let span = SpanData {
        span_context: own.as_span(),
        parent_span_id: SpanId::from_bytes(parent.to_be_bytes()),
        parent_span_is_remote: true,
        span_kind: kind,
        name: name.into(),
        start_time: end.checked_sub(took).unwrap_or(end),
        end_time: end,
        attributes: told.attributes.into_iter().map(|(name, value)| KeyValue::new(name, value)).collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: told.failed.map_or(Status::Unset, Status::error),
        instrumentation_scope: InstrumentationScope::builder("fusion-comms")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build(),
    };
    if gathered.try_send(span).is_err() {
        metrics::spans_dropped(1);
    }
}

/// Begins to gather spans for the collector at `base`; the future hands them over until it is stopped, the rest then.
/// Headers, time limit and service name are those of the standard `OTEL_` variables.
///
/// # Errors
/// When the exporter cannot be set up.
pub fn start(base: &Url, stop: CancellationToken) -> anyhow::Result<impl Future<Output = ()> + use<>> {
    let endpoint = format!("{}/v1/traces", base.as_str().trim_end_matches('/'));
    let mut exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(provider::client(base)?)
        .with_endpoint(endpoint)
        .build()
        .context("traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT")?;
    let mut resource = Resource::builder();
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name("fusion-comms");
    }
    exporter.set_resource(&resource.build());
    let (give, take) = mpsc::channel(WAITING);
    // A second service in one process, as in tests, shares the first one's collector.
    let first = GATHERED.set(give).is_ok();
    Ok(async move {
        if first {
            hand_over(exporter, take, stop).await;
        }
    })
}

async fn hand_over(
    exporter: opentelemetry_otlp::SpanExporter,
    mut take: mpsc::Receiver<SpanData>,
    stop: CancellationToken,
) {
    let mut reached = true;
    loop {
        let stopped = tokio::select! {
            () = tokio::time::sleep(EVERY) => false,
            () = stop.cancelled() => true,
        };
        let mut batch = Vec::new();
        while let Ok(span) = take.try_recv() {
            batch.push(span);
            if batch.len() == BATCH {
                reached = export(&exporter, std::mem::take(&mut batch), reached).await;
            }
        }
        if !batch.is_empty() {
            reached = export(&exporter, batch, reached).await;
        }
        if stopped {
            return;
        }
    }
}

/// Says so where the collector is lost or found again. What it did not take is not kept.
async fn export(exporter: &opentelemetry_otlp::SpanExporter, batch: Vec<SpanData>, reached: bool) -> bool {
    let n = batch.len();
    let taken = exporter.export(batch).await.is_ok();
    match (reached, taken) {
        (true, false) => {
            tracing::warn!("the collector of traces does not answer; spans are dropped until it does")
        }
        (false, true) => tracing::info!("the collector of traces answers"),
        _ => {}
    }
    if !taken {
        metrics::spans_dropped(n as u64);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_written_and_read_as_w3c_writes_it() {
        let context = Context::of_event(Some("call-1"), "event-1");
        let text = context.to_string();
        assert_eq!((text.len(), &text[..3], &text[52..]), (55, "00-", "-01"));
        assert_eq!(Context::parse(&text), Some(context));
        for bad in ["", "00-xyz", "01-00000000000000000000000000000001-0000000000000001-01", "00-1-"] {
            assert_eq!(Context::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn events_of_one_key_are_of_one_trace_and_each_has_a_span_of_its_own() {
        let of = |key, id| Context::of_event(key, id);
        let (one, two) = (of(Some("call-1"), "e1"), of(Some("call-1"), "e2"));
        assert_eq!(one.trace, two.trace);
        assert_ne!(one.span, two.span);
        assert_ne!(one.trace, of(None, "e1").trace);
    }

    #[tokio::test]
    async fn what_work_causes_carries_its_context() {
        let parent = Context::of_event(None, "e1");
        assert_eq!(current(), None);
        let inside =
            within(parent, "work".to_owned(), |_| Told::default(), async { current() }).await.unwrap();
        assert_eq!(inside.trace, parent.trace);
        assert_ne!(inside.span, parent.span);
    }
}
