//! `template`: the wordings of agencies' texts, shown, set, taken back, checked.

mod check;

use std::fmt::Display;
use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::sms::Language;
use fusion_comms_core::sms::gsm7::segments;
use fusion_comms_core::sms::templates::{self as rules, Findings, Kind, SAMPLE_LINK, Template};
use serde_json::{Value, json};

use super::audit::{Actor, Change, now};
use super::failure::{misused, refuse};
use super::{arguments, database, output, tenant};
use crate::store::tenants::Tenant;
use crate::store::{Db, templates};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The texts of one agency, its own and ours; without one, the own texts of all agencies.
    List {
        /// The agency.
        #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
        tenant: Option<TenantId>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// One template, and a text made of it.
    Show {
        #[command(flatten)]
        which: Which,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give an agency a wording of its own; it is refused with all that is wrong with it.
    Set {
        #[command(flatten)]
        which: Which,
        /// The wording, with {agency_name}, {phone}, {link}, and [… {hours}] left out where there are no office hours.
        #[arg(value_name = "TEXT", allow_hyphen_values = true)]
        body: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        actor: Actor,
    },
    /// Take an agency's wording back: ours serves again.
    Reset {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        actor: Actor,
    },
    /// Check every template, ours and the agencies' own; ends with 1 if one has a fault.
    Check {
        /// This agency's only, and ours.
        #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
        tenant: Option<TenantId>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// One text of one agency.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// The agency.
    #[arg(long, value_name = "ID", value_parser = arguments::new_tenant)]
    tenant: TenantId,
    /// payment_link, stop_confirmation, help, start_confirmation or bill_ready.
    #[arg(long, value_parser = arguments::text_kind)]
    kind: Kind,
    /// Of the text.
    #[arg(long, value_name = "en|es", value_parser = arguments::language)]
    language: Language,
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let db = database::open().await?;
    match command {
        Command::List { tenant, json } => list(&db, tenant.as_ref(), json).await?,
        Command::Show { which, json } => show(&db, &which, json).await?,
        Command::Set { which, body, json, actor } => set(&db, &which, body.trim(), json, &actor).await?,
        Command::Reset { which, actor } => reset(&db, &which, &actor).await?,
        Command::Check { tenant, json } => return check::run(&db, tenant.as_ref(), json).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// A template as it is used or would be.
struct Entry {
    /// `None`: ours, for every agency.
    tenant: Option<TenantId>,
    kind: Kind,
    language: Language,
    /// The agency has written it.
    own: bool,
    body: String,
    findings: Findings,
}

impl Entry {
    fn new(tenant: Option<&TenantId>, kind: Kind, language: Language, own: Option<&str>) -> Self {
        let body = own.map_or_else(|| Template::standard(kind, language).body().to_owned(), str::to_owned);
        let findings = rules::check(kind, language, &body);
        Self { tenant: tenant.cloned(), kind, language, own: own.is_some(), body, findings }
    }

    fn used(&self) -> bool {
        self.findings.faults.is_empty()
    }

    fn view(&self) -> Value {
        json!({
            "tenant_id": self.tenant,
            "kind": self.kind.as_str(),
            "language": self.language.as_str(),
            "from": if self.own { "agency" } else { "default" },
            "used": self.used(),
            "body": self.body,
            "faults": sentences(&self.findings.faults),
            "warnings": sentences(&self.findings.warnings),
        })
    }

    /// A text as the agency's would be now.
    fn sample(&self, tenant: &Tenant) -> String {
        let template = Template::parse(self.kind, self.language, &self.body)
            .unwrap_or_else(|_| Template::standard(self.kind, self.language));
        template.render(&tenant.sender(), SAMPLE_LINK)
    }
}

fn sentences(list: &[impl Display]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// Every kind in both languages.
fn every() -> impl Iterator<Item = (Kind, Language)> {
    Kind::ALL.into_iter().flat_map(|kind| [(kind, Language::English), (kind, Language::Spanish)])
}

async fn list(db: &Db, tenant: Option<&TenantId>, as_json: bool) -> anyhow::Result<()> {
    let stored = templates::list(db, tenant).await?;
    let own = stored.iter().map(|s| Entry::new(Some(&s.tenant), s.kind, s.language, Some(&s.body)));
    let mut entries: Vec<Entry> = own.collect();
    if let Some(id) = tenant {
        tenant::known(db, id).await?;
        for (kind, language) in every() {
            if !entries.iter().any(|e| (e.kind, e.language) == (kind, language)) {
                entries.push(Entry::new(Some(id), kind, language, None));
            }
        }
        entries.sort_by_key(|e| every().position(|one| one == (e.kind, e.language)));
    }
    let views: Vec<Value> = entries.iter().map(Entry::view).collect();
    let columns = ["tenant_id", "kind", "language", "from", "used", "body"];
    output::listing(as_json, &views, columns, |v| output::row(v, columns))
}

async fn show(db: &Db, which: &Which, as_json: bool) -> anyhow::Result<()> {
    let agency = tenant::known(db, &which.tenant).await?;
    let body = templates::get(db, &which.tenant, which.kind, which.language).await?;
    let entry = Entry::new(Some(&which.tenant), which.kind, which.language, body.as_deref());
    print(&entry, &agency, as_json)
}

/// A template with what is to be said of it, and a text made of it.
fn print(entry: &Entry, agency: &Tenant, as_json: bool) -> anyhow::Result<()> {
    let sample = entry.sample(agency);
    let mut view = entry.view();
    view["sample"] = json!(sample);
    view["message_parts"] = json!(segments(&sample));
    if as_json {
        return output::json(&view);
    }
    for (what, said) in [("not used", &view["faults"]), ("warning", &view["warnings"])] {
        for sentence in said.as_array().into_iter().flatten() {
            eprintln!("{what}: {}", output::shown(sentence));
        }
    }
    let whose = if entry.own { "the agency's own" } else { "our default" };
    output::put(&output::fields(&[
        ("template", whose.to_owned()),
        ("wording", entry.body.clone()),
        ("as sent", sample),
        ("parts", output::shown(&view["message_parts"])),
    ]))
}

async fn set(db: &Db, which: &Which, body: &str, as_json: bool, actor: &Actor) -> anyhow::Result<()> {
    let Which { tenant: id, kind, language } = which;
    tenant::known(db, id).await?;
    let entry = Entry::new(Some(id), *kind, *language, Some(body));
    if !entry.used() {
        if as_json {
            output::json(&entry.view())?;
        }
        return Err(refused(&entry.findings).into());
    }
    let now = now();
    let mut tx = db.begin().await?;
    let agency = tenant::known(&mut tx, id).await?;
    let before = templates::get(&mut tx, id, *kind, *language).await?;
    templates::put(&mut tx, id, *kind, *language, body, now).await?;
    let change = Change {
        action: "template.set",
        subject: &subject(which),
        tenant: Some(id),
        before: before.map(|body| json!({ "body": body })),
        after: Some(json!({ "body": body })),
    };
    actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    print(&entry, &agency, as_json)
}

fn refused(findings: &Findings) -> super::failure::Refusal {
    let faults = sentences(&findings.faults);
    let list: String = faults.iter().map(|fault| format!("\n  - {fault}")).collect();
    misused(format!("the template is not saved, for {}:{list}", output::count(faults.len(), "fault")))
        .hint("`fusion-comms template show` prints one that has none, to begin with")
}

/// `help/en`, for the audit log.
fn subject(which: &Which) -> String {
    format!("{}/{}", which.kind.as_str(), which.language.as_str())
}

async fn reset(db: &Db, which: &Which, actor: &Actor) -> anyhow::Result<()> {
    let Which { tenant: id, kind, language } = which;
    let now = now();
    let mut tx = db.begin().await?;
    tenant::known(&mut tx, id).await?;
    let before = templates::get(&mut tx, id, *kind, *language).await?;
    if !templates::reset(&mut tx, id, *kind, *language).await? {
        return Err(refuse("this agency has no wording of its own here: ours serves already")
            .hint("`fusion-comms template list --tenant ID` shows which it has")
            .into());
    }
    let change = Change {
        action: "template.reset",
        subject: &subject(which),
        tenant: Some(id),
        before: before.map(|body| json!({ "body": body })),
        after: None,
    };
    actor.record(&mut tx, change, now).await?;
    tx.commit().await?;
    output::line(&format!("our default serves {} of {id} again", subject(which)))
}
