//! An agency's office hours: `mon-fri 08:00-17:00; sat 09:00-12:00` read, asked, and put in words for a caller or a text.

mod words;
mod written;

use std::fmt;
use std::str::FromStr;

use chrono::Weekday;

/// When an office is open, in its own local time. Its text form is that of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours(Vec<Group>);

/// Days with the same hours, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    days: Vec<Days>,
    spans: Vec<Span>,
}

/// `mon`, or `mon-fri`; the first is not after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Days {
    first: Weekday,
    last: Weekday,
}

/// Minutes of the day from `from` up to, not including, `to`; `from` < `to` <= 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: u16,
    to: u16,
}

/// What is wrong with a text that was to be office hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    #[error("office hours are days and times, as in `mon-fri 08:00-17:00; sat 09:00-12:00`")]
    Form,
    #[error("a day is mon, tue, wed, thu, fri, sat or sun, alone or as in mon-fri or sat,sun")]
    Day,
    #[error("a range of days runs from monday towards sunday; write sun,mon instead of sun-mon")]
    DaysBackwards,
    #[error("a time has the form 08:00, from 00:00 to 24:00")]
    Time,
    #[error(
        "hours end after they begin; those past midnight are written for each day: fri 20:00-24:00; sat 00:00-02:00"
    )]
    EndsBeforeItBegins,
    #[error("two spans of one day overlap")]
    Overlap,
    #[error("at most {MOST_SPANS} spans of time can be given: a caller hears them all")]
    TooMany,
}

/// Spans of time in all groups: they are read to the caller.
const MOST_SPANS: usize = 8;
const DAY_MIN: u16 = 24 * 60;
const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

impl Hours {
    /// Whether the office is open at this minute of this local day; 0 to 1439.
    pub fn is_open(&self, day: Weekday, minute: u16) -> bool {
        self.spans_of(day).any(|s| (s.from..s.to).contains(&minute))
    }

    fn spans_of(&self, day: Weekday) -> impl Iterator<Item = Span> {
        let groups = self.0.iter().filter(move |g| g.days.iter().any(|d| d.holds(day)));
        groups.flat_map(|g| g.spans.iter().copied())
    }

    fn overlaps(&self) -> bool {
        WEEK.into_iter().any(|day| {
            let mut spans: Vec<Span> = self.spans_of(day).collect();
            spans.sort_by_key(|s| s.from);
            spans.windows(2).any(|two| two[1].from < two[0].to)
        })
    }
}

impl Days {
    fn holds(self, day: Weekday) -> bool {
        let n = Weekday::num_days_from_monday;
        (n(&self.first)..=n(&self.last)).contains(&n(&day))
    }
}

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let groups =
            text.trim().trim_end_matches(';').split(';').map(group).collect::<Result<Vec<_>, _>>()?;
        if groups.iter().map(|g| g.spans.len()).sum::<usize>() > MOST_SPANS {
            return Err(HoursError::TooMany);
        }
        let hours = Self(groups);
        if hours.overlaps() { Err(HoursError::Overlap) } else { Ok(hours) }
    }
}

fn group(text: &str) -> Result<Group, HoursError> {
    let (head, times) = text.trim().split_once(char::is_whitespace).ok_or(HoursError::Form)?;
    let days = head.split(',').map(days).collect::<Result<Vec<_>, _>>()?;
    let spans = times.split(',').map(|s| span(s.trim())).collect::<Result<Vec<_>, _>>()?;
    Ok(Group { days, spans })
}

fn days(text: &str) -> Result<Days, HoursError> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (day(first)?, day(last)?);
    if first.num_days_from_monday() > last.num_days_from_monday() {
        return Err(HoursError::DaysBackwards);
    }
    Ok(Days { first, last })
}

fn day(text: &str) -> Result<Weekday, HoursError> {
    WEEK.into_iter().find(|d| short(*d).eq_ignore_ascii_case(text)).ok_or(HoursError::Day)
}

fn span(text: &str) -> Result<Span, HoursError> {
    let (from, to) = text.split_once('-').ok_or(HoursError::Form)?;
    let (from, to) = (minute(from)?, minute(to)?);
    if from < to { Ok(Span { from, to }) } else { Err(HoursError::EndsBeforeItBegins) }
}

fn minute(text: &str) -> Result<u16, HoursError> {
    let two = |t: &str| match t.as_bytes() {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(u16::from(a - b'0') * 10 + u16::from(b - b'0')),
        _ => None,
    };
    let (hour, minute) = text.split_once(':').ok_or(HoursError::Time)?;
    let (hour, minute) = two(hour).zip(two(minute)).ok_or(HoursError::Time)?;
    let at = hour * 60 + minute;
    if minute < 60 && at <= DAY_MIN { Ok(at) } else { Err(HoursError::Time) }
}

fn short(day: Weekday) -> &'static str {
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][day.num_days_from_monday() as usize]
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |at: u16| format!("{:02}:{:02}", at / 60, at % 60);
        let days = |d: &Days| match d.first == d.last {
            true => short(d.first).to_owned(),
            false => format!("{}-{}", short(d.first), short(d.last)),
        };
        let group = |g: &Group| {
            let days: Vec<String> = g.days.iter().map(days).collect();
            let spans: Vec<String> =
                g.spans.iter().map(|s| format!("{}-{}", clock(s.from), clock(s.to))).collect();
            format!("{} {}", days.join(","), spans.join(","))
        };
        f.write_str(&self.0.iter().map(group).collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: &str = "mon-fri 08:00-17:00; sat 09:00-12:00";

    #[test]
    fn an_office_is_open_from_its_first_minute_to_the_one_before_its_last() {
        let hours: Hours = USUAL.parse().unwrap();
        for (day, at, open) in [
            (Weekday::Mon, 7 * 60 + 59, false),
            (Weekday::Mon, 8 * 60, true),
            (Weekday::Fri, 16 * 60 + 59, true),
            (Weekday::Fri, 17 * 60, false),
            (Weekday::Sat, 11 * 60 + 59, true),
            (Weekday::Sat, 12 * 60, false),
            (Weekday::Sun, 10 * 60, false),
        ] {
            assert_eq!(hours.is_open(day, at), open, "{day} {at}");
        }
    }

    #[test]
    fn days_may_be_listed_a_break_at_noon_given_and_a_day_may_last_to_midnight() {
        let hours: Hours = "MON,wed-thu 08:00-12:00,13:00-17:30; sun 00:00-24:00;".parse().unwrap();
        assert!(hours.is_open(Weekday::Wed, 13 * 60) && !hours.is_open(Weekday::Wed, 12 * 60 + 30));
        assert!(!hours.is_open(Weekday::Tue, 9 * 60));
        assert!(hours.is_open(Weekday::Sun, 0) && hours.is_open(Weekday::Sun, 1439));
    }

    #[test]
    fn hours_are_written_as_they_are_read() {
        for text in [USUAL, "mon,wed-thu 08:00-12:00,13:00-17:30; sun 00:00-24:00"] {
            assert_eq!(text.parse::<Hours>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_office_hours_is_refused_with_what_is_wrong() {
        use HoursError as E;
        for (text, error) in [
            ("", E::Form),
            ("mon-fri", E::Form),
            ("mon-fri 08:00", E::Form),
            ("mon-fri 08:00-17:00;; sat 09:00-12:00", E::Form),
            ("monday 08:00-17:00", E::Day),
            ("mon- 08:00-17:00", E::Day),
            ("mon,,tue 08:00-17:00", E::Day),
            ("fri-mon 08:00-17:00", E::DaysBackwards),
            ("mon 8:00-17:00", E::Time),
            ("mon 08:60-17:00", E::Time),
            ("mon 08:00-24:01", E::Time),
            ("mon +8:00-17:00", E::Time),
            ("mon 17:00-08:00", E::EndsBeforeItBegins),
            ("mon 08:00-08:00", E::EndsBeforeItBegins),
            ("mon-fri 08:00-12:00; wed 11:00-13:00", E::Overlap),
            (
                "mon 01:00-02:00,03:00-04:00,05:00-06:00,07:00-08:00,09:00-10:00,11:00-12:00,13:00-14:00,15:00-16:00,17:00-18:00",
                E::TooMany,
            ),
        ] {
            assert_eq!(text.parse::<Hours>(), Err(error), "{text}");
        }
    }
}
