//! The temporary PostgreSQL that other tests stand on does what they rely on.

#[path = "it/support/pooler.rs"]
mod pooler;
#[path = "it/support/postgres.rs"]
mod postgres;
#[path = "it/support/postgres_stop.rs"]
mod postgres_stop;

use postgres::{TempPostgres, shared};
use sqlx::{Connection, Executor, PgConnection, Row};

async fn one<T>(connection: &mut PgConnection, query: &'static str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    connection.fetch_one(query).await.unwrap().get(0)
}

#[tokio::test]
async fn its_login_owns_the_database_and_may_create_roles_and_no_more() {
    let url = pooler::past(&shared().await.fresh_database().await);
    let mut login = PgConnection::connect(&url).await.unwrap();
    assert_eq!(one::<String>(&mut login, "SELECT current_user::text").await, "fusion");
    let rights = "SELECT rolsuper::int * 4 + rolbypassrls::int * 2 + rolcreaterole::int FROM pg_roles WHERE rolname = 'fusion'";
    assert_eq!(one::<i32>(&mut login, rights).await, 1);
    login.execute("CREATE TABLE things (id text)").await.unwrap();
    login.execute("CREATE ROLE its_own_role").await.unwrap();
    login.execute("DROP ROLE its_own_role").await.unwrap();
    assert_eq!(one::<String>(&mut login, "SHOW fsync").await, "on");
}

#[tokio::test]
async fn two_tests_have_a_database_each() {
    let server = shared().await;
    let (first, second) = (server.fresh_database().await, server.fresh_database().await);
    assert_ne!(first, second);
    let mut other = PgConnection::connect(&server.superuser_url_of("postgres")).await.unwrap();
    let count = "SELECT count(*) FROM pg_database WHERE datname LIKE 'fusion\\_%'";
    assert!(one::<i64>(&mut other, count).await >= 2);
}

#[tokio::test]
async fn what_was_committed_survives_both_kinds_of_stop_and_the_folder_goes_at_the_end() {
    let server = TempPostgres::start().await;
    let url = server.create_database("kept").await;
    let mut login = PgConnection::connect(&url).await.unwrap();
    login.execute("CREATE TABLE things (id text)").await.unwrap();
    login.execute("INSERT INTO things VALUES ('one')").await.unwrap();

    for stop in [TempPostgres::stop, TempPostgres::stop_immediate] {
        stop(&server);
        assert!(PgConnection::connect(&url).await.is_err());
        server.start_again();
        let mut login = PgConnection::connect(&url).await.unwrap();
        assert_eq!(one::<String>(&mut login, "SELECT id FROM things").await, "one");
    }

    let mut superuser = PgConnection::connect(&server.superuser_url()).await.unwrap();
    let folder = one::<String>(&mut superuser, "SHOW data_directory").await;
    drop(server);
    assert!(!std::path::Path::new(&folder).exists());
    assert!(PgConnection::connect(&url).await.is_err());
}
