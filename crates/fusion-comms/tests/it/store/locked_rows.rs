//! Somebody's open `psql` stops no webhook, and two instances never block each other. PostgreSQL only: SQLite has one
//! writer at a time.

use std::time::{Duration, Instant};

use fusion_comms::clock::Clock;
use fusion_comms::gate::{self, Handed};
use fusion_comms::ingest::Ingest;
use fusion_comms::store::StoreError;
use fusion_comms::store::ingest::Stored;
use fusion_comms::store::ledger::{self, Source};
use futures::future::join_all;

use crate::committed;
use crate::support::db::{Prompt, TestDb};
use crate::support::given::*;

/// Telnyx waits about two seconds; a webhook has more to do than to store.
const WELL_UNDER_TWO_SECONDS: Duration = Duration::from_millis(1200);

/// An agency whose ledger row for `phone(20)` is held by an open `psql`.
async fn with_a_held_row() -> (TestDb, Prompt) {
    let db = TestDb::postgres().await;
    let red = add_agency(&db, "red", Some(&phone(10))).await;
    committed!(db, |tx| put(tx, &red, &phone(20), Source::Import, at(0)));
    let mut psql = db.prompt().await;
    psql.run("BEGIN").await;
    psql.run("DELETE FROM telnyx_opt_outs WHERE tenant_id = 'red' AND phone_e164 = '+12025550120'").await;
    (db, psql)
}

#[tokio::test]
async fn a_stop_whose_row_somebody_holds_is_kept_as_pending_and_stands() {
    let (db, mut psql) = with_a_held_row().await;
    let event = stop("s1", &phone(20), &phone(10), at(5));
    let started = Instant::now();
    let Stored::New { opt_outs } = store_one(&db, &event).await.unwrap() else { panic!("the STOP is new") };
    assert!(started.elapsed() < WELL_UNDER_TWO_SECONDS, "it took {:?}", started.elapsed());
    assert_eq!(opt_outs.len(), 1);
    // The open transaction lifts the opt-out; the STOP came after it.
    psql.run("COMMIT").await;
    let row = standing(&db, Some(&agency("red")), &phone(20)).await.unwrap();
    assert_eq!((row.opted_out_at, row.source), (at(5), Source::SmsStop));
    assert!(standing(&db, Some(&agency("blue")), &phone(20)).await.is_none());
    assert!(standing(&db, Some(&agency("red")), &phone(21)).await.is_none());
}

#[tokio::test]
async fn a_pending_stop_is_written_by_the_worker_later_and_then_lies_in_the_ledger_alone() {
    let (db, mut psql) = with_a_held_row().await;
    let event = stop("s1", &phone(20), &phone(10), at(5));
    store_one(&db, &event).await.unwrap();
    psql.run("COMMIT").await;
    let mut tx = db.begin().await.unwrap();
    for o in ledger::pending_of(&mut tx, &event.id).await.unwrap() {
        ledger::put(&mut tx, &o.tenant, &o.phone, o.source, o.opted_out_at).await.unwrap();
    }
    ledger::set_pending(&mut tx, &event.id, &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ledger::list(&db, None).await.unwrap()[0].opted_out_at, at(5));
    assert!(committed!(db, |tx| ledger::pending_of(tx, &event.id)).is_empty());
}

#[tokio::test]
async fn the_others_of_its_group_are_stored() {
    let (db, _psql) = with_a_held_row().await;
    let mut group: Vec<_> = (0..30).map(|n| event(&format!("e{n}"), "call-1")).collect();
    group.push(stop("s1", &phone(20), &phone(10), at(5)));
    group.push(stop("s2", &phone(21), &phone(10), at(5)));
    assert!(matches!(store_group(&db, &group).await, Err(StoreError::Busy(_))));
    let ingest = Ingest::start(&db, &reach());
    let started = Instant::now();
    let stored = join_all(group.into_iter().map(|e| ingest.store(e))).await;
    assert!(started.elapsed() < WELL_UNDER_TWO_SECONDS, "it took {:?}", started.elapsed());
    assert!(stored.iter().all(|s| matches!(s, Ok(Stored::New { .. }))));
    for person in [20, 21] {
        assert!(standing(&db, Some(&agency("red")), &phone(person)).await.is_some());
    }
}

#[tokio::test]
async fn a_text_is_not_handed_over_while_its_stop_is_pending() {
    let (db, _psql) = with_a_held_row().await;
    let text = link_text("t1", &agency("red"), &phone(10), &phone(20));
    committed!(db, |tx| fusion_comms::store::messages::insert_outbound(
        tx,
        &text,
        fusion_comms::store::messages::Said::Allowed,
        at(1)
    ));
    store_one(&db, &stop("s1", &phone(20), &phone(10), at(5))).await.unwrap();
    assert!(matches!(gate::hand_over(&db, &Clock::system(), &text.id).await.unwrap(), Handed::Refused(_)));
}

#[tokio::test]
async fn a_worker_that_waits_for_the_held_row_keeps_no_further_stop_waiting() {
    let (db, _psql) = with_a_held_row().await;
    let worker = db.another_instance().await;
    let waiting = tokio::spawn(async move {
        let mut tx = worker.begin().await.unwrap();
        ledger::lock_number(&mut tx, &phone(20)).await.unwrap();
        ledger::put(&mut tx, &agency("red"), &phone(20), Source::SmsStop, at(5)).await
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    let started = Instant::now();
    store_one(&db, &stop("s2", &phone(20), &phone(10), at(6))).await.unwrap();
    assert!(started.elapsed() < WELL_UNDER_TWO_SECONDS, "it took {:?}", started.elapsed());
    assert!(matches!(waiting.await.unwrap(), Err(StoreError::Busy(_))));
}

#[tokio::test]
async fn two_instances_with_overlapping_groups_never_block_each_other() {
    let db = TestDb::postgres().await;
    for id in ["red", "blue"] {
        add_agency(&db, id, Some(&phone(10))).await;
    }
    let other = db.another_instance().await;
    for round in 0..25 {
        let mut ours: Vec<_> = (0..12)
            .map(|n| stop(&format!("{round}-{n}"), &phone(20 + n % 5), &phone(10), at(i64::from(n))))
            .collect();
        let mut theirs = ours.clone();
        theirs.reverse();
        ours.truncate(9);
        let (ours, theirs) = tokio::join!(store_group(&db, &ours), store_group(&other, &theirs));
        let new = ours.unwrap().into_iter().chain(theirs.unwrap()).filter(|s| *s != Stored::Known).count();
        assert_eq!(new, 12, "round {round}");
    }
}
