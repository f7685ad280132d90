//! The database goes away and comes back; what was acknowledged is there, and nobody restarts the service.

use fusion_comms::store::{Db, StoreError, migrations};

use crate::support::given::{self, *};
use crate::support::postgres::TempPostgres;

#[tokio::test]
async fn what_was_stored_survives_a_crash_and_the_store_is_well_again_by_itself() {
    let server = TempPostgres::start().await;
    let db = Db::open(&server.fresh_database().await).await.unwrap();
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
