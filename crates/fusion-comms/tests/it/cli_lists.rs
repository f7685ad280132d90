//! What listings show that a person must see.

use serde_json::{Value, json};

use super::cli::Shell;
use super::golden::tree;
use super::support::app::On;

async fn a_standing_freeze_is_seen_among_the_agencies(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.well("tenant add --id lakeshore --name Lakeshore --billing-phone +12025550129");
    let frozen = |shell: &Shell| {
        let listed = shell.json("tenant list");
        let of = |t: &Value| (t["id"].clone(), t["frozen_since"].clone());
        listed.as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let free = vec![(json!("lakeshore"), Value::Null), (json!("ridgeline"), Value::Null)];
    assert_eq!(frozen(&shell), free);
    shell.well("tenant freeze ridgeline --reason looked-into");
    let stands = frozen(&shell);
    let since = stands[1].1.as_str().expect("a time");
    assert_eq!(stands[0], free[0]);
    let table = shell.well("tenant list");
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].ends_with("frozen_since") && lines[2].ends_with(since), "{table}");
    shell.well("tenant unfreeze ridgeline --reason done");
    assert_eq!(frozen(&shell), free);
}

async fn work_that_was_given_up_is_listed_without_what_it_carries(on: On) {
    let shell = Shell::with_agency(on).await;
    shell
        .execute(
            r#"INSERT INTO outbox (effect_id, lane, kind, order_key, cause_id, tenant_id, payload, attempts, last_error,
               created_at, due_at, done_at, parked_at)
             SELECT column1, column2, column3, column4, 'e1', column5, '{"to":"+12025550147","text":"pay here"}', column6,
               column7, created_at, created_at, CASE WHEN column8 = 'done' THEN created_at END,
               CASE WHEN column8 = 'parked' THEN created_at END
             FROM tenants, (VALUES ('x1', 'sms', 'text', 'text:1', 'ridgeline', 8, 'Telnyx refuses our key', 'parked'),
               ('x2', 'fax', 'fax_fetch', 'fax:1', NULL, 1, NULL, 'waiting'),
               ('x3', 'fax', 'fax_fetch', 'fax:2', 'ridgeline', 1, NULL, 'done')) AS rows"#,
        )
        .await;
    let ids = |line: &str| -> Vec<String> {
        let listed = shell.json(&format!("events effects {line}"));
        listed.as_array().unwrap().iter().map(|e| e["effect_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(""), ["x2", "x1"]);
    assert_eq!(ids("--limit 1"), ["x2"]);
    assert_eq!(ids("--state waiting"), ["x2"]);
    assert_eq!(ids("--tenant unassigned"), ["x2"]);
    assert_eq!(ids("--tenant ridgeline"), ["x1"]);
    let parked = &shell.json("events effects --state parked")[0];
    let expected = json!({
        "effect_id": "x1", "kind": "text", "lane": "sms", "tenant_id": "ridgeline", "state": "parked", "attempts": 8,
        "cause_id": "e1", "last_error": "Telnyx refuses our key", "created_at": parked["created_at"],
        "due_at": parked["created_at"], "parked_at": parked["created_at"],
    });
    assert_eq!(*parked, expected);
    let table = shell.well("events effects --state parked");
    assert!(table.contains("Telnyx refuses our key") && !table.contains("5550147"), "{table}");
}

/// What is typed for an agency that there is not.
const OF_NOBODY: &[&str] = &[
    "number add +12025550115 --purpose billing_voice",
    "number list",
    "opt-out check +12025550147",
    "opt-out add +12025550147",
    "opt-out remove +12025550147",
    "opt-out list",
    "opt-out export",
    "opt-out import numbers.csv",
    "opt-out evidence +12025550147",
    "statement import statements.csv",
    "statement set 30458003 --status on_hold",
    "statement list",
    "case import cases.csv",
    "case list",
    "template list",
    "template show --kind help --language en",
    "template set --kind help --language en {agency_name}:-{phone}",
    "template reset --kind help --language en",
    "template check",
    "text list",
    "text list --outgoing",
    "text thread +12025550147",
    "text send --statement 30458003 --to +12025550147 --reason bill",
    "text consent +12025550147 --how written --evidence form-7",
    "text consents +12025550147",
    "task list",
    "fax list",
    "incident list",
    "trace call v3:one",
    "trace statement 30458003",
    "trace phone +12025550147",
    "trace fax fax-1",
    "trace event event-1",
    "events list",
    "events replay --yes",
    "events effects",
];

/// A typing error in an agency's name reads as neither "none" nor "may be texted".
async fn an_agency_that_there_is_not_is_refused_by_every_command(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.file("numbers.csv", "phone_e164\n+12025550147\n");
    shell.file("statements.csv", "statement_id,amount_cents,currency\n30458003,100,usd\n");
    shell.file("cases.csv", "case_id,tenant_id\ncase-1,nope\n");
    for line in OF_NOBODY {
        let said = shell.fails(1, &format!("{line} --tenant nope"));
        assert!(said.contains("there is no agency of this id"), "{line}: {said}");
    }
    for leaf in tree::leaves_with_agency() {
        // It looks for the fax first; fax_filing.rs.
        let known = leaf == "fax assign"
            || OF_NOBODY.iter().any(|line| format!("{line} ").starts_with(&format!("{leaf} ")));
        assert!(known, "`{leaf}` takes an agency and is not in the list");
    }
    for line in
        ["opt-out check +12025550147", "opt-out list", "task list", "fax list", "text list", "events list"]
    {
        shell.well(&format!("{line} --tenant unassigned"));
    }
}

super::served_on_both!(
    an_agency_that_there_is_not_is_refused_by_every_command,
    a_standing_freeze_is_seen_among_the_agencies,
    work_that_was_given_up_is_listed_without_what_it_carries,
);
