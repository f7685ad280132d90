//! `incident`: what must be looked into afterwards, as a fax that lay on a wrong case.

use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::ids::TenantId;
use serde_json::{Value, json};

use super::audit::{Actor, Change, now};
use super::failure::refuse;
use super::{arguments, database, output, tenant};
use crate::store::Db;
use crate::store::incidents::{self, Incident};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List incidents, the oldest first; open ones unless told otherwise.
    List(ListArgs),
    /// Show one incident with all its particulars.
    Show {
        /// The incident, as `incident list` names it.
        #[arg(value_name = "ID", value_parser = arguments::id)]
        incident: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Close an incident with what came of it.
    Close {
        /// The incident, as `incident list` names it.
        #[arg(value_name = "ID", value_parser = arguments::id)]
        incident: String,
        /// What was found and done: who saw the paper, who was told, what was changed.
        #[arg(long, value_name = "TEXT")]
        outcome: String,
        #[command(flatten)]
        actor: Actor,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Of this agency only.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: Option<TenantId>,
    /// Closed ones as well.
    #[arg(long)]
    all: bool,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let db = database::open().await?;
    match command {
        Command::List(args) => list(&db, &args).await?,
        Command::Show { incident, json } => show(&db, &incident, json).await?,
        Command::Close { incident, outcome, actor } => close(&db, &incident, &outcome, &actor).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn view(i: &Incident) -> Value {
    json!({
        "incident_id": i.id,
        "tenant_id": i.tenant,
        "kind": i.kind,
        "subject": i.subject,
        "detail": i.detail,
        "opened_at": i.opened_at,
        "opened_by": i.opened_by,
        "reason": i.reason,
        "closed_at": i.closed_at,
        "closed_by": i.closed_by,
        "outcome": i.outcome,
    })
}

async fn list(db: &Db, args: &ListArgs) -> anyhow::Result<()> {
    tenant::known_if_named(db, args.tenant.as_ref()).await?;
    let found = incidents::list(db, args.tenant.as_ref(), args.all, args.limit).await?;
    let views: Vec<Value> = found.iter().map(view).collect();
    let columns = ["opened_at", "incident_id", "tenant_id", "kind", "subject", "opened_by", "closed_at"];
    output::listing(args.json, &views, columns, |v| output::row(v, columns))
}

async fn show(db: &Db, id: &str, as_json: bool) -> anyhow::Result<()> {
    let fields = view(&incidents::get(db, id).await?.ok_or_else(unknown)?);
    if as_json {
        return output::json(&fields);
    }
    let names = [
        "incident_id",
        "tenant_id",
        "kind",
        "subject",
        "detail",
        "opened_at",
        "opened_by",
        "reason",
        "closed_at",
        "closed_by",
        "outcome",
    ];
    output::put(&output::fields(&names.map(|name| (name, output::shown(&fields[name])))))
}

fn unknown() -> super::failure::Refusal {
    refuse("there is no such incident").hint("`fusion-comms incident list --all` shows them")
}

async fn close(db: &Db, id: &str, outcome: &str, actor: &Actor) -> anyhow::Result<()> {
    let now = now();
    let mut tx = db.begin().await?;
    let incident = incidents::get(&mut tx, id).await?.ok_or_else(unknown)?;
    if !incidents::close(&mut tx, id, &actor.name(), outcome, now).await? {
        return Err(refuse("this incident is closed already").into());
    }
    let change = Change {
        action: "incident.close",
        subject: id,
        tenant: incident.tenant.as_ref(),
        before: Some(json!({"kind": incident.kind, "subject": incident.subject})),
        after: Some(json!({"outcome": outcome})),
    };
    actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    output::line(&format!("closed: {} about fax {}", incident.kind, incident.subject))
}
