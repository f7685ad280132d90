//! Whom a STOP speaks to, and that nobody is a case too.

use fusion_comms::store::{Db, ledger};
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;

use crate::support::given::*;
use crate::{committed, on_both};

async fn bound(db: &Db, person: &E164, number: Option<&E164>) -> Vec<String> {
    let agencies = committed!(db, |tx| ledger::agencies_of(tx, person, number, &default_number()));
    agencies.iter().map(|a| a.as_str().to_owned()).collect()
}

/// Red and blue share a number; green has one of its own; yellow texts from the default number.
async fn four_agencies(db: &Db) {
    for (id, number) in [("red", Some(10)), ("blue", Some(10)), ("green", Some(11)), ("yellow", None)] {
        add_agency(db, id, number.map(phone).as_ref()).await;
    }
}

on_both! {
    async fn a_stop_binds_every_agency_that_has_the_number(db) {
        four_agencies(&db).await;
        assert_eq!(bound(&db, &phone(20), Some(&phone(10))).await, ["blue", "red"]);
        assert_eq!(bound(&db, &phone(20), Some(&phone(11))).await, ["green"]);
    }

    async fn a_stop_to_the_default_number_binds_those_that_text_from_it(db) {
        four_agencies(&db).await;
        assert_eq!(bound(&db, &phone(20), Some(&default_number())).await, ["yellow"]);
    }

    async fn a_stop_binds_an_agency_that_texted_the_person_from_the_number_before(db) {
        four_agencies(&db).await;
        queue_text(&db, &link_text("t1", &agency("green"), &phone(10), &phone(20))).await;
        assert_eq!(bound(&db, &phone(20), Some(&phone(10))).await, ["blue", "green", "red"]);
        assert_eq!(bound(&db, &phone(21), Some(&phone(10))).await, ["blue", "red"]);
    }

    async fn a_stop_to_a_number_of_nobody_binds_all_that_texted_the_person(db) {
        four_agencies(&db).await;
        queue_text(&db, &link_text("t1", &agency("green"), &phone(11), &phone(20))).await;
        queue_text(&db, &link_text("t2", &agency("red"), &phone(10), &phone(20))).await;
        assert_eq!(bound(&db, &phone(20), Some(&phone(50))).await, ["green", "red"]);
        assert_eq!(bound(&db, &phone(20), None).await, ["green", "red"]);
    }

    async fn a_stop_that_binds_nobody_is_kept_and_holds_for_every_agency(db) {
        four_agencies(&db).await;
        assert_eq!(bound(&db, &phone(20), Some(&phone(50))).await, ["unassigned"]);
        store_one(&db, &stop("s1", &phone(20), &phone(50), at(5))).await.unwrap();
        for id in ["red", "yellow"] {
            let row = standing(&db, Some(&agency(id)), &phone(20)).await.unwrap();
            assert_eq!(row.tenant, TenantId::unassigned());
        }
    }

    async fn a_stop_to_one_agency_leaves_the_others_alone(db) {
        four_agencies(&db).await;
        store_one(&db, &stop("s1", &phone(20), &phone(11), at(5))).await.unwrap();
        assert!(standing(&db, Some(&agency("green")), &phone(20)).await.is_some());
        assert!(standing(&db, Some(&agency("red")), &phone(20)).await.is_none());
    }

    async fn a_text_in_nobodys_name_sees_the_opt_out_of_whichever_agency(db) {
        four_agencies(&db).await;
        assert!(standing(&db, None, &phone(20)).await.is_none());
        store_one(&db, &stop("s1", &phone(20), &phone(10), at(5))).await.unwrap();
        assert!(standing(&db, None, &phone(20)).await.is_some());
    }
}
