//! What listings show that a person must see.

use serde_json::{Value, json};

use super::cli::Shell;
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

super::served_on_both!(
    a_standing_freeze_is_seen_among_the_agencies,
    work_that_was_given_up_is_listed_without_what_it_carries,
);
