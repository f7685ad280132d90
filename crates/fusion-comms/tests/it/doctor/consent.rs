//! Consent: a STOP that was missed, and a text after a revocation, which freezes the agency.

use fusion_comms::gate::Decision;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;

use super::{doctor, lines, result, typed};
use crate::support::app::{LINE, On, PATIENT, TENANT, TestApp, text_webhook, within};
use crate::support::db::Prompt;
use crate::support::given::{link_text, queue_text};
use fusion_comms::clock::Clock;
use std::time::Duration;

served_on_both!(
    a_missed_stop_is_named_with_the_command_that_sets_it_right,
    a_text_that_left_before_the_revocation_was_known_is_named,
    a_stop_that_came_by_another_route_is_missed_too,
    texts_that_the_carrier_does_not_deliver_are_named_by_its_code,
    a_text_after_a_revocation_is_named_and_freezes_its_agency_but_for_what_the_law_asks,
);

/// A text from a person that is kept without its opt-out.
async fn stop_without_opt_out(app: &TestApp) {
    let statement = format!(
        "INSERT INTO telnyx_sms_messages (message_id, telnyx_message_id, tenant_id, direction, from_phone, to_phone, body,
           status, class, label, created_at, received_at)
         VALUES ('m-stop', 'm-stop', '{TENANT}', 'IN', '{PATIENT}', '{LINE}', 'Stop', 'received', 'inbound', 'STOP',
           '{now}', '{now}')",
        now = Clock::system().now()
    );
    typed(app, &statement).await;
}

async fn a_missed_stop_is_named_with_the_command_that_sets_it_right(on: On) {
    let app = TestApp::start(on).await;
    stop_without_opt_out(&app).await;
    let said = doctor(&app, &[], &[]);
    said.names(&["fail  consent.missed_stops", "1 STOP without an opt-out", "text m-stop"]);
    let command = "fusion-comms text review m-stop --as stop --reason \"missed STOP\"";
    assert!(said.out.contains(command), "{}", said.out);
    app.command(&["text", "review", "m-stop", "--as", "stop", "--reason", "missed STOP"]);
    assert_eq!(result(&lines(&app, &[]), "consent.missed_stops"), "ok");
    // One that the service gets is none, and neither is one that a person has read otherwise.
    let now = Clock::system().now();
    let body = text_webhook("m-2", "+12025550148", "please stop texting me", now).to_string();
    assert_eq!(app.post("sms", &body).await.unwrap(), 200);
    app.settle().await;
    assert_eq!(result(&lines(&app, &[]), "consent.missed_stops"), "ok");
}

async fn texts_that_the_carrier_does_not_deliver_are_named_by_its_code(on: On) {
    let app = TestApp::start(on).await;
    let now = Clock::system().now();
    for n in 0..5 {
        let statement = format!(
            "INSERT INTO telnyx_sms_messages (message_id, tenant_id, direction, from_phone, to_phone, body, status, class,
               error, created_at, updated_at, handed_over_at)
             VALUES ('f{n}', '{TENANT}', 'OUT', '{LINE}', '{PATIENT}', 'Pay here', 'failed', 'payment_link',
               '40010 Not 10DLC registered', '{now}', '{now}', '{now}')"
        );
        typed(&app, &statement).await;
    }
    let said = doctor(&app, &[], &[]);
    said.names(&["fail  texts.failed", "5 failed at the carrier", "40010 Not 10DLC registered (5)"]);
    assert!(said.out.contains("10DLC campaign or toll-free verification"), "{}", said.out);
}

async fn a_text_that_left_before_the_revocation_was_known_is_named(on: On) {
    let app = TestApp::start(on).await;
    let sent = format!(
        "INSERT INTO telnyx_sms_messages (message_id, tenant_id, direction, from_phone, to_phone, body, status, class,
           created_at, handed_over_at)
         VALUES ('m-late', '{TENANT}', 'OUT', '{LINE}', '{PATIENT}', 'Pay here', 'delivered', 'payment_link', '{at}', '{at}')",
        at = Clock::system().now().plus_s(-60)
    );
    typed(&app, &sent).await;
    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--received-at", "5m"]);
    let said = doctor(&app, &[], &[]);
    let line = said.out.lines().find(|l| l.starts_with("warn  consent.late")).unwrap_or_default();
    assert!(line.contains("1 text in the last 30 days (first: text m-late to ***0147 on "), "{}", said.out);
    assert_eq!(result(&lines(&app, &[]), "consent.violations"), "ok");
}

async fn a_stop_that_came_by_another_route_is_missed_too(on: On) {
    let app = TestApp::start(on).await;
    let body = text_webhook("m-3", PATIENT, "STOP", Clock::system().now()).to_string();
    assert_eq!(app.post("voice", &body).await.unwrap(), 200);
    app.settle().await;
    let said = doctor(&app, &[], &[]);
    said.names(&["fail  consent.missed_stops", "event event-m-3", "by the voice route"]);
    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "missed STOP"]);
    assert_eq!(result(&lines(&app, &[]), "consent.missed_stops"), "ok");
}

async fn a_text_after_a_revocation_is_named_and_freezes_its_agency_but_for_what_the_law_asks(on: On) {
    let app = TestApp::start(on).await;
    let (tenant, line) = (TenantId::new(TENANT), E164::parse(LINE).unwrap());
    let person = E164::parse("+12025550151").unwrap();
    assert_eq!(queue_text(&app.db, &link_text("before", &tenant, &line, &person)).await, Decision::Allowed);

    app.command(&["opt-out", "add", PATIENT, "--tenant", TENANT, "--reason", "asked on the phone"]);
    let sent = format!(
        "INSERT INTO telnyx_sms_messages (message_id, tenant_id, direction, from_phone, to_phone, body, status, class,
           created_at, handed_over_at)
         VALUES ('m-after', '{TENANT}', 'OUT', '{LINE}', '{PATIENT}', 'Pay here', 'delivered', 'payment_link', '{at}', '{at}')",
        at = Clock::system().now().plus_s(30)
    );
    typed(&app, &sent).await;
    let said = doctor(&app, &[], &[]);
    said.names(&[
        "fail  consent.violations",
        "1 text handed over after an opt-out",
        "sending of ridgeline is FROZEN",
    ]);
    assert!(said.out.contains("fusion-comms tenant unfreeze ridgeline --reason"), "{}", said.out);
    // Once is enough, and it is on record.
    doctor(&app, &[], &[]).names(&["fail  consent.violations"]);
    let mut prompt = Prompt::open(&app.database()).await;
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'tenant.freeze' AND actor = 'doctor' AND subject = 'ridgeline'";
    assert_eq!(prompt.count(audited).await, 1);
    assert_eq!(prompt.count("SELECT count(*) FROM sending_freezes WHERE lifted_at IS NULL").await, 1);

    // Nothing leaves but the confirmation of a STOP.
    let refused = queue_text(&app.db, &link_text("after", &tenant, &line, &person)).await;
    assert!(matches!(&refused, Decision::Refused(why) if why.contains("frozen since")), "{refused:?}");
    // Words that Telnyx does not answer itself, so that it is ours to confirm.
    app.sim.telnyx.send_text("+12025550151", LINE, "please stop texting me");
    let confirmed = || async { app.sim.telnyx.count_texts(LINE, "+12025550151") == 1 };
    assert!(within(Duration::from_secs(60), confirmed).await, "{}", app.logs());
    app.sim.telnyx.send_text("+12025550152", LINE, "HELP");
    let helped = || async { app.sim.telnyx.count_texts(LINE, "+12025550152") == 1 };
    assert!(within(Duration::from_secs(60), helped).await, "{}", app.logs());

    app.command(&[
        "tenant",
        "unfreeze",
        TENANT,
        "--reason",
        "the hand that did it is known",
        "--actor",
        "ann",
    ]);
    // The breach lies in the future of this test's clock: it would count as one after the lift.
    typed(&app, "UPDATE sending_freezes SET lifted_at = '2099-01-01T00:00:00.000000Z'").await;
    let other = E164::parse("+12025550153").unwrap();
    assert_eq!(queue_text(&app.db, &link_text("again", &tenant, &line, &other)).await, Decision::Allowed);
    let lines = lines(&app, &[]);
    assert_eq!(result(&lines, "consent.violations"), "ok", "{lines:?}");
    let unfrozen = "SELECT count(*) FROM audit_log WHERE action = 'tenant.unfreeze' AND actor = 'ann'";
    assert_eq!(prompt.count(unfrozen).await, 1);
}
