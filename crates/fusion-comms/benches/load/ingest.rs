//! How many events a second are taken at most. Closed loop: each sender has the next one ready once it is answered.
//! The workers run meanwhile, as in service; what they have not worked by the end is said.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fusion_comms::store::inbox::{self, Lane};
use fusion_comms_core::envelope::Channel;
use tokio::task::JoinSet;

use crate::arguments::Arguments;
use crate::events::{self, Signed};
use crate::figures::Figures;
use crate::host;
use crate::report::Report;
use crate::sender::Sender;
use crate::served::{On, TestApp};

/// Events signed in advance for each second: more than two cores can take.
const READY_PER_SECOND: u32 = 5000;

pub async fn run(arguments: &Arguments, on: On, program: &Path) -> anyhow::Result<Report> {
    let mut app = TestApp::prepare_program(program, on, |_| {}, &[]).await;
    app.found_agency();
    app.launch().await;
    let events = Arc::new(events::signed(&app, (READY_PER_SECOND * arguments.seconds) as usize));
    let began = Instant::now();
    let end = began + Duration::from_secs(arguments.seconds.into());
    let answers = send(&app, &events, arguments.senders, end).await;
    let took_s = began.elapsed().as_secs_f64();
    let stored = answers.iter().filter(|(status, _)| *status == Some(200)).count();
    let figures = Figures::new(answers.iter().map(|(_, took)| *took).collect());
    let per_second = f64::from(u32::try_from(stored).unwrap_or(u32::MAX)) / took_s;
    let mut waiting = 0;
    for lane in [Lane::Telnyx(Channel::Voice), Lane::Telnyx(Channel::Sms)] {
        waiting += inbox::depth(&app.db, lane).await?.waiting;
    }
    let lines = vec![
        format!(
            "  {per_second:.0} events/s held for {took_s:.1} s by {} senders; {waiting} of {stored} not worked yet",
            arguments.senders
        ),
        Figures::head("from sent to answered"),
        figures.row("keys and texts by turns"),
        format!("  not answered 200: {}; load {}", answers.len() - stored, host::load()),
    ];
    Ok(Report { lines, headline: vec![("ingest events/s", per_second), ("ingest p99 ms", figures.ms(99))] })
}

async fn send(
    app: &TestApp,
    events: &Arc<Vec<Signed>>,
    senders: u32,
    end: Instant,
) -> Vec<(Option<u16>, Duration)> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..senders {
        let (events, next, mut sender) = (events.clone(), next.clone(), Sender::new(&app.base));
        tasks.spawn(async move {
            let mut answers = Vec::new();
            while Instant::now() < end
                && let Some(event) = events.get(next.fetch_add(1, Ordering::Relaxed))
            {
                let sent = Instant::now();
                let status = sender.post(&event.request).await;
                answers.push((status, sent.elapsed()));
            }
            answers
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}
