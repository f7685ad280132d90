//! `backup`: the whole state into one file.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use fusion_comms_core::time::Timestamp;
use serde_json::json;

use super::audit::{Actor, Change, now};
use super::failure::refuse;
use super::{database, output};
use crate::backup::{self, BackupError};
use crate::config;
use crate::secrets::Environment;
use crate::store::Db;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where it is written; must not be there yet. It holds health data: mode 0600, and encrypting it is yours.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    actor: Actor,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (db, config) = database::open_with_config().await?;
    let shelves = config::shelves(&Environment::load().await?, &config.data_dir)?;
    let progress = progress();
    let (manifest, size) =
        backup::take(&db, &shelves, &args.file, now(), &progress).await.map_err(refusal)?;
    record(&db, args, manifest.made_at, size).await?;
    db.close().await;
    let objects: u64 = manifest.objects.iter().map(|o| o.objects).sum();
    let buckets: Vec<&str> = manifest.objects.iter().filter_map(|o| o.bucket.as_deref()).collect();
    if args.json {
        output::json(&json!({
            "file": args.file, "bytes": size, "made_at": manifest.made_at, "engine": manifest.engine,
            "schema": manifest.schema.last(), "entries": manifest.entries.len(), "files": objects,
            "left_in_buckets": buckets,
        }))?;
    } else {
        output::put(&output::fields(&[
            ("file", args.file.display().to_string()),
            ("bytes", size.to_string()),
            ("state of", manifest.made_at.to_string()),
            ("engine", manifest.engine.clone()),
            ("files of faxes and prompts", objects.to_string()),
        ]))?;
    }
    for bucket in buckets {
        eprintln!("note: not included: the objects of the bucket {bucket}; keep its versions");
    }
    eprintln!("note: it holds health data as it is: encrypt it, keep it where few may read");
    eprintln!("hint: `fusion-comms restore {} --check` shows that it can be restored", args.file.display());
    Ok(ExitCode::SUCCESS)
}

/// All of the agencies' data was copied: that is noted, where a later backup shows it too.
async fn record(db: &Db, args: &Args, made_at: Timestamp, size: u64) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    let after = Some(json!({"state_of": made_at, "bytes": size}));
    let change = Change { action: "backup.take", subject: "everything", tenant: None, before: None, after };
    args.actor.record(&mut tx, change, now()).await?;
    Ok(tx.commit().await?)
}

/// One line that is written over on a terminal; plain lines elsewhere.
pub(super) fn progress() -> impl Fn(&str) {
    let shown = std::io::stderr().is_terminal();
    move |line| {
        if shown {
            eprint!("\r\x1b[K{line}");
            if line.ends_with("in place") || line.ends_with("files") {
                eprintln!();
            }
        } else {
            eprintln!("{line}");
        }
    }
}

/// As a person is told of it.
pub(super) fn refusal(error: BackupError) -> anyhow::Error {
    match error {
        BackupError::Refused { sentence, hint } => refuse(sentence).hint(hint).into(),
        BackupError::Exists(file) => {
            refuse(format!("{} is there already", file.display())).hint("name another file").into()
        }
        other => other.into(),
    }
}
