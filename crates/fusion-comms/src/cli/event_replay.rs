//! `events replay`: puts events back to be worked, after saying what that will do.

use std::process::ExitCode;

use fusion_comms_core::ids::EventId;

use super::arguments;
use super::audit::{Actor, Change, now};
use super::output::{self, count};
use crate::store::Db;
use crate::store::events::{self, Event};

#[derive(Debug, clap::Args)]
pub(super) struct ReplayArgs {
    /// The events, as `events list` names them.
    #[arg(value_name = "ID", required = true, value_parser = arguments::id)]
    events: Vec<String>,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    actor: Actor,
}

/// Why an event cannot be worked again.
#[derive(Clone, Copy, Debug)]
enum Barred {
    Unknown,
    DigitsGone,
    BodyGone,
}

impl Barred {
    fn reason(self) -> &'static str {
        match self {
            Barred::Unknown => "the inbox holds no such event",
            Barred::DigitsGone => {
                "the digits of this gather are gone: they are cleared once they have done their work"
            }
            Barred::BodyGone => "its body is gone: it was emptied by `events prune`",
        }
    }
}

/// Exit code 1 where one of the events was refused; the others are put back all the same.
pub(super) async fn run(db: &Db, args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let mut refused = 0;
    for id in &args.events {
        let id = EventId::new(id.as_str());
        match replay(db, &id, args).await? {
            Ok(words) => output::line(&words)?,
            Err(barred) => {
                refused += 1;
                eprintln!("error: event {id} is not replayed: {}", barred.reason());
            }
        }
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn replay(db: &Db, id: &EventId, args: &ReplayArgs) -> anyhow::Result<Result<String, Barred>> {
    let Some((event, _)) = events::get(db, id).await? else { return Ok(Err(Barred::Unknown)) };
    if event.digits_cleared {
        return Ok(Err(Barred::DigitsGone));
    }
    if event.pruned_at.is_some() {
        return Ok(Err(Barred::BodyGone));
    }
    let words = what_follows(db, &event).await?;
    if args.dry_run {
        return Ok(Ok(format!("would put event {id} ({}) back: {words}", event.event_type)));
    }
    let now = now();
    let mut tx = db.begin().await?;
    if !events::replay(&mut tx, id, now).await? {
        // Between our look and our touch it was worked.
        return Ok(Err(Barred::DigitsGone));
    }
    let tenant = event.tenant.as_ref();
    let change = Change { action: "event.replay", subject: id.as_str(), tenant, before: None, after: None };
    args.actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    Ok(Ok(format!("put event {id} ({}) back: {words}", event.event_type)))
}

async fn what_follows(db: &Db, event: &Event) -> anyhow::Result<String> {
    let effects = events::effects(db, &event.id).await?;
    let of = |wanted: &str| effects.iter().filter(|(_, state, _)| *state == wanted).count();
    let so_far = match (event.processed_at, event.parked_at) {
        (Some(_), _) => "it has been processed and is worked again",
        (None, Some(_)) => "it was parked and is worked again",
        (None, None) => "it waits already and is due now",
    };
    let mut words = vec![so_far.to_owned()];
    if event.channel == "voice" {
        words.push("a step that its call took for it is not taken twice".to_owned());
    }
    if of("done") > 0 {
        words.push(format!("{} done before and not repeated", count(of("done"), "effect")));
    }
    if of("waiting") > 0 {
        words.push(format!("{} already waiting", count(of("waiting"), "effect")));
    }
    if of("parked") > 0 {
        words.push(format!("{} parked before, which stays so", count(of("parked"), "effect")));
    }
    Ok(words.join("; "))
}
