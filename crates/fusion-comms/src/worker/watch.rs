//! Looks every few minutes for texts that left although an opt-out stood, and freezes their agencies: a breach of the law
//! does not wait for somebody to run `doctor`.
//!
//! Each process with workers looks; that several do changes nothing, since one freeze at most stands for an agency.

use std::collections::BTreeMap;

use fusion_comms_core::breach::Breach;
use fusion_comms_core::ids::MessageId;
use fusion_comms_core::time::Timestamp;
use tokio::sync::Mutex;

use crate::app::Parts;
use crate::breaches;
use crate::metrics;
use crate::store::{Db, StoreError};

/// The actor of a freeze.
const WATCH: &str = "consent watch";
/// How far a usual look goes back: longer than a confirmation of an opt-out forbids the next one.
const NEAR_S: i64 = 26 * 3600;
/// How far the first look goes, and one every day, as `doctor` does: a text may be put in by hand.
const FAR_S: i64 = 30 * 24 * 3600;
const FAR_EVERY_S: i64 = 24 * 3600;

/// What this process knows of breaches.
#[derive(Default)]
pub struct Watch(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Those that nobody has looked into.
    open: BTreeMap<MessageId, Breach>,
    looked_far_at: Option<Timestamp>,
}

impl Watch {
    /// One look. Returns how many breaches nobody has looked into.
    ///
    /// # Errors
    /// When the database does not answer: the next look goes as far back.
    pub async fn look(&self, db: &Db, now: Timestamp) -> Result<usize, StoreError> {
        let mut known = self.0.lock().await;
        let far = known.looked_far_at.is_none_or(|at| at.plus_s(FAR_EVERY_S) <= now);
        let since = now.plus_s(-if far { FAR_S } else { NEAR_S });
        let found = breaches::find(db, since, now).await?;
        known.open.retain(|_, b| !found.lifts.cover(b) && b.at > now.plus_s(-FAR_S));
        for breach in found.open {
            if !known.open.contains_key(&breach.text) {
                tell(&breach);
                known.open.insert(breach.text.clone(), breach);
            }
        }
        breaches::freeze(db, known.open.values(), WATCH, now).await?;
        if far {
            known.looked_far_at = Some(now);
        }
        Ok(known.open.len())
    }
}

/// One look of the workers.
pub(super) async fn work(app: &Parts, watch: &Watch) {
    let looked = watch.look(&app.db.unhurried(), app.clock.now()).await;
    metrics::consent_looked(looked.is_ok());
    match looked {
        Ok(open) => metrics::sms_after_opt_out(open as u64),
        Err(e) => {
            tracing::warn!(error = %e, "texts could not be compared with the opt-outs: tried again in minutes");
        }
    }
}

fn tell(breach: &Breach) {
    let (message_id, handed_over_at) = (&breach.text, breach.at);
    match &breach.tenant {
        Some(tenant_id) => tracing::error!(
            %message_id,
            %tenant_id,
            %handed_over_at,
            "a text was handed over after an opt-out: its agency is frozen until somebody has looked into it"
        ),
        None => tracing::error!(
            %message_id,
            %handed_over_at,
            "a text in no agency's name was handed over after an opt-out: somebody must look into it"
        ),
    }
}
