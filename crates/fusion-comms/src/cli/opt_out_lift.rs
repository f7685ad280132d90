//! `opt-out remove`: an opt-out is lifted by hand, by one person, or by two where the agency wants that.

use fusion_comms_core::lifting::{self, Request, Verdict};

use super::audit::now;
use super::failure::{misused, refuse};
use super::opt_out::{Rows, Who, Why, begin, finish, standing_words};
use super::{output, tenant};
use crate::store::ledger::{self, OptOut};
use crate::store::{Db, Tx, lift_requests};

pub(super) async fn remove(db: &Db, who: &Who, why: &Why) -> anyhow::Result<()> {
    let mut tx = begin(db, who, why).await?;
    let before = ledger::find(&mut tx, &who.tenant, &who.phone).await?;
    // One that waits to be written counts as well.
    let standing = ledger::standing(&mut tx, Some(&who.tenant), &who.phone).await?;
    let standing = before.clone().or(standing.filter(|o| o.tenant == who.tenant));
    if let Some(standing) = standing
        && lift_requests::are_wanted(&mut tx, &who.tenant).await?
    {
        match by_two(&mut tx, who, why, &standing).await? {
            Some(reason) => ledger::set_context(&mut tx, &why.actor.name(), Some(&reason)).await?,
            None => return asked(tx, who, why, before).await,
        }
    }
    if !ledger::remove(&mut tx, &who.tenant, &who.phone).await? {
        // A row that a hand made under a name of no agency can be taken out all the same.
        tenant::known_if_named(&mut tx, Some(&who.tenant)).await?;
        return Err(refuse("this number is not opted out at this agency")
            .hint("`fusion-comms opt-out check` shows what else may stand against a text")
            .into());
    }
    let left = ledger::standing(&mut tx, Some(&who.tenant), &who.phone).await?;
    finish(tx, who, why, "opt_out.remove", Rows { before, after: None }).await?;
    output::line(&format!("{} is no longer opted out at {} in our ledger", who.phone.masked(), who.tenant))?;
    if let Some(left) = left {
        let words = standing_words(&left, &who.tenant);
        output::line(&format!("it is still not texted: an opt-out stands {words}"))?;
    }
    output::line("Telnyx keeps a block of its own after a STOP: it remains until the person texts START")
}

/// Where two are wanted: what the history keeps of both, or `None` for the first, whose request is kept.
async fn by_two(tx: &mut Tx, who: &Who, why: &Why, standing: &OptOut) -> anyhow::Result<Option<String>> {
    let now = now();
    let Some(reason) = why.reason.clone() else {
        return Err(misused("this agency wants two people for this, and a reason of each: `--reason`").into());
    };
    let actor = why.actor.name();
    let request = lift_requests::find(&mut *tx, &who.tenant, &who.phone).await?;
    let open = request.filter(|r| r.is_open(standing.opted_out_at, now));
    match (lifting::judge(open.as_ref(), &actor), open) {
        (Verdict::Lifts, Some(first)) => {
            lift_requests::remove(tx, &who.tenant, &who.phone).await?;
            Ok(Some(format!("{}: {}; {actor}: {reason}", first.actor, first.reason)))
        }
        (Verdict::SamePerson, Some(first)) => Err(refuse(format!(
            "a second person must lift this: {} asked for it on {}",
            first.actor, first.at
        ))
        .hint("they run the same command, with a `--actor` and a `--reason` of their own")
        .into()),
        _ => {
            let request = Request { actor, reason, at: now };
            lift_requests::put(tx, &who.tenant, &who.phone, &request).await?;
            Ok(None)
        }
    }
}

async fn asked(tx: Tx, who: &Who, why: &Why, before: Option<OptOut>) -> anyhow::Result<()> {
    let after = before.clone();
    finish(tx, who, why, "opt_out.ask_to_remove", Rows { before, after }).await?;
    output::line(&format!(
        "asked for: {} stays opted out at {} until a second person lifts it, within 7 days",
        who.phone.masked(),
        who.tenant
    ))?;
    eprintln!("hint: they run the same command, with a `--actor` and a `--reason` of their own");
    Ok(())
}
