//! Scanned faxes: what is done around tesseract against tesseract alone, memory, and how soon a fax is filed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use fusion_comms::fax_text::{FaxReader, Ocr, ReadLimits, prepared};
use fusion_comms::sim::telnyx::FaxPlan;
use fusion_comms::store::faxes;
use fusion_comms_core::ids::FaxId;

use crate::arguments::Arguments;
use crate::fax_memory::Watch;
use crate::fax_pages;
use crate::figures::Figures;
use crate::host;
use crate::report::Report;
use crate::served::{FAX_LINE, On, TestApp};

/// Pages of the long fax.
const LONG: usize = 40;
/// The long fax is read so many times, by turns with tesseract alone.
const ROUNDS: usize = 3;
const HOSPITAL: &str = "+12025550142";
/// A fax that is not filed by then never will be.
const PATIENCE: Duration = Duration::from_secs(120);

pub async fn run(arguments: &Arguments, on: On, program: &Path) -> anyhow::Result<Report> {
    let ocr = ocr()?;
    let (mut lines, ratio) = against_tesseract(program, ocr).await?;
    let filed = filed(arguments, on, program).await?;
    lines.push(Figures::head("from fax.received to filed, a fax of two pages"));
    lines.push(filed.row("one at a time"));
    lines.push(format!("  load {}", host::load()));
    let headline =
        vec![("reader/tesseract", ratio), ("filed p50 ms", filed.ms(50)), ("filed p99 ms", filed.ms(99))];
    Ok(Report { lines, headline })
}

fn ocr() -> anyhow::Result<Ocr> {
    let variable = |name| std::env::var(name).ok();
    let ocr = Ocr::tesseract(variable("PATH").as_deref(), variable("TESSDATA_PREFIX").as_deref());
    ocr.check().map_err(anyhow::Error::msg)?;
    Ok(ocr)
}

/// The long fax by the reader and by tesseract alone, and the reader's memory; the median ratio.
async fn against_tesseract(program: &Path, ocr: Ocr) -> anyhow::Result<(Vec<String>, f64)> {
    let fax = fax_pages::scanned(LONG)?;
    let pictures = prepared(fax.to_vec());
    ensure!(pictures.len() == LONG, "{} of {LONG} pages are ready to be read", pictures.len());
    let tesseract = ocr.program().context("OCR is off")?.to_owned();
    let threads = std::thread::available_parallelism()?.get();
    let reader = FaxReader { program: program.to_owned(), limits: ReadLimits::default(), ocr };
    let mut ratios = Vec::new();
    let (mut reads, mut alones, mut most_kib) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let watch = Watch::start();
        let began = Instant::now();
        let reading = reader.read(fax.clone()).await?;
        let read = began.elapsed();
        most_kib = most_kib.max(watch.stop());
        ensure!(reading.pages.iter().all(|p| !p.words.is_empty()), "a page came back without words");
        let alone = alone(&tesseract, &pictures, threads)?;
        ratios.push(read.as_secs_f64() / alone.as_secs_f64());
        reads.push(read);
        alones.push(alone);
    }
    ratios.sort_by(f64::total_cmp);
    let speed = |times: Vec<Duration>| LONG as f64 / (Figures::new(times).ms(50) / 1000.0);
    let ratio = ratios[ROUNDS / 2];
    let lines = vec![
        format!("  {LONG} pages, {threads} at once, {ROUNDS} rounds by turns, medians"),
        format!("  the reader                 {:>6.2} pages/s", speed(reads)),
        format!(
            "  tesseract alone            {:>6.2} pages/s, on the same pictures made ready before",
            speed(alones)
        ),
        format!(
            "  time of the reader against it {ratio:.3} (of {:.3} to {:.3})",
            ratios[0],
            ratios[ROUNDS - 1]
        ),
        format!("  memory of the reader and what it starts, at most {} MiB", most_kib / 1024),
    ];
    Ok((lines, ratio))
}

/// The time that so many processes at once take for all pictures.
fn alone(tesseract: &Path, pictures: &[Vec<u8>], threads: usize) -> anyhow::Result<Duration> {
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(picture) = pictures.get(next.fetch_add(1, Ordering::Relaxed)) {
                        one(tesseract, picture)?;
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|w| w.join().map_err(|_| anyhow::anyhow!("a thread broke off"))?)
    })?;
    Ok(began.elapsed())
}

fn one(tesseract: &Path, picture: &[u8]) -> anyhow::Result<()> {
    let mut child = Command::new(tesseract)
        .args(["-", "-", "--psm", "3", "--dpi", "204", "-l", "eng", "tsv"])
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    std::io::Write::write_all(&mut child.stdin.take().context("no pipe")?, picture)?;
    ensure!(child.wait_with_output()?.status.success(), "tesseract broke off");
    Ok(())
}

/// How long a fax of two scanned pages takes from its webhook to its status, on an idle service.
async fn filed(arguments: &Arguments, on: On, program: &Path) -> anyhow::Result<Figures> {
    let mut app = TestApp::prepare_program(program, on, |_| (), &[("OCR", "tesseract")]).await;
    app.found_agency();
    app.launch().await;
    let fax = fax_pages::scanned(2)?;
    let mut times = Vec::new();
    for _ in 0..arguments.faxes {
        let began = Instant::now();
        let id = FaxId::new(app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, fax.to_vec(), 2)));
        let waits = |status: &str| matches!(status, "receiving" | "received");
        loop {
            let row = faxes::get(&app.db, &id).await?;
            if row.is_some_and(|row| !waits(&row.status)) {
                break;
            }
            ensure!(began.elapsed() < PATIENCE, "a fax was not filed; the service says:\n{}", app.logs());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        times.push(began.elapsed());
    }
    Ok(Figures::new(times))
}
