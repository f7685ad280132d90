//! The database itself writes the history of the ledger, whoever changes it, and keeps it from being rewritten.

use fusion_comms::store::db::Result;
use fusion_comms::store::ledger::{self, Source};
use fusion_comms::store::{Db, audit};
use fusion_comms_core::phone::E164;

use crate::support::given::*;
use crate::{committed, on_both};

/// What the history says of one number: change, source, actor, reason.
async fn told(db: &Db, person: &E164) -> Vec<(String, String, String, Option<String>)> {
    let history = ledger::history(db, &agency("red"), person).await.unwrap();
    history.into_iter().map(|c| (c.change, c.source, c.actor, c.reason)).collect()
}

fn line(
    change: &str,
    source: &str,
    actor: &str,
    reason: Option<&str>,
) -> (String, String, String, Option<String>) {
    (change.to_owned(), source.to_owned(), actor.to_owned(), reason.map(str::to_owned))
}

/// An opt-out put and removed under somebody's name, in one unit of work.
async fn put_and_remove(db: &Db, actor: &str, reason: Option<&str>) -> Result<()> {
    let (red, person) = (agency("red"), phone(20));
    let mut tx = db.begin().await?;
    ledger::set_context(&mut tx, actor, reason).await?;
    ledger::put(&mut tx, &red, &person, Source::SmsStop, at(1)).await?;
    ledger::put(&mut tx, &red, &person, Source::Import, at(1)).await?;
    ledger::remove(&mut tx, &red, &person).await?;
    ledger::clear_context(&mut tx).await?;
    tx.commit().await
}

on_both! {
    async fn the_service_names_itself_and_its_reason_in_every_change(db) {
        put_and_remove(&db, "anna@example.org", Some("asked by phone")).await.unwrap();
        let expected = [("granted", "sms_stop"), ("changed", "import"), ("lifted", "import")]
            .map(|(change, source)| line(change, source, "anna@example.org", Some("asked by phone")));
        assert_eq!(told(&db, &phone(20)).await, expected);
    }

    async fn the_name_of_one_change_does_not_stick_to_the_next(db) {
        put_and_remove(&db, "anna@example.org", Some("asked by phone")).await.unwrap();
        committed!(db, |tx| put(tx, &agency("red"), &phone(21), Source::Api, at(1)));
        let nobody = if db.is_postgres() { "fusion" } else { "sqlite" };
        assert_eq!(told(&db, &phone(21)).await, [line("granted", "api", nobody, None)]);
    }

    async fn a_change_without_a_reason_has_none(db) {
        put_and_remove(&db, "import", None).await.unwrap();
        assert!(told(&db, &phone(20)).await.iter().all(|(_, _, actor, reason)| actor == "import" && reason.is_none()));
    }

    async fn changes_typed_at_a_prompt_are_told_too(db) {
        let mut prompt = db.prompt().await;
        let key = "tenant_id = 'red' AND phone_e164 = '+12025550120'";
        prompt.run("INSERT INTO telnyx_opt_outs VALUES ('red', '+12025550120', '2026-03-03T15:00:00.000000Z', 'manual_admin')").await;
        prompt.run(&format!("UPDATE telnyx_opt_outs SET source = 'api' WHERE {key}")).await;
        prompt.run(&format!("UPDATE telnyx_opt_outs SET phone_e164 = '+12025550121' WHERE {key}")).await;
        prompt.run("DELETE FROM telnyx_opt_outs").await;
        let hand = if db.is_postgres() { "fusion" } else { "sqlite" };
        let of_20 = [("granted", "manual_admin"), ("changed", "api"), ("lifted", "api")];
        assert_eq!(told(&db, &phone(20)).await, of_20.map(|(change, source)| line(change, source, hand, None)));
        let of_21 = [("changed", "api"), ("lifted", "api")];
        assert_eq!(told(&db, &phone(21)).await, of_21.map(|(change, source)| line(change, source, hand, None)));
    }

    async fn a_change_that_is_rolled_back_leaves_no_history(db) {
        let mut tx = db.begin().await.unwrap();
        put(&mut tx, &agency("red"), &phone(20), Source::Api, at(1)).await.unwrap();
        drop(tx);
        assert!(told(&db, &phone(20)).await.is_empty());
    }

    async fn histories_can_be_appended_to_and_nothing_else(db) {
        put_and_remove(&db, "anna@example.org", None).await.unwrap();
        let entry =
            audit::Entry { actor: "anna", action: "look", subject: "fax-1", tenant: None, before: None, after: None };
        committed!(db, |tx| audit::append(tx, &entry, at(0)));
        let mut prompt = db.prompt().await;
        for table in ["opt_out_history", "audit_log"] {
            for change in [format!("UPDATE {table} SET actor = 'nobody'"), format!("DELETE FROM {table}")] {
                let refused = prompt.try_run(&change).await.unwrap_err();
                assert!(refused.contains("append-only") || refused.contains("not allowed"), "{change}: {refused}");
            }
        }
        if db.is_postgres() {
            for table in ["opt_out_history", "audit_log", "telnyx_opt_outs"] {
                assert!(prompt.try_run(&format!("TRUNCATE {table}")).await.is_err(), "TRUNCATE {table}");
            }
        }
        assert_eq!(told(&db, &phone(20)).await.len(), 3);
    }
}
