//! The time. The one place that asks the machine for it; everything else is handed a [`Clock`].

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fusion_comms_core::time::Timestamp;

/// Tells the time: the machine's, or one that a test moves by hand. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Microseconds since the Unix epoch.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until its [`ManualClock`] moves it.
    pub fn manual(start: Timestamp) -> (Self, ManualClock) {
        let micros = Arc::new(AtomicI64::new(start.unix_micros()));
        (Self(Source::Manual(micros.clone())), ManualClock(micros))
    }

    /// The time now, UTC, to the microsecond.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => system_now(),
            Source::Manual(micros) => Timestamp::from_unix_micros(micros.load(Ordering::SeqCst)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
fn system_now() -> Timestamp {
    Timestamp::from_unix_micros(chrono::Utc::now().timestamp_micros())
}

/// The hand of a manual [`Clock`]; every clone of that clock follows it.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Moves the clock by that many milliseconds, backwards when negative.
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms * 1000, Ordering::SeqCst);
    }

    /// Moves the clock by that many seconds, backwards when negative.
    pub fn advance_s(&self, s: i64) {
        self.advance_ms(s * 1000);
    }

    pub fn set(&self, to: Timestamp) {
        self.0.store(to.unix_micros(), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_until_it_is_moved_and_its_clones_follow() {
        let start = Timestamp::parse("2026-03-03T15:04:05Z").unwrap();
        let (clock, hand) = Clock::manual(start);
        let other = clock.clone();
        assert_eq!(clock.now(), start);
        hand.advance_s(90);
        assert_eq!(other.now(), start.plus_s(90));
        hand.advance_ms(-90_000);
        assert_eq!(clock.now(), start);
        hand.set(start.plus_s(5));
        assert_eq!(other.now(), start.plus_s(5));
    }

    #[test]
    fn the_system_clock_moves_on() {
        let clock = Clock::system();
        let before = clock.now();
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(clock.now().ms_since(before) >= 4);
    }
}
