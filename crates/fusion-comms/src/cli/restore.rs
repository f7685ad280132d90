//! `restore`: a backup into an empty database, or only looked at.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::audit::{Actor, now};
use super::backup::{progress, refusal};
use super::failure::refuse;
use super::output;
use crate::backup::{self, BackupError, Contents, restore};
use crate::config::{self, DatabaseConfig, Engine};
use crate::secrets::Environment;
use crate::store::migrations;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What `backup` wrote.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only look: digests, the database, its schema, the ledger's chain, the faxes' files. Exit code 1 where one does not hold.
    #[arg(long)]
    check: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    actor: Actor,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let env = Environment::load().await?;
    let (config, notes) = DatabaseConfig::load(&env)?;
    for note in notes {
        eprintln!("note: {note}");
    }
    if !args.check && config::is_overruled(&env, "DATABASE_URL") {
        return Err(refuse("`DATABASE_URL` of the environment has no effect: the secret of APP_SECRETS_ARN names another")
            .hint(
                "nothing was touched; with every service stopped put the new `DATABASE_URL` into the secret, and let \
                 `fusion-comms config check` show it",
            )
            .into());
    }
    let contents = verified(args).await?;
    let is_postgres = config.url.engine() == Engine::Postgres;
    restore::fits_program(&contents, is_postgres, &migrations::ours(is_postgres)).map_err(refusal)?;
    if args.check {
        return check(args, &contents, config.url.expose()).await;
    }
    let shelves = config::shelves(&env, &config.data_dir)?;
    let progress = progress();
    let done =
        restore::restore(&contents, config.url.expose(), &shelves, &args.actor.name(), now(), &progress)
            .await
            .map_err(refusal)?;
    let made_at = contents.manifest.made_at;
    if args.json {
        output::json(&json!({
            "state_of": made_at, "counts": done.counts, "files": done.objects, "calls_ended": done.calls_ended,
            "given_up": done.in_doubt, "texts_held": true,
        }))?;
    } else {
        let given_up: Vec<String> = done.in_doubt.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        output::put(&output::fields(&[
            ("state of", made_at.to_string()),
            ("events of Telnyx", done.counts.telnyx_events.to_string()),
            ("events of Stripe", done.counts.stripe_events.to_string()),
            ("opt-outs", done.counts.opt_outs.to_string()),
            ("faxes", done.counts.faxes.to_string()),
            ("files", done.objects.to_string()),
            ("calls ended", done.calls_ended.to_string()),
            (
                "given up, as it may have been done since",
                if given_up.is_empty() { "nothing".to_owned() } else { given_up.join(", ") },
            ),
        ]))?;
    }
    for object in contents.manifest.objects.iter().filter(|o| o.bucket.is_some()) {
        eprintln!("note: the backup holds none of the files of `{}`: they are in its bucket", object.name);
    }
    eprintln!(
        "note: what was acknowledged after {made_at} is not in it, and texts are held until it was asked for"
    );
    eprintln!("hint: now run `fusion-comms backfill --since {made_at}`, then start the service");
    Ok(ExitCode::SUCCESS)
}

async fn verified(args: &Args) -> anyhow::Result<Contents> {
    let file = args.file.clone();
    let read = tokio::task::spawn_blocking(move || backup::verify(&file)).await?;
    read.map_err(|e| match e {
        BackupError::Damaged(_) | BackupError::Format | BackupError::Read(_) => {
            let why = match &e {
                BackupError::Read(io) => format!("{e} ({io})"),
                e => e.to_string(),
            };
            refuse(why).hint("nothing was touched; take an earlier backup").into()
        }
        other => refusal(other),
    })
}

async fn check(args: &Args, contents: &Contents, url: &str) -> anyhow::Result<ExitCode> {
    let progress = progress();
    let checked = backup::check(contents, url, &progress).await.map_err(refusal)?;
    if args.json {
        output::json(&json!({"state_of": contents.manifest.made_at, "checked": checked}))?;
    } else {
        output::line(&format!("a backup of {}", contents.manifest.made_at))?;
        checked.verified.iter().try_for_each(|line| output::line(&format!("ok    {line}")))?;
        checked.left_out.iter().try_for_each(|line| output::line(&format!("note  {line}")))?;
        checked.faults.iter().try_for_each(|line| output::line(&format!("FAIL  {line}")))?;
        let c = checked.counts;
        output::put(&output::fields(&[
            ("events of Telnyx", c.telnyx_events.to_string()),
            ("events of Stripe", c.stripe_events.to_string()),
            ("steps of calls", c.call_steps.to_string()),
            ("opt-outs", c.opt_outs.to_string()),
            ("faxes", c.faxes.to_string()),
        ]))?;
    }
    Ok(if checked.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
