//! Which of the four alarms of the runbook would stand now, from what the database knows.

use fusion_comms_core::storm::Traffic;
use fusion_comms_core::time::Timestamp;

use super::place::Place;
use super::report::{Level, Line};
use super::{ago, now};
use crate::store::{Db, StoreError, checkup, instances, queue};

const FIVE_MINUTES_S: i64 = 300;
const TEN_MINUTES_S: i64 = 600;
/// Seconds that the oldest message of the fax queue may wait.
const QUEUE_S: i64 = 300;
const TRANSFERS: i64 = 5;
/// A fax is fetched within seconds, and its message is as old as its row.
const AT_MOST: i64 = 1;

/// What the alarms are made of.
#[derive(Clone, Copy, Debug, Default)]
struct Now {
    webhooks: i64,
    not_stored: i64,
    /// Milliseconds that the oldest fax waits to be read.
    queue_ms: i64,
    transfers_failed: i64,
}

pub(super) async fn check(place: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let at = now();
    let traffic = instances::traffic(db, at.plus_s(-FIVE_MINUTES_S)).await?;
    let telnyx = traffic.iter().filter(|t| t.channel != "stripe");
    let (webhooks, not_stored) =
        telnyx.fold((0, 0), |(all, lost), t: &Traffic| (all + t.all(), lost + t.failed));
    let transfers_failed = checkup::transfers_failed(db, at.plus_s(-TEN_MINUTES_S)).await?;
    let now = Now { webhooks, not_stored, queue_ms: oldest_ms(place, db, at).await?, transfers_failed };
    Ok(vec![judged(&now)])
}

/// SQS tells the age to CloudWatch only: there the oldest fax that waits stands for it.
async fn oldest_ms(place: &Place, db: &Db, at: Timestamp) -> Result<i64, StoreError> {
    let oldest = if place.config.storage.classify_queue_url.is_some() {
        let stuck = checkup::stuck_faxes(db, at, AT_MOST).await?;
        stuck.into_iter().filter(|f| f.status == "received").map(|f| f.since).next()
    } else {
        queue::depth(db).await?.1
    };
    Ok(oldest.map_or(0, |oldest| at.ms_since(oldest)))
}

fn judged(now: &Now) -> Line {
    let tried = "worked out the four alarms of §9 from the database";
    let mut stand = Vec::new();
    if now.not_stored * 100 > now.webhooks {
        stand.push(format!(
            "5xx over 1 % on /webhooks/telnyx/* ({} of {} in 5 min)",
            now.not_stored, now.webhooks
        ));
    }
    if now.not_stored > 0 {
        stand.push(format!("events could not be stored ({} in 5 min)", now.not_stored));
    }
    if now.queue_ms > QUEUE_S * 1000 {
        stand.push(format!("the fax queue's oldest message is {} old", ago(now.queue_ms)));
    }
    if now.transfers_failed > TRANSFERS {
        stand.push(format!("{} transfers failed in 10 min", now.transfers_failed));
    }
    if stand.is_empty() {
        return Line::ok("alarms", tried, "no alarm stands");
    }
    let next = match () {
        () if now.not_stored > 0 => "see `database`",
        () if now.queue_ms > QUEUE_S * 1000 => "see `workers` and `queue`",
        () => {
            "call the agency: its line is busy or does not answer; `fusion-comms task list --kind call_back`"
        }
    };
    Line::judged(Level::Fail, "alarms", tried, stand.join("; ")).then(
        "the on-call person is paged",
        next,
        "§9",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alarm_stands_from_its_threshold_on() {
        let found = |now| judged(&now).found;
        assert_eq!(found(Now { webhooks: 100, ..Now::default() }), "no alarm stands");
        let stored = Now { webhooks: 1000, not_stored: 1, ..Now::default() };
        assert_eq!(found(stored), "events could not be stored (1 in 5 min)");
        let many = found(Now { webhooks: 100, not_stored: 2, ..Now::default() });
        assert!(many.starts_with("5xx over 1 %"), "{many}");
        assert_eq!(found(Now { queue_ms: 300_000, ..Now::default() }), "no alarm stands");
        let late = found(Now { queue_ms: 300_001, ..Now::default() });
        assert_eq!(late, "the fax queue's oldest message is 5 min old");
        assert_eq!(found(Now { transfers_failed: 5, ..Now::default() }), "no alarm stands");
        assert_eq!(found(Now { transfers_failed: 6, ..Now::default() }), "6 transfers failed in 10 min");
    }
}
