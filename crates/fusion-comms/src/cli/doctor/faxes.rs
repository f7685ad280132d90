//! Faxes that do not come further: where each is stuck, and why.

use fusion_comms_core::time::Timestamp;

use super::place::Place;
use super::report::Line;
use super::{ago, now};
use crate::cli::output::{count, count_of};
use crate::queue::{Queue, SqsQueue};
use crate::store::checkup::{self, StuckFax};
use crate::store::{Db, StoreError, queue};

/// A fax is fetched and read within seconds; one of this age is stuck.
const STUCK_S: i64 = 5 * 60;
const LATELY_S: i64 = 24 * 3600;
const AT_MOST: i64 = 500;

pub(super) async fn check(place: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let now = now();
    let stuck = checkup::stuck_faxes(db, now.plus_s(-STUCK_S), AT_MOST).await?;
    let (receiving, received): (Vec<_>, Vec<_>) = stuck.into_iter().partition(|f| f.status == "receiving");
    let queued = if received.is_empty() { None } else { depth(place, db).await };
    let failed = checkup::failed_faxes(db, now.plus_s(-LATELY_S)).await?;
    Ok(vec![
        judged_receiving(&receiving, now),
        judged_received(&received, queued, now),
        judged_failed(&failed),
    ])
}

async fn depth(place: &Place, db: &Db) -> Option<i64> {
    match &place.config.storage.classify_queue_url {
        Some(url) => SqsQueue::open(url).await.depth().await.ok().map(|(n, _)| n),
        None => queue::depth(db).await.ok().map(|(n, _)| n),
    }
}

fn span(faxes: &[StuckFax], now: Timestamp) -> String {
    faxes.first().map_or_else(String::new, |oldest| ago(now.ms_since(oldest.since)))
}

/// The most frequent of the errors on the rows.
fn commonest(faxes: &[StuckFax]) -> Option<(&str, usize)> {
    let errors: Vec<&str> = faxes.iter().filter_map(|f| f.last_error.as_deref()).collect();
    let count = |e: &str| errors.iter().filter(|other| **other == e).count();
    errors.iter().map(|e| (*e, count(e))).max_by_key(|(_, n)| *n)
}

fn judged_receiving(faxes: &[StuckFax], now: Timestamp) -> Line {
    let (name, tried) =
        ("faxes.receiving", "looked for faxes of more than 5 minutes that are not in the store");
    let Some(first) = faxes.first() else { return Line::ok(name, tried, "no fax is stuck on its way in") };
    let (n, since) = (count_of(faxes.len(), "fax", "faxes"), span(faxes, now));
    if let Some((error, times)) = commonest(faxes) {
        let found = format!("{n} not in the store, the oldest for {since}: {error} ({times})");
        return Line::fail(name, tried, found).then(
            "Telnyx has them, and fetching or storing them fails; a link lives for minutes, then a new one is asked for",
            format!("mend what the error names (`buckets.docs`, `telnyx.key`), then `fusion-comms fax fetch {}`", first.id),
            "§8",
        );
    }
    if faxes.iter().any(|f| f.owed > 0) {
        return Line::fail(
            name,
            tried,
            format!("{n} not in the store, the oldest for {since}: the fetch is owed and no worker does it"),
        )
        .then("no worker runs, or none of the fax lane", "start a worker; see `workers`", "§8");
    }
    if faxes.iter().any(|f| f.given_up > 0) {
        return Line::fail(name, tried, format!("{n} not in the store: the fetch was given up")).then(
            "they are not in the system",
            format!("`fusion-comms fax fetch {}`", first.id),
            "§8",
        );
    }
    Line::warn(
        name,
        tried,
        format!("{n} began to arrive, the oldest {since} ago, and Telnyx has told of no end"),
    )
    .then(
        "the sender's machine is at it still, or the last webhook did not reach us",
        format!("`fusion-comms fax fetch {}` asks Telnyx for it", first.id),
        "§8",
    )
}

fn judged_received(faxes: &[StuckFax], queued: Option<i64>, now: Timestamp) -> Line {
    let (name, tried) =
        ("faxes.received", "looked for stored faxes of more than 5 minutes that nobody has read");
    let Some(first) = faxes.first() else {
        return Line::ok(name, tried, "no stored fax waits long to be read");
    };
    let (n, since) = (count_of(faxes.len(), "fax", "faxes"), span(faxes, now));
    let error = commonest(faxes).map(|(e, _)| format!("; last error: {e}")).unwrap_or_default();
    let stuck = format!("{n} `received` and not read, the oldest for {since}");
    let reprocess = format!("`fusion-comms fax reprocess {}` puts it on the queue again", first.id);
    if faxes.iter().any(|f| f.owed > 0) {
        return Line::fail(name, tried, format!("{stuck}: they wait to be put on the queue{error}")).then(
            "the queue does not take them, or no worker runs",
            "see `queue` and `workers`; they are put on it by themselves",
            "§8",
        );
    }
    match queued {
        Some(0) => {
            Line::fail(name, tried, format!("{stuck}: the queue is empty, so nobody will read them{error}"))
                .then(
                    "their messages are gone: worked in vain, deleted, or in the dead-letter queue",
                    reprocess,
                    "§8",
                )
        }
        Some(queued) => Line::fail(
            name,
            tried,
            format!("{stuck}: the queue holds {} and no worker takes them{error}", count(queued, "message")),
        )
        .then(
            "no worker of faxes runs, or each attempt fails",
            "start a worker (aws ecs list-tasks --family <AppName>-<env>-worker), see its log",
            "§8",
        ),
        None => Line::fail(name, tried, format!("{stuck}, and the queue cannot be asked{error}")).then(
            "whether their messages are still there is not known",
            "mend `queue` first",
            "§8",
        ),
    }
}

fn judged_failed(failed: &[(String, i64)]) -> Line {
    let (name, tried) = ("faxes.failed", "counted the faxes that failed in the last 24 hours");
    let n: i64 = failed.iter().map(|(_, n)| n).sum();
    let Some((error, times)) = failed.first() else {
        return Line::ok(name, tried, "no fax failed in the last 24 hours");
    };
    Line::warn(name, tried, format!("{n} failed; most often: {error} ({times})")).then(
        "they are not in the store: the sender's machine broke off, or they could not be fetched for a day",
        "`fusion-comms fax list --status failed`, then `fax fetch ID`; else the sender faxes again",
        "§8",
    )
}

#[cfg(test)]
mod tests {
    use super::super::report::Level;
    use super::*;
    use fusion_comms_core::ids::FaxId;

    fn fax(status: &str, error: Option<&str>, owed: i64, given_up: i64) -> StuckFax {
        StuckFax {
            id: FaxId::new("fax-1"),
            tenant: None,
            status: status.to_owned(),
            last_error: error.map(str::to_owned),
            since: Timestamp::from_unix_s(0),
            owed,
            given_up,
        }
    }

    #[test]
    fn a_fax_that_is_not_stored_is_stuck_at_storing_at_the_worker_or_at_telnyx() {
        let line = |fax| judged_receiving(&[fax], Timestamp::from_unix_s(600));
        let storing = line(fax("receiving", Some("the bucket does not exist"), 1, 0));
        assert_eq!(
            storing.found,
            "1 fax not in the store, the oldest for 10 min: the bucket does not exist (1)"
        );
        assert!(line(fax("receiving", None, 1, 0)).found.contains("no worker does it"));
        assert!(line(fax("receiving", None, 0, 1)).found.contains("given up"));
        assert_eq!(line(fax("receiving", None, 0, 0)).result, Level::Warn);
        assert_eq!(judged_receiving(&[], Timestamp::from_unix_s(0)).result, Level::Ok);
    }

    #[test]
    fn a_stored_fax_is_stuck_before_the_queue_in_it_or_after_it() {
        let line = |owed, queued| {
            judged_received(&[fax("received", None, owed, 0)], queued, Timestamp::from_unix_s(600))
        };
        assert!(line(1, Some(0)).found.contains("wait to be put on the queue"));
        assert!(line(0, Some(0)).next.contains("fax reprocess fax-1"));
        assert!(line(0, Some(3)).found.contains("holds 3 messages and no worker takes them"));
        assert!(line(0, None).found.contains("cannot be asked"));
    }
}
