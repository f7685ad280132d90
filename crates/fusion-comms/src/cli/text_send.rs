//! `text send`: a bill that is ready, texted with its link when the person's day allows it; and the list of our texts.

use fusion_comms_core::ids::{MessageId, StatementId, TenantId};
use fusion_comms_core::phone::{Digits, E164};
use fusion_comms_core::sms::Language;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::audit::{Actor, Change, now};
use super::failure::{Refusal, refuse};
use super::{arguments, output, tenant};
use crate::begun;
use crate::config;
use crate::gate::Decision;
use crate::secrets::Environment;
use crate::store::outgoing::{self, Outgoing};
use crate::store::{Db, Tx, billing};

#[derive(Debug, clap::Args)]
pub(super) struct SendArgs {
    /// The agency.
    #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
    tenant: TenantId,
    /// The statement that is to be paid.
    #[arg(long, value_name = "ID", value_parser = arguments::statement)]
    statement: StatementId,
    /// The person's number [default: that of the statement's case]
    #[arg(long, value_name = "E164", value_parser = arguments::phone)]
    to: Option<E164>,
    /// Of the text.
    #[arg(long, value_name = "en|es", default_value = "en", value_parser = arguments::language)]
    language: Language,
    /// Why, for the audit log.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    actor: Actor,
}

pub(super) async fn run(db: &Db, args: &SendArgs) -> anyhow::Result<()> {
    let sender = config::text_sender(&Environment::load().await?)?;
    let agency = tenant::known(db, &args.tenant).await?;
    if agency.stripe_account.is_none() {
        return Err(refuse("this agency has no connected account, so nothing can be paid")
            .hint("`fusion-comms tenant set --stripe-account acct_…`")
            .into());
    }
    let now = now();
    let mut tx = db.begin().await?;
    payable(&mut tx, args).await?;
    let to = recipient(&mut tx, args).await?;
    if outgoing::bill_waits(&mut tx, &args.tenant, args.statement.expose(), &to).await? {
        return Err(refuse("a text of this bill to this number waits already")
            .hint("`fusion-comms text list --outgoing` shows it")
            .into());
    }
    let (id, decision) =
        begun::bill_ready(&mut tx, &sender, &agency, &args.statement, &to, args.language, now).await?;
    let change = Change {
        action: "text.send",
        subject: to.expose(),
        tenant: Some(&args.tenant),
        before: None,
        after: Some(json!({
            "message_id": id, "statement_id": args.statement.expose(), "reason": args.reason,
            "gate": words(&decision),
        })),
    };
    args.actor.record(&mut tx, change, now).await?;
    // A refusal is kept as well.
    tx.commit().await?;
    say(args, &id, &to, &decision)
}

async fn payable(tx: &mut Tx, args: &SendArgs) -> anyhow::Result<()> {
    let found = billing::find_statement(&mut *tx, &args.tenant, &args.statement).await?;
    let found = found.ok_or_else(|| {
        refuse("this agency has no such statement").hint("`fusion-comms statement list` shows them")
    })?;
    if !found.is_payable() {
        return Err(refuse(format!("there is nothing to pay: the statement is {}", found.status)).into());
    }
    Ok(())
}

async fn recipient(tx: &mut Tx, args: &SendArgs) -> anyhow::Result<E164> {
    if let Some(to) = &args.to {
        return Ok(to.clone());
    }
    let phones = billing::case_phones(tx, &args.tenant, args.statement.expose()).await?;
    let mut numbers: Vec<E164> =
        phones.iter().filter_map(|p| E164::parse(p).ok().or_else(|| Digits::gathered(p).as_nanp())).collect();
    numbers.sort();
    numbers.dedup();
    match numbers.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(refuse("no case of this statement names a number").hint("name it by `--to`").into()),
        _ => {
            Err(refuse("the cases of this statement name several numbers").hint("name one by `--to`").into())
        }
    }
}

fn words(decision: &Decision) -> &str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::Held(_, why) | Decision::Refused(why) => why,
    }
}

fn say(args: &SendArgs, id: &MessageId, to: &E164, decision: &Decision) -> anyhow::Result<()> {
    if let Decision::Refused(why) = decision {
        let refusal = refuse(format!("the gate refuses this text: {why}"));
        return Err(hinted(refusal, why, to, &args.tenant).into());
    }
    let held_until = match decision {
        Decision::Held(until, _) => Some(until),
        Decision::Allowed | Decision::Refused(_) => None,
    };
    if args.json {
        return output::json(&json!({"message_id": id, "held_until": held_until, "gate": words(decision)}));
    }
    match held_until {
        None => output::line(&format!("text {id} to {} leaves now", to.masked())),
        Some(_) => output::line(&format!("text {id} to {} is {}", to.masked(), words(decision))),
    }
}

/// What lifts what the gate said, where a command does.
fn hinted(refusal: Refusal, why: &str, to: &E164, agency: &TenantId) -> Refusal {
    let to = to.expose();
    if why.starts_with("opted out") {
        refusal.hint(format!(
            "`fusion-comms opt-out check {to} --tenant {agency}` shows it; consent does not lift it"
        ))
    } else if why.contains("consent") {
        refusal.hint("`fusion-comms text consent` records consent, once the person has given it")
    } else if why.contains("frozen") {
        refusal.hint("`fusion-comms tenant list` shows since when; `fusion-comms doctor` says why")
    } else {
        refusal
    }
}

/// Texts of ours, without their words.
pub(super) async fn list(
    db: &Db,
    agency: Option<&TenantId>,
    limit: i64,
    as_json: bool,
) -> anyhow::Result<()> {
    let now = now();
    let texts = outgoing::latest(db, agency, limit).await?;
    let views: Vec<Value> = texts.iter().map(|t| view(t, now)).collect();
    let columns = [
        "created_at",
        "message_id",
        "tenant_id",
        "to_phone",
        "class",
        "status",
        "held_until",
        "gate",
        "error",
    ];
    output::listing(as_json, &views, columns, |v| output::row(v, columns))
}

fn view(t: &Outgoing, now: Timestamp) -> Value {
    json!({
        "created_at": t.created_at,
        "message_id": t.id,
        "tenant_id": t.tenant,
        "to_phone": t.to,
        "class": t.class,
        "status": t.status,
        "statement_id": t.statement_id,
        "held_until": t.held_until.filter(|until| *until > now),
        "gate": t.gate,
        "error": t.error,
        "handed_over_at": t.handed_over_at,
    })
}
