//! The machine a run was made on: without it the numbers mean nothing.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use fusion_comms::clock::Clock;

use crate::arguments::Arguments;
use crate::figures::Figures;

/// Prints date, processor, load, disk and binaries.
///
/// # Errors
/// When the databases would lie in memory: a commit would cost nothing there.
pub fn describe(arguments: &Arguments) -> anyhow::Result<()> {
    let dir = std::env::temp_dir();
    let filesystem = filesystem(&dir)?;
    if filesystem == "tmpfs" {
        bail!("{} lies in memory\nhint: set TMPDIR to a folder on a disk", dir.display());
    }
    let syncs = syncs(&dir)?;
    println!("date       {}", Clock::system().now());
    println!("processor  {} x {}", std::thread::available_parallelism()?, processor());
    println!("load       {}", load());
    println!(
        "disk       {} ({filesystem}); 4 KiB written and synced: p50 {:.2} ms, p99 {:.2} ms",
        dir.display(),
        syncs.ms(50),
        syncs.ms(99)
    );
    println!("binary     {}", arguments.program().display());
    if let Some(against) = &arguments.against {
        println!("against    {}", against.display());
    }
    Ok(())
}

/// The machine's load averages (1, 5, 15 minutes).
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": "));
    name.map_or("unknown", |(_, name)| name).to_owned()
}

/// The type of the file system that holds `dir`.
fn filesystem(dir: &Path) -> anyhow::Result<String> {
    let dir = dir.canonicalize().with_context(|| format!("{} is not there", dir.display()))?;
    let mounts = fs::read_to_string("/proc/mounts").context("the mounts cannot be read")?;
    let holds = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        dir.starts_with(place).then_some((place.len(), kind))
    });
    Ok(holds.max_by_key(|(length, _)| *length).map_or("unknown", |(_, kind)| kind).to_owned())
}

/// How long a small durable write takes, which no commit can beat.
fn syncs(dir: &Path) -> anyhow::Result<Figures> {
    let mut file: File = tempfile::tempfile_in(dir).context("the temporary folder cannot be written")?;
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    Ok(Figures::new(times))
}

/// Seconds of processor time that a process has used.
pub fn cpu_s(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    // utime and stime, in ticks of a hundredth of a second.
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|w| w.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
