//! Against guessing of statement numbers: a caller who has missed often goes straight to a person, the longer the
//! oftener. Nothing is said about it.

use crate::time::Timestamp;

/// Misses of one caller within a day that are taken for mistakes: three calls of three.
const FORGIVEN: usize = 9;
/// Minutes of refusal after the first miss too many; each further one doubles it.
const FIRST_REFUSAL_MIN: i64 = 15;
/// Seconds that a miss is remembered, and the longest refusal.
pub const REMEMBERED_S: i64 = 24 * 3600;

/// Whether a caller with these misses is not asked our tables any more. `misses` within [`REMEMBERED_S`], `last` of them
/// the latest.
pub fn is_refused(misses: usize, last: Option<Timestamp>, now: Timestamp) -> bool {
    let (Some(last), Some(over)) = (last, misses.checked_sub(FORGIVEN)) else { return false };
    let doubled = FIRST_REFUSAL_MIN.saturating_mul(1 << over.min(20));
    now.ms_since(last) < doubled.saturating_mul(60_000).min(REMEMBERED_S * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_calls_of_three_misses_are_forgiven_and_then_the_refusal_grows() {
        let now = Timestamp::from_unix_s(1_800_000_000);
        let ago = |minutes: i64| Some(now.plus_s(-60 * minutes));
        assert!(!is_refused(0, None, now));
        assert!(!is_refused(8, ago(0), now));
        assert!(is_refused(9, ago(14), now));
        assert!(!is_refused(9, ago(15), now));
        assert!(is_refused(10, ago(29), now));
        assert!(!is_refused(10, ago(30), now));
        assert!(is_refused(40, ago(23 * 60), now));
        assert!(!is_refused(40, ago(24 * 60), now));
    }
}
