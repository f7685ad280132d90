//! What `doctor` asks, and the freezes that it sets.

use fusion_comms::store::{Db, breaches, checkup, checkup_texts, freezes};

use super::Answers;
use crate::committed;
use crate::support::given::*;

pub(super) async fn freezing(db: &Db, said: &mut Answers) {
    let red = agency("red");
    said.note("not frozen", freezes::standing(db, &red).await.unwrap());
    said.note("frozen", committed!(db, |tx| freezes::freeze(tx, &red, "a text after STOP", "doctor", at(1))));
    said.note("frozen twice", committed!(db, |tx| freezes::freeze(tx, &red, "again", "bob", at(2))));
    said.note("stands", freezes::standing(db, &red).await.unwrap());
    said.note("all that stand", freezes::list(db).await.unwrap());
    said.note("lifted", committed!(db, |tx| freezes::lift(tx, &red, "looked into", "bob", at(3))));
    said.note("lifted twice", committed!(db, |tx| freezes::lift(tx, &red, "again", "bob", at(4))));
    said.note("lifted since", committed!(db, |tx| freezes::lifted_since(tx, &red, at(3))));
    said.note("lifted later", committed!(db, |tx| freezes::lifted_since(tx, &red, at(4))));
    said.note("lifts", freezes::last_lifts(db).await.unwrap());
    said.note("frozen anew", committed!(db, |tx| freezes::freeze(tx, &red, "again", "bob", at(5))));
    committed!(db, |tx| freezes::lift(tx, &red, "well", "bob", at(6)));
}

/// What an engine says of itself differs, and is only asked for; the rest is compared.
pub(super) async fn about_the_engine(db: &Db) {
    let is_postgres = db.postgres().is_some();
    assert_eq!(checkup::clock(db).await.unwrap().is_some(), is_postgres);
    assert_eq!(checkup::login(db).await.unwrap().is_some_and(|l| l.is_service), is_postgres);
    let durability = checkup::durability(db).await.unwrap().unwrap();
    assert_eq!(matches!(durability, checkup::Durability::Postgres { .. }), is_postgres);
    assert_eq!(checkup::quick_check(db).await.unwrap().as_deref(), (!is_postgres).then_some("ok"));
    assert_eq!(checkup::dead_rows(db).await.unwrap().is_empty(), !is_postgres);
    checkup::oldest_transaction_s(db).await.unwrap();
}

pub(super) async fn waiting_work(db: &Db, said: &mut Answers) {
    said.note("events in trouble", checkup::events_in_trouble(db).await.unwrap());
    said.note("effects in trouble", checkup::effects_in_trouble(db, at(-9000)).await.unwrap());
    said.note("verified by", checkup::verified_by(db, at(-9000)).await.unwrap());
    said.note("leases", checkup::lapsed_leases(db, at(900_000)).await.unwrap());
    said.note("faxes", checkup::stuck_faxes(db, at(900_000), 9).await.unwrap());
    said.note("failed faxes", checkup::failed_faxes(db, at(-9000)).await.unwrap());
    said.note("sessions", checkup::sessions(db, at(-9000), at(900_000)).await.unwrap());
    said.note("transfers", checkup::transfers_failed(db, at(-9000)).await.unwrap());
    let since = at(-900_000);
    let handed = breaches::to_numbers_with_history(db, since, 99).await.unwrap();
    said.note("handed over", handed.iter().map(|t| (&t.id, t.at)).collect::<Vec<_>>());
    let history = breaches::history_of_texted(db, since).await.unwrap();
    said.note("their history", history.iter().map(|c| (&c.tenant, c.lifted)).collect::<Vec<_>>());
    let texts = checkup_texts::texts_without_opt_out(db, since, 99).await.unwrap();
    said.note("no opt-out after", texts.iter().map(|t| (&t.id, t.received_at)).collect::<Vec<_>>());
    let events = checkup_texts::text_events_without_text(db, since, 99).await.unwrap();
    said.note("no text of", events.iter().map(|(id, ..)| id).collect::<Vec<_>>());
    said.note("opted out", checkup_texts::was_opted_out_since(db, &phone(47), since).await.unwrap());
    said.note("not sent", checkup_texts::not_sent(db, since).await.unwrap());
    said.note("stuck", checkup_texts::stuck(db, at(900_000)).await.unwrap());
}
