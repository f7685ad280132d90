//! Events that nobody works, what providers say, whose rows are whose.

use super::*;

async fn without_a_worker_an_event_is_said_never_to_have_been_worked(on: On) {
    let mut app = TestApp::prepare(on, |_| {}, &[]).await;
    app.found_agency();
    let mut web = app.binary();
    web.args(["serve", "--role", "web"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut web = web.spawn().expect("the binary starts");
    app.until_ready().await;
    app.sim.telnyx.send_text("+12025550146", LINE, "HELP");
    let taken = |n: usize| {
        let deliveries = app.sim.telnyx.deliveries();
        async move { deliveries.iter().filter(|d| d.taken()).count() >= n }
    };
    assert!(within(LONG, || taken(1)).await);
    app.sim.telnyx.start_call(CallPlan::new("+12025550145", LINE));
    assert!(within(LONG, || taken(2)).await);
    web.kill().and_then(|()| web.wait()).expect("it ends");
    let id = app.sim.telnyx.deliveries()[0].event_id.clone();
    let mut hand = prompt(&app).await;
    hand.run(&format!("UPDATE telnyx_events SET received_at = '{}'", ago(5))).await;
    let untried = ["never worked: no worker takes from the inbox", "(5 minutes ago)", "start a worker"];
    check(
        &app,
        &[
            Row { trace: vec!["event", &id], code: 1, says: &untried },
            Row { trace: vec!["phone", "+12025550146"], code: 1, says: &untried },
            Row { trace: vec!["phone", "+12025550145"], code: 1, says: &untried },
        ],
    );
    hand.run(&format!(
        "UPDATE telnyx_events SET parked_at = '{}', attempts = 8, last_error = 'poison'",
        ago(4)
    ))
    .await;
    check(
        &app,
        &[Row {
            trace: vec!["event", &id],
            code: 1,
            says: &["was given up after 8 times: poison", &format!("events replay {id}")],
        }],
    );
    app.launch().await;
    app.command(&["events", "replay", &id]);
    app.settle().await;
    check(
        &app,
        &[Row { trace: vec!["event", &id], code: 0, says: &["nothing went wrong", "message.received"] }],
    );
}

async fn what_providers_say_is_told_and_what_cannot_be_asked_hinders_nothing(on: On) {
    let app = TestApp::start(on).await;
    let call = ended(&app, payer(PATIENT)).await;
    app.settle().await;
    let delivered = || async { app.try_command(&["trace", "call", &call]).1.contains("payment_link") };
    assert!(within(LONG, delivered).await);
    let (code, out, err) = app.try_command(&["trace", "call", &call, "--ask-telnyx"]);
    assert_eq!(code, 0, "{out}{err}");
    for said in ["the leg has ended", "call.initiated, ", "delivered", "open, payment unpaid"] {
        assert!(out.contains(said), "`{said}` is not in\n{out}");
    }
    let bad = [
        ("APP_ENV", "prod"),
        ("TELNYX_API_BASE", "http://127.0.0.1:9/v2"),
        ("STRIPE_API_BASE", "http://127.0.0.1:9"),
    ];
    let (_, out, err) = app.try_command_with(&bad[1..], &["trace", "call", &call, "--ask-telnyx"]);
    assert!(out.contains("not answered: Telnyx gave no answer") && out.contains("LINK_SENT"), "{out}{err}");
}

async fn an_agency_sees_its_own_and_the_json_has_its_form(on: On) {
    let app = TestApp::start(on).await;
    app.command(&["tenant", "add", "--id", "blue", "--name", "Blue EMS", "--billing-phone", "+12025550120"]);
    let file = app.file(
        "blue.csv",
        &format!("statement_id,amount_cents,currency,case_id,status\n{STATEMENT},900,usd,,on_hold\n"),
    );
    app.command(&["statement", "import", &file, "--tenant", "blue"]);
    app.command(&["opt-out", "add", PATIENT, "--tenant", "blue"]);
    let call = ended(&app, payer(PATIENT)).await;
    app.settle().await;
    let (code, _, err) = app.try_command(&["trace", "statement", STATEMENT]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("several agencies") && err.contains("--tenant blue | ridgeline"), "{err}");
    check(
        &app,
        &[
            Row {
                trace: vec!["statement", STATEMENT, "--tenant", "blue"],
                code: 1,
                says: &["the statement is on hold", "--tenant blue"],
            },
            Row {
                trace: vec!["call", &call, "--tenant", "blue"],
                code: 1,
                says: &["as blue may see it: no table knows this call"],
            },
        ],
    );
    let (_, out, _) = app.try_command(&["trace", "phone", PATIENT, "--tenant", TENANT]);
    assert!(!out.contains("blue"), "{out}");
    let (_, out, _) = app.try_command(&["trace", "phone", PATIENT, "--tenant", "blue"]);
    assert!(out.contains("blue") && !out.contains("ridgeline"), "{out}");

    let (code, out, err) = app.try_command(&["trace", "statement", STATEMENT, "--tenant", "blue", "--json"]);
    assert_eq!(code, 1, "{err}");
    let mut said: Value = serde_json::from_str(&out).expect("it is JSON");
    for at in ["/causes/0/at", "/story/0/at"] {
        *said.pointer_mut(at).expect("a time") = json!("<time>");
    }
    assert_eq!(
        said,
        json!({
            "subject": {"kind": "statement", "id": STATEMENT},
            "known": true,
            "well": false,
            "causes": [{
                "code": "statement_on_hold", "weight": "wrong", "at": "<time>",
                "cause": "the statement is on hold: callers who key it are put through to a person",
                "next": "`fusion-comms statement set 30458003 --tenant blue --status open` opens it, if that is right",
            }],
            "ended": "statement 30458003: on_hold, 9.00 usd of blue",
            "providers": [],
            "story": [{
                "at": "<time>", "table": "billing_statements", "id": STATEMENT, "tenant_id": "blue",
                "words": "statement 30458003: on_hold, 9.00 usd",
            }],
        })
    );
    let (code, out, _) = app.try_command(&["trace", "event", "nobody", "--json"]);
    let said: Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!((code, &said["known"], &said["causes"][0]["code"]), (1, &json!(false), &json!("unknown")));
}

crate::served_on_both!(
    without_a_worker_an_event_is_said_never_to_have_been_worked,
    what_providers_say_is_told_and_what_cannot_be_asked_hinders_nothing,
    an_agency_sees_its_own_and_the_json_has_its_form
);
