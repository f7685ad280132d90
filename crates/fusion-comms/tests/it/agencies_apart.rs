//! R7 on PostgreSQL: an agency sees and changes its own rows, and nothing without saying which agency it is.
//!
//! As the roles that production uses: `fusion` owns the database and may create roles; a superuser proves nothing.

use fusion_comms::store::ledger::Source;
use fusion_comms::store::{Db, migrations};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Executor, Row};

use crate::committed;
use crate::support::db::{Prompt, TestDb};
use crate::support::given::*;
use crate::support::postgres::TempPostgres;

/// A table of agencies' rows: its name, the column that names the agency, the columns and values that a row needs
/// besides, and a column to change. `{n}` makes rows differ.
struct Table {
    name: &'static str,
    agency: &'static str,
    columns: &'static str,
    values: &'static str,
    change: &'static str,
    /// What the tenant role may not do at all, even to its own rows.
    denied: &'static [&'static str],
}

const fn table(
    name: &'static str,
    columns: &'static str,
    values: &'static str,
    change: &'static str,
) -> Table {
    Table { name, agency: "tenant_id", columns, values, change, denied: &[] }
}

const TABLES: [Table; 22] = [
    Table {
        agency: "id",
        denied: &["INSERT", "DELETE"],
        ..table("tenants", "name, billing_contact_phone", "'{n}', '+12025550100'", "name")
    },
    table("tenant_phone_numbers", "phone_e164, purpose", "'{n}', 'billing_sms'", "forward_to_phone_e164"),
    table("telnyx_events", "event_id, event_type, raw_json", "'{n}', 'call', '{}'", "last_error"),
    table("stripe_events", "event_id, type, raw_json", "'{n}', 'checkout', '{}'", "last_error"),
    table(
        "outbox",
        "effect_id, lane, kind, order_key, cause_id, payload",
        "'{n}', 'sms', 'text', 'k', 'c', '{}'",
        "last_error",
    ),
    table("telnyx_calls", "call_control_id, state", "'{n}', 'MENU'", "from_phone"),
    Table {
        denied: &["INSERT", "UPDATE", "DELETE"],
        ..table("statement_misses", "cause_id, from_phone, at", "'{n}', 'a', now()", "from_phone")
    },
    Table {
        denied: &["INSERT", "UPDATE", "DELETE"],
        ..table("billing_wrong_numbers", "statement_id, phone_e164", "'{n}', 'p'", "phone_e164")
    },
    Table {
        denied: &["INSERT", "UPDATE", "DELETE"],
        ..table("text_templates", "kind, language, body", "'help', 'en', '{n}'", "body")
    },
    Table {
        denied: &["INSERT", "UPDATE", "DELETE"],
        ..table(
            "text_consents",
            "consent_id, phone_e164, given_at, source, evidence, actor, recorded_at",
            "'{n}', 'p', now(), 'written', 'e', 'a', now()",
            "actor",
        )
    },
    Table {
        denied: &["INSERT", "UPDATE", "DELETE"],
        ..table(
            "sending_freezes",
            "freeze_id, frozen_at, reason, actor, lifted_at",
            "'{n}', now(), 'r', 'a', now()",
            "reason",
        )
    },
    Table {
        denied: &["INSERT", "UPDATE", "DELETE"],
        ..table(
            "lift_requests",
            "phone_e164, actor, reason, requested_at",
            "'{n}', 'a', 'r', now()",
            "reason",
        )
    },
    table("agency_tasks", "task_id, kind, subject", "'{n}', 'call_back', 's'", "subject"),
    table(
        "telnyx_sms_messages",
        "message_id, direction, from_phone, to_phone, body, status",
        "'{n}', 'IN', 'a', 'b', 'c', 'received'",
        "error",
    ),
    table("telnyx_opt_outs", "phone_e164, opted_out_at, source", "'{n}', now(), 'api'", "phone_e164"),
    Table {
        denied: &["INSERT", "UPDATE", "DELETE"],
        ..table(
            "opt_out_history",
            "phone_e164, change, opted_out_at, source, actor, at",
            "'{n}', 'granted', now(), 'api', 'a', now()",
            "actor",
        )
    },
    table("fax_documents", "fax_id, status", "'{n}', 'received'", "doc_type"),
    Table {
        denied: &["INSERT", "UPDATE", "DELETE"],
        ..table(
            "incidents",
            "incident_id, kind, subject, detail, opened_at, opened_by, reason",
            "'{n}', 'fax_wrong_trip', 'f', '{}', now(), 'a', 'r'",
            "outcome",
        )
    },
    table("billing_statements", "statement_id, amount_cents", "'{n}', 1", "case_id"),
    table("billing_cases", "case_id", "'{n}'", "case_number"),
    table(
        "billing_checkout_sessions",
        "session_id, statement_id, amount_cents, currency, status, account, reference, token",
        "'{n}', '1', 1, 'usd', 'open', 'acct_1', '{n}', '{n}'",
        "checkout_url",
    ),
    Table {
        denied: &["UPDATE", "DELETE"],
        ..table("audit_log", "at, actor, action, subject", "now(), 'a', 'b', '{n}'", "actor")
    },
];

impl Table {
    fn insert(&self, agency: &str, n: &str) -> String {
        let Table { name, agency: column, columns, values, .. } = self;
        format!("INSERT INTO {name} ({column}, {columns}) VALUES ('{agency}', {})", values.replace("{n}", n))
    }

    fn update(&self, agency: &str) -> String {
        format!("UPDATE {} SET {} = 'changed' WHERE {} = '{agency}'", self.name, self.change, self.agency)
    }

    fn delete(&self, agency: &str) -> String {
        format!("DELETE FROM {} WHERE {} = '{agency}'", self.name, self.agency)
    }

    fn may(&self, verb: &str) -> bool {
        !self.denied.contains(&verb)
    }
}

/// The console's unit of work: the tenant role, and the agency if one is set. What is done in it is undone.
async fn as_tenant<T>(db: &TestDb, agency: Option<&str>, work: impl AsyncFnOnce(&mut Prompt) -> T) -> T {
    let mut prompt = db.prompt().await;
    prompt.run("BEGIN").await;
    prompt.run("SET LOCAL ROLE fusion_comms_tenant").await;
    if let Some(agency) = agency {
        prompt.run(&format!("SET LOCAL app.tenant_id = '{agency}'")).await;
    }
    let result = work(&mut prompt).await;
    prompt.run("ROLLBACK").await;
    result
}

/// Runs one statement in a unit of work of its own; `None` where the database refuses it.
async fn touches(db: &TestDb, agency: Option<&str>, statement: &str) -> Option<u64> {
    as_tenant(db, agency, async |p| p.try_run(statement).await.ok()).await
}

/// Both agencies have a row in every table.
async fn with_rows_of_two() -> TestDb {
    let db = TestDb::postgres().await;
    let mut login = db.prompt().await;
    for table in &TABLES {
        for agency in ["red", "blue"] {
            assert_eq!(login.run(&table.insert(agency, &format!("{agency}-1"))).await, 1, "{}", table.name);
        }
    }
    login.run("INSERT INTO telnyx_call_steps (call_control_id, cause_id, to_state) VALUES ('red-1', 'c', 'MENU'), ('blue-1', 'c', 'MENU')").await;
    // The history got rows of the opt-outs by itself as well.
    db
}

#[tokio::test]
async fn an_agency_sees_its_own_rows_and_no_others() {
    let db = with_rows_of_two().await;
    for t in &TABLES {
        let query = format!("SELECT DISTINCT {} FROM {}", t.agency, t.name);
        assert_eq!(as_tenant(&db, Some("red"), async |p| p.ask(&query).await).await, [["red"]], "{}", t.name);
        assert!(as_tenant(&db, None, async |p| p.ask(&query).await).await.is_empty(), "{}", t.name);
        assert!(as_tenant(&db, Some("nobody"), async |p| p.ask(&query).await).await.is_empty(), "{}", t.name);
    }
    let steps = "SELECT call_control_id FROM telnyx_call_steps";
    assert_eq!(as_tenant(&db, Some("red"), async |p| p.ask(steps).await).await, [["red-1"]]);
    assert!(as_tenant(&db, None, async |p| p.ask(steps).await).await.is_empty());
}

#[tokio::test]
async fn an_agency_inserts_rows_of_its_own_and_of_no_other() {
    let db = with_rows_of_two().await;
    for t in &TABLES {
        let own = touches(&db, Some("red"), &t.insert("red", "new")).await;
        assert_eq!(own, t.may("INSERT").then_some(1), "own row into {}", t.name);
        assert_eq!(
            touches(&db, Some("red"), &t.insert("blue", "new")).await,
            None,
            "other's row into {}",
            t.name
        );
        assert_eq!(touches(&db, None, &t.insert("red", "new")).await, None, "no agency set, into {}", t.name);
    }
}

#[tokio::test]
async fn an_agency_changes_rows_of_its_own_and_of_no_other() {
    let db = with_rows_of_two().await;
    for t in &TABLES {
        let (own, other) = if t.may("UPDATE") { (Some(1), Some(0)) } else { (None, None) };
        assert_eq!(touches(&db, Some("red"), &t.update("red")).await, own, "own row of {}", t.name);
        assert_eq!(touches(&db, Some("red"), &t.update("blue")).await, other, "other's row of {}", t.name);
        assert_eq!(touches(&db, None, &t.update("red")).await, other, "no agency set, {}", t.name);
        let given_away = format!("UPDATE {0} SET {1} = 'blue' WHERE {1} = 'red'", t.name, t.agency);
        assert_eq!(touches(&db, Some("red"), &given_away).await, None, "own row of {} given away", t.name);
    }
}

#[tokio::test]
async fn an_agency_deletes_rows_of_its_own_and_of_no_other() {
    let db = with_rows_of_two().await;
    for t in &TABLES {
        let (own, other) = if t.may("DELETE") { (Some(1), Some(0)) } else { (None, None) };
        assert_eq!(touches(&db, Some("red"), &t.delete("red")).await, own, "own row of {}", t.name);
        assert_eq!(touches(&db, Some("red"), &t.delete("blue")).await, other, "other's row of {}", t.name);
        assert_eq!(touches(&db, None, &t.delete("red")).await, other, "no agency set, {}", t.name);
    }
}

#[tokio::test]
async fn an_agency_reads_nothing_that_is_no_agencys() {
    let db = with_rows_of_two().await;
    db.prompt()
        .await
        .run("INSERT INTO telnyx_events (event_id, event_type, raw_json) VALUES ('nobodys', 'x', '{}')")
        .await;
    let unassigned = "SELECT event_id FROM telnyx_events WHERE tenant_id IS NULL";
    assert!(as_tenant(&db, Some("red"), async |p| p.ask(unassigned).await).await.is_empty());
    for table in
        ["sms_locks", "opt_out_seals", "queue_messages", "restores", "schema_minimum", "_sqlx_migrations"]
    {
        assert_eq!(touches(&db, Some("red"), &format!("SELECT * FROM {table}")).await, None, "{table}");
        assert_eq!(touches(&db, Some("red"), &format!("DELETE FROM {table}")).await, None, "{table}");
    }
}

#[tokio::test]
async fn every_table_is_an_agencys_or_named_here_as_not() {
    let db = TestDb::postgres().await;
    let open =
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY 1";
    let not_agencies = [
        "_sqlx_migrations",
        "instances",
        "opt_out_seals",
        "queue_messages",
        "restores",
        "schema_minimum",
        "sms_locks",
        "webhook_minutes",
    ];
    assert_eq!(db.prompt().await.ask(open).await, not_agencies.map(|t| [t]));
    let guarded = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relforcerowsecurity";
    // The steps have their agency by way of their call.
    assert_eq!(db.prompt().await.count(guarded).await, i64::try_from(TABLES.len()).unwrap() + 1);
    let to_all = "SELECT count(*) FROM pg_policies WHERE roles && ARRAY['public']::name[]";
    assert_eq!(db.prompt().await.count(to_all).await, 0);
}

#[tokio::test]
async fn the_services_login_is_no_superuser_and_sees_all_agencies() {
    let db = with_rows_of_two().await;
    let mut login = db.prompt().await;
    let rights = "SELECT rolsuper::text, rolbypassrls::text FROM pg_roles WHERE rolname = current_user";
    assert_eq!(login.ask(rights).await, [["false", "false"]]);
    for t in &TABLES {
        let query = format!("SELECT DISTINCT {0} FROM {1} ORDER BY 1", t.agency, t.name);
        assert_eq!(login.ask(&query).await, [["blue"], ["red"]], "{}", t.name);
    }
}

#[tokio::test]
async fn a_login_of_no_group_sees_nothing() {
    let db = with_rows_of_two().await;
    db.as_superuser("CREATE ROLE stranger LOGIN").await;
    db.as_superuser("GRANT SELECT ON ALL TABLES IN SCHEMA public TO stranger").await;
    let mut stranger = Prompt::open(&db.url.replace("fusion@", "stranger@")).await;
    for t in &TABLES {
        assert_eq!(stranger.count(&format!("SELECT count(*) FROM {}", t.name)).await, 0, "{}", t.name);
    }
}

#[tokio::test]
async fn an_agencys_own_opt_out_is_told_in_the_history_that_it_cannot_write() {
    let db = with_rows_of_two().await;
    let opt_out = "INSERT INTO telnyx_opt_outs VALUES ('red', '+12025550120', now(), 'manual_admin')";
    let told = as_tenant(&db, Some("red"), async |p| {
        p.run("SET LOCAL app.actor = 'anna@example.org'").await;
        p.run(opt_out).await;
        p.ask("SELECT change, actor FROM opt_out_history WHERE phone_e164 = '+12025550120'").await
    })
    .await;
    assert_eq!(told, [["granted", "anna@example.org"]]);
}

#[tokio::test]
async fn a_pooled_connection_carries_nothing_over() {
    let db = with_rows_of_two().await;
    let pool = PgPoolOptions::new().max_connections(1).connect(&db.url).await.unwrap();
    let count = async |role: bool, agency: Option<&str>| -> i64 {
        let mut tx = pool.begin().await.unwrap();
        if role {
            tx.execute("SET LOCAL ROLE fusion_comms_tenant").await.unwrap();
        }
        if let Some(agency) = agency {
            tx.execute(AssertSqlSafe(format!("SET LOCAL app.tenant_id = '{agency}'"))).await.unwrap();
        }
        let n = tx.fetch_one("SELECT count(*) FROM fax_documents").await.unwrap().get(0);
        if agency.is_some() {
            tx.commit().await.unwrap();
        }
        n
    };
    assert_eq!(count(true, Some("red")).await, 1);
    assert_eq!(count(true, None).await, 0, "the agency is not carried over");
    assert_eq!(count(false, None).await, 2, "the role is not carried over");
    // A setting that was local once is empty afterwards, not gone: no agency has that name.
    let mut tx = pool.begin().await.unwrap();
    tx.execute("SET LOCAL ROLE fusion_comms_tenant").await.unwrap();
    let nameless = tx
        .execute("INSERT INTO fax_documents (fax_id, tenant_id, status) VALUES ('f', '', 'received')")
        .await;
    assert!(nameless.is_err(), "a row of an agency without a name was let in");
}

#[tokio::test]
async fn migrating_many_databases_of_a_new_cluster_at_once_does_no_harm() {
    let server = TempPostgres::start().await;
    let mut instances = vec![];
    for _ in 0..4 {
        let url = server.fresh_database().await;
        // Two instances in each database; the roles belong to all of them.
        instances.push(Db::open(&url).await.unwrap());
        instances.push(Db::open(&url).await.unwrap());
    }
    let migrated = futures::future::join_all(instances.iter().map(migrations::apply)).await;
    for done in migrated {
        done.unwrap();
    }
    for db in &instances {
        assert_eq!(migrations::check(db).await.unwrap(), migrations::SchemaState::Current);
        committed!(db, |tx| put(tx, &agency("red"), &phone(20), Source::Api, at(0)));
        db.close().await;
    }
}
