//! When a text that an agency begins may leave: from 8 to 20 h in every time zone in which the person may be.
//!
//! The zones are those of the account's ZIP codes and of the number's area code together; what one of them does not say,
//! the other does. Where neither is known they are all of the United States, its territories too, which leaves the two
//! hours from 22 to 24 h UTC. Numbers of other countries have no window: nothing is begun there.
//!
//! Rule: 47 CFR 64.1200(c)(1) and 12 CFR 1006.6(b)(1)(i) allow 8 to 21 h to those whom they bind; Florida's law ends at 20 h.
//! One window that keeps all of them serves every text.

mod area_codes;
#[cfg(test)]
mod tests;
mod zips;
mod zone;

use chrono::{Days, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::phone::E164;
use crate::time::Timestamp;

/// The first hour of the day in which a text may leave, and the first in which none may any more.
const HOURS: std::ops::Range<u32> = 8..20;
/// Days that are searched for an opening: it comes every day or, with zones too far apart, never.
const SEARCH_DAYS: u64 = 3;

/// The time zones that a person may be in; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones(Vec<Tz>);

/// Whether a text may leave now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Open,
    /// Not before `at`, when it is 8 h in `zone` and no earlier, and not 20 h yet, in the others.
    Opens {
        at: Timestamp,
        zone: Tz,
    },
    /// The zones share no hour of the day.
    Never,
}

impl Window {
    /// When it opens, where it is not open and ever will be.
    pub fn opens(self) -> Option<Timestamp> {
        match self {
            Window::Opens { at, .. } => Some(at),
            Window::Open | Window::Never => None,
        }
    }
}

/// Where the person of this number may be, whose account names these ZIP codes (`12345`, `12345-6789`). `None`: a number of
/// another country.
pub fn zones(phone: &E164, zips: &[String]) -> Option<Zones> {
    let mut all = match area_code(phone)? {
        code if area_codes::ELSEWHERE.contains(&code) => return None,
        code => of_area_code(code).to_vec(),
    };
    all.extend(zips.iter().flat_map(|zip| of_zip(zip)));
    if all.is_empty() {
        all.extend(zone::ALL);
    }
    all.sort_by_key(|zone| zone.name());
    all.dedup();
    Some(Zones(all))
}

/// Of a number of the North American Numbering Plan.
fn area_code(phone: &E164) -> Option<u16> {
    let ten = phone.expose().strip_prefix("+1").filter(|ten| ten.len() == 10)?;
    ten[..3].parse().ok()
}

fn of_area_code(code: u16) -> &'static [Tz] {
    let found = area_codes::UNITED_STATES.iter().find(|(_, codes)| codes.contains(&code));
    found.map_or(&[], |(zones, _)| zones)
}

/// None where it is no ZIP code, or one of the forces' abroad.
fn of_zip(zip: &str) -> &'static [Tz] {
    let five = zip.trim().split('-').next().unwrap_or_default();
    if five.len() != 5 || !five.bytes().all(|b| b.is_ascii_digit()) {
        return &[];
    }
    let prefix: u16 = five[..3].parse().unwrap_or_default();
    let holds = |ranges: &[zips::Range]| ranges.iter().any(|(from, to)| (*from..=*to).contains(&prefix));
    let found = zips::PREFIXES.iter().find(|(_, ranges)| holds(ranges));
    found.map_or(&[], |(zones, _)| zones)
}

impl Zones {
    /// Whether it is from 8 to 20 h in all of them.
    pub fn are_open(&self, at: Timestamp) -> bool {
        self.0.iter().all(|zone| HOURS.contains(&at.chrono().with_timezone(zone).hour()))
    }

    /// Whether a text may leave at `now`, and else from when on.
    pub fn window(&self, now: Timestamp) -> Window {
        if self.are_open(now) {
            return Window::Open;
        }
        let openings = self.0.iter().flat_map(|zone| mornings(*zone, now).map(|at| (at, *zone)));
        let next = openings.filter(|(at, _)| self.are_open(*at)).min_by_key(|(at, zone)| (*at, zone.name()));
        next.map_or(Window::Never, |(at, zone)| Window::Opens { at, zone })
    }

    /// Their names, for a person.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|zone| zone.name())
    }
}

/// The next times after `now` at which it becomes 8 h there. An hour that is left out or comes twice lies in the night.
fn mornings(zone: Tz, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let today = now.chrono().with_timezone(&zone).date_naive();
    let eight = NaiveTime::from_hms_opt(HOURS.start, 0, 0).unwrap_or_default();
    let days = (0..=SEARCH_DAYS).filter_map(move |n| today.checked_add_days(Days::new(n)));
    let at = move |day: chrono::NaiveDate| zone.from_local_datetime(&day.and_time(eight)).earliest();
    days.filter_map(at).map(|t| Timestamp::from_unix_micros(t.timestamp_micros())).filter(move |t| *t > now)
}
