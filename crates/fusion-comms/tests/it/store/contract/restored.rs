//! What a backup reads, what a restore does with work that was under way, and a STOP that is found late.

use fusion_comms::store::inbox::BY_BACKFILL;
use fusion_comms::store::ingest::{NewEvent, Stop};
use fusion_comms::store::messages::Inbound;
use fusion_comms::store::{Db, backup, calls, ledger, messages, outbox, restores};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::{CallControlId, MessageId, TenantId, derived_id};
use fusion_comms_core::ivr::{Call, Language, Phase, State};
use serde_json::json;

use super::Answers;
use crate::committed;
use crate::support::given::*;

pub(super) async fn found(db: &Db, said: &mut Answers) {
    let tables = backup::tables_with_rows(db).await.unwrap();
    said.note("the inbox has rows", tables.contains(&"telnyx_events".to_owned()));
    said.note("SQLite finds nothing", backup::faults_of_sqlite(db).await.unwrap());
    backup::is_in_use(db).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copied = backup::copy_sqlite(db, &folder.path().join("copy")).await;
    assert_eq!(copied.is_ok(), db.postgres().is_none());
    said.note("counted", backup::counts(db).await.unwrap());
    said.note("files", backup::fax_files(db).await.unwrap());
}

pub(super) async fn settled(db: &Db, said: &mut Answers) {
    let call = Call {
        state: State::Menu,
        phase: Phase::Answering { again: false },
        step: 1,
        misses: 0,
        prompts: 0,
        statement: None,
        phone: None,
        known: false,
        language: Language::English,
    };
    let id = CallControlId::new("under-way");
    let new = calls::NewCall {
        id: &id,
        tenant: None,
        from_phone: None,
        to_phone: None,
        session: None,
        call: &call,
        deadline_at: Some(at(5000)),
    };
    committed!(db, |tx| calls::insert(tx, &new, at(4000)));
    let effect = |kind: &'static str, held_until| outbox::NewEffect {
        id: derived_id(kind, "in doubt"),
        lane: outbox::Lane::Sms,
        kind,
        order_key: kind.to_owned(),
        cause_id: "c".to_owned(),
        tenant: Some(agency("red")),
        payload: json!({"message_id": kind}),
        expires_at: None,
        held_until,
    };
    for new in [effect("text", None), effect("bill", Some(at(9000))), effect("fax_fetch", None)] {
        committed!(db, |tx| outbox::push(tx, &new, at(4000)));
    }
    committed!(db, |tx| restores::end_leases(tx));
    said.note("calls ended", committed!(db, |tx| restores::end_calls(tx, at(6000))));
    said.note("ended once", committed!(db, |tx| restores::end_calls(tx, at(6000))));
    said.note("no step", calls::has_step(db, &id, "nothing").await.unwrap());
    said.note("the call", calls::present(db, &id).await.unwrap());
    let mut given_up = committed!(db, |tx| restores::park_in_doubt(tx, "restored", at(6000)));
    given_up.sort_by_key(|e| (e.kind.clone(), e.payload.to_string()));
    said.note("given up", &given_up);
    assert!(given_up.iter().any(|e| e.payload["message_id"] == "text"));
    assert!(given_up.iter().all(|e| e.kind != "fax_fetch" && e.payload["message_id"] != "bill"));
    said.note("once", committed!(db, |tx| restores::park_in_doubt(tx, "restored", at(6000))).len());
    committed!(db, |tx| restores::begin(tx, "r1", at(4500), at(6000)));
    said.note("open", restores::open(db).await.unwrap());
    said.note("not far enough back", committed!(db, |tx| restores::close(tx, at(4501), "me", at(6001))));
    said.note("closed", committed!(db, |tx| restores::close(tx, at(4500), "me", at(6001))));
    said.note("none open", restores::open(db).await.unwrap());
}

/// A STOP of `at`, found long after.
fn stop_found(id: &str, at_s: i64, phone_xx: u8) -> NewEvent {
    let (person, number) = (phone(phone_xx), phone(10));
    let stop = Stop { phone: person, number: Some(number), at: at(at_s) };
    NewEvent {
        event_type: "message.received".to_owned(),
        channel: Channel::Sms,
        verified_by: BY_BACKFILL.to_owned(),
        stop: Some(stop),
        ..event(id, id)
    }
}

pub(super) async fn late_stop(db: &Db, said: &mut Answers) {
    let (person, line) = (phone(71), phone(10));
    let start = Inbound {
        id: &MessageId::new("start-71"),
        tenant: None,
        from: person.expose(),
        to: line.expose(),
        body: "START",
        label: "START",
        rule: "word",
        review: false,
        cause_id: "start-71",
        received_at: at(300),
    };
    committed!(db, |tx| messages::insert_inbound(tx, &start, at(300)));
    said.note("a STOP before the START", store_one(db, &stop_found("stop-71a", 200, 71)).await.unwrap());
    said.note("binds nobody", ledger::find(db, &agency("red"), &person).await.unwrap());
    said.note("a STOP after it", store_one(db, &stop_found("stop-71b", 400, 71)).await.unwrap());
    said.note("binds", ledger::find(db, &agency("red"), &person).await.unwrap());
    let default = default_number();
    for (tenant, since) in [(agency("red"), 299), (agency("red"), 300), (TenantId::unassigned(), 0)] {
        let started = committed!(db, |tx| ledger::started_since(tx, &tenant, &person, at(since), &default));
        said.note("started since", started);
    }
    let by_webhook = NewEvent { verified_by: "key".to_owned(), ..stop_found("stop-72", 200, 72) };
    said.note("by its webhook", store_one(db, &by_webhook).await.unwrap());
}
