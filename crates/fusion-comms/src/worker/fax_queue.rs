//! The queue's worker: takes a message, has the fax filed, and keeps the message away from others meanwhile.

use std::time::Duration;

use super::error::{JobError, guarded};
use crate::app::Parts;
use crate::queue::{Message, Queue, VISIBILITY};

/// How often a message that is worked on is kept for longer.
const EXTEND: Duration = VISIBILITY.checked_div(3).unwrap();

/// Takes and works one message. False where there was none.
pub async fn work_one(app: &Parts) -> bool {
    let message = match app.queue.receive().await {
        Ok(Some(message)) => message,
        Ok(None) => return false,
        Err(e) => {
            tracing::warn!(error = %e, "the fax queue cannot be read");
            return false;
        }
    };
    let work = guarded(app.filing.work(&message.body, message.receives));
    match kept_meanwhile(&*app.queue, &message, work).await {
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
    true
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
