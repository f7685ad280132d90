//! One effect done once more, which a person names: what that may mean for each kind, and for which it may not be.
//!
//! Its id stays, and with it the `command_id` or `Idempotency-Key`. What would reach a person or their money twice is
//! refused: there is always another way, which passes the gate or makes no second payment.

use fusion_comms_core::time::Timestamp;
use serde_json::json;

use super::audit::{Actor, Change};
use super::failure::{Refusal, refuse};
use crate::store::events::Event;
use crate::store::outbox::{self, Owed};
use crate::store::{Db, Tx};

/// An effect that may be done again.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) id: String,
    pub(super) owed: Owed,
}

/// Seconds that an effect done again is tried for.
const TRIED_FOR_S: i64 = 24 * 3600;
/// How far an effect's causes are followed back.
const GENERATIONS: usize = 8;

/// The named effects, if each may be done again and was caused by one of these events.
pub(super) async fn check(db: &Db, ids: &[String], events: &[Event]) -> anyhow::Result<Vec<Again>> {
    let mut found = Vec::new();
    for id in ids {
        let owed = outbox::find(db, id).await?.ok_or_else(|| {
            refuse(format!("there is no effect {id}"))
                .hint("`fusion-comms events show` lists an event's effects")
        })?;
        if !owed.is_done && !owed.is_parked {
            return Err(refuse(format!("effect {id} waits already: it is not done yet")).into());
        }
        if let Some(refusal) = barred(id, &owed) {
            return Err(refusal.into());
        }
        if !is_caused_by(db, &owed, events).await? {
            return Err(refuse(format!("effect {id} was not caused by these events"))
                .hint("name the event that it came from: `fusion-comms trace` tells")
                .into());
        }
        found.push(Again { id: id.clone(), owed });
    }
    Ok(found)
}

/// Why an effect of this kind is never done again, with the way that there is instead.
fn barred(id: &str, owed: &Owed) -> Option<Refusal> {
    let (why, instead) = match owed.kind.as_str() {
        // Harmless as often as one likes: a stored fax is not fetched again, a message that comes twice has no effect,
        // and Stripe ends a session once.
        "fax_fetch" | "fax_enqueue" | "expire_session" => return None,
        "text" => (
            "a text again is a second text: after a day Telnyx forgets that it had the first",
            "`fusion-comms text send` sends a bill anew, past the gate; the person's own words get their answer when they write again",
        ),
        "checkout" | "bill" => (
            "a payment link again may be a second payment: Stripe forgets the first one's key after a day",
            "`fusion-comms text send` makes a new link and ends the old one; or the caller calls again",
        ),
        "command" => (
            "a call goes on by its own state: a command again would come between",
            "the machine repeats what is still wanted by itself; call the person back",
        ),
        _ => ("this program does not know its kind", "leave it to the version that made it"),
    };
    Some(refuse(format!("effect {id} ({}) is not done again: {why}", owed.kind)).hint(instead))
}

async fn is_caused_by(db: &Db, owed: &Owed, events: &[Event]) -> anyhow::Result<bool> {
    let mut cause = owed.cause_id.clone();
    for _ in 0..GENERATIONS {
        if events.iter().any(|e| e.id.as_str() == cause) {
            return Ok(true);
        }
        match outbox::find(db, &cause).await? {
            Some(earlier) => cause = earlier.cause_id,
            None => return Ok(false),
        }
    }
    Ok(false)
}

/// Owes it once more, and keeps who wanted that.
pub(super) async fn owe(tx: &mut Tx, again: &Again, actor: &Actor, now: Timestamp) -> anyhow::Result<()> {
    if !outbox::again(tx, &again.id, now.plus_s(TRIED_FOR_S), now).await? {
        return Err(refuse(format!("effect {} is owed already", again.id)).into());
    }
    let state = if again.owed.is_done { "done" } else { "parked" };
    let change = Change {
        action: "effect.again",
        subject: &again.id,
        tenant: again.owed.tenant.as_ref(),
        before: Some(json!({"kind": again.owed.kind, "state": state})),
        after: Some(json!({"state": "waiting"})),
    };
    Ok(actor.record(tx, change, now).await?)
}
