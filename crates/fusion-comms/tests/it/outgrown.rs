//! The outgrown service: PostgreSQL, and SQS, S3 and Secrets Manager, which moto stands in for; two processes that take
//! webhooks and two that work, behind one address. One of each dies, and nobody notices.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fusion_comms::sim::telnyx::{CallPlan, FaxPlan, Pace};
use fusion_comms_core::ids::SessionId;
use serde_json::json;

use super::fax::{roster, settled_within, sheet};
use super::support::app::{FAX_LINE, HOSPITAL, LINE, On, STATEMENT, TestApp, within};
use super::support::balancer::Balancer;
use super::support::instance::Instance;
use super::support::moto::Moto;

const LONG: Duration = Duration::from_secs(60);
/// A message that the queue had handed to a worker as that died is seen again when its two minutes are over.
const UNTIL_SEEN_AGAIN: Duration = Duration::from_secs(200);

/// All that runs, and where it is reached.
struct Fleet {
    app: TestApp,
    moto: Moto,
    queue: String,
    web: Vec<Instance>,
    workers: Vec<Instance>,
    _balancer: Balancer,
}

fn address(base: &str) -> SocketAddr {
    base.trim_start_matches("http://").parse().expect("an address")
}

impl Fleet {
    async fn start() -> Self {
        let moto = Moto::start().await;
        let queue = moto.make_queue("classify").await;
        moto.make_bucket("example-docs").await;
        moto.make_bucket("example-audio").await;
        let mut app = TestApp::prepare(On::Postgres, |_| {}, &moto.env()).await;
        // What is secret, and what every process shares, lies in the secret; the environment names only that.
        let set = |app: &TestApp, name: &str| app.env.iter().find(|(n, _)| n == name).expect("set").1.clone();
        let shared = json!({
            "DATABASE_URL": set(&app, "DATABASE_URL"), "PUBLIC_BASE_URL": app.base,
            "TELNYX_API_KEY": "KEY-OF-THE-FLEET",
            "TELNYX_PUBLIC_KEY": STANDARD.encode(app.keys.signing.verifying_key().as_bytes()),
            "STRIPE_WEBHOOK_SECRET": app.keys.stripe_webhook_secret,
            "S3_BUCKET_DOCS": "example-docs", "S3_BUCKET_AUDIO": "example-audio",
            "FAX_CLASSIFY_QUEUE_URL": queue,
        });
        let arn = moto.make_secret("fleet", &shared).await;
        app.env.retain(|(name, _)| name != "DATABASE_URL");
        app.env.push(("APP_SECRETS_ARN".to_owned(), arn));
        app.found_agency();
        roster(&app);
        app.command(&["prompts", "upload"]);
        let mut web = Vec::new();
        let mut workers = Vec::new();
        for _ in 0..2 {
            web.push(Instance::start_as(&app, &["serve", "--role", "web"]).await);
            workers.push(Instance::start_as(&app, &["worker"]).await);
        }
        let behind = web.iter().map(|i| address(&i.base)).collect();
        let balancer = Balancer::start(address(&app.base), behind).await;
        Self { app, moto, queue, web, workers, _balancer: balancer }
    }

    /// A call with a payment, a STOP, a HELP and a fax, of people of their own. The fax need not be filed yet.
    async fn a_day(&self, day: u32) -> String {
        let app = &self.app;
        let person = |n: u32| format!("+1202555{:04}", 140 + day * 10 + n);
        let (payer, stopper, asker) = (person(1), person(2), person(3));
        let plan = CallPlan::new(&payer, LINE)
            .press("menu", "1")
            .press("collect_statement", &format!("{STATEMENT}#"))
            .press("collect_phone", &format!("{}#", &payer[2..]))
            .pace(Pace::FAST);
        let call = app.sim.telnyx.start_call(plan);
        app.sim.telnyx.send_text(&stopper, LINE, "stop texting me");
        app.sim.telnyx.send_text(&asker, LINE, "HELP");
        let fax = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sheet(), 1));

        let over = || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) };
        assert!(within(LONG, over).await, "day {day}: the call has not ended\n{}", app.logs());
        let linked = || async { app.sim.telnyx.count_texts(LINE, &payer) == 1 };
        assert!(within(LONG, linked).await, "day {day}: no link\n{}", app.logs());
        let told = || async { app.sim.telnyx.count_texts(LINE, &asker) == 1 };
        assert!(within(LONG, told).await, "day {day}: no help\n{}", app.logs());
        let stopped = || async {
            let (code, out, _) = app.try_command(&["opt-out", "check", &stopper, "--tenant", "ridgeline"]);
            code != 2 && out.contains("sms_stop")
        };
        assert!(within(LONG, stopped).await, "day {day}: no opt-out\n{}", app.logs());

        let link = app.sim.telnyx.inbox_of(&payer)[0].text.clone();
        let link = link.split_whitespace().find(|w| w.contains("/p/")).expect("a link").to_owned();
        assert!(link.starts_with(&app.base), "links lead to the one address");
        let led = app.http.get(&link).send().await.expect("an answer");
        let session =
            app.sim.stripe.sessions().into_iter().find(|s| led.headers()["location"] == s.url.as_str());
        self.pay(&session.expect("the link leads to its session").id).await;
        fax
    }

    async fn assert_filed(&self, fax: &str) {
        let filed = settled_within(UNTIL_SEEN_AGAIN, &self.app, fax).await;
        assert_eq!((filed.status.as_str(), filed.case.unwrap().as_str()), ("classified", "case-1"));
        let object = self.moto.object("example-docs", &filed.key.expect("a key")).await;
        assert_eq!(object.bytes().await.expect("a file"), sheet());
    }

    async fn pay(&self, session: &str) {
        self.app.sim.stripe.pay(session).await.expect("it can be paid");
        let id = SessionId::new(session);
        let complete = || async {
            let row = fusion_comms::store::billing::session_by_id(&self.app.db, &id).await.unwrap();
            row.is_some_and(|s| s.status == "complete")
        };
        assert!(within(LONG, complete).await, "{}", self.app.logs());
        self.app.command(&["statement", "set", STATEMENT, "--tenant", "ridgeline", "--status", "open"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn call_text_fax_and_payment_on_four_processes_of_which_two_die() {
    let mut fleet = Fleet::start().await;
    let audio = fleet.app.get("/ivr/menu.wav").await.expect("an answer").0;
    assert_eq!(audio, 200, "the prompt comes from the bucket through either process");
    let mut faxes = vec![fleet.a_day(0).await];
    fleet.assert_filed(&faxes[0]).await;
    fleet.web[0].kill();
    fleet.workers[1].kill();
    faxes.push(fleet.a_day(1).await);
    let Fleet { app, web, workers, .. } = &mut fleet;
    web[0].launch(app).await;
    workers[1].launch(app).await;
    web[1].kill();
    workers[0].kill();
    faxes.push(fleet.a_day(2).await);

    for fax in &faxes {
        fleet.assert_filed(fax).await;
    }
    fleet.app.settle().await;
    let done = || async { fleet.moto.messages(&fleet.queue).await == 0 };
    assert!(within(LONG, done).await, "the queue is worked off");
    for (which, secret) in
        ["KEY-OF-THE-FLEET", fleet.app.keys.stripe_webhook_secret.as_str()].iter().enumerate()
    {
        assert!(!fleet.app.logs().contains(secret), "secret {which} is in a log");
    }
}
