//! A failure that comes back every second is told once, then once a minute with how often it came, and once when it is over.

use std::sync::{Mutex, PoisonError};

use fusion_comms_core::time::Timestamp;

/// Milliseconds between two lines about the same failure.
const TOLD_EVERY_MS: i64 = 60_000;

/// One kind of failure, shared by all who meet it.
#[derive(Debug, Default)]
pub(super) struct Seldom(Mutex<Option<Trouble>>);

#[derive(Debug)]
struct Trouble {
    told_at: Timestamp,
    untold: u64,
    all: u64,
}

impl Seldom {
    /// It failed. How often since it was told last, where it is to be told now.
    pub(super) fn failed(&self, now: Timestamp) -> Option<u64> {
        let mut trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(t) = trouble.as_mut() else {
            *trouble = Some(Trouble { told_at: now, untold: 0, all: 1 });
            return Some(1);
        };
        (t.untold, t.all) = (t.untold + 1, t.all + 1);
        if now.ms_since(t.told_at) < TOLD_EVERY_MS {
            return None;
        }
        t.told_at = now;
        Some(std::mem::take(&mut t.untold))
    }

    /// It went well. How often it had failed, where it had.
    pub(super) fn well(&self) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().map(|t| t.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_every_second_is_told_at_once_then_by_the_minute_and_its_end_once() {
        let (seldom, at) = (Seldom::default(), Timestamp::from_unix_s);
        assert_eq!(seldom.well(), None);
        let told: Vec<(i64, u64)> = (0..150).filter_map(|s| Some((s, seldom.failed(at(s))?))).collect();
        assert_eq!(told, [(0, 1), (60, 60), (120, 60)]);
        assert_eq!((seldom.well(), seldom.well()), (Some(150), None));
        assert_eq!(seldom.failed(at(151)), Some(1));
    }
}
