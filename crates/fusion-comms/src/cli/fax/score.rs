//! `fax score`: the real pipeline over a folder of faxes, without a database. One line of JSON a fax.
//!
//! The folder holds `manifest.jsonl` (file and tenant_id a line), `cases.csv` (the agencies' rosters) and the files.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use fusion_comms_core::fax::{Case, Segment, Status};
use fusion_comms_core::ids::TenantId;
use futures::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::failure::misused;
use crate::cli::{case, output};
use crate::config::{self, OcrEngine};
use crate::fax_text::ReadError;
use crate::filing::Examiner;
use crate::secrets::Environment;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Where the predictions are written.
    #[arg(long, value_name = "FILE", default_value = "predictions.jsonl")]
    out: PathBuf,
}

/// A line of `manifest.jsonl`.
#[derive(Deserialize)]
struct Arrived {
    file: String,
    tenant_id: TenantId,
}

/// What became of one fax.
struct Scored {
    line: Value,
    pages: usize,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let mut settings = config::fax_reader(&Environment::load().await?)?;
    // The whole pipeline, unless told otherwise.
    settings.ocr.get_or_insert(OcrEngine::Tesseract);
    if let Err(why) = settings.ocr().check() {
        eprintln!("note: {why}");
    }
    let examiner = settings.examiner(None).await?;
    let arrived = manifest(&args.folder)?;
    let rosters = case::rosters(&args.folder.join("cases.csv"))?;
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let progress = Progress::of(arrived.len());
    let works = arrived.iter().enumerate().map(|(at, fax)| {
        let (examiner, rosters, folder) = (&examiner, &rosters, &args.folder);
        async move { (at, one(examiner, folder, fax, rosters).await) }
    });
    let mut works = futures::stream::iter(works).buffer_unordered(at_once);
    let mut lines: BTreeMap<usize, Value> = BTreeMap::new();
    let mut pages = 0;
    while let Some((at, scored)) = works.next().await {
        let scored = scored?;
        pages += scored.pages;
        lines.insert(at, scored.line);
        progress.at(lines.len(), pages);
    }
    write(&args.out, lines.values())?;
    let seconds = progress.began.elapsed().as_secs_f64();
    output::line(&format!(
        "{} with {} in {seconds:.1} s: {:.2} pages/s; predictions in {}",
        output::count_of(lines.len(), "fax", "faxes"),
        output::count(pages, "page"),
        pages as f64 / seconds,
        args.out.display()
    ))
}

async fn one(
    examiner: &Examiner,
    folder: &Path,
    fax: &Arrived,
    rosters: &BTreeMap<TenantId, Vec<Case>>,
) -> anyhow::Result<Scored> {
    let bytes =
        tokio::fs::read(folder.join(&fax.file)).await.context("a file of the manifest cannot be read")?;
    let roster = rosters.get(&fax.tenant_id).cloned().unwrap_or_default();
    match examiner.examine(bytes.into(), None, roster).await {
        Ok(examined) => {
            let v = &examined.verdict;
            let candidates: Vec<_> = v.candidates.iter().map(|c| &c.case_id).collect();
            let line = json!({
                "file": fax.file,
                "doc_type": v.doc_type,
                "case_id": v.case_id,
                "status": v.status.as_str(),
                "candidates": candidates,
                "reasons": v.reasons,
                "segments": v.segments.iter().map(segment).collect::<Vec<_>>(),
            });
            Ok(Scored { line, pages: examined.pages.len() })
        }
        Err(ReadError::Unreadable(why)) => {
            Ok(Scored { line: unread(fax, Status::Unreadable.as_str(), why), pages: 0 })
        }
        Err(e) => Ok(Scored { line: unread(fax, "failed", &e.to_string()), pages: 0 }),
    }
}

fn segment(part: &Segment) -> Value {
    let pages = format!("{}-{}", part.first_page, part.last_page);
    json!({"pages": pages, "doc_type": part.doc_type, "case_id": part.case_id})
}

fn unread(fax: &Arrived, status: &str, why: &str) -> Value {
    json!({"file": fax.file, "doc_type": null, "case_id": null, "status": status, "reasons": [why]})
}

fn manifest(folder: &Path) -> anyhow::Result<Vec<Arrived>> {
    let path = folder.join("manifest.jsonl");
    let text = std::fs::read_to_string(&path).map_err(|e| {
        let hint =
            "the folder holds manifest.jsonl with {\"file\", \"tenant_id\"} a line, cases.csv, and the files";
        anyhow::Error::new(e).context(misused("the folder has no manifest.jsonl that can be read").hint(hint))
    })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(n, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("line {} of manifest.jsonl is not as it must be", n + 1))
        })
        .collect()
}

fn write<'a>(path: &Path, lines: impl Iterator<Item = &'a Value>) -> anyhow::Result<()> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.to_string());
        text.push('\n');
    }
    std::fs::write(path, text).context("the predictions cannot be written")
}

/// Shows on a terminal how far the work is; silent elsewhere.
struct Progress {
    total: usize,
    began: Instant,
    shown: bool,
}

impl Progress {
    fn of(total: usize) -> Self {
        Self { total, began: Instant::now(), shown: std::io::stderr().is_terminal() }
    }

    fn at(&self, done: usize, pages: usize) {
        if !self.shown {
            return;
        }
        const WIDTH: usize = 30;
        let filled = WIDTH * done / self.total.max(1);
        let speed = pages as f64 / self.began.elapsed().as_secs_f64();
        let end = if done == self.total { "\n" } else { "" };
        let bar = format!("{}{}", "#".repeat(filled), "-".repeat(WIDTH - filled));
        eprint!("\r[{bar}] {done} of {} faxes, {pages} pages, {speed:.2} pages/s {end}", self.total);
        let _ = std::io::stderr().flush();
    }
}
