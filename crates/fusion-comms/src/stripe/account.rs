//! What Stripe says of our key and of agencies' accounts: harmless questions for `doctor`.

use reqwest::header::AUTHORIZATION;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{API_VERSION, Stripe, StripeError, refusal, request_id};
use crate::provider::{self, Answer};

/// A connected account, as far as a payment needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    pub charges_enabled: bool,
    /// Stripe's word for why not.
    pub disabled_reason: Option<String>,
}

impl Stripe {
    /// `GET /v1/balance` of the platform: true where the key moves real money.
    ///
    /// # Errors
    /// Any answer but 2xx with a balance, or none within 4 s.
    pub async fn balance(&self) -> Result<bool, StripeError> {
        let (answer, request_id) = self.asked(self.question("/v1/balance")).await?;
        let live = answer.json().and_then(|body| body.get("livemode").and_then(Value::as_bool));
        live.ok_or(StripeError::BadAnswer { request_id })
    }

    /// `GET /v1/accounts/{id}`; `None` where our key has no access to it.
    ///
    /// # Errors
    /// Any other answer but 2xx with an account, or none within 4 s.
    pub async fn connected(&self, account: &str) -> Result<Option<Connected>, StripeError> {
        let path = format!("/v1/accounts/{}", provider::segment(account));
        let (answer, request_id) = match self.asked(self.question(&path)).await {
            Err(StripeError::Refused { http: 403 | 404, .. }) => return Ok(None),
            asked => asked?,
        };
        let body = answer.json().unwrap_or_default();
        let charges_enabled = body.get("charges_enabled").and_then(Value::as_bool);
        Ok(Some(Connected {
            charges_enabled: charges_enabled.ok_or(StripeError::BadAnswer { request_id })?,
            disabled_reason: provider::word(body.pointer("/requirements/disabled_reason")),
        }))
    }

    /// A request of the platform's own, on no connected account.
    fn question(&self, path: &str) -> RequestBuilder {
        self.http
            .request(Method::GET, format!("{}{path}", self.base))
            .header(AUTHORIZATION, self.credential.header())
            .header("Stripe-Version", API_VERSION)
    }

    async fn asked(&self, request: RequestBuilder) -> Result<(Answer, Option<String>), StripeError> {
        let answer = provider::exchange(request, self.budget).await?;
        let request_id = request_id(&answer);
        if answer.is_success() { Ok((answer, request_id)) } else { Err(refusal(&answer, request_id)) }
    }
}
