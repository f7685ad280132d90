//! How long an event waits for its 200 at a fixed rate. Open loop: an event is due by the clock, whether or not the
//! ones before it are answered, and its time runs from when it was due.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::arguments::Arguments;
use crate::events::{self, Channel, Signed};
use crate::figures::Figures;
use crate::host;
use crate::report::Report;
use crate::sender::Sender;
use crate::served::{On, TestApp};

/// Connections: enough that an event waits for one only where the service is far behind.
const CONNECTIONS: usize = 64;

struct Answered {
    channel: Channel,
    status: Option<u16>,
    took: Duration,
}

pub async fn run(arguments: &Arguments, on: On, program: &Path) -> anyhow::Result<Report> {
    let mut app = TestApp::prepare_program(program, on, |_| {}, &[]).await;
    app.found_agency();
    app.launch().await;
    let n = (arguments.rate * arguments.seconds) as usize;
    // The first second warms connections and caches, and is not counted.
    let warm_up = arguments.rate as usize;
    let events = Arc::new(events::signed(&app, n + warm_up));
    let gap = Duration::from_secs(1) / arguments.rate;
    let answers = send(&app, &events, gap).await;
    let counted = &answers[warm_up.min(answers.len())..];

    let of = |channel: Option<Channel>| {
        let took = counted.iter().filter(|a| channel.is_none_or(|c| c == a.channel)).map(|a| a.took);
        Figures::new(took.collect())
    };
    let refused = counted.iter().filter(|a| a.status != Some(200)).count();
    let all = of(None);
    let lines = vec![
        Figures::head(&format!("from due to answered, {}/s", arguments.rate)),
        all.row("all"),
        of(Some(Channel::Voice)).row("voice: call.dtmf.received"),
        of(Some(Channel::Sms)).row("texts: message.received"),
        format!("  not answered 200: {refused}; load {}", host::load()),
    ];
    Ok(Report { lines, headline: vec![("ack p50 ms", all.ms(50)), ("ack p99 ms", all.ms(99))] })
}

/// Every event's answer, in the order in which they were due.
async fn send(app: &TestApp, events: &Arc<Vec<Signed>>, gap: Duration) -> Vec<Answered> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now() + Duration::from_millis(100);
    let mut senders = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (events, next, mut sender) = (events.clone(), next.clone(), Sender::new(&app.base));
        senders.spawn(async move {
            let mut answered = Vec::new();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(event) = events.get(i) else { return answered };
                let due = start + gap * u32::try_from(i).unwrap_or(u32::MAX);
                sleep_until(due).await;
                let status = sender.post(&event.request).await;
                answered.push((i, Answered { channel: event.channel, status, took: due.elapsed() }));
            }
        });
    }
    let mut all: Vec<(usize, Answered)> = senders.join_all().await.into_iter().flatten().collect();
    all.sort_by_key(|(i, _)| *i);
    all.into_iter().map(|(_, answered)| answered).collect()
}
