//! Texts that an agency begins: held for the person's day and sent when it opens, unless a STOP comes first; what a person
//! asks for waits for no day.

use std::time::Duration;

use fusion_comms::begun::{self, Sender};
use fusion_comms::clock::{Clock, ManualClock};
use fusion_comms::config::{Config, Role};
use fusion_comms::gate::Decision;
use fusion_comms::service::{self, Service};
use fusion_comms::sim::telnyx::{CallPlan, Pace};
use fusion_comms::store::{Reader, consents, ingest, outbox, tenants};
use fusion_comms_core::ids::{MessageId, StatementId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::Language;
use fusion_comms_core::time::Timestamp;
use fusion_comms_core::window;
use serde_json::Value;

use super::support::app::{LINE, On, PATIENT, STATEMENT, TENANT, TestApp, within};
use super::support::given::{default_number, reach, stop};
use crate::committed;

const LONG: Duration = Duration::from_secs(60);
/// A bill that no caller asks about.
const BILL: &str = "30410734";

/// The workers and the webhooks in this process, on a clock of the test's own that stands an hour before a person's day.
struct Morning {
    app: TestApp,
    person: E164,
    opens_at: Timestamp,
    hand: ManualClock,
    clock: Clock,
    service: Service,
}

/// When the day last began for the owner of this number.
fn last_opening(person: &E164) -> Timestamp {
    let now = Clock::system().now();
    let zones = window::zones(person, &[]).expect("a number of the United States");
    let opened = |h: i64| zones.window(now.plus_s(-3600 * h)).opens().filter(|at| *at <= now);
    (1..=25).find_map(opened).expect("the day begins every day")
}

async fn morning(on: On) -> Morning {
    let app = TestApp::prepare(on, |_| {}, &[]).await;
    app.found_agency();
    // The simulated Stripe goes by the machine's clock and takes a session for a day at most: the later of two mornings.
    let people = ["+12025550163", "+16715550163"].map(|n| E164::parse(n).unwrap());
    let person = people.into_iter().max_by_key(last_opening).unwrap();
    let opens_at = last_opening(&person);
    let (clock, hand) = Clock::manual(opens_at.plus_s(-3600));
    let env = |name: &str| app.env.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let mut config = Config::load_for(Role::All, &env, service::simulator_keys).expect("a configuration");
    // The simulated Telnyx signs by the machine's clock.
    config.web.as_mut().expect("the role has web").tolerance_s = 2 * 24 * 3600;
    let listener = tokio::net::TcpListener::bind(config.server.bind_addr).await.expect("a free port");
    let metrics = fusion_comms::metrics::install().expect("a recorder");
    let service = Service::start(config, listener, clock.clone(), metrics).await.expect("the service starts");
    app.until_ready().await;
    let given_at = opens_at.plus_s(-30 * 24 * 3600);
    consent(&app, &person, given_at).await;
    Morning { app, person, opens_at, hand, clock, service }
}

async fn consent(app: &TestApp, person: &E164, given_at: Timestamp) {
    let new = consents::New {
        id: person.expose(),
        tenant: &TenantId::new(TENANT),
        phone: person,
        given_at,
        source: consents::Source::Written,
        evidence: "form 7",
        actor: "Ana",
    };
    committed!(app.db, |tx| consents::add(tx, &new, given_at));
}

impl Morning {
    async fn bill(&self) -> (MessageId, Decision) {
        let tenant = tenants::get(&self.app.db, &TenantId::new(TENANT)).await.unwrap().unwrap();
        let sender = Sender {
            default_number: default_number(),
            default_profile: "profile".to_owned(),
            public_base: self.app.base.clone(),
        };
        let statement = StatementId::parse(BILL).unwrap();
        let now = self.clock.now();
        let to = &self.person;
        committed!(self.app.db, |tx| begun::bill_ready(
            tx,
            &sender,
            &tenant,
            &statement,
            to,
            Language::English,
            now
        ))
    }

    fn got(&self) -> Vec<String> {
        self.app.sim.telnyx.inbox_of(self.person.expose()).into_iter().map(|t| t.text).collect()
    }

    /// Status, the gate's last decision, and the error of one text.
    async fn kept(&self, id: &MessageId) -> [String; 3] {
        let db = &self.app.db;
        let q = db.sql(
            "SELECT status, coalesce(gate, '') AS gate, coalesce(error, '') AS error FROM telnyx_sms_messages
             WHERE message_id = $1",
        );
        let row = db.row(q.bind(id)).await.unwrap().expect("the text is kept");
        ["status", "gate", "error"].map(|c| row.text(c).unwrap())
    }

    async fn until(&self, what: &str, is: impl AsyncFn() -> bool) {
        assert!(within(LONG, || is()).await, "{what}: not in time");
    }
}

async fn a_bill_waits_for_the_persons_day_while_what_people_ask_for_leaves_at_once(on: On) {
    let m = morning(on).await;
    let (id, decision) = m.bill().await;
    let Decision::Held(until, why) = decision else { panic!("{decision:?}") };
    assert_eq!(until, m.opens_at);
    assert!(why.starts_with(&format!("held until {until}: 08:00 in ")), "{why}");
    let lane = outbox::Lane::Link;
    assert_eq!(outbox::depth(&m.app.db, lane, m.clock.now()).await.unwrap().waiting, 0, "held is not late");

    // Meanwhile a caller asks for a link, and somebody for help.
    let payer = CallPlan::new(PATIENT, LINE)
        .press("menu", "1")
        .press("collect_statement", &format!("{STATEMENT}#"))
        .press("collect_phone", "2025550147#")
        .pace(Pace::FAST);
    m.app.sim.telnyx.start_call(payer);
    m.until("the link", async || !m.app.sim.telnyx.inbox_of(PATIENT).is_empty()).await;
    m.app.sim.telnyx.send_text("+12025550164", LINE, "info please, help");
    m.app.sim.telnyx.send_text(PATIENT, LINE, "HELP");
    m.until("the answer", async || m.app.sim.telnyx.inbox_of(PATIENT).len() > 1).await;
    m.hand.set(m.opens_at.plus_ms(-1));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!((m.got(), m.app.sim.stripe.sessions().len()), (vec![], 1), "the caller's session only");
    assert_eq!(m.kept(&id).await[..2], ["queued".to_owned(), why.clone()]);

    let listed = m.app.command(&["text", "list", "--outgoing", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let bill = listed.as_array().unwrap().iter().find(|t| t["class"] == "bill_ready").expect("it is listed");
    assert_eq!((&bill["status"], &bill["gate"]), (&"queued".into(), &why.into()));

    m.hand.set(m.opens_at);
    m.until("the bill", async || !m.got().is_empty()).await;
    let text = m.got().remove(0);
    assert!(
        text.starts_with("Ridgeline EMS: your bill is ready. Pay at ") && text.contains("STOP"),
        "{text}"
    );
    let link = text.split_whitespace().find(|w| w.contains("/p/")).expect("a link");
    let answer = m.app.http.get(link).send().await.expect("an answer");
    assert_eq!(answer.status(), 303);
    assert_eq!(m.app.sim.stripe.sessions().len(), 2);
    assert_eq!(m.kept(&id).await[1], "allowed");
    m.service.stop().await;
}

async fn a_stop_during_the_hold_ends_the_bill(on: On) {
    let m = morning(on).await;
    let (id, decision) = m.bill().await;
    assert!(matches!(decision, Decision::Held(..)), "{decision:?}");
    let line = E164::parse(LINE).unwrap();
    ingest::store_one(&m.app.db, &stop("s1", &m.person, &line, m.clock.now()), &reach()).await.unwrap();
    m.hand.set(m.opens_at.plus_s(60));
    m.until("the refusal", async || m.kept(&id).await[0] == "refused").await;
    let [_, gate, error] = m.kept(&id).await;
    assert!(gate.starts_with("opted out on ") && gate == error, "{gate}");
    assert!(m.app.sim.stripe.sessions().is_empty());
    assert!(m.got().iter().all(|t| !t.contains("/p/")), "{:?}", m.got());
    m.service.stop().await;
}

async fn a_bill_that_is_paid_during_the_hold_is_not_sent_and_a_person_hears_of_it(on: On) {
    let m = morning(on).await;
    let (id, _) = m.bill().await;
    m.app.command(&["statement", "set", BILL, "--tenant", TENANT, "--status", "paid"]);
    m.hand.set(m.opens_at);
    m.until("its end", async || m.kept(&id).await[0] == "failed").await;
    assert_eq!(m.kept(&id).await[2], "the statement was paid, put on hold or changed meanwhile");
    let tasks = m.app.command(&["task", "list", "--json"]);
    assert!(tasks.contains("link_not_sent") && tasks.contains(id.as_str()), "{tasks}");
    assert!(m.got().is_empty() && m.app.sim.stripe.sessions().is_empty());
    m.service.stop().await;
}

async fn the_command_says_when_a_bill_leaves_and_refuses_it_without_consent(on: On) {
    let app = TestApp::prepare(on, |_| {}, &[]).await;
    app.found_agency();
    let send = |to: &str, statement: &str| {
        let args = [
            "text",
            "send",
            "--tenant",
            TENANT,
            "--statement",
            statement,
            "--to",
            to,
            "--reason",
            "first bill",
        ];
        app.try_command(&args)
    };
    let (code, _, err) = send(PATIENT, STATEMENT);
    assert!(code == 1 && err.contains("no consent to texts is on record") && err.contains("hint: "), "{err}");
    let consents =
        ["text", "consent", PATIENT, "--tenant", TENANT, "--how", "written", "--evidence", "form 7"];
    app.command(&[&consents[..], &["--given-at", "30d", "--actor", "Ana"]].concat());
    let (code, out, err) = send(PATIENT, STATEMENT);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("leaves now") || (out.contains("is held until ") && out.contains("08:00 in ")),
        "{out}"
    );
    let (code, _, err) = send(PATIENT, STATEMENT);
    assert!(code == 1 && err.contains("waits already"), "{err}");
    let (code, _, err) = send(PATIENT, "30400001");
    assert!(code == 1 && err.contains("the statement is paid"), "{err}");
    let (code, _, err) = send(PATIENT, "99999");
    assert!(code == 1 && err.contains("no such statement"), "{err}");

    // Abroad, and after a STOP: lifted by hand, it still wants a fresh consent.
    let toronto = "+14165550147";
    app.command(&["text", "consent", toronto, "--tenant", TENANT, "--how", "spoken", "--evidence", "call 3"]);
    let (code, _, err) = send(toronto, STATEMENT);
    assert!(code == 1 && err.contains("another country"), "{err}");
    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "letter"]);
    app.command(&["opt-out", "remove", PATIENT, "--tenant", TENANT, "--reason", "asked on the phone"]);
    let (code, _, err) = send(PATIENT, BILL);
    assert!(code == 1 && err.contains("none was given since"), "{err}");
    app.command(&consents);
    let (code, _, err) = send(PATIENT, BILL);
    assert_eq!(code, 0, "{err}");

    let listed = app.command(&["text", "consents", PATIENT, "--tenant", TENANT]);
    assert_eq!((listed.lines().count(), listed.matches("form 7").count()), (3, 2), "{listed}");
    let file = app.dir.path().join("evidence.jsonl").display().to_string();
    app.command(&["opt-out", "evidence", PATIENT, "--tenant", TENANT, "--out", &file]);
    let evidence = std::fs::read_to_string(&file).unwrap();
    assert_eq!(evidence.matches("\"kind\":\"consent\"").count(), 2, "{evidence}");
    assert!(
        evidence.contains("text.send") && evidence.contains("no consent to texts is on record"),
        "{evidence}"
    );
    let listed = app.command(&["text", "list", "--outgoing"]);
    assert_eq!(listed.matches("refused").count(), 3, "{listed}");
}

async fn a_start_is_consent_to_the_agency_that_answers_it(on: On) {
    let app = TestApp::start(on).await;
    app.sim.telnyx.send_text(PATIENT, LINE, "START");
    let given = async || {
        let person = E164::parse(PATIENT).unwrap();
        consents::list(&app.db, &TenantId::new(TENANT), &person).await.unwrap()
    };
    assert!(within(LONG, || async { !given().await.is_empty() }).await, "{}", app.logs());
    assert_eq!(given().await[0].source, "start_text");
    let args =
        ["text", "send", "--tenant", TENANT, "--statement", BILL, "--to", PATIENT, "--reason", "first bill"];
    app.command(&args);
}

super::served_on_both!(
    a_bill_waits_for_the_persons_day_while_what_people_ask_for_leaves_at_once,
    a_stop_during_the_hold_ends_the_bill,
    a_bill_that_is_paid_during_the_hold_is_not_sent_and_a_person_hears_of_it,
    the_command_says_when_a_bill_leaves_and_refuses_it_without_consent,
    a_start_is_consent_to_the_agency_that_answers_it
);
