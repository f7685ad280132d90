//! `migrate`: applies the schema, or only says how it stands.

use std::process::ExitCode;

use super::database::{newer, open_as_is};
use super::failure::refuse;
use super::output::{count, line};
use crate::store::migrations::{self, SchemaState};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Apply nothing; exit code 1 where the schema is not one that this program can use.
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let db = open_as_is().await?;
    let state = migrations::check(&db).await?;
    match state {
        SchemaState::Older { missing } if args.check => {
            Err(refuse(format!("the schema lacks {}", count(missing, "migration")))
                .hint("run `fusion-comms migrate`")
                .into())
        }
        SchemaState::Older { missing } => {
            migrations::apply(&db).await?;
            line(&format!("{} applied: the schema is up to date", count(missing, "migration")))?;
            Ok(ExitCode::SUCCESS)
        }
        SchemaState::Current => {
            line("the schema is up to date")?;
            Ok(ExitCode::SUCCESS)
        }
        SchemaState::NewerCompatible => {
            line("the schema is newer than this program, which may still run on it")?;
            Ok(ExitCode::SUCCESS)
        }
        SchemaState::NewerRefused => Err(newer().into()),
    }
}
