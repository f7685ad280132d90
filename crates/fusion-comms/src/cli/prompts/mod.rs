//! `prompts`: the seven recordings of the phone menu. One file per command.

mod check;
pub(super) mod fetch;
mod generate;
mod upload;

use std::process::ExitCode;

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use fusion_comms_core::ivr::Prompt;
use serde::Serialize;

use super::output::{listing, put, table};
use crate::config;
use crate::prompts::check::Finding;
use crate::secrets::Environment;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The prompts that the menu plays, with their words.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch each prompt as Telnyx would and check what comes; exit code 1 where one could not be played.
    Check(check::Args),
    /// Make the recordings with Piper (text to speech), into a folder.
    Generate(generate::Args),
    /// Check recordings and put them where prompts are fetched from, as `ivr/<prompt>.wav`; tell CloudFront.
    Upload(upload::Args),
}

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    url: String,
    text: &'static str,
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List { json } => list(json).await,
        Command::Check(args) => check::run(args).await,
        Command::Generate(args) => generate::run(args).await,
        Command::Upload(args) => upload::run(args).await,
    }
}

async fn list(json: bool) -> anyhow::Result<ExitCode> {
    let (base, _) = config::audio_base(&Environment::load().await?)?;
    let all = Prompt::ALL.map(|p| Listed { name: p.name(), url: p.url(&base), text: p.text() });
    listing(json, &all, ["prompt", "fetched from", "words"], |p| {
        [p.name.to_owned(), p.url.clone(), p.text.to_owned()]
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the name of a prompt; others are refused with the list of the seven.
fn named() -> impl TypedValueParser<Value = Prompt> {
    PossibleValuesParser::new(Prompt::ALL.map(Prompt::name))
        .try_map(|name| crate::prompts::find(&name).ok_or("there is no such prompt"))
}

/// The prompts asked for: one, or all.
fn chosen(only: Option<Prompt>) -> Vec<Prompt> {
    only.map_or_else(|| Prompt::ALL.to_vec(), |one| vec![one])
}

/// A table of what was found, each line with the next step; nothing where all is well.
fn put_findings<'a>(all: impl Iterator<Item = (&'a str, &'a [Finding])>) -> anyhow::Result<()> {
    let row = |name: &str, f: &Finding| {
        [name.to_owned(), f.level.as_str().to_owned(), f.what.clone(), f.next.to_owned()]
    };
    let rows: Vec<[String; 4]> =
        all.flat_map(|(name, findings)| findings.iter().map(move |f| row(name, f))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    put(&format!("\n{}", table(["prompt", "result", "found", "what to do"], &rows)))
}
