//! Delivery: which answers bring an event again, and what chaos does.

use std::time::Duration;

use super::super::Chaos;
use super::{Bench, CALLER, OURS, plan};

impl Bench {
    async fn attempts(&self, kind: &str, answers: &[u16]) -> Vec<u64> {
        self.service.answers.lock().unwrap().extend(answers);
        if kind == "call.initiated" {
            self.sim.start_call(plan());
        } else {
            self.sim.send_text(CALLER, OURS, "Hello");
        }
        tokio::time::sleep(Duration::from_millis(1200)).await;
        let events = self.service.events.lock().unwrap();
        let ids: std::collections::HashSet<_> = events.iter().map(|e| e["data"]["id"].clone()).collect();
        assert_eq!(ids.len(), 1, "the id stays");
        events.iter().map(|e| e["meta"]["attempt"].as_u64().unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_event_comes_again_after_503_but_not_after_400() {
    assert_eq!(Bench::new().await.attempts("call.initiated", &[503, 429, 408]).await, [1, 2, 3, 4]);
    assert_eq!(Bench::new().await.attempts("call.initiated", &[500; 9]).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(Bench::new().await.attempts("call.initiated", &[400]).await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_event_comes_three_times_whatever_is_wrong() {
    assert_eq!(Bench::new().await.attempts("message.received", &[400, 500, 400, 400]).await, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn chaos_duplicates_and_reorders_but_invents_nothing() {
    let bench = Bench::with(|o| {
        o.chaos = Some(Chaos { duplicates: 3, reorder: true, extra_delay_ms: 0..60, seed: 7 });
    })
    .await;
    let ids: Vec<_> = (0..20).map(|n| bench.sim.send_text(CALLER, OURS, &format!("Hello {n}"))).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let came: Vec<_> =
        bench.payloads("message.received").iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect();
    assert!(came.len() > ids.len(), "there are duplicates");
    assert!(ids.iter().all(|id| came.contains(id)), "each came");
    let mut firsts = came.clone();
    firsts.retain({
        let mut seen = std::collections::HashSet::new();
        move |id| seen.insert(id.clone())
    });
    assert_eq!(firsts.len(), ids.len());
    assert_ne!(firsts, ids, "not in order");
    assert_eq!(*bench.service.bad_signatures.lock().unwrap(), 0);
}
