//! The forms of values on the command line. What is wrong is said by rule, never by repeating the value.

use fusion_comms_core::hours::{Hours, HoursError};
use fusion_comms_core::ids::{StatementId, TenantId};
use fusion_comms_core::ivr::{StatementDigits, StatementDigitsError};
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::Language;
use fusion_comms_core::sms::templates::Kind;
use fusion_comms_core::time::Timestamp;
use uuid::Uuid;

use crate::store::tenants::Purpose;

type Parsed<T> = Result<T, String>;

/// A phone number, `+12025550147`.
pub(super) fn phone(text: &str) -> Parsed<E164> {
    E164::parse(text).map_err(|e| format!("{e}, as in +12025550147"))
}

/// An agency's id, any that a row may be under.
pub(super) fn tenant(text: &str) -> Parsed<TenantId> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !(1..=64).contains(&text.len()) || !text.bytes().all(allowed) {
        return Err("an agency's id has 1 to 64 letters, digits, `-` and `_`".to_owned());
    }
    Ok(TenantId::new(text))
}

/// An agency's id, for one that is to be made.
pub(super) fn new_tenant(text: &str) -> Parsed<TenantId> {
    let id = tenant(text)?;
    if id == TenantId::unassigned() {
        return Err("this id is reserved for what belongs to no agency".to_owned());
    }
    Ok(id)
}

/// The name of an agency, as texts carry it.
pub(super) fn name(text: &str) -> Parsed<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 80 || text.chars().any(char::is_control) {
        return Err("a name has 1 to 80 characters, all printable".to_owned());
    }
    Ok(text.to_owned())
}

/// A Stripe connected account, `acct_…`.
pub(super) fn account(text: &str) -> Parsed<String> {
    let rest = text.strip_prefix("acct_").unwrap_or_default();
    if !(1..=64).contains(&rest.len()) || !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err("a connected account is `acct_` and letters and digits".to_owned());
    }
    Ok(text.to_owned())
}

/// An IANA time zone, `America/New_York`.
pub(super) fn timezone(text: &str) -> Parsed<String> {
    match text.parse::<chrono_tz::Tz>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("there is no such time zone; it has the IANA form, as in America/New_York".to_owned()),
    }
}

/// Office hours, or none where the text is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OfficeHours(pub(super) Option<Hours>);

pub(super) fn office_hours(text: &str) -> Parsed<OfficeHours> {
    if text.trim().is_empty() {
        return Ok(OfficeHours(None));
    }
    text.parse().map(|hours| OfficeHours(Some(hours))).map_err(|e: HoursError| e.to_string())
}

/// How many digits statement numbers have, `6-10`.
pub(super) fn statement_digits(text: &str) -> Parsed<StatementDigits> {
    text.parse().map_err(|e: StatementDigitsError| e.to_string())
}

/// `on` or `off`.
pub(super) fn switch(text: &str) -> Parsed<bool> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("a setting is on or off".to_owned()),
    }
}

/// Why a text goes out.
pub(super) fn text_kind(text: &str) -> Parsed<Kind> {
    Kind::parse(text).ok_or_else(|| {
        "a kind is payment_link, stop_confirmation, help, start_confirmation or bill_ready".to_owned()
    })
}

/// `en` or `es`.
pub(super) fn language(text: &str) -> Parsed<Language> {
    Language::parse(text).ok_or_else(|| "a language is en or es".to_owned())
}

/// A messaging profile's UUID, in its usual form.
pub(super) fn profile(text: &str) -> Parsed<String> {
    let uuid = Uuid::parse_str(text).map_err(|_| "a messaging profile is named by a UUID".to_owned())?;
    Ok(uuid.to_string())
}

/// One of the purposes of a number.
pub(super) fn purpose(text: &str) -> Parsed<Purpose> {
    Purpose::parse(text).ok_or_else(|| "a purpose is billing_voice, billing_sms or billing_fax".to_owned())
}

/// A statement's number.
pub(super) fn statement(text: &str) -> Parsed<StatementId> {
    StatementId::parse(text).ok_or_else(|| "a statement number has 1 to 12 digits".to_owned())
}

/// An id of Telnyx's or ours, of whatever form.
pub(super) fn id(text: &str) -> Parsed<String> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("an id has at least one character and no control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// A point in time: given outright, or counted back from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    At(Timestamp),
    /// Seconds before now.
    Ago(i64),
}

impl When {
    pub(super) fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            When::At(at) => at,
            When::Ago(seconds) => now.plus_s(-seconds),
        }
    }
}

/// `2026-03-03T15:04:05Z`, `2026-03-03` (its start, UTC), or a span back from now: `90s`, `30m`, `24h`, `7d`.
pub(super) fn when(text: &str) -> Parsed<When> {
    let wrong = || {
        "a time is 2026-03-03T15:04:05Z, 2026-03-03, or a span back from now as in 30m, 24h, 7d".to_owned()
    };
    if let Some(at) = Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z"))) {
        return Ok(When::At(at));
    }
    let (unit_at, unit) = text.char_indices().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let n: u32 = text[..unit_at].parse().map_err(|_| wrong())?;
    Ok(When::Ago(i64::from(n) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_id_is_short_plain_and_not_the_reserved_one() {
        assert!(new_tenant("ridgeline-ems_2").is_ok());
        for bad in ["", "a b", "é", "unassigned", "a/b", &"x".repeat(65)] {
            assert!(new_tenant(bad).is_err(), "{bad}");
        }
        assert!(tenant("unassigned").is_ok());
    }

    #[test]
    fn a_time_zone_is_one_that_there_is() {
        for good in ["UTC", "America/New_York", "America/Argentina/Buenos_Aires", "Etc/GMT+5"] {
            assert!(timezone(good).is_ok(), "{good}");
        }
        for bad in ["", "America/", "/New_York", "America New_York", "+05:00", "a/b/c/d", "America/New_Yorck"]
        {
            assert!(timezone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn office_hours_are_given_or_taken_away_and_a_setting_is_on_or_off() {
        assert_eq!(office_hours("").map(|h| h.0), Ok(None));
        assert!(office_hours("mon-fri 08:00-17:00").is_ok_and(|h| h.0.is_some()));
        assert!(office_hours("mon-fri 8-17").is_err_and(|e| !e.contains("8-17")));
        assert_eq!((switch("on"), switch("off")), (Ok(true), Ok(false)));
        assert!(switch("yes").is_err() && switch("").is_err());
    }

    #[test]
    fn an_account_is_acct_and_something() {
        assert!(account("acct_1AbC").is_ok());
        for bad in ["acct_", "1AbC", "acct_a b", "ACCT_1"] {
            assert!(account(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_time_is_given_outright_or_counted_back() {
        let now = Timestamp::parse("2026-03-03T12:00:00Z").unwrap();
        let at = |text: &str| when(text).unwrap().resolve(now).to_string();
        assert_eq!(at("2026-03-01"), "2026-03-01T00:00:00.000000Z");
        assert_eq!(at("2026-03-01T10:00:00-05:00"), "2026-03-01T15:00:00.000000Z");
        assert_eq!(at("90m"), "2026-03-03T10:30:00.000000Z");
        assert_eq!(at("7d"), "2026-02-24T12:00:00.000000Z");
        for bad in ["", "yesterday", "5", "-3h", "h", "3é", "99999999999d"] {
            assert!(when(bad).is_err(), "{bad}");
        }
    }
}
