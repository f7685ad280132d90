//! `number`: which numbers are whose, and what for.

use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use serde_json::{Value, json};

use super::audit::{Actor, Change, now};
use super::failure::{misused, refuse};
use super::{arguments, database, output, tenant};
use crate::store::tenants::{self, Number, Purpose};
use crate::store::{Db, Tx, ledger};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Give a number to an agency, or change where its callers are transferred.
    Add(AddArgs),
    /// List the numbers.
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// The number.
    #[arg(value_name = "E164", value_parser = arguments::phone)]
    phone: E164,
    /// The agency.
    #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
    tenant: TenantId,
    /// What the number is for: a comma list of billing_voice, billing_sms, billing_fax.
    #[arg(long, required = true, value_delimiter = ',', value_parser = arguments::purpose)]
    purpose: Vec<Purpose>,
    /// Where callers of this number are transferred; without it to the agency's billing phone.
    #[arg(long, value_name = "E164", value_parser = arguments::phone)]
    forward_to: Option<E164>,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Of this agency only.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: Option<TenantId>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add(args) => add(&args).await?,
        Command::List(args) => list(&args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(args: &AddArgs) -> anyhow::Result<()> {
    check_forwarding(args)?;
    let db = database::open().await?;
    let now = now();
    let mut tx = db.begin().await?;
    // Two who add one number at the same moment take turns.
    ledger::lock_number(&mut tx, &args.phone).await?;
    tenant::known(&mut tx, &args.tenant).await?;
    for purpose in &args.purpose {
        refuse_if_taken(&mut tx, args, *purpose).await?;
        let forward_to = args.forward_to.clone().filter(|_| *purpose == Purpose::Voice);
        let number =
            Number { phone: args.phone.clone(), purpose: *purpose, tenant: args.tenant.clone(), forward_to };
        tenants::put_number(&mut tx, &number).await?;
        let (subject, after) = (number.phone.expose(), Some(view(&number)));
        let change =
            Change { action: "number.add", subject, tenant: Some(&args.tenant), before: None, after };
        args.actor.record(&mut tx, change, now).await?;
    }
    tx.commit().await?;
    let purposes: Vec<&str> = args.purpose.iter().map(|p| p.as_str()).collect();
    output::line(&format!("{} is {} of {}", args.phone.masked(), purposes.join(", "), args.tenant))
}

fn check_forwarding(args: &AddArgs) -> anyhow::Result<()> {
    let Some(forward_to) = &args.forward_to else { return Ok(()) };
    if !args.purpose.contains(&Purpose::Voice) {
        return Err(misused("only a billing_voice number forwards callers")
            .hint("add billing_voice to `--purpose`, or leave `--forward-to` out")
            .into());
    }
    if *forward_to == args.phone {
        return Err(misused("a number cannot forward callers to itself").into());
    }
    Ok(())
}

/// Calls and faxes are told apart by the dialled number alone; only texts may share one.
async fn refuse_if_taken(tx: &mut Tx, args: &AddArgs, purpose: Purpose) -> anyhow::Result<()> {
    if purpose == Purpose::Sms {
        return Ok(());
    }
    let owners = tenants::of_number(&mut *tx, &args.phone, purpose).await?;
    if owners.iter().all(|owner| owner.tenant == args.tenant) {
        return Ok(());
    }
    Err(refuse(format!("another agency has this number for {}", purpose.as_str()))
        .hint("`fusion-comms number list` shows whose it is")
        .into())
}

async fn list(args: &ListArgs) -> anyhow::Result<()> {
    let db: Db = database::open().await?;
    tenant::known_if_named(&db, args.tenant.as_ref()).await?;
    let numbers = tenants::numbers(&db).await?;
    let wanted = numbers.iter().filter(|n| args.tenant.as_ref().is_none_or(|t| *t == n.tenant));
    let views: Vec<Value> = wanted.map(view).collect();
    let columns = ["tenant", "purpose", "phone", "forward_to"];
    output::listing(args.json, &views, columns, |v| output::row(v, columns))
}

fn view(n: &Number) -> Value {
    json!({
        "phone": n.phone.expose(),
        "purpose": n.purpose.as_str(),
        "tenant": n.tenant,
        "forward_to": n.forward_to.as_ref().map(E164::expose),
    })
}
