//! `prompts`: the seven recordings, and whether Telnyx can fetch and play each.

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use serde::Serialize;

use super::output::listing;
use crate::config;
use crate::prompts::{self, PromptAsset};

/// How long Telnyx may be taken to wait for a recording.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of a recording at most.
const MOST_BYTES: usize = 20 * 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The prompts that the menu plays, with their words.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Fetch each prompt as Telnyx would and check what comes; exit code 1 where one could not be played.
    Check {
        /// Where to fetch them, without a slash at the end; else `IVR_AUDIO_BASE_URL`.
        #[arg(long)]
        base: Option<String>,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    url: String,
    text: &'static str,
}

#[derive(Serialize)]
struct Checked {
    name: &'static str,
    url: String,
    /// Empty: it plays.
    faults: Vec<String>,
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let audio_base = || config::audio_base(&|name| std::env::var(name).ok());
    match command {
        Command::List { json } => {
            let base = audio_base()?;
            let prompt = |p: &PromptAsset| Listed { name: p.name, url: url(&base, p), text: p.text };
            let all: Vec<Listed> = prompts::all().iter().map(prompt).collect();
            listing(json, &all, ["prompt", "fetched from", "words"], |p| {
                [p.name.to_owned(), p.url.clone(), p.text.to_owned()]
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check { base, json } => {
            let base = base.map_or_else(audio_base, Ok)?;
            check(base.trim_end_matches('/'), json).await
        }
    }
}

async fn check(base: &str, json: bool) -> anyhow::Result<ExitCode> {
    let http =
        reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
    let mut all = Vec::new();
    for prompt in prompts::all() {
        let url = url(base, prompt);
        let faults = match fetch(&http, &url).await {
            Ok(file) => prompts::faults(&file),
            Err(why) => vec![why],
        };
        all.push(Checked { name: prompt.name, url, faults });
    }
    listing(json, &all, ["prompt", "fetched from", "result"], |p| {
        let result = if p.faults.is_empty() { "ok".to_owned() } else { p.faults.join("; ") };
        [p.name.to_owned(), p.url.clone(), result]
    })?;
    if all.iter().all(|p| p.faults.is_empty()) {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("hint: callers hear the words of such a prompt spoken by Telnyx until it can be played again");
    Ok(ExitCode::FAILURE)
}

/// The recording, or why Telnyx would get none.
async fn fetch(http: &reqwest::Client, url: &str) -> Result<Vec<u8>, String> {
    let answer = http.get(url).send().await.map_err(|e| match () {
        () if e.is_timeout() => format!("no answer within {} s", PATIENCE.as_secs()),
        () if e.is_connect() => "no connection".to_owned(),
        () => "the address cannot be asked".to_owned(),
    })?;
    if !answer.status().is_success() {
        return Err(format!("HTTP {}", answer.status().as_u16()));
    }
    let file = answer.bytes().await.map_err(|_| "the answer broke off".to_owned())?;
    if file.len() > MOST_BYTES { Err("it is larger than Telnyx takes".to_owned()) } else { Ok(file.to_vec()) }
}

fn url(base: &str, prompt: &PromptAsset) -> String {
    format!("{base}/{}.wav", prompt.name)
}
