//! `events storm`: what comes, how much of it again, and whether any of it does harm.

use std::process::ExitCode;

use fusion_comms_core::storm::{self, Traffic};
use serde_json::{Value, json};

use super::arguments::{self, When};
use super::audit::now;
use super::output;
use crate::store::inbox::{self, Lane};
use crate::store::{Db, instances};

#[derive(Debug, clap::Args)]
pub(super) struct StormArgs {
    /// What came since then: a time, or a span back from now.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = arguments::when)]
    since: When,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(db: &Db, args: StormArgs) -> anyhow::Result<ExitCode> {
    let now = now();
    let since = args.since.resolve(now);
    // A minute that began before counts as a whole.
    let traffic = instances::traffic(db, since.plus_s(-59)).await?;
    let verdict = storm::judge(&traffic, &instances::troubles(db, since).await?);
    let minutes = (now.unix_s() - since.unix_s()).max(60) as f64 / 60.0;
    let mut channels = Vec::new();
    for lane in Lane::ALL {
        let none = Traffic { channel: lane.name().to_owned(), ..Traffic::default() };
        let came = traffic.iter().find(|t| t.channel == lane.name()).unwrap_or(&none);
        channels.push(view(came, &inbox::depth(db, lane).await?, minutes, now.unix_s()));
    }
    let causes: Vec<Value> =
        verdict.causes.iter().map(|c| json!({"cause": c.what, "next": c.next})).collect();
    if args.json {
        output::json(&json!({
            "verdict": verdict.headline(), "storm": verdict.storm, "since": since, "causes": causes, "notes": verdict.notes,
            "channels": channels,
        }))?;
    } else {
        output::line(&verdict.headline())?;
        for cause in &verdict.causes {
            output::line(&format!("  {}\n    next: {}", cause.what, cause.next))?;
        }
        // Without a cause they are in the headline.
        for note in verdict.notes.iter().filter(|_| !verdict.causes.is_empty()) {
            output::line(&format!("  {note}"))?;
        }
        output::line("")?;
        let columns = [
            "channel",
            "per_minute",
            "new",
            "again",
            "again_share",
            "oldest_again_s",
            "refused",
            "not_stored",
            "waiting",
            "oldest_waiting_s",
            "parked",
        ];
        output::listing(false, &channels, columns, |v| output::row(v, columns))?;
    }
    Ok(if verdict.causes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn view(t: &Traffic, depth: &inbox::Depth, minutes: f64, now_s: i64) -> Value {
    let share = if t.all() == 0 { 0.0 } else { t.known as f64 / t.all() as f64 };
    json!({
        "channel": t.channel,
        "per_minute": (t.all() as f64 / minutes * 10.0).round() / 10.0,
        "new": t.stored,
        "again": t.known,
        "again_share": format!("{:.0}%", share * 100.0),
        "oldest_again_s": t.oldest_known_s,
        "refused": t.refused(),
        "not_stored": t.failed,
        "waiting": depth.waiting,
        "oldest_waiting_s": depth.oldest.map_or(0, |at| (now_s - at.unix_s()).max(0)),
        "parked": depth.parked,
    })
}
