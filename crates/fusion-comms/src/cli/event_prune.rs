//! `events prune`: empties the bodies of old events, and in the end forgets their keys.

use fusion_comms_core::time::Timestamp;
use serde_json::json;

use super::arguments::{self, When};
use super::audit::{Actor, Change, now};
use super::failure::misused;
use super::output::{self, count, count_of};
use crate::store::Db;
use crate::store::pruning::{self, Inbox};

/// Stripe repeats an event for three days, and so long the body may be wanted.
const LEAST_BODY_S: i64 = 72 * 3600;
/// A repeat, or a replay out of a provider's portal, after this is not known of.
const LEAST_KEY_S: i64 = 30 * 24 * 3600;

#[derive(Debug, clap::Args)]
pub(super) struct PruneArgs {
    /// Empty the bodies of events received before then: a time, or a span back from now (`90d`). At least 72 hours.
    #[arg(long, value_name = "TIME", value_parser = arguments::when)]
    older_than: When,
    /// Forget events received before then altogether, so that a repeat would be worked as new. At least 30 days, and
    /// further back than the bodies. Without it keys are kept for ever.
    #[arg(long, value_name = "TIME", value_parser = arguments::when)]
    keys_older_than: Option<When>,
    /// Only say how many.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    actor: Actor,
}

pub(super) async fn run(db: &Db, args: &PruneArgs) -> anyhow::Result<()> {
    let now = now();
    let (bodies, keys) = bounds(args, now)?;
    for inbox in Inbox::ALL {
        let table = inbox.table();
        if args.dry_run {
            let emptied = pruning::with_body(db, inbox, bodies).await?;
            let forgotten = match keys {
                Some(keys) => pruning::without_body(db, inbox, keys).await?,
                None => 0,
            };
            let (bodies, keys) = counted(emptied, forgotten);
            output::line(&format!("{table}: would empty {bodies} and forget {keys}"))?;
            continue;
        }
        let emptied = steps(table, "emptied", || pruning::empty_some(db, inbox, bodies, now)).await?;
        let forgotten = match keys {
            Some(keys) => steps(table, "forgot", || pruning::forget_some(db, inbox, keys)).await?,
            None => 0,
        };
        let after =
            json!({"bodies_before": bodies, "emptied": emptied, "keys_before": keys, "forgotten": forgotten});
        let mut tx = db.begin().await?;
        let change =
            Change { action: "events.prune", subject: table, tenant: None, before: None, after: Some(after) };
        args.actor.record(&mut tx, change, now).await?;
        tx.commit().await?;
        let (bodies, keys) = counted(emptied, forgotten);
        output::line(&format!("{table}: emptied {bodies}, forgot {keys}"))?;
    }
    Ok(())
}

fn counted(bodies: impl TryInto<u64>, keys: impl TryInto<u64>) -> (String, String) {
    (count_of(bodies, "body", "bodies"), count(keys, "key"))
}

fn bounds(args: &PruneArgs, now: Timestamp) -> anyhow::Result<(Timestamp, Option<Timestamp>)> {
    let bodies = args.older_than.resolve(now);
    let keys = args.keys_older_than.map(|when| when.resolve(now));
    if bodies > now.plus_s(-LEAST_BODY_S) {
        return Err(misused("bodies are kept for 72 hours at least, as long as Stripe repeats an event")
            .hint("for instance --older-than 90d")
            .into());
    }
    if keys.is_some_and(|keys| keys > now.plus_s(-LEAST_KEY_S) || keys >= bodies) {
        return Err(misused("keys are kept for 30 days at least, and longer than bodies: they tell repeats")
            .hint("for instance --keys-older-than 400d")
            .into());
    }
    Ok((bodies, keys))
}

/// Takes steps until nothing is left, saying how far it is.
async fn steps<F: Future<Output = crate::store::db::Result<u64>>>(
    table: &str,
    done: &str,
    step: impl Fn() -> F,
) -> anyhow::Result<u64> {
    const TELL_EVERY: u64 = 50;
    let (mut all, mut taken) = (0, 0);
    loop {
        let n = step().await?;
        if n == 0 {
            return Ok(all);
        }
        (all, taken) = (all + n, taken + 1);
        if taken % TELL_EVERY == 0 {
            eprintln!("{table}: {done} {}", count(all, "event"));
        }
    }
}
