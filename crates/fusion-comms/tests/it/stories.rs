//! The three stories with the shipped commands: `demo --script`, and `serve` with `simulate` on both databases.

use std::process::Command;
use std::time::Duration;

use fusion_comms::store::{billing, faxes, ledger};
use fusion_comms_core::ids::{StatementId, TenantId};

use super::support::app::{FAX_LINE, LINE, On, PATIENT, STATEMENT, TENANT, TestApp, within};

#[test]
fn the_demo_plays_all_three_stories_and_ends_well() {
    let out = Command::new(env!("CARGO_BIN_EXE_fusion-comms"))
        .args(["demo", "--script", "all"])
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(text.matches("story ended well").count(), 3, "{text}");
}

/// The service, with `simulate` and not the test's own simulators on its other side.
async fn served_beside_simulate(on: On) -> (TestApp, String) {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let (api, media, stripe) =
        (format!("http://{listen}/v2"), format!("{listen}/media/faxes/"), format!("http://{listen}"));
    let env =
        [("TELNYX_API_BASE", api.as_str()), ("TELNYX_MEDIA_HOSTS", &media), ("STRIPE_API_BASE", &stripe)];
    (TestApp::start_with(on, |_| {}, &env).await, listen)
}

async fn the_three_stories_with_serve_and_simulate(on: On) {
    let (app, listen) = served_beside_simulate(on).await;
    let to = app.base.clone();
    let simulate = |args: &[&str]| {
        let mut all = vec!["simulate"];
        all.extend_from_slice(args);
        all.extend_from_slice(&["--to", &to, "--listen", &listen]);
        app.try_command(&all)
    };
    let statement = format!("collect_statement={STATEMENT}#");
    let (code, out, err) = simulate(&[
        "call",
        "--from",
        PATIENT,
        "--did",
        LINE,
        "--press",
        "menu=1",
        "--press",
        &statement,
        "--press",
        "collect_phone=2025550147#",
        "--pay",
    ]);
    assert_eq!(code, 0, "{out}\n{err}\n{}", app.logs());
    assert!(out.contains("  payer pays 125.00; Stripe tells the service"), "{out}");
    let bill = StatementId::parse(STATEMENT).unwrap();
    let bill = billing::find_statement(&app.db, &TenantId::new(TENANT), &bill).await.unwrap().unwrap();
    assert_eq!(bill.status, "paid", "{out}\n{}", app.logs());
    let call =
        out.lines().find_map(|line| line.strip_prefix("Call ")).and_then(|line| line.split(' ').next());
    let (code, story, err) = app.try_command(&["trace", "call", call.expect("the call's id"), "--json"]);
    assert_eq!(code, 0, "{story}{err}");
    assert!(story.contains(call.unwrap()), "{story}");

    let (code, out, err) = simulate(&[
        "call",
        "--from",
        PATIENT,
        "--did",
        LINE,
        "--press",
        "menu=2",
        "--expect-text",
        "--timeout",
        "8",
    ]);
    let call =
        out.lines().find_map(|line| line.strip_prefix("Call ")).and_then(|line| line.split(' ').next());
    let hint = format!("`fusion-comms trace call {}`", call.expect("the call's id"));
    assert!(code == 1 && err.contains(&hint), "{code} {out}\n{err}");

    let (code, out, err) =
        simulate(&["sms", "--from", "+12025550148", "--did", LINE, "--text", "please stop texting me"]);
    assert_eq!(code, 0, "{out}\n{err}");
    assert_eq!(ledger::list(&app.db, None).await.unwrap().len(), 1);
    let (code, out, err) = simulate(&["sms", "--from", "+12025550149", "--did", LINE, "--text", "STOP"]);
    assert_eq!(code, 0, "{out}\n{err}");
    assert!(out.contains("  Telnyx by itself, not the service, from ***0110: You have"), "{out}");

    let paper = app.dir.path().join("sheet.pdf");
    std::fs::write(&paper, fusion_comms::demo::sample_fax().unwrap()).unwrap();
    let (code, out, err) =
        simulate(&["fax", "--from", "+12025550161", "--did", FAX_LINE, &paper.display().to_string()]);
    assert_eq!(code, 0, "{out}\n{err}\n{}", app.logs());
    let read = || async {
        faxes::list(&app.db, None, None, 10)
            .await
            .unwrap()
            .iter()
            .any(|f| matches!(f.status.as_str(), "classified" | "needs_review"))
    };
    assert!(within(Duration::from_secs(60), read).await, "{}", app.logs());
}

super::served_on_both!(the_three_stories_with_serve_and_simulate);
