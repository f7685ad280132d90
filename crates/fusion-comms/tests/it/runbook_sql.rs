//! The runbook's SQL (§6 to §8), word for word as operators paste it, as the service's own login on PostgreSQL.

use fusion_comms::store::ingest::Stored;
use fusion_comms::store::ledger::{self, Source};
use fusion_comms::store::{Db, faxes};
use fusion_comms_core::ids::FaxId;

use crate::committed;
use crate::support::db::{Prompt, TestDb};
use crate::support::given::*;

const REPROCESS_AN_EVENT: &str = "
  DELETE FROM telnyx_events WHERE event_id = '<id>';";

const CHECK_AN_OPT_OUT: &str = "
  SELECT opted_out_at, source
  FROM telnyx_opt_outs
  WHERE tenant_id = '<tenant_id>'
    AND phone_e164 = '+12025550100';";

const OPT_OUT: &str = "
  INSERT INTO telnyx_opt_outs (tenant_id, phone_e164, opted_out_at, source)
  VALUES ('<tenant_id>', '+12025550100', NOW(), 'manual_admin')
  ON CONFLICT (tenant_id, phone_e164) DO UPDATE
    SET opted_out_at = NOW(), source = 'manual_admin';";

const REMOVE_AN_OPT_OUT: &str = "
  DELETE FROM telnyx_opt_outs
  WHERE tenant_id = '<tenant_id>'
    AND phone_e164 = '+12025550100';";

const AUDIT_OPT_OUTS: &str = "
  SELECT phone_e164, opted_out_at, source
  FROM telnyx_opt_outs
  WHERE tenant_id = '<tenant_id>'
  ORDER BY opted_out_at DESC;";

const CHECK_A_FAX: &str = "
  SELECT fax_id, tenant_id, from_phone, s3_key_original, doc_type, case_id, status
  FROM fax_documents
  WHERE fax_id = '<fax_id>';";

const RESET_A_FAX: &str = "
       UPDATE fax_documents
       SET status = 'received', doc_type = NULL, case_id = NULL
       WHERE fax_id = '<fax_id>';";

/// The statement with its placeholders filled in, as an operator fills them.
fn filled(statement: &str) -> String {
    statement.replace("<tenant_id>", "abc123").replace("<id>", "evt-1").replace("<fax_id>", "fax-xyz")
}

async fn with_an_agency() -> (TestDb, Prompt) {
    let db = TestDb::postgres().await;
    add_agency(&db, "abc123", Some(&phone(10))).await;
    let psql = db.prompt().await;
    (db, psql)
}

/// A fax of the agency that has been read and filed.
async fn filed_fax(db: &Db) -> FaxId {
    let (id, tenant) = (FaxId::new("fax-xyz"), agency("abc123"));
    let seen = faxes::Seen {
        id: &id,
        tenant: Some(&tenant),
        from_phone: Some("+12025550140"),
        to_phone: None,
        page_count: Some(2),
        partial: false,
        received_at: Some(at(0)),
    };
    committed!(db, |tx| faxes::seen(tx, &seen, at(0)));
    let key = "tenant/abc123/fax/2026/03/03/fax-xyz/original.pdf";
    let file = faxes::Stored { key, sha256: "sha", size: 9, as_sent: None };
    committed!(db, |tx| faxes::stored(tx, &id, &file, at(1)));
    let filed = outcome("classified", Some("remittance"));
    assert!(committed!(db, |tx| faxes::file(tx, &id, &filed, at(2))));
    id
}

fn outcome(status: &'static str, doc_type: Option<&'static str>) -> faxes::Outcome<'static> {
    faxes::Outcome {
        doc_type,
        case: None,
        status,
        page_count: None,
        last_error: None,
        suggestions: None,
        reasons: None,
        pages_key: None,
        segments: None,
        pcs_checklist: None,
    }
}

/// The whole of §7 as somebody at `psql` does it, for an agency whose opt-outs nobody else touches.
pub async fn opt_out_by_hand(psql: &mut Prompt) {
    assert!(psql.ask(&filled(CHECK_AN_OPT_OUT)).await.is_empty());
    assert_eq!(psql.run(&filled(OPT_OUT)).await, 1);
    let first = psql.ask(&filled(CHECK_AN_OPT_OUT)).await;
    assert_eq!(first[0][1], "manual_admin");
    assert_eq!(psql.run(&filled(OPT_OUT)).await, 1);
    let second = psql.ask(&filled(CHECK_AN_OPT_OUT)).await;
    assert!(second.len() == 1 && second[0][0] > first[0][0], "the second time moves the date");
    assert_eq!(psql.run(&filled(REMOVE_AN_OPT_OUT)).await, 1);
    assert!(psql.ask(&filled(CHECK_AN_OPT_OUT)).await.is_empty());
    assert_eq!(psql.run(&filled(REMOVE_AN_OPT_OUT)).await, 0);
}

#[tokio::test]
async fn opting_out_twice_and_removing_by_hand_works_and_is_in_the_history() {
    let (db, mut psql) = with_an_agency().await;
    opt_out_by_hand(&mut psql).await;
    let history = ledger::history(&db, &agency("abc123"), &phone(0)).await.unwrap();
    let told: Vec<_> = history.iter().map(|c| (c.change.as_str(), c.actor.as_str())).collect();
    assert_eq!(told, [("granted", "fusion"), ("changed", "fusion"), ("lifted", "fusion")]);
}

#[tokio::test]
async fn a_hand_made_opt_out_stands_at_once_and_its_removal_too() {
    let (db, mut psql) = with_an_agency().await;
    let link = |name| link_text(name, &agency("abc123"), &phone(10), &phone(0));
    psql.run(&filled(OPT_OUT)).await;
    assert_eq!(standing(&db, Some(&agency("abc123")), &phone(0)).await.unwrap().source, Source::ManualAdmin);
    assert!(matches!(queue_text(&db, &link("one")).await, fusion_comms::gate::Decision::Refused(_)));
    psql.run(&filled(REMOVE_AN_OPT_OUT)).await;
    assert_eq!(queue_text(&db, &link("two")).await, fusion_comms::gate::Decision::Allowed);
}

#[tokio::test]
async fn a_hand_made_opt_out_takes_the_place_of_a_stop() {
    let (db, mut psql) = with_an_agency().await;
    store_one(&db, &stop("s1", &phone(0), &phone(10), at(0))).await.unwrap();
    psql.run(&filled(OPT_OUT)).await;
    let row = standing(&db, Some(&agency("abc123")), &phone(0)).await.unwrap();
    assert_eq!(row.source, Source::ManualAdmin);
    assert!(row.opted_out_at > at(0));
}

#[tokio::test]
async fn an_opt_out_may_name_an_agency_that_nobody_knows() {
    let db = TestDb::postgres().await;
    let mut psql = db.prompt().await;
    assert_eq!(psql.run(&OPT_OUT.replace("<tenant_id>", "nobody")).await, 1);
    assert!(standing(&db, Some(&agency("nobody")), &phone(0)).await.is_some());
}

#[tokio::test]
async fn the_audit_lists_the_agencys_opt_outs_the_latest_first() {
    let (db, mut psql) = with_an_agency().await;
    for (n, person) in [(1, 20), (3, 21), (2, 22)] {
        committed!(db, |tx| put(tx, &agency("abc123"), &phone(person), Source::SmsStop, at(n)));
    }
    committed!(db, |tx| put(tx, &agency("another"), &phone(23), Source::SmsStop, at(9)));
    let listed: Vec<_> =
        psql.ask(&filled(AUDIT_OPT_OUTS)).await.into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(listed, ["+12025550121", "+12025550122", "+12025550120"]);
}

#[tokio::test]
async fn an_event_deleted_by_hand_is_stored_anew_when_it_comes_again() {
    let (db, mut psql) = with_an_agency().await;
    let group = [event("evt-1", "call-1"), event("evt-2", "call-1")];
    store_group(&db, &group).await.unwrap();
    assert_eq!(store_one(&db, &group[0]).await.unwrap(), Stored::Known);
    assert_eq!(psql.run(&filled(REPROCESS_AN_EVENT)).await, 1);
    let again: Vec<_> = store_group(&db, &group).await.unwrap();
    assert_eq!(again, [Stored::New { opt_outs: vec![] }, Stored::Known]);
}

#[tokio::test]
async fn a_fax_is_shown_and_reset_by_hand_and_then_read_again() {
    let (db, mut psql) = with_an_agency().await;
    let id = filed_fax(&db).await;
    let key = "tenant/abc123/fax/2026/03/03/fax-xyz/original.pdf";
    let shown = psql.ask(&filled(CHECK_A_FAX)).await;
    assert_eq!(shown, [["fax-xyz", "abc123", "+12025550140", key, "remittance", "NULL", "classified"]]);
    assert_eq!(psql.run(&filled(RESET_A_FAX)).await, 1);
    let reset = psql.ask(&filled(CHECK_A_FAX)).await;
    assert_eq!(reset[0][3..], [key, "NULL", "NULL", "received"]);
    let again = outcome("needs_review", Some("other"));
    assert!(committed!(db, |tx| faxes::file(tx, &id, &again, at(9))));
}

#[tokio::test]
async fn an_operators_own_login_runs_all_of_it() {
    let (db, _) = with_an_agency().await;
    filed_fax(&db).await;
    store_one(&db, &event("evt-1", "call-1")).await.unwrap();
    let mut psql = Prompt::open(&operator_of(&db).await).await;
    assert_eq!(psql.ask("SELECT current_user::text").await, [["operator"]]);
    opt_out_by_hand(&mut psql).await;
    assert!(psql.ask(&filled(AUDIT_OPT_OUTS)).await.is_empty());
    assert_eq!(psql.run(&filled(REPROCESS_AN_EVENT)).await, 1);
    assert_eq!(psql.ask(&filled(CHECK_A_FAX)).await.len(), 1);
    assert_eq!(psql.run(&filled(RESET_A_FAX)).await, 1);
    let history = ledger::history(&db, &agency("abc123"), &phone(0)).await.unwrap();
    assert!(history.len() == 3 && history.iter().all(|c| c.actor == "operator"));
}

/// A login that is a member of `fusion_comms_service` and nothing else; its address.
async fn operator_of(db: &TestDb) -> String {
    db.as_superuser("CREATE ROLE operator LOGIN IN ROLE fusion_comms_service").await;
    db.url.replace("fusion@", "operator@")
}
