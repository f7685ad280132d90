//! Who gets which event: one of a key at a time, oldest first, a failed one passed by, nothing for ever.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use fusion_comms::store::inbox::{self, Claimed, Lane};
use fusion_comms::store::ingest::NewEvent;
use fusion_comms::store::{Db, events};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::EventId;
use futures::future::join_all;

use crate::support::db::TestDb;
use crate::support::given::*;
use crate::{committed, on_both};

const VOICE: Lane = Lane::Telnyx(Channel::Voice);

async fn claim(db: &Db, n: i64, now: i64) -> Vec<Claimed> {
    inbox::claim(db, VOICE, "me", n, at(now), at(now + 10)).await.unwrap()
}

fn ids(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|e| e.id.as_str()).collect()
}

async fn store(db: &Db, events: &[(&str, &str)]) {
    let group: Vec<NewEvent> = events.iter().map(|(id, key)| event(id, key)).collect();
    store_group(db, &group).await.unwrap();
}

async fn fail(db: &Db, id: &str, due: i64) {
    committed!(db, |tx| inbox::put_off(tx, VOICE, &EventId::new(id), "no luck", at(due)));
}

async fn done(db: &Db, id: &str) -> bool {
    committed!(db, |tx| inbox::mark_done(tx, VOICE, &EventId::new(id), "me", None, at(50)))
}

on_both! {
    async fn one_event_of_a_key_at_a_time_the_oldest_first(db) {
        store(&db, &[("e1", "call-1"), ("e2", "call-1"), ("e3", "call-2"), ("e4", "call-1")]).await;
        assert_eq!(ids(&claim(&db, 9, 1).await), ["e1", "e3"]);
        assert!(claim(&db, 9, 2).await.is_empty());
        assert!(done(&db, "e1").await);
        assert_eq!(ids(&claim(&db, 9, 3).await), ["e2"]);
    }

    async fn events_without_a_key_wait_for_nobody(db) {
        let group: Vec<_> = ["e1", "e2"].map(|id| NewEvent { order_key: None, ..event(id, "") }).into();
        store_group(&db, &group).await.unwrap();
        assert_eq!(ids(&claim(&db, 9, 1).await), ["e1", "e2"]);
    }

    async fn an_event_that_asks_for_nothing_is_worked_when_it_is_stored(db) {
        let told = NewEvent { settled: true, ..event("e1", "call-1") };
        store_group(&db, &[told, event("e2", "call-1")]).await.unwrap();
        assert_eq!(ids(&claim(&db, 9, 1).await), ["e2"]);
        let (kept, _) = events::get(&db, &EventId::new("e1")).await.unwrap().expect("it is kept");
        assert!(kept.processed_at.is_some());
    }

    async fn a_failed_event_is_passed_by_the_next_and_comes_again_when_due(db) {
        store(&db, &[("e1", "call-1"), ("e2", "call-1")]).await;
        claim(&db, 1, 1).await;
        fail(&db, "e1", 30).await;
        assert_eq!(ids(&claim(&db, 9, 2).await), ["e2"]);
        assert!(done(&db, "e2").await);
        assert!(claim(&db, 9, 29).await.is_empty());
        let again = claim(&db, 9, 30).await;
        assert_eq!((ids(&again), again[0].attempts), (vec!["e1"], 2));
    }

    async fn failed_events_of_one_key_that_are_due_come_one_at_a_time_too(db) {
        store(&db, &[("e1", "call-1"), ("e2", "call-1"), ("e3", "call-1")]).await;
        for id in ["e1", "e2"] {
            assert_eq!(ids(&claim(&db, 1, 1).await), [id]);
            fail(&db, id, 20).await;
        }
        assert_eq!(ids(&claim(&db, 9, 21).await), ["e1"]);
        assert!(claim(&db, 9, 22).await.is_empty());
        assert!(done(&db, "e1").await);
        assert_eq!(ids(&claim(&db, 9, 23).await), ["e2"]);
    }

    async fn a_failed_event_that_is_due_waits_for_the_one_that_passed_it(db) {
        store(&db, &[("e1", "call-1"), ("e2", "call-1")]).await;
        claim(&db, 1, 1).await;
        fail(&db, "e1", 3).await;
        assert_eq!(ids(&claim(&db, 1, 2).await), ["e2"]);
        assert!(claim(&db, 9, 4).await.is_empty());
    }

    async fn the_lease_of_a_worker_that_died_runs_out(db) {
        store(&db, &[("e1", "call-1"), ("e2", "call-1")]).await;
        claim(&db, 1, 1).await;
        assert!(claim(&db, 9, 10).await.is_empty());
        assert_eq!(ids(&claim(&db, 9, 11).await), ["e1"]);
    }

    async fn a_lease_that_ran_out_does_not_hold_up_the_older_event_of_its_key(db) {
        store(&db, &[("e1", "call-1"), ("e2", "call-1")]).await;
        claim(&db, 1, 1).await;
        fail(&db, "e1", 5).await;
        assert_eq!(ids(&claim(&db, 1, 2).await), ["e2"]);
        // The worker of e2 died: both are due.
        assert_eq!(ids(&claim(&db, 9, 20).await), ["e1"]);
        assert!(done(&db, "e1").await);
        assert_eq!(ids(&claim(&db, 9, 21).await), ["e2"]);
    }

    async fn a_restarted_process_takes_back_its_own_and_nothing_else(db) {
        store(&db, &[("e1", "call-1"), ("e2", "call-2")]).await;
        claim(&db, 1, 1).await;
        inbox::claim(&db, VOICE, "another", 1, at(1), at(99)).await.unwrap();
        assert_eq!(inbox::take_back(&db, "me").await.unwrap(), 1);
        assert_eq!(ids(&claim(&db, 9, 2).await), ["e1"]);
    }

    async fn what_another_worker_has_since_is_not_ours_to_finish(db) {
        store(&db, &[("e1", "call-1")]).await;
        claim(&db, 1, 1).await;
        inbox::claim(&db, VOICE, "another", 1, at(11), at(99)).await.unwrap();
        assert!(!done(&db, "e1").await);
    }

    async fn a_parked_event_is_out_of_the_way_and_comes_back_by_replay(db) {
        store(&db, &[("e1", "call-1"), ("e2", "call-1")]).await;
        claim(&db, 1, 1).await;
        committed!(db, |tx| inbox::park(tx, VOICE, &EventId::new("e1"), "poison", at(2)));
        assert_eq!(ids(&claim(&db, 9, 3).await), ["e2"]);
        assert!(done(&db, "e2").await);
        assert!(claim(&db, 9, 4).await.is_empty());
        let depth = inbox::depth(&db, VOICE).await.unwrap();
        assert_eq!((depth.waiting, depth.parked), (0, 1));
        assert!(committed!(db, |tx| events::replay(tx, &EventId::new("e1"), at(5))));
        assert_eq!(ids(&claim(&db, 9, 6).await), ["e1"]);
    }

    async fn lanes_are_apart(db) {
        store(&db, &[("e1", "call-1")]).await;
        store_one(&db, &stop("s1", &phone(20), &phone(10), at(0))).await.unwrap();
        let sms = inbox::claim(&db, Lane::Telnyx(Channel::Sms), "me", 9, at(1), at(2)).await.unwrap();
        assert_eq!(ids(&sms), ["s1"]);
        assert!(inbox::claim(&db, Lane::Telnyx(Channel::Fax), "me", 9, at(1), at(2)).await.unwrap().is_empty());
    }

    async fn claimers_at_once_never_hold_two_events_of_one_key(db) {
        // Half of the events have failed before and are due again: any of them could be next.
        let stored: Vec<_> = (0..120).map(|n| (format!("e{n:03}"), format!("call-{}", n % 4))).collect();
        let group: Vec<_> = stored.iter().map(|(id, key)| event(id, key)).collect();
        store_group(&db, &group).await.unwrap();
        db.prompt().await.run("UPDATE telnyx_events SET attempts = 1 WHERE seq % 2 = 0").await;
        let key_of = |id: &str| id[1..].parse::<usize>().unwrap() % 4;
        let (held, finished) = (Mutex::new(HashSet::new()), Mutex::new(0));
        let worker = async || {
            while *finished.lock().unwrap() < 120 {
                let claimed = claim(&db, 2, 1).await;
                for e in &claimed {
                    let key = key_of(e.id.as_str());
                    assert!(held.lock().unwrap().insert(key), "two events of call-{key} at once");
                }
                for e in &claimed {
                    tokio::task::yield_now().await;
                    held.lock().unwrap().remove(&key_of(e.id.as_str()));
                    assert!(done(&db, e.id.as_str()).await, "{} was worked twice", e.id);
                    *finished.lock().unwrap() += 1;
                }
            }
        };
        join_all((0..10).map(|_| worker())).await;
    }
}

/// PostgreSQL only: on SQLite there is one writer at a time.
#[tokio::test]
async fn a_claim_that_is_not_committed_yet_keeps_the_others_of_its_key_from_being_claimed() {
    let db = TestDb::postgres().await;
    store(&db, &[("e1", "call-1"), ("e2", "call-1")]).await;
    claim(&db, 1, 1).await;
    fail(&db, "e1", 5).await;
    let mut another = db.prompt().await;
    another.run("BEGIN").await;
    let claims_e2 = format!("leased_by = 'another', leased_until = '{}', attempts = 1", at(30));
    another.run(&format!("UPDATE telnyx_events SET {claims_e2} WHERE event_id = 'e2'")).await;
    let (claimed, ()) = tokio::join!(claim(&db, 9, 6), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        another.run("COMMIT").await;
    });
    assert!(claimed.is_empty(), "e1 is held beside e2");
    assert_eq!(ids(&claim(&db, 9, 30).await), ["e1"]);
}
