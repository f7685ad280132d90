//! The queue's worker: takes a message, has the fax filed, and keeps the message away from others meanwhile.

use std::time::Duration;

use super::error::{JobError, guarded};
use super::seldom::Seldom;
use crate::app::Parts;
use crate::queue::{Message, Queue, VISIBILITY};

/// How often a message that is worked on is kept for longer.
const EXTEND: Duration = VISIBILITY.checked_div(3).unwrap();

/// Takes and works one message. False where there was none.
pub async fn work_one(app: &Parts) -> bool {
    match receive(app, &Seldom::default()).await {
        Some(message) => work(app, &message).await,
        None => return false,
    }
    true
}

/// Takes one message; it may wait long, and may be dropped. `trouble` is shared by all who take.
pub async fn receive(app: &Parts, trouble: &Seldom) -> Option<Message> {
    match app.queue.receive().await {
        Ok(received) => {
            if let Some(failures) = trouble.well() {
                tracing::info!(failures, "the fax queue can be read again");
            }
            received
        }
        Err(e) => {
            if let Some(failures) = trouble.failed(app.clock.now()) {
                tracing::warn!(error = %e, failures, "the fax queue cannot be read");
            }
            None
        }
    }
}

/// Works a message, and deletes it if nothing is left to do.
pub async fn work(app: &Parts, message: &Message) {
    let work = guarded(app.filing.work(&message.body, message.receives));
    match kept_meanwhile(&*app.queue, message, work).await {
        Ok(()) => {
            if let Err(e) = app.queue.delete(&message.receipt).await {
                tracing::warn!(error = %e, "a worked message could not be deleted: it will be seen again, without effect");
            }
        }
        // Not deleted: it becomes visible again.
        Err(e) => {
            tracing::warn!(receives = message.receives, error = %e, "a fax could not be read and is tried again")
        }
    }
}

/// Does the work, and extends the message's visibility as long as it lasts.
async fn kept_meanwhile(
    queue: &dyn Queue,
    message: &Message,
    work: impl Future<Output = Result<(), JobError>>,
) -> Result<(), JobError> {
    tokio::pin!(work);
    loop {
        match tokio::time::timeout(EXTEND, &mut work).await {
            Ok(done) => return done,
            Err(_) => {
                if let Err(e) = queue.extend(&message.receipt).await {
                    tracing::warn!(error = %e, "a message could not be kept for longer: another worker may take it too, without harm");
                }
            }
        }
    }
}
