//! Business days by an agency's own clock.

use chrono::NaiveDate;
use chrono_tz::Tz;
use fusion_comms_core::business_days::{self, StopClock, Urgency};
use fusion_comms_core::time::Timestamp;

/// Where no agency is known, or its zone is not: the zone that agencies have unless they are given another.
const ELSEWHERE: Tz = chrono_tz::America::New_York;

/// How long a request received then has waited, and how long it may.
pub fn of(received_at: Timestamp, timezone: Option<&str>, now: Timestamp) -> StopClock {
    business_days::stop_clock(local(received_at, timezone), local(now, timezone))
}

/// How many of these have waited until their second business day or longer.
pub fn overdue(receipts: &[(Timestamp, Option<String>)], now: Timestamp) -> usize {
    let late = |at: Timestamp, timezone: Option<&str>| of(at, timezone, now).urgency >= Urgency::Overdue;
    receipts.iter().filter(|(at, timezone)| late(*at, timezone.as_deref())).count()
}

fn local(at: Timestamp, timezone: Option<&str>) -> NaiveDate {
    let zone = timezone.and_then(|zone| zone.parse().ok()).unwrap_or(ELSEWHERE);
    at.chrono().with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn the_day_of_receipt_is_that_of_the_agencys_zone() {
        // Tuesday by UTC is still Monday evening in New York.
        let received = at("2026-03-03T02:00:00Z");
        let deadline = |zone| of(received, zone, received).deadline.to_string();
        assert_eq!(deadline(Some("America/New_York")), "2026-03-16");
        assert_eq!(deadline(Some("UTC")), "2026-03-17");
        assert_eq!(deadline(None), "2026-03-16");
        assert_eq!(deadline(Some("America/Nowhere")), "2026-03-16");
    }

    #[test]
    fn a_text_is_overdue_once_the_second_business_day_begins_there() {
        let friday = vec![(at("2026-11-20T15:00:00Z"), Some("America/New_York".to_owned()))];
        assert_eq!(overdue(&friday, at("2026-11-24T04:59:59Z")), 0);
        assert_eq!(overdue(&friday, at("2026-11-24T05:00:00Z")), 1);
        assert_eq!(overdue(&[], at("2026-11-24T05:00:00Z")), 0);
    }
}
