//! `opt-out evidence`: what an agency shows of one number, as a file that can be checked without the service.

use std::path::PathBuf;

use anyhow::Context;
use fusion_comms_core::evidence::{self, Item};
use serde_json::json;

use super::audit::{Actor, Change, now};
use super::failure::refuse;
use super::opt_out::Who;
use super::{database, output, tenant};
use crate::store::{evidence as kept, ledger, seals};

#[derive(Debug, clap::Args)]
pub(super) struct EvidenceArgs {
    #[command(flatten)]
    who: Who,
    /// The file to write; it must not be there yet. Without it the lines go to standard output.
    #[arg(long, value_name = "FILE.jsonl")]
    out: Option<PathBuf>,
    #[command(flatten)]
    actor: Actor,
}

pub(super) async fn run(args: &EvidenceArgs) -> anyhow::Result<()> {
    let db = database::open().await?;
    let tenant = tenant::known(&db, &args.who.tenant).await?;
    let (phone, now) = (&args.who.phone, now());
    seals::seal(&db, now).await?;
    let mut tx = db.begin().await?;
    let standing = ledger::standing(&mut tx, Some(&tenant.id), phone).await?;
    // That somebody took patient data out is kept.
    let change = Change {
        action: "opt_out.evidence",
        subject: phone.expose(),
        tenant: Some(&tenant.id),
        before: None,
        after: None,
    };
    args.actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    let about = json!({
        "tenant_id": tenant.id, "agency": tenant.name, "phone_e164": phone.expose(), "made_at": now,
        "program": env!("CARGO_PKG_VERSION"), "opted_out": standing.as_ref().map(super::opt_out::view),
    });
    let mut items = vec![Item { kind: "about", data: about }];
    items.extend(kept::of(&db, &tenant.id, phone).await?);
    let text = evidence::write(&items);
    let Some(out) = &args.out else { return output::put(&text) };
    if out.exists() {
        return Err(refuse("a file of this name is there already").hint("name another one").into());
    }
    std::fs::write(out, &text).context("the file cannot be written")?;
    output::line(&format!("wrote {} about {}", output::count(items.len(), "line"), phone.masked()))?;
    eprintln!(
        "hint: `fusion-comms audit verify --file FILE` checks it, also on a machine without the database"
    );
    Ok(())
}
