//! The queue as a table of the service's own database.

use async_trait::async_trait;
use fusion_comms_core::time::Timestamp;

use super::{Message, Queue, QueueError, VISIBILITY};
use crate::clock::Clock;
use crate::store::{Db, queue as table};

/// See the module.
pub struct TableQueue {
    pub db: Db,
    pub clock: Clock,
}

fn seen_again(now: Timestamp) -> Timestamp {
    now.plus_s(i64::try_from(VISIBILITY.as_secs()).unwrap_or(i64::MAX))
}

#[async_trait]
impl Queue for TableQueue {
    async fn send(&self, id: &str, body: &str) -> Result<(), QueueError> {
        Ok(table::send(&self.db, id, body, self.clock.now()).await?)
    }

    async fn receive(&self) -> Result<Option<Message>, QueueError> {
        let now = self.clock.now();
        let taken = table::receive(&self.db, now, seen_again(now)).await?;
        Ok(taken.map(|m| Message { receipt: m.id, body: m.body, receives: m.receives }))
    }

    async fn extend(&self, receipt: &str) -> Result<(), QueueError> {
        Ok(table::extend(&self.db, receipt, seen_again(self.clock.now())).await?)
    }

    async fn delete(&self, receipt: &str) -> Result<(), QueueError> {
        Ok(table::delete(&self.db, receipt).await?)
    }

    async fn depth(&self) -> Result<(i64, Option<Timestamp>), QueueError> {
        Ok(table::depth(&self.db).await?)
    }
}
