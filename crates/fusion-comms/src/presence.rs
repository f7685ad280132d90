//! What this process tells the operators through the database: that it lives, and how it answered webhooks, by the
//! minute. `doctor` and `events storm` read it, wherever they run.
//!
//! Told every ten seconds, and as soon as the workers run, and never by the ack path itself. Where the database is away the counts wait in memory; they
//! are for people, and may be off by what a crash or a lost commit takes with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fusion_comms_core::signature::SignatureError;
use fusion_comms_core::time::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::http::Keys;
use crate::store::Db;
use crate::store::instances::{self, Instance, Minute};

const EVERY: Duration = Duration::from_secs(10);
/// Old minutes, and instances that were not heard of, are forgotten after seven days; looked for once an hour.
const KEPT_MS: i64 = 7 * 24 * 3600 * 1000;
const ROUNDS_PER_HOUR: u64 = 360;
/// Kinds of counts that wait at most: hours without a database, and then no more.
const MAX_WAITING: usize = 5000;
const MINUTE_US: i64 = 60_000_000;

/// How a webhook was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Stored,
    Known,
    Unsigned,
    Stale,
    WrongSignature,
    Unreadable,
    Failed,
}

impl Outcome {
    pub fn of_signature(error: &SignatureError) -> Self {
        match error {
            SignatureError::Missing { .. } => Outcome::Unsigned,
            SignatureError::Stale { .. } => Outcome::Stale,
            SignatureError::Malformed { .. } | SignatureError::NoKeyMatches => Outcome::WrongSignature,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Outcome::Stored => "stored",
            Outcome::Known => "known",
            Outcome::Unsigned => "unsigned",
            Outcome::Stale => "stale",
            Outcome::WrongSignature => "wrong_signature",
            Outcome::Unreadable => "unreadable",
            Outcome::Failed => "failed",
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    n: i64,
    oldest_s: i64,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.n += other.n;
        self.oldest_s = self.oldest_s.max(other.oldest_s);
    }
}

/// Minute since the epoch, channel, outcome.
type Key = (i64, &'static str, Outcome);

/// What was answered and not told yet.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<Key, Count>>);

impl Tally {
    /// A webhook was answered; `age_s` is the time from the event's own to its arrival, where it tells one.
    pub fn answered(&self, channel: &'static str, outcome: Outcome, age_s: Option<i64>, now: Timestamp) {
        let key = (now.unix_micros().div_euclid(MINUTE_US), channel, outcome);
        self.add(key, Count { n: 1, oldest_s: age_s.unwrap_or(0).max(0) });
    }

    fn add(&self, key: Key, count: Count) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING || waiting.contains_key(&key) {
            waiting.entry(key).or_default().add(count);
        }
    }

    fn take(&self) -> BTreeMap<Key, Count> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put_back(&self, taken: BTreeMap<Key, Count>) {
        taken.into_iter().for_each(|(key, count)| self.add(key, count));
    }
}

/// Who this process is.
pub struct Presence {
    pub db: Db,
    pub clock: Clock,
    /// The same after a restart on the same host and port.
    pub name: String,
    pub role: &'static str,
    pub keys: Arc<Keys>,
    pub tally: Arc<Tally>,
    /// Whether the workers run; `None` where this role has none.
    pub workers: Option<watch::Receiver<bool>>,
}

impl Presence {
    /// Tells until it is stopped, and then that it ended in order.
    pub async fn tend(self, stop: CancellationToken) {
        let started_at = self.clock.now();
        let mut workers = self.workers.clone();
        for round in 0_u64.. {
            self.tell(started_at, false).await;
            if round % ROUNDS_PER_HOUR == 0 {
                let _later = instances::forget(&self.db, self.clock.now().plus_ms(-KEPT_MS)).await;
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                Some(()) = begun(workers.as_mut()) => {}
                () = stop.cancelled() => break,
            }
        }
        self.tell(started_at, true).await;
    }

    async fn tell(&self, started_at: Timestamp, ended: bool) {
        let now = self.clock.now();
        let keys = self.keys.current();
        let joined = |prints: Vec<String>| prints.join(",");
        let telnyx =
            keys.web.as_ref().map(|web| web.telnyx.fingerprints().map(ToString::to_string).collect());
        let stripe = keys.web.as_ref().map(|web| web.stripe.fingerprints().collect());
        let instance = Instance {
            name: self.name.clone(),
            role: self.role.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            telnyx_keys: telnyx.map(joined).unwrap_or_default(),
            stripe_secrets: Some(stripe.map(joined).unwrap_or_default()),
            workers_run: self.workers.as_ref().is_some_and(|run| *run.borrow()),
            started_at,
            seen_at: now,
            stopped_at: ended.then_some(now),
        };
        let taken = self.tally.take();
        let minutes: Vec<Minute> = taken
            .iter()
            .map(|((minute, channel, outcome), count)| Minute {
                minute: Timestamp::from_unix_micros(minute * MINUTE_US),
                channel,
                outcome: outcome.name(),
                n: count.n,
                oldest_s: count.oldest_s,
            })
            .collect();
        if instances::tell(&self.db, &instance, &minutes).await.is_err() {
            self.tally.put_back(taken);
        }
    }
}

/// Returns once when the workers begin to run; `None` where there are none that may.
async fn begun(workers: Option<&mut watch::Receiver<bool>>) -> Option<()> {
    workers?.changed().await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_gather_by_minute_and_come_back_where_they_could_not_be_told() {
        let tally = Tally::default();
        let at = |s: i64| Timestamp::from_unix_micros(s * 1_000_000);
        tally.answered("sms", Outcome::Known, Some(30), at(61));
        tally.answered("sms", Outcome::Known, Some(7), at(119));
        tally.answered("sms", Outcome::Known, None, at(120));
        let taken = tally.take();
        assert_eq!(
            taken.iter().map(|(k, c)| (k.0, c.n, c.oldest_s)).collect::<Vec<_>>(),
            [(1, 2, 30), (2, 1, 0)]
        );
        tally.answered("sms", Outcome::Known, Some(90), at(62));
        tally.put_back(taken);
        assert_eq!(tally.take()[&(1, "sms", Outcome::Known)].n, 3);
    }
}
