//! Phone numbers and keyed digits. Neither has a `Display`, so neither can reach a log by accident.

use std::fmt;

/// A phone number in E.164 form: `+`, country code, subscriber number.
///
/// Source: ITU-T E.164. `Debug` shows the last four digits only; [`E164::expose`] is for SQL parameters and
/// carrier requests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(String);

/// Which rule a text breaks that was to be a phone number. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("a phone number starts with `+`")]
    NoPlus,
    #[error("a phone number has only digits after `+`, the first not 0")]
    NotDigits,
    #[error("a phone number has 8 to 15 digits after `+`")]
    Length,
}

impl E164 {
    /// Parses `+12025550147`.
    ///
    /// # Errors
    /// Names the first rule the text breaks; never repeats the text.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix('+').ok_or(PhoneError::NoPlus)?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) || digits.starts_with('0') {
            return Err(PhoneError::NotDigits);
        }
        if !(8..=15).contains(&digits.len()) {
            return Err(PhoneError::Length);
        }
        Ok(Self(text.to_owned()))
    }

    /// The whole number, for SQL parameters and carrier requests.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A toll-free number of the North American Numbering Plan.
    pub fn is_toll_free(&self) -> bool {
        self.0.len() == 12 && self.0.strip_prefix("+1").is_some_and(|ten| TOLL_FREE.contains(&&ten[..3]))
    }

    /// `***1234`, the form for logs.
    pub fn masked(&self) -> String {
        format!("***{}", &self.0[self.0.len() - 4..])
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Keys pressed by a caller: `0`-`9`, `*`, `#`, at most 128. Hidden in `Debug`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Digits(String);

impl Digits {
    /// Keeps what is a key, drops the rest, and one trailing terminator `#` (Telnyx does not say whether it sends it).
    pub fn gathered(text: &str) -> Self {
        let keys: String =
            text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '*' | '#')).take(128).collect();
        Self(keys.strip_suffix('#').unwrap_or(&keys).to_owned())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys, for the rules that read them.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A US or Canadian number that a text can go to, from ten digits, or eleven with a leading 1.
    ///
    /// By the rules of the North American Numbering Plan: area code and exchange start with 2 to 9, and neither ends in
    /// 11. Numbers that cost the caller (900, exchange 976) and toll-free ones, which take no texts of this kind, are
    /// none; whether the rest is a landline only the carrier knows (its code 40001).
    pub fn as_nanp(&self) -> Option<E164> {
        let ten = match self.0.len() {
            10 => self.0.as_str(),
            11 => self.0.strip_prefix('1')?,
            _ => return None,
        };
        if !ten.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (area, exchange) = (&ten[..3], &ten[3..6]);
        let part_ok = |part: &str| part.as_bytes()[0] >= b'2' && !part.ends_with("11");
        let takes_texts = !TOLL_FREE.contains(&area) && area != PREMIUM_AREA && exchange != PREMIUM_EXCHANGE;
        (part_ok(area) && part_ok(exchange) && takes_texts).then(|| E164(format!("+1{ten}")))
    }
}

/// Area codes of toll-free numbers (NANPA).
const TOLL_FREE: [&str; 7] = ["800", "833", "844", "855", "866", "877", "888"];
/// The premium-rate area code.
const PREMIUM_AREA: &str = "900";
/// Premium-rate in many area codes.
const PREMIUM_EXCHANGE: &str = "976";

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digits(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_e164_is_a_phone_number() {
        assert!(E164::parse("+12025550147").is_ok());
        for bad in [
            "",
            "12025550147",
            "+1 202 555 0147",
            "+0202555014",
            "+1202",
            "+1234567890123456",
            "anonymous",
            "+1202555014７",
        ] {
            assert!(E164::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_four_digits_of_a_number_and_none_of_the_keys() {
        assert_eq!(format!("{:?}", E164::parse("+12025550147").unwrap()), "***0147");
        assert_eq!(format!("{:?}", Digits::gathered("4111")), "Digits(***)");
    }

    #[test]
    fn ten_digits_or_eleven_with_a_leading_one_are_a_number_to_text() {
        let nanp = |t: &str| Digits::gathered(t).as_nanp().map(|p| p.expose().to_owned());
        assert_eq!(nanp("2025550147"), Some("+12025550147".into()));
        assert_eq!(nanp("2025550147#"), Some("+12025550147".into()));
        assert_eq!(nanp("12025550147"), Some("+12025550147".into()));
        for bad in [
            "202555014",
            "1025550147",
            "2021550147",
            "22025550147",
            "9115550147",
            "2029110147",
            "202555*147",
            "9005550147",
            "8005550147",
            "2029760147",
            "",
        ] {
            assert_eq!(nanp(bad), None, "{bad}");
        }
    }
}
