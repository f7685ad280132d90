//! `statement`: the bills that callers can pay.

use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::ids::{StatementId, TenantId};
use serde_json::{Value, json};

use super::audit::{Actor, Change, now};
use super::failure::refuse;
use super::{arguments, database, output, statement_import, tenant};
use crate::store::billing::{self, Statement};

/// What a status may be set to by hand.
const BY_HAND: [&str; 3] = ["open", "on_hold", "paid"];

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Import statements.
    ///
    /// Columns that must be there: statement_id, amount_cents, currency (`usd`). Columns that may be: case_id, status.
    ///
    /// A status left out is `open` for a new statement; one that is there already keeps its own. A statement that was
    /// paid through a link is neither opened again nor given another amount: such lines are kept back and counted.
    Import(statement_import::Args),
    /// Set the status of a statement.
    Set {
        /// The statement's number.
        #[arg(value_name = "ID", value_parser = arguments::statement)]
        statement: StatementId,
        /// The agency.
        #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
        tenant: TenantId,
        /// What it is from now on: `open` may be paid, `on_hold` may not.
        #[arg(long, value_parser = BY_HAND)]
        status: String,
        #[command(flatten)]
        actor: Actor,
    },
    /// List an agency's statements.
    List {
        /// The agency.
        #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
        tenant: TenantId,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import(args) => statement_import::run(&args).await?,
        Command::Set { statement, tenant, status, actor } => {
            set(&statement, &tenant, &status, &actor).await?
        }
        Command::List { tenant, json } => list(&tenant, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn set(id: &StatementId, tenant: &TenantId, status: &str, actor: &Actor) -> anyhow::Result<()> {
    let db = database::open().await?;
    tenant::known(&db, tenant).await?;
    let now = now();
    let mut tx = db.begin().await?;
    let unknown =
        || refuse("this agency has no such statement").hint("`fusion-comms statement list` shows them");
    let old = billing::find_statement(&mut tx, tenant, id).await?.ok_or_else(unknown)?;
    if !billing::set_statement_status(&mut tx, tenant, id.expose(), status, now).await? {
        return Err(unknown().into());
    }
    let (before, after) = (Some(json!({"status": old.status})), Some(json!({"status": status})));
    let change =
        Change { action: "statement.set", subject: id.expose(), tenant: Some(tenant), before, after };
    actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    output::line(&format!("the statement was {} and is {status}", old.status))
}

async fn list(tenant: &TenantId, as_json: bool) -> anyhow::Result<()> {
    let db = database::open().await?;
    tenant::known(&db, tenant).await?;
    let views: Vec<Value> = billing::statements(&db, tenant).await?.iter().map(view).collect();
    let headings = ["statement_id", "amount_cents", "currency", "case_id", "status"];
    output::listing(as_json, &views, headings, |v| output::row(v, headings))
}

fn view(s: &Statement) -> Value {
    json!({
        "statement_id": s.id,
        "amount_cents": s.amount,
        "currency": s.currency,
        "case_id": s.case,
        "status": s.status,
    })
}
