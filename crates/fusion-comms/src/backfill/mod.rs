//! What never arrived is asked for: Telnyx's webhook deliveries, its faxes, its list of blocks, Stripe's events.
//!
//! What is found goes through the same cleaning and the same inbox as a webhook, under the provider's own event id, so that
//! a second run, or the webhook after all, changes nothing. `verified_by` says `backfill`: it came over the provider's
//! API, by TLS and our key, and bears no signature of its own.
//!
//! An event keeps its `occurred_at`; `received_at` is when we had it. What depends on how late we are counts from the
//! former: a call whose events come now is over (`worker/calls.rs`), an answer to a text of hours ago is not sent
//! (`worker/texts.rs`), and an opt-out is of the time at which Telnyx received the STOP. A STOP that is found late binds
//! unless the person has written START since (`store/ingest.rs`); a START that is found late lifts only what is older than
//! itself.
//!
//! Where a provider does not answer, the others are asked all the same, and what was stored stays.

mod deliveries;
mod faxes;
mod patience;
mod payments;

use std::collections::BTreeSet;

use fusion_comms_core::time::Timestamp;
use serde::Serialize;

use crate::blocks::{self, Account};
use crate::store::ingest::{self, NewEvent, Reach, Stored};
use crate::store::{Db, StoreError, restores};
use crate::stripe::{Stripe, StripeError};
use crate::telnyx::{Telnyx, TelnyxError};
use crate::{logs, metrics};

/// Who is asked for what, and where it goes.
pub struct Ask<'a> {
    pub db: &'a Db,
    pub telnyx: &'a Telnyx,
    pub stripe: &'a Stripe,
    pub reach: &'a Reach,
    pub account: Account<'a>,
    pub since: Timestamp,
    pub now: Timestamp,
    /// Only deliveries to this host are ours: two services may share a Telnyx account.
    pub host: Option<&'a str>,
    /// Nothing is stored.
    pub dry_run: bool,
    /// Hears how it goes.
    pub tell: &'a (dyn Fn(&str) + Sync),
}

/// What one source had.
#[derive(Clone, Debug, Serialize)]
pub struct Tally {
    pub source: &'static str,
    pub found: usize,
    pub known: usize,
    pub new: usize,
}

impl Tally {
    fn of(source: &'static str) -> Self {
        Self { source, found: 0, known: 0, new: 0 }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub tallies: Vec<Tally>,
    /// What an operator should know and need not act upon.
    pub notes: Vec<String>,
    /// What could not be asked, or not to its end, and why.
    pub not_asked: Vec<String>,
    /// Texts were held after a restore, and may leave again.
    pub texts_released: bool,
}

/// Why a source could not be asked to its end.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Telnyx(#[from] TelnyxError),
    #[error("{0}")]
    Stripe(#[from] StripeError),
    #[error("{0}")]
    Blocks(#[from] blocks::Failure),
    #[error("what was found could not be stored: {0}")]
    Store(#[from] StoreError),
}

impl Report {
    fn failed(&mut self, what: &str, why: impl std::fmt::Display) {
        self.not_asked.push(format!("{what}: {why}"));
    }
}

/// Asks everybody.
///
/// # Errors
/// When the database does not answer at the start or the end; all other trouble is in the report.
pub async fn run(ask: &Ask<'_>) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut faxes_seen = BTreeSet::new();
    let asked = deliveries::ask(ask, &mut report, &mut faxes_seen).await;
    let mut texts_known = asked.is_ok();
    if let Err(e) = asked {
        report.failed("Telnyx's webhook deliveries", e);
    }
    if let Err(e) = faxes::ask(ask, &mut report, &faxes_seen).await {
        report.failed("Telnyx's faxes", e);
    }
    if let Err(e) = blocks(ask, &mut report).await {
        texts_known = false;
        report.failed("Telnyx's list of blocks", e);
    }
    payments::ask(ask, &mut report).await?;
    if texts_known && !ask.dry_run {
        release_texts(ask, &mut report).await?;
    }
    Ok(report)
}

async fn blocks(ask: &Ask<'_>, report: &mut Report) -> Result<(), Failure> {
    (ask.tell)("asking Telnyx for the numbers that it blocks");
    let found = patience::with(ask.tell, async || {
        blocks::compare(ask.db, ask.telnyx, &ask.account, ask.dry_run, ask.now).await.map_err(Failure::from)
    })
    .await?;
    let known = found.at_telnyx.saturating_sub(found.added);
    report.tallies.push(Tally { source: "blocks", found: found.at_telnyx, known, new: found.added });
    Ok(())
}

/// The gap after a restore is filled: what people wrote in it is known now.
async fn release_texts(ask: &Ask<'_>, report: &mut Report) -> Result<(), StoreError> {
    let mut tx = ask.db.begin().await?;
    report.texts_released = restores::close(&mut tx, ask.since, "backfill", ask.now).await? > 0;
    tx.commit().await?;
    if let Some(open) = restores::open(ask.db).await?.first() {
        report.notes.push(format!(
            "texts stay held: the database was restored from a backup of {}; ask since then",
            open.backup_at
        ));
    }
    Ok(())
}

/// How many events of one commit.
const GROUP: usize = 100;

/// Stores what was found, in the order given. How many were new.
async fn store(ask: &Ask<'_>, events: &[NewEvent]) -> Result<usize, StoreError> {
    if ask.dry_run {
        return Ok(events.len());
    }
    let mut new = 0;
    for group in events.chunks(GROUP) {
        let stored = match ingest::store_group(ask.db, group, ask.reach).await {
            Ok(stored) => stored,
            // Somebody holds a row of the ledger, say: one by one, as the webhooks do.
            Err(_) => {
                let mut stored = Vec::new();
                for event in group {
                    stored.push(ingest::store_one(ask.db, event, ask.reach).await?);
                }
                stored
            }
        };
        for (event, stored) in group.iter().zip(stored) {
            let Stored::New { opt_outs } = stored else { continue };
            new += 1;
            for o in opt_outs {
                logs::sms_opt_out(&o.tenant, &o.phone, "sms_stop", Some(&event.id));
                metrics::opted_out();
            }
        }
    }
    Ok(new)
}
