//! `case`: an agency's roster, which faxes are filed under.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::fax::Case;
use fusion_comms_core::ids::{CaseId, TenantId};
use serde_json::json;

use super::audit::{Actor, Change, now};
use super::import::{self, Columns, Fields, ImportArgs, Progress};
use super::{arguments, database, output, tenant};
use crate::store::billing;

const COLUMNS: Columns = Columns {
    required: &["case_id", "tenant_id"],
    optional: &[
        "case_number",
        "statement_id",
        "run_number",
        "patient_last",
        "patient_first",
        "patient_middle",
        "patient_suffix",
        "patient_dob",
        "sex",
        "date_of_service",
        "payer",
        "member_id",
        "payer_claim_number",
        "pickup_facility",
        "destination_facility",
        "hcpcs",
        "address",
        "city",
        "state",
        "zip",
        "phone",
    ],
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Import a roster; lines of another tenant_id are left out and counted.
    ///
    /// Columns that must be there: case_id, tenant_id.
    ///
    /// Columns that may be: case_number, statement_id, run_number, patient_last, patient_first, patient_middle,
    /// patient_suffix, patient_dob, sex, date_of_service, payer, member_id, payer_claim_number, pickup_facility,
    /// destination_facility, hcpcs, address, city, state, zip, phone.
    Import {
        #[command(flatten)]
        import: ImportArgs,
        /// The agency.
        #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
        tenant: TenantId,
        #[command(flatten)]
        actor: Actor,
    },
    /// List an agency's cases: their numbers, or all of them as JSON.
    List {
        /// The agency.
        #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
        tenant: TenantId,
        /// As JSON, with the patients' data.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import { import, tenant, actor } => import_file(&import, &tenant, &actor).await?,
        Command::List { tenant, json } => list(&tenant, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A line of `tenant`; `None` for one of another agency, whatever is in it.
fn parse(f: &Fields<'_>, tenant: &TenantId) -> Result<Option<Case>, String> {
    if f.get("tenant_id").is_empty() {
        return Err("tenant_id is empty".to_owned());
    }
    if f.get("tenant_id") != tenant.as_str() {
        return Ok(None);
    }
    if f.get("case_id").is_empty() {
        return Err("case_id is empty".to_owned());
    }
    for column in ["patient_dob", "date_of_service"] {
        let date = f.get(column);
        if !date.is_empty() && !is_date(date) {
            return Err(format!("{column} is not a date in the form YYYY-MM-DD"));
        }
    }
    let text = |column: &str| f.get(column).to_owned();
    Ok(Some(Case {
        case_id: CaseId::new(f.get("case_id")),
        tenant_id: tenant.clone(),
        case_number: text("case_number"),
        statement_id: text("statement_id"),
        run_number: text("run_number"),
        patient_last: text("patient_last"),
        patient_first: text("patient_first"),
        patient_middle: text("patient_middle"),
        patient_suffix: text("patient_suffix"),
        patient_dob: text("patient_dob"),
        sex: text("sex"),
        date_of_service: text("date_of_service"),
        payer: text("payer"),
        member_id: text("member_id"),
        payer_claim_number: text("payer_claim_number"),
        pickup_facility: text("pickup_facility"),
        destination_facility: text("destination_facility"),
        hcpcs: text("hcpcs"),
        address: text("address"),
        city: text("city"),
        state: text("state"),
        zip: text("zip"),
        phone: text("phone"),
    }))
}

/// The rosters of all agencies in one file, for `fax score`.
pub(super) fn rosters(file: &Path) -> anyhow::Result<BTreeMap<TenantId, Vec<Case>>> {
    let key = |case: &Option<Case>| case.as_ref().map(|case| case.case_id.to_string());
    let parse = |f: &Fields<'_>| parse(f, &TenantId::new(f.get("tenant_id")));
    let mut rosters: BTreeMap<TenantId, Vec<Case>> = BTreeMap::new();
    for case in import::read(file, &COLUMNS, key, parse)?.accept(false)?.into_iter().flatten() {
        rosters.entry(case.tenant_id.clone()).or_default().push(case);
    }
    Ok(rosters)
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

async fn import_file(args: &ImportArgs, id: &TenantId, actor: &Actor) -> anyhow::Result<()> {
    let key = |case: &Option<Case>| case.as_ref().map(|case| case.case_id.to_string());
    let lines = import::read(&args.file, &COLUMNS, key, |f| parse(f, id))?.accept(args.skip_invalid)?;
    let total = lines.len();
    let own: Vec<Case> = lines.into_iter().flatten().collect();
    let db = database::open().await?;
    let now = now();
    let mut tx = db.begin().await?;
    tenant::known(&mut tx, id).await?;
    let progress = Progress::of(own.len());
    for (done, case) in own.iter().enumerate() {
        billing::put_case(&mut tx, id, case).await?;
        progress.at(done + 1);
    }
    let after = Some(json!({ "cases": own.len() }));
    let change =
        Change { action: "case.import", subject: id.as_str(), tenant: Some(id), before: None, after };
    actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    let skipped = output::count(total - own.len(), "line");
    output::line(&format!(
        "imported {} for {id}, left out {skipped} of other agencies",
        output::count(own.len(), "case")
    ))
}

async fn list(tenant: &TenantId, as_json: bool) -> anyhow::Result<()> {
    let db = database::open().await?;
    tenant::known(&db, tenant).await?;
    let cases = billing::cases(&db, tenant).await?;
    let headings = ["case_id", "case_number", "statement_id", "run_number", "date_of_service", "payer"];
    output::listing(as_json, &cases, headings, |c| {
        let cells = [&c.case_number, &c.statement_id, &c.run_number, &c.date_of_service, &c.payer];
        let [number, statement, run, date, payer] = cells.map(|cell| cell.clone());
        [c.case_id.to_string(), number, statement, run, date, payer]
    })
}
