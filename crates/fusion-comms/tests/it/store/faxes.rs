//! A fax goes from receiving to received to filed, and back only by a person's hand.

use fusion_comms::store::faxes::{self, Outcome, Seen, Stored};
use fusion_comms::store::{Db, Tx, db::Result};
use fusion_comms_core::ids::FaxId;
use fusion_comms_core::time::Timestamp;

use crate::support::given::*;
use crate::{committed, on_both};

fn fax() -> FaxId {
    FaxId::new("fax-1")
}

async fn seen(tx: &mut Tx, pages: Option<i64>, partial: bool, received_at: Option<Timestamp>) -> Result<()> {
    let (id, red) = (fax(), agency("red"));
    let said = Seen {
        id: &id,
        tenant: Some(&red),
        from_phone: None,
        to_phone: None,
        page_count: pages,
        partial,
        received_at,
    };
    faxes::seen(tx, &said, at(0)).await
}

async fn file(tx: &mut Tx, status: &str) -> Result<bool> {
    let outcome = Outcome {
        doc_type: Some("other"),
        case: None,
        status,
        page_count: None,
        last_error: None,
        suggestions: None,
        reasons: None,
        pages_key: None,
        segments: None,
        pcs_checklist: None,
    };
    faxes::file(tx, &fax(), &outcome, at(5)).await
}

async fn stored(db: &Db) -> bool {
    let file = Stored { key: "key", sha256: "sha", size: 9, as_sent: None };
    committed!(db, |tx| faxes::stored(tx, &fax(), &file, at(3)))
}

async fn failed(db: &Db) -> bool {
    committed!(db, |tx| faxes::failed(tx, &fax(), "gone", at(3)))
}

async fn status(db: &Db) -> String {
    faxes::get(db, &fax()).await.unwrap().unwrap().status
}

on_both! {
    async fn a_stored_fax_is_not_stored_twice_and_does_not_fail_any_more(db) {
        committed!(db, |tx| seen(tx, None, false, Some(at(1))));
        assert!(stored(&db).await);
        assert!(!stored(&db).await);
        assert!(!failed(&db).await);
        assert_eq!(status(&db).await, "received");
    }

    async fn a_fax_that_failed_may_still_be_fetched(db) {
        committed!(db, |tx| seen(tx, None, false, Some(at(1))));
        assert!(failed(&db).await);
        assert!(!failed(&db).await);
        assert!(stored(&db).await);
        let kept = faxes::get(&*db, &fax()).await.unwrap().unwrap();
        assert_eq!((kept.status.as_str(), kept.last_error), ("received", None));
    }

    async fn a_fax_is_filed_once_and_only_when_it_is_in_the_store(db) {
        committed!(db, |tx| seen(tx, None, false, Some(at(1))));
        assert!(!committed!(db, |tx| file(tx, "classified")));
        stored(&db).await;
        assert!(committed!(db, |tx| file(tx, "needs_review")));
        assert!(!committed!(db, |tx| file(tx, "classified")));
        assert_eq!(status(&db).await, "needs_review");
    }

    async fn late_events_add_to_a_fax_and_take_nothing_back(db) {
        committed!(db, |tx| seen(tx, Some(3), true, Some(at(1))));
        stored(&db).await;
        committed!(db, |tx| file(tx, "classified"));
        committed!(db, |tx| seen(tx, None, false, Some(at(99))));
        let kept = faxes::get(&*db, &fax()).await.unwrap().unwrap();
        assert_eq!((kept.page_count, kept.partial, kept.occurred_at), (Some(3), true, Some(at(1))));
        assert_eq!(kept.status, "classified");
    }

    async fn a_fax_is_reset_only_when_its_file_is_in_the_store(db) {
        committed!(db, |tx| seen(tx, None, false, Some(at(1))));
        assert!(!committed!(db, |tx| faxes::reset(tx, &fax(), at(2))));
        stored(&db).await;
        committed!(db, |tx| file(tx, "unreadable"));
        assert!(committed!(db, |tx| faxes::reset(tx, &fax(), at(6))));
        assert!(committed!(db, |tx| file(tx, "classified")));
    }

    async fn no_other_status_can_be_written(db) {
        committed!(db, |tx| seen(tx, None, false, Some(at(1))));
        assert!(db.prompt().await.try_run("UPDATE fax_documents SET status = 'lost'").await.is_err());
    }
}
