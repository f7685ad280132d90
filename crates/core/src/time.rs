//! One instant, UTC, to the microsecond: the precision both databases keep.

use std::fmt;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// An instant in UTC with microsecond precision.
///
/// Its text form has a fixed width (`2026-03-03T15:04:05.123456Z`), so that text order is time order on SQLite.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub fn from_unix_micros(micros: i64) -> Self {
        Self(micros.clamp(MIN_MICROS, MAX_MICROS))
    }

    /// From whole seconds since the Unix epoch.
    pub fn from_unix_s(seconds: i64) -> Self {
        Self::from_unix_micros(seconds.saturating_mul(1_000_000))
    }

    /// Parses RFC 3339, any offset and number of fractional digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let t = DateTime::parse_from_rfc3339(text).ok()?;
        (1..=9999).contains(&t.year()).then(|| Self::from_unix_micros(t.timestamp_micros()))
    }

    pub fn unix_micros(self) -> i64 {
        self.0
    }

    pub fn unix_s(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self::from_unix_micros(self.0.saturating_add(ms.saturating_mul(1000)))
    }

    #[must_use]
    pub fn plus_s(self, s: i64) -> Self {
        self.plus_ms(s.saturating_mul(1000))
    }

    /// Milliseconds from `earlier` to `self`; negative when `earlier` is later.
    pub fn ms_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0) / 1000
    }

    /// The UTC day as `yyyy/mm/dd`, as in a fax's object key.
    pub fn day_path(self) -> String {
        self.chrono().format("%Y/%m/%d").to_string()
    }

    pub fn chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

/// Years 1 to 9999, what both databases and RFC 3339 can say.
const MIN_MICROS: i64 = -62_135_596_800_000_000;
const MAX_MICROS: i64 = 253_402_300_799_999_999;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chrono().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_telnyx_sends_is_read_and_written_at_one_width() {
        for text in
            ["2026-03-03T15:04:05.123456Z", "2026-03-03T15:04:05.123+00:00", "2026-03-03T10:04:05-05:00"]
        {
            assert_eq!(Timestamp::parse(text).unwrap().to_string().len(), 27);
        }
        assert_eq!(
            Timestamp::parse("2026-03-03T10:04:05-05:00").unwrap().to_string(),
            "2026-03-03T15:04:05.000000Z"
        );
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn the_day_of_a_fax_is_the_utc_day() {
        assert_eq!(Timestamp::parse("2026-02-28T23:30:00-05:00").unwrap().day_path(), "2026/03/01");
        assert_eq!(Timestamp::parse("2028-02-29T00:00:00Z").unwrap().day_path(), "2028/02/29");
    }
}
