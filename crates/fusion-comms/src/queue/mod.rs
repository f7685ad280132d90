//! The classify queue behind a small trait: a table here, SQS where the service has outgrown it.

mod sqs;
mod table;

use std::time::Duration;

use async_trait::async_trait;
use fusion_comms_core::time::Timestamp;

use crate::store::StoreError;

pub use sqs::SqsQueue;
pub use table::TableQueue;

/// A message that is ours until it becomes visible again.
#[derive(Clone, Debug)]
pub struct Message {
    /// What [`Queue::delete`] takes.
    pub receipt: String,
    pub body: String,
    /// How often it was received, this time included.
    pub receives: i64,
}

/// How a queue stands, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub waiting: i64,
    /// Taken by a worker, and not done.
    pub in_flight: i64,
    /// When the oldest was sent, where the queue tells.
    pub oldest: Option<Timestamp>,
    /// Messages that were given up, where they are counted.
    pub dead: Option<i64>,
}

#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("the queue table did not answer")]
    Table(#[from] StoreError),
    /// Our word for the request, and SQS's own code where it gave one.
    #[error("SQS did not {0}: {1}")]
    Sqs(&'static str, String),
}

impl QueueError {
    /// There is no queue at that URL. SQS has one code for it by either of its protocols.
    pub fn is_no_queue(&self) -> bool {
        matches!(self, Self::Sqs(_, code) if code.ends_with("NonExistentQueue") || code.ends_with("QueueDoesNotExist"))
    }
}

/// At least once, in no order: whoever works a message is ready to see it again.
#[async_trait]
pub trait Queue: Send + Sync {
    /// `id` makes a repeated send one message where the queue can tell.
    async fn send(&self, id: &str, body: &str) -> Result<(), QueueError>;
    /// Takes one message; `None` where there is none now. SQS is asked for up to 20 s, and the future may be dropped.
    async fn receive(&self) -> Result<Option<Message>, QueueError>;
    /// Keeps a message that is still worked on for another [`VISIBILITY`] from now.
    async fn extend(&self, receipt: &str) -> Result<(), QueueError>;
    async fn delete(&self, receipt: &str) -> Result<(), QueueError>;
    /// Messages waiting, and when the oldest was sent where the queue tells (SQS tells CloudWatch only).
    async fn depth(&self) -> Result<(i64, Option<Timestamp>), QueueError>;
}

/// How long until a message that was received and neither deleted nor extended is seen again.
pub const VISIBILITY: Duration = Duration::from_secs(120);
