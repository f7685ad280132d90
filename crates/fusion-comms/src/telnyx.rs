//! The Telnyx API, as far as we use it: call commands, texts, faxes, the list of blocks.
//!
//! One method call is one try; the outbox decides about the next one by [`TelnyxError::class`]. Bodies arrive frozen,
//! as text, since a text repeated under its `Idempotency-Key` must be byte-identical.
//!
//! Invariant: no error and no `Debug` here shows a URL, a body, a phone number or the key.

mod account;
mod lookups;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fusion_comms_core::ids::{CallControlId, FaxId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::Notify;
use url::Url;

use crate::gate::HandOver;
use crate::provider::{self, Answer, Credential, NoAnswer, SetupError};

pub use account::{Balance, OwnNumber, Profile, Told};
pub use lookups::{DeliveryInfo, MessageInfo};

/// A caller waits while a command is under way: three tries fit into the silence they bear.
const COMMAND_BUDGET: Duration = Duration::from_secs(3);
/// A text may take longer; giving up early would only make it ambiguous.
const MESSAGE_BUDGET: Duration = Duration::from_secs(8);
const FAX_BUDGET: Duration = Duration::from_secs(8);
/// The most that Telnyx lists at once.
const BLOCKS_A_PAGE: u32 = 250;

/// A client of one Telnyx account. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Telnyx {
    http: Client,
    /// Without a trailing slash.
    base: String,
    credential: Credential,
}

/// Telnyx has taken a text; what becomes of it comes by webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedMessage {
    /// Telnyx's message id.
    pub id: String,
}

/// What Telnyx knows of a fax now.
#[derive(Clone, PartialEq, Eq)]
pub struct FaxInfo {
    /// `receiving`, `media.processing`, `received`, `failed` …; an open set.
    pub status: String,
    /// Pre-signed, good for about ten minutes. To be fetched without our key.
    pub media_url: Option<String>,
    pub page_count: Option<i64>,
    /// Telnyx's word for why it failed.
    pub failure_reason: Option<String>,
}

/// A number that Telnyx blocks for a messaging profile.
#[derive(Clone)]
pub struct Block {
    /// Who wrote STOP, as far as the list is understood.
    pub from: String,
    pub to: String,
    pub profile: Option<String>,
    pub created_at: Option<Timestamp>,
}

pub struct BlockPage {
    pub blocks: Vec<Block>,
    /// How many pages there are.
    pub pages: u32,
}

impl fmt::Debug for FaxInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = if self.media_url.is_some() { "with" } else { "without" };
        write!(f, "FaxInfo({}, {link} a link, pages {:?})", self.status, self.page_count)
    }
}

impl Telnyx {
    /// `base` such as `https://api.telnyx.com/v2`, with or without a slash at the end.
    ///
    /// # Errors
    /// The key cannot stand in a header, or the machine has no CA certificates.
    pub fn new(base: Url, key: &SecretString) -> Result<Self, SetupError> {
        Ok(Self {
            http: provider::client(&base)?,
            base: base.as_str().trim_end_matches('/').to_owned(),
            credential: Credential::new(key)?,
        })
    }

    /// Told when Telnyx refuses our key.
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

    /// `POST /calls/{call}/actions/{action}` with `body`, which carries the `command_id`.
    ///
    /// # Errors
    /// Any answer but 2xx, or none within 3 s.
    pub async fn command(&self, call: &CallControlId, action: &str, body: &str) -> Result<(), TelnyxError> {
        let (call, action) = (provider::segment(call.as_str()), provider::segment(action));
        let request = self.post(&format!("/calls/{call}/actions/{action}"), body);
        self.accepted(request, COMMAND_BUDGET).await.map(drop)
    }

    /// `POST /messages`, for a text that the gate has just handed over: without a [`HandOver`] no text leaves.
    /// The same key with the same body is one text, for 24 hours.
    ///
    /// # Errors
    /// Any answer but 2xx with a message id, or none within 8 s.
    pub async fn send_message(&self, text: &HandOver) -> Result<AcceptedMessage, TelnyxError> {
        let request = self.post("/messages", text.request()).header("Idempotency-Key", text.key());
        let data = data(self.accepted(request, MESSAGE_BUDGET).await?)?;
        let id = data.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        Ok(AcceptedMessage { id: id.ok_or(TelnyxError::BadAnswer)?.to_owned() })
    }

    /// `GET /faxes/{id}`.
    ///
    /// # Errors
    /// Any answer but 2xx with a fax, or none within 8 s.
    pub async fn fax(&self, id: &FaxId) -> Result<FaxInfo, TelnyxError> {
        let request = self.request(Method::GET, &format!("/faxes/{}", provider::segment(id.as_str())));
        let data = data(self.accepted(request, FAX_BUDGET).await?)?;
        Ok(FaxInfo {
            status: provider::word(data.get("status")).ok_or(TelnyxError::BadAnswer)?,
            media_url: data.get("media_url").and_then(Value::as_str).map(str::to_owned),
            page_count: data.get("page_count").and_then(Value::as_i64),
            failure_reason: provider::word(data.get("failure_reason")),
        })
    }

    /// `POST /faxes/{id}/actions/refresh`: asks for a new link, to be read with [`Telnyx::fax`].
    ///
    /// # Errors
    /// Any answer but 2xx, or none within 8 s.
    pub async fn refresh_fax(&self, id: &FaxId) -> Result<(), TelnyxError> {
        let request = self.post(&format!("/faxes/{}/actions/refresh", provider::segment(id.as_str())), "");
        self.accepted(request, FAX_BUDGET).await.map(drop)
    }

    /// `GET /messaging_optouts`: one page, from 1, of the numbers that Telnyx blocks after a STOP.
    ///
    /// # Errors
    /// Any answer but 2xx with a list, or none within 8 s.
    pub async fn blocks(&self, page: u32) -> Result<BlockPage, TelnyxError> {
        let path = format!("/messaging_optouts?page%5Bnumber%5D={page}&page%5Bsize%5D={BLOCKS_A_PAGE}");
        let answer = self.accepted(self.request(Method::GET, &path), FAX_BUDGET).await?;
        let body = answer.json().ok_or(TelnyxError::BadAnswer)?;
        let list = body.get("data").and_then(Value::as_array).ok_or(TelnyxError::BadAnswer)?;
        let text = |block: &Value, name: &str| block.get(name).and_then(Value::as_str).map(str::to_owned);
        let block = |b: &Value| Block {
            from: text(b, "from").unwrap_or_default(),
            to: text(b, "to").unwrap_or_default(),
            profile: text(b, "messaging_profile_id"),
            created_at: text(b, "created_at").and_then(|at| Timestamp::parse(&at)),
        };
        let pages = body.pointer("/meta/total_pages").and_then(Value::as_u64);
        Ok(BlockPage {
            blocks: list.iter().map(block).collect(),
            pages: pages.and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
        })
    }

    fn post(&self, path: &str, body: &str) -> RequestBuilder {
        self.request(Method::POST, path).header(CONTENT_TYPE, "application/json").body(body.to_owned())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .header(AUTHORIZATION, self.credential.header())
    }

    async fn accepted(&self, request: RequestBuilder, budget: Duration) -> Result<Answer, TelnyxError> {
        let answer = provider::exchange(request, budget).await?;
        self.credential.answered(answer.status);
        if answer.is_success() { Ok(answer) } else { Err(refusal(&answer)) }
    }
}

fn data(answer: Answer) -> Result<Value, TelnyxError> {
    answer.json().and_then(|mut body| body.get_mut("data").map(Value::take)).ok_or(TelnyxError::BadAnswer)
}

/// A try that came to nothing, as far as we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TelnyxError {
    #[error("Telnyx refused the request (HTTP {http}, code {}: {})", .code.as_deref().unwrap_or("none"), .title.as_deref().unwrap_or("no title"))]
    Rejected {
        http: u16,
        code: Option<String>,
        /// Telnyx's title, one line, without digit runs of seven or more.
        title: Option<String>,
    },
    #[error("Telnyx asks us to slow down (wait {retry_after_s} s)")]
    RateLimited { retry_after_s: u64 },
    #[error("Telnyx has trouble of its own (HTTP {http})")]
    Server { http: u16 },
    #[error("Telnyx gave no answer ({})", if *.sent { "the request may have arrived" } else { "no connection" })]
    Unanswered { sent: bool },
    #[error("Telnyx accepted the request with an answer that we cannot read")]
    BadAnswer,
    #[error("the request cannot be built: an id or key holds characters that no request can carry")]
    NotBuilt,
}

/// What to do about a [`TelnyxError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The same again, later, under the same id.
    Retry,
    /// The same again would fail the same.
    GiveUp,
    /// The call is over: close it. No trouble.
    CallEnded,
    /// The command came before the call was answered: again when it is.
    NotAnswered,
    /// Telnyx could not fetch the prompt: speak it.
    AudioFailed,
    /// Telnyx blocks this number after a STOP: record `telnyx_block`.
    OptedOut,
}

impl TelnyxError {
    /// Decides by Telnyx's code first, then by the HTTP status.
    pub fn class(&self) -> Class {
        match self {
            Self::Rejected { http, code, .. } => {
                code.as_deref().and_then(class_of_code).unwrap_or_else(|| class_of_status(*http))
            }
            Self::RateLimited { .. } | Self::Server { .. } | Self::Unanswered { .. } | Self::BadAnswer => {
                Class::Retry
            }
            Self::NotBuilt => Class::GiveUp,
        }
    }

    /// Telnyx may have acted all the same: count it, and never send it anew under another id.
    pub fn maybe_done(&self) -> bool {
        matches!(self, Self::Server { .. } | Self::Unanswered { sent: true } | Self::BadAnswer)
    }
}

/// The codes that decide by themselves.
fn class_of_code(code: &str) -> Option<Class> {
    match code {
        "90018" => Some(Class::CallEnded),
        "90034" => Some(Class::NotAnswered),
        "90040" => Some(Class::AudioFailed),
        "40300" => Some(Class::OptedOut),
        "10007" | "10008" | "10011" | "10037" | "40318" => Some(Class::Retry),
        _ => None,
    }
}

fn class_of_status(http: u16) -> Class {
    match http {
        // Our key is refused, not what was asked for: with the newer one it may go.
        provider::UNAUTHORIZED | 408 | 409 | 425 | 429 | 500.. => Class::Retry,
        _ => Class::GiveUp,
    }
}

impl From<NoAnswer> for TelnyxError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::NotBuilt => Self::NotBuilt,
            NoAnswer::NotSent => Self::Unanswered { sent: false },
            NoAnswer::MaybeSent => Self::Unanswered { sent: true },
        }
    }
}

fn refusal(answer: &Answer) -> TelnyxError {
    let (code, title) = deciding_error(answer);
    let http = answer.status;
    let by_code = code.as_deref().and_then(class_of_code);
    let slow_down = http == 429 || matches!(code.as_deref(), Some("10011" | "40318"));
    match by_code {
        None | Some(Class::Retry) if slow_down => TelnyxError::RateLimited {
            retry_after_s: answer.wait_s(&["retry-after", "x-ratelimit-reset"]).unwrap_or(1),
        },
        None | Some(Class::Retry) if http >= 500 => TelnyxError::Server { http },
        _ => TelnyxError::Rejected { http, code, title },
    }
}

/// Code and title of the first error whose code decides by itself, else of the first.
fn deciding_error(answer: &Answer) -> (Option<String>, Option<String>) {
    let body = answer.json().unwrap_or_default();
    let read = |e: &Value| {
        (provider::word(e.get("code")), e.get("title").and_then(Value::as_str).map(provider::sentence))
    };
    let errors: Vec<_> =
        body.get("errors").and_then(Value::as_array).into_iter().flatten().map(read).collect();
    let decides =
        |(code, _): &&(Option<String>, Option<String>)| code.as_deref().and_then(class_of_code).is_some();
    errors.iter().find(decides).or(errors.first()).cloned().unwrap_or_default()
}

/// The body of `POST /v2/messages`, frozen.
pub fn message_body(from: &E164, to: &E164, text: &str, profile: &str) -> String {
    json!({"from": from.expose(), "to": to.expose(), "text": text, "messaging_profile_id": profile})
        .to_string()
}

#[cfg(test)]
mod tests;
