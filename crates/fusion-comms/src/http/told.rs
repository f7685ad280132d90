//! Which key verified the last webhook, told when it is another one: while two sign by turns, of each once a minute.

use std::time::{Duration, Instant};

const SELDOM: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Told<K> {
    last: Option<K>,
    /// When each was told last.
    times: Vec<(K, Instant)>,
}

impl<K> Default for Told<K> {
    fn default() -> Self {
        Self { last: None, times: Vec::new() }
    }
}

impl<K: Copy + PartialEq> Told<K> {
    /// Whether this one is to be told; it counts as told then.
    pub fn is_news(&mut self, key: K, now: Instant) -> bool {
        if self.last == Some(key) {
            return false;
        }
        self.times.retain(|(_, at)| now.saturating_duration_since(*at) < SELDOM);
        if self.times.iter().any(|(told, _)| *told == key) {
            // It stays untold, and is told when its minute is over if it still signs.
            return false;
        }
        self.last = Some(key);
        self.times.push((key, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_sign_by_turns_are_told_once_a_minute_and_the_one_that_stays_last() {
        let (mut told, start) = (Told::default(), Instant::now());
        let mut at = |key: char, s: u64| told.is_news(key, start + Duration::from_secs(s));
        assert!(at('a', 0) && !at('a', 1) && at('b', 2));
        assert!((3..60).all(|s| !at('a', s) && !at('b', s)));
        assert!(at('a', 60) && !at('b', 61) && at('b', 62));
        assert!((63..120).all(|s| !at('b', s)));
    }
}
