//! A text moves forward only.

use fusion_comms::gate::Decision;
use fusion_comms::store::{Db, messages};
use fusion_comms_core::envelope::DeliveryStatus;
use fusion_comms_core::ids::MessageId;

use crate::support::given::*;
use crate::{committed, on_both};

/// A text that Telnyx has taken as `telnyx-<name>`.
async fn accepted(db: &Db, name: &str) -> MessageId {
    let text = link_text(name, &agency("red"), &phone(10), &phone(20));
    assert_eq!(queue_text(db, &text).await, Decision::Allowed);
    assert!(committed!(db, |tx| messages::set_sending(tx, &text.id, at(2))));
    committed!(db, |tx| messages::accepted(tx, &text.id, &format!("telnyx-{name}"), at(3)));
    text.id
}

async fn told(db: &Db, name: &str, status: DeliveryStatus, error: Option<&str>) {
    let telnyx_id = format!("telnyx-{name}");
    let known = committed!(db, |tx| messages::apply_status(tx, &telnyx_id, status, error, at(9)));
    assert_ne!(known, messages::Applied::Unknown);
}

async fn status_of(db: &Db, id: &MessageId) -> String {
    messages::to_send(db, id).await.unwrap().unwrap().status
}

on_both! {
    async fn whatever_the_order_of_the_status_webhooks_the_furthest_stays(db) {
        use DeliveryStatus::{Delivered, Failed, Sending, Sent, Unconfirmed, Unknown};
        let name = |s| match s {
            Sending | Unknown => "sending",
            Sent => "sent",
            Unconfirmed => "delivery_unconfirmed",
            Failed => "failed",
            Delivered => "delivered",
        };
        let forward = [Sending, Sent, Unconfirmed, Failed, Delivered];
        for (n, first) in forward.into_iter().enumerate() {
            for (m, second) in forward.into_iter().enumerate() {
                let text = format!("{n}-{m}");
                let id = accepted(&db, &text).await;
                told(&db, &text, first, None).await;
                told(&db, &text, second, None).await;
                told(&db, &text, Unknown, None).await;
                assert_eq!(status_of(&db, &id).await, name(forward[n.max(m)]), "{first:?}, {second:?}");
            }
        }
    }

    async fn a_late_try_does_not_take_back_what_a_webhook_said(db) {
        let id = accepted(&db, "one").await;
        told(&db, "one", DeliveryStatus::Delivered, None).await;
        assert!(!committed!(db, |tx| messages::set_sending(tx, &id, at(10))));
        committed!(db, |tx| messages::set_status(tx, &id, "queued", Some("late"), true, at(10)));
        assert_eq!(status_of(&db, &id).await, "delivered");
    }

    async fn a_text_that_is_settled_is_not_handed_over_again(db) {
        for status in ["refused", "failed", "unknown"] {
            let text = link_text(status, &agency("red"), &phone(10), &phone(20));
            queue_text(&db, &text).await;
            committed!(db, |tx| messages::set_status(tx, &text.id, status, None, false, at(2)));
            assert!(!committed!(db, |tx| messages::set_sending(tx, &text.id, at(3))));
            assert_eq!(status_of(&db, &text.id).await, status);
        }
    }

    async fn a_text_once_ambiguous_stays_so_and_keeps_its_first_hand_over(db) {
        let text = link_text("one", &agency("red"), &phone(10), &phone(20));
        queue_text(&db, &text).await;
        committed!(db, |tx| messages::set_sending(tx, &text.id, at(2)));
        committed!(db, |tx| messages::set_status(tx, &text.id, "queued", Some("no answer"), true, at(3)));
        committed!(db, |tx| messages::set_sending(tx, &text.id, at(4)));
        committed!(db, |tx| messages::set_status(tx, &text.id, "queued", Some("busy"), false, at(5)));
        let kept = messages::to_send(&*db, &text.id).await.unwrap().unwrap();
        assert!(kept.ambiguous);
        assert_eq!(kept.handed_over_at, Some(at(2)));
    }

    async fn a_status_for_an_unknown_text_is_told_apart(db) {
        let unknown = committed!(db, |tx| messages::apply_status(tx, "nobody", DeliveryStatus::Sent, None, at(1)));
        assert_eq!(unknown, messages::Applied::Unknown);
    }
}
