//! `doctor`: what an operator asks at three in the morning, in one command. Each check says what was tried, what came,
//! what that means and what to do; none that fails or hangs keeps another from being made.
//!
//! Invariant: nothing here changes anything but two things that it says: a probe object in each bucket, and the freeze
//! of an agency that texted after an opt-out.

mod alarms;
mod consent;
mod database;
mod depths;
mod faxes;
mod payments;
mod place;
mod prompts;
mod report;
mod routes;
mod settings;
mod signatures;
mod storage;
mod stripe;
mod telnyx;
mod texts;
mod workers;

use std::future::Future;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use url::Url;

use self::place::{Place, Reached};
use self::report::{Level, Line, Report};
use super::audit::now;
use super::output;
use crate::store::migrations::SchemaState;
use crate::store::{Db, StoreError};

/// A check that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a question is put to a database that is busy, and how long between.
const TRIES: usize = 4;
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Where the world reaches this service: its routes are asked for from here, as Telnyx and payers would.
    #[arg(long, value_name = "URL", value_parser = address)]
    public_url: Option<Url>,
}

fn address(text: &str) -> Result<Url, String> {
    let wrong = || "an address is http:// or https:// and a host, as in https://pay.example.org".to_owned();
    let url = Url::parse(text).map_err(|_| wrong())?;
    let well = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if well { Ok(url) } else { Err(wrong()) }
}

pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let place = Place::look(args.public_url).await;
    let report = Report::of(all(&place).await);
    if args.json {
        output::json(&report)?;
    } else {
        output::put(&report.text())?;
    }
    Ok(if report.result == Level::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Every check, all at once; what they say, causes before what follows from them.
async fn all(place: &Place) -> Vec<Line> {
    let checks: Vec<BoxFuture<'_, Vec<Line>>> = vec![
        // What breaks the law stands before everything.
        asking(place, "consent.violations", consent::violations),
        asking(place, "consent.missed_stops", consent::missed_stops),
        // While it stands nothing leaves, whatever else is well.
        asking(place, "consent.restored", consent::restored),
        Box::pin(async { settings::check(place) }),
        Box::pin(async { database::reached(place) }),
        asking(place, "database.settings", database::check),
        asking(place, "workers", workers::processes),
        asking(place, "keys.webhooks", signatures::signatures),
        in_time("buckets", storage::buckets(place)),
        in_time("queue", storage::queue(place)),
        in_time("prompts", prompts::check(place)),
        in_time("telnyx", telnyx::check(place)),
        in_time("stripe", stripe::check(place)),
        in_time("public", routes::check(place)),
        asking(place, "faxes", faxes::check),
        asking(place, "texts", texts::check),
        asking(place, "payments", payments::check),
        asking(place, "inbox", depths::inbox),
        asking(place, "outbox", depths::outbox),
        asking(place, "leases", depths::leases),
        asking(place, "consent.frozen", consent::frozen),
        asking(place, "alarms", alarms::check),
    ];
    let shown = std::io::stderr().is_terminal();
    let total = checks.len();
    let mut lines: Vec<Vec<Line>> = vec![vec![]; total];
    let mut running: FuturesUnordered<_> =
        checks.into_iter().enumerate().map(|(at, check)| async move { (at, check.await) }).collect();
    let mut done = 0;
    while let Some((at, said)) = running.next().await {
        lines[at] = said;
        done += 1;
        if shown {
            eprint!("\rchecking: {done} of {total}{}", if done == total { "\n" } else { "" });
        }
    }
    lines.into_iter().flatten().collect()
}

/// A check with its time limit.
fn in_time<'a>(
    name: &'static str,
    check: impl Future<Output = Vec<Line>> + Send + 'a,
) -> BoxFuture<'a, Vec<Line>> {
    Box::pin(async move {
        tokio::time::timeout(PATIENCE, check).await.unwrap_or_else(|_| {
            let found = format!("no answer within {} s", PATIENCE.as_secs());
            vec![Line::fail(name, "asked, and waited", found).then(
                "whoever answers is overloaded or cannot be reached",
                "run `fusion-comms doctor` again; if it stays so, look at that part first",
                "§10",
            )]
        })
    })
}

/// A check that asks the database, or a word on why it could not. A few at a time, and again where the database was
/// only busy: a machine in trouble answers slowly.
fn asking<'a, F>(
    place: &'a Place,
    name: &'static str,
    check: impl Fn(&'a Place, &'a Db) -> F + Send + Sync + 'a,
) -> BoxFuture<'a, Vec<Line>>
where
    F: Future<Output = Result<Vec<Line>, StoreError>> + Send + 'a,
{
    let tried = "asked the database";
    in_time(name, async move {
        let Reached::Db { db, schema } = &place.reached else {
            let found = "not checked: the database cannot be used";
            return vec![Line::warn(name, tried, found).then(
                "nothing is known of this",
                "see `database`",
                "§13",
            )];
        };
        let _turn = place.turns.acquire().await;
        let mut said = check(place, db).await;
        for _ in 1..TRIES {
            if !said.as_ref().is_err_and(StoreError::is_passing) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            said = check(place, db).await;
        }
        let is_ours = matches!(schema, SchemaState::Current | SchemaState::NewerCompatible);
        match said {
            Ok(lines) => lines,
            Err(e) if is_ours => vec![Line::fail(name, tried, e.to_string()).then(
                "the database did not answer this question",
                "run `fusion-comms doctor` again; if it stays so, look at the database's own log",
                "§13",
            )],
            Err(_) => {
                let found = "not checked: the schema is not this program's";
                vec![Line::warn(name, tried, found).then(
                    "nothing is known of this",
                    "see `database.schema`",
                    "§13",
                )]
            }
        }
    })
}

/// Another's clock against ours: `offset_ms` is theirs minus ours.
fn clock_line(check: &'static str, whose: &str, offset_ms: i64, place: &Place) -> Line {
    let tolerance_s = place.config.web.as_ref().map_or(300, |web| i64::from(web.tolerance_s));
    let level = judged_offset(offset_ms, tolerance_s);
    let off = ago(offset_ms.abs());
    let found = match (level, offset_ms) {
        (Level::Ok, _) => format!("{whose} and ours agree"),
        (_, 0..) => format!("our clock is {off} behind {whose}"),
        (_, _) => format!("our clock is {off} ahead of {whose}"),
    };
    Line::judged(level, check, format!("compared our clock with {whose}"), found).then(
        format!("webhooks whose time differs by more than {tolerance_s} s are refused with 400"),
        "set this machine's clock by NTP (chronyc tracking, timedatectl)",
        "§3",
    )
}

/// Half a minute is told; near the tolerance webhooks begin to be refused.
fn judged_offset(offset_ms: i64, tolerance_s: i64) -> Level {
    match offset_ms.abs() {
        ms if ms >= tolerance_s * 800 => Level::Fail,
        ms if ms > 30_000 => Level::Warn,
        _ => Level::Ok,
    }
}

/// `12 s`, `4 min`, `3 h`, `5 days`.
fn ago(ms: i64) -> String {
    match ms.max(0) / 1000 {
        s @ ..120 => format!("{s} s"),
        s @ 120..7_200 => format!("{} min", s / 60),
        s @ 7_200..172_800 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_warns_and_near_the_tolerance_fails() {
        let level = |ms| judged_offset(ms, 300);
        assert_eq!([level(0), level(30_000), level(-30_000)], [Level::Ok; 3]);
        assert_eq!([level(31_000), level(-239_000)], [Level::Warn; 2]);
        assert_eq!([level(240_000), level(-900_000)], [Level::Fail; 2]);
        assert_eq!(judged_offset(41_000, 50), Level::Fail);
    }

    #[test]
    fn a_span_is_told_in_the_unit_that_people_use() {
        assert_eq!([0, 119_999, 120_000].map(ago), ["0 s", "119 s", "2 min"]);
        assert_eq!([7_200_000, 172_800_000, -5].map(ago), ["2 h", "2 days", "0 s"]);
    }

    #[test]
    fn an_address_is_http_and_a_host() {
        assert!(address("https://pay.example.org").is_ok() && address("http://127.0.0.1:8080/").is_ok());
        assert!(address("pay.example.org").is_err() && address("ftp://a").is_err() && address("").is_err());
    }
}
