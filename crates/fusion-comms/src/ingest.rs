//! Many requests, one commit: the answer to each goes out only after it.
//!
//! While one commit is under way the next requests gather; when idle, a request is committed at once and alone.
//! Each channel has a batcher of its own, so that a flood of texts never holds up a call.

use std::sync::Arc;
use std::time::Duration;

use fusion_comms_core::envelope::Channel;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::metrics;
use crate::store::ingest::{self, NewEvent, NewStripeEvent, Reach, Stored};
use crate::store::{Db, StoreError};

/// Events in one commit at most.
const MAX_GROUP: usize = 256;
/// Requests that may wait for a commit; more are told to come again.
const MAX_WAITING: usize = 2048;
/// Events that are stored one by one at the same time, after their group failed.
const MAX_SINGLES: usize = 4;
/// Telnyx waits about two seconds: an answer after this helps nobody.
const PATIENCE: Duration = Duration::from_millis(4000);

struct Job {
    event: NewEvent,
    reply: oneshot::Sender<Result<Stored, StoreError>>,
}

/// The way into the inbox.
#[derive(Clone)]
pub struct Ingest {
    voice: mpsc::Sender<Job>,
    sms: mpsc::Sender<Job>,
    fax: mpsc::Sender<Job>,
    db: Db,
}

/// Why an event was not stored.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error("too many requests wait for the database")]
    Full,
    #[error("the database did not commit in time")]
    Slow,
    #[error("the event could not be stored")]
    Store(#[from] StoreError),
}

impl Ingest {
    /// Starts the batchers; they end when the last clone is gone and what waits is stored.
    pub fn start(db: &Db, reach: &Reach) -> Self {
        let batcher = |db: Db| {
            let (give, take) = mpsc::channel(MAX_WAITING);
            tokio::spawn(run(db, reach.clone(), take));
            give
        };
        Self {
            voice: batcher(db.urgent()),
            sms: batcher(db.clone()),
            fax: batcher(db.clone()),
            db: db.clone(),
        }
    }

    /// Stores an event; returns after the commit.
    ///
    /// # Errors
    /// When it is not known to be stored: answer 503, the provider sends it again.
    pub async fn store(&self, event: NewEvent) -> Result<Stored, IngestError> {
        let (reply, answer) = oneshot::channel();
        let batcher = match event.channel {
            Channel::Voice => &self.voice,
            Channel::Sms => &self.sms,
            Channel::Fax => &self.fax,
        };
        batcher.try_send(Job { event, reply }).map_err(|_| IngestError::Full)?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(stored)) => Ok(stored?),
            Ok(Err(_)) | Err(_) => Err(IngestError::Slow),
        }
    }

    /// Stores a Stripe event. True where it is new.
    pub async fn store_stripe(&self, event: &NewStripeEvent) -> Result<bool, IngestError> {
        match tokio::time::timeout(PATIENCE, ingest::store_stripe(&self.db, event)).await {
            Ok(stored) => Ok(stored?),
            Err(_) => Err(IngestError::Slow),
        }
    }
}

async fn run(db: Db, reach: Reach, mut jobs: mpsc::Receiver<Job>) {
    let singles = Arc::new(Semaphore::new(MAX_SINGLES));
    while let Some(first) = jobs.recv().await {
        let mut group = vec![first];
        while group.len() < MAX_GROUP
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
        let (events, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|j| (j.event, j.reply)).unzip();
        match ingest::store_group(&db, &events, &reach).await {
            Ok(stored) => replies.into_iter().zip(stored).for_each(|(reply, s)| drop(reply.send(Ok(s)))),
            Err(StoreError::Unreachable(e)) => {
                metrics::event_insert_failed(events[0].channel.as_str());
                tracing::error!(error = %e.to_string(), events = events.len(), "events not stored: the database cannot be reached");
                // Each waiting request answers 503; nobody waits for a database that is down.
                drop(replies);
            }
            Err(_) => {
                for (event, reply) in events.into_iter().zip(replies) {
                    let permit = singles.clone().acquire_owned().await;
                    let (db, reach) = (db.clone(), reach.clone());
                    tokio::spawn(async move {
                        let _permit = permit;
                        let stored = ingest::store_one(&db, &event, &reach).await;
                        if let Err(e) = &stored {
                            metrics::event_insert_failed(event.channel.as_str());
                            tracing::error!(event_id = %event.id, error = %e, "event not stored");
                        }
                        drop(reply.send(stored));
                    });
                }
            }
        }
    }
}
