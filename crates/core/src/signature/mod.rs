//! Who sent a webhook: Telnyx's Ed25519 and Stripe's HMAC, over the raw bytes, before any JSON is read.
//!
//! Strict on purpose: a header that is not exactly of the documented form is refused, not repaired. Nothing here
//! repeats a header, a key or a secret in an error or in `Debug`.

mod stripe;
mod telnyx;

pub use stripe::{SecretError, StripeSecrets};
pub use telnyx::{Fingerprint, KeyError, TelnyxKeys};

/// Why a webhook is not believed. For the log; the sender only learns that it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header, or the part of it that is named, is absent or empty.
    #[error("the {what} is missing")]
    Missing { what: &'static str },
    #[error("the {what} is not of the documented form")]
    Malformed { what: &'static str },
    /// Seconds the timestamp lies behind our clock; negative: ahead of it.
    #[error("the timestamp is {age_s} s old, outside the tolerance")]
    Stale { age_s: i64 },
    #[error("no configured key or secret made this signature")]
    NoKeyMatches,
}

/// Reads 1 to 18 ASCII digits, which always fit.
fn unix_seconds(text: &[u8]) -> Option<i64> {
    if !(1..=18).contains(&text.len()) {
        return None;
    }
    text.iter().try_fold(0_i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

/// Accepts a timestamp up to `tolerance_s` away from `now_s`, past and future alike; the edge is inside.
fn check_age(timestamp_s: i64, now_s: i64, tolerance_s: u32) -> Result<(), SignatureError> {
    let age_s = now_s.saturating_sub(timestamp_s);
    if age_s.unsigned_abs() <= u64::from(tolerance_s) { Ok(()) } else { Err(SignatureError::Stale { age_s }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_one_to_eighteen_digits_and_nothing_else() {
        assert_eq!(unix_seconds(b"0"), Some(0));
        assert_eq!(unix_seconds(b"999999999999999999"), Some(999_999_999_999_999_999));
        for bad in ["", "1000000000000000000", "+1", "-1", " 1", "1 ", "1.0", "1_0", "0x1", "١"] {
            assert_eq!(unix_seconds(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn the_edge_of_the_tolerance_is_inside_and_no_clock_overflows() {
        assert_eq!(check_age(700, 1000, 300), Ok(()));
        assert_eq!(check_age(699, 1000, 300), Err(SignatureError::Stale { age_s: 301 }));
        assert_eq!(check_age(1300, 1000, 300), Ok(()));
        assert_eq!(check_age(1301, 1000, 300), Err(SignatureError::Stale { age_s: -301 }));
        assert_eq!(check_age(5, 5, 0), Ok(()));
        assert!(check_age(999_999_999_999_999_999, i64::MIN, u32::MAX).is_err());
        assert!(check_age(0, i64::MAX, u32::MAX).is_err());
    }
}
