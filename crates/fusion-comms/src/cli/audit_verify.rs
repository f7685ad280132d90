//! `audit verify`: follows the hash chain of the opt-out history.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use fusion_comms_core::evidence;
use serde_json::json;

use super::{database, output};
use crate::store::seals;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Follow the chain from its start; exit code 1 where a row was changed, is missing or stands elsewhere.
    Verify {
        /// Check a file of `opt-out evidence` instead; no database is needed.
        #[arg(long, value_name = "FILE.jsonl")]
        file: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Verify { file, json } = command;
    if let Some(file) = file {
        return verify_file(&file, json);
    }
    let db = database::open().await?;
    let verdict = seals::verify(&db).await?;
    if json {
        output::json(&verdict)?;
    } else {
        output::line(&format!("{} rows of the opt-out history are sealed and sound", verdict.sound))?;
        if let Some(b) = &verdict.broken {
            output::line(&format!("BROKEN at seal {}, row {}: {}", b.position, b.seq, b.why))?;
        }
        if verdict.unsealed_count > 0 {
            let rows: Vec<String> = verdict.unsealed.iter().map(i64::to_string).collect();
            output::line(&format!("{} rows are not sealed: {}", verdict.unsealed_count, rows.join(", ")))?;
            eprintln!("hint: a running `serve` seals within seconds; rows that stay unsealed need a look");
        }
    }
    Ok(if verdict.broken.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verify_file(file: &Path, as_json: bool) -> anyhow::Result<ExitCode> {
    let bytes = std::fs::read(file).context("the file cannot be read")?;
    let verdict = match String::from_utf8(bytes) {
        Ok(text) => evidence::verify(&text).map_err(|e| (e.line, e.why)),
        Err(e) => {
            let line = e.as_bytes()[..e.utf8_error().valid_up_to()].split(|b| *b == b'\n').count();
            Err((line, "is no text"))
        }
    };
    match (as_json, &verdict) {
        (true, Ok(lines)) => output::json(&json!({"sound": lines, "broken": null}))?,
        (true, Err((line, why))) => output::json(&json!({"broken": {"line": line, "why": why}}))?,
        (false, Ok(lines)) => output::line(&format!("sound: {lines} lines as they were written"))?,
        (false, Err((line, why))) => output::line(&format!("BROKEN: line {line} {why}"))?,
    }
    Ok(if verdict.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
