//! Compares the opt-out ledger with Telnyx's own list of blocks, both ways. What either side knows counts as opted out.

use std::collections::BTreeSet;

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use serde::Serialize;

use crate::store::ledger::{self, Source};
use crate::store::{Db, StoreError, tenants};
use crate::telnyx::{Block, Telnyx, TelnyxError};
use crate::{logs, metrics};

/// The pages that are read at most: 250 blocks each.
const MOST_PAGES: u32 = 4000;

/// Whose numbers and profile a block may name.
pub struct Account<'a> {
    pub default_number: &'a E164,
    pub default_profile: &'a str,
}

/// What the comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Blocks at Telnyx.
    pub at_telnyx: usize,
    /// Opt-outs written because Telnyx blocks the number and our ledger had none.
    pub added: usize,
    /// Of those, opt-outs that somebody had lifted here while Telnyx's block remained.
    pub lifted_here_only: usize,
    /// Opt-outs in our ledger of which Telnyx has no block: nothing is texted all the same.
    pub only_here: usize,
    /// Blocks that name no number we can read, or no agency of ours.
    pub not_ours: usize,
}

/// Why the comparison could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("Telnyx's list of blocks cannot be read: {0}")]
    Telnyx(#[from] TelnyxError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Compares, and writes what our ledger lacks unless `dry_run`.
///
/// # Errors
/// When Telnyx or the database does not answer; what was written until then stays.
pub async fn compare(
    db: &Db,
    telnyx: &Telnyx,
    account: &Account<'_>,
    dry_run: bool,
    now: Timestamp,
) -> Result<Report, Failure> {
    let mut report = Report::default();
    let mut known: BTreeSet<(TenantId, E164)> = BTreeSet::new();
    let ours = ledger::count(db).await?;
    for page in 1..=MOST_PAGES {
        let list = telnyx.blocks(page).await?;
        report.at_telnyx += list.blocks.len();
        for block in &list.blocks {
            let found = apply(db, account, block, dry_run, now).await?;
            report.not_ours += usize::from(!found.is_ours);
            report.added += found.added;
            report.lifted_here_only += found.lifted;
            known.extend(found.known);
        }
        if page >= list.pages {
            break;
        }
    }
    report.only_here = ours.saturating_sub(known.len());
    Ok(report)
}

#[derive(Default)]
struct Found {
    is_ours: bool,
    /// What our ledger had already.
    known: Vec<(TenantId, E164)>,
    added: usize,
    lifted: usize,
}

/// One block: the agencies that it stands against, and the ledger rows that were missing.
async fn apply(
    db: &Db,
    account: &Account<'_>,
    block: &Block,
    dry_run: bool,
    now: Timestamp,
) -> Result<Found, StoreError> {
    let mut found = Found::default();
    let mut tx = db.begin().await?;
    let Some((person, ours)) = sides(&mut tx, account, block).await? else { return Ok(found) };
    let profile = block.profile.as_deref();
    let is_default = profile.is_none_or(|p| p == account.default_profile);
    let mut agencies = tenants::on_profile(&mut tx, profile.unwrap_or_default(), is_default).await?;
    if let Some(ours) = &ours {
        let by_number = ledger::agencies_of(&mut tx, &person, Some(ours), account.default_number).await?;
        agencies.extend(by_number.into_iter().filter(|t| *t != TenantId::unassigned()));
    }
    agencies.sort();
    agencies.dedup();
    let at = block.created_at.filter(|at| *at < now).unwrap_or(now);
    for tenant in agencies {
        found.is_ours = true;
        let lifted_before = match seen(&mut tx, &tenant, &person, at).await? {
            Seen::Known => {
                found.known.push((tenant, person.clone()));
                continue;
            }
            Seen::StartedSince => continue,
            Seen::Missing { lifted_before } => lifted_before,
        };
        if !dry_run {
            ledger::lock_number(&mut tx, &person).await?;
            // Looked at again under the lock: a START may have come meanwhile.
            if !matches!(seen(&mut tx, &tenant, &person, at).await?, Seen::Missing { .. }) {
                continue;
            }
        }
        found.added += 1;
        found.lifted += usize::from(lifted_before);
        if dry_run {
            continue;
        }
        ledger::set_context(&mut tx, "telnyx", Some("on Telnyx's list of blocks")).await?;
        if ledger::put(&mut tx, &tenant, &person, Source::TelnyxBlock, at).await? {
            logs::sms_opt_out(&tenant, &person, Source::TelnyxBlock.as_str(), None);
            metrics::opted_out();
            if lifted_before {
                tracing::warn!(
                    tenant_id = tenant.as_str(),
                    phone = person.masked(),
                    "an opt-out was lifted here, but Telnyx still blocks the number: it is opted out again until the person texts START"
                );
            }
        }
        ledger::clear_context(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(found)
}

/// How our ledger stands to one block.
enum Seen {
    Known,
    /// The person has texted START since: that lifts Telnyx's block too, and its list may only be behind.
    StartedSince,
    Missing {
        lifted_before: bool,
    },
}

async fn seen(
    tx: &mut crate::store::Tx,
    tenant: &TenantId,
    person: &E164,
    blocked_at: Timestamp,
) -> Result<Seen, StoreError> {
    if ledger::find(&mut *tx, tenant, person).await?.is_some() {
        return Ok(Seen::Known);
    }
    let lift = ledger::last_lift(tx, tenant, person).await?;
    Ok(match lift {
        Some(lift) if lift.by_text && lift.at > blocked_at => Seen::StartedSince,
        lift => Seen::Missing { lifted_before: lift.is_some() },
    })
}

/// The person's number and ours. Telnyx names the person who wrote STOP as `from`; where that one is ours, it is the
/// other way round.
async fn sides(
    tx: &mut crate::store::Tx,
    account: &Account<'_>,
    block: &Block,
) -> Result<Option<(E164, Option<E164>)>, StoreError> {
    let (from, to) = (E164::parse(&block.from).ok(), E164::parse(&block.to).ok());
    let ours = |number: &E164| number == account.default_number;
    let (Some(from), to) = (from, to) else { return Ok(None) };
    let from_is_ours = ours(&from) || tenants::is_sms_number(tx, &from).await?;
    Ok(match (from_is_ours, to) {
        (true, Some(person)) => Some((person, Some(from))),
        (true, None) => None,
        (false, to) => Some((from, to)),
    })
}
