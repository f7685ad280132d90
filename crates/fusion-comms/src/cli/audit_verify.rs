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
        let (one, many) = ("row of the opt-out history is", "rows of the opt-out history are");
        output::line(&format!("{} sealed and sound", output::count_of(verdict.sound, one, many)))?;
        if let Some(b) = &verdict.broken {
            output::line(&format!("BROKEN at seal {}, row {}: {}", b.position, b.seq, b.why))?;
        }
        if verdict.unsealed_count > 0 {
            let rows: Vec<String> = verdict.unsealed.iter().map(i64::to_string).collect();
            let unsealed = output::count_of(verdict.unsealed_count, "row is", "rows are");
            output::line(&format!("{unsealed} not sealed: {}", rows.join(", ")))?;
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
        (false, Ok(lines)) => {
            let lines = output::count_of(*lines, "line as it was", "lines as they were");
            output::line(&format!("sound: {lines} written"))?;
        }
        (false, Err((line, why))) => output::line(&format!("BROKEN: line {line} {why}"))?,
    }
    Ok(if verdict.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
