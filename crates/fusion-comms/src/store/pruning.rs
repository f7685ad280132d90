//! Old events: their bodies go first, their keys much later, in small steps that hold up nobody.
//!
//! Only what has been worked is touched: a parked event keeps its body until a person has settled it.

use fusion_comms_core::time::Timestamp;

use super::db::{Db, Reader, Result};

/// Events of one transaction.
const STEP: i64 = 1000;

/// Which inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbox {
    Telnyx,
    Stripe,
}

impl Inbox {
    pub const ALL: [Inbox; 2] = [Inbox::Telnyx, Inbox::Stripe];

    pub fn table(self) -> &'static str {
        match self {
            Inbox::Telnyx => "telnyx_events",
            Inbox::Stripe => "stripe_events",
        }
    }
}

/// How many worked events received before then still have their body.
pub async fn with_body(db: &Db, inbox: Inbox, before: Timestamp) -> Result<i64> {
    let q = db.sql(match inbox {
        Inbox::Telnyx => {
            "SELECT count(*) AS n FROM telnyx_events
             WHERE pruned_at IS NULL AND received_at < $1 AND processed_at IS NOT NULL AND stop_pending IS NULL"
        }
        Inbox::Stripe => {
            "SELECT count(*) AS n FROM stripe_events
             WHERE pruned_at IS NULL AND received_at < $1 AND processed_at IS NOT NULL"
        }
    });
    db.row(q.bind(before)).await?.map_or(Ok(0), |r| r.int("n"))
}

/// How many events without a body were received before then.
pub async fn without_body(db: &Db, inbox: Inbox, before: Timestamp) -> Result<i64> {
    let q = db.sql(match inbox {
        Inbox::Telnyx => {
            "SELECT count(*) AS n FROM telnyx_events WHERE received_at < $1 AND pruned_at IS NOT NULL"
        }
        Inbox::Stripe => {
            "SELECT count(*) AS n FROM stripe_events WHERE received_at < $1 AND pruned_at IS NOT NULL"
        }
    });
    db.row(q.bind(before)).await?.map_or(Ok(0), |r| r.int("n"))
}

/// Empties the bodies of the oldest of these; how many, 0 once all are empty.
pub async fn empty_some(db: &Db, inbox: Inbox, before: Timestamp, now: Timestamp) -> Result<u64> {
    let mut tx = db.begin().await?;
    let q = tx.sql(match inbox {
        Inbox::Telnyx => {
            "UPDATE telnyx_events SET raw_json = '{}', pruned_at = $3 WHERE event_id IN (
               SELECT event_id FROM telnyx_events
               WHERE pruned_at IS NULL AND received_at < $1 AND processed_at IS NOT NULL AND stop_pending IS NULL
               ORDER BY received_at LIMIT $2)"
        }
        Inbox::Stripe => {
            "UPDATE stripe_events SET raw_json = '{}', pruned_at = $3 WHERE event_id IN (
               SELECT event_id FROM stripe_events
               WHERE pruned_at IS NULL AND received_at < $1 AND processed_at IS NOT NULL
               ORDER BY received_at LIMIT $2)"
        }
    });
    let n = tx.exec(q.bind(before).bind(STEP).bind(now)).await?;
    tx.commit().await?;
    Ok(n)
}

/// Deletes the oldest events without a body that were received before then; how many, 0 once none is left. A repeat of
/// one of them would be worked as new.
pub async fn forget_some(db: &Db, inbox: Inbox, before: Timestamp) -> Result<u64> {
    let mut tx = db.begin().await?;
    let q = tx.sql(match inbox {
        Inbox::Telnyx => {
            "DELETE FROM telnyx_events WHERE event_id IN (
               SELECT event_id FROM telnyx_events WHERE received_at < $1 AND pruned_at IS NOT NULL
               ORDER BY received_at LIMIT $2)"
        }
        Inbox::Stripe => {
            "DELETE FROM stripe_events WHERE event_id IN (
               SELECT event_id FROM stripe_events WHERE received_at < $1 AND pruned_at IS NOT NULL
               ORDER BY received_at LIMIT $2)"
        }
    });
    let n = tx.exec(q.bind(before).bind(STEP)).await?;
    tx.commit().await?;
    Ok(n)
}
