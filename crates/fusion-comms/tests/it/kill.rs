//! kill -9 in the middle of a thousand signed events: what was answered is there once, is worked, and no text goes twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fusion_comms::store::events::{self, Filter};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::support::app::{LINE, On, TestApp, fixture, within};

const EVENTS: usize = 1000;
const KILLS: u32 = 20;

/// Event `i` of the traffic: HELP texts that must be answered once, statuses and calls of nobody.
fn event(i: usize) -> (&'static str, Value) {
    let id = format!("00000000-0000-4000-8000-{i:012}");
    if i.is_multiple_of(5) {
        let mut body = fixture("sms-07");
        body["data"]["payload"]["from"]["phone_number"] = json!(person(i));
        body["data"]["payload"]["to"][0]["phone_number"] = json!(LINE);
        body["data"]["payload"]["id"] = json!(format!("text-{i}"));
        body["data"]["id"] = json!(id);
        return ("sms", body);
    }
    let mut body = fixture("voice-17");
    body["data"]["id"] = json!(id);
    body["data"]["payload"]["call_control_id"] = json!(format!("v3:call-{i}"));
    body["data"]["payload"]["call_session_id"] = json!(format!("session-{i}"));
    ("voice", body)
}

fn person(i: usize) -> String {
    format!("+1303555{:04}", i)
}

async fn what_was_answered_survives_kills(on: On) {
    let mut app = TestApp::start(on).await;
    let answered = Arc::new(Mutex::new(BTreeSet::new()));
    let mut kills = 0;
    while answered.lock().await.len() < EVENTS {
        let post = async {
            // Eight senders at once; what is not answered is sent again, as Telnyx would.
            let senders = (0..8).map(|s| {
                let (app, answered) = (&app, answered.clone());
                async move {
                    for i in (0..EVENTS).filter(|i| i % 8 == s) {
                        if answered.lock().await.contains(&i) {
                            continue;
                        }
                        let (channel, body) = event(i);
                        if app.post(channel, &body.to_string()).await.is_some_and(|s| s == 200) {
                            answered.lock().await.insert(i);
                        }
                    }
                }
            });
            futures::future::join_all(senders).await;
        };
        let wait = Duration::from_millis(120 + 61 * u64::from(kills % 7));
        let timed_out = if kills < KILLS {
            tokio::time::timeout(wait, post).await.is_err()
        } else {
            post.await;
            false
        };
        if timed_out {
            app.kill();
            kills += 1;
            app.launch().await;
        }
    }
    assert!(kills > 0, "the traffic ended before the first kill");
    let all = Filter { limit: 5000, ..Filter::default() };
    let unworked = Filter { state: Some("waiting".to_owned()), ..all.clone() };
    let idle = || async {
        events::list(&app.db, &unworked)
            .await
            .unwrap()
            .iter()
            .all(|e| e.event_type.starts_with("message.s") || e.event_type.starts_with("message.f"))
    };
    assert!(within(Duration::from_secs(60), idle).await, "{}", app.logs());
    app.settle().await;
    let kept: Vec<String> = events::list(&app.db, &all)
        .await
        .unwrap()
        .into_iter()
        .filter(|e| e.id.as_str().starts_with("00000000-0000-4000-8000-"))
        .inspect(|e| assert!(e.processed_at.is_some(), "{} is not worked: {:?}", e.id, e.last_error))
        .map(|e| e.id.to_string())
        .collect();
    assert_eq!(kept.len(), EVENTS);
    for i in (0..EVENTS).step_by(5) {
        let texts = app.sim.telnyx.inbox_of(&person(i)).len();
        assert_eq!(texts, 1, "{} texts to person {i} after {kills} kills", texts);
    }
}

super::served_on_both!(what_was_answered_survives_kills);
