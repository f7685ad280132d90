//! `opt-out reconcile`: our ledger against Telnyx's own blocks.

use anyhow::Context;
use url::Url;

use super::audit::now;
use super::{database, output};
use crate::blocks::{self, Account};
use crate::config;
use crate::secrets::Environment;
use crate::telnyx::Telnyx;

#[derive(Debug, clap::Args)]
pub(super) struct ReconcileArgs {
    /// Only report.
    #[arg(long)]
    dry_run: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ReconcileArgs) -> anyhow::Result<()> {
    let (account, number) = config::telnyx_account(&Environment::load().await?)?;
    let base = Url::parse(&account.api_base).context("TELNYX_API_BASE is no address")?;
    let telnyx = Telnyx::new(base, &account.api_key).context("a client of Telnyx cannot be made")?;
    let db = database::open().await?;
    let whose = Account { default_number: &number, default_profile: &account.messaging_profile_id };
    let report = blocks::compare(&db, &telnyx, &whose, args.dry_run, now()).await?;
    if args.json {
        return output::json(&report);
    }
    let added = if args.dry_run { "would be opted out here" } else { "opted out here now" };
    output::put(&output::fields(&[
        ("blocked at Telnyx", report.at_telnyx.to_string()),
        (added, report.added.to_string()),
        ("of those, lifted here before", report.lifted_here_only.to_string()),
        ("opted out here only", report.only_here.to_string()),
        ("of no agency of ours", report.not_ours.to_string()),
    ]))?;
    if report.lifted_here_only > 0 {
        eprintln!(
            "hint: Telnyx's block remains until the person texts START; no command and no API of Telnyx lifts it"
        );
    }
    Ok(())
}
