//! `simulate storm`: repeats, bad signatures and slow clients, against a service that has to bear them.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use url::{Host, Url};

use super::Signer;
use crate::cli::failure::refuse;
use crate::cli::output;
use crate::sim::storm::{self, Answers, Plan, Sender};
use crate::sim::{self, SimConfig};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The service to send webhooks to, such as http://127.0.0.1:8080
    #[arg(long = "to", value_name = "URL")]
    service: Url,
    /// Also answer meanwhile as Telnyx (/v2), Stripe (/v1) and fax media (/media)
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    signer: Signer,
    /// Seconds that it lasts
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Events a second
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=5000))]
    rate: u32,
    /// How often each event is sent at once
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    copies: u32,
    /// Requests a second with a bad signature
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=5000))]
    bad_signatures: u32,
    /// Clients that send a webhook a byte at a time
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=2000))]
    slow_clients: u32,
    /// Against a service that is not on this machine: a staging one of yours
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    if !is_loopback(&args.service) && !args.yes {
        return Err(refuse(format!("{} is not on this machine", args.service))
            .hint("a storm rings alarms and fills the inbox: give --yes if it is a staging service of yours")
            .into());
    }
    let keys = args.signer.keys()?;
    let _answering = match args.listen {
        Some(addr) => Some(sim::start(SimConfig::new(addr, args.service.clone(), &keys)).await?),
        None => None,
    };
    let plan = Plan {
        service: args.service.clone(),
        lasts: Duration::from_secs(args.seconds),
        rate: args.rate,
        copies: args.copies,
        bad: args.bad_signatures,
        slow: args.slow_clients,
    };
    let answers = storm::blow(&plan, &keys.signing, |second, so_far| {
        let taken = so_far.count(Sender::Telnyx, |s| s == Some(200));
        eprintln!("  {second} s of {}: {taken} webhooks taken", args.seconds);
    })
    .await;
    print(&answers)?;
    let borne = (args.slow_clients as usize).saturating_sub(answers.count(Sender::Slow, |_| true));
    if borne > 0 {
        eprintln!("note: slow clients that the service had not cut off when the storm ended: {borne}");
    }
    Ok(judge(&answers))
}

fn is_loopback(service: &Url) -> bool {
    match service.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn print(answers: &Answers) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for ((sender, status), took) in &answers.took {
        let sender = match sender {
            Sender::Telnyx => "Telnyx",
            Sender::Stranger => "a stranger (bad signature)",
            Sender::Slow => "a slow client",
        };
        let status = status.map_or_else(|| "broken off".to_owned(), |s| s.to_string());
        let mut took = took.clone();
        took.sort();
        let at = |percent: usize| {
            let ms = took[(took.len() * percent / 100).min(took.len() - 1)].as_secs_f64() * 1000.0;
            format!("{ms:.1}")
        };
        rows.push([sender.to_owned(), status, took.len().to_string(), at(50), at(99), at(100)]);
    }
    output::put(&output::table(["sent as", "answered", "n", "p50 ms", "p99 ms", "max ms"], &rows))
}

/// Well where Telnyx's were taken, or told to come again while the inbox is full, and nobody else's was.
fn judge(answers: &Answers) -> ExitCode {
    let lost = answers.count(Sender::Telnyx, |s| !matches!(s, Some(200 | 503)));
    let shed = answers.count(Sender::Telnyx, |s| s == Some(503));
    let let_in = answers.count(Sender::Stranger, |s| s.is_some_and(|s| s != 400 && s != 503));
    if shed > 0 {
        eprintln!(
            "note: {shed} were answered 503: Telnyx sends them again. Hint: see /readyz and `fusion-comms doctor`"
        );
    }
    if lost > 0 {
        eprintln!(
            "{lost} webhooks were neither taken nor put off. Hint: 400 means that the service has another \
             TELNYX_PUBLIC_KEY than the simulator; broken off, that nothing answers there"
        );
    }
    if let_in > 0 {
        eprintln!("{let_in} webhooks with a bad signature were not refused with 400");
    }
    if lost + let_in > 0 {
        return ExitCode::FAILURE;
    }
    eprintln!("The service bore it. `fusion-comms events storm` says how it looked from inside");
    ExitCode::SUCCESS
}
