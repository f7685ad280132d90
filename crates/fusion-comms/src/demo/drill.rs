//! `drill`: one of the runbook's incidents, brought about in a demo of its own, so that its cause can be looked for.
//!
//! Nothing of a real instance is touched. The operator is told what people report, and runs the commands; with
//! `--script` the drill runs them itself and checks that each names the cause in its first three lines.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use fusion_comms_core::phone::E164;
use serde_json::json;

use super::{Stage, Temporary, agency, eventually, papers, pay, start, step};
use crate::clock::Clock;
use crate::logs;
use crate::sim::telnyx::FaxPlan;
use crate::store::ledger::{self, Source};
use crate::store::{faxes, instances};

/// The incidents of the runbook's section 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// Webhooks are answered 400 after a key was changed.
    Keys,
    /// Callers hear no recording.
    Silence,
    /// A caller waits for the payment text, which does not come.
    Link,
    /// A hospital has faxed, and nobody finds the fax.
    Fax,
    /// Somebody texted STOP and is texted again.
    Stop,
}

#[derive(Clone, Debug, clap::Args)]
pub struct DrillArgs {
    /// Which incident.
    #[arg(value_enum)]
    pub scenario: Scenario,
    /// Run the commands that find the cause, check what they say, and exit.
    #[arg(long)]
    pub script: bool,
}

/// A command that finds the cause, and the words in its first three lines that say so.
struct Finds {
    arguments: Vec<String>,
    cause: &'static str,
}

/// What an operator hears, and how the cause is found.
struct Incident {
    reported: &'static str,
    finds: Vec<Finds>,
    mend: &'static str,
}

/// Runs a drill.
///
/// # Errors
/// When the incident cannot be brought about; a command that does not name the cause is exit code 1.
pub async fn run(args: DrillArgs) -> anyhow::Result<ExitCode> {
    logs::init_command();
    let temporary = Temporary::new()?;
    let scenario = args.scenario;
    let stage = start(&temporary.0, 0, |base| broken(scenario, base)).await?;
    println!("Drill: bringing the incident about in {} ...", stage.data_dir.display());
    let incident = bring_about(&stage, scenario).await?;
    println!("\nWhat people report: {}\n", incident.reported);
    let found = if args.script { by_script(&stage, &incident)? } else { by_hand(&stage, &incident).await? };
    stage.service.stop().await;
    Ok(if found { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is configured wrongly from the start.
fn broken(scenario: Scenario, base: &str) -> Vec<(&'static str, String)> {
    match scenario {
        // As after a change in the portal that nobody brought here.
        Scenario::Keys => {
            let another = SigningKey::from_bytes(&[9; 32]).verifying_key();
            vec![("TELNYX_PUBLIC_KEY", STANDARD.encode(another.as_bytes()))]
        }
        Scenario::Silence => vec![("IVR_AUDIO_BASE_URL", format!("{base}/recordings"))],
        Scenario::Link | Scenario::Fax | Scenario::Stop => vec![],
    }
}

async fn bring_about(stage: &Stage, scenario: Scenario) -> anyhow::Result<Incident> {
    let doctor = |cause| Finds { arguments: vec!["doctor".to_owned()], cause };
    let trace = |kind: &str, id: &str, cause| Finds {
        arguments: ["trace", kind, id].map(str::to_owned).to_vec(),
        cause,
    };
    Ok(match scenario {
        Scenario::Keys => {
            refused_webhooks(stage).await?;
            Incident {
                reported: "nothing of calls, texts and faxes arrives any more; the load balancer counts answers of 400.",
                finds: vec![
                    doctor("keys.webhooks"),
                    Finds {
                        arguments: vec!["events".to_owned(), "storm".to_owned()],
                        cause: "signed by no key that is configured",
                    },
                ],
                mend: "take the public key from Telnyx's portal and set TELNYX_PUBLIC_KEY (section 3); Telnyx sends again what was refused",
            }
        }
        Scenario::Silence => {
            let call = call_for_a_link(stage).await?;
            Incident {
                reported: "callers say that it is not the usual voice, or that they hear nothing at all.",
                finds: vec![doctor("prompts"), trace("call", &call, "could not be played")],
                mend: "set IVR_AUDIO_BASE_URL to where the recordings are (section 5); until then each prompt is spoken by Telnyx",
            }
        }
        Scenario::Link => {
            opt_out_by_hand(stage).await?;
            call_for_a_link(stage).await?;
            Incident {
                reported: "a patient called to pay, was put through to a person, and never got the text.",
                finds: vec![trace("phone", agency::PATIENT, "opted out")],
                mend: "nothing is broken: the number opted out. With the patient's consent, `opt-out remove` (section 7)",
            }
        }
        Scenario::Fax => {
            let fax = fax_that_cannot_be_stored(stage).await?;
            Incident {
                reported: "a hospital has faxed this morning, and the fax is not in the list.",
                finds: vec![doctor("buckets.docs"), trace("fax", &fax, "stored")],
                mend: "let the service write to the store of faxes (section 8); the fax is fetched again by itself",
            }
        }
        Scenario::Stop => {
            stop_on_the_wrong_route(stage).await?;
            call_for_a_link(stage).await?;
            Incident {
                reported: "a patient texted STOP and was texted again.",
                finds: vec![doctor("consent.missed_stops")],
                mend: "opt the number out now (section 7), set the messaging profile's webhook address in the portal, and tell compliance",
            }
        }
    })
}

/// A text comes, and is refused; returns once the process has told so.
async fn refused_webhooks(stage: &Stage) -> anyhow::Result<()> {
    for n in 0..5 {
        stage.sim.telnyx.send_text(agency::PATIENT, agency::LINE, &format!("message {n}"));
    }
    let since = Clock::system().now().plus_s(-120);
    step("texts come and are refused; the service tells so every ten seconds");
    for _ in 0..3 {
        let told = eventually("the count of refusals", || async {
            let traffic = instances::traffic(stage.db(), since).await?;
            Ok(traffic.iter().any(|t| t.wrong_signature > 0).then_some(()))
        });
        if told.await.is_ok() {
            return Ok(());
        }
    }
    bail!("the refused webhooks were not told of within thirty seconds")
}

async fn call_for_a_link(stage: &Stage) -> anyhow::Result<String> {
    let call = stage.sim.telnyx.start_call(pay::payer());
    step("a patient calls and asks for a payment link");
    let telnyx = &stage.sim.telnyx;
    eventually("the call's end", || async { Ok(telnyx.call(&call).filter(|c| c.ended)) }).await?;
    Ok(call)
}

async fn opt_out_by_hand(stage: &Stage) -> anyhow::Result<()> {
    let mut tx = stage.db().begin().await?;
    let phone = E164::parse(agency::PATIENT)?;
    ledger::set_context(&mut tx, "front desk", Some("the patient asked on the phone")).await?;
    ledger::put(&mut tx, &agency::tenant(), &phone, Source::ManualAdmin, Clock::system().now()).await?;
    ledger::clear_context(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// The folder of the originals becomes a file: nothing can be written there, whoever tries.
async fn fax_that_cannot_be_stored(stage: &Stage) -> anyhow::Result<String> {
    let docs = stage.data_dir.join("blobs/docs");
    if docs.exists() {
        std::fs::remove_dir_all(&docs).context("the store of faxes cannot be taken away")?;
    }
    std::fs::create_dir_all(docs.parent().context("a folder above it")?)?;
    std::fs::write(&docs, b"in the way").context("the store of faxes cannot be blocked")?;
    let id =
        stage.sim.telnyx.send_fax(FaxPlan::new(agency::HOSPITAL, agency::FAX_LINE, papers::face_sheet()?, 1));
    step("a hospital faxes");
    let fax = fusion_comms_core::ids::FaxId::new(id.as_str());
    eventually("the fax's trouble", || async {
        Ok(faxes::get(stage.db(), &fax).await?.filter(|f| f.last_error.is_some()))
    })
    .await?;
    Ok(id)
}

/// Telnyx is told to send texts to the address of calls: kept, and without effect.
async fn stop_on_the_wrong_route(stage: &Stage) -> anyhow::Result<()> {
    let keys = crate::sim::keys::load_or_create(&stage.data_dir)?;
    let now = Clock::system().now();
    let body = json!({"data": {"event_type": "message.received", "id": "drill-stop", "occurred_at": now,
        "payload": {"id": "drill-stop", "direction": "inbound", "type": "SMS", "text": "STOP", "received_at": now,
            "from": {"phone_number": agency::PATIENT}, "to": [{"phone_number": agency::LINE}]}}})
    .to_string();
    let signature = keys.signing.sign(format!("{}|{body}", now.unix_s()).as_bytes());
    let answer = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .post(format!("{}/webhooks/telnyx/voice", stage.base))
        .header("telnyx-timestamp", now.unix_s().to_string())
        .header("telnyx-signature-ed25519", STANDARD.encode(signature.to_bytes()))
        .body(body)
        .send()
        .await?;
    ensure!(answer.status().is_success(), "the text on the wrong route was answered {}", answer.status());
    step("a patient texts STOP");
    let phone = E164::parse(agency::PATIENT)?;
    let row = ledger::find(stage.db(), &agency::tenant(), &phone).await?;
    ensure!(row.is_none(), "the STOP took effect all the same");
    Ok(())
}

/// The commands one after another, each with its first lines.
fn by_script(stage: &Stage, incident: &Incident) -> anyhow::Result<bool> {
    let mut found = true;
    for finds in &incident.finds {
        println!("$ fusion-comms {}", finds.arguments.join(" "));
        let said = Command::new(std::env::current_exe()?)
            .args(&finds.arguments)
            .envs(stage.variables.iter().map(|(name, value)| (*name, value.as_str())))
            .output()
            .context("the command cannot be run")?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let first: Vec<&str> = said.lines().take(3).collect();
        first.iter().for_each(|line| println!("  {line}"));
        if first.iter().any(|line| line.contains(finds.cause)) {
            println!("  -> names the cause\n");
        } else {
            found = false;
            println!("  -> DOES NOT NAME THE CAUSE ({})\n", finds.cause);
        }
    }
    println!("To mend it: {}.", incident.mend);
    Ok(found)
}

/// The operator finds out in another terminal; the way is shown for the asking.
async fn by_hand(stage: &Stage, incident: &Incident) -> anyhow::Result<bool> {
    let file: PathBuf = stage.data_dir.join("drill.env");
    let exports: String =
        stage.variables.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
    std::fs::write(&file, exports).context("the drill's environment cannot be written")?;
    println!("In another terminal, on this instance:\n  . {}\n  fusion-comms doctor", file.display());
    println!("\nFind the cause. Enter shows how it is found; Ctrl-C ends the drill.");
    let entered = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    let stop = crate::service::stop_signal();
    tokio::select! {
        line = entered => { line??; }
        () = stop.cancelled() => return Ok(true),
    }
    by_script(stage, incident)
}
