//! The classify queue behind a small trait: a table here, SQS where the service has outgrown it.

use std::time::Duration;

use async_trait::async_trait;
use fusion_comms_core::time::Timestamp;

use crate::clock::Clock;
use crate::store::{Db, StoreError, queue as table};

/// A message that is ours until it becomes visible again.
#[derive(Clone, Debug)]
pub struct Message {
    /// What [`Queue::delete`] takes.
    pub receipt: String,
    pub body: String,
    /// How often it was received, this time included.
    pub receives: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("the queue table did not answer")]
    Table(#[from] StoreError),
}

/// At least once, in no order: whoever works a message is ready to see it again.
#[async_trait]
pub trait Queue: Send + Sync {
    /// `id` makes a repeated send one message where the queue can tell.
    async fn send(&self, id: &str, body: &str) -> Result<(), QueueError>;
    /// Takes one message; `None` where there is none now.
    async fn receive(&self) -> Result<Option<Message>, QueueError>;
    /// Keeps a message that is still worked on for another [`VISIBILITY`] from now.
    async fn extend(&self, receipt: &str) -> Result<(), QueueError>;
    async fn delete(&self, receipt: &str) -> Result<(), QueueError>;
    /// Messages waiting and when the oldest was sent.
    async fn depth(&self) -> Result<(i64, Option<Timestamp>), QueueError>;
}

/// How long until a message that was received and neither deleted nor extended is seen again.
pub const VISIBILITY: Duration = Duration::from_secs(120);

/// The queue as a table of the service's own database.
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
