//! Whether an agency's office is open now, by its own clock.

use chrono::{Datelike, Timelike, Weekday};
use chrono_tz::Tz;
use fusion_comms_core::hours::Hours;
use fusion_comms_core::time::Timestamp;

/// An office in a zone that is not known counts as open: no caller is turned away for it.
pub(super) fn is_open(hours: &Hours, timezone: &str, now: Timestamp) -> bool {
    match local(timezone, now) {
        Some((day, minute)) => hours.is_open(day, minute),
        None => {
            tracing::warn!("an agency has office hours and a time zone that is not known; it counts as open");
            true
        }
    }
}

/// Day of the week and minute of the day there.
fn local(timezone: &str, now: Timestamp) -> Option<(Weekday, u16)> {
    let there = now.chrono().with_timezone(&timezone.parse::<Tz>().ok()?);
    let minute = u16::try_from(there.hour() * 60 + there.minute()).ok()?;
    Some((there.weekday(), minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<(Weekday, u16)> {
        local("America/New_York", Timestamp::parse(text)?)
    }

    #[test]
    fn eight_in_the_morning_is_an_hour_earlier_by_utc_once_summer_time_begins() {
        // 8 March 2026: 02:00 becomes 03:00.
        assert_eq!(at("2026-03-06T13:00:00Z"), Some((Weekday::Fri, 8 * 60)));
        assert_eq!(at("2026-03-09T12:00:00Z"), Some((Weekday::Mon, 8 * 60)));
        assert_eq!(at("2026-03-08T06:59:00Z"), Some((Weekday::Sun, 60 + 59)));
        assert_eq!(at("2026-03-08T07:00:00Z"), Some((Weekday::Sun, 3 * 60)));
    }

    #[test]
    fn the_hour_that_comes_twice_in_autumn_is_the_same_hour_both_times() {
        // 1 November 2026: 02:00 becomes 01:00.
        assert_eq!(at("2026-11-01T05:30:00Z"), Some((Weekday::Sun, 90)));
        assert_eq!(at("2026-11-01T06:30:00Z"), Some((Weekday::Sun, 90)));
        assert_eq!(at("2026-10-30T12:00:00Z"), Some((Weekday::Fri, 8 * 60)));
        assert_eq!(at("2026-11-02T13:00:00Z"), Some((Weekday::Mon, 8 * 60)));
    }

    #[test]
    fn the_day_is_the_agencys_and_not_that_of_utc() {
        let hours: Hours = "fri 08:00-20:00".parse().unwrap();
        let now = Timestamp::parse("2026-03-07T00:30:00Z").unwrap();
        assert!(is_open(&hours, "America/New_York", now));
        assert!(!is_open(&hours, "UTC", now));
    }

    #[test]
    fn an_office_in_an_unknown_zone_counts_as_open() {
        let hours: Hours = "fri 08:00-09:00".parse().unwrap();
        assert!(is_open(&hours, "America/Nowhere", Timestamp::from_unix_s(0)));
    }
}
