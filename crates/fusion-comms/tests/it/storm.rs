//! What each process tells about itself, and `events storm`, which reads it: with the real binary, on both engines.

use ed25519_dalek::SigningKey;
use fusion_comms::store::instances;
use serde_json::{Value, json};

use crate::support::app::{On, PATIENT, TestApp};
use crate::support::db::Prompt;

served_on_both!(
    repeats_of_what_is_kept_are_a_harmless_storm,
    a_key_that_is_not_ours_is_named_as_the_cause,
    events_that_cannot_be_worked_are_named_with_their_error,
    a_process_tells_that_it_lives_and_that_it_ended,
    a_simulated_storm_is_borne_and_keeps_each_event_once,
);

fn text(id: &str) -> String {
    json!({"data": {"event_type": "message.received", "id": id, "occurred_at": "2026-03-03T15:00:00.000Z",
        "payload": {"id": id, "direction": "inbound", "type": "SMS", "text": "thank you",
            "from": {"phone_number": PATIENT}, "to": [{"phone_number": "+12025550110"}],
            "received_at": "2026-03-03T15:00:00.000Z"}}})
    .to_string()
}

/// What the command says once the service has ended, which tells its last counts then.
async fn storm(app: &mut TestApp) -> (i32, String, Value) {
    assert_eq!(app.terminate().await, Some(0), "{}", app.logs());
    let (code, out, err) = app.try_command(&["events", "storm"]);
    let (_, told, _) = app.try_command(&["events", "storm", "--json"]);
    let told = serde_json::from_str(&told).unwrap_or_else(|e| panic!("{e}: {told}{err}"));
    (code, out.lines().next().unwrap_or_default().to_owned(), told)
}

async fn repeats_of_what_is_kept_are_a_harmless_storm(on: On) {
    let mut app = TestApp::start(on).await;
    for n in 0..40 {
        assert_eq!(app.post("sms", &text(&format!("e{}", n % 5))).await.unwrap(), 200);
    }
    app.settle().await;
    let (code, first, told) = storm(&mut app).await;
    assert_eq!(
        (code, first.as_str()),
        (0, "storm, harmless: what comes again is kept already and answered 200")
    );
    let sms = told["channels"].as_array().unwrap().iter().find(|c| c["channel"] == "sms").unwrap();
    assert_eq!((&sms["new"], &sms["again"], &sms["again_share"]), (&json!(5), &json!(35), &json!("88%")));
    assert!(sms["oldest_again_s"].as_i64().unwrap() > 86_400, "{sms}");
}

async fn a_key_that_is_not_ours_is_named_as_the_cause(on: On) {
    let mut app = TestApp::start(on).await;
    let another = SigningKey::from_bytes(&[7; 32]);
    for n in 0..25 {
        let status = app.post_signed(&another, &app.base, "sms", &text(&format!("e{n}"))).await;
        assert_eq!(status.unwrap(), 400);
    }
    let (code, first, told) = storm(&mut app).await;
    assert_eq!(code, 1);
    let cause = "25 requests were signed by no key that is configured (answered 400)";
    assert_eq!(first, format!("storm, events failing because {cause}"));
    assert_eq!(told["causes"][0]["cause"], cause);
}

async fn events_that_cannot_be_worked_are_named_with_their_error(on: On) {
    let mut app = TestApp::start(on).await;
    let mut prompt = Prompt::open(&app.database()).await;
    prompt.run("ALTER TABLE agency_tasks RENAME TO agency_tasks_away").await;
    assert_eq!(app.post("sms", &text("e1")).await.unwrap(), 200);
    let failed = async || prompt_count(&app).await == 1;
    assert!(crate::support::app::within(std::time::Duration::from_secs(60), failed).await, "{}", app.logs());
    let (code, first, told) = storm(&mut app).await;
    assert_eq!(code, 1, "{first}");
    assert!(first.starts_with("no storm, but events fail: 1 event of sms"), "{first}");
    assert!(told["causes"][0]["next"].as_str().unwrap().contains("fusion-comms events"), "{told}");
}

async fn prompt_count(app: &TestApp) -> i64 {
    Prompt::open(&app.database())
        .await
        .count("SELECT count(*) FROM telnyx_events WHERE last_error IS NOT NULL")
        .await
}

async fn a_process_tells_that_it_lives_and_that_it_ended(on: On) {
    let mut app = TestApp::start(on).await;
    let [one] = &instances::list(&app.db).await.unwrap()[..] else { panic!("one process serves") };
    assert_eq!((one.role.as_str(), one.stopped_at, one.telnyx_keys.len()), ("all", None, 16));
    assert_eq!(app.terminate().await, Some(0));
    let [one] = &instances::list(&app.db).await.unwrap()[..] else { panic!("it is the same process") };
    assert!(one.stopped_at.is_some() && one.workers_run);
}

async fn a_simulated_storm_is_borne_and_keeps_each_event_once(on: On) {
    let mut app = TestApp::start(on).await;
    let base = app.base.clone();
    let plan = "--seconds 3 --rate 40 --copies 3 --bad-signatures 4 --slow-clients 2";
    let line = format!("simulate storm --to {base} {plan}");
    let (code, out, err) = app.try_command(&line.split(' ').collect::<Vec<_>>());
    assert_eq!(code, 0, "{out}{err}");
    let cells =
        |line: &str| line.split("  ").filter(|c| !c.is_empty()).map(|c| c.trim().to_owned()).collect();
    let rows: Vec<Vec<String>> = out.lines().skip(1).map(cells).collect();
    assert!(rows.iter().any(|r| r[..3] == ["Telnyx", "200", "360"]), "{out}");
    assert!(rows.iter().any(|r| r[..3] == ["a stranger (bad signature)", "400", "12"]), "{out}");
    let kept = Prompt::open(&app.database()).await.count("SELECT count(*) FROM telnyx_events").await;
    assert_eq!(kept, 120);
    app.settle().await;
    let (code, first, told) = storm(&mut app).await;
    assert!(told["channels"].as_array().unwrap().iter().any(|c| c["again"] == json!(180)), "{told}");
    let said = "a stranger knocks: 12 refused, 360 others verified by our key";
    assert_eq!(
        (code, first.starts_with("storm, harmless"), first.ends_with(said)),
        (0, true, true),
        "{first}"
    );
    assert_eq!(told["notes"], json!([said]));

    let elsewhere = app.try_command(&["simulate", "storm", "--to", "https://comms.example.com"]);
    assert!(elsewhere.0 == 1 && elsewhere.2.contains("is not on this machine"), "{}", elsewhere.2);
    let other = app.dir.path().join("other").display().to_string();
    app.launch().await;
    let line = format!("simulate storm --to {base} --data-dir {other} --seconds 1 --rate 5 --slow-clients 0");
    let (code, _, err) = app.try_command(&line.split(' ').collect::<Vec<_>>());
    assert!(code == 1 && err.contains("another TELNYX_PUBLIC_KEY"), "{err}");
}
