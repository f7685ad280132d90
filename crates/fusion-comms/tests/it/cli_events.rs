//! The commands about events and effects: found, shown, replayed, done again, deleted, pruned.

use serde_json::{Value, json};

use fusion_comms::store::inbox;
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::time::Timestamp;

use super::cli::Shell;
use super::support::app::On;

async fn events_are_listed_by_what_is_asked_for(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.receive(Channel::Voice, "call.hangup", "e1", json!({})).await;
    shell.receive(Channel::Sms, "message.received", "e2", json!({})).await;
    shell.execute("UPDATE telnyx_events SET processed_at = received_at, tenant_id = 'ridgeline' WHERE event_id = 'e2'").await;
    let ids = |line: &str| {
        let listed = shell.json(&format!("events list {line}"));
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["event_id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(""), ["e2", "e1"]);
    assert_eq!(ids("--limit 1"), ["e2"]);
    assert_eq!(ids("--type call"), ["e1"]);
    assert_eq!(ids("--type call.hangup"), ["e1"]);
    assert_eq!(ids("--state waiting"), ["e1"]);
    assert_eq!(ids("--state processed"), ["e2"]);
    assert_eq!(ids("--state parked"), [""; 0]);
    assert_eq!(ids("--tenant ridgeline"), ["e2"]);
    assert_eq!(ids("--tenant unassigned"), ["e1"]);
    assert_eq!(ids("--until 2026-03-03"), [""; 0]);
    assert_eq!(ids("--since 2026-03-03 --until 2026-03-04"), ["e2", "e1"]);
    assert_eq!(ids("--since 1s"), [""; 0]);
}

async fn old_events_lose_their_bodies_and_much_later_their_keys(on: On) {
    let shell = Shell::with_agency(on).await;
    for id in ["worked", "waiting", "parked"] {
        shell.receive(Channel::Sms, "message.received", id, json!({"text": "hello from march"})).await;
    }
    shell.execute("UPDATE telnyx_events SET processed_at = received_at WHERE event_id = 'worked'").await;
    shell.execute("UPDATE telnyx_events SET parked_at = received_at WHERE event_id = 'parked'").await;
    for line in [
        "--older-than 71h",
        "--older-than 90d --keys-older-than 29d",
        "--older-than 90d --keys-older-than 80d",
    ] {
        let err = shell.fails(2, &format!("events prune {line}"));
        assert!(err.contains("hint: "), "{err}");
    }
    let said = shell.well("events prune --older-than 90d --dry-run");
    assert!(said.contains("telnyx_events: would empty 1 body and forget 0 keys"), "{said}");
    assert_eq!(shell.json("events show worked")["pruned_at"], Value::Null);

    let said = shell.well("events prune --older-than 90d");
    assert!(said.contains("telnyx_events: emptied 1 body, forgot 0 keys"), "{said}");
    let shown = shell.json("events show worked");
    assert_eq!((&shown["raw_json"], shown["pruned_at"].is_string()), (&json!({}), true));
    for kept in ["waiting", "parked"] {
        assert!(shell.json(&format!("events show {kept}")).to_string().contains("hello from march"));
    }
    let err = shell.fails(1, "events replay worked");
    assert!(err.contains("emptied by `events prune`"), "{err}");

    let said = shell.well("events prune --older-than 90d --keys-older-than 200d");
    assert!(said.contains("telnyx_events: emptied 0 bodies, forgot 1 key\n"), "{said}");
    shell.fails(1, "events show worked");
    assert_eq!(shell.json("events list").as_array().unwrap().len(), 2);
}

async fn an_event_is_shown_without_its_digits_and_replayed_while_it_has_them(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.receive(Channel::Voice, "call.gather.ended", "e1", json!({"digits": "30458003"})).await;
    shell.execute("UPDATE telnyx_events SET parked_at = received_at, attempts = 8").await;
    for shown in [shell.well("events show e1"), shell.json("events show e1").to_string()] {
        assert!(shown.contains("gather") && !shown.contains("30458003"), "{shown}");
    }
    let said = shell.well("events replay e1 --dry-run");
    assert!(said.starts_with("would put"), "{said}");
    assert_eq!(shell.json("events show e1")["state"], "parked");
    shell.well("events replay e1");
    let shown = shell.json("events show e1");
    assert_eq!((&shown["state"], &shown["attempts"]), (&json!("waiting"), &json!(0)));

    shell.execute("UPDATE telnyx_events SET digits_cleared = TRUE, processed_at = received_at").await;
    shell.receive(Channel::Voice, "call.hangup", "e2", json!({})).await;
    let outcome = shell.run("events replay e1 e2 gone");
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("digits of this gather are gone"), "{}", outcome.err);
    assert!(outcome.out.contains("put event e2"), "{}", outcome.out);
    assert_eq!(shell.json("events show e1")["state"], "processed");
}

async fn events_are_found_by_route_error_and_key_and_put_back_in_the_order_they_came(on: On) {
    let shell = Shell::with_agency(on).await;
    for (channel, event_type, id, fax) in [
        (Channel::Fax, "fax.receiving.started", "f1", "fax-1"),
        (Channel::Fax, "fax.received", "f2", "fax-1"),
        (Channel::Fax, "fax.received", "f3", "fax-2"),
        (Channel::Sms, "message.received", "m1", ""),
    ] {
        let payload = if fax.is_empty() { json!({}) } else { json!({ "fax_id": fax }) };
        shell.receive(channel, event_type, id, payload).await;
    }
    shell.execute("UPDATE telnyx_events SET parked_at = received_at, attempts = 8, last_error = 'Poison 100%' WHERE channel = 'fax'").await;
    let ids = |line: &str| -> Vec<String> {
        let listed = shell.json(&format!("events list {line}"));
        listed.as_array().unwrap().iter().map(|e| e["event_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("--channel sms"), ["m1"]);
    assert_eq!(ids("--error 100% --oldest-first"), ["f1", "f2", "f3"]);
    assert_eq!(ids("--error poison --key fax-1"), ["f2", "f1"]);
    assert_eq!(ids("--error 1_0%"), [""; 0]);
    assert!(shell.fails(2, "events replay").contains("no event is named"));
    assert!(shell.fails(2, "events replay f1 --state parked").contains("by options as well"));
    assert!(
        shell.fails(2, "events replay --state parked --channel fax").contains("nobody is here to confirm")
    );
    assert!(shell.fails(1, "events replay --key fax-9 --yes").contains("no event is as asked for"));
    let said = shell.well("events replay --state parked --channel fax --dry-run");
    assert_eq!(said.lines().map(|l| l.split(' ').nth(3).unwrap()).collect::<Vec<_>>(), ["f1", "f2", "f3"]);
    assert_eq!(shell.json("events show f1")["state"], "parked");
    assert!(shell.json("events show f1")["next"].as_str().unwrap().contains("events replay f1"));
    // Named the wrong way round, they are put back, and claimed, as they came.
    let said = shell.well("events replay f2 f1 f3");
    assert_eq!(said.lines().map(|l| l.split(' ').nth(2).unwrap()).collect::<Vec<_>>(), ["f1", "f2", "f3"]);
    let lane = inbox::Lane::Telnyx(Channel::Fax);
    let now = Timestamp::parse("2099-01-01T00:00:00Z").unwrap();
    let claimed = inbox::claim(&shell.db().await, lane, "me", 9, now, now.plus_s(10)).await.unwrap();
    assert_eq!(claimed.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["f1", "f3"]);
    let replays =
        shell.column("SELECT subject AS x FROM audit_log WHERE action = 'event.replay' ORDER BY seq").await;
    assert_eq!(replays, ["f1", "f2", "f3"]);
}

async fn an_effect_is_done_again_only_by_name_and_never_a_text_a_link_or_a_command(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.receive(Channel::Fax, "fax.received", "f1", json!({"fax_id": "fax-1"})).await;
    shell.receive(Channel::Fax, "fax.received", "f2", json!({"fax_id": "fax-2"})).await;
    shell
        .execute(
            "INSERT INTO outbox (effect_id, lane, kind, order_key, cause_id, tenant_id, payload, attempts, done_at, parked_at)
             VALUES ('fetch', 'fax', 'fax_fetch', 'fax:fax-1', 'f1', 'ridgeline', '{}', 1, '2026-03-03T12:00:00.000000Z', NULL),
               ('enqueue', 'fax', 'fax_enqueue', 'fax:fax-1', 'fetch', 'ridgeline', '{}', 1, '2026-03-03T12:00:00.000000Z', NULL),
               ('text', 'sms', 'text', 'text:1', 'f1', 'ridgeline', '{}', 1, '2026-03-03T12:00:00.000000Z', NULL),
               ('link', 'link', 'checkout', 'link:1', 'f1', 'ridgeline', '{}', 1, NULL, '2026-03-03T12:00:00.000000Z'),
               ('command', 'voice', 'command', 'v3:1', 'f1', 'ridgeline', '{}', 1, '2026-03-03T12:00:00.000000Z', NULL)",
        )
        .await;
    let owed = "SELECT effect_id AS x FROM outbox WHERE done_at IS NULL AND parked_at IS NULL ORDER BY seq";
    shell.well("events replay f1");
    assert_eq!(shell.column(owed).await, [""; 0], "a replay owes nothing by itself that was done");
    for (effect, why) in [
        ("text", "a second text"),
        ("link", "a second payment"),
        ("command", "would come between"),
        ("nothing", "there is no effect"),
    ] {
        let err = shell.fails(1, &format!("events replay f1 --again {effect} --yes"));
        assert!(err.contains(why), "{err}");
    }
    assert!(
        shell.fails(1, "events replay f2 --again fetch --yes").contains("was not caused by these events")
    );
    assert!(shell.fails(2, "events replay f1 --again fetch").contains("nobody is here to confirm"));
    assert_eq!(shell.column(owed).await, [""; 0]);
    let said = shell.well("events replay f1 --again enqueue --dry-run");
    assert!(said.contains("would do effect enqueue (fax_enqueue) once more"), "{said}");
    let said = shell.well("events replay f1 --again fetch --again enqueue --yes");
    assert!(said.contains("effect fetch (fax_fetch) is owed once more"), "{said}");
    assert_eq!(shell.column(owed).await, ["fetch", "enqueue"]);
    assert!(shell.fails(1, "events replay f1 --again fetch --yes").contains("waits already"));
    let audit =
        shell.column("SELECT subject AS x FROM audit_log WHERE action = 'effect.again' ORDER BY seq").await;
    assert_eq!(audit, ["fetch", "enqueue"]);
}

async fn an_event_is_deleted_only_with_a_yes_and_never_with_a_stop_in_it(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.receive(Channel::Sms, "message.received", "e1", json!({})).await;
    shell.fails(2, "events delete e1");
    shell
        .execute(
            r#"UPDATE telnyx_events SET stop_pending =
               '[{"tenant_id":"ridgeline","phone_e164":"+12025550147","at":"2026-03-03T12:00:00.000000Z"}]'"#,
        )
        .await;
    let err = shell.fails(1, "events delete e1 --yes");
    assert!(err.contains("STOP"), "{err}");
    assert_eq!(shell.json("opt-out check +12025550147 --tenant ridgeline")["opted_out"], true);
    shell.execute("UPDATE telnyx_events SET stop_pending = NULL").await;
    shell.well("events delete e1 --yes");
    assert_eq!(shell.json("events list"), json!([]));
}

super::served_on_both!(
    events_are_listed_by_what_is_asked_for,
    old_events_lose_their_bodies_and_much_later_their_keys,
    an_event_is_shown_without_its_digits_and_replayed_while_it_has_them,
    events_are_found_by_route_error_and_key_and_put_back_in_the_order_they_came,
    an_effect_is_done_again_only_by_name_and_never_a_text_a_link_or_a_command,
    an_event_is_deleted_only_with_a_yes_and_never_with_a_stop_in_it,
);
