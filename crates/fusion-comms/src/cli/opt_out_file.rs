//! `opt-out export` and `opt-out import`: the ledger as CSV.

use std::path::PathBuf;

use anyhow::Context;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use serde_json::json;

use super::audit::{Change, now};
use super::import::{self, Columns, Fields, ImportArgs, Progress};
use super::opt_out::Why;
use super::{arguments, database, output, tenant};
use crate::store::ledger::{self, Source};

const COLUMNS: Columns =
    Columns { required: &["phone_e164"], optional: &["tenant_id", "opted_out_at", "source"] };
/// Numbers of one transaction: it holds their locks, and a STOP of one of them waits for it.
const A_STEP: usize = 100;

#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// Of this agency only.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: Option<TenantId>,
    /// The file to write instead of standard output.
    #[arg(long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct FileArgs {
    #[command(flatten)]
    import: ImportArgs,
    /// The agency; `unassigned` stands for all. Lines of another tenant_id are left out and counted.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: TenantId,
    #[command(flatten)]
    why: Why,
}

/// Columns tenant_id, phone_e164, opted_out_at, source; the latest first.
pub(super) async fn export(args: &ExportArgs) -> anyhow::Result<()> {
    let db = database::open().await?;
    tenant::known_if_named(&db, args.tenant.as_ref()).await?;
    let all = ledger::list(&db, args.tenant.as_ref()).await?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["tenant_id", "phone_e164", "opted_out_at", "source"])?;
    for o in &all {
        let (tenant, at) = (guarded(o.tenant.as_str()), o.opted_out_at.to_string());
        // A number in E.164 form is no formula that could do anything, and programs read it as it is.
        csv.write_record([tenant.as_str(), o.phone.expose(), &at, o.source.as_str()])?;
    }
    let bytes = csv.into_inner().context("the table cannot be written")?;
    match &args.out {
        None => output::put(&String::from_utf8(bytes)?),
        Some(out) => {
            std::fs::write(out, bytes).context("the file cannot be written")?;
            output::line(&format!("wrote {}", output::count(all.len(), "opt-out")))
        }
    }
}

/// A cell that a spreadsheet would take for a formula, with the apostrophe that makes it a text.
fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// A cell without that apostrophe.
fn bare(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

struct Line {
    tenant: Option<String>,
    phone: E164,
    at: Option<Timestamp>,
}

fn parse(f: &Fields<'_>, now: Timestamp) -> Result<Line, String> {
    let phone = E164::parse(bare(f.get("phone_e164"))).map_err(|e| format!("phone_e164: {e}"))?;
    let at = match bare(f.get("opted_out_at")) {
        "" => None,
        text => Some(Timestamp::parse(text).ok_or("opted_out_at is no time such as 2026-03-03T15:00:00Z")?),
    };
    if at.is_some_and(|at| at > now) {
        return Err("opted_out_at lies in the future".to_owned());
    }
    let tenant = Some(bare(f.get("tenant_id")).to_owned()).filter(|t| !t.is_empty());
    Ok(Line { tenant, phone, at })
}

pub(super) async fn import(args: &FileArgs) -> anyhow::Result<()> {
    let now = now();
    let key = |line: &Line| Some(format!("{:?} {}", line.tenant, line.phone.expose()));
    let sheet = import::read(&args.import.file, &COLUMNS, key, |f| parse(f, now))?;
    let mut lines = sheet.accept(args.import.skip_invalid)?;
    let read = lines.len();
    lines.retain(|line| line.tenant.as_ref().is_none_or(|t| t == args.tenant.as_str()));
    let others = read - lines.len();
    // In the order in which every other holder takes the numbers.
    lines.sort_by(|a, b| a.phone.cmp(&b.phone));
    let db = database::open().await?;
    tenant::known_if_named(&db, Some(&args.tenant)).await?;
    let progress = Progress::of(lines.len());
    let mut new = 0;
    for (step, some) in lines.chunks(A_STEP).enumerate() {
        let mut tx = db.begin().await?;
        ledger::set_context(&mut tx, &args.why.actor.name(), args.why.reason.as_deref()).await?;
        for line in some {
            ledger::lock_number(&mut tx, &line.phone).await?;
            let at = line.at.unwrap_or(now);
            new += usize::from(ledger::put(&mut tx, &args.tenant, &line.phone, Source::Import, at).await?);
        }
        ledger::clear_context(&mut tx).await?;
        tx.commit().await?;
        progress.at(step * A_STEP + some.len());
    }
    let mut tx = db.begin().await?;
    let after = json!({ "lines": lines.len(), "changed": new, "reason": args.why.reason });
    let change = Change {
        action: "opt_out.import",
        subject: args.tenant.as_str(),
        tenant: Some(&args.tenant),
        before: None,
        after: Some(after),
    };
    args.why.actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    if others > 0 {
        eprintln!("{} of another agency left out", output::count(others, "line"));
    }
    output::line(&format!(
        "imported {} for {}: {new} new or changed",
        output::count(lines.len(), "opt-out"),
        args.tenant
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_a_text_and_is_read_back_as_it_was() {
        for cell in ["=1+1", "-red", "@x", "red", "'quoted"] {
            let written = guarded(cell);
            assert!(!written.starts_with(['=', '+', '-', '@']), "{written}");
        }
        assert_eq!(bare(&guarded("-red")), "-red");
    }
}
