//! Inbox and outbox: how much waits, how long, why, and leases of workers that are gone.

use fusion_comms_core::time::Timestamp;

use super::place::Place;
use super::report::{Level, Line};
use super::{ago, now};
use crate::store::checkup::{self, Trouble};
use crate::store::inbox::{self, Depth};
use crate::store::{Db, StoreError, outbox};

/// Effects that were given up longer ago than this are the business of `task list`.
const LATELY_S: i64 = 24 * 3600;
/// A lease that ran out this long ago was not taken up by anybody.
const LAPSED_S: i64 = 60;

/// Milliseconds that the oldest piece of work of a lane may wait before it is told, and before it fails. A caller on
/// the line waits for the voice and link lanes.
fn patience_ms(lane: &str) -> (i64, i64) {
    match lane {
        "voice" | "link" => (15_000, 60_000),
        _ => (60_000, 300_000),
    }
}

struct Waiting {
    lane: &'static str,
    depth: Depth,
}

impl Waiting {
    fn age_ms(&self, now: Timestamp) -> i64 {
        self.depth.oldest.map_or(0, |oldest| now.ms_since(oldest))
    }

    fn level(&self, now: Timestamp) -> Level {
        let (warn, fail) = patience_ms(self.lane);
        match self.age_ms(now) {
            ms if ms >= fail => Level::Fail,
            ms if ms >= warn => Level::Warn,
            _ => Level::Ok,
        }
    }

    fn words(&self, now: Timestamp) -> String {
        match self.depth.waiting {
            0 => format!("{} 0", self.lane),
            n => format!("{} {n} (oldest {})", self.lane, ago(self.age_ms(now))),
        }
    }
}

pub(super) async fn inbox(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let mut waiting = Vec::new();
    for lane in inbox::Lane::ALL {
        waiting.push(Waiting { lane: lane.name(), depth: inbox::depth(db, lane).await? });
    }
    let troubles = checkup::events_in_trouble(db).await?;
    let parked = waiting.iter().map(|w| w.depth.parked).sum();
    Ok(vec![judged("inbox", "events", &waiting, parked, &troubles, now())])
}

pub(super) async fn outbox(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let now = now();
    let mut waiting = Vec::new();
    for lane in outbox::Lane::ALL {
        waiting.push(Waiting { lane: lane.name(), depth: outbox::depth(db, lane, now).await? });
    }
    let troubles = alike(checkup::effects_in_trouble(db, now.plus_s(-LATELY_S)).await?);
    let parked = troubles.iter().map(|t| t.parked).sum();
    Ok(vec![judged("outbox", "effects", &waiting, parked, &troubles, now)])
}

/// The same troubles with those as one that differ in the id of a request only, the most frequent first.
fn alike(troubles: Vec<Trouble>) -> Vec<Trouble> {
    let mut merged: Vec<Trouble> = Vec::new();
    for mut t in troubles {
        t.error = without_request(&t.error);
        let same = |m: &&mut Trouble| (&m.lane, &m.kind, &m.error) == (&t.lane, &t.kind, &t.error);
        match merged.iter_mut().find(same) {
            Some(m) => {
                m.n += t.n;
                m.parked += t.parked;
                m.oldest = m.oldest.min(t.oldest);
            }
            None => merged.push(t),
        }
    }
    merged.sort_by_key(|t| std::cmp::Reverse(t.n));
    merged
}

/// An error without Stripe's id of the request (`…, request req_1aB)`), which is another one each time.
fn without_request(error: &str) -> String {
    let Some((before, rest)) = error.split_once("request req_") else { return error.to_owned() };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let before = before.trim_end_matches([' ', ',', '(']);
    let opened = before.matches('(').count() > before.matches(')').count();
    format!("{before}{}", if opened { after } else { after.strip_prefix(')').unwrap_or(after) })
}

fn judged(
    check: &'static str,
    what: &str,
    waiting: &[Waiting],
    parked: i64,
    troubles: &[Trouble],
    now: Timestamp,
) -> Line {
    let mut level = waiting.iter().map(|w| w.level(now)).max().unwrap_or(Level::Ok);
    if parked > 0 {
        level = level.max(Level::Warn);
    }
    let lanes: Vec<String> = waiting.iter().map(|w| w.words(now)).collect();
    let mut found = format!("{what} waiting: {}", lanes.join(", "));
    if parked > 0 {
        found += &format!("; {parked} given up");
    }
    if let Some(worst) = troubles.first() {
        found += &format!("; most often: {} ({} {})", worst.error, worst.n, worst.kind);
    }
    let tried = format!("counted the {what} that wait, by lane");
    let (next, section) = if check == "inbox" {
        (
            "`fusion-comms events list --state parked`, then `events show ID`; once the cause is gone `events replay ID`",
            "§6",
        )
    } else {
        (
            "`fusion-comms events effects` lists them, each with its error and cause (`--state parked`: those given up); a refused \
             key or an outage shows in `telnyx` or `stripe` above",
            "§13",
        )
    };
    Line::judged(level, check, tried, found).then(
        match level {
            Level::Fail => "work does not come about: no worker runs, or what it needs fails",
            _ => "some of it was given up or is slow",
        },
        next,
        section,
    )
}

pub(super) async fn leases(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let now = now();
    let lapsed = checkup::lapsed_leases(db, now.plus_s(-LAPSED_S)).await?;
    let tried = "looked for work whose lease ran out and that nobody has taken since";
    let Some(worst) = lapsed.first() else {
        return Ok(vec![Line::ok("leases", tried, "no lease has run out")]);
    };
    let n: i64 = lapsed.iter().map(|l| l.n).sum();
    let found = format!("{n} since {}, leased by {}", ago(now.ms_since(worst.since)), worst.worker);
    Ok(vec![Line::warn("leases", tried, found).then(
        "that worker ended in the middle of it, and no other takes work of that lane",
        "start a worker: it takes them by itself",
        "§13",
    )])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(lane: &'static str, age_s: i64, parked: i64) -> Line {
        let now = Timestamp::from_unix_s(1_000_000);
        let depth = Depth { waiting: 2, oldest: Some(now.plus_s(-age_s)), parked };
        let trouble = Trouble {
            lane: lane.to_owned(),
            kind: "text".to_owned(),
            error: "Telnyx gave no answer".to_owned(),
            n: 2,
            parked,
            oldest: now,
        };
        judged("outbox", "effects", &[Waiting { lane, depth }], parked, &[trouble], now)
    }

    #[test]
    fn a_caller_waits_for_less_long_than_a_text() {
        assert_eq!(line("sms", 59, 0).result, Level::Ok);
        assert_eq!(line("voice", 59, 0).result, Level::Warn);
        assert_eq!(line("voice", 60, 0).result, Level::Fail);
        assert_eq!(line("sms", 300, 0).result, Level::Fail);
    }

    #[test]
    fn errors_that_differ_in_a_requests_id_are_counted_as_one() {
        let trouble = |error: &str, n, parked| Trouble {
            lane: "link".to_owned(),
            kind: "checkout".to_owned(),
            error: error.to_owned(),
            n,
            parked,
            oldest: Timestamp::from_unix_s(n),
        };
        let refused =
            |id: &str| format!("Stripe refused the request (HTTP 403, parameter none, request {id})");
        let told = alike(vec![
            trouble("Stripe gave no answer", 2, 0),
            trouble(&refused("req_1aB"), 1, 1),
            trouble(&refused("req_2cD"), 1, 0),
            trouble(&refused("req_3eF"), 1, 1),
        ]);
        let one = Trouble {
            oldest: Timestamp::from_unix_s(1),
            ..trouble("Stripe refused the request (HTTP 403, parameter none)", 3, 2)
        };
        assert_eq!(told, [one, trouble("Stripe gave no answer", 2, 0)]);
        let unread = "Stripe accepted the request with an answer that we cannot read (request req_4)";
        assert_eq!(without_request(unread), "Stripe accepted the request with an answer that we cannot read");
        assert_eq!(without_request(&refused("none")), refused("none"));
    }

    #[test]
    fn what_was_given_up_warns_and_the_commonest_error_is_told() {
        let line = line("sms", 0, 1);
        assert_eq!(line.result, Level::Warn);
        assert_eq!(
            line.found,
            "effects waiting: sms 2 (oldest 0 s); 1 given up; most often: Telnyx gave no answer (2 text)"
        );
        assert!(line.next.starts_with("`fusion-comms events effects` lists them"), "{}", line.next);
    }
}
