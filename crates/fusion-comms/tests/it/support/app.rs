//! What tests do with a served app: start it on the sample agency, stop it in many ways, post to it, look at its work.
//! How it is served is [`super::served`]'s.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use fusion_comms::sim::telnyx::{CallPlan, Pace, SimOptions};
use fusion_comms::store::{inbox, outbox};
use fusion_comms_core::time::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};

pub use super::served::{DESK, FAX_LINE, LINE, On, TENANT, TestApp, within};

pub const PATIENT: &str = "+12025550147";
pub const HOSPITAL: &str = "+12025550161";
pub const STATEMENT: &str = "30458003";

/// A caller who does everything right.
pub fn payer() -> CallPlan {
    CallPlan::new(PATIENT, LINE)
        .press("menu", "1")
        .press("collect_statement", &format!("{STATEMENT}#"))
        .press("collect_phone", "2025550147#")
        .pace(Pace::FAST)
}

impl TestApp {
    /// Serves the sample agency.
    pub async fn start(on: On) -> Self {
        Self::start_with(on, |_| {}, &[]).await
    }

    /// The same with other simulators or another environment.
    pub async fn start_with(on: On, tune: impl FnOnce(&mut SimOptions), env: &[(&str, &str)]) -> Self {
        let mut app = Self::prepare(on, tune, env).await;
        app.found_agency();
        app.launch().await;
        app
    }

    /// Everything but the running service: database migrated, simulators up.
    pub async fn prepare(on: On, tune: impl FnOnce(&mut SimOptions), more: &[(&str, &str)]) -> Self {
        Self::prepare_program(Path::new(env!("CARGO_BIN_EXE_fusion-comms")), on, tune, more).await
    }

    /// The address of its database.
    pub fn database(&self) -> String {
        let url = self.env.iter().find(|(name, _)| name == "DATABASE_URL").map(|(_, value)| value.clone());
        url.expect("every app has a database")
    }

    /// kill -9, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("the process can be killed");
            child.wait().expect("the process is gone");
        }
    }

    /// SIGHUP: read the secret again.
    pub fn hang_up(&self) {
        let pid = self.child.as_ref().expect("it runs").id().to_string();
        Command::new("kill").args(["-HUP", &pid]).status().expect("kill runs");
    }

    /// SIGTERM, and the exit code.
    pub async fn terminate(&mut self) -> Option<i32> {
        let mut child = self.child.take()?;
        let pid = child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        tokio::task::spawn_blocking(move || child.wait().expect("the process ends").code())
            .await
            .expect("waited")
    }

    /// Posts a body as Telnyx would, signed now.
    pub async fn post(&self, channel: &str, body: &str) -> Option<StatusCode> {
        self.post_to(&self.base, channel, body).await
    }

    /// The same to another instance of the service.
    pub async fn post_to(&self, base: &str, channel: &str, body: &str) -> Option<StatusCode> {
        self.post_signed(&self.keys.signing, base, channel, body).await
    }

    /// The same, signed by a key of the test's own.
    pub async fn post_signed(
        &self,
        key: &SigningKey,
        base: &str,
        channel: &str,
        body: &str,
    ) -> Option<StatusCode> {
        let now = fusion_comms::clock::Clock::system().now().unix_s();
        let mut signed = format!("{now}|").into_bytes();
        signed.extend_from_slice(body.as_bytes());
        let signature = STANDARD.encode(key.sign(&signed).to_bytes());
        let answer = self
            .http
            .post(format!("{base}/webhooks/telnyx/{channel}"))
            .header("telnyx-timestamp", now.to_string())
            .header("telnyx-signature-ed25519", signature)
            .header("content-type", "application/json")
            .body(body.to_owned())
            .send()
            .await;
        answer.ok().map(|a| a.status())
    }

    /// Waits until nothing is left to work.
    pub async fn settle(&self) {
        let idle = || self.is_idle(&outbox::Lane::ALL);
        assert!(within(Duration::from_secs(60), idle).await, "work is left\n{}", self.logs());
    }

    /// The same, where a fax is fetched in vain for as long as the test lasts.
    pub async fn settle_but_fetches(&self) {
        let lanes = [outbox::Lane::Voice, outbox::Lane::Link, outbox::Lane::Sms];
        let idle = || self.is_idle(&lanes);
        assert!(within(Duration::from_secs(60), idle).await, "work is left\n{}", self.logs());
    }

    /// Asked twice: lanes are read one after the other, and work may pass from one not yet read to one that was.
    async fn is_idle(&self, lanes: &[outbox::Lane]) -> bool {
        self.waiting(lanes).await == 0 && self.waiting(lanes).await == 0
    }

    async fn waiting(&self, lanes: &[outbox::Lane]) -> i64 {
        let mut n = 0;
        for lane in inbox::Lane::ALL {
            n += inbox::depth(&self.db, lane).await.expect("depths are read").waiting;
        }
        for lane in lanes {
            n += outbox::depth(&self.db, *lane, fusion_comms::clock::Clock::system().now())
                .await
                .expect("depths are read")
                .waiting;
        }
        n + fusion_comms::store::queue::depth(&self.db).await.expect("depths are read").0
    }

    /// One value of one metric, labels included in `series`; 0 where it is not there.
    pub async fn metric(&self, series: &str) -> f64 {
        let page = self.get("/metrics").await.map(|(_, text)| text).unwrap_or_default();
        let line = page.lines().find_map(|l| l.strip_prefix(series)?.trim().parse().ok());
        line.unwrap_or(0.0)
    }
}

/// The webhook of a text from a person, which Telnyx received then and did not answer itself.
pub fn text_webhook(id: &str, from: &str, words: &str, received_at: Timestamp) -> Value {
    let mut event = fixture("sms-02");
    event["data"]["id"] = json!(format!("event-{id}"));
    let payload = &mut event["data"]["payload"];
    payload["id"] = json!(id);
    payload["text"] = json!(words);
    payload["received_at"] = json!(received_at);
    payload["autoresponse_type"] = json!(null);
    payload["from"]["phone_number"] = json!(from);
    payload["to"][0]["phone_number"] = json!(LINE);
    event
}

/// A copy of a Telnyx webhook body that lies beside the core's tests.
pub fn fixture(name: &str) -> Value {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/tests/data/telnyx");
    let found = std::fs::read_dir(&dir)
        .expect("the fixtures are there")
        .flatten()
        .map(|e| e.path())
        .find(|p| p.file_name().is_some_and(|f| f.to_string_lossy().starts_with(name)));
    let text = std::fs::read_to_string(found.unwrap_or_else(|| panic!("no fixture {name}")))
        .expect("it can be read");
    serde_json::from_str(&text).expect("it is JSON")
}
