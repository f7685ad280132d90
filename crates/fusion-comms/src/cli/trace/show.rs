//! The story as people read it: the cause, what to do, where it stands, then everything in order of time.

use fusion_comms_core::story::{Fact, Finding, Told};
use serde_json::{Value, json};

use super::providers::Asked;
use crate::cli::output;

fn fact_view(f: &Fact) -> Value {
    json!({"at": f.at, "table": f.table(), "id": f.id(), "tenant_id": f.tenant, "words": f.words()})
}

fn finding_view(f: &Finding) -> Value {
    json!({"code": f.code, "weight": f.weight, "at": f.at, "cause": f.cause, "next": f.next})
}

fn asked_view(a: &Asked) -> Value {
    json!({"asked": a.asked, "answer": a.answer})
}

pub(super) fn json(kind: &str, id: &str, told: &Told, asked: &[Asked]) -> anyhow::Result<()> {
    output::json(&json!({
        "subject": {"kind": kind, "id": id},
        "known": true,
        "well": told.is_well(),
        "causes": told.findings.iter().map(finding_view).collect::<Vec<_>>(),
        "ended": told.ended,
        "providers": asked.iter().map(asked_view).collect::<Vec<_>>(),
        "story": told.facts.iter().map(fact_view).collect::<Vec<_>>(),
    }))
}

pub(super) fn json_unknown(
    kind: &str,
    id: &str,
    means: &(String, String),
    asked: &[Asked],
) -> anyhow::Result<()> {
    let causes =
        [json!({"code": "unknown", "weight": "wrong", "at": null, "cause": means.0, "next": means.1})];
    output::json(&json!({
        "subject": {"kind": kind, "id": id},
        "known": false,
        "well": false,
        "causes": causes,
        "ended": null,
        "providers": asked.iter().map(asked_view).collect::<Vec<_>>(),
        "story": [],
    }))
}

pub(super) fn text(told: &Told, asked: &[Asked]) -> anyhow::Result<()> {
    output::put(&output::fields(&head(told)))?;
    providers(asked)?;
    output::line("")?;
    let rows: Vec<[String; 4]> = told.facts.iter().filter(|f| f.is_news()).map(row).collect();
    output::put(&output::table(["at", "table", "tenant_id", "what"], &rows))?;
    let left_out = told.facts.len() - rows.len();
    if left_out > 0 {
        let lines = output::count(left_out, "line");
        eprintln!(
            "note: {lines} of a call that changed nothing (keys, confirmations) left out; `--json` has them"
        );
    }
    Ok(())
}

/// The true cause stands in the first line, what to do in the second, where it stands in the third.
fn head(told: &Told) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let mut findings = told.findings.iter();
    if told.is_well() {
        lines.push(("well", "nothing went wrong".to_owned()));
        lines.push(("ended", told.ended.clone()));
    } else if let Some(first) = findings.next() {
        lines.push(("cause", first.cause.clone()));
        lines.push(("next", first.next.clone()));
        lines.push(("ended", told.ended.clone()));
    }
    for f in findings {
        let name = if f.weight.is_well() { "note" } else { "also" };
        lines.push((name, f.cause.clone()));
        lines.push(("next", f.next.clone()));
    }
    lines
}

pub(super) fn unknown(means: &(String, String), asked: &[Asked]) -> anyhow::Result<()> {
    output::put(&output::fields(&[("cause", means.0.clone()), ("next", means.1.clone())]))?;
    providers(asked)
}

fn providers(asked: &[Asked]) -> anyhow::Result<()> {
    for a in asked {
        output::put(&output::fields(&[("asked", a.asked.clone()), ("says", a.answer.clone())]))?;
    }
    Ok(())
}

fn row(f: &Fact) -> [String; 4] {
    let tenant = f.tenant.as_ref().map_or("-".to_owned(), ToString::to_string);
    [f.at.to_string(), f.table().to_owned(), tenant, f.words()]
}
