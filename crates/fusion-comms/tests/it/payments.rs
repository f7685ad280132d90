//! Money, end to end: links, Stripe's events in any order, and what becomes of sessions and statements.

use std::time::Duration;

use fusion_comms::sim::stripe::sign;
use fusion_comms::sim::telnyx::{CallPlan, Pace};
use fusion_comms::store::{billing, tasks};
use fusion_comms_core::ids::{Cents, SessionId, StatementId, TenantId};
use serde_json::{Value, json};

use super::support::app::{DESK, LINE, On, PATIENT, STATEMENT, TENANT, TestApp, within};
use super::support::db::Prompt;

const LONG: Duration = Duration::from_secs(60);
const ACCOUNT: &str = "acct_1TESTRIDGELINE";
const WHOLE: i64 = 12_500;

/// A call that asks for a link to that phone (ten digits). Returns when it has ended and all is worked.
async fn call_for(app: &TestApp, phone: &str) -> String {
    let plan = CallPlan::new(PATIENT, LINE)
        .press("menu", "1")
        .press("collect_statement", &format!("{STATEMENT}#"))
        .press("collect_phone", &format!("{phone}#"))
        .pace(Pace::FAST);
    let call = app.sim.telnyx.start_call(plan);
    let ended = || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) };
    assert!(within(LONG, ended).await, "the call has not ended\n{}", app.logs());
    app.settle().await;
    call
}

/// An app with one open link; its session's id.
async fn linked(on: On) -> (TestApp, String) {
    let app = TestApp::start(on).await;
    call_for(&app, "2025550147").await;
    let id = app.sim.stripe.sessions().remove(0).id;
    (app, id)
}

async fn stored(app: &TestApp, id: &str) -> billing::Session {
    billing::session_by_id(&app.db, &SessionId::new(id)).await.unwrap().expect("the session is stored")
}

async fn bill(app: &TestApp) -> String {
    let id = StatementId::parse(STATEMENT).unwrap();
    billing::find_statement(&app.db, &TenantId::new(TENANT), &id).await.unwrap().unwrap().status
}

/// Status of session and statement, once everything is worked.
async fn states(app: &TestApp, id: &str) -> (String, String) {
    app.settle().await;
    (stored(app, id).await.status, bill(app).await)
}

async fn assert_states(app: &TestApp, id: &str, session: &str, statement: &str) {
    assert_eq!(states(app, id).await, (session.to_owned(), statement.to_owned()), "{}", app.logs());
}

async fn task_kinds(app: &TestApp) -> Vec<String> {
    tasks::list_open(&app.db, 50).await.unwrap().into_iter().map(|t| t.kind).collect()
}

async fn parked_events(app: &TestApp) -> i64 {
    prompt(app).await.count("SELECT count(*) FROM stripe_events WHERE parked_at IS NOT NULL").await
}

async fn prompt(app: &TestApp) -> Prompt {
    let url = app.env.iter().find(|(name, _)| name == "DATABASE_URL").expect("a database").1.clone();
    Prompt::open(&url).await
}

/// The session as Stripe would show it, with changes.
fn session_object(app: &TestApp, id: &str, changes: &Value) -> Value {
    let s = app.sim.stripe.session(id).expect("Stripe knows it");
    let mut object = json!({
        "id": s.id, "object": "checkout.session", "status": "complete", "payment_status": "paid",
        "payment_intent": "pi_test", "amount_total": s.amount, "currency": s.currency,
        "client_reference_id": s.client_reference_id, "livemode": false,
    });
    for (name, value) in changes.as_object().expect("an object") {
        object[name] = value.clone();
    }
    object
}

fn event(id: &str, kind: &str, account: &str, object: &Value) -> Value {
    json!({"id": id, "object": "event", "type": kind, "account": account, "created": 1_790_000_000,
           "livemode": false, "data": {"object": object}})
}

/// The account takes our access away, at that second.
fn deauthorized(id: &str, created: i64) -> Value {
    let application = json!({"id": "ca_test", "object": "application"});
    let mut event = event(id, "account.application.deauthorized", ACCOUNT, &application);
    event["created"] = created.into();
    event
}

fn clock_s() -> i64 {
    fusion_comms::clock::Clock::system().now().unix_s()
}

/// A charge of the session's payment, with that much given back.
fn charge(app: &TestApp, id: &str, back: i64) -> Value {
    let s = app.sim.stripe.session(id).expect("Stripe knows it");
    json!({"id": "ch_test", "object": "charge", "amount": s.amount, "amount_refunded": back,
           "refunded": back == s.amount, "payment_intent": "pi_test", "currency": s.currency,
           "metadata": s.payment_metadata})
}

/// Posts an event, signed as Stripe signs; it must be taken.
async fn post(app: &TestApp, event: &Value) {
    let body = event.to_string();
    let now = clock_s();
    let answer = app
        .http
        .post(format!("{}/webhooks/stripe", app.base))
        .header("stripe-signature", sign(&app.keys.stripe_webhook_secret, &body, now))
        .body(body)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
}

async fn a_bank_debit_counts_when_it_settles_and_not_before(on: On) {
    let (app, id) = linked(on).await;
    app.sim.stripe.duplicates(2);
    app.sim.stripe.pay_by_bank(&id).await.unwrap();
    assert_states(&app, &id, "open", "open").await;
    // Meanwhile no second link is made: it would be a second payment.
    call_for(&app, "2025550148").await;
    assert_eq!(app.sim.stripe.sessions().len(), 1);
    app.sim.stripe.settle_bank(&id, true).await.unwrap();
    assert_states(&app, &id, "complete", "paid").await;
}

async fn a_bank_debit_that_fails_leaves_the_statement_open_and_a_task(on: On) {
    let (app, id) = linked(on).await;
    app.sim.stripe.pay_by_bank(&id).await.unwrap();
    app.sim.stripe.settle_bank(&id, false).await.unwrap();
    assert_states(&app, &id, "expired", "open").await;
    assert_eq!(task_kinds(&app).await, ["payment_failed"]);
    // A new link can be had.
    call_for(&app, "2025550148").await;
    assert_eq!(app.sim.stripe.sessions().len(), 2);
}

async fn a_late_event_undoes_nothing(on: On) {
    let (app, id) = linked(on).await;
    let paid = session_object(&app, &id, &json!({}));
    let unpaid = session_object(&app, &id, &json!({"payment_status": "unpaid"}));
    post(&app, &event("evt_1", "checkout.session.async_payment_succeeded", ACCOUNT, &paid)).await;
    post(&app, &event("evt_2", "checkout.session.completed", ACCOUNT, &unpaid)).await;
    post(&app, &event("evt_3", "checkout.session.expired", ACCOUNT, &unpaid)).await;
    post(&app, &event("evt_4", "checkout.session.async_payment_failed", ACCOUNT, &unpaid)).await;
    post(&app, &event("evt_1", "checkout.session.async_payment_succeeded", ACCOUNT, &paid)).await;
    assert_states(&app, &id, "complete", "paid").await;
    assert!(task_kinds(&app).await.is_empty());
}

async fn money_given_back_in_parts_and_then_whole(on: On) {
    let (app, id) = linked(on).await;
    app.sim.stripe.pay(&id).await.unwrap();
    app.sim.stripe.refund(&id, 2_500).await.unwrap();
    assert_states(&app, &id, "complete", "paid").await;
    assert_eq!(stored(&app, &id).await.amount_refunded.0, 2_500);
    app.sim.stripe.refund(&id, 10_000).await.unwrap();
    assert_states(&app, &id, "refunded", "refunded").await;
    assert_eq!(stored(&app, &id).await.amount_refunded.0, WHOLE);
}

async fn a_refund_before_its_payment_and_an_older_one_after_it_end_the_same(on: On) {
    let (app, id) = linked(on).await;
    post(&app, &event("evt_1", "charge.refunded", ACCOUNT, &charge(&app, &id, WHOLE))).await;
    assert_states(&app, &id, "refunded", "refunded").await;
    post(&app, &event("evt_2", "charge.refunded", ACCOUNT, &charge(&app, &id, 100))).await;
    let paid = session_object(&app, &id, &json!({}));
    post(&app, &event("evt_3", "checkout.session.completed", ACCOUNT, &paid)).await;
    assert_states(&app, &id, "refunded", "refunded").await;
    assert_eq!(stored(&app, &id).await.amount_refunded.0, WHOLE);
}

async fn a_dispute_marks_both_and_asks_for_a_person(on: On) {
    let (app, id) = linked(on).await;
    app.sim.stripe.pay(&id).await.unwrap();
    app.settle().await;
    app.sim.stripe.dispute(&id).await.unwrap();
    assert_states(&app, &id, "disputed", "disputed").await;
    assert_eq!(task_kinds(&app).await, ["payment_disputed"]);
}

async fn a_charge_that_is_not_ours_has_no_effect(on: On) {
    let (app, id) = linked(on).await;
    let other = json!({"id": "ch_other", "object": "charge", "amount_refunded": 5, "refunded": true,
                       "payment_intent": "pi_other", "metadata": {}});
    post(&app, &event("evt_1", "charge.refunded", ACCOUNT, &other)).await;
    assert_states(&app, &id, "open", "open").await;
    assert!(task_kinds(&app).await.is_empty());
    assert_eq!(parked_events(&app).await, 0);
}

async fn an_agency_that_takes_its_access_away_takes_no_payment_until_set_again(on: On) {
    let (app, id) = linked(on).await;
    post(&app, &deauthorized("evt_1", clock_s())).await;
    assert_states(&app, &id, "expired", "open").await;
    assert_eq!(task_kinds(&app).await, ["stripe_disconnected"]);
    call_for(&app, "2025550148").await;
    assert_eq!(app.sim.stripe.sessions().len(), 1);
    assert!(task_kinds(&app).await.contains(&"link_not_sent".to_owned()));
    let noted = "SELECT count(*) FROM audit_log WHERE action = 'tenant.disconnect'";
    assert_eq!(prompt(&app).await.count(noted).await, 1);
    app.command(&["tenant", "set", "--id", TENANT, "--stripe-account", ACCOUNT]);
    call_for(&app, "2025550149").await;
    assert_eq!(app.sim.stripe.sessions().len(), 2);
}

/// Agencies with that account, as `tenant list` says.
fn is_connected(app: &TestApp) -> bool {
    app.command(&["tenant", "list", "--json"]).contains(ACCOUNT)
}

async fn an_access_taken_away_long_ago_is_not_taken_away_again_when_told_late(on: On) {
    let (app, id) = linked(on).await;
    post(&app, &deauthorized("evt_1", clock_s() - 3600)).await;
    assert_states(&app, &id, "open", "open").await;
    assert!(is_connected(&app) && task_kinds(&app).await.is_empty());
    post(&app, &deauthorized("evt_2", clock_s())).await;
    assert_states(&app, &id, "expired", "open").await;
    assert!(!is_connected(&app));
}

/// Status and text of the page that the session's short link leads to.
async fn link_page(app: &TestApp, id: &str) -> (u16, String) {
    let token = stored(app, id).await.token;
    let answer = app.http.get(format!("{}/p/{token}", app.base)).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

async fn a_link_says_what_became_of_the_payment_and_whom_to_call(on: On) {
    let (app, id) = linked(on).await;
    assert_eq!(link_page(&app, &id).await.0, 303);
    app.sim.stripe.pay_by_bank(&id).await.unwrap();
    app.settle().await;
    let (status, text) = link_page(&app, &id).await;
    assert!(status == 200 && text.contains("Payment on its way"), "{status} {text}");
    app.sim.stripe.settle_bank(&id, true).await.unwrap();
    app.settle().await;
    let (status, text) = link_page(&app, &id).await;
    assert!(status == 200 && text.contains("has been paid") && text.contains(DESK), "{status} {text}");
    app.sim.stripe.dispute(&id).await.unwrap();
    app.settle().await;
    let (status, text) = link_page(&app, &id).await;
    assert!(status == 200 && text.contains("Payment in question"), "{status} {text}");
}

async fn a_visitor_who_tries_link_after_link_is_held_back(on: On) {
    let (app, id) = linked(on).await;
    let mut answers = vec![];
    for guess in 0..80 {
        let url = format!("{}/p/guess{guess}", app.base);
        answers.push(app.http.get(url).send().await.expect("an answer").status().as_u16());
    }
    assert_eq!(answers[0], 410);
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
    let token = stored(&app, &id).await.token;
    let ask = app.http.get(format!("{}/p/{token}", app.base)).header("x-forwarded-for", "203.0.113.9");
    assert_eq!(ask.send().await.expect("an answer").status(), 303, "another visitor is not held back");
}

async fn an_event_of_the_other_mode_is_kept_without_effect_and_seen(on: On) {
    let (app, id) = linked(on).await;
    let paid = session_object(&app, &id, &json!({}));
    for name in ["evt_1", "evt_2"] {
        let mut live = event(name, "checkout.session.completed", ACCOUNT, &paid);
        live["livemode"] = true.into();
        post(&app, &live).await;
    }
    assert_states(&app, &id, "open", "open").await;
    assert_eq!(task_kinds(&app).await, ["stripe_mode"]);
    assert_eq!(prompt(&app).await.count("SELECT count(*) FROM stripe_events").await, 2);
}

async fn a_test_event_on_a_live_key_has_no_effect(on: On) {
    let (mut app, id) = linked(on).await;
    app.kill();
    app.env.push(("STRIPE_SECRET_KEY".to_owned(), "sk_live_of_a_test_only".to_owned()));
    app.launch().await;
    let paid = session_object(&app, &id, &json!({}));
    let mut event = event("evt_1", "checkout.session.completed", ACCOUNT, &paid);
    post(&app, &event).await;
    assert_states(&app, &id, "open", "open").await;
    assert_eq!(task_kinds(&app).await, ["stripe_mode"]);
    event["id"] = "evt_2".into();
    event["livemode"] = true.into();
    post(&app, &event).await;
    assert_states(&app, &id, "complete", "paid").await;
}

async fn an_event_of_another_account_is_parked_without_effect(on: On) {
    let (app, id) = linked(on).await;
    let paid = session_object(&app, &id, &json!({}));
    post(&app, &event("evt_1", "checkout.session.completed", "acct_another", &paid)).await;
    post(&app, &event("evt_2", "charge.refunded", "acct_another", &charge(&app, &id, WHOLE))).await;
    assert_states(&app, &id, "open", "open").await;
    assert_eq!(parked_events(&app).await, 2);
    assert_eq!(task_kinds(&app).await, ["payment_mismatch"]);
}

async fn another_amount_or_currency_is_parked_and_the_statement_stays_open(on: On) {
    for change in [json!({"amount_total": 1}), json!({"currency": "cad"})] {
        let (app, id) = linked(on).await;
        let paid = session_object(&app, &id, &change);
        post(&app, &event("evt_1", "checkout.session.completed", ACCOUNT, &paid)).await;
        assert_states(&app, &id, "mismatch", "open").await;
        assert_eq!(parked_events(&app).await, 1);
        assert_eq!(task_kinds(&app).await, ["payment_mismatch"]);
    }
}

async fn a_bill_that_changed_since_its_link_is_not_paid_by_the_old_amount(on: On) {
    let (app, id) = linked(on).await;
    let changed = app
        .file("changed.csv", "statement_id,amount_cents,currency,case_id,status\n30458003,20000,usd,,open\n");
    app.command(&["statement", "import", &changed, "--tenant", TENANT]);
    app.sim.stripe.pay(&id).await.unwrap();
    assert_states(&app, &id, "mismatch", "open").await;
    assert_eq!(task_kinds(&app).await, ["payment_mismatch"]);
}

async fn a_second_link_ends_the_first(on: On) {
    let (app, first) = linked(on).await;
    call_for(&app, "2025550148").await;
    let sessions = app.sim.stripe.sessions();
    assert_eq!(sessions.len(), 2);
    let second = sessions.into_iter().find(|s| s.id != first).expect("a second session");
    assert!(second.is_open());
    assert!(!app.sim.stripe.session(&first).unwrap().is_open());
    assert_states(&app, &first, "expired", "open").await;
    app.sim.stripe.pay(&second.id).await.unwrap();
    assert_states(&app, &second.id, "complete", "paid").await;
}

async fn a_first_link_that_was_paid_meanwhile_counts(on: On) {
    let (app, first) = linked(on).await;
    // Paid, and no webhook reaches us: the refusal to end the session tells.
    app.sim.stripe.retry_webhooks_after(vec![]);
    let mut app = app;
    app.kill();
    app.sim.stripe.pay(&first).await.unwrap();
    app.launch().await;
    assert_states(&app, &first, "open", "open").await;
    call_for(&app, "2025550148").await;
    assert_states(&app, &first, "complete", "paid").await;
    // With the bill paid, the second link is of no use any more.
    assert!(app.sim.stripe.sessions().iter().all(|s| !s.is_open()));
}

async fn sessions_of_which_no_webhook_told_are_asked_about(on: On) {
    let (mut app, id) = linked(on).await;
    app.sim.stripe.retry_webhooks_after(vec![]);
    app.kill();
    app.sim.stripe.pay(&id).await.unwrap();
    prompt(&app).await.run("UPDATE billing_checkout_sessions SET check_at = created_at").await;
    app.launch().await;
    let paid = || async { stored(&app, &id).await.status == "complete" };
    assert!(within(LONG, paid).await, "{}", app.logs());
    assert_states(&app, &id, "complete", "paid").await;
}

async fn a_debit_of_which_nothing_is_heard_for_two_weeks_blocks_no_further_link(on: On) {
    let (mut app, id) = linked(on).await;
    app.sim.stripe.pay_by_bank(&id).await.unwrap();
    app.settle().await;
    app.kill();
    let old = "UPDATE billing_checkout_sessions SET debit_pending_since = '2026-01-01T00:00:00.000000Z', check_at = created_at";
    prompt(&app).await.run(old).await;
    app.launch().await;
    let failed = || async { stored(&app, &id).await.status == "expired" };
    assert!(within(LONG, failed).await, "{}", app.logs());
    assert_eq!(task_kinds(&app).await, ["payment_failed"]);
    app.sim.stripe.settle_bank(&id, true).await.unwrap();
    assert_states(&app, &id, "complete", "paid").await;
}

/// Every order of some things.
fn orders<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    if things.is_empty() {
        return vec![vec![]];
    }
    let first = |i: usize| {
        let mut rest = things.to_vec();
        let one = rest.remove(i);
        orders(&rest).into_iter().map(move |more| [vec![one.clone()], more].concat()).collect::<Vec<_>>()
    };
    (0..things.len()).flat_map(first).collect()
}

/// A statement and its open session of that number, without a call.
async fn given_session(app: &TestApp, n: usize) {
    let mut tx = app.db.begin().await.unwrap();
    let (tenant, now) = (TenantId::new(TENANT), fusion_comms::clock::Clock::system().now());
    let bill = billing::Statement {
        id: format!("7000{n}"),
        case: None,
        amount: Cents(WHOLE),
        currency: "usd".to_owned(),
        status: "open".to_owned(),
    };
    billing::put_statement(&mut tx, &tenant, &bill, now).await.unwrap();
    let session = billing::NewSession {
        id: SessionId::new(format!("cs_{n}")),
        tenant,
        statement_id: bill.id,
        call: None,
        amount: bill.amount,
        currency: bill.currency,
        checkout_url: "https://pay.example.org/".to_owned(),
        account: ACCOUNT.to_owned(),
        reference: format!("ref-{n}"),
        expires_at: now.plus_s(3600),
        token: format!("token-{n}"),
    };
    billing::insert_session(&mut tx, &session, now).await.unwrap();
    tx.commit().await.unwrap();
}

/// The events of one payment: kind and object.
fn life(n: usize) -> Vec<(&'static str, Value)> {
    let session = |paid: &str| {
        json!({"id": format!("cs_{n}"), "object": "checkout.session", "status": "complete", "currency": "usd",
               "payment_status": paid, "payment_intent": format!("pi_{n}"), "amount_total": WHOLE})
    };
    let charge = |back: i64| {
        json!({"id": format!("ch_{n}"), "object": "charge", "amount_refunded": back, "refunded": back == WHOLE,
               "payment_intent": format!("pi_{n}"), "metadata": {"ref": format!("ref-{n}")}})
    };
    let dispute = json!({"id": format!("du_{n}"), "object": "dispute", "payment_intent": format!("pi_{n}"), "metadata": {}});
    vec![
        ("checkout.session.completed", session("unpaid")),
        ("checkout.session.async_payment_succeeded", session("paid")),
        ("charge.refunded", charge(100)),
        ("charge.refunded", charge(WHOLE)),
        ("charge.dispute.created", dispute),
    ]
}

async fn events_in_every_order_and_twice_end_the_same(on: On) {
    let app = TestApp::start(on).await;
    let (whole, disputed) = (orders(&[0, 1, 2, 3]), orders(&[1, 2, 4]));
    let all: Vec<Vec<usize>> = whole.iter().chain(&disputed).cloned().collect();
    for (n, order) in all.iter().enumerate() {
        given_session(&app, n).await;
        for i in order {
            let (kind, object) = life(n).swap_remove(*i);
            // Copies by the same id, and by another as Stripe makes them at times.
            for name in ["a", "a", "b"] {
                post(&app, &event(&format!("evt_{n}_{i}_{name}"), kind, ACCOUNT, &object)).await;
            }
        }
    }
    app.settle().await;
    for (n, order) in all.iter().enumerate() {
        let wanted = if n < whole.len() { ("refunded", WHOLE) } else { ("disputed", 100) };
        let s = stored(&app, &format!("cs_{n}")).await;
        assert_eq!((s.status.as_str(), s.amount_refunded.0), wanted, "{order:?}\n{}", app.logs());
        let id = StatementId::parse(&s.statement_id).unwrap();
        let bill = billing::find_statement(&app.db, &TenantId::new(TENANT), &id).await.unwrap().unwrap();
        assert_eq!(bill.status, wanted.0, "{order:?}");
    }
    assert_eq!(task_kinds(&app).await, vec!["payment_disputed"; disputed.len()]);
}

async fn a_payment_of_a_held_or_paid_statement_is_told_to_a_person(on: On) {
    for (before, after) in [("on_hold", "paid"), ("paid", "paid")] {
        let (app, id) = linked(on).await;
        app.command(&["statement", "set", STATEMENT, "--tenant", TENANT, "--status", before]);
        app.sim.stripe.pay(&id).await.unwrap();
        assert_states(&app, &id, "complete", after).await;
        assert_eq!(task_kinds(&app).await, ["payment_twice"]);
    }
}

async fn one_of_two_payments_given_back_leaves_the_statement_paid(on: On) {
    let (app, first) = linked(on).await;
    call_for(&app, "2025550148").await;
    let second = app.sim.stripe.sessions().into_iter().find(|s| s.id != first).unwrap().id;
    app.sim.stripe.pay(&second).await.unwrap();
    app.settle().await;
    // A payment that was under way when its link was ended.
    let paid = session_object(&app, &first, &json!({}));
    post(&app, &event("evt_1", "checkout.session.completed", ACCOUNT, &paid)).await;
    assert_states(&app, &first, "complete", "paid").await;
    assert_eq!(task_kinds(&app).await, ["payment_twice"]);
    post(&app, &event("evt_2", "charge.refunded", ACCOUNT, &charge(&app, &first, WHOLE))).await;
    assert_states(&app, &first, "refunded", "paid").await;
}

async fn a_bill_paid_while_stripe_is_slow_gets_no_link(on: On) {
    let app = TestApp::start(on).await;
    app.sim.stripe.slow_next(1, Duration::from_millis(2_500));
    let asked = async {
        assert!(within(LONG, || async { !app.sim.stripe.requests().is_empty() }).await);
        app.command(&["statement", "set", STATEMENT, "--tenant", TENANT, "--status", "paid"]);
    };
    tokio::join!(call_for(&app, "2025550147"), asked);
    let sessions = app.sim.stripe.sessions();
    assert_eq!(sessions.len(), 1);
    assert!(!sessions[0].is_open());
    assert_states(&app, &sessions[0].id, "expired", "paid").await;
    assert!(app.sim.telnyx.inbox_of(PATIENT).is_empty());
    assert_eq!(task_kinds(&app).await, ["link_not_sent"]);
}

async fn an_account_that_may_take_no_payment_leads_to_a_person(on: On) {
    let app = TestApp::start(on).await;
    app.sim.stripe.add_account(ACCOUNT, false);
    let call = call_for(&app, "2025550147").await;
    let commands = app.sim.telnyx.commands(&call);
    assert!(commands.iter().any(|(action, _)| action == "transfer"));
    assert_eq!(task_kinds(&app).await, ["link_not_sent"]);
    assert!(app.sim.telnyx.inbox_of(PATIENT).is_empty());
}

super::served_on_both!(
    an_access_taken_away_long_ago_is_not_taken_away_again_when_told_late,
    a_link_says_what_became_of_the_payment_and_whom_to_call,
    a_visitor_who_tries_link_after_link_is_held_back,
    a_bank_debit_counts_when_it_settles_and_not_before,
    a_bank_debit_that_fails_leaves_the_statement_open_and_a_task,
    a_late_event_undoes_nothing,
    money_given_back_in_parts_and_then_whole,
    a_refund_before_its_payment_and_an_older_one_after_it_end_the_same,
    a_dispute_marks_both_and_asks_for_a_person,
    a_charge_that_is_not_ours_has_no_effect,
    an_agency_that_takes_its_access_away_takes_no_payment_until_set_again,
    an_event_of_the_other_mode_is_kept_without_effect_and_seen,
    a_test_event_on_a_live_key_has_no_effect,
    an_event_of_another_account_is_parked_without_effect,
    another_amount_or_currency_is_parked_and_the_statement_stays_open,
    a_bill_that_changed_since_its_link_is_not_paid_by_the_old_amount,
    a_second_link_ends_the_first,
    a_first_link_that_was_paid_meanwhile_counts,
    sessions_of_which_no_webhook_told_are_asked_about,
    a_debit_of_which_nothing_is_heard_for_two_weeks_blocks_no_further_link,
    events_in_every_order_and_twice_end_the_same,
    a_payment_of_a_held_or_paid_statement_is_told_to_a_person,
    one_of_two_payments_given_back_leaves_the_statement_paid,
    a_bill_paid_while_stripe_is_slow_gets_no_link,
    an_account_that_may_take_no_payment_leads_to_a_person
);
