//! 1,000 texts to one person wait, and a STOP comes at a random moment, also while the service is killed: after its 200
//! nothing more is handed over. Five runs in the test run; `scripts/stop-race` makes as many as it is told.
//!
//! What is held to. A text counts as handed over at the commit that sets `sending` (`handed_over_at`, read from the clock
//! under the number's lock). The STOP's ledger row is written under the same lock (its history row has the database's
//! time), is committed, and only then answered: so every hand-over must be earlier than that row. The request itself
//! starts within a second of its hand-over, so it may arrive after the 200, but no more of them than there are workers
//! (each has one text in hand), and none later than that second and what a busy machine adds. This bounds retries too,
//! of which `handed_over_at` knows the first hand-over only.

mod plan;
mod verdict;

use std::time::Duration;

use fusion_comms::clock::Clock;
use fusion_comms::gate;
use fusion_comms::sim::telnyx::Api;
use fusion_comms::store::messages::{Class, Outbound};
use fusion_comms::store::{inbox, ledger, outbox};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::{MessageId, TenantId, derived_id};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use serde_json::json;

use super::support::app::{LINE, On, TENANT, TestApp, fixture, within};
use super::support::instance::Instance;
use plan::Plan;
use verdict::Verdict;

const TEXTS: usize = 1000;
/// An agency that texts the same person from a number of its own: the STOP is no business of its.
const OTHER: &str = "harbor";
const OTHER_LINE: &str = "+12025550120";
const OTHERS_TEXTS: usize = 20;
const RUNS: u32 = 5;
/// Until all that waits is sent or refused.
const DRAINED: Duration = Duration::from_secs(180);

/// The served app; on PostgreSQL by two processes, on SQLite by one, which has seven workers for texts.
struct Race {
    app: TestApp,
    instances: Vec<Instance>,
}

/// The texts of one run.
struct Waiting {
    ours: Vec<MessageId>,
    others: Vec<MessageId>,
}

impl Race {
    async fn start(on: On) -> Self {
        // No word on what became of a text while the test lasts: the work is all hand-overs.
        let app = TestApp::prepare(on, |sim| sim.text_delay = Duration::from_secs(3600 * 24), &[]).await;
        app.found_agency();
        app.command(&[
            "tenant",
            "add",
            "--id",
            OTHER,
            "--name",
            "Harbor EMS",
            "--billing-phone",
            "+12025550121",
        ]);
        app.command(&["number", "add", OTHER_LINE, "--tenant", OTHER, "--purpose", "billing_sms"]);
        let mut instances = vec![Instance::start(&app).await];
        if on == On::Postgres {
            instances.push(Instance::start(&app).await);
        }
        Self { app, instances }
    }

    async fn run(&mut self, plan: &Plan) -> Verdict {
        let api = &self.app.sim.telnyx;
        api.fail_next(Api::Messages, plan.refused_requests, 503);
        api.act_then_hang(Api::Messages, plan.unanswered_requests);
        let waiting = self.queue(plan).await;
        let under_way = || async { api.count_texts(LINE, plan.person.expose()) >= plan.after_texts };
        assert!(within(DRAINED, under_way).await, "the texts do not go out\n{}", self.app.logs());
        tokio::time::sleep(plan.and_then).await;

        let bases: Vec<String> = self.instances.iter().map(|i| i.base.clone()).collect();
        let victim = plan.kill.map(|(which, _)| which % self.instances.len());
        let (app, instances) = (&self.app, &mut self.instances);
        let post = async {
            tokio::time::sleep(plan.stop_waits).await;
            stop(app, &bases, plan).await
        };
        let kill = async {
            if let (Some(victim), Some((_, wait))) = (victim, plan.kill) {
                tokio::time::sleep(wait).await;
                instances[victim].kill();
                instances[victim].launch(app).await;
            }
        };
        let (acknowledged, ()) = tokio::join!(post, kill);
        assert!(within(DRAINED, || self.is_drained()).await, "work is left\n{}", self.app.logs());
        // A request that was handed over may still be under way.
        tokio::time::sleep(Duration::from_millis(50)).await;
        verdict::of(self, plan, &waiting, acknowledged).await
    }

    /// Queues the texts as calls would, in one commit: the workers see all of them at once.
    async fn queue(&self, plan: &Plan) -> Waiting {
        let now = Clock::system().now();
        let mut tx = self.app.db.begin().await.unwrap();
        let mut waiting = Waiting { ours: vec![], others: vec![] };
        for n in 0..TEXTS {
            let text = text(plan, TENANT, LINE, n);
            let lane = if n % 2 == 0 { outbox::Lane::Link } else { outbox::Lane::Sms };
            gate::queue(&mut tx, &text, lane, now.plus_s(900), now).await.unwrap();
            waiting.ours.push(text.id);
            if n % (TEXTS / OTHERS_TEXTS) == 0 {
                let text = self::text(plan, OTHER, OTHER_LINE, n);
                gate::queue(&mut tx, &text, lane, now.plus_s(900), now).await.unwrap();
                waiting.others.push(text.id);
            }
        }
        tx.commit().await.unwrap();
        waiting
    }

    async fn is_drained(&self) -> bool {
        let db = &self.app.db;
        let mut left = inbox::depth(db, inbox::Lane::Telnyx(Channel::Sms)).await.unwrap().waiting;
        for lane in [outbox::Lane::Link, outbox::Lane::Sms] {
            left += outbox::depth(db, lane, Clock::system().now()).await.unwrap().waiting;
        }
        left == 0
    }
}

fn text(plan: &Plan, tenant: &str, from: &str, n: usize) -> Outbound {
    let cause = format!("race-{}-{n}-{tenant}", plan.name);
    let body = format!("Pay here: https://pay.example/p/{n}. Reply STOP to opt out.");
    let request = json!({
        "from": from, "to": plan.person.expose(), "text": body,
        "messaging_profile_id": "40000000-0000-4000-8000-000000000001",
    });
    Outbound {
        id: MessageId::new(derived_id(&cause, "text").to_string()),
        tenant: Some(TenantId::new(tenant)),
        from: E164::parse(from).unwrap(),
        to: plan.person.clone(),
        body,
        class: Class::PaymentLink,
        statement_id: Some("30458003".to_owned()),
        call: None,
        cause_id: cause,
        asked_at: None,
        request: request.to_string(),
    }
}

/// Posts the STOP to one instance after the other until it is answered 200, as Telnyx does; when that was.
async fn stop(app: &TestApp, bases: &[String], plan: &Plan) -> Timestamp {
    let now = Clock::system().now();
    let mut body = fixture("sms-02");
    body["data"]["id"] = json!(format!("stop-{}", plan.name));
    let payload = &mut body["data"]["payload"];
    payload["id"] = json!(format!("text-{}", plan.name));
    payload["received_at"] = json!(now);
    payload["autoresponse_type"] = json!(null);
    payload["text"] = json!(plan.words);
    payload["from"]["phone_number"] = json!(plan.person.expose());
    payload["to"][0]["phone_number"] = json!(LINE);
    let body = body.to_string();
    for base in bases.iter().cycle().skip(plan.first_base) {
        if app.post_to(base, "sms", &body).await.is_some_and(|status| status == 200) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Clock::system().now()
}

async fn nothing_is_handed_over_after_the_200_of_a_stop(on: On) {
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let runs = asked("STOP_RACE_RUNS").unwrap_or(RUNS);
    let seed = asked("STOP_RACE_SEED").unwrap_or_else(rand::random);
    let mut race = Race::start(on).await;
    let (mut broken, mut both_ways) = (Vec::new(), 0);
    for n in 0..runs {
        let verdict = race.run(&Plan::draw(seed, n)).await;
        println!("stop-race {on:?} seed {seed} run {n}: {verdict}");
        both_ways += u32::from(verdict.handed_over > 0 && verdict.refused > 0);
        broken.extend(verdict.violations.into_iter().map(|v| format!("run {n}: {v}")));
    }
    println!(
        "stop-race {on:?} seed {seed}: {runs} runs, {both_ways} in the midst of the texts, {} violations",
        broken.len()
    );
    assert!(broken.is_empty(), "seed {seed}: {broken:#?}");
    assert!(both_ways > 0, "seed {seed}: no STOP came in the midst of the texts");
}

super::served_on_both!(nothing_is_handed_over_after_the_200_of_a_stop);
