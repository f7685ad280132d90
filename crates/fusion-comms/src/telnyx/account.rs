//! What the account at Telnyx looks like: harmless questions for `doctor`.

use std::time::Duration;

use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use reqwest::Method;
use serde_json::Value;

use super::{Telnyx, TelnyxError, data, refusal};
use crate::provider;

const BUDGET: Duration = Duration::from_secs(8);

/// The credit that is left.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// As Telnyx writes it, `400.00`.
    pub available_credit: String,
    pub currency: String,
}

/// An answer, and the time that Telnyx's own clock gave it, where it said so. A refusal has the time too.
pub struct Told<T> {
    pub answer: Result<T, TelnyxError>,
    pub date: Option<Timestamp>,
}

/// A messaging profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub enabled: bool,
    /// Where its webhooks go.
    pub webhook_url: Option<String>,
}

/// A number of the account's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnNumber {
    /// `active`, `port-pending` …; an open set.
    pub status: String,
    pub messaging_profile_id: Option<String>,
}

impl Telnyx {
    /// `GET /balance`.
    pub async fn balance(&self) -> Told<Balance> {
        let request = self.request(Method::GET, "/balance");
        let answer = match provider::exchange(request, BUDGET).await {
            Ok(answer) => answer,
            Err(why) => return Told { answer: Err(why.into()), date: None },
        };
        let date = answer.header("date").and_then(http_date);
        let answer = if answer.is_success() {
            data(answer).map(|data| Balance {
                available_credit: text(&data, "available_credit").unwrap_or_default(),
                currency: text(&data, "currency").unwrap_or_default(),
            })
        } else {
            Err(refusal(&answer))
        };
        Told { answer, date }
    }

    /// `GET /messaging_profiles/{id}`; `None` where the account has none of that id.
    ///
    /// # Errors
    /// Any other answer but 2xx with a profile, or none within 8 s.
    pub async fn messaging_profile(&self, id: &str) -> Result<Option<Profile>, TelnyxError> {
        let path = format!("/messaging_profiles/{}", provider::segment(id));
        match self.accepted(self.request(Method::GET, &path), BUDGET).await {
            Ok(answer) => {
                let data = data(answer)?;
                let enabled = data.get("enabled").and_then(Value::as_bool).ok_or(TelnyxError::BadAnswer)?;
                Ok(Some(Profile { enabled, webhook_url: text(&data, "webhook_url") }))
            }
            Err(TelnyxError::Rejected { http: 404, .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// `GET /phone_numbers`, of this number; `None` where it is not the account's.
    ///
    /// # Errors
    /// Any answer but 2xx with a list, or none within 8 s.
    pub async fn own_number(&self, number: &E164) -> Result<Option<OwnNumber>, TelnyxError> {
        let path = format!("/phone_numbers?filter%5Bphone_number%5D={}", provider::segment(number.expose()));
        let data = data(self.accepted(self.request(Method::GET, &path), BUDGET).await?)?;
        let list = data.as_array().ok_or(TelnyxError::BadAnswer)?;
        // The filter may take a part for the whole.
        let found =
            list.iter().find(|n| n.get("phone_number").and_then(Value::as_str) == Some(number.expose()));
        Ok(found.map(|n| OwnNumber {
            status: provider::word(n.get("status")).unwrap_or_default(),
            messaging_profile_id: text(n, "messaging_profile_id"),
        }))
    }
}

fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    chrono::DateTime::parse_from_rfc2822(text).ok().map(|at| Timestamp::from_unix_s(at.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        let at = http_date("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at, Timestamp::parse("1994-11-06T08:49:37Z"));
        assert_eq!(http_date("yesterday"), None);
    }
}
