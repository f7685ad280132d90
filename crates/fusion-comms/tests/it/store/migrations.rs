//! How a database's schema stands to this program's.

use fusion_comms::store::migrations::{self, SchemaState};

use crate::on_both;
use crate::support::db::TestDb;

/// A version later than any of ours.
const NEWER: i64 = 20_991_231_235_959;

/// What a later program's `migrate` leaves behind.
pub async fn add_a_newer_migration(db: &TestDb) {
    let insert = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT {NEWER}, 'later', success, checksum, 0 FROM _sqlx_migrations LIMIT 1"
    );
    assert_eq!(db.prompt().await.run(&insert).await, 1);
}

async fn state(db: &TestDb) -> SchemaState {
    migrations::check(db).await.unwrap()
}

async fn number_of_ours(db: &TestDb) -> usize {
    usize::try_from(db.prompt().await.count("SELECT count(*) FROM _sqlx_migrations").await).unwrap()
}

async fn an_empty_database_is_older(empty: TestDb) {
    let SchemaState::Older { missing } = state(&empty).await else { panic!("nothing is applied yet") };
    migrations::apply(&empty).await.unwrap();
    assert_eq!(missing, number_of_ours(&empty).await);
    assert_eq!(state(&empty).await, SchemaState::Current);
}

#[tokio::test]
async fn an_empty_database_is_older_on_sqlite() {
    an_empty_database_is_older(TestDb::empty_sqlite().await).await;
}

#[tokio::test]
async fn an_empty_database_is_older_on_postgres() {
    an_empty_database_is_older(TestDb::empty_postgres().await).await;
}

on_both! {
    async fn applying_twice_changes_nothing(db) {
        let before = number_of_ours(&db).await;
        migrations::apply(&db).await.unwrap();
        assert_eq!(number_of_ours(&db).await, before);
        assert_eq!(state(&db).await, SchemaState::Current);
    }

    async fn a_schema_that_lacks_our_latest_change_is_older(db) {
        db.prompt().await.run("DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)").await;
        assert_eq!(state(&db).await, SchemaState::Older { missing: 1 });
    }

    async fn a_change_that_did_not_succeed_counts_as_missing(db) {
        db.prompt().await.run("UPDATE _sqlx_migrations SET success = FALSE WHERE version = (SELECT min(version) FROM _sqlx_migrations)").await;
        assert_eq!(state(&db).await, SchemaState::Older { missing: 1 });
    }

    async fn a_newer_schema_that_we_may_run_on_is_told_apart_and_left_alone(db) {
        add_a_newer_migration(&db).await;
        assert_eq!(state(&db).await, SchemaState::NewerCompatible);
        migrations::apply(&db).await.unwrap();
        assert_eq!(state(&db).await, SchemaState::NewerCompatible);
    }

    async fn a_newer_schema_for_newer_programs_only_is_refused(db) {
        add_a_newer_migration(&db).await;
        db.prompt().await.run(&format!("UPDATE schema_minimum SET version = {NEWER}")).await;
        assert_eq!(state(&db).await, SchemaState::NewerRefused);
    }

    async fn two_at_once_in_one_database_do_no_harm(db) {
        let empty = if db.is_postgres() { TestDb::empty_postgres().await } else { TestDb::empty_sqlite().await };
        let other = empty.another_instance().await;
        let (one, two) = tokio::join!(migrations::apply(&empty), migrations::apply(&other));
        one.unwrap();
        two.unwrap();
        assert_eq!(state(&empty).await, SchemaState::Current);
    }
}
