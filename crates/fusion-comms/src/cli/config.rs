//! `config`: the environment, checked or explained.

use std::process::ExitCode;

use clap::Subcommand;

use super::output::put;
use crate::config;
use crate::secrets::Environment;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check the environment: every problem at once, secrets masked.
    Check,
    /// Print every variable with its meaning and default, as a file of settings.
    Example,
    /// Print every variable with its meaning, an example and who reads it, as Markdown (docs/CONFIG.md).
    Doc,
}

pub(super) async fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check => {
            let (text, code) = config::check(&Environment::load().await?);
            put(&text)?;
            Ok(ExitCode::from(code))
        }
        Command::Doc => {
            put(&config::document())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Example => {
            put(&config::example())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
