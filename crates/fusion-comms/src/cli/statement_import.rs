//! `statement import`: a file of a billing system's, put beside the statements we have. All of it or nothing.

use clap::Args as Arguments;
use fusion_comms_core::ids::{CaseId, Cents, StatementId, TenantId};
use fusion_comms_core::time::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::audit::{Actor, Change, now};
use super::import::{self, Columns, Fields, ImportArgs, Progress};
use super::{arguments, database, output, tenant};
use crate::store::Tx;
use crate::store::billing::{self, Statement};

/// What a payer can be charged in. Amounts are cents here and on every page of ours: the same figure in a currency
/// without cents would be a hundredfold.
const CURRENCIES: [&str; 1] = ["usd"];
/// Stripe charges at most so much at once.
const MOST_CENTS: i64 = 99_999_999;
const STATUSES: [&str; 5] = ["open", "on_hold", "paid", "refunded", "disputed"];
const COLUMNS: Columns =
    Columns { required: &["statement_id", "amount_cents", "currency"], optional: &["case_id", "status"] };

#[derive(Debug, Arguments)]
pub(super) struct Args {
    #[command(flatten)]
    import: ImportArgs,
    /// The agency.
    #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
    tenant: TenantId,
    /// The counts as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    actor: Actor,
}

/// A line of the file. Without a status it leaves that of a statement we have as it is.
struct Line {
    line: u64,
    id: StatementId,
    case: Option<CaseId>,
    amount: Cents,
    currency: String,
    status: Option<String>,
}

impl Line {
    /// The statement as the file has it. A file that says nothing of the status must not open a bill that was paid.
    fn over(&self, old: Option<&Statement>) -> Statement {
        let status = self.status.clone().or_else(|| old.map(|s| s.status.clone()));
        Statement {
            id: self.id.expose().to_owned(),
            case: self.case.clone(),
            amount: self.amount,
            currency: self.currency.clone(),
            status: status.unwrap_or_else(|| "open".to_owned()),
        }
    }
}

fn parse(f: &Fields<'_>) -> Result<Line, String> {
    let id = StatementId::parse(f.get("statement_id")).ok_or("statement_id is not 1 to 12 digits")?;
    let amount = f.get("amount_cents").parse().ok().filter(|cents| (0..=MOST_CENTS).contains(cents));
    let amount =
        amount.ok_or_else(|| format!("amount_cents is not a whole number of cents, 0 to {MOST_CENTS}"))?;
    let currency = f.get("currency").to_ascii_lowercase();
    if !CURRENCIES.contains(&currency.as_str()) {
        return Err(format!("currency cannot be charged; allowed: {}", CURRENCIES.join(", ")));
    }
    let status = Some(f.get("status").to_owned()).filter(|status| !status.is_empty());
    if status.as_ref().is_some_and(|status| !STATUSES.contains(&status.as_str())) {
        return Err(format!("status is not one of {}", STATUSES.join(", ")));
    }
    let case = Some(f.get("case_id")).filter(|case| !case.is_empty()).map(CaseId::new);
    Ok(Line { line: f.line(), id, case, amount: Cents(amount), currency, status })
}

/// What became of the lines.
#[derive(Default, Serialize)]
struct Outcome {
    new: usize,
    changed: usize,
    unchanged: usize,
    /// Paid through a link of ours, and left as they are.
    paid_kept: usize,
    unknown_case: usize,
}

enum Fate {
    New,
    Changed,
    Unchanged,
    PaidKept,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let key = |line: &Line| Some(line.id.expose().to_owned());
    let mut lines =
        import::read(&args.import.file, &COLUMNS, key, parse)?.accept(args.import.skip_invalid)?;
    // Two imports at once lock in one order.
    lines.sort_by(|a, b| a.id.expose().cmp(b.id.expose()));
    let db = database::open().await?;
    let now = now();
    let id = &args.tenant;
    let mut tx = db.begin().await?;
    tenant::known(&mut tx, id).await?;
    let strangers = of_unknown_cases(&mut tx, id, &lines).await?;
    let (mut outcome, mut kept) =
        (Outcome { unknown_case: strangers.len(), ..Outcome::default() }, Vec::new());
    let progress = Progress::of(lines.len());
    for (done, line) in lines.iter().enumerate() {
        match apply(&mut tx, id, line, now).await? {
            Fate::New => outcome.new += 1,
            Fate::Changed => outcome.changed += 1,
            Fate::Unchanged => outcome.unchanged += 1,
            Fate::PaidKept => kept.push(line.line),
        }
        progress.at(done + 1);
    }
    outcome.paid_kept = kept.len();
    let change = Change {
        action: "statement.import",
        subject: id.as_str(),
        tenant: Some(id),
        before: None,
        after: Some(json!(outcome)),
    };
    args.actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    tell(args, &outcome, kept, strangers)
}

async fn apply(tx: &mut Tx, tenant: &TenantId, line: &Line, now: Timestamp) -> anyhow::Result<Fate> {
    let old = billing::lock_statement(tx, tenant, line.id.expose()).await?;
    let new = line.over(old.as_ref());
    let fate = match &old {
        None => Fate::New,
        Some(old) if *old == new => return Ok(Fate::Unchanged),
        Some(old) if undoes(old, &new) && billing::is_paid_by_link(&mut *tx, tenant, &new.id).await? => {
            return Ok(Fate::PaidKept);
        }
        Some(_) => Fate::Changed,
    };
    billing::put_statement(tx, tenant, &new, now).await?;
    Ok(fate)
}

/// Whether a paid bill would be owed again, or be another than was paid. That money went back is for the file to say.
fn undoes(old: &Statement, new: &Statement) -> bool {
    let owed = matches!(new.status.as_str(), "open" | "on_hold");
    old.status == "paid" && (owed || old.amount != new.amount || old.currency != new.currency)
}

/// Lines whose case the agency's roster does not have. No fault of theirs: statements come before cases in the set-up of
/// an agency, and no row refers to another by force. A caller can pay all the same; a fax finds no case yet.
async fn of_unknown_cases(tx: &mut Tx, tenant: &TenantId, lines: &[Line]) -> anyhow::Result<Vec<u64>> {
    if lines.iter().all(|line| line.case.is_none()) {
        return Ok(Vec::new());
    }
    let roster = billing::case_ids(&mut *tx, tenant).await?;
    let unknown = |line: &&Line| line.case.as_ref().is_some_and(|case| !roster.contains(case.as_str()));
    Ok(lines.iter().filter(unknown).map(|line| line.line).collect())
}

fn tell(args: &Args, outcome: &Outcome, kept: Vec<u64>, strangers: Vec<u64>) -> anyhow::Result<()> {
    if !strangers.is_empty() {
        eprintln!(
            "note: {}: case_id is not on the agency's roster; `fusion-comms case import` brings cases, before or after",
            named(strangers)
        );
    }
    if !kept.is_empty() {
        eprintln!(
            "note: {}: paid through a link, and kept as it was paid; `fusion-comms statement set` changes its status by hand",
            named(kept)
        );
    }
    if args.json {
        return output::json(outcome);
    }
    let Outcome { new, changed, unchanged, paid_kept, .. } = outcome;
    output::line(&format!(
        "statements of {}: {new} new, {changed} changed, {unchanged} unchanged, {paid_kept} paid kept",
        args.tenant
    ))
}

/// `line 7`, `lines 2, 3`, the first ten of many.
fn named(mut lines: Vec<u64>) -> String {
    const SHOWN: usize = 10;
    lines.sort_unstable();
    let shown: Vec<String> = lines.iter().take(SHOWN).map(u64::to_string).collect();
    let more = match lines.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{} {}{more}", if lines.len() == 1 { "line" } else { "lines" }, shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_named_in_order_and_no_more_than_ten_of_them() {
        assert_eq!(named(vec![7]), "line 7");
        assert_eq!(named(vec![7, 2]), "lines 2, 7");
        assert_eq!(named((2..=13).collect()), "lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more");
    }

    #[test]
    fn what_was_paid_is_undone_by_owing_it_again_or_another_amount_and_not_by_a_refund() {
        let bill = |status: &str, amount| Statement {
            id: "1".to_owned(),
            case: None,
            amount: Cents(amount),
            currency: "usd".to_owned(),
            status: status.to_owned(),
        };
        let from_paid = |status, amount| undoes(&bill("paid", 100), &bill(status, amount));
        assert!(from_paid("open", 100) && from_paid("on_hold", 100) && from_paid("paid", 200));
        assert!(!from_paid("refunded", 100) && !from_paid("disputed", 100) && !from_paid("paid", 100));
        assert!(!undoes(&bill("open", 100), &bill("open", 200)));
    }
}
