//! `serve` and `worker`.

use std::process::ExitCode;

use clap::ValueEnum;

use crate::config::Role;
use crate::service;

/// Which part of the service to run.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    /// Webhooks, prompts, pages.
    Web,
    /// Background work.
    Worker,
    /// Both, in one process.
    All,
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which part of the service this process is.
    #[arg(long, value_enum, default_value = "all")]
    role: RoleName,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let role = match args.role {
        RoleName::Web => Role::Web,
        RoleName::Worker => Role::Worker,
        RoleName::All => Role::All,
    };
    service::run(role).await.map(|()| ExitCode::SUCCESS)
}

pub(super) async fn worker() -> anyhow::Result<ExitCode> {
    service::run(Role::Worker).await.map(|()| ExitCode::SUCCESS)
}
