//! `template check`: what is wrong with the templates there are.

use std::process::ExitCode;

use fusion_comms_core::ids::TenantId;
use serde_json::{Value, json};

use super::super::{output, tenant};
use super::{Entry, every};
use crate::store::{Db, templates};

pub(super) async fn run(db: &Db, only: Option<&TenantId>, as_json: bool) -> anyhow::Result<ExitCode> {
    if let Some(id) = only {
        tenant::known(db, id).await?;
    }
    let stored = templates::list(db, only).await?;
    let ours = every().map(|(kind, language)| Entry::new(None, kind, language, None));
    let own = stored.iter().map(|s| Entry::new(Some(&s.tenant), s.kind, s.language, Some(&s.body)));
    let entries: Vec<Entry> = ours.chain(own).collect();
    let faulty = entries.iter().filter(|e| !e.used()).count();
    if as_json {
        let views: Vec<Value> = entries.iter().map(Entry::view).collect();
        output::json(&json!({ "checked": entries.len(), "faulty": faulty, "templates": views }))?;
    } else {
        print(&entries, faulty)?;
    }
    Ok(if faulty == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(entries: &[Entry], faulty: usize) -> anyhow::Result<()> {
    for entry in entries {
        let whose = entry.tenant.as_ref().map_or("default", TenantId::as_str);
        let name = format!("{whose}  {}/{}", entry.kind.as_str(), entry.language.as_str());
        for fault in &entry.findings.faults {
            output::line(&format!("{name}  not used: {fault}"))?;
        }
        for warning in &entry.findings.warnings {
            output::line(&format!("{name}  warning: {warning}"))?;
        }
    }
    let checked = output::count(entries.len(), "template");
    output::line(&match faulty {
        0 => format!("{checked} checked: all are used"),
        n => format!("{checked} checked, {n} not used: our default is sent instead"),
    })
}
