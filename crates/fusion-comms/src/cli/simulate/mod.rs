//! `simulate`: a caller, a handset or a fax machine that tries out a running service, with Telnyx and Stripe played
//! on loopback.

mod call;
mod pay;
mod storm;
mod trouble;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use ed25519_dalek::SigningKey;
use fusion_comms_core::phone::E164;
use url::Url;

use crate::sim::keys::{self, SimKeys};
use crate::sim::telnyx::FaxPlan;
use crate::sim::{self, Sim, SimConfig};
use trouble::{Trouble, masked};

/// Tries out a running service with a simulated call, text or fax.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Call a number of the service and press keys at its prompts; exit 0 if the call ended well
    Call(call::CallArgs),
    /// Text a number of the service and print what it replies within five seconds
    Sms(SmsArgs),
    /// Fax a PDF to a number of the service and wait until it has fetched the document
    Fax(FaxArgs),
    /// Send a storm of webhooks: repeats, bad signatures, slow clients; exit 0 if the service bore it
    Storm(storm::Args),
    /// Answer as Telnyx, Stripe and the media host until Ctrl-C
    Serve(Common),
}

#[derive(Debug, Args)]
struct Common {
    /// The service to send webhooks to, such as http://127.0.0.1:8080
    #[arg(long = "to", value_name = "URL")]
    service: Url,
    /// Where the service finds Telnyx (/v2), Stripe (/v1) and fax media (/media)
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    #[command(flatten)]
    signer: Signer,
}

#[derive(Debug, Args)]
struct Signer {
    /// Signing key: a file with a 32-byte Ed25519 seed in hex
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Folder of the signing key `simulator.key` when --key is not given; made on first use
    #[arg(long, value_name = "DIR", env = "DATA_DIR", default_value = "./data")]
    data_dir: PathBuf,
}

impl Signer {
    fn keys(&self) -> anyhow::Result<SimKeys> {
        let Some(file) = &self.key else { return keys::load_or_create(&self.data_dir) };
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("Cannot read the key file {}", file.display()))?;
        let mut seed = [0; 32];
        if hex::decode_to_slice(text.trim(), &mut seed).is_err() {
            bail!(
                "{} is no signing key: it must hold 64 hex digits (a 32-byte Ed25519 seed)",
                file.display()
            );
        }
        Ok(SimKeys::from_seed(seed))
    }
}

#[derive(Debug, Args)]
struct SmsArgs {
    #[command(flatten)]
    common: Common,
    /// Who texts
    #[arg(long, value_name = "E164", value_parser = phone)]
    from: String,
    /// The number of the service that is texted
    #[arg(long, value_name = "E164", value_parser = phone)]
    did: String,
    /// What the person writes.
    #[arg(long)]
    text: String,
}

#[derive(Debug, Args)]
struct FaxArgs {
    #[command(flatten)]
    common: Common,
    /// Who faxes
    #[arg(long, value_name = "E164", value_parser = phone)]
    from: String,
    /// The number of the service that is faxed
    #[arg(long, value_name = "E164", value_parser = phone)]
    did: String,
    /// The document
    #[arg(value_name = "FILE.pdf")]
    file: PathBuf,
    /// Number of pages that the fax says it has
    #[arg(long, default_value_t = 1)]
    pages: u32,
}

fn phone(text: &str) -> Result<String, String> {
    E164::parse(text).map(|n| n.expose().to_owned()).map_err(|e| e.to_string())
}

/// # Errors
/// When the simulators cannot start or a file cannot be read; what the service did wrong is printed, with exit code 1.
pub async fn run(args: SimulateArgs) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Call(args) => call::call(args).await,
        What::Sms(args) => sms(args).await,
        What::Fax(args) => fax(args).await,
        What::Storm(args) => storm::run(args).await,
        What::Serve(common) => serve(common).await,
    }
}

async fn start(common: &Common) -> anyhow::Result<Sim> {
    let keys = common.signer.keys()?;
    println!("Simulated Telnyx, Stripe and fax media on http://{}", common.listen);
    println!("Webhooks to {}, signed with TELNYX_PUBLIC_KEY={}", common.service, public_key(&keys.signing));
    // The simulator's own, made per DATA_DIR: a service that is not in dev has to be told it.
    println!("and, as Stripe, with STRIPE_WEBHOOK_SECRET={}", keys.stripe_webhook_secret);
    sim::start(SimConfig::new(common.listen, common.service.clone(), &keys)).await
}

fn public_key(signing: &SigningKey) -> String {
    STANDARD.encode(signing.verifying_key().to_bytes())
}

async fn sms(args: SmsArgs) -> anyhow::Result<ExitCode> {
    let sim = start(&args.common).await?;
    sim.telnyx.send_text(&args.from, &args.did, &args.text);
    println!("Text sent to {}, waiting 5 s for replies", masked(&args.did));
    tokio::time::sleep(Duration::from_secs(5)).await;
    let lost = Trouble::default().print(&sim, &args.common.service);
    let (telnyxs, replies): (Vec<_>, Vec<_>) =
        sim.telnyx.inbox_of(&args.from).into_iter().partition(|text| text.by_telnyx);
    for answer in &telnyxs {
        println!("  Telnyx by itself, not the service, from {}: {}", masked(&answer.from), answer.text);
    }
    for reply in &replies {
        println!("  reply from {}: {}", masked(&reply.from), reply.text);
    }
    if replies.is_empty() {
        println!("  no reply of the service");
    }
    Ok(if lost { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn fax(args: FaxArgs) -> anyhow::Result<ExitCode> {
    let bytes =
        std::fs::read(&args.file).with_context(|| format!("Cannot read the fax {}", args.file.display()))?;
    let sim = start(&args.common).await?;
    let id = sim.telnyx.send_fax(FaxPlan::new(&args.from, &args.did, bytes, args.pages));
    println!("Fax {id} sent to {}", masked(&args.did));
    let fetched = |t: &sim::telnyx::SimTelnyx| t.fax(&id).is_some_and(|f| f.fetched > 0);
    let fetched = sim.telnyx.wait_until(Duration::from_secs(30), fetched).await;
    let lost = Trouble::default().print(&sim, &args.common.service);
    if fetched {
        println!("  the service has fetched the document");
    } else {
        eprintln!(
            "The service has not fetched the document. Hint: TELNYX_MEDIA_HOSTS must name {}/media/faxes/",
            sim.addr
        );
    }
    Ok(if fetched && !lost { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn serve(common: Common) -> anyhow::Result<ExitCode> {
    let sim = start(&common).await?;
    println!("Answering until Ctrl-C");
    let mut trouble = Trouble::default();
    let mut seen = 0;
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        tokio::select! {
            result = &mut interrupted => {
                result.context("Cannot listen for Ctrl-C")?;
                return Ok(ExitCode::SUCCESS);
            }
            () = tokio::time::sleep(Duration::from_millis(500)) => {
                trouble.print(&sim, &common.service);
                let texts = sim.telnyx.texts();
                for text in texts.iter().skip(seen) {
                    let whose = if text.by_telnyx { ", of Telnyx by itself" } else { "" };
                    println!("  text to {} ({} characters{whose})", masked(&text.to), text.text.chars().count());
                }
                seen = texts.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Json;
    use axum::Router;
    use axum::extract::State;
    use axum::http::StatusCode;
    use axum::routing::post;
    use clap::Parser;
    use serde_json::{Value, json};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: SimulateArgs,
    }

    async fn simulate(line: &str) -> String {
        let line = Line::try_parse_from(line.split(' ')).unwrap();
        format!("{:?}", run(line.args).await.unwrap())
    }

    async fn free_port() -> u16 {
        tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
    }

    /// Answers a call and hangs up once it is up.
    async fn answer_and_hang_up(State(sim_port): State<u16>, Json(event): Json<Value>) -> StatusCode {
        let action = match event["data"]["event_type"].as_str() {
            Some("call.initiated") => "answer",
            Some("call.answered") => "hangup",
            _ => return StatusCode::OK,
        };
        let call = event["data"]["payload"]["call_control_id"].as_str().unwrap();
        let url = format!("http://127.0.0.1:{sim_port}/v2/calls/{call}/actions/{action}");
        reqwest::Client::new().post(url).bearer_auth("KEY").json(&json!({})).send().await.unwrap();
        StatusCode::OK
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_call_that_the_service_answers_ends_well_and_one_it_does_not_get_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port().await;
        let router = Router::new().route("/webhooks/telnyx/voice", post(answer_and_hang_up)).with_state(port);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let call = |service: String| {
            format!(
                "simulate call --to http://{service} --listen 127.0.0.1:{port} --data-dir {} --from +12025550147 \
                 --did +12025550110 --press menu=1 --speed 50 --timeout 5",
                dir.path().display()
            )
        };
        let good = format!("{:?}", ExitCode::SUCCESS);
        assert_eq!(simulate(&call(service.to_string())).await, good);
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_ne!(simulate(&call("127.0.0.1:1".to_owned())).await, good);
    }

    #[test]
    fn keys_and_numbers_are_checked_before_anything_starts() {
        for bad in ["--press menu", "--press menu=a", "--from 2025550147"] {
            let line =
                format!("simulate call --to http://127.0.0.1:1 --did +12025550110 --from +12025550147 {bad}");
            assert!(Line::try_parse_from(line.split(' ')).is_err(), "{bad}");
        }
    }
}
