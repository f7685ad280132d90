//! `events`: the inbox of webhooks, Telnyx's and Stripe's, as operators see it.

use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::ids::{EventId, TenantId};
use serde_json::{Value, json};

use super::arguments::{self, When};
use super::audit::{Actor, Change, now};
use super::confirm::{Confirmed, confirm};
use super::event_effects::{self, EffectsArgs};
use super::event_prune::{self, PruneArgs};
use super::event_replay::{self, ReplayArgs};
use super::event_storm::{self, StormArgs};
use super::failure::{Refusal, refuse};
use super::{database, output, tenant};
use crate::store::events::{self, Event, Filter};
use crate::store::{Db, ledger};
use crate::worker::calls::forget_digits;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List events, the latest first.
    List(ListArgs),
    /// Show one event: its fields, its body without what is never kept, its effects.
    Show {
        /// The event, as `events list` names it.
        #[arg(value_name = "ID", value_parser = arguments::id)]
        event: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Put events back to be worked again. Effects that are done are not repeated.
    Replay(ReplayArgs),
    /// Delete one event, so that its next delivery is worked as new.
    Delete(DeleteArgs),
    /// Empty the bodies of old, worked events, and in the end forget their keys. In small steps: the service may run.
    Prune(PruneArgs),
    /// List effects that are owed and not done, the latest first: texts, links, commands of calls, fetches of faxes.
    Effects(EffectsArgs),
    /// Say whether webhooks come in a storm of repeats, and whether any of it does harm: exit code 1 where it does.
    Storm(StormArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) which: Which,
    /// The oldest first.
    #[arg(long)]
    oldest_first: bool,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Which events.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Of this agency only; `unassigned` for those of no agency.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: Option<TenantId>,
    /// Of this type or of all types that begin so: `call.hangup`, `fax`.
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// In this state only: `waiting` to be worked, `processed`, or `parked` for a person.
    #[arg(long, value_parser = ["waiting", "processed", "parked"])]
    state: Option<String>,
    /// By this route.
    #[arg(long, value_parser = ["voice", "sms", "fax", "stripe"])]
    channel: Option<String>,
    /// Whose last error holds this text.
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,
    /// Of this call (its control id or session; with its payments), fax, text of ours (its id at Telnyx), or Stripe object.
    #[arg(long, value_name = "ID", value_parser = arguments::id)]
    key: Option<String>,
    /// Received since then: a time, or a span back from now (`24h`).
    #[arg(long, value_name = "TIME", value_parser = arguments::when)]
    since: Option<When>,
    /// Received until then.
    #[arg(long, value_name = "TIME", value_parser = arguments::when)]
    until: Option<When>,
}

impl Which {
    /// Nothing is said of which: all are meant.
    pub(super) fn is_all(&self) -> bool {
        self.tenant.is_none()
            && self.event_type.is_none()
            && self.state.is_none()
            && self.channel.is_none()
            && self.error.is_none()
            && self.key.is_none()
            && self.since.is_none()
            && self.until.is_none()
    }

    /// A refusal where the agency is none.
    pub(super) async fn known(&self, db: &Db) -> anyhow::Result<()> {
        tenant::known_if_named(db, self.tenant.as_ref()).await
    }

    pub(super) fn filter(&self, limit: i64) -> Filter {
        let now = now();
        Filter {
            tenant: self.tenant.clone(),
            event_type: self.event_type.clone(),
            state: self.state.clone(),
            channel: self.channel.clone(),
            error: self.error.clone(),
            key: self.key.clone(),
            since: self.since.map(|when| when.resolve(now)),
            until: self.until.map(|when| when.resolve(now)),
            oldest_first: false,
            limit,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct DeleteArgs {
    /// The event, as `events list` names it.
    #[arg(value_name = "ID", value_parser = arguments::id)]
    event: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    actor: Actor,
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let db = database::open().await?;
    match command {
        Command::List(args) => list(&db, args).await?,
        Command::Show { event, json } => show(&db, &EventId::new(event), json).await?,
        Command::Replay(args) => return event_replay::run(&db, &args).await,
        Command::Delete(args) => delete(&db, &args).await?,
        Command::Prune(args) => event_prune::run(&db, &args).await?,
        Command::Effects(args) => event_effects::list(&db, &args).await?,
        Command::Storm(args) => return event_storm::run(&db, args).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn state(e: &Event) -> &'static str {
    match (e.processed_at, e.parked_at) {
        (Some(_), _) => "processed",
        (None, Some(_)) => "parked",
        (None, None) => "waiting",
    }
}

fn view(e: &Event) -> Value {
    json!({
        "event_id": e.id,
        "event_type": e.event_type,
        "channel": e.channel,
        "tenant_id": e.tenant,
        "state": state(e),
        "received_at": e.received_at,
        "occurred_at": e.occurred_at,
        "processed_at": e.processed_at,
        "parked_at": e.parked_at,
        "attempts": e.attempts,
        "last_error": e.last_error,
        "digits_cleared": e.digits_cleared,
        "pruned_at": e.pruned_at,
        "order_key": e.order_key,
    })
}

fn unknown() -> Refusal {
    refuse("the inbox holds no such event").hint("`fusion-comms events list` shows what it holds")
}

async fn list(db: &Db, args: ListArgs) -> anyhow::Result<()> {
    args.which.known(db).await?;
    let filter = Filter { oldest_first: args.oldest_first, ..args.which.filter(args.limit) };
    let views: Vec<Value> = events::list(db, &filter).await?.iter().map(view).collect();
    let columns = ["received_at", "event_id", "event_type", "tenant_id", "state", "last_error"];
    output::listing(args.json, &views, columns, |v| output::row(v, columns))
}

async fn show(db: &Db, id: &EventId, as_json: bool) -> anyhow::Result<()> {
    let (event, mut body) = events::get(db, id).await?.ok_or_else(unknown)?;
    // Kept only until the event has done its work, and for nobody's eyes.
    forget_digits(&mut body);
    let effects: Vec<Value> = events::effects(db, id.as_str())
        .await?
        .into_iter()
        .map(|e| {
            json!({"effect_id": e.effect_id, "kind": e.kind, "state": e.state, "last_error": e.last_error})
        })
        .collect();
    let mut fields = view(&event);
    let (means, next) = meaning(&event);
    fields["means"] = json!(means);
    fields["next"] = json!(next);
    if as_json {
        fields["raw_json"] = body;
        fields["effects"] = json!(effects);
        return output::json(&fields);
    }
    let names = [
        "event_id",
        "event_type",
        "channel",
        "tenant_id",
        "state",
        "received_at",
        "occurred_at",
        "processed_at",
        "parked_at",
        "attempts",
        "last_error",
        "digits_cleared",
        "pruned_at",
        "order_key",
        "means",
        "next",
    ];
    output::put(&output::fields(&names.map(|name| (name, output::shown(&fields[name])))))?;
    output::line(&format!("\nbody, as kept:\n{}\n", serde_json::to_string_pretty(&body)?))?;
    output::listing(false, &effects, ["effect_id", "effect", "state", "last error"], |e| {
        output::row(e, ["effect_id", "kind", "state", "last_error"])
    })
}

/// What an event's state means, and what to do next.
fn meaning(e: &Event) -> (&'static str, String) {
    let id = &e.id;
    let bodiless = e.digits_cleared || e.pruned_at.is_some();
    match (state(e), e.attempts, &e.last_error) {
        ("processed", ..) if e.digits_cleared => (
            "it was worked, and the keyed digits in it were cleared then",
            format!("nothing; it cannot be replayed; `fusion-comms trace event {id}` tells what followed"),
        ),
        ("processed", ..) if e.pruned_at.is_some() => {
            ("it was worked, and its body was emptied since", "nothing; it cannot be replayed".to_owned())
        }
        ("processed", ..) => (
            "it was worked: what it caused is below",
            format!("nothing; `fusion-comms trace event {id}` tells what followed"),
        ),
        ("parked", ..) if bodiless => (
            "it was given up, and what it needs is gone",
            "it cannot be replayed: see to the person by hand".to_owned(),
        ),
        ("parked", ..) => (
            "it was given up after several tries, or needs a person",
            format!("mend what `last_error` says, then `fusion-comms events replay {id}`"),
        ),
        (_, 0, _) => (
            "it is kept and has not been tried yet",
            "nothing for a moment; if it stays so no worker takes from the inbox: `fusion-comms doctor`"
                .to_owned(),
        ),
        (_, _, Some(_)) => (
            "its work failed and is tried again, up to eight times",
            "see `last_error`; it may mend itself".to_owned(),
        ),
        (_, _, None) => {
            ("it is being worked now, or its worker died with it", "look again in ten seconds".to_owned())
        }
    }
}

async fn delete(db: &Db, args: &DeleteArgs) -> anyhow::Result<()> {
    let id = EventId::new(args.event.as_str());
    let (event, _) = events::get(db, &id).await?.ok_or_else(unknown)?;
    let consequence = match state(&event) {
        "processed" => {
            "It has been worked; if the provider delivers it again, missing effects are made anew."
        }
        _ => "It has NOT been worked: unless the provider delivers it again, it is lost.",
    };
    let question = format!("Delete event {id} ({}, {})? {consequence}", event.event_type, state(&event));
    let confirmed = confirm(&question, args.yes)?;
    delete_one(db, &event, &args.actor, confirmed).await?;
    output::line(&format!("deleted event {id}. {consequence}"))
}

async fn delete_one(db: &Db, event: &Event, actor: &Actor, _confirmed: Confirmed) -> anyhow::Result<()> {
    let now = now();
    let mut tx = db.begin().await?;
    if !ledger::pending_of(&mut tx, &event.id).await?.is_empty() {
        return Err(refuse("the event holds a STOP that is not in the ledger yet")
            .hint("wait until it has been processed")
            .into());
    }
    if !events::delete(&mut tx, &event.id).await? {
        return Err(unknown().into());
    }
    let (before, tenant) = (Some(view(event)), event.tenant.as_ref());
    let change = Change { action: "event.delete", subject: event.id.as_str(), tenant, before, after: None };
    actor.record(&mut tx, change, now).await?;
    Ok(tx.commit().await?)
}
