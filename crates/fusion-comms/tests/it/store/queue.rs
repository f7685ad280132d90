//! The queue table hides what was received, as SQS does.

use fusion_comms::store::queue;
use futures::future::join_all;

use crate::on_both;
use crate::support::given::*;

on_both! {
    async fn a_received_message_is_seen_again_after_its_time_and_counts(db) {
        queue::send(&db, "m1", "{}", at(0)).await.unwrap();
        assert_eq!(queue::receive(&db, at(1), at(121)).await.unwrap().unwrap().receives, 1);
        assert!(queue::receive(&db, at(120), at(240)).await.unwrap().is_none());
        assert_eq!(queue::receive(&db, at(121), at(241)).await.unwrap().unwrap().receives, 2);
    }

    async fn a_deleted_message_never_comes_back_and_may_be_sent_anew(db) {
        queue::send(&db, "m1", "old", at(0)).await.unwrap();
        queue::receive(&db, at(1), at(2)).await.unwrap();
        queue::delete(&db, "m1").await.unwrap();
        assert!(queue::receive(&db, at(3), at(4)).await.unwrap().is_none());
        queue::send(&db, "m1", "new", at(5)).await.unwrap();
        assert_eq!(queue::receive(&db, at(6), at(7)).await.unwrap().unwrap().body, "new");
    }

    async fn the_same_id_twice_is_one_message(db) {
        queue::send(&db, "m1", "first", at(0)).await.unwrap();
        queue::send(&db, "m1", "second", at(0)).await.unwrap();
        assert_eq!(queue::depth(&db).await.unwrap(), (1, Some(at(0))));
        assert_eq!(queue::receive(&db, at(1), at(9)).await.unwrap().unwrap().body, "first");
    }

    async fn receivers_at_once_share_the_messages_and_none_is_given_twice(db) {
        for n in 0..10 {
            queue::send(&db, &format!("m{n}"), "{}", at(0)).await.unwrap();
        }
        let taken = join_all((0..15).map(|_| queue::receive(&db, at(1), at(121)))).await;
        let mut ids: Vec<String> = taken.into_iter().filter_map(|m| m.unwrap().map(|m| m.id)).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "a message was given twice");
    }
}
