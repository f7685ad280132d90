//! `task`: what a person of an agency should look at.

use std::process::ExitCode;

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use fusion_comms_core::ids::TenantId;
use serde_json::{Value, json};

use super::audit::{Actor, Change, now};
use super::failure::refuse;
use super::{arguments, database, output, tenant};
use crate::store::Db;
use crate::store::tasks::{self, Kind, Task};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List what waits for a person, the longest waiting first.
    List(ListArgs),
    /// Mark a task as done. A text that waits to be read is done by `text review`.
    Done {
        /// The task, as `task list` names it.
        #[arg(value_name = "TASK_ID", value_parser = arguments::id)]
        task: String,
        /// What was done, for the audit log.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        actor: Actor,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Of this agency only; `unassigned` for those of no agency.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: Option<TenantId>,
    /// Of this kind only.
    #[arg(long, value_parser = PossibleValuesParser::new(Kind::ALL.map(Kind::as_str)))]
    kind: Option<String>,
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
        Command::Done { task, reason, actor } => done(&db, &task, reason.as_deref(), &actor).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn view(t: &Task) -> Value {
    json!({
        "task_id": t.id,
        "tenant_id": t.tenant,
        "kind": t.kind,
        "subject": t.subject,
        "created_at": t.created_at,
    })
}

async fn list(db: &Db, args: &ListArgs) -> anyhow::Result<()> {
    tenant::known_if_named(db, args.tenant.as_ref()).await?;
    let open = tasks::list_open_of(db, args.tenant.as_ref(), args.kind.as_deref(), args.limit).await?;
    let views: Vec<Value> = open.iter().map(view).collect();
    let columns = ["created_at", "task_id", "tenant_id", "kind", "subject"];
    output::listing(args.json, &views, columns, |v| output::row(v, columns))
}

async fn done(db: &Db, id: &str, reason: Option<&str>, actor: &Actor) -> anyhow::Result<()> {
    let now = now();
    let mut tx = db.begin().await?;
    let task = tasks::find(&mut tx, id).await?.ok_or_else(|| {
        refuse("there is no such task").hint("`fusion-comms task list` shows those that are open")
    })?;
    if [Kind::TextToRead, Kind::Emergency].map(Kind::as_str).contains(&task.kind.as_str()) {
        return Err(refuse("this task is a text to be read, and is done by saying how it reads")
            .hint(format!("`fusion-comms text review {} --as stop|none`", task.subject))
            .into());
    }
    if !tasks::close(&mut tx, id, now).await? {
        return Err(refuse("this task is done already").into());
    }
    let change = Change {
        action: "task.done",
        subject: id,
        tenant: task.tenant.as_ref(),
        before: Some(json!({"kind": task.kind, "subject": task.subject, "created_at": task.created_at})),
        after: Some(json!({"done_at": now, "reason": reason})),
    };
    actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    let tenant = task.tenant.as_ref().map_or("no agency", TenantId::as_str);
    output::line(&format!("done: {} of {tenant}", task.kind))
}
