//! `backfill`: what went by while the service was down is asked for, and is then as if it had come.

use std::time::Duration;

use fusion_comms::sim::telnyx::{Api, CallPlan, FaxPlan, Pace, SimTelnyx};
use fusion_comms::store::faxes;
use fusion_comms_core::ids::FaxId;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::support::app::{
    FAX_LINE, HOSPITAL, LINE, On, PATIENT, STATEMENT, TestApp, fixture, payer, within,
};
use super::support::db::Prompt;

const LONG: Duration = Duration::from_secs(90);
const STOPPED: &str = "+12025550171";
const BACK_AGAIN: &str = "+12025550172";
const CALLER: &str = "+12025550173";

/// Runs it; exit code, the JSON, what it said besides.
fn backfill(app: &TestApp, more: &[&str]) -> (i32, Value, String) {
    let args: Vec<&str> = ["backfill", "--json"].iter().chain(more).copied().collect();
    let (code, out, err) = app.try_command(&args);
    let json = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}\n{err}"));
    (code, json, err)
}

/// Found, known and new of one source.
fn tally(report: &Value, source: &str) -> [u64; 3] {
    let tallies = report["tallies"].as_array().expect("tallies");
    let found =
        tallies.iter().find(|t| t["source"] == source).unwrap_or_else(|| panic!("{source}: {report}"));
    ["found", "known", "new"].map(|n| found[n].as_u64().expect("a number"))
}

fn new(report: &Value) -> u64 {
    report["tallies"].as_array().expect("tallies").iter().map(|t| t["new"].as_u64().unwrap_or(0)).sum()
}

pub(super) async fn prompt(app: &TestApp) -> Prompt {
    let url = app.env.iter().find(|(n, _)| n == "DATABASE_URL").map(|(_, url)| url.clone());
    Prompt::open(&url.expect("an address")).await
}

/// Asks until there is a row, on one connection.
pub(super) async fn until_there(app: &TestApp, query: &str) {
    let mut hand = prompt(app).await;
    let end = std::time::Instant::now() + LONG;
    while hand.ask(query).await.is_empty() {
        assert!(std::time::Instant::now() < end, "{query}\n{}", app.logs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn ask(app: &TestApp, query: &str) -> Vec<Vec<String>> {
    prompt(app).await.ask(query).await
}

/// The simulator has given up on all that it had to deliver.
async fn nothing_is_tried_any_more(sim: &SimTelnyx) {
    let mut before = usize::MAX;
    // The longest wait between two tries is 1.6 s.
    while sim.deliveries().len() != before {
        before = sim.deliveries().len();
        tokio::time::sleep(Duration::from_millis(2200)).await;
    }
}

async fn ended(app: &TestApp, call: &str) {
    assert!(within(LONG, || async { app.sim.telnyx.call(call).is_some_and(|c| c.ended) }).await);
}

async fn what_went_by_in_an_outage_is_as_if_it_had_come(on: On) {
    let mut app = TestApp::start(on).await;
    let call = app.sim.telnyx.start_call(payer());
    ended(&app, &call).await;
    app.settle().await;
    let session = app.sim.stripe.sessions()[0].id.clone();

    app.kill();
    app.sim.telnyx.send_text(STOPPED, LINE, "STOP");
    app.sim.telnyx.send_text(BACK_AGAIN, LINE, "STOP");
    tokio::time::sleep(Duration::from_millis(20)).await;
    app.sim.telnyx.send_text(BACK_AGAIN, LINE, "START");
    let fax = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, super::fax::sheet(), 1));
    let missed = app.sim.telnyx.start_call(CallPlan::new(CALLER, LINE).pace(Pace::FAST));
    app.sim.stripe.pay(&session).await.expect("the payer can pay");
    ended(&app, &missed).await;
    nothing_is_tried_any_more(&app.sim.telnyx).await;

    let (code, would, _) = backfill(&app, &["--dry-run"]);
    assert_eq!(code, 0, "{would}");
    assert_eq!(
        ask(&app, "SELECT verified_by FROM telnyx_events WHERE verified_by = 'backfill'").await.len(),
        0
    );
    let (code, did, _) = backfill(&app, &[]);
    assert_eq!(code, 0, "{did}");
    for source in ["calls", "texts", "faxes", "fax list", "payments"] {
        assert_eq!(tally(&did, source), tally(&would, source), "a dry run says what a run does");
    }
    assert_eq!(tally(&did, "texts")[2], 3);
    assert_eq!(tally(&did, "payments")[2], 1);
    assert!(tally(&did, "calls")[2] >= 2 && tally(&did, "calls")[1] > 5, "{did}");

    app.launch().await;
    app.settle().await;
    // The STOP counts from when Telnyx had it.
    let received = app
        .sim
        .telnyx
        .deliveries()
        .iter()
        .find(|d| d.payload["from"]["phone_number"] == STOPPED)
        .and_then(|d| Timestamp::parse(d.payload["received_at"].as_str()?))
        .expect("a time of receipt");
    let rows = ask(&app, "SELECT phone_e164, source FROM telnyx_opt_outs ORDER BY phone_e164").await;
    assert_eq!(rows, [[STOPPED, "sms_stop"]], "START was written after the other STOP");
    let shown: Value = serde_json::from_str(&app.command(&["opt-out", "list", "--json"])).expect("a list");
    let at = Timestamp::parse(shown[0]["opted_out_at"].as_str().expect("a time")).expect("a time");
    assert_eq!(at.unix_s(), received.unix_s());
    // The fax is there and can be read.
    let stored = super::fax::settled(&app, &fax).await;
    assert!(stored.key.is_some() && stored.sha256.is_some());
    // The payment counts.
    let paid = format!("SELECT status FROM billing_statements WHERE statement_id = '{STATEMENT}'");
    assert_eq!(ask(&app, &paid).await, [["paid"]]);
    // The caller is not answered, and a person is asked to call back.
    assert_eq!(app.sim.telnyx.commands(&missed), []);
    let call = format!("SELECT state FROM telnyx_calls WHERE call_control_id = '{missed}'");
    assert_eq!(ask(&app, &call).await, [["DONE"]]);
    let tasks = ask(&app, "SELECT kind, subject FROM agency_tasks WHERE kind = 'call_back'").await;
    assert_eq!(tasks, [["call_back".to_owned(), missed.clone()]]);
    // An hour may have passed: nobody gets an answer to what Telnyx has answered already.
    let ours = |to: &str| app.sim.telnyx.count_texts(LINE, to);
    let texts = (ours(STOPPED), ours(PATIENT));

    let (code, again, _) = backfill(&app, &[]);
    assert_eq!((code, new(&again)), (0, 0), "{again}");
    app.settle().await;
    assert_eq!((ours(STOPPED), ours(PATIENT)), texts);
    assert_eq!(ask(&app, "SELECT phone_e164 FROM telnyx_opt_outs").await, [[STOPPED]]);
    assert!(app.command(&["audit", "verify"]).contains("sealed and sound"));
}

async fn a_stop_that_is_found_late_binds_unless_a_start_came_since(on: On) {
    let mut app = TestApp::start(on).await;
    app.kill();
    app.sim.telnyx.send_text(BACK_AGAIN, LINE, "STOP");
    app.sim.telnyx.send_text(STOPPED, LINE, "please do not text me any more");
    nothing_is_tried_any_more(&app.sim.telnyx).await;
    app.launch().await;
    app.sim.telnyx.send_text(BACK_AGAIN, LINE, "START");
    let started = "SELECT 1 FROM telnyx_sms_messages WHERE label = 'START'";
    until_there(&app, started).await;
    app.settle().await;

    let (code, report, _) = backfill(&app, &["--since", "2h"]);
    assert_eq!((code, tally(&report, "texts")[2]), (0, 2), "{report}");
    app.settle().await;
    let opted_out = ask(&app, "SELECT phone_e164 FROM telnyx_opt_outs").await;
    assert_eq!(opted_out, [[STOPPED]], "the START that came in time is later than the STOP that was found");
    let kept = "SELECT label FROM telnyx_sms_messages WHERE direction = 'IN' ORDER BY received_at";
    assert_eq!(ask(&app, kept).await.len(), 3);
}

/// A text of hours ago, which Telnyx could not deliver.
fn of_hours_ago(app: &TestApp, n: usize) {
    let at = fusion_comms::clock::Clock::system().now().plus_s(-4 * 3600 + i64::try_from(n).unwrap_or(0));
    let mut body = fixture("sms-07");
    body["data"]["id"] = json!(format!("00000000-0000-4000-8000-{n:012}"));
    body["data"]["occurred_at"] = json!(at);
    let payload = &mut body["data"]["payload"];
    payload["id"] = json!(format!("text-{n}"));
    payload["received_at"] = json!(at);
    payload["from"]["phone_number"] = json!(format!("+1303555{n:04}"));
    payload["to"][0]["phone_number"] = json!(LINE);
    app.sim.telnyx.sent_in_vain(&body, "sms", at);
}

async fn pages_are_read_to_the_end_a_busy_telnyx_is_waited_for_and_what_fails_is_said(on: On) {
    let mut app = TestApp::prepare(on, |_| {}, &[]).await;
    app.found_agency();
    // The service asks for the list of blocks as well when it starts: the 403 is not for that.
    app.sim.telnyx.down(Api::OptOuts, true);
    app.launch().await;
    let asked = || async { app.logs().contains("could not be compared with Telnyx's blocks") };
    assert!(within(LONG, asked).await, "{}", app.logs());
    app.sim.telnyx.down(Api::OptOuts, false);
    (0..230).for_each(|n| of_hours_ago(&app, n));
    app.sim.telnyx.fail_next(Api::Deliveries, 1, 429);
    app.sim.telnyx.fail_next(Api::OptOuts, 1, 403);
    app.sim.stripe.fail_next(1, 401);
    let (code, report, said) = backfill(&app, &["--since", "6h"]);
    assert_eq!(code, 1, "{report}");
    assert_eq!(tally(&report, "texts"), [230, 0, 230], "three pages, each text once");
    let not_asked = report["not_asked"].to_string();
    assert!(not_asked.contains("list of blocks") && not_asked.contains("acct_1TESTRIDGELINE"), "{not_asked}");
    assert!(said.contains("slow down") && said.contains("asking again"), "{said}");
    app.settle().await;
    // HELP of four hours ago: kept, and not answered any more.
    assert_eq!(ask(&app, "SELECT 1 FROM telnyx_sms_messages WHERE direction = 'IN'").await.len(), 230);
    assert_eq!(app.sim.telnyx.texts().len(), 0);

    let (code, report, _) = backfill(&app, &["--since", "6h"]);
    assert_eq!((code, tally(&report, "texts")), (0, [230, 230, 0]), "{report}");
}

async fn a_page_that_fails_leaves_what_came_before_it(on: On) {
    let app = TestApp::start(on).await;
    (0..150).for_each(|n| of_hours_ago(&app, n));
    // The newest span has none of them and is asked last; the page after the first one is refused.
    app.sim.telnyx.refuse_after(Api::Deliveries, 1, 403);
    let (code, report, _) = backfill(&app, &["--since", "5h"]);
    assert_eq!((code, tally(&report, "texts")[2]), (1, 100), "{report}");
    let (code, report, _) = backfill(&app, &["--since", "5h"]);
    assert_eq!((code, tally(&report, "texts")), (0, [150, 100, 50]), "{report}");
}

async fn what_telnyx_no_longer_lists_is_said_and_a_fax_is_found_all_the_same(on: On) {
    let mut app = TestApp::start(on).await;
    app.kill();
    let fax = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, super::fax::sheet(), 1));
    assert!(
        app.sim.telnyx.wait_until(LONG, |sim| sim.fax(&fax).is_some_and(|f| f.announced)).await,
        "the fax is through"
    );
    nothing_is_tried_any_more(&app.sim.telnyx).await;
    app.sim.telnyx.forget_deliveries();
    app.sim.telnyx.expire_fax_link(&fax);
    let (code, report, _) = backfill(&app, &["--since", "40d"]);
    assert_eq!(code, 0, "{report}");
    assert!(report["notes"].to_string().contains("no longer has"), "{report}");
    assert!(report["notes"].to_string().contains("30 days"), "{report}");
    assert_eq!(tally(&report, "fax list"), [1, 0, 1]);
    app.launch().await;
    app.settle().await;
    let row = faxes::get(&app.db, &FaxId::new(fax.as_str())).await.unwrap().expect("a row");
    assert!(row.key.is_some(), "{row:?}\n{}", app.logs());
    let (_, report, _) = backfill(&app, &[]);
    assert_eq!(tally(&report, "fax list"), [1, 1, 0]);
}

async fn a_call_of_hours_ago_is_not_answered_and_gets_no_link(on: On) {
    let app = TestApp::start(on).await;
    let at = fusion_comms::clock::Clock::system().now().plus_s(-2 * 3600);
    let mut call = String::new();
    for (n, name) in ["voice-01", "voice-02", "voice-06", "voice-07", "voice-08"].into_iter().enumerate() {
        let mut body = fixture(name);
        let happened = at.plus_s(i64::try_from(n).unwrap_or(0));
        body["data"]["occurred_at"] = json!(happened);
        body["data"]["payload"]["client_state"] = json!(null);
        if n == 0 {
            body["data"]["payload"]["to"] = json!(LINE);
            call = body["data"]["payload"]["call_control_id"].as_str().expect("an id").to_owned();
        }
        app.sim.telnyx.sent_in_vain(&body, "voice", happened);
    }
    app.sim.telnyx.take_commands_for(&call);
    let (code, report, _) = backfill(&app, &[]);
    assert_eq!((code, tally(&report, "calls")[2]), (0, 5), "{report}");
    app.settle().await;
    assert_eq!(app.sim.telnyx.commands(&call), []);
    assert_eq!(app.sim.stripe.sessions().len(), 0);
    let state = format!("SELECT state FROM telnyx_calls WHERE call_control_id = '{call}'");
    assert_eq!(ask(&app, &state).await, [["DONE"]]);
    // The keyed digits do not stay.
    let digits = "SELECT event_id FROM telnyx_events WHERE event_type = 'call.gather.ended'
        AND CAST(raw_json AS TEXT) LIKE '%10482231%'";
    assert_eq!(ask(&app, digits).await.len(), 0);
}

super::served_on_both!(
    what_went_by_in_an_outage_is_as_if_it_had_come,
    a_stop_that_is_found_late_binds_unless_a_start_came_since,
    pages_are_read_to_the_end_a_busy_telnyx_is_waited_for_and_what_fails_is_said,
    a_page_that_fails_leaves_what_came_before_it,
    what_telnyx_no_longer_lists_is_said_and_a_fax_is_found_all_the_same,
    a_call_of_hours_ago_is_not_answered_and_gets_no_link,
);
