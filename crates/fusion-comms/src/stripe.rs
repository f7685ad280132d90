//! Stripe Checkout on an agency's connected account: create, read and expire a session.
//!
//! One method call is one try; the outbox repeats it with the same key and the same frozen body. What Stripe is told
//! is the whole of [`session_form`]: an amount, a currency, an opaque reference and a neutral line.
//!
//! Invariant: no error and no `Debug` here shows a URL, a body or the key.

mod account;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fusion_comms_core::ids::SessionId;
use fusion_comms_core::time::Timestamp;
use rand::RngExt;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::Notify;
use url::Url;

use crate::provider::{self, Answer, Credential, NoAnswer, SetupError};

pub use account::Connected;

/// The version whose rules our requests follow, whatever the account's default is.
pub const API_VERSION: &str = "2026-10-28.endive";

/// A caller waits for the link; two tries fit into the eight seconds that SENDING_LINK lasts.
const BUDGET: Duration = Duration::from_secs(4);

/// A client of the platform's Stripe account. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Stripe {
    http: Client,
    /// Without a trailing slash.
    base: String,
    credential: Credential,
    budget: Duration,
}

impl Stripe {
    /// `base` such as `https://api.stripe.com`, with or without a slash at the end.
    ///
    /// # Errors
    /// The key cannot stand in a header, or the machine has no CA certificates.
    pub fn new(base: Url, key: &SecretString) -> Result<Self, SetupError> {
        Ok(Self {
            http: provider::client(&base)?,
            base: base.as_str().trim_end_matches('/').to_owned(),
            credential: Credential::new(key)?,
            budget: BUDGET,
        })
    }

    /// Told when Stripe refuses our key.
    #[must_use]
    pub fn nudging(self, nudge: Arc<Notify>) -> Self {
        Self { credential: self.credential.nudging(nudge), ..self }
    }

    /// From the next request on, of all clones, this key is used.
    ///
    /// # Errors
    /// The key cannot stand in a header; the one of before stays.
    pub fn use_key(&self, key: &SecretString) -> Result<(), SetupError> {
        self.credential.replace(key)
    }

    /// `POST /v1/checkout/sessions` on `account` (`acct_…`). `form_body` is a frozen [`session_form`]; the same key
    /// with the same body is one session, for 24 hours.
    ///
    /// # Errors
    /// Any answer but 2xx with a session, or none within 4 s.
    pub async fn create_session(
        &self,
        account: &str,
        idempotency_key: &str,
        form_body: &str,
    ) -> Result<Session, StripeError> {
        let request = self
            .request(Method::POST, "/v1/checkout/sessions", account)
            .header("Idempotency-Key", idempotency_key)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form_body.to_owned());
        self.session(request).await
    }

    /// `GET /v1/checkout/sessions/{id}`: settles a doubt after a time-out or a webhook that never came.
    ///
    /// # Errors
    /// Any answer but 2xx with a session, or none within 4 s.
    pub async fn retrieve(&self, account: &str, id: &SessionId) -> Result<Session, StripeError> {
        let path = format!("/v1/checkout/sessions/{}", provider::segment(id.as_str()));
        self.session(self.request(Method::GET, &path, account)).await
    }

    /// `POST /v1/checkout/sessions/{id}/expire`. Stripe refuses it for a session that is no longer open.
    ///
    /// # Errors
    /// Any answer but 2xx with a session, or none within 4 s.
    pub async fn expire(&self, account: &str, id: &SessionId) -> Result<Session, StripeError> {
        let path = format!("/v1/checkout/sessions/{}/expire", provider::segment(id.as_str()));
        let request = self.request(Method::POST, &path, account);
        self.session(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body("")).await
    }

    /// `GET /v1/events` of an account, created since then, the latest first: one page, after the event `after`. The items
    /// are events as webhooks bring them.
    ///
    /// # Errors
    /// Any answer but 2xx with a list, or none within 30 s.
    pub async fn events(
        &self,
        account: &str,
        types: &[&str],
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<EventPage, StripeError> {
        let since = since.unix_s().to_string();
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(types.iter().map(|t| ("types[]", *t)));
        query.append_pair("created[gte]", &since).append_pair("limit", EVENTS_A_PAGE);
        query.extend_pairs(after.map(|id| ("starting_after", id)));
        let path = format!("/v1/events?{}", query.finish());
        let request = self.request(Method::GET, &path, account);
        let answer = provider::exchange_long(request, provider::PAGE_BUDGET, provider::PAGE_BYTES).await?;
        self.credential.answered(answer.status);
        let request_id = request_id(&answer);
        if !answer.is_success() {
            return Err(refusal(&answer, request_id));
        }
        let mut body = answer.json().unwrap_or_default();
        let more = body.get("has_more").and_then(Value::as_bool).unwrap_or(false);
        match body.get_mut("data").map(Value::take) {
            Some(Value::Array(items)) => Ok(EventPage { items, more }),
            _ => Err(StripeError::BadAnswer { request_id }),
        }
    }

    fn request(&self, method: Method, path: &str, account: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .header(AUTHORIZATION, self.credential.header())
            .header("Stripe-Version", API_VERSION)
            .header("Stripe-Account", account)
    }

    async fn session(&self, request: RequestBuilder) -> Result<Session, StripeError> {
        let answer = provider::exchange(request, self.budget).await?;
        self.credential.answered(answer.status);
        let request_id = request_id(&answer);
        if !answer.is_success() {
            return Err(refusal(&answer, request_id));
        }
        match answer.json().as_ref().and_then(Session::read) {
            Some(session) => Ok(Session { request_id, ..session }),
            None => Err(StripeError::BadAnswer { request_id }),
        }
    }

    /// The same client with another budget, so that a test need not wait four seconds.
    #[cfg(test)]
    pub(crate) fn with_budget(self, budget: Duration) -> Self {
        Self { budget, ..self }
    }
}

/// The most that Stripe lists at once.
const EVENTS_A_PAGE: &str = "100";

/// A page of events. Its items hold payers' data: to be kept in the inbox, and shown nowhere.
pub struct EventPage {
    pub items: Vec<Value>,
    pub more: bool,
}

/// A Checkout Session, as far as we act on it; read from an answer or from an event's object.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    /// Where the payer pays. Only while the session is open; the part after `#` belongs to it.
    pub url: Option<String>,
    pub status: SessionStatus,
    pub payment_status: PaymentStatus,
    /// In the smallest unit of `currency`.
    pub amount_total: Option<i64>,
    /// Lower case, such as `usd`.
    pub currency: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub livemode: bool,
    /// Our opaque reference.
    pub client_reference_id: Option<String>,
    /// `pi_…`, from when the payer starts to pay; refunds and disputes name it and not the session.
    pub payment_intent: Option<String>,
    /// Stripe's id of the request that this was the answer to, for logs.
    pub request_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    Open,
    Complete,
    Expired,
    /// Absent, or a value that we do not know.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Also after completion, where a bank debit settles days later.
    Unpaid,
    Paid,
    NoPaymentRequired,
    /// Absent, or a value that we do not know. Not paid.
    Unknown,
}

impl Session {
    /// Reads a session object; `None` if it is none (no `id`, or another `object`).
    pub fn read(object: &Value) -> Option<Self> {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        if text("object").is_some_and(|kind| kind != "checkout.session") {
            return None;
        }
        Some(Self {
            id: SessionId::new(text("id").filter(|id| !id.is_empty())?),
            url: text("url").map(str::to_owned),
            status: session_status(text("status")),
            payment_status: payment_status(text("payment_status")),
            amount_total: object.get("amount_total").and_then(Value::as_i64),
            currency: text("currency").map(str::to_ascii_lowercase),
            expires_at: object.get("expires_at").and_then(Value::as_i64).map(Timestamp::from_unix_s),
            livemode: object.get("livemode").and_then(Value::as_bool).unwrap_or(false),
            client_reference_id: text("client_reference_id").map(str::to_owned),
            payment_intent: payment_intent(object),
            request_id: None,
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, {:?}, {:?})", self.id, self.status, self.payment_status)
    }
}

fn session_status(text: Option<&str>) -> SessionStatus {
    match text {
        Some("open") => SessionStatus::Open,
        Some("complete") => SessionStatus::Complete,
        Some("expired") => SessionStatus::Expired,
        _ => SessionStatus::Unknown,
    }
}

fn payment_status(text: Option<&str>) -> PaymentStatus {
    match text {
        Some("unpaid") => PaymentStatus::Unpaid,
        Some("paid") => PaymentStatus::Paid,
        Some("no_payment_required") => PaymentStatus::NoPaymentRequired,
        _ => PaymentStatus::Unknown,
    }
}

/// The id, or the `id` of the object that stands there when it was expanded.
fn payment_intent(object: &Value) -> Option<String> {
    let value = object.get("payment_intent")?;
    value.as_str().or_else(|| value.get("id")?.as_str()).map(str::to_owned)
}

/// A try that came to nothing, as far as we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// Stripe's sentence is not kept: it may repeat what was sent.
    #[error("Stripe refused the request (HTTP {http}, code {}, parameter {}, request {})", or_none(.code), or_none(.param), or_none(.request_id))]
    Refused {
        http: u16,
        /// `error.type`.
        kind: Option<String>,
        /// `error.code`.
        code: Option<String>,
        /// The name of the parameter at fault.
        param: Option<String>,
        request_id: Option<String>,
        class: Class,
        /// Seconds to wait, where Stripe says.
        retry_after_s: Option<u64>,
    },
    #[error("Stripe gave no answer ({})", if *.sent { "the request may have arrived" } else { "no connection" })]
    Unanswered { sent: bool },
    #[error("Stripe accepted the request with an answer that we cannot read (request {})", or_none(.request_id))]
    BadAnswer { request_id: Option<String> },
    #[error("the request cannot be built: an account, id or key holds characters that no request can carry")]
    NotBuilt,
}

/// What to do about a [`StripeError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The same again, later, with the same key and body. A 500 may be a stored one and come back for a day:
    /// the caller's own time limit ends the tries.
    Retry,
    /// The same again would fail the same.
    GiveUp,
}

impl StripeError {
    pub fn class(&self) -> Class {
        match self {
            Self::Refused { class, .. } => *class,
            Self::Unanswered { .. } | Self::BadAnswer { .. } => Class::Retry,
            Self::NotBuilt => Class::GiveUp,
        }
    }

    /// Stripe may have acted all the same: only the same key may be used again.
    pub fn maybe_done(&self) -> bool {
        match self {
            Self::Refused { http, .. } => *http >= 500,
            Self::Unanswered { sent } => *sent,
            Self::BadAnswer { .. } => true,
            Self::NotBuilt => false,
        }
    }

    /// Seconds that Stripe asks us to wait.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Refused { retry_after_s, .. } => *retry_after_s,
            _ => None,
        }
    }
}

fn or_none(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("none")
}

impl From<NoAnswer> for StripeError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::NotBuilt => Self::NotBuilt,
            NoAnswer::NotSent => Self::Unanswered { sent: false },
            NoAnswer::MaybeSent => Self::Unanswered { sent: true },
        }
    }
}

/// `req_…`: an id of Stripe's that may look like a digit run, so it is checked by form and not masked.
fn request_id(answer: &Answer) -> Option<String> {
    let id = answer.header("request-id")?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (id.starts_with("req_") && id.len() <= 64 && id.bytes().all(plain)).then(|| id.to_owned())
}

fn refusal(answer: &Answer, request_id: Option<String>) -> StripeError {
    let body = answer.json().unwrap_or_default();
    let word = |name: &str| provider::word(body.get("error").and_then(|e| e.get(name)));
    StripeError::Refused {
        http: answer.status,
        kind: word("type"),
        code: word("code"),
        param: word("param"),
        request_id,
        class: class_of(answer),
        retry_after_s: answer.wait_s(&["retry-after"]),
    }
}

/// As the official libraries do, and 429 with a delay on top: what Stripe says in `Stripe-Should-Retry`, else by status.
fn class_of(answer: &Answer) -> Class {
    match (answer.header("stripe-should-retry"), answer.status) {
        (Some("true"), _) => Class::Retry,
        (Some("false"), _) => Class::GiveUp,
        // Our key is refused, not what was asked for: with the newer one it may go.
        (_, provider::UNAUTHORIZED | 408 | 409 | 429 | 500..) => Class::Retry,
        _ => Class::GiveUp,
    }
}

/// What a session is made of. Nothing here names a person, a bill or the kind of agency.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionParams<'a> {
    pub amount_cents: i64,
    /// ISO 4217, such as `usd`.
    pub currency: &'a str,
    /// Opaque and random; comes back in every event of the session.
    pub reference: &'a str,
    pub success_url: &'a str,
    pub cancel_url: &'a str,
    /// Unix seconds, 30 minutes to 24 hours from when Stripe reads it.
    pub expires_at_s: i64,
}

/// The body of a create request, to be frozen with its idempotency key.
pub fn session_form(params: &SessionParams<'_>) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("mode", "payment")
        .append_pair("line_items[0][quantity]", "1")
        .append_pair("line_items[0][price_data][currency]", &params.currency.to_ascii_lowercase())
        .append_pair("line_items[0][price_data][unit_amount]", &params.amount_cents.to_string())
        .append_pair("line_items[0][price_data][product_data][name]", "Account balance")
        .append_pair("success_url", params.success_url)
        .append_pair("cancel_url", params.cancel_url)
        .append_pair("client_reference_id", params.reference)
        .append_pair("payment_intent_data[metadata][ref]", params.reference)
        .append_pair("expires_at", &params.expires_at_s.to_string())
        .finish()
}

/// 128 random bits for the address of a payment link: unguessable.
pub(crate) fn random_token() -> String {
    let bytes: [u8; 16] = rand::rng().random();
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests;
