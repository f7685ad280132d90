//! `text review`: a person says how a text reads.

use anyhow::Context;
use clap::ValueEnum;
use fusion_comms_core::ids::{MessageId, TenantId};
use fusion_comms_core::phone::E164;
use serde_json::{Value, json};

use super::audit::{Actor, Change, now};
use super::failure::refuse;
use super::{arguments, output};
use crate::config;
use crate::review::{self, Bound, Outcome};
use crate::secrets::Environment;
use crate::store::ingest::{Reach, Stop};
use crate::store::reviews::{self, Text};
use crate::store::{Db, Tx, ledger, tasks};

#[derive(Debug, clap::Args)]
pub(super) struct ReviewArgs {
    /// The text, as `text list` names it.
    #[arg(value_name = "MESSAGE_ID", value_parser = arguments::id)]
    message: String,
    /// `stop`: the person wants no more texts. `none`: the text says nothing of the kind.
    #[arg(long = "as", value_name = "READING")]
    reading: Reading,
    /// Why, for the histories.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Reading {
    Stop,
    None,
}

pub(super) async fn run(db: &Db, args: &ReviewArgs) -> anyhow::Result<()> {
    let id = MessageId::new(args.message.as_str());
    let text = reviews::find(db, &id).await?.ok_or_else(|| {
        refuse("there is no text from a person of this id").hint("`fusion-comms text list` shows them")
    })?;
    match args.reading {
        Reading::Stop => stop(db, args, &text).await,
        Reading::None => none(db, args, &text).await,
    }
}

async fn none(db: &Db, args: &ReviewArgs, text: &Text) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    if !tasks::close_of_text(&mut tx, &text.id, now()).await? {
        return Err(refuse("this text does not wait for a person")
            .hint("an opt-out that was read in it is lifted by `fusion-comms opt-out remove`")
            .into());
    }
    finish(tx, args, text, json!({"as": "none"})).await?;
    output::line("read as no wish to get fewer texts; the text no longer waits")
}

async fn stop(db: &Db, args: &ReviewArgs, text: &Text) -> anyhow::Result<()> {
    let phone = E164::parse(&text.from).map_err(|_| {
        refuse("this text came from no phone number, so there is none to opt out")
            .hint("`--as none` ends its wait")
    })?;
    let (default_number, scope) = config::stop_reach(&Environment::load().await?)?;
    let reach = Reach { default_number, scope };
    let stop = Stop { phone, number: E164::parse(&text.to).ok(), at: text.received_at };
    let mut tx = db.begin().await?;
    let why = match &args.reason {
        Some(reason) => format!("review of text {}: {reason}", text.id),
        None => format!("review of text {}", text.id),
    };
    ledger::set_context(&mut tx, &args.actor.name(), Some(&why)).await?;
    let bound =
        review::read_as_stop(&mut tx, &stop, &reach).await.context("the opt-out cannot be written")?;
    ledger::clear_context(&mut tx).await?;
    tasks::close_of_text(&mut tx, &text.id, now()).await?;
    let agencies: Vec<Value> = bound.iter().map(view).collect();
    finish(tx, args, text, json!({"as": "stop", "received_at": stop.at, "agencies": agencies})).await?;
    for one in &bound {
        output::line(&sentence(one, &stop))?;
    }
    Ok(())
}

/// Under the person's number, so that the evidence of the number has it.
async fn finish(mut tx: Tx, args: &ReviewArgs, text: &Text, mut after: Value) -> anyhow::Result<()> {
    after["message_id"] = json!(text.id);
    after["reason"] = json!(args.reason);
    let subject = if text.from.is_empty() { text.id.as_str() } else { &text.from };
    let nobody = TenantId::unassigned();
    let before = json!({"label": text.label, "rule": text.rule, "waited": text.waits.is_some()});
    let change = Change {
        action: "text.review",
        subject,
        tenant: Some(text.tenant.as_ref().unwrap_or(&nobody)),
        before: Some(before),
        after: Some(after),
    };
    args.actor.record(&mut tx, change, now()).await?;
    Ok(tx.commit().await?)
}

fn view(b: &Bound) -> Value {
    let (outcome, at) = match b.outcome {
        Outcome::OptedOut => ("opted_out", None),
        Outcome::StoodAlready => ("stood_already", None),
        Outcome::ConsentedLater(at) => ("consented_later", Some(at)),
    };
    json!({"tenant_id": b.tenant, "outcome": outcome, "consented_at": at})
}

fn sentence(b: &Bound, stop: &Stop) -> String {
    let (who, agency, at) = (stop.phone.masked(), &b.tenant, stop.at);
    match b.outcome {
        Outcome::OptedOut => {
            format!(
                "{who} is opted out at {agency} since {at}, the text's receipt: nothing is texted to it from now on"
            )
        }
        Outcome::StoodAlready => format!("{who} was opted out at {agency} already; that stands"),
        Outcome::ConsentedLater(later) => format!(
            "{who} is not opted out at {agency} by this text of {at}: consent came back after it, on {later}"
        ),
    }
}
