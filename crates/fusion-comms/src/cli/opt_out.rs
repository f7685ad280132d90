//! `opt-out`: the ledger of who is not to be texted, changed with actor and reason.

use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::business_days::Urgency;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use serde_json::{Value, json};

use super::arguments::When;
use super::audit::{Actor, Change, now};
use super::failure::misused;
use super::opt_out_evidence::{self, EvidenceArgs};
use super::opt_out_file::{self, ExportArgs, FileArgs};
use super::opt_out_lift;
use super::opt_out_read::{self, ReadArgs};
use super::opt_out_reconcile::{self, ReconcileArgs};
use super::{arguments, database, output, tenant};
use crate::review::clock;
use crate::store::ledger::{self, OptOut, Source};
use crate::store::{Db, Tx, lift_requests};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Whether an agency may text a number, and how that came about.
    Check {
        #[command(flatten)]
        who: Who,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Record that a number is not to be texted.
    Add {
        #[command(flatten)]
        who: Who,
        /// When the request came, where it came by letter or on the phone; it counts from then [default: now]
        #[arg(long, value_name = "TIME", value_parser = arguments::when)]
        received_at: Option<When>,
        #[command(flatten)]
        why: Why,
    },
    /// Lift an opt-out, whatever its source, after the person has consented again. Where the agency wants two people for
    /// it (`tenant set --lift-by-two on`), the first asks and the second lifts.
    Remove {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        why: Why,
    },
    /// List the opt-outs, the latest first.
    List {
        /// Of this agency only.
        #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
        tenant: Option<TenantId>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the opt-outs as CSV: tenant_id, phone_e164, opted_out_at, source.
    Export(ExportArgs),
    /// Read opt-outs from CSV (phone_e164; tenant_id, opted_out_at where known), with source `import`.
    Import(FileArgs),
    /// Write all that is kept of one number at one agency, chained by hash: its opt-outs, texts, calls.
    Evidence(EvidenceArgs),
    /// Compare the ledger with Telnyx's own blocks; a number that either has is opted out.
    Reconcile(ReconcileArgs),
    /// How a text would be read: STOP, START, HELP or NONE.
    Read(ReadArgs),
}

/// One number at one agency.
#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// The person's number.
    #[arg(value_name = "E164", value_parser = arguments::phone)]
    pub(super) phone: E164,
    /// The agency; `unassigned` stands for all.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    pub(super) tenant: TenantId,
}

/// What the history keeps of a change.
#[derive(Debug, clap::Args)]
pub(super) struct Why {
    /// Why, for the history.
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    #[command(flatten)]
    pub(super) actor: Actor,
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check { who, json } => check(&database::open().await?, &who, json).await?,
        Command::Add { who, received_at, why } => {
            add(&database::open().await?, &who, received_at, &why).await?;
        }
        Command::Remove { who, why } => opt_out_lift::remove(&database::open().await?, &who, &why).await?,
        Command::List { tenant, json } => list(&database::open().await?, tenant.as_ref(), json).await?,
        Command::Export(args) => opt_out_file::export(&args).await?,
        Command::Import(args) => opt_out_file::import(&args).await?,
        Command::Evidence(args) => opt_out_evidence::run(&args).await?,
        Command::Reconcile(args) => opt_out_reconcile::run(&args).await?,
        Command::Read(args) => opt_out_read::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn view(o: &OptOut) -> Value {
    json!({
        "tenant_id": o.tenant,
        "phone_e164": o.phone.expose(),
        "opted_out_at": o.opted_out_at,
        "source": o.source.as_str(),
    })
}

/// Where what forbids a text stands: the gate reads more than the agency's own row.
pub(super) fn standing_words(standing: &OptOut, asked: &TenantId) -> String {
    let whose =
        if standing.tenant == *asked { String::new() } else { format!(", under `{}`", standing.tenant) };
    format!("since {} by {}{whose}", standing.opted_out_at, standing.source.as_str())
}

async fn check(db: &Db, who: &Who, as_json: bool) -> anyhow::Result<()> {
    tenant::known_if_named(db, Some(&who.tenant)).await?;
    // Not taken from the read-only pool: this is the very question that the gate asks.
    let mut tx = db.begin().await?;
    let standing = ledger::standing(&mut tx, Some(&who.tenant), &who.phone).await?;
    let asked = lift_requests::find(&mut tx, &who.tenant, &who.phone).await?;
    drop(tx);
    let asked =
        asked.zip(standing.as_ref()).filter(|(a, o)| a.is_open(o.opted_out_at, now())).map(|(a, _)| a);
    let history: Vec<Value> = ledger::history(db, &who.tenant, &who.phone)
        .await?
        .into_iter()
        .map(|c| json!({"at": c.at, "change": c.change, "source": c.source, "actor": c.actor, "reason": c.reason}))
        .collect();
    if as_json {
        let opt_out = standing.as_ref().map(view);
        return output::json(&json!({
            "tenant_id": who.tenant,
            "phone_e164": who.phone.expose(),
            "opted_out": standing.is_some(),
            "opt_out": opt_out,
            "lifting_asked_for": asked.as_ref().map(|a| json!({"actor": a.actor, "reason": a.reason, "at": a.at})),
            "history": history,
        }));
    }
    match &standing {
        Some(standing) => output::line(&format!("opted out {}", standing_words(standing, &who.tenant)))?,
        None => output::line("not opted out")?,
    }
    if let Some(asked) = &asked {
        let words =
            format!("{} asked on {} for it to be lifted, and a second person has not", asked.actor, asked.at);
        output::line(&words)?;
    }
    if history.is_empty() {
        return Ok(());
    }
    output::line("\nhistory:")?;
    let columns = ["at", "change", "source", "actor", "reason"];
    output::listing(false, &history, columns, |h| output::row(h, columns))
}

/// Begins a change of the ledger: the number's lock first, so that no text is handed over meanwhile.
pub(super) async fn begin(db: &Db, who: &Who, why: &Why) -> anyhow::Result<Tx> {
    let mut tx = db.begin().await?;
    ledger::lock_number(&mut tx, &who.phone).await?;
    ledger::set_context(&mut tx, &why.actor.name(), why.reason.as_deref()).await?;
    Ok(tx)
}

pub(super) async fn finish(mut tx: Tx, who: &Who, why: &Why, action: &str, rows: Rows) -> anyhow::Result<()> {
    ledger::clear_context(&mut tx).await?;
    let state = |row: Option<OptOut>| json!({"opt_out": row.as_ref().map(view)});
    let mut after = state(rows.after);
    after["reason"] = json!(why.reason);
    let change = Change {
        action,
        subject: who.phone.expose(),
        tenant: Some(&who.tenant),
        before: Some(state(rows.before)),
        after: Some(after),
    };
    why.actor.record(&mut tx, change, now()).await?;
    Ok(tx.commit().await?)
}

/// The ledger's row before a change and after it.
pub(super) struct Rows {
    pub(super) before: Option<OptOut>,
    pub(super) after: Option<OptOut>,
}

async fn add(db: &Db, who: &Who, received_at: Option<When>, why: &Why) -> anyhow::Result<()> {
    let now = now();
    let at = received_at.map_or(now, |when| when.resolve(now));
    if at > now {
        return Err(misused("`--received-at` lies in the future").into());
    }
    let timezone = if who.tenant == TenantId::unassigned() {
        None
    } else {
        Some(tenant::known(db, &who.tenant).await?.timezone)
    };
    let mut tx = begin(db, who, why).await?;
    let before = ledger::find(&mut tx, &who.tenant, &who.phone).await?;
    ledger::put(&mut tx, &who.tenant, &who.phone, Source::ManualAdmin, at).await?;
    lift_requests::remove(&mut tx, &who.tenant, &who.phone).await?;
    let after = ledger::find(&mut tx, &who.tenant, &who.phone).await?;
    let lifted = ledger::last_lift(&mut tx, &who.tenant, &who.phone).await?;
    finish(tx, who, why, "opt_out.add", Rows { before, after }).await?;
    output::line(&format!(
        "{} is opted out at {}: nothing is texted to it from now on",
        who.phone.masked(),
        who.tenant
    ))?;
    if received_at.is_none() {
        return Ok(());
    }
    let clock = clock::of(at, timezone.as_deref(), now);
    output::line(&format!(
        "asked for on {at}, to be honoured by {} (10 business days): {}",
        clock.deadline,
        if clock.urgency == Urgency::PastDeadline { "late" } else { "in time" }
    ))?;
    if let Some(lift) = lifted.filter(|lift| lift.at > at) {
        eprintln!("note: an opt-out of this number was lifted on {}, after that request", lift.at);
        eprintln!("hint: where the person consented again then, `fusion-comms opt-out remove` ends this one");
    }
    Ok(())
}

async fn list(db: &Db, tenant: Option<&TenantId>, as_json: bool) -> anyhow::Result<()> {
    tenant::known_if_named(db, tenant).await?;
    let views: Vec<Value> = ledger::list(db, tenant).await?.iter().map(view).collect();
    let columns = ["tenant_id", "phone_e164", "opted_out_at", "source"];
    output::listing(as_json, &views, columns, |v| output::row(v, columns))
}
