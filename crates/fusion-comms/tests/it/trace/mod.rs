//! `trace`, where something was broken on purpose in the real service: its first three lines name the true cause.

mod calls;
mod faxes;
mod others;

use std::process::Stdio;
use std::time::Duration;

use fusion_comms::sim::telnyx::{CallPlan, FaxPlan, Pace, TextOutcome, TransferOutcome};
use serde_json::{Value, json};

use super::support::app::{FAX_LINE, HOSPITAL, LINE, On, PATIENT, STATEMENT, TENANT, TestApp, within};
use super::support::db::Prompt;

const LONG: Duration = Duration::from_secs(60);

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
