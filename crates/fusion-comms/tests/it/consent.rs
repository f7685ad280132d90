//! The ledger in and out: files, evidence, and Telnyx's own blocks.

use fusion_comms::clock::Clock;
use fusion_comms::sim::telnyx::TextOutcome;
use fusion_comms::store::ledger::{self, Source};
use fusion_comms::store::tasks;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;

use super::backfill::prompt;
use super::support::app::{LINE, On, PATIENT, TENANT, TestApp, payer, text_webhook, within};

const LONG: std::time::Duration = std::time::Duration::from_secs(60);

fn tenant() -> TenantId {
    TenantId::new(TENANT)
}

fn path(app: &TestApp, name: &str) -> String {
    app.dir.path().join(name).display().to_string()
}

async fn ledger_of(app: &TestApp) -> Vec<(String, String, String)> {
    let rows = ledger::list(&app.db, None).await.expect("the ledger is read");
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|o| (o.tenant.to_string(), o.phone.expose().to_owned(), o.source.as_str().to_owned()))
        .collect();
    rows.sort();
    rows
}

async fn an_export_is_imported_as_it_was_and_a_bad_line_is_named(on: On) {
    let app = TestApp::start(on).await;
    for n in ["+12025550141", "+12025550142"] {
        app.command(&["opt-out", "add", n, "--tenant", TENANT, "--reason", "asked by letter"]);
    }
    let file = path(&app, "out.csv");
    app.command(&["opt-out", "export", "--tenant", TENANT, "--out", &file]);
    let csv = std::fs::read_to_string(&file).unwrap();
    assert!(
        csv.starts_with("tenant_id,phone_e164,opted_out_at,source\n") && csv.lines().count() == 3,
        "{csv}"
    );
    assert_eq!(app.command(&["opt-out", "export", "--tenant", TENANT]), csv);

    app.command(&["opt-out", "remove", "+12025550141", "--tenant", TENANT, "--reason", "asked on the phone"]);
    let said = app.command(&["opt-out", "import", &file, "--tenant", TENANT, "--reason", "back again"]);
    assert!(said.contains("2 opt-outs") && said.contains("1 new or changed"), "{said}");
    let ledger = ledger_of(&app).await;
    let sources: Vec<&str> = ledger.iter().map(|(_, _, source)| source.as_str()).collect();
    assert_eq!(sources, ["import", "manual_admin"], "a stronger source stays");

    let bad = "phone_e164,opted_out_at,tenant_id\n'+12025550151,,\n2025550152,,\n+12025550153,tomorrow,\n\
               +12025550154,2099-01-01T00:00:00Z,\n+12025550155,,other\n+12025550156,2026-03-03T15:00:00Z,\n";
    std::fs::write(&file, bad).unwrap();
    let (code, _, err) = app.try_command(&["opt-out", "import", &file, "--tenant", TENANT]);
    assert!(code != 0 && err.contains("line 3") && err.contains("line 4") && err.contains("line 5"), "{err}");
    assert!(!err.contains("2025550152"), "a bad line is not repeated: {err}");
    assert_eq!(ledger_of(&app).await, ledger, "a file with a bad line imports nothing");
    app.command(&["opt-out", "import", &file, "--tenant", TENANT, "--skip-invalid"]);
    let numbers: Vec<String> = ledger_of(&app).await.into_iter().map(|(_, n, _)| n).collect();
    assert_eq!(numbers, ["+12025550141", "+12025550142", "+12025550151", "+12025550156"]);
}

async fn the_evidence_of_a_number_verifies_offline_and_an_altered_byte_is_told(on: On) {
    let app = TestApp::start(on).await;
    called(&app).await;
    app.sim.telnyx.send_text(PATIENT, LINE, "please stop texting me");
    assert!(within(LONG, || async { !ledger_of(&app).await.is_empty() }).await, "{}", app.logs());
    app.settle().await;
    app.command(&["opt-out", "remove", PATIENT, "--tenant", TENANT, "--reason", "asked on the phone"]);

    let file = path(&app, "evidence.jsonl");
    app.command(&["opt-out", "evidence", PATIENT, "--tenant", TENANT, "--out", &file]);
    let text = std::fs::read_to_string(&file).unwrap();
    let count = |kind: &str| text.matches(&format!("\"kind\":\"{kind}\"")).count();
    assert_eq!((count("ledger"), count("call"), count("text"), count("operator")), (2, 1, 3, 2), "{text}");
    assert!(text.contains("asked on the phone") && !text.contains("\"seal\":null"), "{text}");

    // Offline: no database is reached.
    let nowhere = [("DATABASE_URL", "postgres://nobody@127.0.0.1:9/none")];
    let (code, out, _) = app.try_command_with(&nowhere, &["audit", "verify", "--file", &file]);
    assert_eq!(code, 0, "{out}");
    let at = text.find("please stop").unwrap();
    let line = text[..at].matches('\n').count() + 1;
    std::fs::write(&file, text.replace("please stop", "please stap")).unwrap();
    let (code, out, _) = app.try_command_with(&nowhere, &["audit", "verify", "--file", &file]);
    assert!(code == 1 && out.contains(&format!("line {line}")), "{out}");
}

async fn what_telnyx_blocks_is_opted_out_here_and_the_other_way_round_is_told(on: On) {
    let mut app = TestApp::start(on).await;
    app.sim.telnyx.send_text(PATIENT, LINE, "STOP");
    assert!(within(LONG, || async { ledger_of(&app).await.len() == 1 }).await, "{}", app.logs());
    app.settle().await;
    // The service compares too when it starts: not now.
    app.kill();
    // A block lifted here only, one of which no webhook told, and an opt-out that only we have.
    app.command(&["opt-out", "remove", PATIENT, "--tenant", TENANT, "--reason", "asked on the phone"]);
    app.sim.telnyx.block("+12025550161", LINE);
    app.command(&["opt-out", "add", "+12025550162", "--tenant", TENANT, "--reason", "asked by letter"]);

    let dry = app.command(&["opt-out", "reconcile", "--dry-run", "--json"]);
    let dry: serde_json::Value = serde_json::from_str(&dry).unwrap();
    assert_eq!(
        (&dry["at_telnyx"], &dry["added"], &dry["lifted_here_only"], &dry["only_here"]),
        (&2.into(), &2.into(), &1.into(), &1.into()),
        "{dry}"
    );
    assert_eq!(ledger_of(&app).await.len(), 1, "a dry run writes nothing");

    app.command(&["opt-out", "reconcile"]);
    let ledger = ledger_of(&app).await;
    let row = |n: &str, source: &str| (TENANT.to_owned(), n.to_owned(), source.to_owned());
    let wanted = [
        row(PATIENT, "telnyx_block"),
        row("+12025550161", "telnyx_block"),
        row("+12025550162", "manual_admin"),
    ];
    assert_eq!(ledger, wanted);
    let again: serde_json::Value =
        serde_json::from_str(&app.command(&["opt-out", "reconcile", "--json"])).unwrap();
    assert_eq!((&again["added"], &again["only_here"]), (&0.into(), &1.into()), "{again}");

    // The person's own START ends it on both sides.
    app.launch().await;
    app.sim.telnyx.send_text(PATIENT, LINE, "START");
    let lifted = || async { ledger_of(&app).await.len() == 2 };
    assert!(within(LONG, lifted).await, "{}", app.logs());
    app.command(&["opt-out", "reconcile"]);
    assert!(lifted().await);
    let phone = E164::parse("+12025550161").unwrap();
    let history = ledger::history(&app.db, &tenant(), &phone).await.unwrap();
    assert_eq!(history[0].source, Source::TelnyxBlock.as_str());
}

async fn a_start_of_the_service_takes_over_what_telnyx_blocks(on: On) {
    let mut app = TestApp::start(on).await;
    app.kill();
    app.sim.telnyx.block("+12025550161", LINE);
    app.launch().await;
    assert!(within(LONG, || async { ledger_of(&app).await.len() == 1 }).await, "{}", app.logs());
}

async fn called(app: &TestApp) -> String {
    let call = app.sim.telnyx.start_call(payer());
    assert!(within(LONG, || async { app.sim.telnyx.call(&call).is_some_and(|c| c.ended) }).await);
    app.settle().await;
    call
}

async fn who_says_wrong_number_is_texted_no_more_about_that_statement_also_after_a_start(on: On) {
    let app = TestApp::start(on).await;
    called(&app).await;
    assert_eq!(app.sim.telnyx.inbox_of(PATIENT).len(), 1);
    app.sim.telnyx.send_text(PATIENT, LINE, "wrong number");
    assert!(within(LONG, || async { !ledger_of(&app).await.is_empty() }).await, "{}", app.logs());
    app.sim.telnyx.send_text(PATIENT, LINE, "START");
    assert!(within(LONG, || async { ledger_of(&app).await.is_empty() }).await, "{}", app.logs());
    app.settle().await;
    let texts = app.sim.telnyx.inbox_of(PATIENT).len();
    let call = called(&app).await;
    assert!(app.sim.telnyx.commands(&call).iter().any(|(action, _)| action == "transfer"));
    assert_eq!(app.sim.telnyx.inbox_of(PATIENT).len(), texts, "the menu texts that number no more");
}

async fn a_link_that_fails_at_the_carrier_is_seen_by_a_person(on: On) {
    let app = TestApp::start(on).await;
    app.sim.telnyx.set_outcome(PATIENT, TextOutcome::DeliveryFailed("40008".to_owned()));
    let call = called(&app).await;
    let tasks = tasks::list_open(&app.db, 10).await.unwrap();
    assert_eq!(
        tasks.iter().map(|t| (t.kind.as_str(), t.subject.as_str())).collect::<Vec<_>>(),
        [("link_not_sent", call.as_str())]
    );
}

async fn with_the_scope_of_all_a_stop_binds_every_agency_and_a_start_lifts_it(on: On) {
    let app = TestApp::start_with(on, |_| {}, &[("OPT_OUT_SCOPE", "agency, all from 2020-01-01")]).await;
    app.command(&[
        "tenant",
        "add",
        "--id",
        "valley",
        "--name",
        "Valley EMS",
        "--billing-phone",
        "+12025550188",
    ]);
    app.sim.telnyx.send_text(PATIENT, LINE, "please stop texting me");
    assert!(within(LONG, || async { ledger_of(&app).await.len() == 2 }).await, "{}", app.logs());
    let checked = |tenant: &str| app.command(&["opt-out", "check", PATIENT, "--tenant", tenant]);
    assert!(checked(TENANT).contains("opted out") && checked("valley").contains("opted out since"));
    app.sim.telnyx.send_text(PATIENT, LINE, "START");
    assert!(within(LONG, || async { ledger_of(&app).await.is_empty() }).await, "{}", app.logs());
}

async fn where_two_are_wanted_one_asks_and_another_lifts(on: On) {
    let app = TestApp::start(on).await;
    let remove = |by: &str, why: &str| {
        let asked = ["opt-out", "remove", PATIENT, "--tenant", TENANT, "--actor", by, "--reason", why];
        app.try_command(&asked)
    };
    let opted_out = || async { !ledger_of(&app).await.is_empty() };
    app.command(&["tenant", "set", "--id", TENANT, "--lift-by-two", "on"]);
    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "by letter"]);

    let (code, _, said) = app.try_command(&["opt-out", "remove", PATIENT, "--tenant", TENANT]);
    assert!(code == 2 && said.contains("--reason"), "{code} {said}");
    let (code, out, _) = remove("ann", "signed form 7");
    assert!(code == 0 && out.contains("stays opted out at ridgeline until a second person"), "{code} {out}");
    let (code, _, said) = remove("Ann", "again");
    assert!(code == 1 && said.contains("a second person must lift this: ann asked"), "{code} {said}");
    assert!(opted_out().await);
    let check = app.command(&["opt-out", "check", PATIENT, "--tenant", TENANT]);
    assert!(check.contains("ann asked on ") && check.contains("a second person has not"), "{check}");

    let (code, out, _) = remove("bob", "saw the form");
    assert!(code == 0 && out.contains("is no longer opted out"), "{code} {out}");
    assert!(!opted_out().await);
    let check = app.command(&["opt-out", "check", PATIENT, "--tenant", TENANT, "--json"]);
    assert!(check.contains("ann: signed form 7; bob: saw the form"), "{check}");
    assert!(check.contains("\"lifting_asked_for\": null"), "{check}");
    let audit = prompt(&app).await.ask("SELECT actor, action FROM audit_log ORDER BY seq DESC LIMIT 2").await;
    assert_eq!(audit, [["bob", "opt_out.remove"], ["ann", "opt_out.ask_to_remove"]]);

    // What was asked for before the person's next STOP counts no more.
    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "by letter"]);
    assert_eq!(remove("ann", "signed form 8").0, 0);
    let stop = text_webhook("stop", PATIENT, "STOP", Clock::system().now());
    assert_eq!(app.post("sms", &stop.to_string()).await.unwrap(), 200);
    let (code, out, _) = remove("bob", "saw the form");
    assert!(code == 0 && out.contains("asked for") && opted_out().await, "{code} {out}");
}

super::served_on_both!(
    where_two_are_wanted_one_asks_and_another_lifts,
    who_says_wrong_number_is_texted_no_more_about_that_statement_also_after_a_start,
    a_link_that_fails_at_the_carrier_is_seen_by_a_person,
    with_the_scope_of_all_a_stop_binds_every_agency_and_a_start_lifts_it,
    an_export_is_imported_as_it_was_and_a_bad_line_is_named,
    the_evidence_of_a_number_verifies_offline_and_an_altered_byte_is_told,
    what_telnyx_blocks_is_opted_out_here_and_the_other_way_round_is_told,
    a_start_of_the_service_takes_over_what_telnyx_blocks
);
