//! LISTEN on PostgreSQL: another instance has stored events. A hint; polling is the truth.

use std::time::Duration;

use crate::app::App;
use crate::store::connect::{listener, still_listens};
use crate::store::inbox::Lane;

/// After so long without a hint the connection is asked whether it is still one.
const QUIET: Duration = Duration::from_secs(30);

/// Listens until the service stops; a lost connection is made again.
pub async fn run(app: App) {
    let Some(pool) = app.db.postgres().cloned() else { return };
    loop {
        match listener(&pool, "fusion_comms_inbox").await {
            Ok(Some(mut listener)) => loop {
                let Ok(heard) = tokio::time::timeout(QUIET, listener.recv()).await else {
                    if still_listens(&mut listener).await {
                        continue;
                    }
                    break;
                };
                let Ok(notice) = heard else { break };
                if let Some(lane) = Lane::ALL.into_iter().find(|l| l.name() == notice.payload()) {
                    app.wake.inbox(lane).notify_one();
                }
            },
            Ok(None) => {
                tracing::info!(
                    "the database is reached through a pooler: what other instances store is found by asking"
                );
                return;
            }
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}
