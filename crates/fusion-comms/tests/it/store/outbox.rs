//! Effects of one key are done in order; a parked one lets the next go.

use fusion_comms::store::outbox::{self, Claimed, Lane, NewEffect};
use fusion_comms::store::{Db, events};
use fusion_comms_core::ids::derived_id;
use futures::future::join_all;
use serde_json::json;

use crate::support::given::*;
use crate::{committed, on_both};

fn effect(name: &str, key: &str) -> NewEffect {
    NewEffect {
        id: derived_id(name, "0"),
        lane: Lane::Voice,
        kind: "command",
        order_key: key.to_owned(),
        cause_id: format!("cause of {name}"),
        tenant: None,
        payload: json!({"name": name}),
        expires_at: None,
        held_until: None,
    }
}

async fn owe(db: &Db, name: &str, key: &str) -> String {
    let effect = effect(name, key);
    committed!(db, |tx| outbox::push(tx, &effect, at(0)));
    effect.id.to_string()
}

async fn claim(db: &Db, n: i64, now: i64) -> Vec<Claimed> {
    outbox::claim(db, Lane::Voice, "me", n, at(now), at(now + 20)).await.unwrap()
}

fn names(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|e| e.payload["name"].as_str().unwrap()).collect()
}

on_both! {
    async fn one_effect_of_a_key_at_a_time_the_oldest_first(db) {
        let first = owe(&db, "first", "call:1").await;
        owe(&db, "second", "call:1").await;
        owe(&db, "other", "call:2").await;
        assert_eq!(names(&claim(&db, 9, 1).await), ["first", "other"]);
        assert!(claim(&db, 9, 2).await.is_empty());
        assert!(committed!(db, |tx| outbox::mark_done(tx, &first, at(3))));
        assert_eq!(names(&claim(&db, 9, 4).await), ["second"]);
    }

    async fn an_effect_put_off_is_not_passed(db) {
        let first = owe(&db, "first", "call:1").await;
        owe(&db, "second", "call:1").await;
        claim(&db, 9, 1).await;
        committed!(db, |tx| outbox::put_off(tx, &first, "no luck", at(10)));
        assert!(claim(&db, 9, 9).await.is_empty());
        let again = claim(&db, 9, 10).await;
        assert_eq!((names(&again), again[0].attempts), (vec!["first"], 2));
    }

    async fn a_parked_effect_lets_the_next_go(db) {
        let first = owe(&db, "first", "call:1").await;
        owe(&db, "second", "call:1").await;
        claim(&db, 9, 1).await;
        assert!(committed!(db, |tx| outbox::park(tx, &first, "refused", at(2))));
        assert!(!committed!(db, |tx| outbox::park(tx, &first, "refused", at(2))));
        assert!(!committed!(db, |tx| outbox::mark_done(tx, &first, at(2))), "what is parked is not done");
        assert_eq!(names(&claim(&db, 9, 3).await), ["second"]);
        assert_eq!(outbox::depth(&db, Lane::Voice, at(99)).await.unwrap().parked, 1);
    }

    async fn the_lease_of_a_worker_that_died_runs_out(db) {
        owe(&db, "first", "call:1").await;
        claim(&db, 1, 1).await;
        assert!(claim(&db, 1, 20).await.is_empty());
        assert_eq!(names(&claim(&db, 1, 21).await), ["first"]);
    }

    async fn a_restarted_process_takes_back_its_own_and_nothing_else(db) {
        owe(&db, "first", "call:1").await;
        owe(&db, "second", "call:2").await;
        claim(&db, 1, 1).await;
        outbox::claim(&db, Lane::Voice, "another", 1, at(1), at(99)).await.unwrap();
        assert_eq!(outbox::take_back(&db, "me").await.unwrap(), 1);
        assert_eq!(names(&claim(&db, 9, 2).await), ["first"]);
    }

    async fn lanes_are_apart(db) {
        owe(&db, "first", "call:1").await;
        assert!(outbox::claim(&db, Lane::Sms, "me", 9, at(1), at(2)).await.unwrap().is_empty());
        assert_eq!(outbox::depth(&db, Lane::Sms, at(99)).await.unwrap().waiting, 0);
    }

    async fn the_same_cause_asks_for_the_same_effect_once(db) {
        assert!(committed!(db, |tx| outbox::push(tx, &effect("one", "call:1"), at(0))));
        assert!(!committed!(db, |tx| outbox::push(tx, &effect("one", "call:1"), at(1))));
        assert_eq!(events::effects(&db, "cause of one").await.unwrap().len(), 1);
    }

    async fn many_workers_do_each_effect_once_and_each_key_in_order(db) {
        for n in 0..60 {
            owe(&db, &format!("{n:02}"), &format!("call:{}", n % 6)).await;
        }
        let done = std::sync::Mutex::new(Vec::<String>::new());
        let worker = async || {
            while done.lock().unwrap().len() < 60 {
                for claimed in claim(&db, 2, 1).await {
                    tokio::task::yield_now().await;
                    done.lock().unwrap().push(names(std::slice::from_ref(&claimed))[0].to_owned());
                    assert!(committed!(db, |tx| outbox::mark_done(tx, &claimed.id, at(2))), "done twice");
                }
            }
        };
        join_all((0..8).map(|_| worker())).await;
        let done = done.into_inner().unwrap();
        for key in 0..6 {
            let of_key: Vec<_> = done.iter().filter(|n| n.parse::<usize>().unwrap() % 6 == key).collect();
            assert!(of_key.is_sorted(), "key {key} was done as {of_key:?}");
        }
    }
}
