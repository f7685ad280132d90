//! What a process tells of itself, and when.

use std::sync::Arc;
use std::time::Duration;

use fusion_comms::clock::Clock;
use fusion_comms::http::{KeySet, Keys};
use fusion_comms::presence::Presence;
use fusion_comms::store::instances;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::support::app::within;
use crate::on_both;

/// Less than the ten seconds until it tells by itself.
const SOON: Duration = Duration::from_secs(8);

on_both! {
    async fn that_the_workers_run_is_told_at_once(db) {
        let (begun, workers) = watch::channel(false);
        let presence = Presence {
            db: db.another_instance().await,
            clock: Clock::system(),
            name: "host:8080".to_owned(),
            role: "worker",
            keys: Arc::new(Keys::new(KeySet { web: None, metrics_token: None }, Arc::default())),
            tally: Arc::default(),
            workers: Some(workers),
        };
        let stop = CancellationToken::new();
        let telling = tokio::spawn(presence.tend(stop.clone()));
        let told = async |run: bool| {
            instances::list(&db).await.unwrap().first().is_some_and(|i| i.workers_run == run)
        };
        assert!(within(SOON, || told(false)).await, "it tells of itself before its workers run");
        begun.send_replace(true);
        assert!(within(SOON, || told(true)).await, "it waits for its next round");
        drop(begun);
        stop.cancel();
        telling.await.unwrap();
        let last = instances::list(&db).await.unwrap().remove(0);
        assert!(last.stopped_at.is_some(), "{last:?}");
    }
}
