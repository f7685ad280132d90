//! Calls from ringing to goodbye, many at a time, and what each caller waits after a key.
//!
//! Calls arrive by the clock (at irregular gaps, so that they do not go in lockstep), at the rate by which so many are
//! on the line at a time. What is keyed while the line fills, or once no new call comes, is not counted.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use fusion_comms::sim::telnyx::{CallPlan, Moment, Pace};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::arguments::Arguments;
use crate::figures::Figures;
use crate::host;
use crate::presses::{self, Heard, Press, STEPS};
use crate::report::Report;
use crate::served::{LINE, On, TENANT, TestApp, within};

/// A call that has not ended by then, counted from the last arrival, never will.
const LAST_CALLS: Duration = Duration::from_secs(60);
/// Calls before the run, by which a call's length is known; they warm the service as well.
const PILOTS: u32 = 3;

struct Run {
    heard: Heard,
    /// From when to when the line was full.
    full: (Instant, Instant),
    /// Processor time of the service per second of that.
    cpu: f64,
}

pub async fn run(arguments: &Arguments, on: On, program: &Path) -> anyhow::Result<Report> {
    let run = play(arguments, on, program).await?;
    let within_full = |at: Instant| at >= run.full.0 && at <= run.full.1;
    let presses: Vec<&Press> =
        run.heard.calls.iter().flat_map(|c| &c.presses).filter(|p| within_full(p.key)).collect();
    let unanswered = presses.iter().filter(|p| p.command.is_none()).count();
    let of = |step: Option<usize>, took: fn(&Press) -> Option<Duration>| {
        let those = presses.iter().filter(|p| step.is_none_or(|s| s == p.step));
        Figures::new(those.filter_map(|p| took(p)).collect())
    };
    let total = of(None, Press::since_key);
    let mut lines = vec![Figures::head("from key press to command"), total.row("all")];
    lines.extend(STEPS.iter().enumerate().map(|(i, name)| of(Some(i), Press::since_key).row(name)));
    lines.push(Figures::head("from call.gather.ended sent to command"));
    lines.push(of(None, Press::since_sent).row("all"));
    lines.extend(STEPS.iter().enumerate().map(|(i, name)| of(Some(i), Press::since_sent).row(name)));
    lines.extend(ack_lines(&run, within_full));
    let (least, mean, most) = on_the_line(&run);
    let unended =
        run.heard.calls.iter().filter(|c| c.ended.is_none() || c.presses.len() < STEPS.len()).count();
    lines.push(format!(
        "  calls on the line {mean:.0} ({least} to {most}); key presses without a command {unanswered}; \
         calls not ended or short of an entry {unended}; service {:.0} % of a core; load {}",
        run.cpu * 100.0,
        host::load()
    ));
    let headline = vec![("key to command p50 ms", total.ms(50)), ("key to command p99 ms", total.ms(99))];
    Ok(Report { lines, headline })
}

fn ack_lines(run: &Run, within_full: impl Fn(Instant) -> bool) -> Vec<String> {
    let acks: Vec<_> = run.heard.acks.iter().filter(|a| within_full(a.due)).collect();
    let refused = acks.iter().filter(|a| !a.taken).count();
    let keys = acks.iter().filter(|a| a.is_key).map(|a| a.took());
    vec![
        Figures::head("from webhook sent to answered, meanwhile"),
        Figures::new(acks.iter().map(|a| a.took()).collect()).row("all webhooks"),
        Figures::new(keys.collect()).row("call.dtmf.received"),
        format!("  webhooks not answered 2xx: {refused}"),
    ]
}

/// How many calls were on the line when one arrived: least, mean, most.
fn on_the_line(run: &Run) -> (usize, f64, usize) {
    let calls = &run.heard.calls;
    let at = |t: Instant| calls.iter().filter(|c| c.began <= t && c.ended.is_none_or(|e| e > t)).count();
    let counts: Vec<usize> =
        calls.iter().map(|c| c.began).filter(|b| *b >= run.full.0 && *b <= run.full.1).map(at).collect();
    let mean = counts.iter().sum::<usize>() as f64 / counts.len().max(1) as f64;
    (counts.iter().copied().min().unwrap_or(0), mean, counts.iter().copied().max().unwrap_or(0))
}

async fn play(arguments: &Arguments, on: On, program: &Path) -> anyhow::Result<Run> {
    let (watch, mut moments) = unbounded_channel();
    let mut app = TestApp::prepare_program(program, on, |o| o.watch = Some(watch), &[]).await;
    app.found_agency();
    import_statements(&app, arguments.calls + PILOTS);
    app.launch().await;
    let pid = app.child.as_ref().context("the service does not run")?.id();
    let length = pilot(&app, arguments, &mut moments).await?;

    let gap = length / arguments.at_once;
    let mut random = StdRng::seed_from_u64(7);
    let (began, mut cpu_before, mut due) = (Instant::now(), 0.0, Instant::now());
    let mut calls = Vec::new();
    for i in 0..arguments.calls {
        due += gap.mul_f64(random.random_range(0.0..2.0));
        tokio::time::sleep_until(due.into()).await;
        if i == arguments.at_once {
            cpu_before = host::cpu_s(pid);
        }
        calls.push(app.sim.telnyx.start_call(caller(PILOTS + i, arguments.pace)));
    }
    let full = (began + length, Instant::now());
    let cpu = (host::cpu_s(pid) - cpu_before) / full.1.saturating_duration_since(full.0).as_secs_f64();
    let all_ended = || async { calls.iter().all(|id| app.sim.telnyx.call(id).is_none_or(|c| c.ended)) };
    within(LAST_CALLS, all_ended).await;
    // The last answers are still on their way.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let heard = presses::heard(std::iter::from_fn(|| moments.try_recv().ok()).collect());
    Ok(Run { heard, full, cpu })
}

/// A few calls on a quiet line; the length of the last one. Forgets their moments.
async fn pilot(
    app: &TestApp,
    arguments: &Arguments,
    moments: &mut UnboundedReceiver<Moment>,
) -> anyhow::Result<Duration> {
    let mut length = Duration::ZERO;
    for i in 0..PILOTS {
        let began = Instant::now();
        let id = app.sim.telnyx.start_call(caller(i, arguments.pace));
        let ended = || async { app.sim.telnyx.call(&id).is_some_and(|c| c.ended) };
        if !within(LAST_CALLS, ended).await {
            bail!("a single call does not come to its end; the service says:\n{}", app.logs());
        }
        length = began.elapsed();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    while moments.try_recv().is_ok() {}
    Ok(length)
}

/// A caller with a statement and a phone of their own, who does everything right.
fn caller(i: u32, pace: f64) -> CallPlan {
    CallPlan::new(&format!("+1720555{:04}", i % 10_000), LINE)
        .press("menu", "1")
        .press("collect_statement", &format!("{}#", statement(i)))
        .press("collect_phone", &format!("303555{:04}#", i % 10_000))
        .pace(Pace(pace))
}

fn statement(i: u32) -> u32 {
    31_000_000 + i
}

fn import_statements(app: &TestApp, n: u32) {
    let mut table = "statement_id,amount_cents,currency,case_id,status\n".to_owned();
    (0..n).for_each(|i| table.push_str(&format!("{},12500,usd,,open\n", statement(i))));
    let file = app.file("calls.csv", &table);
    app.command(&["statement", "import", &file, "--tenant", TENANT]);
}
