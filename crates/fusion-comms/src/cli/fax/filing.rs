//! `fax attach|detach|assign`: a person files a fax, or takes it off a case. Each with who, why and by which evidence.

use clap::ValueEnum;
use fusion_comms_core::fax::DocType;
use fusion_comms_core::ids::{CaseId, FaxId, TenantId};
use serde_json::{Value, json};

use super::unknown;
use crate::cli::audit::{Actor, Change, now};
use crate::cli::failure::refuse;
use crate::cli::{arguments, output, tenant};
use crate::store::faxes::{self, Fax};
use crate::store::incidents::{self, Kind};
use crate::store::{Db, billing, tasks};
use crate::worker;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AttachArgs {
    /// The fax, as `fax list` names it.
    #[arg(value_name = "ID", value_parser = arguments::id)]
    fax: String,
    /// The case, of the fax's own agency.
    #[arg(long, value_name = "CASE_ID", value_parser = arguments::id)]
    case: String,
    /// What kind of document it is, where that was read wrongly or not at all.
    #[arg(long = "type", value_name = "TYPE", value_parser = doc_type)]
    doc_type: Option<DocType>,
    /// Why, for the audit log.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    actor: Actor,
}

/// What was wrong with the case that a fax lay on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wrong {
    /// Another patient's: opens an incident.
    Patient,
    /// The right patient's other trip: opens an incident.
    Trip,
    /// Nothing: it is to be filed elsewhere, or was attached by a slip of the hand a moment ago.
    Nothing,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct DetachArgs {
    /// The fax, as `fax list` names it.
    #[arg(value_name = "ID", value_parser = arguments::id)]
    fax: String,
    /// What was wrong with the case it lay on.
    #[arg(long, value_enum)]
    wrong: Wrong,
    /// Why, for the audit log and the incident.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AssignArgs {
    /// The fax, as `fax list` names it.
    #[arg(value_name = "ID", value_parser = arguments::id)]
    fax: String,
    /// The agency that it was meant for.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: TenantId,
    /// Why, for the audit log.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    actor: Actor,
}

fn doc_type(text: &str) -> Result<DocType, String> {
    let names = || DocType::ALL.map(DocType::as_str).join(", ");
    DocType::parse(text).ok_or_else(|| format!("must be one of {}", names()))
}

fn filed(fax: &Fax) -> Value {
    json!({"status": fax.status, "doc_type": fax.doc_type, "case_id": fax.case, "filed_by": fax.filed_by})
}

pub(super) async fn attach(db: &Db, args: &AttachArgs) -> anyhow::Result<()> {
    let now = now();
    let (id, case) = (FaxId::new(args.fax.as_str()), CaseId::new(args.case.as_str()));
    let mut tx = db.begin().await?;
    let fax = faxes::lock(&mut tx, &id).await?.ok_or_else(unknown)?;
    let Some(tenant) = &fax.tenant else {
        return Err(refuse("the fax is of no agency, and a case is always an agency's")
            .hint("`fusion-comms fax assign` gives it to one")
            .into());
    };
    if fax.key.is_none() {
        return Err(refuse("the fax's file is not in the store: nobody can have seen what it says")
            .hint("`fusion-comms fax fetch` has it fetched again")
            .into());
    }
    if fax.case.is_some() {
        return Err(refuse("the fax lies on a case already")
            .hint("`fusion-comms fax detach` takes it off, and keeps what was wrong with that")
            .into());
    }
    if !billing::has_case(&mut tx, tenant, &case).await? {
        if let Some(meant) = billing::case_of_number(&mut tx, tenant, case.as_str()).await? {
            return Err(refuse("that is a case_number; give the case_id")
                .hint(format!("it is the number of case `{meant}`"))
                .into());
        }
        return Err(refuse("the fax's agency has no such case")
            .hint("`fusion-comms case import` adds cases")
            .into());
    }
    let by = args.actor.name();
    faxes::attach(&mut tx, &id, &case, args.doc_type.map(DocType::as_str), &by, now).await?;
    let after = json!({
        "status": "classified",
        "doc_type": args.doc_type.map(DocType::as_str).or(fax.doc_type.as_deref()),
        "case_id": case,
        "reason": args.reason,
    });
    let change = Change {
        action: "fax.attach",
        subject: &args.fax,
        tenant: Some(tenant),
        before: Some(filed(&fax)),
        after: Some(after),
    };
    args.actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    output::line(&format!("fax {id} is attached to case {case}"))
}

pub(super) async fn detach(db: &Db, args: &DetachArgs) -> anyhow::Result<()> {
    let now = now();
    let id = FaxId::new(args.fax.as_str());
    let mut tx = db.begin().await?;
    let fax = faxes::lock(&mut tx, &id).await?.ok_or_else(unknown)?;
    let Some(case) = &fax.case else {
        return Err(refuse("the fax lies on no case").into());
    };
    let by = args.actor.name();
    let mut not_cases = fax.not_cases.clone();
    let kind = match args.wrong {
        Wrong::Patient => Some(Kind::FaxWrongPatient),
        Wrong::Trip => Some(Kind::FaxWrongTrip),
        Wrong::Nothing => None,
    };
    if kind.is_some() && !not_cases.contains(case) {
        not_cases.push(case.clone());
    }
    faxes::detach(&mut tx, &id, &not_cases, &by, now).await?;
    let incident = match kind {
        Some(kind) => {
            let detail = json!({
                "case_id": case,
                "doc_type": fax.doc_type,
                "attached_by": fax.filed_by,
                "evidence": fax.suggestions,
                "reasons": fax.reasons,
            });
            let new = incidents::New {
                kind,
                tenant: fax.tenant.as_ref(),
                subject: &args.fax,
                detail,
                by: &by,
                reason: &args.reason,
            };
            Some(incidents::open(&mut tx, &new, now).await?)
        }
        None => None,
    };
    let change = Change {
        action: "fax.detach",
        subject: &args.fax,
        tenant: fax.tenant.as_ref(),
        before: Some(filed(&fax)),
        after: Some(json!({"status": "needs_review", "reason": args.reason, "incident_id": incident})),
    };
    args.actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    output::line(&format!("fax {id} is off case {case} and waits for a person"))?;
    match incident {
        Some(incident) => output::line(&format!("incident {incident} is open: `fusion-comms incident list`")),
        None => Ok(()),
    }
}

/// Gives a fax of nobody to an agency, and has it read by that agency's roster.
pub(super) async fn assign(db: &Db, args: &AssignArgs) -> anyhow::Result<()> {
    let now = now();
    let id = FaxId::new(args.fax.as_str());
    let mut tx = db.begin().await?;
    let fax = faxes::lock(&mut tx, &id).await?.ok_or_else(unknown)?;
    tenant::known(&mut tx, &args.tenant).await?;
    if !faxes::assign(&mut tx, &id, &args.tenant, now).await? {
        return Err(refuse("the fax is an agency's already; it is never moved from one to another").into());
    }
    if let Some(key) = &fax.key {
        faxes::reset(&mut tx, &id, now).await?;
        let cause = format!("assign:{id}:{now}");
        worker::owe_message(&mut tx, &cause, &id, Some(&args.tenant), key, now).await?;
    }
    let change = Change {
        action: "fax.assign",
        subject: &args.fax,
        tenant: Some(&args.tenant),
        before: Some(filed(&fax)),
        after: Some(json!({"tenant_id": args.tenant, "reason": args.reason})),
    };
    args.actor.record(&mut tx, change, now).await?;
    if let Some(task) = tasks::close_of(&mut tx, tasks::Kind::FaxUnassigned, &args.fax, now).await? {
        let change = Change {
            action: "task.done",
            subject: &task,
            tenant: Some(&args.tenant),
            before: Some(json!({"kind": tasks::Kind::FaxUnassigned.as_str(), "subject": args.fax})),
            after: Some(json!({"done_at": now, "reason": args.reason})),
        };
        args.actor.record(&mut tx, change, now).await?;
    }
    tx.commit().await?;
    let next = if fax.key.is_some() { "and is read by its roster" } else { "its file is still to come" };
    output::line(&format!("fax {id} is {}'s now, {next}", args.tenant))
}
