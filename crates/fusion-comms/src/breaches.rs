//! Texts that left although an opt-out stood, looked for by the workers and by `doctor`: their agency is frozen at once.
//!
//! A breach is open until its agency is let send again: with that somebody says that it has been looked into.

use std::collections::BTreeMap;

use fusion_comms_core::breach::{self, Breach, Late};
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::time::Timestamp;
use serde_json::json;

use crate::store::audit::{self, Entry};
use crate::store::{Db, StoreError, breaches, checkup, freezes};

/// The latest texts of a look, at most.
const AT_MOST: i64 = 20_000;
/// The database's clock writes the history, ours the hand-over: what lies within this and their difference is no proof.
const DOUBT_MS: i64 = 2_000;

/// What a look at the texts since some time found.
pub struct Found {
    /// Those that nobody has looked into.
    pub open: Vec<Breach>,
    pub looked_into: usize,
    pub late: Vec<Late>,
    pub lifts: Lifts,
}

/// When each agency was last let send again.
pub struct Lifts(BTreeMap<TenantId, Timestamp>);

impl Lifts {
    /// Whether somebody has said since that it has been looked into. A text in no agency's name has nobody to say so.
    pub fn cover(&self, breach: &Breach) -> bool {
        breach.tenant.as_ref().and_then(|t| self.0.get(t)).is_some_and(|lifted_at| breach.at <= *lifted_at)
    }
}

/// Compares the texts handed over since then with the opt-outs that stood at that moment. Changes nothing.
pub async fn find(db: &Db, since: Timestamp, now: Timestamp) -> Result<Found, StoreError> {
    let handed = breaches::to_numbers_with_history(db, since, AT_MOST).await?;
    let history = breaches::history_of_texted(db, since).await?;
    let offset_ms = checkup::clock(db).await?.map_or(0, |theirs| theirs.ms_since(now).abs());
    let judged = breach::judge(&handed, &history, DOUBT_MS + offset_ms);
    let lifts = Lifts(freezes::last_lifts(db).await?.into_iter().collect());
    let (looked_into, open): (Vec<_>, Vec<_>) = judged.breaches.into_iter().partition(|b| lifts.cover(b));
    Ok(Found { open, looked_into: looked_into.len(), late: judged.late, lifts })
}

/// Freezes the agencies of these texts, each once, in the name of `actor`; which they are.
pub async fn freeze<'a>(
    db: &Db,
    open: impl IntoIterator<Item = &'a Breach>,
    actor: &str,
    now: Timestamp,
) -> Result<Vec<TenantId>, StoreError> {
    // Of each agency the first, and when the last left: who lifted after that knew of all.
    let mut of_agency: BTreeMap<&TenantId, (&Breach, Timestamp)> = BTreeMap::new();
    for breach in open {
        let Some(tenant) = &breach.tenant else { continue };
        let (first, last) = of_agency.entry(tenant).or_insert((breach, breach.at));
        *first = if breach.at < first.at { breach } else { first };
        *last = breach.at.max(*last);
    }
    for (tenant, (first, last)) in &of_agency {
        let mut tx = db.begin().await?;
        let reason = format!("text {} was handed over on {} after an opt-out", first.text, first.at);
        // A lift that was committed meanwhile stands: the insert has waited for it.
        if !freezes::freeze(&mut tx, tenant, &reason, actor, now).await?
            || freezes::lifted_since(&mut tx, tenant, *last).await?
        {
            continue;
        }
        let after = Some(json!({"reason": reason}));
        let (action, subject) = ("tenant.freeze", tenant.as_str());
        let entry = Entry { actor, action, subject, tenant: Some(tenant), before: None, after };
        audit::append(&mut tx, &entry, now).await?;
        tx.commit().await?;
    }
    Ok(of_agency.into_keys().cloned().collect())
}
