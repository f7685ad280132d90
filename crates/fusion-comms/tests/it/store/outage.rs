//! The database goes away and comes back; what was acknowledged is there, and nobody restarts the service.

use fusion_comms::store::connect::listener;
use fusion_comms::store::{Db, StoreError, migrations};

use crate::support::given::{self, *};
use crate::support::pooler;
use crate::support::postgres::{self, TempPostgres};

#[tokio::test]
async fn what_was_stored_survives_a_crash_and_the_store_is_well_again_by_itself() {
    let server = TempPostgres::start().await;
    let db = Db::open_for_service(&server.fresh_database().await).await.unwrap();
    migrations::apply(&db).await.unwrap();
    add_agency(&db, "red", Some(&phone(10))).await;
    for (n, stop_server) in [TempPostgres::stop, TempPostgres::stop_immediate].into_iter().enumerate() {
        let person = phone(20 + u8::try_from(n).unwrap());
        let event = stop(&format!("s{n}"), &person, &phone(10), at(1));
        store_one(&db, &event).await.unwrap();
        stop_server(&server);
        let late = given::event(&format!("late-{n}"), "call-1");
        assert!(matches!(store_one(&db, &late).await, Err(StoreError::Unreachable(_))));
        server.start_again();
        assert_eq!(store_one(&db, &event).await.unwrap(), fusion_comms::store::ingest::Stored::Known);
        assert!(standing(&db, Some(&agency("red")), &person).await.is_some());
        store_one(&db, &late).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_listens_through_a_pooler() {
    let url = postgres::shared().await.fresh_database().await;
    let direct = Db::open(&pooler::past(&url)).await.unwrap();
    let pool = direct.postgres().unwrap();
    assert!(listener(pool, "fusion_comms_inbox").await.unwrap().is_some());
    // A pooler hands on none of the settings that a connection is made with; here they are left out.
    let pooled = sqlx::PgPool::connect(&pooler::past(&url)).await.unwrap();
    assert!(listener(&pooled, "fusion_comms_inbox").await.unwrap().is_none());
}
