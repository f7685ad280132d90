//! A Telnyx on loopback that refuses what the real one refuses. It signs and sends webhooks, answers the API, plays
//! the caller, the handset and the fax machine, and hosts fax media.

mod account;
mod api;
mod command;
mod delivery;
mod errors;
mod faults;
mod fax;
mod gather;
mod leg;
mod line;
mod lookups;
mod message;
mod parts;
mod plans;
mod playback;
mod record;
mod staged;
#[cfg(test)]
mod tests;
mod text_body;
mod transfer;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use fusion_comms_core::time::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use url::Url;

pub use plans::{
    Api, CallPlan, Chaos, FaxPlan, Pace, Quirks, Reply, SimOptions, TextOutcome, TransferOutcome,
};
pub use record::{CallView, Delivery, FaxView, Moment, SeenRequest, SimText};

/// The simulated account. All of it is behind one `Arc`; the tasks of calls and deliveries hold it too.
pub struct SimTelnyx {
    options: SimOptions,
    http: reqwest::Client,
    state: Mutex<State>,
}

struct State {
    media_base: Url,
    /// The bearer token asked for now.
    api_key: Option<String>,
    chaos: Option<Chaos>,
    random: StdRng,
    calls: HashMap<String, command::Leg>,
    /// Ended legs, oldest first, to forget them in that order.
    ended: VecDeque<String>,
    requests: VecDeque<SeenRequest>,
    deliveries: VecDeque<Delivery>,
    faults: HashMap<Api, faults::Faults>,
    texts: message::Texts,
    faxes: fax::Faxes,
    held: staged::Held,
}

impl SimTelnyx {
    /// # Errors
    /// When no HTTP client can be built (no usable TLS roots, for one).
    pub fn new(options: SimOptions) -> anyhow::Result<Arc<Self>> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("telnyx-webhooks")
            .timeout(options.webhook_timeout)
            .build()
            .context("The simulator could not set up its HTTP client")?;
        let seed = options.chaos.as_ref().map_or(0, |c| c.seed);
        let state = State {
            media_base: options.media_base.clone(),
            api_key: options.api_key.clone(),
            chaos: options.chaos.clone(),
            random: StdRng::seed_from_u64(seed),
            calls: HashMap::new(),
            ended: VecDeque::new(),
            requests: VecDeque::new(),
            deliveries: VecDeque::new(),
            faults: HashMap::new(),
            texts: message::Texts::default(),
            faxes: fax::Faxes::default(),
            held: staged::Held::default(),
        };
        Ok(Arc::new(Self { options, http, state: Mutex::new(state) }))
    }

    /// Where fax media links point to from now on: the address this simulator listens on.
    pub fn set_media_base(&self, base: Url) {
        self.state().media_base = base;
    }

    /// Whatever bearer was asked for, from now on it is this one: the old key is deleted.
    pub fn set_api_key(&self, key: &str) {
        self.state().api_key = Some(key.to_owned());
    }

    /// Every request the service sent, oldest first (the newest 20,000).
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.state().requests.iter().cloned().collect()
    }

    /// When texts to this number arrived, by `Idempotency-Key`, oldest first.
    pub fn text_requests(&self, phone: &str) -> Vec<(String, Timestamp)> {
        let state = self.state();
        let to = state.requests.iter().filter(|r| r.path.ends_with("/messages") && r.body["to"] == phone);
        to.map(|r| (r.idempotency_key.clone().unwrap_or_default(), r.at)).collect()
    }

    /// Every try to deliver a webhook, oldest first (the newest 20,000).
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state().deliveries.iter().cloned().collect()
    }

    /// The last try of every event that the service has not taken (yet), oldest first.
    pub fn undelivered(&self) -> Vec<Delivery> {
        let state = self.state();
        let mut open: Vec<&Delivery> = Vec::new();
        let taken: HashSet<&str> =
            state.deliveries.iter().filter(|d| d.taken()).map(|d| d.event_id.as_str()).collect();
        for delivery in state.deliveries.iter().filter(|d| !taken.contains(d.event_id.as_str())) {
            open.retain(|d| d.event_id != delivery.event_id);
            open.push(delivery);
        }
        open.into_iter().cloned().collect()
    }

    /// Waits until `done` holds, looking every 20 ms; `false` when `limit` has passed first.
    pub async fn wait_until(&self, limit: Duration, done: impl Fn(&Self) -> bool) -> bool {
        let end = tokio::time::Instant::now() + limit;
        while !done(self) {
            if tokio::time::Instant::now() >= end {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wall clock.
#[expect(clippy::disallowed_methods, reason = "the simulator is the outside world, which has its own clock")]
fn now() -> Timestamp {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros());
    Timestamp::from_unix_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "the ids are a provider's, not ours")]
fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
