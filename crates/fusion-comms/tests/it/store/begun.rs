//! The gate on texts that an agency begins: consent, and the person's day, at the queue and at every hand-over.

use fusion_comms::clock::Clock;
use fusion_comms::gate::{self, Decision, Handed};
use fusion_comms::store::messages::{self, Class, Outbound};
use fusion_comms::store::{Db, consents, outbox};
use fusion_comms_core::ids::MessageId;
use fusion_comms_core::time::Timestamp;

use crate::support::given::*;
use crate::{committed, on_both};

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Washington: 10 h on the day of the tests, which ends at 20 h; and the next morning.
const EVENING: &str = "2026-03-04T01:00:00Z";
const MORNING: &str = "2026-03-04T13:00:00Z";

async fn consent(db: &Db, person: u8, given_at: Timestamp) {
    let (red, person) = (agency("red"), phone(person));
    let id = format!("{}-{given_at}", person.expose());
    let new = consents::New {
        id: &id,
        tenant: &red,
        phone: &person,
        given_at,
        source: consents::Source::GivenNumber,
        evidence: "intake form",
        actor: "ana",
    };
    committed!(db, |tx| consents::add(tx, &new, at(0)));
}

fn text(name: &str, class: Class, person: u8) -> Outbound {
    Outbound { class, asked_at: None, ..link_text(name, &agency("red"), &phone(10), &phone(person)) }
}

async fn queued_at(db: &Db, text: &Outbound, now: Timestamp) -> Decision {
    committed!(db, |tx| gate::queue(tx, text, outbox::Lane::Link, now.plus_s(99_999), now))
}

async fn status(db: &Db, id: &MessageId) -> String {
    messages::to_send(db, id).await.unwrap().unwrap().status
}

on_both! {
    async fn a_bill_whose_retry_comes_after_the_day_is_put_back_to_the_morning(db) {
        add_agency(&db, "red", Some(&phone(10))).await;
        consent(&db, 20, at(-99)).await;
        let bill = text("bill", Class::BillReady, 20);
        assert_eq!(queued_at(&db, &bill, at(0)).await, Decision::Allowed);
        let (clock, hand) = Clock::manual(time(EVENING).plus_ms(-1));
        assert!(matches!(gate::hand_over(&db, &clock, &bill.id).await.unwrap(), Handed::Go(_)), "the last moment");
        committed!(db, |tx| messages::set_status(tx, &bill.id, "queued", Some("busy"), false, clock.now()));
        for h in [0, 1, 11] {
            hand.set(time(EVENING).plus_s(h * 3600));
            let Handed::Held(until) = gate::hand_over(&db, &clock, &bill.id).await.unwrap() else { panic!("{h}") };
            assert_eq!((until, status(&db, &bill.id).await.as_str()), (time(MORNING), "queued"));
        }
        hand.set(time(MORNING));
        assert!(matches!(gate::hand_over(&db, &clock, &bill.id).await.unwrap(), Handed::Go(_)));
    }

    async fn a_try_without_an_answer_that_is_put_back_stays_ambiguous(db) {
        add_agency(&db, "red", Some(&phone(10))).await;
        consent(&db, 20, at(-99)).await;
        let bill = text("bill", Class::BillReady, 20);
        queued_at(&db, &bill, at(0)).await;
        let (clock, hand) = Clock::manual(at(1));
        assert!(matches!(gate::hand_over(&db, &clock, &bill.id).await.unwrap(), Handed::Go(_)));
        hand.set(time(EVENING));
        assert!(matches!(gate::hand_over(&db, &clock, &bill.id).await.unwrap(), Handed::Held(_)));
        assert!(messages::to_send(&*db, &bill.id).await.unwrap().unwrap().ambiguous);
    }

    async fn at_23_h_only_a_bill_waits(db) {
        add_agency(&db, "red", Some(&phone(10))).await;
        consent(&db, 20, at(-99)).await;
        let (clock, _hand) = Clock::manual(time(EVENING).plus_s(3 * 3600));
        for class in [Class::PaymentLink, Class::Help, Class::StartConfirmation] {
            let asked = text(class.as_str(), class, 20);
            assert_eq!(queued_at(&db, &asked, clock.now()).await, Decision::Allowed, "{class:?}");
            assert!(matches!(gate::hand_over(&db, &clock, &asked.id).await.unwrap(), Handed::Go(_)), "{class:?}");
        }
        let bill = text("bill", Class::BillReady, 20);
        let Decision::Held(until, why) = queued_at(&db, &bill, clock.now()).await else { panic!("it is night") };
        assert_eq!(until, time(MORNING));
        assert_eq!(why, "held until 2026-03-04T13:00:00.000000Z: 08:00 in America/New_York");
        let claim = async |now: Timestamp| {
            outbox::claim(&db, outbox::Lane::Link, "me", 9, now, now.plus_s(9)).await.unwrap().len()
        };
        assert_eq!(claim(time(MORNING).plus_ms(-1)).await, 3);
        assert_eq!(outbox::depth(&db, outbox::Lane::Link, clock.now()).await.unwrap().waiting, 3);
        assert_eq!(claim(time(MORNING)).await, 1, "the bill, and nothing else");

        store_one(&db, &stop("s1", &phone(20), &phone(10), clock.now())).await.unwrap();
        let confirmation = text("stop", Class::StopConfirmation, 20);
        assert_eq!(queued_at(&db, &confirmation, clock.now()).await, Decision::Allowed);
        assert!(matches!(gate::hand_over(&db, &clock, &bill.id).await.unwrap(), Handed::Refused(_)), "no hold after a STOP");
    }

    async fn a_consent_counts_until_a_later_stop_and_a_lift_does_not_bring_it_back(db) {
        add_agency(&db, "red", Some(&phone(10))).await;
        let says = async |name: &str, now| queued_at(&db, &text(name, Class::BillReady, 20), now).await;
        let refused = |d: Decision, why: &str| assert!(matches!(&d, Decision::Refused(w) if w.contains(why)), "{d:?}");
        refused(says("one", at(0)).await, "no consent");
        consent(&db, 20, at(1)).await;
        assert_eq!(says("two", at(2)).await, Decision::Allowed);
        store_one(&db, &stop("s1", &phone(20), &phone(10), at(3))).await.unwrap();
        refused(says("three", at(4)).await, "opted out on");
        committed!(db, |tx| fusion_comms::store::ledger::remove(tx, &agency("red"), &phone(20)));
        refused(says("four", at(5)).await, "none was given since");
        consent(&db, 20, at(6)).await;
        assert_eq!(says("five", at(7)).await, Decision::Allowed);
        // Another agency has its own.
        add_agency(&db, "blue", None).await;
        let blue = Outbound { tenant: Some(agency("blue")), ..text("six", Class::BillReady, 20) };
        refused(queued_at(&db, &blue, at(8)).await, "no consent");
    }
}
