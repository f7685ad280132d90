//! `text`: what people write to us, what a person makes of it, and what an agency begins. Their words are shown here and are in no log.

use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::audit::{Actor, Change, now};
use super::text_consent::{self, ConsentArgs, ConsentsArgs};
use super::text_review::{self, ReviewArgs};
use super::text_send::{self, SendArgs};
use super::{arguments, database, output, tenant};
use crate::review::clock;
use crate::store::Db;
use crate::store::reviews::{self, Said, Text, Waits};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List texts from people, emergencies first, or texts of ours, without their words; `text thread` shows those.
    List(ListArgs),
    /// Show all texts between a person and an agency. That they were looked at is kept in the audit log.
    Thread {
        /// The person's number.
        #[arg(value_name = "E164", value_parser = arguments::phone)]
        person: E164,
        /// The agency; `unassigned` for texts of no agency.
        #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
        tenant: TenantId,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        actor: Actor,
    },
    /// Say how a text reads: as a wish to get no more texts, which counts from its receipt, or not.
    Review(ReviewArgs),
    /// Text a person that a bill is ready, with its link: from 8 to 20 h where the person is, with consent on record.
    Send(SendArgs),
    /// Record that a person consents to texts that an agency begins.
    Consent(ConsentArgs),
    /// List what a person consented to, and how.
    Consents(ConsentsArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Of this agency only; `unassigned` for those of no agency.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: Option<TenantId>,
    /// Only those that wait for a person, the longest waiting first.
    #[arg(long)]
    review: bool,
    /// Texts of ours instead, the latest first, with what the gate said and until when they are held.
    #[arg(long, conflicts_with = "review")]
    outgoing: bool,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let db = database::open().await?;
    if let Command::List(args) = &command {
        tenant::known_if_named(&db, args.tenant.as_ref()).await?;
    }
    match command {
        Command::List(args) if args.outgoing => {
            text_send::list(&db, args.tenant.as_ref(), args.limit, args.json).await?;
        }
        Command::List(args) => list(&db, &args).await?,
        Command::Thread { person, tenant, json, actor } => {
            thread(&db, &person, &tenant, json, &actor).await?;
        }
        Command::Review(args) => text_review::run(&db, &args).await?,
        Command::Send(args) => text_send::run(&db, &args).await?,
        Command::Consent(args) => text_consent::add(&db, &args).await?,
        Command::Consents(args) => text_consent::list(&db, &args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A text as it is listed. The clock of one that does not wait has stopped.
fn view(t: &Text, now: Timestamp) -> Value {
    let clock = t.waits.map(|_| clock::of(t.received_at, t.timezone.as_deref(), now));
    json!({
        "received_at": t.received_at,
        "message_id": t.id,
        "tenant_id": t.tenant,
        "from_phone": t.from,
        "to_phone": t.to,
        "label": t.label,
        "rule": t.rule,
        "review": t.review,
        "waits": t.waits.is_some(),
        "emergency": t.waits == Some(Waits::Emergency),
        "deadline": clock.map(|c| c.deadline.to_string()),
        "days_left": clock.map(|c| c.days_left),
        "clock": clock.map(|c| c.urgency.as_str()),
    })
}

async fn list(db: &Db, args: &ListArgs) -> anyhow::Result<()> {
    let mut texts = reviews::waiting(db, args.tenant.as_ref(), args.limit).await?;
    if !args.review {
        texts.retain(|t| t.waits == Some(Waits::Emergency));
        let latest = reviews::latest(db, args.tenant.as_ref(), args.limit).await?;
        texts.extend(latest.into_iter().filter(|t| t.waits != Some(Waits::Emergency)));
        texts.truncate(usize::try_from(args.limit).unwrap_or(usize::MAX));
    }
    let now = now();
    let views: Vec<Value> = texts.iter().map(|t| view(t, now)).collect();
    let columns = [
        "received_at",
        "message_id",
        "tenant_id",
        "from_phone",
        "label",
        "rule",
        "review",
        "emergency",
        "days_left",
        "clock",
    ];
    output::listing(args.json, &views, columns, |v| output::row(v, columns))
}

async fn thread(
    db: &Db,
    person: &E164,
    agency: &TenantId,
    as_json: bool,
    actor: &Actor,
) -> anyhow::Result<()> {
    tenant::known_if_named(db, Some(agency)).await?;
    let mut tx = db.begin().await?;
    let texts = reviews::thread(&mut tx, agency, person).await?;
    let change = Change {
        action: "text.read",
        subject: person.expose(),
        tenant: Some(agency),
        before: None,
        after: Some(json!({ "texts": texts.len() })),
    };
    actor.record(&mut tx, change, now()).await?;
    // Nobody sees the words before it is kept that they were looked at.
    tx.commit().await?;
    let views: Vec<Value> = texts.iter().map(words).collect();
    let columns = ["at", "direction", "class", "status", "label", "text"];
    output::listing(as_json, &views, columns, |v| output::row(v, columns))
}

fn words(s: &Said) -> Value {
    json!({
        "at": s.at,
        "message_id": s.id,
        "direction": s.direction,
        "class": s.class,
        "status": s.status,
        "label": s.label,
        "rule": s.rule,
        "text": s.body,
    })
}
