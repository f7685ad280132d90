//! R2 at the commit that hands a text over: whatever races, nothing is handed over after a STOP's commit.

use fusion_comms::clock::Clock;
use fusion_comms::gate::{self, Decision, Handed};
use fusion_comms::store::messages::{self, Class, Outbound};
use fusion_comms::store::{Db, outbox};
use fusion_comms_core::time::Timestamp;
use futures::future::join_all;

use crate::support::db::TestDb;
use crate::support::given::*;
use crate::{committed, on_both};

const TEXTS: usize = 12;

fn texts_to(person: u8) -> Vec<Outbound> {
    (0..TEXTS)
        .map(|n| link_text(&format!("{person}-{n}"), &agency("red"), &phone(10), &phone(person)))
        .collect()
}

/// The moment at which the STOP's row was written, told by the database under the number's lock. To the millisecond
/// on SQLite, rounded down.
async fn stopped_at(db: &TestDb, person: u8) -> Timestamp {
    let history = fusion_comms::store::ledger::history(db, &agency("red"), &phone(person)).await.unwrap();
    history[0].at.plus_ms(if db.is_postgres() { 0 } else { 1 })
}

async fn race(db: &TestDb, sender: &Db, clock: &Clock, person: u8) -> (usize, usize) {
    let texts = texts_to(person);
    for text in &texts {
        assert_eq!(queue_text(db, text).await, Decision::Allowed);
    }
    let stopped = stop(&format!("s{person}"), &phone(person), &phone(10), clock.now());
    let hand_over = async |n: usize, text: &Outbound| {
        tokio::time::sleep(std::time::Duration::from_micros(700 * n as u64)).await;
        gate::hand_over(sender, clock, &text.id).await.unwrap()
    };
    let stop = async {
        tokio::time::sleep(std::time::Duration::from_micros(3000 + 300 * u64::from(person % 7))).await;
        store_one(db, &stopped).await.unwrap();
        clock.now()
    };
    let hand_overs = join_all(texts.iter().enumerate().map(|(n, t)| hand_over(n, t)));
    let (handed, acknowledged) = tokio::join!(hand_overs, stop);
    let written = stopped_at(db, person).await;
    assert!(written <= acknowledged.plus_ms(1));
    for (text, handed) in texts.iter().zip(&handed) {
        let kept = messages::to_send(&db.db, &text.id).await.unwrap().unwrap();
        match (kept.status.as_str(), handed) {
            ("sending", Handed::Go(_)) => {
                let at = kept.handed_over_at.unwrap();
                assert!(at <= written, "handed over at {at}, after the STOP of {written}");
            }
            ("refused", Handed::Refused(_)) => assert_eq!(kept.handed_over_at, None),
            (status, _) => panic!("a text is {status}, which its hand-over does not say"),
        }
    }
    let gone = handed.iter().filter(|h| matches!(h, Handed::Go(_))).count();
    (gone, TEXTS - gone)
}

on_both! {
    async fn no_text_is_handed_over_after_the_stop_whatever_races(db) {
        add_agency(&db, "red", Some(&phone(10))).await;
        let sender = db.another_instance().await;
        // SQLite has one writer in one process: there the sender is the same instance.
        let sender = if db.is_postgres() { sender } else { db.db.clone() };
        let (mut handed, mut refused) = (0, 0);
        for person in 20..50 {
            let (h, r) = race(&db, &sender, &Clock::system(), person).await;
            (handed, refused) = (handed + h, refused + r);
        }
        assert!(handed > 0 && refused > 0, "no race: {handed} handed over, {refused} refused");
    }

    async fn each_retry_is_checked_anew_and_an_ambiguous_text_ends_as_unknown(db) {
        add_agency(&db, "red", Some(&phone(10))).await;
        let clock = Clock::system();
        let texts = texts_to(20);
        for text in &texts[..2] {
            queue_text(&db, text).await;
            assert!(matches!(gate::hand_over(&db, &clock, &text.id).await.unwrap(), Handed::Go(_)));
        }
        committed!(db, |tx| messages::set_status(tx, &texts[0].id, "queued", Some("no answer"), true, at(2)));
        committed!(db, |tx| messages::set_status(tx, &texts[1].id, "queued", Some("busy"), false, at(2)));
        store_one(&db, &stop("s1", &phone(20), &phone(10), at(3))).await.unwrap();
        for (text, status) in [(&texts[0], "unknown"), (&texts[1], "refused")] {
            assert!(matches!(gate::hand_over(&db, &clock, &text.id).await.unwrap(), Handed::Refused(_)));
            assert_eq!(messages::to_send(&*db, &text.id).await.unwrap().unwrap().status, status);
            assert!(matches!(gate::hand_over(&db, &clock, &text.id).await.unwrap(), Handed::Refused(_) | Handed::Settled));
        }
    }

    async fn a_link_to_a_person_who_opted_out_is_kept_as_refused_and_owed_to_nobody(db) {
        add_agency(&db, "red", Some(&phone(10))).await;
        store_one(&db, &stop("s1", &phone(20), &phone(10), at(0))).await.unwrap();
        let text = &texts_to(20)[0];
        assert!(matches!(queue_text(&db, text).await, Decision::Refused(_)));
        assert_eq!(messages::to_send(&*db, &text.id).await.unwrap().unwrap().status, "refused");
        assert_eq!(outbox::depth(&db, outbox::Lane::Link, at(99)).await.unwrap().waiting, 0);
    }

    async fn a_stop_on_a_shared_number_is_confirmed_in_nobodys_name(db) {
        for id in ["red", "blue"] {
            add_agency(&db, id, Some(&phone(10))).await;
        }
        let confirmation = Outbound {
            tenant: None,
            class: Class::StopConfirmation,
            ..link_text("s1", &agency("red"), &phone(10), &phone(20))
        };
        assert!(matches!(queue_text(&db, &Outbound { id: "early".into(), ..confirmation.clone() }).await, Decision::Refused(_)));
        store_one(&db, &stop("s1", &phone(20), &phone(10), at(0))).await.unwrap();
        assert_eq!(queue_text(&db, &confirmation).await, Decision::Allowed);
        assert!(matches!(gate::hand_over(&db, &Clock::system(), &confirmation.id).await.unwrap(), Handed::Go(_)));
    }

    async fn the_clock_of_a_hand_over_runs_from_its_commit(db) {
        let red = add_agency(&db, "red", Some(&phone(10))).await;
        let (clock, hand) = Clock::manual(at(5));
        let text = link_text("t1", &red, &phone(10), &phone(20));
        queue_text(&db, &text).await;
        let Handed::Go(pass) = gate::hand_over(&db, &clock, &text.id).await.unwrap() else { panic!("no opt-out stands") };
        hand.advance_ms(999);
        assert!(pass.is_fresh(clock.now()));
        hand.advance_ms(1);
        assert!(!pass.is_fresh(clock.now()));
    }
}
