//! `events replay`: puts events back to be worked, after saying what that will do.
//!
//! All of them are put back in one transaction, in the order of their arrival: events of one call are then worked in
//! that order again, whatever order they were named in.

use std::process::ExitCode;

use fusion_comms_core::ids::EventId;

use super::arguments;
use super::audit::{Actor, Change, now};
use super::confirm::confirm;
use super::effect_again::{self, Again};
use super::events::Which;
use super::failure::{misused, refuse};
use super::output::{self, count};
use crate::store::events::{self, Event};
use crate::store::{Db, Tx};

#[derive(Debug, clap::Args)]
pub(super) struct ReplayArgs {
    /// These events; or say which by the options, as in `events list`.
    #[arg(value_name = "ID", value_parser = arguments::id)]
    events: Vec<String>,
    #[command(flatten)]
    which: Which,
    /// Do this effect of theirs once more although it was done or given up. Never a text, a command or a payment link.
    #[arg(long, value_name = "EFFECT_ID", value_parser = arguments::id)]
    again: Vec<String>,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// At most so many, where they are chosen by options.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
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

    fn of(event: &Event) -> Option<Self> {
        match event {
            e if e.digits_cleared => Some(Barred::DigitsGone),
            e if e.pruned_at.is_some() => Some(Barred::BodyGone),
            _ => None,
        }
    }
}

/// Exit code 1 where one of the events was refused; the others are put back all the same.
pub(super) async fn run(db: &Db, args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let (mut chosen, mut refused) = chosen(db, args).await?;
    // Each inbox counts for itself; no event of the one waits for one of the other.
    chosen.sort_by_key(|e| (e.channel == "stripe", e.seq));
    let again = effect_again::check(db, &args.again, &chosen).await?;
    if args.dry_run {
        for event in &chosen {
            let words = what_follows(db, event, &again).await?;
            output::line(&format!("would put event {} ({}) back: {words}", event.id, event.event_type))?;
        }
        again.iter().try_for_each(|a| {
            output::line(&format!("would do effect {} ({}) once more", a.id, a.owed.kind))
        })?;
        return Ok(code(refused));
    }
    ask(args, &chosen, &again)?;
    let mut told = Vec::new();
    for event in &chosen {
        told.push(what_follows(db, event, &again).await?);
    }
    let mut tx = db.begin().await?;
    for (event, words) in chosen.iter().zip(&told) {
        if put_back(&mut tx, event, &args.actor).await? {
            output::line(&format!("put event {} ({}) back: {words}", event.id, event.event_type))?;
        } else {
            // Between our look and our touch it was worked.
            refused += 1;
            eprintln!("error: event {} is not replayed: {}", event.id, Barred::DigitsGone.reason());
        }
    }
    for a in &again {
        effect_again::owe(&mut tx, a, &args.actor, now()).await?;
        output::line(&format!("effect {} ({}) is owed once more", a.id, a.owed.kind))?;
    }
    tx.commit().await?;
    Ok(code(refused))
}

fn code(refused: usize) -> ExitCode {
    if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The events that are meant and can be worked again, and how many cannot.
async fn chosen(db: &Db, args: &ReplayArgs) -> anyhow::Result<(Vec<Event>, usize)> {
    let by_options = !args.which.is_all();
    let found = match (args.events.is_empty(), by_options) {
        (true, false) => {
            return Err(misused("no event is named")
                .hint("name events, or say which by `--state parked` and the like")
                .into());
        }
        (false, true) => {
            return Err(misused("events are named, and chosen by options as well")
                .hint("do the one or the other")
                .into());
        }
        (true, true) => {
            args.which.known(db).await?;
            events::list(db, &args.which.filter(args.limit)).await?.into_iter().map(Ok).collect()
        }
        (false, false) => named(db, &args.events).await?,
    };
    if found.is_empty() {
        return Err(refuse("no event is as asked for")
            .hint("`fusion-comms events list` takes the same options")
            .into());
    }
    let (mut chosen, mut refused) = (Vec::new(), 0);
    for event in found {
        let barred = match &event {
            Ok(event) => Barred::of(event).map(|why| (event.id.to_string(), why)),
            Err(id) => Some((id.clone(), Barred::Unknown)),
        };
        match (barred, event) {
            (None, Ok(event)) => chosen.push(event),
            (Some((id, why)), _) => {
                refused += 1;
                eprintln!("error: event {id} is not replayed: {}", why.reason());
            }
            (None, Err(_)) => {}
        }
    }
    Ok((chosen, refused))
}

async fn named(db: &Db, ids: &[String]) -> anyhow::Result<Vec<Result<Event, String>>> {
    let mut found = Vec::new();
    for id in ids {
        let event = events::get(db, &EventId::new(id.as_str())).await?;
        found.push(event.map(|(event, _)| event).ok_or_else(|| id.clone()));
    }
    Ok(found)
}

/// Many at once, or an effect again: only with a yes.
fn ask(args: &ReplayArgs, chosen: &[Event], again: &[Again]) -> anyhow::Result<()> {
    if !args.which.is_all() {
        let question = format!("Put {} back to be worked?", count(chosen.len(), "event"));
        confirm(&question, args.yes)?;
    }
    for a in again {
        let state = if a.owed.is_done { "was done" } else { "was given up" };
        confirm(&format!("Do effect {} ({}), which {state}, once more?", a.id, a.owed.kind), args.yes)?;
    }
    Ok(())
}

async fn put_back(tx: &mut Tx, event: &Event, actor: &Actor) -> anyhow::Result<bool> {
    let now = now();
    if !events::replay(tx, &event.id, now).await? {
        return Ok(false);
    }
    let (subject, tenant) = (event.id.as_str(), event.tenant.as_ref());
    let change = Change { action: "event.replay", subject, tenant, before: None, after: None };
    actor.record(tx, change, now).await?;
    Ok(true)
}

async fn what_follows(db: &Db, event: &Event, again: &[Again]) -> anyhow::Result<String> {
    let effects = events::effects(db, event.id.as_str()).await?;
    let is_again = |id: &str| again.iter().any(|a| a.id == id);
    let of = |wanted: &str| effects.iter().filter(|e| e.state == wanted && !is_again(&e.effect_id)).count();
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
