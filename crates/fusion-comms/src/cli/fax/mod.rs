//! `fax`: faxes that came in: looked at, filed by hand, read anew, fetched again; the pipeline tried on a folder.

mod filing;
mod score;

use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::envelope::{self, Channel, FaxKind, TelnyxBody};
use fusion_comms_core::ids::{FaxId, TenantId};
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use crate::cli::audit::{Actor, Change, now};
use crate::cli::failure::{Refusal, refuse};
use crate::cli::{arguments, database, output, tenant};
use crate::store::faxes::{self, Fax};
use crate::store::{Db, Tx, events};
use crate::worker;

const STATUSES: [&str; 6] = ["receiving", "received", "classified", "needs_review", "unreadable", "failed"];

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List faxes, the latest first.
    List(ListArgs),
    /// Show one fax.
    Show {
        /// The fax, as `fax list` names it.
        #[arg(value_name = "ID", value_parser = arguments::id)]
        fax: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Have faxes read anew: back to `received` and on the queue. What they were filed as is forgotten.
    Reprocess {
        /// The faxes, as `fax list` names them.
        #[arg(value_name = "ID", required = true, value_parser = arguments::id)]
        faxes: Vec<String>,
        #[command(flatten)]
        actor: Actor,
    },
    /// Attach a fax to a case of its agency.
    Attach(filing::AttachArgs),
    /// Take a fax off its case: back before a person. What was wrong is kept, a wrong patient or trip as an incident.
    Detach(filing::DetachArgs),
    /// Give a fax that came for nobody to an agency.
    Assign(filing::AssignArgs),
    /// Read and judge the faxes of a folder as the service would, without a database, and write the predictions.
    Score(score::Args),
    /// Have a fax fetched again that did not come into the store.
    Fetch {
        /// The fax, as `fax list` names it.
        #[arg(value_name = "ID", value_parser = arguments::id)]
        fax: String,
        #[command(flatten)]
        actor: Actor,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Of this agency only; `unassigned` for those of no agency.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: Option<TenantId>,
    /// In this state only.
    #[arg(long, value_parser = STATUSES)]
    status: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    if let Command::Score(args) = &command {
        score::run(args).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let db = database::open().await?;
    match command {
        Command::Score(_) => {}
        Command::Attach(args) => filing::attach(&db, &args).await?,
        Command::Detach(args) => filing::detach(&db, &args).await?,
        Command::Assign(args) => filing::assign(&db, &args).await?,
        Command::List(args) => list(&db, &args).await?,
        Command::Show { fax, json } => show(&db, &FaxId::new(fax), json).await?,
        Command::Reprocess { faxes, actor } => reprocess(&db, &faxes, &actor).await?,
        Command::Fetch { fax, actor } => fetch(&db, &FaxId::new(fax), &actor).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn view(f: &Fax) -> Value {
    json!({
        "fax_id": f.id,
        "tenant_id": f.tenant,
        "from_phone": f.from_phone,
        "to_phone": f.to_phone,
        "status": f.status,
        "doc_type": f.doc_type,
        "case_id": f.case,
        "page_count": f.page_count,
        "partial": f.partial,
        "s3_key_original": f.key,
        "sha256_original": f.sha256,
        "last_error": f.last_error,
        "filed_by": f.filed_by,
        "segments": f.segments,
        "pcs_checklist": f.pcs_checklist,
        "reasons": f.reasons,
        "suggestions": f.suggestions,
        "not_cases": f.not_cases,
        "s3_key_pages": f.pages_key,
        "s3_key_as_sent": f.as_sent.as_ref().map(|s| &s.key),
        "created_at": f.created_at,
        "occurred_at": f.occurred_at,
    })
}

fn unknown() -> Refusal {
    refuse("there is no such fax").hint("`fusion-comms fax list` shows the latest")
}

async fn list(db: &Db, args: &ListArgs) -> anyhow::Result<()> {
    tenant::known_if_named(db, args.tenant.as_ref()).await?;
    let faxes = faxes::list(db, args.tenant.as_ref(), args.status.as_deref(), args.limit).await?;
    let views: Vec<Value> = faxes.iter().map(view).collect();
    let columns = ["created_at", "fax_id", "tenant_id", "from_phone", "status", "doc_type", "case_id"];
    output::listing(args.json, &views, columns, |v| output::row(v, columns))
}

async fn show(db: &Db, id: &FaxId, as_json: bool) -> anyhow::Result<()> {
    let fields = view(&faxes::get(db, id).await?.ok_or_else(unknown)?);
    if as_json {
        return output::json(&fields);
    }
    let names = [
        "fax_id",
        "tenant_id",
        "from_phone",
        "to_phone",
        "status",
        "doc_type",
        "case_id",
        "page_count",
        "partial",
        "s3_key_original",
        "sha256_original",
        "last_error",
        "filed_by",
        "segments",
        "pcs_checklist",
        "reasons",
        "suggestions",
        "not_cases",
        "s3_key_pages",
        "s3_key_as_sent",
        "created_at",
        "occurred_at",
    ];
    output::put(&output::fields(&names.map(|name| (name, output::shown(&fields[name])))))
}

/// All of them or none.
async fn reprocess(db: &Db, ids: &[String], actor: &Actor) -> anyhow::Result<()> {
    let now = now();
    let mut tx = db.begin().await?;
    for id in ids {
        reprocess_one(&mut tx, &FaxId::new(id.as_str()), actor, now).await?;
    }
    tx.commit().await?;
    for id in ids {
        output::line(&format!("fax {id} is received again and on its way to the queue"))?;
    }
    Ok(())
}

async fn reprocess_one(tx: &mut Tx, id: &FaxId, actor: &Actor, now: Timestamp) -> anyhow::Result<()> {
    let fax = faxes::lock(tx, id).await?.ok_or_else(unknown)?;
    let Some(key) = fax.key.as_deref() else {
        return Err(refuse(format!("the file of fax {id} is not in the store"))
            .hint("`fusion-comms fax fetch` has it fetched again")
            .into());
    };
    faxes::reset(tx, id, now).await?;
    // A cause of its own each time: the same message twice would be one.
    let cause = format!("reprocess:{id}:{now}");
    worker::owe_message(tx, &cause, id, fax.tenant.as_ref(), key, now).await?;
    let (subject, tenant) = (id.as_str(), fax.tenant.as_ref());
    let before = Some(json!({"status": fax.status, "doc_type": fax.doc_type, "case_id": fax.case}));
    let after = Some(json!({"status": "received"}));
    actor.record(tx, Change { action: "fax.reprocess", subject, tenant, before, after }, now).await?;
    Ok(())
}

async fn fetch(db: &Db, id: &FaxId, actor: &Actor) -> anyhow::Result<()> {
    let now = now();
    let mut tx = db.begin().await?;
    let fax = faxes::lock(&mut tx, id).await?.ok_or_else(unknown)?;
    if fax.key.is_some() {
        return Err(refuse("the fax's file is in the store already")
            .hint("`fusion-comms fax reprocess` has it read anew")
            .into());
    }
    let words = if worker::hurry_fetch(&mut tx, id, now).await? {
        "its fetch was owed already and is due now"
    } else {
        let link = link_of(&mut tx, id).await?;
        let cause = format!("fetch:{id}:{now}");
        worker::owe_fetch(&mut tx, &cause, id, fax.tenant.as_ref(), link.as_deref(), now).await?;
        match link {
            Some(_) => {
                "its fetch is owed anew, from the link in the inbox, or a fresh one if that has expired"
            }
            None => "its fetch is owed anew, from a link that Telnyx is asked for",
        }
    };
    let (subject, tenant) = (id.as_str(), fax.tenant.as_ref());
    let before = Some(json!({"status": fax.status, "last_error": fax.last_error}));
    actor.record(&mut tx, Change { action: "fax.fetch", subject, tenant, before, after: None }, now).await?;
    tx.commit().await?;
    output::line(&format!("fax {id}: {words}"))
}

/// The link that the fax's own event carried. It is short-lived; the fetch asks for a fresh one where it has expired.
async fn link_of(tx: &mut Tx, id: &FaxId) -> anyhow::Result<Option<String>> {
    let Some(body) = events::fax_received(tx, id).await? else { return Ok(None) };
    Ok(match envelope::telnyx(Channel::Fax, &body, b"").body {
        TelnyxBody::Fax(fax) if fax.fax == *id => match fax.kind {
            FaxKind::Received { media_url, .. } => media_url,
            _ => None,
        },
        _ => None,
    })
}
