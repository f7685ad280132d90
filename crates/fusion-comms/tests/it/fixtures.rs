//! The bodies Telnyx sends, signed and posted: acknowledged, worked, and the same three times over as once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use fusion_comms::store::events::{self, Filter};
use fusion_comms_core::ids::EventId;
use serde_json::{Value, json};

use super::support::app::{On, TestApp, fixture, within};

/// Bodies with the route they come by.
fn bodies() -> Vec<(String, String, Value)> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/tests/data/telnyx");
    let index: Value =
        serde_json::from_str(&std::fs::read_to_string(dir.join("index.json")).unwrap()).unwrap();
    let files = index["files"].as_array().unwrap();
    let webhooks = files.iter().filter_map(|f| {
        let file = f["file"].as_str()?;
        let channel = f["endpoint"].as_str()?.strip_prefix("/webhooks/telnyx/")?;
        let body = serde_json::from_str(&std::fs::read_to_string(dir.join(file)).ok()?).ok()?;
        Some((file.to_owned(), channel.to_owned(), body))
    });
    webhooks.collect()
}

/// Points a body at what is there: the simulator's media, no state but ours.
fn aimed(app: &TestApp, mut body: Value) -> Value {
    if let Some(url) =
        body.pointer_mut("/data/payload/media_url").filter(|u| u.as_str().is_some_and(|t| t.contains("s3.")))
    {
        *url = json!(format!("{}/media/faxes/x/none.pdf", app.sim.base()));
    }
    if let Some(state) = body.pointer_mut("/data/payload/client_state") {
        *state = Value::Null;
    }
    body
}

async fn each_body_is_acknowledged_and_worked(on: On) {
    let app = TestApp::start(on).await;
    let all = bodies();
    assert_eq!(all.len(), 69);
    for (file, channel, body) in &all {
        let body = aimed(&app, body.clone()).to_string();
        assert_eq!(app.post(channel, &body).await.unwrap(), 200, "{file}");
    }
    let ids: Vec<(&String, EventId)> =
        all.iter().map(|(f, _, b)| (f, EventId::new(b["data"]["id"].as_str().unwrap()))).collect();
    for (file, id) in ids {
        let done = || async {
            let (event, _) = events::get(&app.db, &id).await.unwrap().expect("the event is kept");
            event.processed_at.is_some() || event.parked_at.is_some()
        };
        assert!(within(Duration::from_secs(60), done).await, "{file} is not worked\n{}", app.logs());
        let (event, _) = events::get(&app.db, &id).await.unwrap().unwrap();
        assert!(
            event.processed_at.is_some() || event.last_error.is_some(),
            "{file} is parked without a reason"
        );
    }
}

/// What a story left behind: rows a person would look at, and what was asked of the outside.
async fn traces(app: &TestApp) -> BTreeMap<String, i64> {
    let mut traces = BTreeMap::new();
    let all = events::list(&app.db, &Filter { limit: 1000, ..Filter::default() }).await.unwrap();
    traces.insert("events".to_owned(), i64::try_from(all.len()).unwrap());
    for r in app.sim.telnyx.requests().into_iter().filter(|r| !r.path.contains("/faxes/")) {
        let what = r.path.rsplit('/').next().unwrap_or_default().to_owned();
        *traces
            .entry(format!("asked {what} {}", r.body["audio_url"].as_str().unwrap_or_default()))
            .or_default() += 1;
    }
    for (status, n) in fusion_comms::store::messages::count_by_status(&app.db).await.unwrap() {
        traces.insert(format!("texts {status}"), n);
    }
    traces.insert(
        "opt-outs".to_owned(),
        i64::try_from(fusion_comms::store::ledger::list(&app.db, None).await.unwrap().len()).unwrap(),
    );
    traces
}

async fn play(app: &TestApp, copies: usize) {
    for name in ["voice-01", "sms-02", "sms-06", "sms-08", "sms-09", "fax-01", "fax-02", "fax-03"] {
        let body = aimed(app, fixture(name)).to_string();
        let channel = name.split('-').next().unwrap();
        let copies = (0..copies).map(|_| app.post(channel, &body));
        for status in futures::future::join_all(copies).await {
            assert_eq!(status.unwrap(), 200, "{name}");
        }
        // The next body answers what this one caused: it must not come before.
        app.settle_but_fetches().await;
    }
}

async fn posted_three_times_at_once_the_effects_are_the_same_as_once(on: On) {
    let (once, thrice) = (TestApp::start(on).await, TestApp::start(on).await);
    play(&once, 1).await;
    play(&thrice, 3).await;
    for app in [&once, &thrice] {
        // The carrier tells of a text's end a little later.
        let all_told = || async { !traces(app).await.contains_key("texts sent") };
        assert!(within(Duration::from_secs(60), all_told).await, "{}", app.logs());
        app.settle_but_fetches().await;
    }
    let (a, b) = (traces(&once).await, traces(&thrice).await);
    let host = |t: BTreeMap<String, i64>, base: &str| -> BTreeMap<String, i64> {
        t.into_iter().map(|(k, v)| (k.replace(base, ""), v)).collect()
    };
    assert_eq!(host(a, &once.base), host(b, &thrice.base));
}

super::served_on_both!(
    each_body_is_acknowledged_and_worked,
    posted_three_times_at_once_the_effects_are_the_same_as_once
);
