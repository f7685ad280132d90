//! The processes of the service: whether workers run, and whether webhooks are answered.

use fusion_comms_core::time::Timestamp;

use super::place::Place;
use super::report::Line;
use super::{ago, now};
use crate::cli::output::count_of;
use crate::store::instances::{self, Instance};
use crate::store::{Db, StoreError};

/// A process tells of itself every ten seconds; one that has not for so long is gone.
const SILENT_MS: i64 = 60_000;

pub(super) fn lives(instance: &Instance, now: Timestamp) -> bool {
    instance.stopped_at.is_none() && now.ms_since(instance.seen_at) < SILENT_MS
}

pub(super) async fn processes(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let all = instances::list(db).await?;
    let now = now();
    Ok(vec![judged_workers(&all, now), judged_web(&all, now)])
}

fn judged_workers(all: &[Instance], now: Timestamp) -> Line {
    let (name, tried) =
        ("workers.alive", "looked for a process with workers that has told of itself in the last minute");
    let workers: Vec<&Instance> = all.iter().filter(|i| i.role != "web").collect();
    let alive = workers.iter().filter(|i| i.workers_run && lives(i, now)).count();
    if alive > 0 {
        return Line::ok(
            name,
            tried,
            format!("{} running workers", count_of(alive as i64, "process has", "processes have")),
        );
    }
    let starting = workers.iter().find(|i| lives(i, now));
    if starting.is_some_and(|i| now.ms_since(i.started_at) < SILENT_MS) {
        return Line::warn(name, tried, "a worker process has just started").then(
            "its workers are about to begin",
            "run `fusion-comms doctor` again in a minute",
            "§13",
        );
    }
    let starting = starting.is_some();
    let found = match workers.first() {
        _ if starting => "a worker process runs, but its workers have not begun".to_owned(),
        Some(last) => format!("no worker runs: {}", gone(last, now)),
        None => "no worker runs: none has ever told of itself on this database".to_owned(),
    };
    let next = if starting {
        "see its log and /readyz: it waits for the database or for the schema"
    } else {
        "start one: aws ecs list-tasks --family <AppName>-<env>-worker, or `fusion-comms worker`; then see its log"
    };
    Line::fail(name, tried, found).then(
        "what comes is kept and nothing is done: calls are not answered, texts do not leave, faxes are not read",
        next,
        "§13",
    )
}

fn judged_web(all: &[Instance], now: Timestamp) -> Line {
    let (name, tried) =
        ("web.alive", "looked for a process with webhooks that has told of itself in the last minute");
    let web: Vec<&Instance> = all.iter().filter(|i| i.role != "worker").collect();
    let alive = web.iter().filter(|i| lives(i, now)).count();
    if alive > 0 {
        return Line::ok(
            name,
            tried,
            format!("{} webhooks", count_of(alive as i64, "process answers", "processes answer")),
        );
    }
    let found = match web.first() {
        Some(last) => format!("nobody answers webhooks: {}", gone(last, now)),
        None => "nobody answers webhooks: no web process has ever told of itself on this database".to_owned(),
    };
    Line::fail(name, tried, found).then(
        "Telnyx and Stripe get no answer; Telnyx tries a call's events for a minute and a text's three times, Stripe for three days",
        "start one: aws ecs list-tasks --family <AppName>-<env>-backend, or `fusion-comms serve`; then see its log",
        "§13",
    )
}

fn gone(last: &Instance, now: Timestamp) -> String {
    match last.stopped_at {
        Some(at) => format!("the last, {}, stopped in order {} ago", last.name, ago(now.ms_since(at))),
        None => format!("the last, {}, has been silent for {}", last.name, ago(now.ms_since(last.seen_at))),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::report::Level;
    use super::*;

    pub(in crate::cli::doctor) fn instance(role: &str, seen_s: i64, stopped: bool) -> Instance {
        let at = Timestamp::from_unix_s(1_000_000);
        Instance {
            name: "host:8080".to_owned(),
            role: role.to_owned(),
            version: "0".to_owned(),
            telnyx_keys: "aa".to_owned(),
            stripe_secrets: Some("cc".to_owned()),
            workers_run: role != "web",
            started_at: at,
            seen_at: at.plus_s(-seen_s),
            stopped_at: stopped.then(|| at.plus_s(-seen_s)),
        }
    }

    #[test]
    fn a_worker_that_stopped_or_fell_silent_is_none() {
        let now = Timestamp::from_unix_s(1_000_000);
        let line = |i: Instance| judged_workers(&[i], now);
        assert_eq!(line(instance("all", 5, false)).result, Level::Ok);
        assert!(line(instance("worker", 61, false)).found.ends_with("has been silent for 61 s"));
        assert!(line(instance("worker", 600, true)).found.ends_with("stopped in order 10 min ago"));
        assert_eq!(line(instance("web", 5, false)).result, Level::Fail);
        let waits = Instance { workers_run: false, ..instance("worker", 5, false) };
        assert_eq!(line(waits.clone()).result, Level::Warn);
        let waits = Instance { started_at: now.plus_s(-60), ..waits };
        assert!(line(waits).found.contains("have not begun"));
        assert_eq!(judged_web(&[instance("web", 5, false)], now).result, Level::Ok);
        assert_eq!(judged_web(&[instance("worker", 5, false)], now).result, Level::Fail);
    }
}
