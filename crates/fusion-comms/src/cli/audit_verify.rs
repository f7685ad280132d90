//! `audit verify`: follows the hash chain of the opt-out history.

use std::process::ExitCode;

use clap::Subcommand;

use super::{database, output};
use crate::store::seals;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Follow the chain from its start; exit code 1 where a row was changed, is missing or stands elsewhere.
    Verify {
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Verify { json } = command;
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
