//! `prompts upload`: recordings into the bucket, or the folder that stands for it, and a word to CloudFront.
//!
//! Nothing is put unless every file passes the check.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use bytes::Bytes;
use fusion_comms_core::ivr::Prompt;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::super::failure::{Refusal, refuse};
use super::super::output::{count, json, line, put, table};
use super::{chosen, named, put_findings};
use crate::blobs::{BlobError, Blobs, Place, Served};
use crate::clock::Clock;
use crate::cloudfront;
use crate::config::PromptsConfig;
use crate::prompts::check::{Finding, Level, recording, worst};
use crate::prompts::{self, CACHE_CONTROL, CONTENT_TYPE};
use crate::secrets::Environment;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Folder with `<prompt>.wav` files; without one, the recordings of the program itself.
    dir: Option<PathBuf>,
    /// This prompt alone.
    #[arg(long, value_parser = named())]
    only: Option<Prompt>,
    /// Check and say what would be put where; put nothing.
    #[arg(long)]
    dry_run: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct File {
    prompt: &'static str,
    /// `put`, `checked` (nothing was put), `failed` (not put, though it is well).
    done: &'static str,
    result: Level,
    bytes: usize,
    sha256: String,
    to: String,
    findings: Vec<Finding>,
    #[serde(skip)]
    key: String,
    #[serde(skip)]
    content: Bytes,
}

#[derive(Serialize)]
struct Invalidation {
    id: String,
    paths: Vec<String>,
}

#[derive(Serialize)]
struct Outcome {
    files: Vec<File>,
    invalidation: Option<Invalidation>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (config, notes) = PromptsConfig::load(&Environment::load().await?)?;
    notes.iter().for_each(|note| eprintln!("note: {note}"));
    let store = config.store().context("the place of the prompts cannot be opened")?;
    let mut files = gathered(&args, &store)?;
    let refused = files.iter().any(|file| file.result == Level::Fail);
    if refused || args.dry_run {
        show(args.json, &Outcome { files, invalidation: None })?;
        return if refused { Err(bad_files().into()) } else { Ok(ExitCode::SUCCESS) };
    }
    let put = put_all(&store, &mut files).await;
    let any_put = files.iter().any(|file| file.done == "put");
    let told = match &config.distribution {
        Some(id) if any_put => tell(id, &config, &files).await.map(Some),
        _ => Ok(None),
    };
    let (invalidation, untold) = match told {
        Ok(invalidation) => (invalidation, None),
        Err(refusal) => (None, Some(refusal)),
    };
    let caches_know = invalidation.is_some() || untold.is_some();
    show(args.json, &Outcome { files, invalidation })?;
    put.map_err(|e| not_put(&e))?;
    if let Some(refusal) = untold {
        return Err(refusal.into());
    }
    match store.place() {
        Place::Folder(_) => {
            eprintln!("note: a service on the same DATA_DIR plays them from now on, at /ivr/<prompt>.wav")
        }
        Place::Bucket(_) if !caches_know => {
            eprintln!("note: caches on the way may keep the old recordings for a day ({CACHE_CONTROL})");
        }
        Place::Bucket(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// The files to put, each read and checked.
fn gathered(args: &Args, store: &Blobs) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    for prompt in chosen(args.only) {
        let content = match &args.dir {
            None => Some(Bytes::from_static(prompts::built_in(prompt))),
            Some(dir) => read(dir, prompt)?,
        };
        files.extend(content.map(|content| file(prompt, content, store)));
    }
    if files.is_empty() {
        let sentence = "the folder holds no recording to put";
        let hint = "files are named as `prompts list` shows them, as in menu.wav; `prompts generate --out DIR` makes them";
        return Err(refuse(sentence).hint(hint).into());
    }
    if let Some(dir) = &args.dir {
        note_missing(dir, args.only, files.len());
    }
    Ok(files)
}

fn read(dir: &Path, prompt: Prompt) -> anyhow::Result<Option<Bytes>> {
    match std::fs::read(dir.join(format!("{}.wav", prompt.name()))) {
        Ok(content) => Ok(Some(Bytes::from(content))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && dir.is_dir() => Ok(None),
        Err(e) => Err(e).with_context(|| format!("the file of the prompt {} cannot be read", prompt.name())),
    }
}

fn note_missing(dir: &Path, only: Option<Prompt>, found: usize) {
    let wav = |path: &Path| path.extension().is_some_and(|e| e == "wav");
    let in_folder = std::fs::read_dir(dir).map_or(0, |all| all.flatten().filter(|e| wav(&e.path())).count());
    if only.is_none() && found < Prompt::ALL.len() {
        let missing = Prompt::ALL.len() - found;
        eprintln!("note: {} not in the folder, left as they are", count(missing, "prompt"));
    }
    if only.is_none() && in_folder > found {
        eprintln!("note: {} in the folder, of no prompt, left alone", count(in_folder - found, "WAV file"));
    }
}

fn file(prompt: Prompt, content: Bytes, store: &Blobs) -> File {
    let findings = recording(prompt, &content).findings;
    let key = prompts::key(prompt);
    let to = match store.place() {
        Place::Bucket(bucket) => format!("s3://{bucket}/{key}"),
        Place::Folder(dir) => dir.join(&key).display().to_string(),
    };
    File {
        prompt: prompt.name(),
        done: "checked",
        result: worst(&findings),
        bytes: content.len(),
        sha256: hex::encode(Sha256::digest(&content)),
        to,
        findings,
        key,
        content,
    }
}

/// Puts one after another; ends at the first that cannot be put.
async fn put_all(store: &Blobs, files: &mut [File]) -> Result<(), BlobError> {
    let served = Served { content_type: CONTENT_TYPE, cache_control: CACHE_CONTROL };
    for file in files {
        file.done = "failed";
        store.put_served(&file.key, file.content.clone(), served).await?;
        file.done = "put";
    }
    Ok(())
}

async fn tell(id: &str, config: &PromptsConfig, files: &[File]) -> Result<Invalidation, Refusal> {
    let paths = paths(config.audio_base.as_deref(), files);
    let all: String = files.iter().map(|file| file.sha256.as_str()).collect();
    let digest = hex::encode(Sha256::digest(all.as_bytes()));
    let reference = format!("prompts-{}-{}", Clock::system().now().unix_s(), &digest[..12]);
    let told = cloudfront::invalidate(id, &paths, &reference, config.aws_endpoint.as_deref()).await;
    told.map(|id| Invalidation { id, paths: paths.clone() }).map_err(|e| {
        let by_hand = format!(
            "the files are in place; tell it by hand, or caches play the old ones for a day: \
             aws cloudfront create-invalidation --distribution-id {id} --paths {}",
            paths.iter().map(|path| format!("\"{path}\"")).collect::<Vec<_>>().join(" ")
        );
        refuse(format!("CloudFront was not told: {e}")).hint(by_hand)
    })
}

/// What the distribution's visitors ask for: everything under `/ivr/`, and where Telnyx fetches from another path
/// (the distribution adds `/ivr` on its way to the bucket) the files there, whatever version follows them.
fn paths(audio_base: Option<&str>, files: &[File]) -> Vec<String> {
    let mut paths = vec!["/ivr/*".to_owned()];
    let path = audio_base
        .and_then(|base| url::Url::parse(base).ok())
        .map(|url| url.path().trim_end_matches('/').to_owned());
    if let Some(path) = path.filter(|path| path != "/ivr") {
        paths.extend(files.iter().map(|file| format!("{path}/{}.wav*", file.prompt)));
    }
    paths
}

fn show(as_json: bool, outcome: &Outcome) -> anyhow::Result<()> {
    if as_json {
        return json(outcome);
    }
    let row = |f: &File| {
        [
            f.prompt.to_owned(),
            f.result.as_str().to_owned(),
            f.done.to_owned(),
            f.bytes.to_string(),
            f.sha256.chars().take(12).collect(),
            f.to.clone(),
        ]
    };
    let rows: Vec<_> = outcome.files.iter().map(row).collect();
    put(&table(["prompt", "check", "done", "bytes", "sha256", "to"], &rows))?;
    put_findings(outcome.files.iter().map(|f| (f.prompt, f.findings.as_slice())))?;
    match &outcome.invalidation {
        Some(told) => line(&format!("\nCloudFront: invalidation {} of {}", told.id, told.paths.join(" "))),
        None => Ok(()),
    }
}

fn bad_files() -> Refusal {
    refuse("nothing was put: a file cannot be used as it is")
        .hint("mend what the check found, or choose with --only")
}

fn not_put(error: &BlobError) -> Refusal {
    let hint = match error {
        BlobError::NoBucket => "check S3_BUCKET_AUDIO, AWS_REGION and, if it is set, AWS_ENDPOINT_URL",
        BlobError::Refused => {
            "give the role or key s3:PutObject on ivr/* of the bucket; see AWS_ACCESS_KEY_ID or the task's role"
        }
        BlobError::Unreachable => "check AWS_REGION, AWS_ENDPOINT_URL and the way out of this network",
        _ => "check DATA_DIR",
    };
    refuse(format!("a recording could not be put: {error}")).hint(hint)
}
