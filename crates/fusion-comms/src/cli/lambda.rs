//! `lambda`: the classify worker, started by AWS Lambda.

use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::failure::{misused, refuse};
use crate::clock::Clock;
use crate::config::LambdaConfig;
use crate::filing::Filing;
use crate::secrets::Environment;
use crate::store::Db;
use crate::store::migrations::{self, SchemaState};

/// What Lambda gives every function; without it there is nobody to answer to.
const GIVEN: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

pub(super) async fn run() -> anyhow::Result<ExitCode> {
    if let Some(missing) = GIVEN.into_iter().find(|name| std::env::var_os(name).is_none()) {
        let hint = "AWS Lambda starts this command; elsewhere `fusion-comms worker` classifies faxes";
        return Err(misused(format!("{missing} is not set")).hint(hint).into());
    }
    crate::logs::init_service();
    let config = LambdaConfig::load(&Environment::load().await?)?;
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    let db =
        Db::open_for_service(config.database.url.expose()).await.context("the database cannot be opened")?;
    match migrations::check(&db).await.context("the database does not answer")? {
        SchemaState::Current | SchemaState::NewerCompatible => {}
        SchemaState::Older { .. } => {
            return Err(refuse("the database's schema is older than this program")
                .hint("run `fusion-comms migrate` before this version is deployed")
                .into());
        }
        SchemaState::NewerRefused => return Err(super::database::newer().into()),
    }
    let filing =
        Filing { db, clock: Clock::system(), blobs: config.docs()?, examiner: config.examiner().await? };
    let ended = crate::lambda::run(&filing).await;
    ended.map(|()| ExitCode::SUCCESS).map_err(|e| anyhow!(e)).context("Lambda's runtime interface")
}
