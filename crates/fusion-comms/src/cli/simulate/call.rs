//! `simulate call`: a caller who presses keys at prompts, and may wait for the text and pay.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::trouble::{Trouble, masked};
use super::{Common, pay, phone, start};
use crate::sim::Sim;
use crate::sim::telnyx::{CallPlan, Pace};

#[derive(Debug, Args)]
pub(super) struct CallArgs {
    #[command(flatten)]
    common: Common,
    /// Who calls
    #[arg(long, value_name = "E164", value_parser = phone)]
    from: String,
    /// The number of the service that is called
    #[arg(long, value_name = "E164", value_parser = phone)]
    did: String,
    /// Keys to press at a prompt; give it again for more prompts, or for the next time the same prompt is heard
    #[arg(long, value_name = "PROMPT=KEYS", value_parser = press)]
    press: Vec<(String, String)>,
    /// Also wait for the text with the payment link
    #[arg(long)]
    expect_text: bool,
    /// Also open the link in that text and pay at the simulated Stripe; exit 0 once the service knows of it
    #[arg(long)]
    pay: bool,
    /// How much faster than life the caller is
    #[arg(long, value_name = "FACTOR", default_value_t = 4.0)]
    speed: f64,
    /// Give up when the call has not ended after this time
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u64,
}

fn press(text: &str) -> Result<(String, String), String> {
    let (prompt, keys) = text.split_once('=').ok_or("write it as PROMPT=KEYS, such as menu=1")?;
    if !keys.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#')) {
        return Err("keys are 0 to 9, * and #".to_owned());
    }
    Ok((prompt.to_owned(), keys.to_owned()))
}

pub(super) async fn call(args: CallArgs) -> anyhow::Result<ExitCode> {
    let sim = start(&args.common).await?;
    let mut plan = CallPlan::new(&args.from, &args.did).pace(Pace(args.speed));
    for (prompt, keys) in &args.press {
        plan = plan.press(prompt, keys);
    }
    let end = Instant::now() + Duration::from_secs(args.timeout);
    let mut trouble = Trouble::default();
    let call = sim.telnyx.start_call(plan);
    println!("Call {call} to {}", masked(&args.did));
    let mut printed = 0;
    let ended = loop {
        let view = sim.telnyx.call(&call).unwrap_or_default();
        for step in view.transcript.iter().skip(printed) {
            println!("  caller {step}");
        }
        printed = view.transcript.len();
        trouble.print(&sim, &args.common.service);
        if view.ended || Instant::now() >= end {
            break view;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    if !ended.ended {
        eprintln!(
            "The call has not ended after {} s. Hint: look at the service's log, or set --timeout",
            args.timeout
        );
        return Ok(ExitCode::FAILURE);
    }
    let mut good = ended.answered;
    if !ended.answered {
        eprintln!(
            "The service did not answer the call. Hint: a worker must run (`serve` without --role, or `worker`), and its \
             TELNYX_API_BASE must be http://{}/v2",
            sim.addr
        );
    }
    if args.expect_text || args.pay {
        let arrived = text_arrives(&sim, &call, end).await;
        good &= arrived;
        if args.pay && arrived {
            good &= paid(&sim).await;
        }
    }
    // The last events are still on their way to the service.
    tokio::time::sleep(Duration::from_millis(500)).await;
    good &= !trouble.print(&sim, &args.common.service);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn text_arrives(sim: &Sim, call: &str, end: Instant) -> bool {
    let limit = end.saturating_duration_since(Instant::now()).max(Duration::from_secs(5));
    let arrived = sim.telnyx.wait_until(limit, |t| !t.texts().is_empty()).await;
    for text in sim.telnyx.texts() {
        println!("  text to {} arrived ({} characters)", masked(&text.to), text.text.chars().count());
    }
    if !arrived {
        eprintln!(
            "No text arrived. Hint: `fusion-comms trace call {call}`, where the service runs, says why; opted out, Stripe or \
             Telnyx refused, or no worker runs"
        );
    }
    arrived
}

async fn paid(sim: &Sim) -> bool {
    match pay::pay(sim).await {
        Ok(steps) => {
            steps.iter().for_each(|step| println!("  payer {step}"));
            true
        }
        Err(error) => {
            eprintln!("{error:#}");
            false
        }
    }
}
