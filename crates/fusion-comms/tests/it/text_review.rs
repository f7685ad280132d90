//! Texts that a person reads: listed, in their thread, turned into an opt-out from their receipt or not.

use std::time::Duration;

use fusion_comms::gate;
use fusion_comms::store::ledger::{self, OptOut};
use fusion_comms::store::{evidence, messages, outbox, tasks};
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::committed;
use super::support::app::{LINE, On, PATIENT, TENANT, TestApp, text_webhook, within};
use super::support::given::link_text;

const LONG: Duration = Duration::from_secs(60);
const HOUR: i64 = 3600;
/// Neither a keyword nor a wish: it waits for a person.
const UNCLEAR: &str = "my daughter handles these things for me";

fn now() -> Timestamp {
    fusion_comms::clock::Clock::system().now()
}

fn tenant() -> TenantId {
    TenantId::new(TENANT)
}

fn person() -> E164 {
    E164::parse(PATIENT).unwrap()
}

/// A text that Telnyx received then, and the service has worked.
async fn texted(app: &TestApp, id: &str, words: &str, received_at: Timestamp) {
    let event = text_webhook(id, PATIENT, words, received_at);
    assert_eq!(app.post("sms", &event.to_string()).await.unwrap(), 200);
    app.settle().await;
}

async fn opt_outs(app: &TestApp) -> Vec<OptOut> {
    ledger::list(&app.db, None).await.expect("the ledger is read")
}

fn listed(app: &TestApp, args: &[&str]) -> Vec<Value> {
    let out = app.command(&[args, &["--json"]].concat());
    serde_json::from_str(&out).expect("a list")
}

fn ids(texts: &[Value]) -> Vec<&str> {
    texts.iter().filter_map(|t| t["message_id"].as_str()).collect()
}

fn review(app: &TestApp, id: &str, reading: &str) -> String {
    app.command(&["text", "review", id, "--as", reading, "--reason", "read it", "--actor", "Kim"])
}

/// What the audit log has of the person's number: action, actor, after.
async fn looked(app: &TestApp) -> Vec<(String, String, Value)> {
    let items = evidence::of(&app.db, &tenant(), &person()).await.expect("the evidence is read");
    let words = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    items
        .into_iter()
        .filter(|i| i.kind == "operator")
        .map(|i| (words(&i.data["action"]), words(&i.data["actor"]), i.data["after"].clone()))
        .collect()
}

async fn read_as_stop_counts_from_the_texts_receipt_and_a_queued_payment_text_is_refused(on: On) {
    let mut app = TestApp::start(on).await;
    let received = now().plus_s(-3 * HOUR);
    texted(&app, "unclear", UNCLEAR, received).await;
    assert!(opt_outs(&app).await.is_empty());
    app.kill();
    let link = link_text("link", &tenant(), &E164::parse(LINE).unwrap(), &person());
    let queued =
        committed!(app.db, |tx| gate::queue(tx, &link, outbox::Lane::Link, now().plus_s(HOUR), now()));
    assert_eq!(queued, gate::Decision::Allowed);

    let said = review(&app, "unclear", "stop");
    assert!(said.contains("is opted out at ridgeline") && said.contains(&received.to_string()), "{said}");
    assert!(!said.contains(PATIENT) && !said.contains(UNCLEAR), "{said}");
    let rows = opt_outs(&app).await;
    assert_eq!((rows.len(), rows[0].tenant.as_str(), rows[0].source.as_str()), (1, TENANT, "sms_stop"));
    assert_eq!(rows[0].opted_out_at, received);
    let history = ledger::history(&app.db, &tenant(), &person()).await.unwrap();
    assert_eq!(history[0].actor, "Kim");
    assert_eq!(history[0].reason.as_deref(), Some("review of text unclear: read it"));
    assert!(listed(&app, &["text", "list", "--review"]).is_empty());

    app.launch().await;
    app.settle().await;
    let text = messages::to_send(&app.db, &link.id).await.unwrap().unwrap();
    assert_eq!(text.status, "refused");
    assert!(app.sim.telnyx.inbox_of(PATIENT).is_empty(), "no late confirmation either");
    let audit = looked(&app).await;
    assert_eq!((audit[0].0.as_str(), audit[0].1.as_str()), ("text.review", "Kim"));
    assert_eq!(audit[0].2["agencies"][0]["outcome"], "opted_out");
    assert!(review(&app, "unclear", "stop").contains("already"), "a second time changes nothing");
}

async fn consent_that_came_back_after_the_text_stands(on: On) {
    let app = TestApp::start(on).await;
    let (first, second, third) = (now().plus_s(-9 * HOUR), now().plus_s(-6 * HOUR), now().plus_s(-3 * HOUR));
    texted(&app, "early", UNCLEAR, first).await;
    texted(&app, "start", "START", second).await;
    let said = review(&app, "early", "stop");
    assert!(said.contains("is not opted out at ridgeline") && said.contains(&second.to_string()), "{said}");
    assert!(opt_outs(&app).await.is_empty());
    assert!(listed(&app, &["text", "list", "--review"]).is_empty(), "it has been read");
    assert_eq!(looked(&app).await.last().unwrap().2["agencies"][0]["outcome"], "consented_later");

    // Worked after the START, yet received before it; and one received after it.
    texted(&app, "overtaken", "do you know my daughter", second.plus_s(-60)).await;
    review(&app, "overtaken", "stop");
    assert!(opt_outs(&app).await.is_empty());
    texted(&app, "late", "my daughter is right", third).await;
    review(&app, "late", "stop");
    assert_eq!(opt_outs(&app).await.len(), 1);
    // A START from before the text that is worked now does not lift it.
    texted(&app, "slow", "START", second.plus_s(60)).await;
    assert_eq!(opt_outs(&app).await[0].opted_out_at, third);

    // Lifted by hand: consent came back as well.
    app.command(&["opt-out", "remove", PATIENT, "--tenant", TENANT, "--reason", "asked on the phone"]);
    assert!(review(&app, "late", "stop").contains("is not opted out"));
    assert!(opt_outs(&app).await.is_empty());
}

async fn a_text_read_as_stop_reaches_as_far_as_a_stop_does(on: On) {
    let app = TestApp::start(on).await;
    app.command(&[
        "tenant",
        "add",
        "--id",
        "valley",
        "--name",
        "Valley EMS",
        "--billing-phone",
        "+12025550118",
    ]);
    app.command(&["number", "add", LINE, "--tenant", "valley", "--purpose", "billing_sms"]);
    texted(&app, "shared", UNCLEAR, now().plus_s(-HOUR)).await;
    let unassigned = listed(&app, &["text", "list", "--review", "--tenant", "unassigned"]);
    assert_eq!(ids(&unassigned), ["shared"], "it speaks to two agencies and is of none");
    assert!(app.command(&["text", "thread", PATIENT, "--tenant", "unassigned"]).contains(UNCLEAR));
    let everybody = [("OPT_OUT_SCOPE", "all")];
    let (code, said, err) = app.try_command_with(&everybody, &["text", "review", "shared", "--as", "stop"]);
    assert_eq!(code, 0, "{err}");
    let mut bound: Vec<String> = opt_outs(&app).await.iter().map(|o| o.tenant.to_string()).collect();
    bound.sort();
    assert_eq!(bound, [TENANT, "unassigned", "valley"], "{said}");
}

async fn the_list_puts_emergencies_first_and_says_what_is_overdue(on: On) {
    let app = TestApp::start(on).await;
    let base = now();
    let long_ago = base.plus_s(-40 * 24 * HOUR);
    texted(&app, "old", UNCLEAR, long_ago).await;
    texted(&app, "new", UNCLEAR, base.plus_s(-1)).await;
    texted(&app, "urgent", "I have chest pain and can't breathe", base.plus_s(-2)).await;
    texted(&app, "help", "INFO", base.plus_s(-3)).await;

    let waiting = listed(&app, &["text", "list", "--review", "--tenant", TENANT]);
    assert_eq!(ids(&waiting), ["urgent", "old", "new"]);
    assert_eq!((&waiting[0]["emergency"], &waiting[1]["emergency"]), (&json!(true), &json!(false)));
    assert_eq!((&waiting[1]["clock"], &waiting[2]["clock"]), (&json!("past deadline"), &json!("in time")));
    assert_eq!((&waiting[2]["days_left"], &waiting[2]["label"]), (&json!(10), &json!("NONE")));
    assert!(waiting[1]["days_left"].as_i64().unwrap() < 0);
    assert_eq!(waiting[1]["received_at"], json!(long_ago));

    let all = listed(&app, &["text", "list"]);
    assert_eq!(ids(&all), ["urgent", "new", "help", "old"], "emergencies, then the latest");
    assert_eq!((&all[2]["waits"], &all[2]["clock"]), (&json!(false), &Value::Null));
    assert_eq!(ids(&listed(&app, &["text", "list", "--limit", "1"])), ["urgent"]);
    assert!(listed(&app, &["text", "list", "--tenant", "unassigned"]).is_empty());
    let table = app.command(&["text", "list", "--review"]);
    assert!(table.contains("past deadline") && !table.contains(UNCLEAR), "{table}");

    let gauges = || async {
        (app.metric("texts_to_review").await, app.metric("texts_to_review_overdue").await) == (3.0, 1.0)
    };
    assert!(within(LONG, gauges).await, "{}", app.logs());
}

async fn a_thread_shows_both_directions_and_keeps_who_looked(on: On) {
    let app = TestApp::start(on).await;
    texted(&app, "one", UNCLEAR, now().plus_s(-2 * HOUR)).await;
    texted(&app, "two", "INFO", now().plus_s(-10)).await;
    let out = app.command(&["text", "thread", PATIENT, "--tenant", TENANT, "--json", "--actor", "Kim"]);
    let thread: Vec<Value> = serde_json::from_str(&out).unwrap();
    let directions: Vec<&Value> = thread.iter().map(|t| &t["direction"]).collect();
    assert_eq!(directions, ["IN", "IN", "OUT"], "{out}");
    assert_eq!((&thread[0]["text"], &thread[2]["class"]), (&json!(UNCLEAR), &json!("help")));
    assert!(thread[2]["text"].as_str().unwrap().contains("Ridgeline EMS"));
    let audit = looked(&app).await;
    assert_eq!(audit.len(), 1);
    assert_eq!((audit[0].0.as_str(), audit[0].1.as_str()), ("text.read", "Kim"));
    assert_eq!(audit[0].2, json!({"texts": 3}));
    assert!(!app.logs().contains("daughter"), "no words in the log");
    let table = app.command(&["text", "thread", PATIENT, "--tenant", TENANT]);
    assert!(table.contains(UNCLEAR), "{table}");
    assert_eq!(looked(&app).await.len(), 2);
    let (code, _, err) = app.try_command(&["text", "thread", PATIENT, "--tenant", "nobody"]);
    assert!(code == 1 && !err.contains("nobody") && !err.contains(PATIENT), "{err}");
}

async fn a_text_that_wishes_nothing_is_done_and_other_tasks_are_done_by_themselves(on: On) {
    let app = TestApp::start(on).await;
    texted(&app, "chat", UNCLEAR, now().plus_s(-HOUR)).await;
    let call_back = tasks::Kind::CallBack;
    committed!(app.db, |tx| tasks::open(tx, Some(&tenant()), call_back, "v3:call", now()));
    let open = listed(&app, &["task", "list"]);
    assert_eq!(open.len(), 2);
    let task = |kind: &str| {
        let of_kind = listed(&app, &["task", "list", "--tenant", TENANT, "--kind", kind]);
        of_kind[0]["task_id"].as_str().unwrap().to_owned()
    };
    let (code, _, err) = app.try_command(&["task", "done", &task("text_to_read")]);
    assert!(code == 1 && err.contains("text review chat"), "{err}");
    assert!(review(&app, "chat", "none").contains("no longer waits"));
    let (code, _, err) = app.try_command(&["text", "review", "chat", "--as", "none"]);
    assert!(code == 1 && err.contains("does not wait"), "{err}");
    let id = task("call_back");
    app.command(&["task", "done", &id, "--reason", "called at noon", "--actor", "Kim"]);
    let (code, _, err) = app.try_command(&["task", "done", &id]);
    assert!(code == 1 && err.contains("already"), "{err}");
    assert!(listed(&app, &["task", "list"]).is_empty());
    assert!(opt_outs(&app).await.is_empty());
    let (code, _, err) = app.try_command(&["text", "review", "nobody", "--as", "stop"]);
    assert!(code == 1 && err.contains("no text"), "{err}");
}

async fn a_request_by_letter_counts_from_its_receipt(on: On) {
    let app = TestApp::start(on).await;
    let add = ["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "letter", "--received-at"];
    let (code, _, err) = app.try_command(&[&add[..], &["2099-01-01"]].concat());
    assert!(code == 2 && err.contains("future") && opt_outs(&app).await.is_empty(), "{err}");
    let letter = now().plus_s(-20 * 24 * HOUR);
    let said = app.command(&[&add[..], &[&letter.to_string()]].concat());
    assert!(said.contains("10 business days") && said.contains("late"), "{said}");
    let rows = opt_outs(&app).await;
    assert_eq!((rows[0].opted_out_at, rows[0].source.as_str()), (letter, "manual_admin"));

    app.command(&["opt-out", "remove", PATIENT, "--tenant", TENANT, "--reason", "came back"]);
    let (code, said, err) = app.try_command(&[&add[..], &["1h"]].concat());
    assert!(code == 0 && said.contains("in time"), "{said}{err}");
    assert!(err.contains("was lifted on") && err.contains("opt-out remove"), "{err}");
    assert_eq!(opt_outs(&app).await.len(), 1);
}

super::served_on_both!(
    read_as_stop_counts_from_the_texts_receipt_and_a_queued_payment_text_is_refused,
    consent_that_came_back_after_the_text_stands,
    a_text_read_as_stop_reaches_as_far_as_a_stop_does,
    the_list_puts_emergencies_first_and_says_what_is_overdue,
    a_thread_shows_both_directions_and_keeps_who_looked,
    a_text_that_wishes_nothing_is_done_and_other_tasks_are_done_by_themselves,
    a_request_by_letter_counts_from_its_receipt,
);
