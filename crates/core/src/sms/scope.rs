//! How far a STOP reaches: the agencies of the number, or all agencies of this operator, from a date on.

use crate::time::Timestamp;

/// Dated, so that a rule of tomorrow needs no new program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Scope {
    /// From then on a STOP binds every agency of this operator.
    all_from: Option<Timestamp>,
}

impl Scope {
    /// Reads `agency`, `all`, or `agency, all from 2027-01-31` (from the start of that day, UTC).
    ///
    /// # Errors
    /// What the text must be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let rule = "must be `agency`, `all`, or `agency, all from 2027-01-31` with a day of your own";
        let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            ["agency"] => Ok(Self { all_from: None }),
            ["all"] => Ok(Self { all_from: Some(Timestamp::from_unix_s(0)) }),
            ["agency", "all", "from", day] => {
                let from = Timestamp::parse(&format!("{day}T00:00:00Z")).ok_or(rule)?;
                Ok(Self { all_from: Some(from) })
            }
            _ => Err(rule),
        }
    }

    /// Whether a STOP received then binds every agency.
    pub fn reaches_all(self, received_at: Timestamp) -> bool {
        self.all_from.is_some_and(|from| received_at >= from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_reaches_all_agencies_from_the_day_that_is_set() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let (eve, day) = (at("2027-01-30T23:59:59Z"), at("2027-01-31T00:00:00Z"));
        let reach = |text: &str| {
            let scope = Scope::parse(text).unwrap();
            (scope.reaches_all(eve), scope.reaches_all(day))
        };
        assert_eq!(reach("agency"), (false, false));
        assert_eq!(reach("all"), (true, true));
        assert_eq!(reach("agency, all from 2027-01-31"), (false, true));
        for bad in
            ["", "none", "all from", "agency all from 2027-13-01", "agency, all from tomorrow", "all all"]
        {
            assert!(Scope::parse(bad).is_err(), "{bad}");
        }
    }
}
