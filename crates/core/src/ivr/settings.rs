//! What an agency may set about its menu. With nothing set it is the menu of the contract's table.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hours::Hours;
use crate::phone::E164;

/// The language that a caller hears, and a text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    English,
    Spanish,
}

impl Language {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Spanish => "es",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Language::English, Language::Spanish].into_iter().find(|l| l.as_str() == text)
    }
}

/// An agency's settings; all off by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MenuSettings {
    pub statement_digits: StatementDigits,
    /// "Use the number you are calling from".
    pub offer_caller_number: bool,
    /// A keyed number is read back and confirmed before it gets the link.
    pub read_back: bool,
    /// Spanish is offered before the menu.
    pub spanish: bool,
    /// The menu has a key that stops texts to the caller's number.
    pub opt_out_key: bool,
}

/// How many digits the agency's statement numbers have; 1 to 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementDigits {
    least: u8,
    most: u8,
}

/// A text that was to be the length of statement numbers is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the length of statement numbers is 1 to 12 digits, as in 6-10 or 8, the shorter first")]
pub struct StatementDigitsError;

impl StatementDigits {
    pub fn take(self, digits: &str) -> bool {
        (usize::from(self.least)..=usize::from(self.most)).contains(&digits.len())
    }
}

impl Default for StatementDigits {
    fn default() -> Self {
        Self { least: 1, most: 12 }
    }
}

impl FromStr for StatementDigits {
    type Err = StatementDigitsError;

    fn from_str(text: &str) -> Result<Self, StatementDigitsError> {
        let (least, most) = text.split_once('-').unwrap_or((text, text));
        let count = |t: &str| match t.bytes().all(|b| b.is_ascii_digit()) {
            true => t.parse::<u8>().map_err(|_| StatementDigitsError),
            false => Err(StatementDigitsError),
        };
        let (least, most) = (count(least)?, count(most)?);
        if (1..=12).contains(&least) && (least..=12).contains(&most) {
            Ok(Self { least, most })
        } else {
            Err(StatementDigitsError)
        }
    }
}

impl fmt::Display for StatementDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.least, self.most)
    }
}

/// Where a transfer would go at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Desk {
    /// To where the dialled number forwards, else to the agency's billing contact.
    Open(E164),
    /// Nobody is set.
    #[default]
    None,
    /// The office is closed: nobody is rung, the caller hears these hours.
    Closed(Hours),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_statement_numbers_is_one_to_twelve_and_the_shorter_comes_first() {
        let of = |text: &str| text.parse::<StatementDigits>().map(|d| d.to_string()).ok();
        assert_eq!(of("6-10").as_deref(), Some("6-10"));
        assert_eq!(of("8").as_deref(), Some("8-8"));
        assert_eq!(of("1-12"), Some(StatementDigits::default().to_string()));
        for bad in ["", "-", "0-3", "3-13", "10-6", "6 - 10", "+6-10", "6-10-12", "six"] {
            assert_eq!(of(bad), None, "{bad}");
        }
        let bounds: StatementDigits = "6-7".parse().unwrap();
        assert_eq!(
            ["12345", "123456", "0123456", "12345678"].map(|d| bounds.take(d)),
            [false, true, true, false]
        );
    }

    #[test]
    fn a_language_is_read_as_it_is_stored() {
        for language in [Language::English, Language::Spanish] {
            assert_eq!(Language::parse(language.as_str()), Some(language));
        }
        assert_eq!(Language::parse("fr"), None);
    }
}
