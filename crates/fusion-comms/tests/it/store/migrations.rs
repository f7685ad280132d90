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

/// Takes three changes back, so that they are applied anew, on a database in use.
async fn without_pruning(db: &TestDb) {
    let mut psql = db.prompt().await;
    psql.run("ALTER TABLE telnyx_events DROP COLUMN pruned_at").await;
    psql.run("ALTER TABLE stripe_events DROP COLUMN pruned_at").await;
    psql.run("DELETE FROM _sqlx_migrations WHERE version BETWEEN 20261129190000 AND 20261129190200").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_waits_for_a_backup_holds_up_no_event() {
    let db = TestDb::postgres().await;
    without_pruning(&db).await;
    let (mut backup, mut webhooks) = (db.prompt().await, db.prompt().await);
    backup.run("BEGIN").await;
    backup.ask("SELECT event_id FROM telnyx_events").await;
    // More than a second in the queue behind the change, and this fails.
    webhooks.run("SET lock_timeout = '1s'").await;
    let meanwhile = async {
        for n in 0..40 {
            let event = format!(
                "INSERT INTO telnyx_events (event_id, event_type, raw_json) VALUES ('during-{n}', 'call.hangup', '{{}}')"
            );
            webhooks.run(&event).await;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(state(&db).await, SchemaState::Older { missing: 3 }, "the table is still in use");
        backup.run("COMMIT").await;
    };
    let (done, ()) = tokio::join!(migrations::apply(&db.db), meanwhile);
    done.unwrap();
    assert_eq!(state(&db).await, SchemaState::Current);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_index_whose_build_broke_off_is_built_anew_and_two_at_once_do_no_harm() {
    let db = TestDb::postgres().await;
    without_pruning(&db).await;
    // What a build that broke off leaves: an index by this name that nobody may use.
    let mut psql = db.prompt().await;
    psql.run("CREATE INDEX telnyx_events_with_body ON telnyx_events (received_at)").await;
    db.as_superuser(
        "UPDATE pg_index SET indisvalid = FALSE WHERE indexrelid = 'telnyx_events_with_body'::regclass",
    )
    .await;
    let other = db.another_instance().await;
    let (one, two) = tokio::join!(migrations::apply(&db.db), migrations::apply(&other));
    one.unwrap();
    two.unwrap();
    let sound =
        "SELECT count(*) FROM pg_index WHERE indexrelid = 'telnyx_events_with_body'::regclass AND indisvalid
                 AND pg_get_expr(indpred, indrelid) IS NOT NULL";
    assert_eq!(psql.count(sound).await, 1);
    let left = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE l.locktype = 'advisory' AND d.datname = current_database()";
    let mut tries = 0;
    while psql.count(left).await > 0 {
        tries += 1;
        assert!(tries < 100, "the lock is given back");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// What a change may not do to a table in use. The files of before stay as they were shipped.
#[test]
fn later_changes_of_postgres_lock_no_table_for_long() {
    const SHIPPED: &str = "20261129190000";
    const FORBIDDEN: [(&str, &str); 7] = [
        (
            "set not null",
            "reads the whole table under a lock: add a CHECK … NOT VALID, validate it, then set it",
        ),
        (" type ", "may write the table anew: add a column, fill it, exchange them"),
        ("vacuum full", "writes the table anew"),
        ("cluster ", "writes the table anew"),
        ("lock table", "holds everybody up"),
        ("drop column", "an older program still reads it: first stop using it, drop it a release later"),
        ("rename", "an older program still uses the name: expand, then contract"),
    ];
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");
    let mut seen = 0;
    for entry in std::fs::read_dir(dir).expect("the migrations are there").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.as_str() < SHIPPED {
            continue;
        }
        seen += 1;
        let text = std::fs::read_to_string(entry.path()).expect("a file").to_lowercase();
        let code: String =
            text.lines().map(|l| l.split("--").next().unwrap_or("").to_owned() + "\n").collect();
        let created: Vec<&str> =
            code.split("create table ").skip(1).filter_map(|t| t.split_whitespace().next()).collect();
        for statement in code.split(';') {
            let on_new = created.iter().any(|table| statement.contains(*table));
            if statement.contains("create index") || statement.contains("create unique index") {
                let concurrently =
                    statement.contains("concurrently") && text.starts_with("-- no-transaction");
                assert!(
                    on_new || concurrently,
                    "{name}: an index on a table in use is built CONCURRENTLY, alone in its file"
                );
            }
            if statement.contains("concurrently") {
                assert_eq!(
                    code.matches(';').count(),
                    1,
                    "{name}: a concurrent build stands alone in its file"
                );
                let again = if statement.contains("drop index") { "if exists" } else { "if not exists" };
                assert!(statement.contains(again), "{name}: it may be tried twice");
            }
            let adds_check = statement.contains("add constraint") && !statement.contains("not valid");
            assert!(
                on_new || !adds_check || statement.contains("using index"),
                "{name}: add constraints NOT VALID, then validate"
            );
            for (words, why) in FORBIDDEN {
                assert!(on_new || !statement.contains(words), "{name}: `{}` {why}", words.trim());
            }
        }
    }
    assert!(seen >= 3, "the files are found");
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
