//! The ack path's commit: an event once, and its opt-out with it or not at all.

use fusion_comms::ingest::Ingest;
use fusion_comms::store::ingest::Stored;
use fusion_comms::store::{inbox, ledger};
use fusion_comms_core::envelope::Channel;
use futures::future::join_all;
use serde_json::json;

use crate::support::given::*;
use crate::{committed, on_both};

fn is_new(stored: &Stored) -> bool {
    *stored != Stored::Known
}

on_both! {
    async fn three_deliveries_at_once_store_an_event_once(db) {
        let once = event("e1", "call-1");
        let stored = join_all((0..3).map(|_| store_one(&db, &once))).await;
        assert_eq!(stored.into_iter().map(Result::unwrap).filter(is_new).count(), 1);
        assert_eq!(db.prompt().await.count("SELECT count(*) FROM telnyx_events").await, 1);
    }

    async fn an_event_twice_in_one_group_is_new_and_then_known(db) {
        let group = [event("e1", "call-1"), event("e2", "call-1"), event("e1", "call-1")];
        let stored = store_group(&db, &group).await.unwrap();
        assert_eq!(stored.iter().map(is_new).collect::<Vec<_>>(), [true, true, false]);
    }

    async fn groups_of_two_instances_store_what_they_share_once(db) {
        let other = db.another_instance().await;
        let group = |first: usize| (first..first + 20).map(|n| event(&format!("e{n}"), "call-1")).collect::<Vec<_>>();
        let (ours, theirs) = (group(0), group(10));
        let (ours, theirs) = tokio::join!(store_group(&db, &ours), store_group(&other, &theirs));
        let new = ours.unwrap().iter().chain(&theirs.unwrap()).filter(|s| is_new(s)).count();
        assert_eq!(new, 30);
    }

    async fn events_of_one_group_are_worked_in_the_order_they_came(db) {
        let ids = ["m", "z", "a", "k"];
        store_group(&db, &ids.map(|id| event(id, id))).await.unwrap();
        let claimed = inbox::claim(&db, inbox::Lane::Telnyx(Channel::Voice), "me", 9, at(1), at(2)).await.unwrap();
        assert_eq!(claimed.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ids);
    }

    async fn a_body_that_the_database_refuses_does_not_fail_its_group(db) {
        let ingest = Ingest::start(&db, &reach());
        let mut events: Vec<_> = (0..40).map(|n| event(&format!("e{n}"), "call-1")).collect();
        // PostgreSQL's JSON holds no NUL; SQLite takes it.
        events[20].raw = json!({"text": "\u{0}"});
        let stored = join_all(events.into_iter().map(|e| ingest.store(e))).await;
        for (n, answer) in stored.iter().enumerate() {
            assert_eq!(answer.is_ok(), n != 20 || !db.is_postgres(), "event {n}: {answer:?}");
        }
        let kept = db.prompt().await.count("SELECT count(*) FROM telnyx_events").await;
        assert_eq!(kept, if db.is_postgres() { 39 } else { 40 });
    }

    async fn a_stop_and_its_opt_out_are_one_commit(db) {
        let red = add_agency(&db, "red", Some(&phone(10))).await;
        let stored = store_group(&db, &[event("e1", "call-1"), stop("s1", &phone(20), &phone(10), at(5))]).await.unwrap();
        let Stored::New { opt_outs } = &stored[1] else { panic!("the STOP is new") };
        assert_eq!(opt_outs[0].tenant, red);
        let row = standing(&db, Some(&red), &phone(20)).await.unwrap();
        assert_eq!((row.opted_out_at, row.source), (at(5), ledger::Source::SmsStop));
    }

    async fn a_stop_whose_opt_out_cannot_be_written_is_not_stored(db) {
        add_agency(&db, "red", Some(&phone(10))).await;
        let mut prompt = db.prompt().await;
        if db.is_postgres() {
            prompt.run("ALTER TABLE telnyx_opt_outs ADD CONSTRAINT nobody CHECK (phone_e164 IS NULL)").await;
        } else {
            prompt.run("CREATE TRIGGER nobody BEFORE INSERT ON telnyx_opt_outs BEGIN SELECT raise(ABORT, 'no'); END").await;
        }
        let group = [event("e1", "call-1"), stop("s1", &phone(20), &phone(10), at(5))];
        assert!(store_group(&db, &group).await.is_err());
        assert!(store_one(&db, &group[1]).await.is_err());
        assert_eq!(prompt.count("SELECT count(*) FROM telnyx_events").await, 0);
    }

    async fn a_stop_delivered_again_after_a_start_changes_nothing(db) {
        let red = add_agency(&db, "red", Some(&phone(10))).await;
        let stopped = stop("s1", &phone(20), &phone(10), at(5));
        store_one(&db, &stopped).await.unwrap();
        assert!(committed!(db, |tx| ledger::lift_by_start(tx, &red, &phone(20), at(6))));
        assert_eq!(store_one(&db, &stopped).await.unwrap(), Stored::Known);
        let group = [stopped, event("e1", "call-1")];
        assert_eq!(store_group(&db, &group).await.unwrap()[0], Stored::Known);
        assert_eq!(standing(&db, Some(&red), &phone(20)).await, None);
    }

    async fn two_stops_of_one_number_in_one_group_are_one_row_of_the_later_receipt(db) {
        let red = add_agency(&db, "red", Some(&phone(10))).await;
        let stops = [7, 9, 8].map(|s| stop(&format!("s{s}"), &phone(20), &phone(10), at(s)));
        store_group(&db, &stops).await.unwrap();
        assert_eq!(standing(&db, Some(&red), &phone(20)).await.unwrap().opted_out_at, at(9));
        let history = ledger::history(&db, &red, &phone(20)).await.unwrap();
        assert_eq!(history.len(), 1);
        assert_eq!(history[0].reason.as_deref(), Some("s9"));
    }

    async fn an_event_deleted_by_hand_is_new_at_its_next_delivery(db) {
        store_one(&db, &event("e1", "call-1")).await.unwrap();
        db.prompt().await.run("DELETE FROM telnyx_events WHERE event_id = 'e1'").await;
        assert!(is_new(&store_one(&db, &event("e1", "call-1")).await.unwrap()));
    }
}
