//! A person's reading of a text. Read as STOP it counts from the text's receipt, as if it had been read so then: consent
//! that was given later stands.

pub mod clock;

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::time::Timestamp;

use crate::store::ingest::{Reach, Stop};
use crate::store::ledger::{self, Source};
use crate::store::{StoreError, Tx, reviews};

/// What reading a text as STOP did for one agency that it speaks to; `unassigned` stands for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    pub tenant: TenantId,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    OptedOut,
    /// An opt-out that is as late and as strong stood already.
    StoodAlready,
    /// The person consented again at that time, after the text.
    ConsentedLater(Timestamp),
}

/// Opts the number out for every agency that the text speaks to, from the text's receipt. Takes the number's lock, under
/// which neither a START nor a hand-over can come between. The history's context is the caller's.
pub async fn read_as_stop(tx: &mut Tx, stop: &Stop, reach: &Reach) -> Result<Vec<Bound>, StoreError> {
    ledger::lock_number(tx, &stop.phone).await?;
    let later = starts_after(tx, stop, reach).await?;
    let mut all = Vec::new();
    for tenant in reach.of(tx, stop).await? {
        let started = later.iter().filter(|(started, _)| *started == tenant).map(|(_, at)| *at).max();
        let lifted = reviews::lifted_by_hand_after(tx, &tenant, &stop.phone, stop.at).await?;
        let outcome = match started.max(lifted) {
            Some(at) => Outcome::ConsentedLater(at),
            None if ledger::put(tx, &tenant, &stop.phone, Source::SmsStop, stop.at).await? => {
                Outcome::OptedOut
            }
            None => Outcome::StoodAlready,
        };
        all.push(Bound { tenant, outcome });
    }
    Ok(all)
}

/// Whom the person's later STARTs speak to: each lifts the row for all agencies as well, as `worker/texts` has it.
async fn starts_after(
    tx: &mut Tx,
    stop: &Stop,
    reach: &Reach,
) -> Result<Vec<(TenantId, Timestamp)>, StoreError> {
    let mut all = Vec::new();
    for (number, at) in reviews::starts_after(tx, &stop.phone, stop.at).await? {
        let agencies = ledger::agencies_of(tx, &stop.phone, number.as_ref(), &reach.default_number).await?;
        all.extend(agencies.into_iter().map(|tenant| (tenant, at)));
        all.push((TenantId::unassigned(), at));
    }
    Ok(all)
}
