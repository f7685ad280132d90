//! LISTEN on PostgreSQL: another instance has stored events. A hint; polling is the truth.

use std::time::Duration;

use sqlx::postgres::PgListener;

use crate::app::App;
use crate::store::inbox::Lane;

/// Listens until the service stops; a lost connection is made again.
pub async fn run(app: App) {
    let Some(pool) = app.db.postgres().cloned() else { return };
    loop {
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen("fusion_comms_inbox").await.is_ok()
        {
            while let Ok(notice) = listener.recv().await {
                if let Some(lane) = Lane::ALL.into_iter().find(|l| l.name() == notice.payload()) {
                    app.wake.inbox(lane).notify_one();
                }
            }
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}
