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
    /// Print every variable with its meaning and default.
    Example,
}

pub(super) async fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check => {
            let (text, code) = config::check(&Environment::load().await?);
            put(&text)?;
            Ok(ExitCode::from(code))
        }
        Command::Example => {
            put(&config::example())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
