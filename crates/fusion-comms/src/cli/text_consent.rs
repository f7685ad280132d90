//! `text consent`: who agreed to texts that an agency begins, and how that is known.

use clap::ValueEnum;
use fusion_comms_core::ids::{TenantId, derived_id};
use fusion_comms_core::phone::E164;
use serde_json::{Value, json};

use super::arguments::When;
use super::audit::{Actor, Change, now};
use super::failure::misused;
use super::{arguments, output, tenant};
use crate::store::consents::{self, Consent, New, Source};
use crate::store::{Db, ledger};

#[derive(Debug, clap::Args)]
pub(super) struct ConsentArgs {
    /// The person's number.
    #[arg(value_name = "E164", value_parser = arguments::phone)]
    phone: E164,
    /// The agency.
    #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
    tenant: TenantId,
    /// How it was given: the number was given to the agency for its bills, in writing, or by word of mouth.
    #[arg(long)]
    how: How,
    /// Where it can be looked up: a form, a recording, a note.
    #[arg(long, value_name = "TEXT", value_parser = arguments::name)]
    evidence: String,
    /// When it was given [default: now]
    #[arg(long, value_name = "TIME", value_parser = arguments::when)]
    given_at: Option<When>,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum How {
    GivenNumber,
    Written,
    Spoken,
}

impl How {
    fn source(self) -> Source {
        match self {
            How::GivenNumber => Source::GivenNumber,
            How::Written => Source::Written,
            How::Spoken => Source::Spoken,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct ConsentsArgs {
    /// The person's number.
    #[arg(value_name = "E164", value_parser = arguments::phone)]
    phone: E164,
    /// The agency.
    #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
    tenant: TenantId,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn add(db: &Db, args: &ConsentArgs) -> anyhow::Result<()> {
    let now = now();
    let given_at = args.given_at.map_or(now, |when| when.resolve(now));
    if given_at > now {
        return Err(misused("`--given-at` lies in the future").into());
    }
    tenant::known(db, &args.tenant).await?;
    let what = format!("{}:{given_at}:{}:{}", args.tenant, args.how.source().as_str(), args.evidence);
    let (id, actor) = (derived_id(args.phone.expose(), &what).to_string(), args.actor.name());
    let consent = New {
        id: &id,
        tenant: &args.tenant,
        phone: &args.phone,
        given_at,
        source: args.how.source(),
        evidence: &args.evidence,
        actor: &actor,
    };
    let mut tx = db.begin().await?;
    consents::add(&mut tx, &consent, now).await?;
    let recipient = consents::recipient(&mut tx, &args.tenant, &args.phone, None).await?;
    let standing = ledger::standing(&mut tx, Some(&args.tenant), &args.phone).await?;
    let change = Change {
        action: "text.consent",
        subject: args.phone.expose(),
        tenant: Some(&args.tenant),
        before: None,
        after: Some(json!({
            "given_at": given_at, "source": consent.source.as_str(), "evidence": args.evidence,
        })),
    };
    args.actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    output::line(&format!("{} consents to texts of {} since {given_at}", args.phone.masked(), args.tenant))?;
    if standing.is_some() {
        eprintln!("note: an opt-out of this number stands: nothing is texted to it all the same");
    } else if let Some(stopped_at) = recipient.stopped_at.filter(|stopped| *stopped >= given_at) {
        eprintln!("note: it is older than the opt-out of {stopped_at}, which took it back");
    }
    Ok(())
}

pub(super) async fn list(db: &Db, args: &ConsentsArgs) -> anyhow::Result<()> {
    tenant::known(db, &args.tenant).await?;
    let views: Vec<Value> = consents::list(db, &args.tenant, &args.phone).await?.iter().map(view).collect();
    let columns = ["given_at", "source", "evidence", "actor", "recorded_at"];
    output::listing(args.json, &views, columns, |v| output::row(v, columns))
}

fn view(c: &Consent) -> Value {
    json!({
        "given_at": c.given_at,
        "source": c.source,
        "evidence": c.evidence,
        "actor": c.actor,
        "recorded_at": c.recorded_at,
    })
}
