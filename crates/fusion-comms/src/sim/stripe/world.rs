//! What the simulator remembers: accounts, sessions, idempotency keys, requests, planned faults.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use super::answer::{Answer, Refusal};
use super::events::{Delivery, DeliverySettings};
use super::params::CreateParams;
use super::random_id;

/// Requests and deliveries that are remembered; older ones are forgotten.
const REMEMBERED: usize = 10_000;

pub(super) struct World {
    /// Account id to whether it may take payments.
    pub(super) accounts: HashMap<String, bool>,
    pub(super) any_account: bool,
    /// In the order of creation.
    pub(super) sessions: Vec<SimSession>,
    /// By account and key: a key of one account says nothing about another's.
    keys: HashMap<(String, String), KeyUse>,
    pub(super) requests: VecDeque<RecordedRequest>,
    pub(super) deliveries: VecDeque<Delivery>,
    /// Everything that was ever sent as a webhook, in the order of its happening.
    pub(super) events: VecDeque<serde_json::Value>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) down: bool,
    pub(super) delivery: DeliverySettings,
    pub(super) bank_wait: Duration,
}

impl Default for World {
    fn default() -> Self {
        Self {
            accounts: HashMap::new(),
            any_account: false,
            sessions: Vec::new(),
            keys: HashMap::new(),
            requests: VecDeque::new(),
            deliveries: VecDeque::new(),
            events: VecDeque::new(),
            faults: VecDeque::new(),
            down: false,
            delivery: DeliverySettings::default(),
            bank_wait: Duration::from_secs(15),
        }
    }
}

/// What goes wrong with one API request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Fail(u16),
    Hang,
    ActThenHang,
    Slow(Duration),
}

/// One API request as it came. The key is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRequest {
    pub method: String,
    /// With the query, where there is one.
    pub path: String,
    /// All that were sent but `authorization`.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What an idempotency key was used for.
struct KeyUse {
    fingerprint: Vec<(String, String)>,
    /// None while the first request runs.
    answer: Option<Answer>,
}

/// May a request with a key go on?
pub(super) enum Admission {
    Run,
    Replay(Answer),
    Refuse(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Complete,
    Expired,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    Unpaid,
    Paid,
}

impl PaymentStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Paid => "paid",
        }
    }
}

/// A Checkout Session and what became of its payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimSession {
    /// `cs_test_…`, or `cs_live_…` for a live key.
    pub id: String,
    pub account: String,
    pub livemode: bool,
    pub created: i64,
    pub expires_at: i64,
    pub amount: i64,
    pub currency: String,
    pub product_name: String,
    pub success_url: String,
    pub cancel_url: Option<String>,
    pub client_reference_id: Option<String>,
    pub metadata: BTreeMap<String, String>,
    /// The metadata of the PaymentIntent; a session's own is not copied to it.
    pub payment_metadata: BTreeMap<String, String>,
    pub url: String,
    pub status: Status,
    pub payment_status: PaymentStatus,
    /// From when the payer has paid.
    pub payment_intent: Option<String>,
    pub charge: Option<String>,
    pub amount_refunded: i64,
    pub disputed: bool,
}

impl SimSession {
    pub(super) fn new(params: CreateParams, account: &str, livemode: bool, base: &str, now_s: i64) -> Self {
        let id = random_id(if livemode { "cs_live_a1" } else { "cs_test_a1" }, 56);
        Self {
            // The real links have a part after `#` too, and do not work without.
            url: format!("{base}/pay/{id}#{}", random_id("fid", 24)),
            id,
            account: account.to_owned(),
            livemode,
            created: now_s,
            expires_at: params.expires_at,
            amount: params.amount,
            currency: params.currency,
            product_name: params.product_name,
            success_url: params.success_url,
            cancel_url: params.cancel_url,
            client_reference_id: params.client_reference_id,
            metadata: params.metadata,
            payment_metadata: params.payment_metadata,
            status: Status::Open,
            payment_status: PaymentStatus::Unpaid,
            payment_intent: None,
            charge: None,
            amount_refunded: 0,
            disputed: false,
        }
    }

    pub fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    pub fn is_complete(&self) -> bool {
        self.status == Status::Complete
    }
}

impl World {
    pub(super) fn allows(&self, account: &str) -> bool {
        match self.accounts.get(account) {
            Some(enabled) => *enabled,
            None => self.any_account && account.starts_with("acct_") && account.len() > "acct_".len(),
        }
    }

    /// Whether an account may take payments; `None` where it is not connected.
    pub(super) fn charges(&self, account: &str) -> Option<bool> {
        let registered = self.accounts.get(account).copied();
        registered.or_else(|| self.allows(account).then_some(true))
    }

    pub(super) fn session(&self, id: &str) -> Option<&SimSession> {
        self.sessions.iter().find(|s| s.id == id)
    }

    pub(super) fn session_mut(&mut self, id: &str) -> Option<&mut SimSession> {
        self.sessions.iter_mut().find(|s| s.id == id)
    }

    /// Opens a key for a request, or says what stands against it.
    pub(super) fn admit(&mut self, account: &str, key: &str, fingerprint: &[(String, String)]) -> Admission {
        match self.keys.get(&(account.to_owned(), key.to_owned())) {
            Some(used) if used.fingerprint != fingerprint => Admission::Refuse(Refusal {
                status: 400,
                kind: "idempotency_error",
                code: None,
                param: None,
                message: "This idempotency key was used with other parameters.",
            }),
            Some(KeyUse { answer: None, .. }) => Admission::Refuse(Refusal::request(
                409,
                Some("idempotency_key_in_use"),
                "Another request with this idempotency key is under way.",
            )),
            Some(KeyUse { answer: Some(answer), .. }) => {
                Admission::Replay(Answer { replayed: true, ..answer.clone() })
            }
            None => {
                let used = KeyUse { fingerprint: fingerprint.to_vec(), answer: None };
                self.keys.insert((account.to_owned(), key.to_owned()), used);
                Admission::Run
            }
        }
    }

    /// Closes a key with its answer; without one the request counts as never begun.
    pub(super) fn settle(&mut self, account: &str, key: &str, answer: Option<Answer>) {
        let place = (account.to_owned(), key.to_owned());
        match (answer, self.keys.get_mut(&place)) {
            (Some(answer), Some(used)) => used.answer = Some(answer),
            (None, _) => drop(self.keys.remove(&place)),
            (Some(_), None) => {}
        }
    }

    pub(super) fn remember_request(&mut self, request: RecordedRequest) {
        self.requests.push_back(request);
        self.requests.drain(..self.requests.len().saturating_sub(REMEMBERED));
    }

    pub(super) fn remember_event(&mut self, event: &serde_json::Value) {
        if self.events.iter().all(|e| e["id"] != event["id"]) {
            self.events.push_back(event.clone());
        }
        self.events.drain(..self.events.len().saturating_sub(REMEMBERED));
    }

    pub(super) fn remember_delivery(&mut self, delivery: Delivery) {
        self.deliveries.push_back(delivery);
        self.deliveries.drain(..self.deliveries.len().saturating_sub(REMEMBERED));
    }
}
