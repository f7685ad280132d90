//! Business days in the United States, Monday to Friday without federal holidays, and the time that a request to stop
//! texts leaves.
//!
//! Source: 5 U.S.C. 6103: a holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after.
//! Inauguration Day is one in Washington alone, so it counts as a business day here: a deadline is never too late.

use chrono::{Datelike, NaiveDate, Weekday};

/// A request to stop is honoured within so many business days after its receipt. Source: 47 CFR 64.1200(a)(10).
pub const DEADLINE: usize = 10;
/// From this business day after its receipt on, one that nobody has looked at is an alarm.
pub const ALARM: usize = 2;

/// When a holiday is, before it is moved off a weekend.
#[derive(Clone, Copy)]
enum Rule {
    /// Month and day.
    On(u32, u32),
    /// Month, day of the week, and which of them in the month.
    Nth(u32, Weekday, u8),
    /// The last Monday of May.
    LastMondayOfMay,
}

const HOLIDAYS: [(&str, Rule); 11] = [
    ("New Year's Day", Rule::On(1, 1)),
    ("Birthday of Martin Luther King, Jr.", Rule::Nth(1, Weekday::Mon, 3)),
    ("Washington's Birthday", Rule::Nth(2, Weekday::Mon, 3)),
    ("Memorial Day", Rule::LastMondayOfMay),
    ("Juneteenth", Rule::On(6, 19)),
    ("Independence Day", Rule::On(7, 4)),
    ("Labor Day", Rule::Nth(9, Weekday::Mon, 1)),
    ("Columbus Day", Rule::Nth(10, Weekday::Mon, 2)),
    ("Veterans Day", Rule::On(11, 11)),
    ("Thanksgiving Day", Rule::Nth(11, Weekday::Thu, 4)),
    ("Christmas Day", Rule::On(12, 25)),
];

impl Rule {
    /// The day on which it is kept in the holiday's own year; New Year's Day may lie in the year before.
    fn kept(self, year: i32) -> Option<NaiveDate> {
        let day = match self {
            Rule::On(month, day) => NaiveDate::from_ymd_opt(year, month, day),
            Rule::Nth(month, weekday, n) => NaiveDate::from_weekday_of_month_opt(year, month, weekday, n),
            Rule::LastMondayOfMay => NaiveDate::from_weekday_of_month_opt(year, 5, Weekday::Mon, 5)
                .or_else(|| NaiveDate::from_weekday_of_month_opt(year, 5, Weekday::Mon, 4)),
        }?;
        match day.weekday() {
            Weekday::Sat => day.pred_opt(),
            Weekday::Sun => day.succ_opt(),
            _ => Some(day),
        }
    }
}

/// The federal holiday that is kept on this day.
pub fn holiday(date: NaiveDate) -> Option<&'static str> {
    let kept = |rule: Rule| [date.year(), date.year() + 1].iter().any(|year| rule.kept(*year) == Some(date));
    HOLIDAYS.iter().find(|(_, rule)| kept(*rule)).map(|(name, _)| *name)
}

/// Neither on a weekend nor a federal holiday.
pub fn is_business_day(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && holiday(date).is_none()
}

/// The `n`th business day after a day, whatever day that is; the day itself where `n` is 0.
pub fn business_day_after(date: NaiveDate, n: usize) -> NaiveDate {
    let Some(skipped) = n.checked_sub(1) else { return date };
    let mut later = date.iter_days().skip(1).filter(|day| is_business_day(*day));
    later.nth(skipped).unwrap_or(NaiveDate::MAX)
}

/// How many business days come after `from` up to and including `to`; negative where `to` is earlier.
pub fn business_days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    let (earlier, later, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
    let days =
        earlier.iter_days().skip(1).take_while(|day| *day <= later).filter(|day| is_business_day(*day));
    sign * i64::try_from(days.count()).unwrap_or(i64::MAX)
}

/// How long a request to stop has waited, and how long it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopClock {
    /// The last day on which honouring it is in time.
    pub deadline: NaiveDate,
    /// Business days until then: 0 on that day, negative after it.
    pub days_left: i64,
    pub urgency: Urgency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    InTime,
    /// The second business day after its receipt has come.
    Overdue,
    /// The deadline is over.
    PastDeadline,
}

impl Urgency {
    pub fn as_str(self) -> &'static str {
        match self {
            Urgency::InTime => "in time",
            Urgency::Overdue => "overdue",
            Urgency::PastDeadline => "past deadline",
        }
    }
}

/// Both days are those of the agency's own clock.
pub fn stop_clock(received: NaiveDate, today: NaiveDate) -> StopClock {
    let deadline = business_day_after(received, DEADLINE);
    StopClock {
        deadline,
        days_left: business_days_between(today, deadline),
        urgency: urgency(received, today, deadline),
    }
}

fn urgency(received: NaiveDate, today: NaiveDate, deadline: NaiveDate) -> Urgency {
    if today > deadline {
        Urgency::PastDeadline
    } else if today >= business_day_after(received, ALARM) {
        Urgency::Overdue
    } else {
        Urgency::InTime
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
    }

    /// As the Office of Personnel Management lists them. 2028's New Year's Day, a Saturday, is kept in 2027.
    const KEPT: [(i32, &str); 3] = [
        (2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"),
        (2027, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
        (2028, "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"),
    ];

    #[test]
    fn the_holidays_of_three_years_are_those_of_the_official_list() {
        for (year, days) in KEPT {
            let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            let all = first.iter_days().take_while(|d| d.year() == year).filter(|d| holiday(*d).is_some());
            let all: Vec<String> = all.map(|d| d.format("%m-%d").to_string()).collect();
            assert_eq!(all.join(" "), days, "{year}");
        }
    }

    #[test]
    fn a_holiday_on_a_weekend_is_kept_beside_it_and_named() {
        assert_eq!(holiday(day("2026-07-03")), Some("Independence Day"));
        assert_eq!(holiday(day("2026-07-04")), None, "a Saturday anyway");
        assert_eq!(holiday(day("2027-07-05")), Some("Independence Day"));
        assert_eq!(holiday(day("2027-12-31")), Some("New Year's Day"));
        assert_eq!(holiday(day("2027-06-18")), Some("Juneteenth"));
        assert!(is_business_day(day("2028-01-03")));
        assert!(is_business_day(day("2029-01-19")) && !is_business_day(day("2029-01-15")));
    }

    #[test]
    fn deadlines_across_thanksgiving_christmas_and_juneteenth_are_those_of_a_fixed_table() {
        let table = [
            // Received, its second business day, its tenth.
            ("2026-03-03", "2026-03-05", "2026-03-17"),
            ("2026-06-12", "2026-06-16", "2026-06-29"),
            ("2026-06-18", "2026-06-23", "2026-07-06"),
            ("2026-11-13", "2026-11-17", "2026-11-30"),
            ("2026-11-24", "2026-11-27", "2026-12-09"),
            ("2026-11-26", "2026-11-30", "2026-12-10"),
            ("2026-12-24", "2026-12-29", "2027-01-11"),
            ("2027-06-17", "2027-06-22", "2027-07-02"),
            ("2027-11-24", "2027-11-29", "2027-12-09"),
            ("2027-12-23", "2027-12-28", "2028-01-10"),
            ("2028-06-16", "2028-06-21", "2028-07-03"),
            ("2028-11-22", "2028-11-27", "2028-12-07"),
            ("2028-12-23", "2028-12-27", "2029-01-09"),
        ];
        for (received, second, tenth) in table {
            assert_eq!(business_day_after(day(received), 2), day(second), "{received}");
            assert_eq!(business_day_after(day(received), 10), day(tenth), "{received}");
            assert_eq!(business_days_between(day(received), day(tenth)), 10, "{received}");
            assert_eq!(business_days_between(day(tenth), day(received)), -10, "{received}");
        }
    }

    #[test]
    fn no_days_later_is_the_same_day_also_on_a_weekend() {
        assert_eq!(business_day_after(day("2026-11-28"), 0), day("2026-11-28"));
        assert_eq!(business_days_between(day("2026-11-28"), day("2026-11-28")), 0);
        assert_eq!(business_days_between(day("2026-11-27"), day("2026-11-29")), 0);
    }

    #[test]
    fn a_request_is_overdue_from_its_second_business_day_and_past_its_deadline_after_the_tenth() {
        let received = day("2026-11-24");
        let at = |today: &str| {
            let clock = stop_clock(received, day(today));
            assert_eq!(clock.deadline, day("2026-12-09"));
            (clock.days_left, clock.urgency)
        };
        assert_eq!(at("2026-11-24"), (10, Urgency::InTime));
        assert_eq!(at("2026-11-26"), (9, Urgency::InTime), "Thanksgiving does not count");
        assert_eq!(at("2026-11-27"), (8, Urgency::Overdue));
        assert_eq!(at("2026-12-09"), (0, Urgency::Overdue), "the last day is in time");
        assert_eq!(at("2026-12-10"), (-1, Urgency::PastDeadline));
    }

    #[test]
    fn every_deadline_is_a_business_day_and_no_earlier_one_for_a_later_receipt() {
        let all = day("2026-01-01").iter_days().take(1096);
        let mut last = NaiveDate::MIN;
        for received in all {
            let deadline = business_day_after(received, DEADLINE);
            assert!(is_business_day(deadline) && deadline >= last, "{received}");
            last = deadline;
        }
    }
}
