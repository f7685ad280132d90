//! `backfill`: asks the providers for what never arrived.

use std::process::ExitCode;

use anyhow::Context;
use fusion_comms_core::time::Timestamp;
use serde_json::json;
use url::Url;

use super::arguments::{self, When};
use super::audit::{Actor, Change, now};
use super::{database, output};
use crate::backfill::{self, Ask, Report};
use crate::blocks::Account;
use crate::config;
use crate::secrets::Environment;
use crate::store::ingest::Reach;
use crate::store::{Db, restores};
use crate::stripe::Stripe;
use crate::telnyx::Telnyx;

/// Where nothing is said: longer than an outage that nobody notices, and soon asked.
const USUAL_S: i64 = 3 * 24 * 3600;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Ask for what happened since then: a time, or a span back from now (`6h`) [default: 3d, after a restore the
    /// time of its backup]
    #[arg(long, value_name = "TIME", value_parser = arguments::when)]
    since: Option<When>,
    /// Only deliveries to this host are ours: where two services share a Telnyx account.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Store nothing, only say what would be new.
    #[arg(long)]
    dry_run: bool,
    /// After a restore: let texts leave again although the providers were not asked. A STOP since the backup may be unknown.
    #[arg(long, conflicts_with_all = ["since", "dry_run", "host"])]
    release_texts: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    actor: Actor,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.release_texts {
        return release(args).await;
    }
    let env = Environment::load().await?;
    let (account, _) = config::telnyx_account(&env)?;
    let stripe = config::stripe_account(&env)?;
    let (default_number, scope) = config::stop_reach(&env)?;
    let telnyx_base = Url::parse(&account.api_base).context("TELNYX_API_BASE is no address")?;
    let telnyx = Telnyx::new(telnyx_base, &account.api_key).context("a client of Telnyx cannot be made")?;
    let stripe_base = Url::parse(&stripe.api_base).context("STRIPE_API_BASE is no address")?;
    let stripe = Stripe::new(stripe_base, &stripe.secret_key).context("a client of Stripe cannot be made")?;
    let db = database::open().await?;
    let now = now();
    let since = since(&db, args.since, now).await?;
    let reach = Reach { default_number: default_number.clone(), scope };
    let ask = Ask {
        db: &db,
        telnyx: &telnyx,
        stripe: &stripe,
        reach: &reach,
        account: Account { default_number: &default_number, default_profile: &account.messaging_profile_id },
        since,
        now,
        host: args.host.as_deref(),
        dry_run: args.dry_run,
        tell: &|line| eprintln!("{line}"),
    };
    let report = backfill::run(&ask).await?;
    if !args.dry_run {
        record(&db, args, &report, since, now).await?;
    }
    show(args, &report, since, now)?;
    Ok(if report.not_asked.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// As asked; else as far back as an open restore goes, else the usual time.
async fn since(db: &Db, asked: Option<When>, now: Timestamp) -> anyhow::Result<Timestamp> {
    if let Some(when) = asked {
        return Ok(when.resolve(now));
    }
    let oldest = restores::open(db).await?.into_iter().next();
    Ok(oldest.map_or(now.plus_s(-USUAL_S), |restore| restore.backup_at))
}

async fn record(
    db: &Db,
    args: &Args,
    report: &Report,
    since: Timestamp,
    now: Timestamp,
) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    let after = json!({"since": since, "tallies": report.tallies, "not_asked": report.not_asked.len()});
    let change = Change {
        action: "backfill.run",
        subject: "providers",
        tenant: None,
        before: None,
        after: Some(after),
    };
    args.actor.record(&mut tx, change, now).await?;
    Ok(tx.commit().await?)
}

fn show(args: &Args, report: &Report, since: Timestamp, until: Timestamp) -> anyhow::Result<()> {
    if args.json {
        let Report { tallies, notes, not_asked, texts_released } = report;
        return output::json(&json!({
            "since": since, "until": until, "dry_run": args.dry_run, "tallies": tallies, "notes": notes,
            "not_asked": not_asked, "texts_released": texts_released,
        }));
    }
    let new = if args.dry_run { "would be new" } else { "new" };
    let rows: Vec<[String; 4]> = report
        .tallies
        .iter()
        .map(|t| [t.source.to_owned(), t.found.to_string(), t.known.to_string(), t.new.to_string()])
        .collect();
    output::put(&output::table(["source", "found", "known", new], &rows))?;
    for note in &report.notes {
        eprintln!("note: {note}");
    }
    if report.texts_released {
        eprintln!("note: texts that were held after the restore may leave again");
    }
    for what in &report.not_asked {
        eprintln!("error: not asked to the end: {what}");
    }
    if !report.not_asked.is_empty() {
        eprintln!("hint: what was found is kept; run the same again, nothing is taken twice");
    }
    Ok(())
}

async fn release(args: &Args) -> anyhow::Result<ExitCode> {
    let db = database::open().await?;
    let now = now();
    let mut tx = db.begin().await?;
    let closed = restores::close(&mut tx, Timestamp::from_unix_s(0), &args.actor.name(), now).await?;
    if closed > 0 {
        let change = Change {
            action: "restore.release",
            subject: "texts",
            tenant: None,
            before: None,
            after: Some(json!({"asked": false})),
        };
        args.actor.record(&mut tx, change, now).await?;
    }
    tx.commit().await?;
    output::line(if closed > 0 { "texts may leave again" } else { "no texts were held" })?;
    Ok(ExitCode::SUCCESS)
}
