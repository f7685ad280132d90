//! What the gate's question to the ledger costs: a large ledger and a small one by turns, on databases of their own, by
//! the service's own `ledger::standing`. Half of the numbers asked for are opted out.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use fusion_comms::store::ledger;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::arguments::Arguments;
use crate::figures::Figures;
use crate::host;
use crate::ledger_fill::{self, AGENCIES};
use crate::report::Report;
use crate::served::{On, TestApp};

const FEW: i64 = 10_000;
const ROUNDS: u64 = 10;
const ASKED_A_ROUND: usize = 2000;
/// Before the first round, so that the pages in use are in memory.
const WARM_UP: usize = 10_000;
/// Questions in one transaction, whose beginning is not counted.
const IN_ONE: usize = 100;

pub async fn run(arguments: &Arguments, on: On, program: &Path) -> anyhow::Result<Report> {
    let (few, filled_few) = filled(on, program, FEW).await?;
    let (many, filled_many) = filled(on, program, arguments.rows).await?;
    let mut lines = vec![filled_few, filled_many];
    lines.extend(ledger_fill::plans(&many).await?.into_iter().map(|line| format!("    {line}")));
    ask(&few, FEW, 0, WARM_UP).await?;
    ask(&many, arguments.rows, 0, WARM_UP).await?;

    let (mut all_few, mut all_many, mut differences) = (vec![], vec![], vec![]);
    for round in 1..=ROUNDS {
        let a = ask(&few, FEW, round, ASKED_A_ROUND).await?;
        let b = ask(&many, arguments.rows, round, ASKED_A_ROUND).await?;
        differences.push((Figures::new(b.clone()).ms(50) - Figures::new(a.clone()).ms(50)) * 1000.0);
        all_few.extend(a);
        all_many.extend(b);
    }
    differences.sort_by(f64::total_cmp);
    lines.push(Figures::head_us("one question, by turns"));
    lines.push(Figures::new(all_few).row_us(&format!("{FEW} opt-outs")));
    lines.push(Figures::new(all_many).row_us(&format!("{} opt-outs", arguments.rows)));
    let middle = f64::midpoint(differences[4], differences[5]);
    lines.push(format!(
        "  many - few, p50 of a round: median {middle:+.1} µs ({:+.1} to {:+.1}); load {}",
        differences[0],
        differences[9],
        host::load()
    ));
    Ok(Report { lines, headline: vec![] })
}

async fn filled(on: On, program: &Path, rows: i64) -> anyhow::Result<(TestApp, String)> {
    let app = TestApp::prepare_program(program, on, |_| {}, &[]).await;
    let began = Instant::now();
    ledger_fill::fill(&app, rows).await.context("the ledger could not be filled")?;
    let took = began.elapsed().as_secs_f64();
    Ok((app, format!("  {rows} opt-outs and {} events written in {took:.0} s", rows / 10)))
}

/// How long each of so many questions took.
async fn ask(app: &TestApp, rows: i64, seed: u64, n: usize) -> anyhow::Result<Vec<Duration>> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut took = Vec::with_capacity(n);
    while took.len() < n {
        let mut tx = app.db.begin().await?;
        for _ in 0..IN_ONE {
            // Every second number of the range is in the ledger.
            let n = random.random_range(0..rows * 2);
            let tenant = TenantId::new(ledger_fill::agency(n / 2 % AGENCIES));
            let phone = E164::parse(&ledger_fill::phone(n)).context("a phone number")?;
            let began = Instant::now();
            ledger::standing(&mut tx, Some(&tenant), &phone).await?;
            took.push(began.elapsed());
        }
    }
    Ok(took)
}
