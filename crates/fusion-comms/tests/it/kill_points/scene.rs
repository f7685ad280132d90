//! One call in an app that is killed under it: what is seen of it from outside, and what must be so in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use fusion_comms::sim::telnyx::{CallPlan, Delivery};
use fusion_comms::store::calls;
use fusion_comms_core::ids::CallControlId;
use fusion_comms_core::ivr::{Call, State};
use serde_json::Value;

use crate::support::app::{PATIENT, TestApp, within};
use crate::support::db::Prompt;

const LONG: Duration = Duration::from_secs(45);

/// What becomes of the event that the wait is for, while nobody is there to take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Telnyx tries again until the service is back.
    ComesAgain,
    /// Telnyx gives up before that, and the stored deadline must lead on.
    IsLost,
}

/// A call in an app of its own, on its way to being cut off.
pub struct Scene {
    pub app: TestApp,
    pub call: String,
}

impl Scene {
    pub async fn ring(app: TestApp, mut plan: CallPlan) -> Self {
        // Longer than a machine under load takes to answer, at any pace.
        plan.patience = Duration::from_secs(3600);
        let call = app.sim.telnyx.start_call(plan);
        Self { app, call }
    }

    pub async fn until(&self, what: &str, so: impl AsyncFn(&Self) -> bool) {
        assert!(within(LONG, || so(self)).await, "never: {what}\n{}\n{}", self.told(), self.app.logs());
    }

    /// What the caller heard and did.
    pub fn told(&self) -> String {
        self.app.sim.telnyx.call(&self.call).map(|c| c.transcript.join(", ")).unwrap_or_default()
    }

    pub async fn now(&self) -> Call {
        calls::present(&self.app.db, &CallControlId::new(self.call.as_str())).await.unwrap().expect("a row")
    }

    pub async fn held(&self) {
        self.until("the event is held back", async |s| s.app.sim.telnyx.held() > 0).await;
    }

    pub async fn count(&self, of: &str) -> i64 {
        prompt(&self.app).await.count(&format!("SELECT count(*) FROM {of}")).await
    }

    /// Requests for texts that the service has sent so far.
    pub fn asked_for_texts(&self) -> usize {
        self.app.sim.telnyx.requests().iter().filter(|r| r.path == "/v2/messages").count()
    }

    /// Whether the newest command on its way to Telnyx is this.
    pub fn asked(&self, action: &str, what: &str) -> bool {
        let requests = self.app.sim.telnyx.requests();
        requests.iter().any(|r| r.path.ends_with(action) && r.text.contains(what))
    }

    /// Lets the held event go to nobody, and waits until Telnyx has tried once, or for the last time.
    pub async fn nobody_takes(&self, kind: &str, event: Event) {
        self.app.sim.telnyx.release();
        let tries = if event == Event::IsLost { 6 } else { 1 };
        self.until(&format!("{tries} tries of {kind} that fail"), async |s| {
            let tried = s.app.sim.telnyx.deliveries();
            tried.iter().any(|d| d.event_type == kind && d.attempt >= tries && d.status.is_none())
        })
        .await;
    }

    /// As if the restart took no time: however long it does take, no wait is over and no effect too late.
    pub async fn time_stands_still(&self) {
        let id = CallControlId::new(self.call.as_str());
        let now = fusion_comms::clock::Clock::system().now();
        let later = now.plus_s(600);
        let mut tx = self.app.db.begin().await.unwrap();
        if let Some(stored) = calls::lock(&mut tx, &id).await.unwrap()
            && stored.deadline_at.is_some()
        {
            calls::save(&mut tx, &id, &stored.call, Some(later), now).await.unwrap();
        }
        tx.commit().await.unwrap();
        let effects = format!(
            "UPDATE outbox SET expires_at = '{later}' WHERE expires_at IS NOT NULL AND done_at IS NULL AND parked_at IS NULL"
        );
        prompt(&self.app).await.run(&effects).await;
    }

    /// As if nobody had been there until the wait was over.
    pub async fn the_wait_is_over(&self) {
        let id = CallControlId::new(self.call.as_str());
        let now = fusion_comms::clock::Clock::system().now();
        let mut tx = self.app.db.begin().await.unwrap();
        let stored = calls::lock(&mut tx, &id).await.unwrap().expect("a row");
        assert!(stored.deadline_at.is_some(), "the wait has no deadline: {:?}", stored.call);
        calls::save(&mut tx, &id, &stored.call, Some(now), now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The caller is led on to the end, hearing this in all; `links` sessions and as many texts are made.
    pub async fn ends(&self, heard: &[&str], links: usize) {
        self.until("the call ends", async |s| s.app.sim.telnyx.call(&s.call).is_some_and(|c| c.ended)).await;
        self.until("the row is DONE", async |s| s.now().await.state == State::Done).await;
        self.app.settle().await;
        let sim = &self.app.sim;
        let commands = sim.telnyx.commands(&self.call);
        let name = |body: &Value| {
            let url = body["audio_url"].as_str()?;
            Some(url.rsplit('/').next()?.trim_end_matches(".wav").to_owned())
        };
        let prompts: Vec<String> = commands.iter().filter_map(|(_, body)| name(body)).collect();
        assert_eq!(prompts, heard, "what is heard: {}\n{}", self.told(), self.app.logs());
        assert_eq!(sim.stripe.sessions().len(), links, "sessions at Stripe\n{}", self.app.logs());
        assert_eq!(sim.telnyx.inbox_of(PATIENT).len(), links, "texts at the phone\n{}", self.app.logs());
        let rows = i64::try_from(links).unwrap();
        assert_eq!(self.count("billing_checkout_sessions").await, rows, "rows of sessions");
        assert_eq!(self.count("telnyx_sms_messages").await, rows, "rows of texts");
        let untold = "telnyx_sms_messages WHERE telnyx_message_id IS NULL OR status = 'queued'";
        assert_eq!(self.count(untold).await, 0, "texts whose fate is not recorded");
        self.each_request_is_one().await;
        self.steps_are_one_way().await;
        self.nothing_goes_to_a_dead_leg();
    }

    /// A request that was repeated is the same request, and no other asks for the same.
    async fn each_request_is_one(&self) {
        let requests = self.app.sim.telnyx.requests();
        let texts: BTreeSet<_> = requests
            .into_iter()
            .filter(|r| r.path == "/v2/messages")
            .map(|r| (r.idempotency_key, r.text))
            .collect();
        assert!(texts.len() <= 1, "texts are asked for under {} names or in as many words", texts.len());
        let sessions: BTreeSet<_> =
            self.app.sim.stripe.requests().into_iter().map(|r| (r.headers, r.body)).collect();
        assert!(sessions.len() <= 1, "sessions are asked for in {} ways: {sessions:?}", sessions.len());
    }

    /// The call's steps hold no move between states twice.
    async fn steps_are_one_way(&self) {
        let query = "SELECT coalesce(from_state, '-'), to_state FROM telnyx_call_steps
                     WHERE from_state IS NULL OR from_state <> to_state";
        let moves = prompt(&self.app).await.ask(query).await;
        let distinct: BTreeSet<_> = moves.iter().collect();
        assert_eq!(distinct.len(), moves.len(), "a step was made twice: {moves:?}");
    }

    /// No command after its hang-up was taken, and none ever to a transfer's second leg.
    fn nothing_goes_to_a_dead_leg(&self) {
        let leg = |id: &str| id.trim_start_matches("v3:").to_owned();
        let ours = leg(&self.call);
        let deliveries = self.app.sim.telnyx.deliveries();
        let hangup = |d: &&Delivery| {
            d.event_type == "call.hangup" && d.taken() && d.payload["call_control_id"] == *self.call
        };
        let gone = deliveries.iter().find(hangup).map(|d| d.at);
        let mut asked_before = BTreeSet::new();
        for r in self.app.sim.telnyx.requests().iter().filter(|r| r.path.starts_with("/v2/calls/")) {
            assert!(r.path.contains(&ours), "a command to the second leg: {}", r.path);
            // On its way at that moment, or the repeat of one without an answer, which `dead_legs` looks at.
            let in_time = gone.is_none_or(|t| r.at <= t.plus_ms(300));
            let repeated = !asked_before.insert(r.body["command_id"].to_string());
            assert!(in_time || repeated, "a command to a dead leg: {}", r.path);
        }
    }
}

async fn prompt(app: &TestApp) -> Prompt {
    let url = app.env.iter().find(|(name, _)| name == "DATABASE_URL").expect("a database").1.clone();
    Prompt::open(&url).await
}
