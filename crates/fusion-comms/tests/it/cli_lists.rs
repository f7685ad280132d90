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

super::served_on_both!(a_standing_freeze_is_seen_among_the_agencies);
