//! What we answer to texts, end to end: whose words, in which language, how often, how late, and when not at all.

use std::time::Duration;

use fusion_comms::clock::Clock;
use fusion_comms::sim::telnyx::Api;
use fusion_comms::store::ingest::{self, NewEvent, Stop};
use fusion_comms::store::{Reader, ledger, templates};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::{EventId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::Language;
use fusion_comms_core::sms::templates::Kind;
use serde_json::{Value, json};

use super::support::app::{LINE, On, PATIENT, TENANT, TestApp, fixture, within};
use super::support::given::reach;
use crate::committed;

const LONG: Duration = Duration::from_secs(60);
const TOLL_FREE: &str = "+18885550110";
const OWN_HELP: &str =
    "{agency_name} here: ring {phone}[, {hours}]. Text STOP to end. Rates may apply. Emergency? Call 911.";

/// A text to us that Telnyx has not answered.
fn text(id: &str, to: &str, words: &str) -> Value {
    let mut event = fixture("sms-02");
    event["data"]["id"] = json!(format!("event-{id}"));
    let payload = &mut event["data"]["payload"];
    payload["id"] = json!(format!("text-{id}"));
    payload["autoresponse_type"] = json!(null);
    payload["received_at"] = json!(Clock::system().now());
    payload["text"] = json!(words);
    payload["to"][0]["phone_number"] = json!(to);
    event
}

async fn say(app: &TestApp, id: &str, to: &str, words: &str) {
    assert_eq!(app.post("sms", &text(id, to, words).to_string()).await.unwrap(), 200);
}

/// Class, status, reason and words of what we wrote, in order.
async fn written(app: &TestApp) -> Vec<[String; 4]> {
    let q = (&app.db).sql(
        "SELECT class, status, coalesce(error, '') AS error, body FROM telnyx_sms_messages WHERE direction = 'OUT'
         ORDER BY created_at",
    );
    let rows = (&app.db).rows(q).await.expect("texts are read");
    rows.iter().map(|r| ["class", "status", "error", "body"].map(|c| r.text(c).expect("a column"))).collect()
}

async fn until_written(app: &TestApp, n: usize) -> Vec<[String; 4]> {
    let so_many = || async { written(app).await.len() == n };
    assert!(within(LONG, so_many).await, "{:?}\n{}", written(app).await, app.logs());
    app.settle().await;
    written(app).await
}

fn handset(app: &TestApp) -> Vec<String> {
    app.sim.telnyx.inbox_of(PATIENT).into_iter().map(|t| t.text).collect()
}

async fn opted_out(app: &TestApp) -> Vec<String> {
    let rows = ledger::list(&app.db, None).await.expect("the ledger is read");
    rows.iter().map(|o| o.source.as_str().to_owned()).collect()
}

async fn an_agencys_own_words_are_sent_and_ours_where_it_has_none_or_they_break_the_rules(on: On) {
    let app = TestApp::start(on).await;
    app.command(&["tenant", "set", "--id", TENANT, "--office-hours", "mon-fri 08:00-17:00"]);
    app.command(&["template", "set", "--tenant", TENANT, "--kind", "help", "--language", "en", OWN_HELP]);
    say(&app, "1", LINE, "HELP").await;
    until_written(&app, 1).await;
    say(&app, "2", LINE, "AYUDA").await;
    until_written(&app, 2).await;
    let broken = "call us";
    committed!(app.db, |tx| templates::put(
        tx,
        &TenantId::new(TENANT),
        Kind::Help,
        Language::English,
        broken,
        Clock::system().now()
    ));
    say(&app, "3", LINE, "HELP").await;
    until_written(&app, 3).await;
    assert_eq!(
        handset(&app),
        [
            "Ridgeline EMS here: ring (202) 555-0119, Mon-Fri 8am-5pm. Text STOP to end. Rates may apply. Emergency? Call 911.",
            "Ridgeline EMS: llame al (202) 555-0119, lun-vie 8am-5pm. Responda ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos. Emergencia? Llame al 911.",
            "Ridgeline EMS: call (202) 555-0119, Mon-Fri 8am-5pm. Reply STOP to stop. Msg&data rates may apply. Emergency? Call 911.",
        ]
    );
    assert!(app.logs().contains("an agency's template breaks the rules and is not used"));
    let (code, out, _) = app.try_command(&["template", "check"]);
    assert!(code == 1 && out.contains("help/en  not used: `{agency_name}` is missing"), "{out}");
}

async fn a_template_with_faults_is_refused_with_all_of_them_and_every_change_is_audited(on: On) {
    let app = TestApp::prepare(on, |_| {}, &[]).await;
    app.found_agency();
    let which = ["--tenant", TENANT, "--kind", "payment_link", "--language", "es"];
    let set = |body| app.try_command(&[&["template", "set"][..], &which, &["--actor", "Ana", body]].concat());
    let (code, _, err) = set("pague $5.00 en {link}");
    assert_eq!(code, 2);
    for fault in ["3 faults", "`{agency_name}` is missing", "Responda ALTO", "names an amount", "hint: "] {
        assert!(err.contains(fault), "{fault}: {err}");
    }
    let good = "{agency_name}: su factura: {link} Envie ALTO para terminar.";
    let (code, out, err) = set(good);
    assert!(code == 0 && out.contains("Ridgeline EMS: su factura: https://"), "{out}{err}");
    let shown = app.command(&[&["template", "show"][..], &which, &["--json"]].concat());
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["from"], &shown["body"]), (&json!("agency"), &json!(good)));
    assert_eq!(app.command(&["template", "list", "--tenant", TENANT]).lines().count(), 11);
    app.command(&[&["template", "reset"][..], &which].concat());
    assert_eq!(app.try_command(&[&["template", "reset"][..], &which].concat()).0, 1);
    assert!(app.command(&["template", "check"]).contains("10 templates checked: all are used"));
    let q =
        (&app.db).sql("SELECT action, actor FROM audit_log WHERE subject = 'payment_link/es' ORDER BY at");
    let rows = (&app.db).rows(q).await.unwrap();
    let actions: Vec<String> = rows.iter().map(|r| r.text("action").unwrap()).collect();
    assert_eq!(actions, ["template.set", "template.reset"]);
    assert_eq!(rows[0].text("actor").unwrap(), "Ana");
}

async fn fifty_helps_in_a_row_get_three_answers(on: On) {
    let app = TestApp::start(on).await;
    for n in 0..50 {
        say(&app, &n.to_string(), LINE, "HELP").await;
    }
    let written = until_written(&app, 50).await;
    assert_eq!(handset(&app).len(), 3);
    let why = "three answers to HELP went there in the last hour";
    assert_eq!(written.iter().filter(|t| t[1] == "refused" && t[2] == why).count(), 47);
}

async fn two_stops_get_one_confirmation_and_a_yes_lifts_nothing(on: On) {
    let app = TestApp::start(on).await;
    for (n, words) in ["please stop texting me", "REVOKE"].into_iter().enumerate() {
        say(&app, &n.to_string(), LINE, words).await;
        until_written(&app, n + 1).await;
    }
    let why = written(&app).await[1][2].clone();
    assert_eq!(why, "an opt-out of this number was confirmed in the last 24 hours");
    for (n, words) in ["YES", "si", "Sí", "yes please"].into_iter().enumerate() {
        say(&app, &format!("yes-{n}"), LINE, words).await;
    }
    app.settle().await;
    assert_eq!((opted_out(&app).await, handset(&app).len()), (vec!["sms_stop".to_owned()], 1));
}

async fn a_confirmation_that_is_301_seconds_late_is_not_sent_and_its_row_says_why(on: On) {
    let mut app = TestApp::start(on).await;
    app.kill();
    let received_at = Clock::system().now().plus_s(-301);
    let raw = text("late", LINE, "please stop texting me");
    let (person, number) = (E164::parse(PATIENT).unwrap(), E164::parse(LINE).unwrap());
    let event = NewEvent {
        id: EventId::new("event-late"),
        event_type: "message.received".to_owned(),
        channel: Channel::Sms,
        order_key: None,
        occurred_at: Some(received_at),
        received_at,
        raw,
        verified_by: "key".to_owned(),
        stop: Some(Stop { phone: person, number: Some(number), at: received_at }),
        settled: false,
    };
    ingest::store_one(&app.db, &event, &reach()).await.unwrap();
    app.launch().await;
    let written = until_written(&app, 1).await;
    let why = "it could not leave within five minutes of the STOP's receipt";
    assert_eq!(written[0][..3], ["stop_confirmation", "refused", why]);
    assert!(handset(&app).is_empty());
    assert_eq!(opted_out(&app).await, ["sms_stop"]);
}

async fn on_a_toll_free_number_the_network_answers_and_we_answer_the_rest(on: On) {
    let app = TestApp::start(on).await;
    app.command(&["number", "add", TOLL_FREE, "--tenant", TENANT, "--purpose", "billing_sms"]);
    say(&app, "1", TOLL_FREE, "STOP").await;
    app.settle().await;
    assert_eq!((opted_out(&app).await.len(), written(&app).await.len()), (1, 0));
    say(&app, "2", TOLL_FREE, "START").await;
    app.settle().await;
    assert_eq!((opted_out(&app).await.len(), written(&app).await.len()), (0, 0));
    say(&app, "3", TOLL_FREE, "ya no me manden mensajes").await;
    let written = until_written(&app, 1).await;
    assert!(written[0][3].starts_with("Ridgeline EMS: Usted ya no recibira mensajes"), "{written:?}");
    assert_eq!(handset(&app).len(), 1);
}

async fn a_confirmation_that_telnyx_blocks_counts_as_done(on: On) {
    let mut app = TestApp::prepare(on, |_| {}, &[]).await;
    app.found_agency();
    // The service compares its ledger with Telnyx's blocks when it starts, and would have the opt-out from there.
    app.sim.telnyx.down(Api::OptOuts, true);
    app.launch().await;
    app.sim.telnyx.block(PATIENT, LINE);
    say(&app, "1", LINE, "please stop texting me").await;
    let written = until_written(&app, 1).await;
    let why = "40300 blocked at the carrier, which confirms a STOP by itself";
    assert_eq!(written[0][..3], ["stop_confirmation", "failed", why]);
    let tries = app.sim.telnyx.requests().into_iter().filter(|r| r.path.ends_with("/messages")).count();
    assert_eq!((tries, opted_out(&app).await), (1, vec!["sms_stop".to_owned()]));
}

super::served_on_both!(
    an_agencys_own_words_are_sent_and_ours_where_it_has_none_or_they_break_the_rules,
    a_template_with_faults_is_refused_with_all_of_them_and_every_change_is_audited,
    fifty_helps_in_a_row_get_three_answers,
    two_stops_get_one_confirmation_and_a_yes_lifts_nothing,
    a_confirmation_that_is_301_seconds_late_is_not_sent_and_its_row_says_why,
    on_a_toll_free_number_the_network_answers_and_we_answer_the_rest,
    a_confirmation_that_telnyx_blocks_counts_as_done
);
