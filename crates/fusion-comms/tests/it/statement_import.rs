//! `statement import`: what a file may say of a bill, and what it may not undo.

use serde_json::{Value, json};

use super::cli::Shell;
use super::support::app::On;

const IMPORT: &str = "statement import s.csv --tenant ridgeline";

fn counts(shell: &Shell, content: &str) -> Value {
    shell.file("s.csv", content);
    shell.json(IMPORT)
}

fn statuses(shell: &Shell) -> Vec<(String, i64, String)> {
    let listed = shell.json("statement list --tenant ridgeline");
    let text = |s: &Value, name: &str| s[name].as_str().unwrap().to_owned();
    let listed = listed.as_array().unwrap().iter();
    listed
        .map(|s| (text(s, "statement_id"), s["amount_cents"].as_i64().unwrap(), text(s, "status")))
        .collect()
}

async fn a_bad_line_is_named_with_its_column_and_what_is_allowed_and_nothing_is_imported(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.file(
        "s.csv",
        "statement_id,amount_cents,currency,status\n1,10,usd,\n2,10,zzz,\n3,-1,usd,\n4,100000000,usd,\n5,1,usd,gone\n\
         1,10,usd,\n6,99999999,USD,\n7,10,eur,\n",
    );
    let err = shell.fails(1, IMPORT);
    let lines: Vec<&str> = err.lines().collect();
    let cents = "amount_cents is not a whole number of cents, 0 to 99999999";
    let expected = [
        "line 3: currency cannot be charged; allowed: usd".to_owned(),
        format!("line 4: {cents}"),
        format!("line 5: {cents}"),
        "line 6: status is not one of open, on_hold, paid, refunded, disputed".to_owned(),
        "line 7: statement_id is the same as on line 2".to_owned(),
        "line 9: currency cannot be charged; allowed: usd".to_owned(),
        "error: nothing was imported: the file has 6 bad lines".to_owned(),
    ];
    assert_eq!(lines[..7], expected);
    assert_eq!(statuses(&shell), []);
    let told = shell.run(&format!("{IMPORT} --skip-invalid --json"));
    assert_eq!((told.code, &told.json()["new"]), (0, &json!(2)));
}

async fn a_file_is_counted_by_what_became_of_its_lines(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.file("s.csv", "statement_id,amount_cents,currency,status\n1,10,usd,\n2,20,usd,\n");
    assert_eq!(shell.well(IMPORT), "statements of ridgeline: 2 new, 0 changed, 0 unchanged, 0 paid kept\n");
    let told =
        counts(&shell, "statement_id,amount_cents,currency,status\n1,10,usd,\n2,25,usd,\n3,0,usd,on_hold\n");
    let expected = json!({"new": 1, "changed": 1, "unchanged": 1, "paid_kept": 0, "unknown_case": 0});
    assert_eq!(told, expected);
    let audited =
        "SELECT CAST(after AS TEXT) AS x FROM audit_log WHERE action = 'statement.import' ORDER BY seq";
    let audited: Value = serde_json::from_str(shell.column(audited).await.last().unwrap()).unwrap();
    assert_eq!(audited, expected);
}

async fn a_statement_that_a_link_has_paid_is_not_owed_again_by_a_file(on: On) {
    let shell = Shell::with_agency(on).await;
    counts(
        &shell,
        "statement_id,amount_cents,currency\n1,100,usd\n2,100,usd\n3,100,usd\n4,100,usd\n5,100,usd\n",
    );
    shell
        .execute(
            "INSERT INTO billing_checkout_sessions
               (session_id, tenant_id, statement_id, amount_cents, currency, status, account, reference, token, created_at)
             SELECT 'cs_' || statement_id, tenant_id, statement_id, 100, 'usd',
               CASE WHEN statement_id = '4' THEN 'expired' ELSE 'complete' END, 'acct_1', statement_id, statement_id,
               updated_at FROM billing_statements",
        )
        .await;
    shell.execute("UPDATE billing_statements SET status = 'paid'").await;
    // Opened again; another amount; paid as we know; paid by hand and not by its link; money that went back.
    shell.file(
        "s.csv",
        "statement_id,amount_cents,currency,status\n1,100,usd,open\n2,200,usd,\n3,100,usd,paid\n4,100,usd,open\n\
         5,100,usd,refunded\n",
    );
    let told = shell.run(&format!("{IMPORT} --json"));
    let expected = json!({"new": 0, "changed": 2, "unchanged": 1, "paid_kept": 2, "unknown_case": 0});
    assert_eq!(told.json(), expected);
    assert!(told.err.starts_with("note: lines 2, 3: paid through a link"), "{}", told.err);
    let now = statuses(&shell);
    let now: Vec<(i64, &str)> = now.iter().map(|(_, amount, status)| (*amount, status.as_str())).collect();
    assert_eq!(now, [(100, "paid"), (100, "paid"), (100, "paid"), (100, "open"), (100, "refunded")]);
}

async fn a_case_that_the_roster_lacks_is_noted_and_the_statement_is_imported(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.file("c.csv", "tenant_id,case_id\nridgeline,c1\n");
    shell.well("case import c.csv --tenant ridgeline");
    shell.file(
        "s.csv",
        "statement_id,amount_cents,currency,case_id\n1,10,usd,c1\n2,10,usd,Roe-1950\n3,10,usd,\n",
    );
    let told = shell.run(&format!("{IMPORT} --json"));
    let expected = json!({"new": 3, "changed": 0, "unchanged": 0, "paid_kept": 0, "unknown_case": 1});
    assert_eq!(told.json(), expected);
    assert!(told.err.starts_with("note: line 3: case_id is not on the agency's roster"), "{}", told.err);
    assert!(!told.err.contains("Roe"), "{}", told.err);
}

super::served_on_both!(
    a_bad_line_is_named_with_its_column_and_what_is_allowed_and_nothing_is_imported,
    a_file_is_counted_by_what_became_of_its_lines,
    a_statement_that_a_link_has_paid_is_not_owed_again_by_a_file,
    a_case_that_the_roster_lacks_is_noted_and_the_statement_is_imported,
);
