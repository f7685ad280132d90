//! `events effects`: what is owed to the outside and not done, and what was given up. What an effect carries is not shown:
//! words, numbers and links are in it.

use fusion_comms_core::ids::TenantId;
use serde_json::{Value, json};

use super::{arguments, output, tenant};
use crate::store::Db;
use crate::store::outbox::{self, Open, Standing};

#[derive(Debug, clap::Args)]
pub(super) struct EffectsArgs {
    /// In this state only: `waiting` to be done, or `parked`: given up.
    #[arg(long, value_parser = ["waiting", "parked"])]
    state: Option<String>,
    /// Of this agency only; `unassigned` for those of no agency.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: Option<TenantId>,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn list(db: &Db, args: &EffectsArgs) -> anyhow::Result<()> {
    tenant::known_if_named(db, args.tenant.as_ref()).await?;
    let standing = match args.state.as_deref() {
        Some("waiting") => Standing::Waiting,
        Some(_) => Standing::Parked,
        None => Standing::Either,
    };
    let open = outbox::list_open(db, args.tenant.as_ref(), standing, args.limit).await?;
    let views: Vec<Value> = open.iter().map(view).collect();
    let columns =
        ["created_at", "effect_id", "kind", "tenant_id", "state", "attempts", "cause_id", "last_error"];
    output::listing(args.json, &views, columns, |v| output::row(v, columns))
}

fn view(e: &Open) -> Value {
    json!({
        "effect_id": e.id,
        "kind": e.kind,
        "lane": e.lane,
        "tenant_id": e.tenant,
        "state": if e.parked_at.is_some() { "parked" } else { "waiting" },
        "created_at": e.created_at,
        "due_at": e.due_at,
        "parked_at": e.parked_at,
        "attempts": e.attempts,
        "cause_id": e.cause_id,
        "last_error": e.last_error,
    })
}
