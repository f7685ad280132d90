//! `statement`: the bills that callers can pay.

use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::ids::{CaseId, Cents, StatementId, TenantId};
use serde_json::{Value, json};

use super::audit::{Actor, Change, now};
use super::failure::refuse;
use super::import::{self, Columns, Fields, ImportArgs, Progress};
use super::{arguments, database, output, tenant};
use crate::store::Tx;
use crate::store::billing::{self, Statement};

/// What a status may be set to by hand.
const BY_HAND: [&str; 3] = ["open", "on_hold", "paid"];
const STATUSES: [&str; 5] = ["open", "on_hold", "paid", "refunded", "disputed"];
const COLUMNS: Columns =
    Columns { required: &["statement_id", "amount_cents", "currency"], optional: &["case_id", "status"] };

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Import statements: columns statement_id, amount_cents, currency, case_id, status.
    ///
    /// A status left out is `open` for a new statement; one that is there already keeps its own.
    Import {
        #[command(flatten)]
        import: ImportArgs,
        /// The agency.
        #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
        tenant: TenantId,
        #[command(flatten)]
        actor: Actor,
    },
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
        Command::Import { import, tenant, actor } => import_file(&import, &tenant, &actor).await?,
        Command::Set { statement, tenant, status, actor } => {
            set(&statement, &tenant, &status, &actor).await?
        }
        Command::List { tenant, json } => list(&tenant, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A line of the file. Without a status it leaves that of a statement we have as it is.
struct Line {
    id: StatementId,
    case: Option<CaseId>,
    amount: Cents,
    currency: String,
    status: Option<String>,
}

fn parse(f: &Fields<'_>) -> Result<Line, String> {
    let id = StatementId::parse(f.get("statement_id")).ok_or("statement_id is not 1 to 12 digits")?;
    let cents = f.get("amount_cents").parse().map_err(|_| "amount_cents is not a whole number")?;
    let currency = f.get("currency").to_ascii_lowercase();
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_lowercase()) {
        return Err("currency is not three letters".to_owned());
    }
    let status = Some(f.get("status").to_owned()).filter(|status| !status.is_empty());
    if status.as_ref().is_some_and(|status| !STATUSES.contains(&status.as_str())) {
        return Err(format!("status is not one of {}", STATUSES.join(", ")));
    }
    let case = Some(f.get("case_id")).filter(|case| !case.is_empty()).map(CaseId::new);
    Ok(Line { id, case, amount: Cents(cents), currency, status })
}

async fn import_file(args: &ImportArgs, id: &TenantId, actor: &Actor) -> anyhow::Result<()> {
    let sheet = import::read(&args.file, &COLUMNS, |line: &Line| Some(line.id.expose().to_owned()), parse)?;
    let lines = sheet.accept(args.skip_invalid)?;
    let db = database::open().await?;
    let now = now();
    let mut tx = db.begin().await?;
    tenant::known(&mut tx, id).await?;
    let (total, progress) = (lines.len(), Progress::of(lines.len()));
    for (done, line) in lines.into_iter().enumerate() {
        let statement = complete(&mut tx, id, line).await?;
        billing::put_statement(&mut tx, id, &statement, now).await?;
        progress.at(done + 1);
    }
    let after = Some(json!({ "statements": total }));
    let change =
        Change { action: "statement.import", subject: id.as_str(), tenant: Some(id), before: None, after };
    actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    output::line(&format!("imported {} for {id}", output::count(total, "statement")))
}

/// A file that says nothing of the status must not open a bill again that has been paid since.
async fn complete(tx: &mut Tx, tenant: &TenantId, line: Line) -> anyhow::Result<Statement> {
    let status = match line.status {
        Some(status) => status,
        None => {
            billing::find_statement(&mut *tx, tenant, &line.id).await?.map_or("open".to_owned(), |s| s.status)
        }
    };
    Ok(Statement {
        id: line.id.expose().to_owned(),
        case: line.case,
        amount: line.amount,
        currency: line.currency,
        status,
    })
}

async fn set(id: &StatementId, tenant: &TenantId, status: &str, actor: &Actor) -> anyhow::Result<()> {
    let db = database::open().await?;
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
