//! What the Telnyx and Stripe clients share: how the HTTP client is set up, one exchange within a time budget,
//! and what may be kept of an answer.
//!
//! Invariant: nothing here keeps a URL, a request body or a header of ours, so no error built from it can show one.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Name look-up, TCP and TLS together. Shorter than every budget, so that a budget that runs out means "sent".
const CONNECT: Duration = Duration::from_secs(2);

/// Idle connections are dropped before the provider drops them: a request on a connection that closes under it
/// is one of which nobody knows whether it arrived.
const IDLE: Duration = Duration::from_secs(20);

/// The largest answer that is read, in bytes. A Checkout Session is about 4 kB.
const ANSWER_BYTES: usize = 256 * 1024;

/// Why a client cannot be made. Read at start-up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(
        "the API key holds characters that no HTTP header can carry; copy it again from the provider's page"
    )]
    Key,
    #[error("the HTTP client cannot be set up; check that the system's CA certificates are installed")]
    Client(#[source] reqwest::Error),
}

/// A client without redirects and without the environment's proxy, so that the key goes to the configured host only.
pub(crate) fn client(base: &Url) -> Result<Client, SetupError> {
    let builder = Client::builder()
        .user_agent(concat!("fusion-comms/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        // The S3 client's features bring HTTP/2 into reqwest. Here one request has one connection, so that what a
        // broken connection means for it is plain.
        .http1_only()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(32);
    // A base with plain http is a simulator. It needs no certificates, and the service can be tried on a machine
    // that has none: the platform's verifier refuses to start without.
    let builder = if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
    builder.build().map_err(SetupError::Client)
}

/// An API key that may be exchanged while it is in use. Clones share it.
#[derive(Clone)]
pub(crate) struct Credential {
    bearer: Arc<RwLock<HeaderValue>>,
    /// Told when the provider refuses the key: there may be a newer one.
    nudge: Arc<Notify>,
}

impl Credential {
    pub(crate) fn new(key: &SecretString) -> Result<Self, SetupError> {
        Ok(Self { bearer: Arc::new(RwLock::new(bearer(key)?)), nudge: Arc::default() })
    }

    pub(crate) fn nudging(self, nudge: Arc<Notify>) -> Self {
        Self { nudge, ..self }
    }

    /// From the next request on the other key is used.
    pub(crate) fn replace(&self, key: &SecretString) -> Result<(), SetupError> {
        *self.bearer.write().unwrap_or_else(PoisonError::into_inner) = bearer(key)?;
        Ok(())
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.bearer.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The provider answered with this status.
    pub(crate) fn answered(&self, status: u16) {
        if status == UNAUTHORIZED {
            self.nudge.notify_one();
        }
    }
}

/// Bytes of a page of a list at most, and how long it may take.
pub(crate) const PAGE_BYTES: usize = 16 * 1024 * 1024;
pub(crate) const PAGE_BUDGET: Duration = Duration::from_secs(30);

/// Our key is refused, whatever was asked for: no fault of the request.
pub(crate) const UNAUTHORIZED: u16 = 401;

/// `Bearer <key>`, marked so that no `Debug` shows it.
pub(crate) fn bearer(key: &SecretString) -> Result<HeaderValue, SetupError> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).map_err(|_| SetupError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

/// One path segment with everything but RFC 3986's unreserved characters percent-encoded, `:` included.
pub(crate) fn segment(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len() + 8), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
        out
    })
}

/// An answer whose head has come.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    /// Empty where it did not come whole in time or was too long: the status counts all the same.
    body: Bytes,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Seconds to wait by the first of these headers that holds a number, 1 to 60.
    pub(crate) fn wait_s(&self, names: &[&str]) -> Option<u64> {
        let seconds = names.iter().find_map(|name| self.header(name)?.trim().parse::<u64>().ok())?;
        Some(seconds.clamp(1, 60))
    }
}

/// Why there is no answer, as far as it matters: may the provider have acted?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// An id or a key holds what no request can carry. The same again will fail the same.
    NotBuilt,
    /// No connection came about: nothing was sent.
    NotSent,
    /// The connection stood; what became of the request is unknown.
    MaybeSent,
}

/// Sends once and reads the answer, both within `budget`.
pub(crate) async fn exchange(request: RequestBuilder, budget: Duration) -> Result<Answer, NoAnswer> {
    exchange_long(request, budget, ANSWER_BYTES).await
}

/// The same for an answer that may be as long as `most` bytes: a page of a list.
pub(crate) async fn exchange_long(
    request: RequestBuilder,
    budget: Duration,
    most: usize,
) -> Result<Answer, NoAnswer> {
    let deadline = Instant::now() + budget;
    let response = match timeout_at(deadline, request.send()).await {
        Err(_elapsed) => return Err(NoAnswer::MaybeSent),
        Ok(Err(error)) if error.is_builder() => return Err(NoAnswer::NotBuilt),
        Ok(Err(error)) if error.is_connect() => return Err(NoAnswer::NotSent),
        Ok(Err(_)) => return Err(NoAnswer::MaybeSent),
        Ok(Ok(response)) => response,
    };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = timeout_at(deadline, whole_body(response, most)).await.ok().flatten().unwrap_or_default();
    Ok(Answer { status, headers, body })
}

async fn whole_body(mut response: Response, most: usize) -> Option<Bytes> {
    let mut body = BytesMut::new();
    while let Some(part) = response.chunk().await.ok()? {
        if body.len() + part.len() > most {
            return None;
        }
        body.extend_from_slice(&part);
    }
    Some(body.freeze())
}

/// A provider's word such as an error code: kept only if it is one (letters, digits, `_`, `-`, `.`, brackets; at most 80).
pub(crate) fn word(value: Option<&serde_json::Value>) -> Option<String> {
    let text = match value? {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'[' | b']');
    let fits = (1..=80).contains(&text.len()) && text.bytes().all(plain);
    (fits && mask_digit_runs(&text) == text).then_some(text)
}

/// A provider's sentence, fit to be kept: one line, at most 120 characters, no links, no digit runs of seven or more.
pub(crate) fn sentence(text: &str) -> String {
    let plain: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|part| !part.is_empty())
        .map(|part| if part.contains("://") || part.contains('@') { "***" } else { part })
        .collect();
    mask_digit_runs(&plain.join(" ")).chars().take(120).collect()
}

/// Replaces every run of seven or more digits by `***`. Single blanks, dashes, dots, slashes and brackets inside a
/// run do not end it, since people write phone numbers with them.
pub(crate) fn mask_digit_runs(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while at < chars.len() {
        let (digits, end) = digit_run(&chars[at..]);
        if digits >= 7 {
            out.push_str("***");
        } else if digits > 0 {
            out.extend(&chars[at..at + end]);
        } else {
            out.push(chars[at]);
        }
        at += end.max(1);
    }
    out
}

/// How many digits the run at the start of `chars` has, and how many characters up to its last digit.
fn digit_run(chars: &[char]) -> (usize, usize) {
    let (mut digits, mut end, mut gap) = (0, 0, 0);
    for (at, c) in chars.iter().enumerate() {
        if c.is_numeric() {
            (digits, end, gap) = (digits + 1, at + 1, 0);
        } else if digits > 0 && gap < 2 && matches!(c, ' ' | '-' | '.' | '/' | '(' | ')') {
            gap += 1;
        } else {
            break;
        }
    }
    (digits, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn digit_runs_of_seven_are_masked_however_they_are_written() {
        assert_eq!(mask_digit_runs("from '+12025550110' to 2025550147."), "from '+***' to ***.");
        assert_eq!(mask_digit_runs("call (202) 555-0147 now"), "call (*** now");
        assert_eq!(mask_digit_runs("202.555.0147"), "***");
        assert_eq!(mask_digit_runs("code 90018, HTTP 422"), "code 90018, HTTP 422");
        assert_eq!(mask_digit_runs("123456"), "123456");
        assert_eq!(mask_digit_runs("٢٠٢٥٥٥٠١٤٧"), "***");
        assert_eq!(mask_digit_runs(""), "");
    }

    #[test]
    fn a_providers_sentence_is_kept_short_and_without_links_or_addresses() {
        assert_eq!(sentence("see https://s3.example/x?sig=1\r\nor pat@example.com"), "see *** or ***");
        assert_eq!(sentence(&"a".repeat(500)).len(), 120);
    }

    #[test]
    fn an_error_code_is_kept_only_if_it_looks_like_one() {
        assert_eq!(word(Some(&json!("90018"))).as_deref(), Some("90018"));
        assert_eq!(word(Some(&json!(90018))).as_deref(), Some("90018"));
        assert_eq!(word(Some(&json!("line_items[0][quantity]"))).as_deref(), Some("line_items[0][quantity]"));
        for no in [
            json!("to +12025550147"),
            json!("12025550147"),
            json!(null),
            json!({}),
            json!(""),
            json!("x".repeat(81)),
        ] {
            assert_eq!(word(Some(&no)), None, "{no}");
        }
    }

    #[test]
    fn a_path_segment_cannot_leave_its_place() {
        assert_eq!(segment("v3:a/b?c#d é~"), "v3%3Aa%2Fb%3Fc%23d%20%C3%A9~");
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused_and_never_shown() {
        assert!(matches!(bearer(&SecretString::from("KEY\n1")), Err(SetupError::Key)));
        let value = bearer(&SecretString::from("KEY1")).unwrap();
        assert!(!format!("{value:?}").contains("KEY1"));
    }
}
