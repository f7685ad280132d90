//! The workers find a text that left after an opt-out and freeze its agency, and nobody runs `doctor`.

use std::time::Duration;

use fusion_comms::clock::Clock;
use fusion_comms::gate::Decision;
use fusion_comms::store::freezes;
use fusion_comms::store::ledger::Source;
use fusion_comms::worker::Watch;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;

use super::support::app::{LINE, On, PATIENT, TENANT, TestApp, within};
use super::support::db::Prompt;
use super::support::given::{add_agency, link_text, phone, put, queue_text};
use super::support::instance::Instance;
use crate::{committed, on_both};

served_on_both!(a_text_after_a_revocation_freezes_its_agency_and_nobody_runs_doctor);

const LONG: Duration = Duration::from_secs(20);
const ON_RECORD: &str =
    "SELECT count(*) FROM audit_log WHERE action = 'tenant.freeze' AND actor = 'consent watch'";

/// A text put in by hand, as if it had been handed over then.
fn handed_over(id: &str, tenant: Option<&str>, to: &str, at: Timestamp) -> String {
    let tenant = tenant.map_or("NULL".to_owned(), |t| format!("'{t}'"));
    format!(
        "INSERT INTO telnyx_sms_messages (message_id, tenant_id, direction, from_phone, to_phone, body, status, class,
           created_at, handed_over_at)
         VALUES ('{id}', {tenant}, 'OUT', '{LINE}', '{to}', 'Pay here', 'delivered', 'payment_link', '{at}', '{at}')"
    )
}

/// The error lines that name this text.
fn lines_about(app: &TestApp, id: &str) -> Vec<String> {
    let names = format!("\"message_id\":\"{id}\"");
    app.logs().lines().filter(|l| l.contains("ERROR") && l.contains(&names)).map(str::to_owned).collect()
}

async fn a_text_after_a_revocation_freezes_its_agency_and_nobody_runs_doctor(on: On) {
    let mut app = TestApp::start(on).await;
    let (tenant, line) = (TenantId::new(TENANT), E164::parse(LINE).unwrap());
    let link = |name| link_text(name, &tenant, &line, &phone(51));
    let looked = || async { app.metric(r#"consent_looks_total{outcome="read"}"#).await >= 1.0 };
    assert!(within(LONG, looked).await, "{}", app.logs());
    assert_eq!(app.metric("sms_after_opt_out").await, 0.0);
    assert_eq!(queue_text(&app.db, &link("before")).await, Decision::Allowed);

    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "asked on the phone"]);
    let mut prompt = Prompt::open(&app.database()).await;
    let after = Clock::system().now().plus_s(30);
    prompt.run(&handed_over("m-after", Some(TENANT), PATIENT, after)).await;
    prompt.run(&handed_over("m-neutral", None, PATIENT, after)).await;
    // A look comes soon after the start.
    app.terminate().await;
    app.launch().await;
    let seen = || async { app.metric("sms_after_opt_out").await == 2.0 };
    assert!(within(LONG, seen).await, "{}", app.logs());
    let counted = || async { app.metric("agencies_frozen").await == 1.0 };
    assert!(within(LONG, counted).await, "{}", app.logs());
    assert_eq!(prompt.count(ON_RECORD).await, 1);
    let refused = queue_text(&app.db, &link("after")).await;
    assert!(matches!(&refused, Decision::Refused(why) if why.contains("frozen since")), "{refused:?}");
    for (id, words) in [("m-after", "\"tenant_id\":\"ridgeline\""), ("m-neutral", "in no agency's name")] {
        let lines = lines_about(&app, id);
        assert!(lines.len() == 1 && lines[0].contains(words), "{lines:?}");
        assert!(!lines[0].contains(&PATIENT[PATIENT.len() - 4..]), "{lines:?}");
    }

    // Others look as well, each for itself; one freeze stands. Two processes on one embedded database are refused.
    if on == On::Postgres {
        let other = Instance::start_as(&app, &["worker"]).await;
        let page =
            || async { app.http.get(format!("{}/metrics", other.base)).send().await.unwrap().text().await };
        let seen = || async { page().await.unwrap().contains("\nsms_after_opt_out 2\n") };
        assert!(within(LONG, seen).await, "{}", app.logs());
        assert_eq!(prompt.count("SELECT count(*) FROM sending_freezes").await, 1);
        assert_eq!(prompt.count(ON_RECORD).await, 1);
    }
}

on_both! {
    async fn several_watches_freeze_once_and_a_lift_says_that_it_has_been_looked_into(db) {
        let (red, line, now) = (add_agency(&db, "red", None).await, phone(10), Clock::system().now());
        committed!(db, |tx| put(tx, &red, &phone(47), Source::Api, now));
        let mut prompt = db.prompt().await;
        for (id, s) in [("first", 30), ("second", 40)] {
            prompt.run(&handed_over(id, Some("red"), phone(47).expose(), now.plus_s(s))).await;
        }
        let (here, there) = (Watch::default(), Watch::default());
        let another = db.another_instance().await;
        let looks = tokio::join!(here.look(&db, now), there.look(&another, now));
        assert_eq!((looks.0.unwrap(), looks.1.unwrap()), (2, 2));
        let frozen = freezes::list(&db).await.unwrap();
        assert!(frozen.len() == 1 && frozen[0].actor == "consent watch", "{frozen:?}");
        assert!(frozen[0].reason.starts_with("text first was handed over"), "{frozen:?}");
        assert_eq!(prompt.count(ON_RECORD).await, 1);

        // Somebody lifts who did not know of the second.
        committed!(db, |tx| freezes::lift(tx, &red, "looked into", "ann", now.plus_s(35)));
        assert_eq!(here.look(&db, now.plus_s(36)).await.unwrap(), 1);
        assert!(freezes::list(&db).await.unwrap()[0].reason.starts_with("text second"));
        committed!(db, |tx| freezes::lift(tx, &red, "looked into", "ann", now.plus_s(50)));
        for watch in [&here, &there] {
            assert_eq!(watch.look(&db, now.plus_s(51)).await.unwrap(), 0);
        }
        assert!(freezes::list(&db).await.unwrap().is_empty());

        // What a usual look does not reach any more stays known until it has been looked into.
        prompt.run(&handed_over("third", Some("red"), phone(47).expose(), now.plus_s(600))).await;
        assert_eq!(here.look(&db, now.plus_s(61)).await.unwrap(), 1);
        for hours in [72, 73] {
            assert_eq!(here.look(&db, now.plus_s(hours * 3600)).await.unwrap(), 1);
        }
        let sent = queue_text(&db, &link_text("later", &red, &line, &phone(48))).await;
        assert!(matches!(&sent, Decision::Refused(why) if why.contains("text third")), "{sent:?}");
    }
}
