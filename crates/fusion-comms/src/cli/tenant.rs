//! `tenant`: agencies, added, changed, listed.

use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::ivr::{MenuSettings, StatementDigits};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::arguments::OfficeHours;
use super::audit::{Actor, Change, now};
use super::failure::{Refusal, refuse};
use super::{arguments, database, output};
use crate::store::menu::Menu;
use crate::store::tenants::{self, Tenant};
use crate::store::{Db, Reader, StoreError, Tx, freezes};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add an agency.
    Add(AddArgs),
    /// Change an agency; what is not named stays.
    Set(SetArgs),
    /// Stop an agency's sending: only confirmations of a STOP and answers to HELP leave.
    Freeze(FreezeArgs),
    /// Let an agency send again. Texts that were refused meanwhile stay refused.
    Unfreeze(FreezeArgs),
    /// List the agencies, and since when the sending of one is frozen.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("changes").multiple(true))]
pub(super) struct AddArgs {
    /// The agency's id: letters, digits, `-`, `_`.
    #[arg(long, value_parser = arguments::new_tenant)]
    id: TenantId,
    /// Its name, as its texts carry it.
    #[arg(long, value_parser = arguments::name)]
    name: String,
    /// Where callers are transferred and what HELP names.
    #[arg(long, value_name = "E164", value_parser = arguments::phone)]
    billing_phone: E164,
    /// Its connected account at Stripe; payments need it.
    #[arg(long, value_name = "acct_…", value_parser = arguments::account)]
    stripe_account: Option<String>,
    /// The agency's time zone, as in America/Chicago.
    #[arg(long, default_value = "America/New_York", value_parser = arguments::timezone)]
    timezone: String,
    /// Its messaging profile at Telnyx; without one it shares the default.
    #[arg(long, value_name = "UUID", value_parser = arguments::profile)]
    messaging_profile: Option<String>,
    #[command(flatten)]
    menu: MenuArgs,
    /// Lift an opt-out by hand only once a second person has said so.
    #[arg(long, group = "changes", value_name = "on|off", value_parser = arguments::switch, help_heading = "Consent")]
    lift_by_two: Option<bool>,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("changes").multiple(true).required(true))]
pub(super) struct SetArgs {
    /// The agency's id.
    #[arg(long, value_parser = arguments::new_tenant)]
    id: TenantId,
    /// Its name, as its texts carry it.
    #[arg(long, group = "changes", value_parser = arguments::name)]
    name: Option<String>,
    /// Where callers are transferred and what HELP names.
    #[arg(long, group = "changes", value_name = "E164", value_parser = arguments::phone)]
    billing_phone: Option<E164>,
    /// Its connected account at Stripe; payments need it.
    #[arg(long, group = "changes", value_name = "acct_…", value_parser = arguments::account)]
    stripe_account: Option<String>,
    /// Forget the connected account.
    #[arg(long, group = "changes", conflicts_with = "stripe_account")]
    no_stripe_account: bool,
    /// The agency's time zone, as in America/Chicago.
    #[arg(long, group = "changes", value_parser = arguments::timezone)]
    timezone: Option<String>,
    /// Its messaging profile at Telnyx.
    #[arg(long, group = "changes", value_name = "UUID", value_parser = arguments::profile)]
    messaging_profile: Option<String>,
    /// Share the default messaging profile from now on.
    #[arg(long, group = "changes", conflicts_with = "messaging_profile")]
    no_messaging_profile: bool,
    #[command(flatten)]
    menu: MenuArgs,
    /// Lift an opt-out by hand only once a second person has said so.
    #[arg(long, group = "changes", value_name = "on|off", value_parser = arguments::switch, help_heading = "Consent")]
    lift_by_two: Option<bool>,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Debug, clap::Args)]
pub(super) struct FreezeArgs {
    /// The agency's id.
    #[arg(value_name = "ID", value_parser = arguments::new_tenant)]
    id: TenantId,
    /// Why, for the audit log.
    #[arg(long, value_name = "WHY", value_parser = arguments::id)]
    reason: String,
    #[command(flatten)]
    actor: Actor,
}

/// The phone menu; what is not named stays, and in a new agency is off.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Phone menu")]
struct MenuArgs {
    /// When callers are transferred, in the agency's time zone, as in "mon-fri 08:00-17:00; sat 09:00-12:00"; outside
    /// it they hear these hours and the agency calls back. "" takes the hours away.
    #[arg(long, group = "changes", value_name = "HOURS", value_parser = arguments::office_hours)]
    office_hours: Option<OfficeHours>,
    /// How many digits the agency's statement numbers have, as in 6-10.
    #[arg(long, group = "changes", value_name = "LEAST-MOST", value_parser = arguments::statement_digits)]
    statement_digits: Option<StatementDigits>,
    /// Offer to send the link to the number that the caller calls from.
    #[arg(long, group = "changes", value_name = "on|off", value_parser = arguments::switch)]
    offer_caller_number: Option<bool>,
    /// Read a keyed phone number back and have it confirmed.
    #[arg(long, group = "changes", value_name = "on|off", value_parser = arguments::switch)]
    read_back: Option<bool>,
    /// Offer Spanish before the menu.
    #[arg(long, group = "changes", value_name = "on|off", value_parser = arguments::switch)]
    spanish_menu: Option<bool>,
    /// Offer a key that stops texts to the number that the caller calls from.
    #[arg(long, group = "changes", value_name = "on|off", value_parser = arguments::switch)]
    opt_out_key: Option<bool>,
}

impl MenuArgs {
    fn over(self, old: &Menu) -> Menu {
        let was = old.settings;
        Menu {
            office_hours: self.office_hours.map_or_else(|| old.office_hours.clone(), |h| h.0),
            settings: MenuSettings {
                statement_digits: self.statement_digits.unwrap_or(was.statement_digits),
                offer_caller_number: self.offer_caller_number.unwrap_or(was.offer_caller_number),
                read_back: self.read_back.unwrap_or(was.read_back),
                spanish: self.spanish_menu.unwrap_or(was.spanish),
                opt_out_key: self.opt_out_key.unwrap_or(was.opt_out_key),
            },
        }
    }
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let db = database::open().await?;
    match command {
        Command::Add(args) => add(&db, args).await?,
        Command::Set(args) => set(&db, args).await?,
        Command::Freeze(args) => freeze(&db, &args).await?,
        Command::Unfreeze(args) => unfreeze(&db, &args).await?,
        Command::List { json } => list(&db, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The agency, or a refusal: most commands act for one that there is.
pub(super) async fn known(r: impl Reader, id: &TenantId) -> anyhow::Result<Tenant> {
    tenants::get(r, id).await?.ok_or_else(|| unknown().into())
}

/// A refusal where rows are asked for of an agency that there is not: an empty answer would read as "there are none".
/// `unassigned`, and no agency named, are well.
pub(super) async fn known_if_named(r: impl Reader, id: Option<&TenantId>) -> anyhow::Result<()> {
    match id {
        Some(id) if *id != TenantId::unassigned() => known(r, id).await.map(drop),
        _ => Ok(()),
    }
}

fn unknown() -> Refusal {
    refuse("there is no agency of this id").hint("`fusion-comms tenant list` shows them all")
}

async fn add(db: &Db, args: AddArgs) -> anyhow::Result<()> {
    let tenant = Tenant {
        id: args.id,
        name: args.name,
        billing_phone: args.billing_phone,
        stripe_account: args.stripe_account,
        timezone: args.timezone,
        messaging_profile: args.messaging_profile,
        menu: args.menu.over(&Menu::default()),
        lift_by_two: args.lift_by_two.unwrap_or(false),
    };
    let now = now();
    let mut tx = db.begin().await?;
    if !tenants::add(&mut tx, &tenant, now).await? {
        return Err(refuse("there is an agency of this id already")
            .hint("`fusion-comms tenant set` changes it")
            .into());
    }
    let after = Some(view(&tenant));
    let change = Change {
        action: "tenant.add",
        subject: tenant.id.as_str(),
        tenant: Some(&tenant.id),
        before: None,
        after,
    };
    args.actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    warn_of_sharing(db, &tenant).await?;
    output::line(&format!("added agency {}", tenant.id))
}

async fn set(db: &Db, args: SetArgs) -> anyhow::Result<()> {
    let now = now();
    let mut tx = db.begin().await?;
    let old = known(&mut tx, &args.id).await?;
    let new = Tenant {
        id: args.id,
        name: args.name.unwrap_or_else(|| old.name.clone()),
        billing_phone: args.billing_phone.unwrap_or_else(|| old.billing_phone.clone()),
        stripe_account: args.stripe_account.or_else(|| kept(args.no_stripe_account, &old.stripe_account)),
        timezone: args.timezone.unwrap_or_else(|| old.timezone.clone()),
        messaging_profile: args
            .messaging_profile
            .or_else(|| kept(args.no_messaging_profile, &old.messaging_profile)),
        menu: args.menu.over(&old.menu),
        lift_by_two: args.lift_by_two.unwrap_or(old.lift_by_two),
    };
    if !tenants::set(&mut tx, &new, now).await? {
        return Err(unknown().into());
    }
    let (before, after) = (Some(view(&old)), Some(view(&new)));
    let change =
        Change { action: "tenant.set", subject: new.id.as_str(), tenant: Some(&new.id), before, after };
    args.actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    warn_of_sharing(db, &new).await?;
    output::line(&format!("changed agency {}", new.id))
}

async fn freeze(db: &Db, args: &FreezeArgs) -> anyhow::Result<()> {
    let now = now();
    let mut tx = db.begin().await?;
    known(&mut tx, &args.id).await?;
    if !freezes::freeze(&mut tx, &args.id, &args.reason, &args.actor.name(), now).await? {
        return Err(refuse("this agency's sending is frozen already").into());
    }
    let after = Some(json!({"reason": args.reason}));
    recorded(tx, args, "tenant.freeze", None, after, now).await?;
    output::line(&format!(
        "froze the sending of agency {}: only confirmations of a STOP and answers to HELP leave",
        args.id
    ))
}

async fn unfreeze(db: &Db, args: &FreezeArgs) -> anyhow::Result<()> {
    let now = now();
    let mut tx = db.begin().await?;
    known(&mut tx, &args.id).await?;
    let before = freezes::standing(&mut tx, &args.id)
        .await?
        .ok_or_else(|| refuse("this agency's sending is not frozen"))?;
    freezes::lift(&mut tx, &args.id, &args.reason, &args.actor.name(), now).await?;
    let was = json!({"frozen_at": before.frozen_at, "reason": before.reason, "actor": before.actor});
    let after = Some(json!({"reason": args.reason}));
    recorded(tx, args, "tenant.unfreeze", Some(was), after, now).await?;
    output::line(&format!("agency {} sends again; texts that were refused meanwhile stay refused", args.id))
}

async fn recorded(
    mut tx: Tx,
    args: &FreezeArgs,
    action: &'static str,
    before: Option<Value>,
    after: Option<Value>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let change = Change { action, subject: args.id.as_str(), tenant: Some(&args.id), before, after };
    args.actor.record(&mut tx, change, now).await?;
    Ok(tx.commit().await?)
}

fn kept(forget: bool, old: &Option<String>) -> Option<String> {
    if forget { None } else { old.clone() }
}

/// Two agencies with one account or one profile are told apart badly: payments by the account, texts by the profile.
async fn warn_of_sharing(db: &Db, tenant: &Tenant) -> Result<(), StoreError> {
    let all = tenants::list(db).await?;
    let mut others = all.iter().filter(|other| other.id != tenant.id);
    if tenant.stripe_account.is_some() && others.clone().any(|o| o.stripe_account == tenant.stripe_account) {
        eprintln!(
            "warning: another agency has the same connected account; payments on it cannot be told apart"
        );
    }
    if tenant.messaging_profile.is_some() && others.any(|o| o.messaging_profile == tenant.messaging_profile) {
        eprintln!(
            "warning: another agency has the same messaging profile; `serve` refuses that unless \
             ALLOW_SHARED_MESSAGING_PROFILE=1"
        );
    }
    Ok(())
}

async fn list(db: &Db, as_json: bool) -> anyhow::Result<()> {
    let freezes = freezes::list(db).await?;
    let listed = |t: &Tenant| {
        let mut view = view(t);
        view["frozen_since"] = json!(freezes.iter().find(|f| f.tenant == t.id).map(|f| f.frozen_at));
        view
    };
    let views: Vec<Value> = tenants::list(db).await?.iter().map(listed).collect();
    let columns = [
        "id",
        "name",
        "billing_phone",
        "stripe_account",
        "timezone",
        "messaging_profile",
        "office_hours",
        "statement_digits",
        "offer_caller_number",
        "read_back",
        "spanish_menu",
        "opt_out_key",
        "lift_by_two",
        "frozen_since",
    ];
    output::listing(as_json, &views, columns, |v| output::row(v, columns))
}

fn view(t: &Tenant) -> Value {
    json!({
        "id": t.id,
        "name": t.name,
        "billing_phone": t.billing_phone.expose(),
        "stripe_account": t.stripe_account,
        "timezone": t.timezone,
        "messaging_profile": t.messaging_profile,
        "office_hours": t.menu.office_hours.as_ref().map(ToString::to_string),
        "statement_digits": t.menu.settings.statement_digits.to_string(),
        "offer_caller_number": t.menu.settings.offer_caller_number,
        "read_back": t.menu.settings.read_back,
        "spanish_menu": t.menu.settings.spanish,
        "opt_out_key": t.menu.settings.opt_out_key,
        "lift_by_two": t.lift_by_two,
    })
}
