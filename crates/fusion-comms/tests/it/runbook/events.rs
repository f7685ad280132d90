//! What happens around the runbook's blocks: what must have happened before one means anything, and what must be so
//! after it.

use std::time::Duration;

use fusion_comms::clock::Clock;
use fusion_comms::prompts::{built_in, wav};
use fusion_comms::sim::stripe::sign;
use fusion_comms::sim::telnyx::{CallPlan, FaxPlan, Pace};
use fusion_comms::store::{faxes, incidents, seals, tasks};
use fusion_comms_core::ids::{FaxId, derived_id};
use fusion_comms_core::ivr::Prompt;
use reqwest::StatusCode;
use serde_json::json;

use super::scene::{OLD_STRIPE_SECRET, Scene};
use crate::fax::{settled, sheet};
use crate::fax_text::{pdf, plain};
use crate::menu_settings::hours_in_three_days;
use crate::support::app::{FAX_LINE, HOSPITAL, LINE, STATEMENT, TENANT, text_webhook, within};

const LONG: Duration = Duration::from_secs(40);
/// The bucket is asked for a recording again after a minute.
const UNTIL_PLAYED: Duration = Duration::from_secs(75);
const DAY: i64 = 24 * 3600;
/// Whose opt-out is never touched by hand.
const PAYER: &str = "+12025550149";

fn softer_menu() -> Vec<u8> {
    let samples = wav::Wav::read(built_in(Prompt::Menu)).unwrap().mono_16().unwrap();
    wav::write(&wav::lowered(&samples, 0.5), 22_050)
}

/// A tone of a call: kept, and nothing else to do.
fn tone() -> String {
    json!({"data": {
        "event_type": "call.dtmf.received", "id": "runbook-event", "occurred_at": "2026-03-03T15:00:00Z",
        "record_type": "event", "payload": {"call_control_id": "v3:runbook", "digit": "1"},
    }})
    .to_string()
}

impl Scene {
    pub async fn before(&mut self, block: &str) {
        match block {
            "prompts-upload" => self.put("new/goodbye.wav", built_in(Prompt::Goodbye)),
            "prompts-no-bucket" => self.set("S3_BUCKET_AUDIO", "example-typo"),
            "prompt-put" => self.put("tmp/menu.wav", &softer_menu()),
            "events" => self.a_call_and_an_event().await,
            "reconcile" => self.blocks_of_telnyx(),
            "opt-out-file" => {
                self.put("old.csv", b"phone_e164\n+12025550153\n2025550154\n");
            }
            // Until then `audit verify` names the rows without a seal.
            "audit" => {
                let sealed = || async { seals::oldest_unsealed(&self.app.db).await.unwrap().is_none() };
                assert!(within(LONG, sealed).await, "the history is sealed");
            }
            "fax-look" => self.fax_for_a_person().await,
            "fax-fetch" => self.fax_that_broke_off().await,
            "fax-assign" => self.fax_of_nobody().await,
            "incidents" => {
                let open = incidents::list(&self.app.db, None, false, 1).await.unwrap();
                self.fill("incident_id", &open[0].id.clone());
            }
            "fax-score" => self.folder_of_faxes(),
            "fax-retrieve" => self.fax_of_the_roster().await,
            "fax-queue" => {
                self.ask(&format!(
                    "UPDATE fax_documents SET status = 'received' WHERE fax_id = '{}' RETURNING status",
                    self.filled["fax_id"]
                ))
                .await;
            }
            "signature-failures" => self.stops().await,
            "fax-event" => {
                let id = self
                    .ask("SELECT event_id FROM telnyx_events WHERE event_type = 'fax.received' LIMIT 1")
                    .await;
                self.fill("id", &id[0][0].clone());
            }
            "texts-to-read" => self.texts_that_wait().await,
            "tasks" => self.call_after_hours().await,
            _ => {}
        }
    }

    pub async fn after(&mut self, block: &str) {
        match block {
            "api-key" => self.secret_is_read(1).await,
            "pending-key" => {
                self.secret_is_read(2).await;
                assert_eq!(self.signed_by_old_key().await, StatusCode::OK);
                assert_eq!(self.app.post("voice", &tone()).await, Some(StatusCode::OK), "the pending one");
            }
            "promote-key" => {
                self.secret_is_read(3).await;
                assert_eq!(self.signed_by_old_key().await, StatusCode::BAD_REQUEST);
                assert_eq!(self.app.post("voice", &tone()).await, Some(StatusCode::OK));
                // The old API key is deleted at Telnyx; the new one came with the first block.
                self.app.sim.telnyx.set_api_key("KEY-TWO");
                self.app.sim.telnyx.send_text("+12025550146", LINE, "HELP");
                let helped = || async { self.app.sim.telnyx.count_texts(LINE, "+12025550146") == 1 };
                assert!(within(LONG, helped).await, "{}", self.app.logs());
            }
            "stripe-secret-both" => {
                self.secret_is_read(4).await;
                assert_eq!(self.signed_by_stripe(OLD_STRIPE_SECRET).await, StatusCode::OK);
                assert_eq!(self.signed_by_stripe(&self.app.keys.stripe_webhook_secret).await, StatusCode::OK);
            }
            "stripe-secret-new" => {
                self.secret_is_read(5).await;
                assert_eq!(self.signed_by_stripe(OLD_STRIPE_SECRET).await, StatusCode::BAD_REQUEST);
                assert_eq!(self.signed_by_stripe(&self.app.keys.stripe_webhook_secret).await, StatusCode::OK);
            }
            "prompts-no-bucket" => self.set("S3_BUCKET_AUDIO", "example-audio"),
            "event-delete" => {
                assert_eq!(self.app.post("voice", &tone()).await, Some(StatusCode::OK));
                let again =
                    self.ask("SELECT event_id FROM telnyx_events WHERE event_id = 'runbook-event'").await;
                assert_eq!(again.len(), 1, "the next delivery is new");
            }
            "fax-queue" | "fax-queue-again" | "fax-reprocess" => self.fax_is("classified").await,
            "fax-reset" => self.fax_is("received").await,
            "fax-retrieve" => {
                assert_eq!(std::fs::read(self.desk.join("tmp/original.pdf")).unwrap(), sheet());
            }
            _ => {}
        }
    }

    /// What takes a while to be seen.
    pub async fn close(&mut self) {
        let object = self.moto.object("example-audio", "ivr/menu.wav").await;
        assert_eq!(object.headers()["content-type"], "audio/wav");
        assert_eq!(object.headers()["cache-control"], "max-age=86400");
        let url = format!("{}/ivr/menu.wav", self.app.base);
        let played = || async {
            let answer = self.app.http.get(&url).send().await.expect("an answer");
            answer.bytes().await.expect("a recording") == softer_menu()
        };
        assert!(within(UNTIL_PLAYED, played).await, "a recording put by hand is played");
    }

    fn put(&self, name: &str, content: &[u8]) {
        let path = self.desk.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file is written");
    }

    fn set(&mut self, name: &str, value: &str) {
        let variable = self.app.env.iter_mut().find(|(n, _)| n == name);
        value.clone_into(&mut variable.expect("it is set").1);
    }

    /// The log tells for that many times that a changed secret is in use.
    async fn secret_is_read(&self, times: usize) {
        self.app.hang_up();
        let told =
            || async { self.app.logs().matches("new values of the secret are in use").count() >= times };
        assert!(within(LONG, told).await, "{}", self.app.logs());
    }

    async fn signed_by_old_key(&self) -> StatusCode {
        let answer = self.app.post_signed(&self.old_key, &self.app.base, "voice", &tone()).await;
        answer.expect("an answer")
    }

    /// An event that nobody asked for: kept, and nothing else to do.
    async fn signed_by_stripe(&self, secret: &str) -> StatusCode {
        let now = Clock::system().now().unix_s();
        let body = json!({"id": "evt_runbook", "object": "event", "type": "product.created", "created": now,
            "livemode": false, "data": {"object": {"id": "prod_runbook", "object": "product"}}})
        .to_string();
        let posted = self.app.http.post(format!("{}/webhooks/stripe", self.app.base));
        let posted = posted.header("stripe-signature", sign(secret, &body, now)).body(body).send();
        posted.await.expect("an answer").status()
    }

    async fn call(&self, plan: CallPlan) -> String {
        let call = self.app.sim.telnyx.start_call(plan.pace(Pace::FAST));
        let over = || async { self.app.sim.telnyx.call(&call).is_some_and(|c| c.ended) };
        assert!(within(LONG, over).await, "{}", self.app.logs());
        call
    }

    async fn a_call_and_an_event(&mut self) {
        let digits = PAYER.trim_start_matches("+1");
        self.call(
            CallPlan::new(PAYER, LINE)
                .press("menu", "1")
                .press("collect_statement", &format!("{STATEMENT}#"))
                .press("collect_phone", &format!("{digits}#")),
        )
        .await;
        self.call(CallPlan::new("+12025550141", LINE).press("menu", "2")).await;
        self.app.settle_but_fetches().await;
        assert_eq!(self.app.sim.telnyx.count_texts(LINE, PAYER), 1, "the payment link");
        self.fill("id", "runbook-event");
    }

    /// One number that was never opted out here, and one of which that was lifted.
    fn blocks_of_telnyx(&self) {
        for change in ["add", "remove"] {
            self.app.command(&["opt-out", change, "+12025550152", "--tenant", TENANT]);
        }
        self.app.sim.telnyx.block("+12025550151", LINE);
        self.app.sim.telnyx.block("+12025550152", LINE);
    }

    async fn fax(&mut self, plan: FaxPlan) -> faxes::Fax {
        let id = self.app.sim.telnyx.send_fax(plan);
        self.fill("fax_id", &id);
        settled(&self.app, &id).await
    }

    async fn fax_for_a_person(&mut self) {
        let words = "A page that says nothing to anybody about anything at all, in several plain words.";
        let fax = self.fax(FaxPlan::new(HOSPITAL, FAX_LINE, pdf(words, plain).to_vec(), 1)).await;
        assert_eq!(fax.status, "needs_review");
    }

    async fn fax_that_broke_off(&mut self) {
        let mut plan = FaxPlan::new(HOSPITAL, FAX_LINE, Vec::new(), 1);
        plan.fail = Some("sender_call_dropped".to_owned());
        assert_eq!(self.fax(plan).await.status, "failed");
    }

    async fn fax_of_nobody(&mut self) {
        let fax = self.fax(FaxPlan::new(HOSPITAL, "+12025550198", sheet(), 1)).await;
        assert_eq!(fax.tenant, None);
    }

    async fn fax_of_the_roster(&mut self) {
        let fax = self.fax(FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1)).await;
        assert_eq!(fax.status, "classified");
        let key = fax.key.expect("a key");
        let day = key.split('/').skip(3).take(3).collect::<Vec<_>>().join("/");
        self.fill("date", &day);
        self.fill("key", &key);
    }

    async fn fax_is(&self, status: &str) {
        let id = FaxId::new(self.filled["fax_id"].as_str());
        let is = || async { faxes::get(&self.app.db, &id).await.unwrap().unwrap().status == status };
        assert!(within(LONG, is).await, "the fax is not {status}\n{}", self.app.logs());
    }

    fn folder_of_faxes(&self) {
        self.put("scored/one.pdf", &sheet());
        self.put("scored/manifest.jsonl", b"{\"file\":\"one.pdf\",\"tenant_id\":\"ridgeline\"}\n");
        let cases = std::fs::read(self.app.dir.path().join("cases.csv")).expect("the roster");
        self.put("scored/cases.csv", &cases);
    }

    async fn stops(&self) {
        for person in ["+12025550143", "+12025550144"] {
            self.app.sim.telnyx.send_text(person, LINE, "STOP");
            let recorded = || async {
                let row = format!("SELECT source FROM telnyx_opt_outs WHERE phone_e164 = '{person}'");
                !self.ask(&row).await.is_empty()
            };
            assert!(within(LONG, recorded).await, "{}", self.app.logs());
        }
        self.app.settle_but_fetches().await;
    }

    /// An unclear text that lies for nine days, and one that may tell of an emergency.
    async fn texts_that_wait(&mut self) {
        let now = Clock::system().now();
        let texts = [
            ("message_id", PAYER, "my daughter handles these things for me", now.plus_s(-9 * DAY)),
            ("another_message_id", "+12025550148", "help me, he fell and is bleeding", now),
        ];
        for (name, from, words, received_at) in texts {
            let id = derived_id("runbook", name).to_string();
            self.fill(name, &id);
            let event = text_webhook(&id, from, words, received_at);
            assert_eq!(self.app.post("sms", &event.to_string()).await, Some(StatusCode::OK));
        }
        self.app.settle_but_fetches().await;
    }

    async fn call_after_hours(&mut self) {
        let set = |hours: &str| self.app.command(&["tenant", "set", "--id", TENANT, "--office-hours", hours]);
        set(&hours_in_three_days());
        self.call(CallPlan::new("+12025550142", LINE).press("menu", "2")).await;
        set("");
        let open = tasks::list_open_of(&self.app.db, None, Some("call_back"), 9).await.unwrap();
        assert_eq!(open.len(), 1);
        self.fill("task_id", &open[0].id.clone());
    }
}
