//! One agency's day, played on the real binary and the simulators, each thing after the other: a bill paid by phone, a
//! caller put through, a STOP, texts that a person must read, and a fax of each kind.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use fusion_comms::clock::Clock;
use fusion_comms::sim::telnyx::{CallPlan, FaxPlan, Pace};
use fusion_comms::store::seals;
use serde_json::Value;

use super::cases::{FILES, LOOKUPS};
use crate::fax::{roster, settled, sheet};
use crate::fax_text::{pdf, plain};
use crate::support::app::{
    FAX_LINE, HOSPITAL, LINE, On, PATIENT, STATEMENT, TENANT, TestApp, text_webhook, within,
};

const LONG: Duration = Duration::from_secs(40);

pub struct Scene {
    app: TestApp,
    /// What the placeholders of the commands stood for when they were first asked for.
    found: Mutex<BTreeMap<String, String>>,
}

impl Scene {
    pub async fn play() -> Self {
        let app = TestApp::start(On::Sqlite).await;
        roster(&app);
        for (name, content) in FILES {
            app.file(name, content);
        }
        let scene = Self { app, found: Mutex::default() };
        scene.bill_paid().await;
        scene.call(CallPlan::new("+12025550141", LINE).press("menu", "2")).await;
        scene.text("stop", "+12025550148", "STOP").await;
        scene.text("unclear", "+12025550149", "my daughter handles these things for me").await;
        scene.text("emergency", "+12025550143", "help me, he fell and is bleeding").await;
        scene.faxes().await;
        let sealed = || async { seals::oldest_unsealed(&scene.app.db).await.expect("it is read").is_none() };
        assert!(within(LONG, sealed).await, "the history is sealed");
        // Processes tell their counts every ten seconds.
        let told = || async {
            let said = scene.run("doctor").1;
            let counted = |check: &str| {
                said.lines()
                    .any(|l| l.contains(check) && (l.contains("were taken") || l.contains("was taken")))
            };
            said.contains("ok    workers.alive")
                && counted(" keys.webhooks ")
                && counted(" keys.stripe_webhooks ")
        };
        assert!(within(LONG, told).await, "the process tells of itself: {}", scene.run("doctor").1);
        scene
    }

    async fn bill_paid(&self) {
        let digits = PATIENT.trim_start_matches("+1");
        let plan = CallPlan::new(PATIENT, LINE)
            .press("menu", "1")
            .press("collect_statement", &format!("{STATEMENT}#"))
            .press("collect_phone", &format!("{digits}#"));
        self.call(plan).await;
        let session = self.app.sim.stripe.sessions().remove(0).id;
        self.app.sim.stripe.pay(&session).await.expect("it can be paid");
        let paid = || async {
            self.app.command(&["statement", "list", "--tenant", TENANT]).matches("paid").count() == 2
        };
        assert!(within(LONG, paid).await, "{}", self.app.logs());
        self.app.settle().await;
    }

    async fn call(&self, plan: CallPlan) {
        let call = self.app.sim.telnyx.start_call(plan.pace(Pace::FAST));
        let over = || async { self.app.sim.telnyx.call(&call).is_some_and(|c| c.ended) };
        assert!(within(LONG, over).await, "{}", self.app.logs());
        self.app.settle().await;
    }

    async fn text(&self, id: &str, from: &str, words: &str) {
        let event = text_webhook(id, from, words, Clock::system().now());
        assert_eq!(self.app.post("sms", &event.to_string()).await.map(|s| s.as_u16()), Some(200));
        self.app.settle().await;
    }

    /// On its case; before a person; of nobody; broken off.
    async fn faxes(&self) {
        let words = "A page that says nothing to anybody about anything at all, in several plain words.";
        let broken = FaxPlan {
            fail: Some("sender_call_dropped".to_owned()),
            ..FaxPlan::new(HOSPITAL, FAX_LINE, Vec::new(), 1)
        };
        for plan in [
            FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1),
            FaxPlan::new(HOSPITAL, FAX_LINE, pdf(words, plain).to_vec(), 1),
            FaxPlan::new(HOSPITAL, "+12025550198", pdf(words, plain).to_vec(), 1),
            broken,
        ] {
            let id = self.app.sim.telnyx.send_fax(plan);
            settled(&self.app, &id).await;
            self.app.settle().await;
        }
    }

    /// Ends the service: from here on only commands change anything. One event is left as if it had been given up.
    pub async fn close(&mut self) {
        assert_eq!(self.app.terminate().await, Some(0));
        let mut tx = self.app.db.begin().await.expect("the database answers");
        let q = tx.sql(
            "UPDATE telnyx_events SET parked_at = processed_at, processed_at = NULL, attempts = 8,
               last_error = 'Telnyx does not answer' WHERE event_id = 'event-unclear'",
        );
        assert_eq!(tx.exec(q).await.expect("it is parked"), 1);
        tx.commit().await.expect("it is kept");
    }

    /// Types a line, variables set before it and its placeholders filled in: exit code, standard output, standard error.
    pub fn run(&self, line: &str) -> (i32, String, String) {
        let words: Vec<String> = split(line).iter().map(|word| self.filled(word)).collect();
        let (set, words): (Vec<_>, Vec<_>) =
            words.iter().partition(|word| word.starts_with("DATABASE_URL=") || word.starts_with("DATA_DIR="));
        let mut command = self.app.binary();
        command.envs(set.iter().filter_map(|word| word.split_once('=')));
        command.args(&words).current_dir(self.app.dir.path()).env("USER", "operator");
        let out = command.output().expect("the binary runs");
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
    }

    fn filled(&self, word: &str) -> String {
        let Some(name) = word.strip_prefix('<').and_then(|w| w.strip_suffix('>')) else {
            return word.to_owned();
        };
        if let Some(found) = self.found.lock().expect("the lock").get(name) {
            return found.clone();
        }
        let (_, line, field) =
            LOOKUPS.iter().find(|(n, _, _)| *n == name).unwrap_or_else(|| panic!("<{name}> is unknown"));
        let (code, out, err) = self.run(line);
        let list: Value =
            serde_json::from_str(&out).unwrap_or_else(|e| panic!("{line}: {code} {e} {out} {err}"));
        let value =
            list[0][*field].as_str().unwrap_or_else(|| panic!("{line} has no {field}: {out}")).to_owned();
        self.found.lock().expect("the lock").insert(name.to_owned(), value.clone());
        value
    }
}

/// Words as a shell parts them, with double quotes.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![];
    for (at, part) in line.split('"').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}
