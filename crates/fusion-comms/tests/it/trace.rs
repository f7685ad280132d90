//! `trace`, where something was broken on purpose in the real service: its first three lines name the true cause.

use std::process::Stdio;
use std::time::Duration;

use fusion_comms::sim::telnyx::{CallPlan, FaxPlan, Pace, TextOutcome, TransferOutcome};
use serde_json::{Value, json};

use super::fax;
use super::support::app::{FAX_LINE, HOSPITAL, LINE, On, PATIENT, STATEMENT, TENANT, TestApp, within};
use super::support::db::Prompt;

const LONG: Duration = Duration::from_secs(20);

fn payer(from: &str) -> CallPlan {
    CallPlan::new(from, LINE)
        .press("menu", "1")
        .press("collect_statement", &format!("{STATEMENT}#"))
        .press("collect_phone", &format!("{}#", &from[2..]))
        .pace(Pace::FAST)
}

async fn ended(app: &TestApp, plan: CallPlan) -> String {
    let call = app.sim.telnyx.start_call(plan);
    let over = || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) };
    assert!(within(LONG, over).await, "the call has not ended\n{}", app.logs());
    call
}

async fn prompt(app: &TestApp) -> Prompt {
    let url = &app.env.iter().find(|(name, _)| name == "DATABASE_URL").expect("a database").1;
    Prompt::open(url).await
}

/// Minutes ago, as either engine keeps a time.
fn ago(minutes: i64) -> String {
    fusion_comms::clock::Clock::system().now().plus_s(-60 * minutes).to_string()
}

/// What is traced, how it ends, and what its first three lines must hold.
struct Row<'a> {
    trace: Vec<&'a str>,
    code: i32,
    says: &'a [&'a str],
}

fn check(app: &TestApp, rows: &[Row<'_>]) {
    for row in rows {
        let mut args = vec!["trace"];
        args.extend(&row.trace);
        let (code, out, err) = app.try_command(&args);
        let head: String = out.lines().take(3).map(|l| format!("{l}\n")).collect();
        assert_eq!(code, row.code, "{args:?}\n{out}{err}");
        for words in row.says {
            assert!(head.contains(words), "{args:?}: `{words}` is not in\n{head}\nof\n{out}{err}");
        }
        // Nor does the story itself hold what people wrote or keyed.
        assert!(!out.contains("Reply STOP") && !out.contains("/p/"), "{out}");
    }
}

async fn calls_that_went_wrong_name_the_cause(on: On) {
    let app = TestApp::start(on).await;
    app.command(&["opt-out", "add", "+12025550141", "--tenant", TENANT, "--reason", "asked by letter"]);
    app.sim.telnyx.send_text("+12025550142", LINE, "STOP");
    app.sim.telnyx.set_outcome("+12025550143", TextOutcome::DeliveryFailed("40008".to_owned()));
    app.settle().await;
    let by_letter = ended(&app, payer("+12025550141")).await;
    let by_text = ended(&app, payer("+12025550142")).await;
    let undelivered = ended(&app, payer("+12025550143")).await;
    let busy = ended(
        &app,
        CallPlan::new(PATIENT, LINE).press("menu", "2").transfer(TransferOutcome::Busy).pace(Pace::FAST),
    )
    .await;
    let paid = CallPlan::new(PATIENT, LINE)
        .press("menu", "1")
        .press("collect_statement", "30400001#")
        .pace(Pace::FAST);
    let paid = ended(&app, paid).await;
    let silent = ended(&app, CallPlan::new(PATIENT, LINE).pace(Pace::FAST)).await;
    let well = ended(&app, payer(PATIENT)).await;
    app.settle().await;
    let failed = "failed at the carrier: 40008";
    let told = || async { app.try_command(&["trace", "call", &undelivered]).1.contains(failed) };
    assert!(within(LONG, told).await, "{}", app.try_command(&["trace", "call", &undelivered]).1);
    check(
        &app,
        &[
            Row {
                trace: vec!["call", &by_letter],
                code: 1,
                says: &[
                    "cause",
                    "the text was refused: ***0141 opted out at ridgeline on ",
                    "source manual_admin",
                    "DONE",
                ],
            },
            Row {
                trace: vec!["call", &by_text],
                code: 1,
                says: &["***0142 opted out at ridgeline on ", "source sms_stop", "START"],
            },
            Row { trace: vec!["call", &undelivered], code: 1, says: &[failed, "***0143", "call the person"] },
            Row {
                trace: vec!["call", &busy],
                code: 1,
                says: &["the transfer failed: the agency's phone was busy", "call_back"],
            },
            Row { trace: vec!["call", &paid], code: 1, says: &["the keyed statement is paid"] },
            Row {
                trace: vec!["call", &silent],
                code: 1,
                says: &["nothing valid was keyed as often as it may be asked"],
            },
            Row {
                trace: vec!["call", &well],
                code: 0,
                says: &["well", "nothing went wrong", "now DONE, statement 30458003"],
            },
            Row { trace: vec!["phone", "+12025550143"], code: 1, says: &[failed] },
            Row {
                trace: vec!["phone", "+12025550141"],
                code: 1,
                says: &["***0141 opted out at ridgeline", "opted out at ridgeline since"],
            },
            Row { trace: vec!["statement", STATEMENT], code: 1, says: &["***0143", failed] },
        ],
    );
}

async fn stripe_failing_is_named_with_what_it_means(on: On) {
    let app = TestApp::start(on).await;
    app.sim.stripe.add_account("acct_1TESTRIDGELINE", false);
    let restricted = ended(&app, payer("+12025550141")).await;
    app.settle().await;
    app.sim.stripe.add_account("acct_1TESTRIDGELINE", true);
    app.sim.stripe.down(true);
    let down = app.sim.telnyx.start_call(payer("+12025550142"));
    let tried = || async { app.try_command(&["trace", "call", &down]).1.contains("Stripe is failing") };
    assert!(within(LONG, tried).await, "{}\n{}", app.try_command(&["trace", "call", &down]).1, app.logs());
    check(
        &app,
        &[
            Row {
                trace: vec!["call", &restricted],
                code: 1,
                says: &[
                    "Stripe is failing: no payment link was made for ridgeline",
                    "given up",
                    "the agency",
                ],
            },
            Row {
                trace: vec!["call", &down],
                code: 1,
                says: &["Stripe is failing: no payment link was made yet for ridgeline", "HTTP 503", "tried"],
            },
            Row {
                trace: vec!["statement", STATEMENT, "--tenant", TENANT],
                code: 1,
                says: &["Stripe is failing"],
            },
        ],
    );
    app.sim.stripe.down(false);
}

async fn a_prompt_that_cannot_be_played_is_named(on: On) {
    let app = TestApp::start_with(on, |_| {}, &[("IVR_AUDIO_BASE_URL", "http://127.0.0.1:9/ivr")]).await;
    let call =
        ended(&app, CallPlan::new(PATIENT, LINE).press("menu", "2").press("spoken", "2").pace(Pace::FAST))
            .await;
    app.settle().await;
    check(
        &app,
        &[Row {
            trace: vec!["call", &call],
            code: 1,
            says: &["the prompt `menu` could not be played", "spoken", "prompts check"],
        }],
    );
}

async fn a_stop_that_is_missing_and_a_text_after_it_come_first(on: On) {
    let app = TestApp::start(on).await;
    app.sim.telnyx.send_text("+12025550144", LINE, "please stop texting me");
    app.settle().await;
    let opted_out =
        || async { app.try_command(&["trace", "phone", "+12025550144"]).1.contains("source sms_stop") };
    assert!(within(LONG, opted_out).await);
    let mut hand = prompt(&app).await;
    hand.run("DELETE FROM telnyx_opt_outs WHERE phone_e164 = '+12025550144'").await;
    check(
        &app,
        &[Row {
            trace: vec!["phone", "+12025550144"],
            code: 1,
            says: &[
                "***0144 opted out at ridgeline on ",
                "is not in the ledger: the row was removed by hand",
                "opt-out add +12025550144",
                "TCPA",
            ],
        }],
    );
    let call = ended(&app, payer("+12025550144")).await;
    app.settle().await;
    let after = [
        "a text (payment_link) went to ***0144 from ridgeline",
        "although they opted out on",
        "TCPA",
        "compliance",
    ];
    check(
        &app,
        &[
            Row { trace: vec!["phone", "+12025550144"], code: 1, says: &after },
            Row { trace: vec!["call", &call], code: 1, says: &after },
        ],
    );
    // Lifted by command, with a reason: as the person wished.
    app.sim.telnyx.send_text("+12025550145", LINE, "STOP");
    app.settle().await;
    app.command(&["opt-out", "remove", "+12025550145", "--tenant", TENANT, "--reason", "asked by letter"]);
    check(
        &app,
        &[Row {
            trace: vec!["phone", "+12025550145"],
            code: 0,
            says: &["nothing went wrong", "was lifted on"],
        }],
    );
}

async fn faxes_that_went_wrong_name_the_cause(on: On) {
    let mut app = TestApp::start(on).await;
    fax::roster(&app);
    let broken = FaxPlan {
        fail: Some("sender_call_dropped".to_owned()),
        ..FaxPlan::new(HOSPITAL, FAX_LINE, fax::sheet(), 1)
    };
    let broken = app.sim.telnyx.send_fax(broken);
    let filed = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, fax::sheet(), 1));
    let unread = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, &b"<html>not a fax</html>"[..], 1));
    let nobodys = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, "+12025550198", fax::sheet(), 1));
    for id in [&broken, &filed, &unread, &nobodys] {
        fax::settled(&app, id).await;
    }
    app.settle().await;
    // The document store's folder is a file: nothing can be put into it.
    let data = app.env.iter().find(|(n, _)| n == "DATA_DIR").map(|(_, v)| v.clone()).unwrap();
    let (docs, away) = (format!("{data}/blobs/docs"), format!("{data}/blobs/docs-away"));
    std::fs::rename(&docs, &away).unwrap();
    std::fs::write(&docs, "in the way").unwrap();
    let unstored = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, fax::sheet(), 1));
    let storing = || async { app.try_command(&["trace", "fax", &unstored]).1.contains("cannot be stored") };
    assert!(
        within(LONG, storing).await,
        "{}\n{}",
        app.try_command(&["trace", "fax", &unstored]).1,
        app.logs()
    );
    check(
        &app,
        &[
            Row {
                trace: vec!["fax", &broken],
                code: 1,
                says: &["the fax failed at the sender", "sender_call_dropped", "send it again"],
            },
            Row {
                trace: vec!["fax", &filed],
                code: 0,
                says: &["nothing went wrong", "now classified", "on case case-1"],
            },
            Row { trace: vec!["fax", &unread], code: 1, says: &["the fax cannot be read: "] },
            Row {
                trace: vec!["fax", &nobodys],
                code: 1,
                says: &["+12025550198 is no agency's", "fax assign"],
            },
            Row {
                trace: vec!["fax", &unstored],
                code: 1,
                says: &["downloaded and cannot be stored", "S3_BUCKET_DOCS"],
            },
        ],
    );
    std::fs::remove_file(&docs).unwrap();
    std::fs::rename(&away, &docs).unwrap();
    app.kill();
    app.command(&["fax", "reprocess", &filed]);
    let mut hand = prompt(&app).await;
    hand.run(&format!("UPDATE fax_documents SET updated_at = '{}' WHERE fax_id = '{filed}'", ago(10))).await;
    check(
        &app,
        &[Row {
            trace: vec!["fax", &filed],
            code: 1,
            says: &["waits for a worker since", "(10 minutes)", "start a worker"],
        }],
    );
}

async fn a_fax_that_telnyx_never_told_us_of_is_said_to_be_so(on: On) {
    let app = TestApp::start(on).await;
    app.sim.telnyx.hold(|kind, _| kind.starts_with("fax."));
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, fax::sheet(), 1));
    let held = || async { app.sim.telnyx.held() > 0 };
    assert!(within(LONG, held).await);
    check(
        &app,
        &[
            Row {
                trace: vec!["fax", &id],
                code: 1,
                says: &[
                    "no table knows this fax: Telnyx never reached us",
                    "priority 7",
                    "doctor --public-url",
                ],
            },
            Row {
                trace: vec!["fax", &id, "--ask-telnyx"],
                code: 1,
                says: &["Telnyx never reached us", "though Telnyx has it (receiving", "backfill"],
            },
            Row {
                trace: vec!["fax", "fax-of-nobody", "--ask-telnyx"],
                code: 1,
                says: &["never reached us", "Telnyx knows nothing of it"],
            },
            Row { trace: vec!["call", "v3:nobody"], code: 1, says: &["no table knows this call"] },
            Row { trace: vec!["phone", "+12025550177"], code: 1, says: &["no table knows this number"] },
            Row {
                trace: vec!["statement", "999"],
                code: 1,
                says: &["no agency has a statement of this number"],
            },
            Row {
                trace: vec!["event", "nobody"],
                code: 1,
                says: &["neither inbox holds this event", "signature verification failed"],
            },
        ],
    );
    app.sim.telnyx.release();
}

async fn without_a_worker_an_event_is_said_never_to_have_been_worked(on: On) {
    let mut app = TestApp::prepare(on, |_| {}, &[]).await;
    app.found_agency();
    let mut web = app.binary();
    web.args(["serve", "--role", "web"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut web = web.spawn().expect("the binary starts");
    app.until_ready().await;
    app.sim.telnyx.send_text("+12025550146", LINE, "HELP");
    let taken = || async { app.sim.telnyx.deliveries().iter().any(|d| d.taken()) };
    assert!(within(LONG, taken).await);
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

super::served_on_both!(
    calls_that_went_wrong_name_the_cause,
    stripe_failing_is_named_with_what_it_means,
    a_prompt_that_cannot_be_played_is_named,
    a_stop_that_is_missing_and_a_text_after_it_come_first,
    faxes_that_went_wrong_name_the_cause,
    a_fax_that_telnyx_never_told_us_of_is_said_to_be_so,
    without_a_worker_an_event_is_said_never_to_have_been_worked,
    what_providers_say_is_told_and_what_cannot_be_asked_hinders_nothing,
    an_agency_sees_its_own_and_the_json_has_its_form
);
