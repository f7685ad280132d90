//! `prompts check`: each recording, fetched and measured.

use std::process::ExitCode;

use serde::Serialize;

use super::super::output::{json, put, table};
use super::fetch::{self, Reach};
use super::put_findings;
use crate::config::{self, AppEnv};
use crate::prompts::check::{Finding, Level, recording, worst};
use crate::prompts::wav::Sound;
use crate::secrets::Environment;
use fusion_comms_core::ivr::Prompt;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Where to fetch them, without a slash at the end; else `IVR_AUDIO_BASE_URL`.
    #[arg(long)]
    base: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Checked {
    name: &'static str,
    url: String,
    result: Level,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sound: Option<Sound>,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Answer {
    content_type: Option<String>,
    cache_control: Option<String>,
    bytes: usize,
    redirects: usize,
    took_ms: u128,
}

pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (base, reach) = match args.base {
        Some(base) => (base, Reach::Anywhere),
        None => match config::audio_base(&Environment::load().await?)? {
            (base, AppEnv::Dev) => (base, Reach::Anywhere),
            (base, AppEnv::Staging | AppEnv::Prod) => (base, Reach::PublicOnly),
        },
    };
    let http = fetch::client()?;
    let mut all = Vec::new();
    for prompt in Prompt::ALL {
        all.push(checked(&http, base.trim_end_matches('/'), prompt, reach).await);
    }
    if args.json {
        json(&all)?;
    } else {
        put(&table(
            ["prompt", "result", "seconds", "dBFS", "fetched from"],
            &all.iter().map(row).collect::<Vec<_>>(),
        ))?;
        put_findings(all.iter().map(|p| (p.name, p.findings.as_slice())))?;
    }
    if all.iter().all(|p| p.result != Level::Fail) {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("hint: callers hear the words of such a prompt spoken by Telnyx until it can be played again");
    Ok(ExitCode::FAILURE)
}

async fn checked(http: &reqwest::Client, base: &str, prompt: Prompt, reach: Reach) -> Checked {
    let url = prompt.url(base);
    let (answer, sound, findings) = match fetch::fetch(http, &url, reach).await {
        Err(finding) => (None, None, vec![finding]),
        Ok(fetched) => {
            let report = recording(prompt, &fetched.file);
            let answer = Answer {
                content_type: fetched.content_type,
                cache_control: fetched.cache_control,
                bytes: fetched.file.len(),
                redirects: fetched.redirects,
                took_ms: fetched.took.as_millis(),
            };
            (Some(answer), report.sound, [fetched.findings, report.findings].concat())
        }
    };
    Checked { name: prompt.name(), url, result: worst(&findings), answer, sound, findings }
}

fn row(p: &Checked) -> [String; 5] {
    let seconds = p.sound.map_or_else(|| "-".to_owned(), |s| format!("{:.1}", s.duration_s));
    let level = p.sound.and_then(|s| s.level_dbfs).map_or_else(|| "-".to_owned(), |db| format!("{db:.0}"));
    [p.name.to_owned(), p.result.as_str().to_owned(), seconds, level, p.url.clone()]
}
