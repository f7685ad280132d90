//! The opt-out history is sealed shortly after, also what was typed by hand, and a changed or missing row shows.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::support::app::{On, PATIENT, TENANT, TestApp, within};

/// SQL as somebody with the database's own login would type it.
async fn by_hand(app: &TestApp, sql: &str) {
    let url = app.env.iter().find(|(n, _)| n == "DATABASE_URL").map(|(_, v)| v.clone()).unwrap();
    if url.starts_with("postgres") {
        let pool = sqlx::PgPool::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

fn without_guards(on: On, sql: &str) -> String {
    match on {
        On::Postgres => format!("ALTER TABLE opt_out_history DISABLE TRIGGER USER; {sql}"),
        On::Sqlite => format!(
            "DROP TRIGGER IF EXISTS opt_out_history_no_update; DROP TRIGGER IF EXISTS opt_out_history_no_delete; {sql}"
        ),
    }
}

async fn sealed(app: &TestApp, rows: usize) {
    let sound = format!("{rows} rows of the opt-out history are sealed and sound\n");
    let is_so = || async { app.try_command(&["audit", "verify"]).1 == sound };
    assert!(
        within(Duration::from_secs(60), is_so).await,
        "{:?}\n{}",
        app.try_command(&["audit", "verify"]),
        app.logs()
    );
}

async fn a_changed_or_missing_row_of_the_history_is_found(on: On) {
    let mut app = TestApp::start(on).await;
    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "letter"]);
    app.command(&["opt-out", "remove", PATIENT, "--tenant", TENANT, "--reason", "asked"]);
    by_hand(
        &app,
        "INSERT INTO telnyx_opt_outs (tenant_id, phone_e164, opted_out_at, source)
         VALUES ('ridgeline', '+12025550155', '2026-03-03T15:04:05.000000Z', 'manual_admin')",
    )
    .await;
    sealed(&app, 3).await;
    assert_eq!(app.terminate().await, Some(0));

    by_hand(
        &app,
        &without_guards(on, "UPDATE opt_out_history SET reason = 'asked nicely' WHERE change = 'lifted'"),
    )
    .await;
    let (code, out, _) = app.try_command(&["audit", "verify"]);
    assert!(code == 1 && out.contains("BROKEN at seal 2, row 2"), "{code} {out}");

    by_hand(&app, &without_guards(on, "DELETE FROM opt_out_history WHERE seq = 1")).await;
    let (code, out, _) = app.try_command(&["audit", "verify"]);
    assert!(code == 1 && out.contains("BROKEN at seal 1, row 1: its row is missing"), "{code} {out}");
}

async fn a_row_that_no_seal_covers_is_named(on: On) {
    let app = TestApp::prepare(on, |_| {}, &[]).await;
    app.found_agency();
    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "letter"]);
    let (code, out, _) = app.try_command(&["audit", "verify"]);
    assert_eq!(code, 0);
    assert!(out.contains("1 row is not sealed: 1"), "{out}");
}

super::served_on_both!(a_changed_or_missing_row_of_the_history_is_found, a_row_that_no_seal_covers_is_named);
