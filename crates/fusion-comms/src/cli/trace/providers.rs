//! What Telnyx and Stripe say of the same thing, where asked for. What cannot be asked is said, and hinders nothing.

use anyhow::Context;
use fusion_comms_core::ids::{CallControlId, FaxId, SessionId};
use fusion_comms_core::story::{Call, Fact, Session, Subject, Text, What};
use secrecy::SecretString;
use url::Url;

use crate::cli::output;
use crate::config;
use crate::secrets::Environment;
use crate::stripe::Stripe;
use crate::telnyx::{DeliveryInfo, Telnyx, TelnyxError};

/// One question and its answer.
pub(super) struct Asked {
    pub(super) asked: String,
    pub(super) answer: String,
    /// The provider has the thing, or says more of it than we know.
    pub(super) has: bool,
}

/// The latest so many texts, links and calls are asked about.
const MOST: usize = 5;

fn said(asked: impl Into<String>, answer: impl Into<String>) -> Asked {
    Asked { asked: asked.into(), answer: answer.into(), has: false }
}

pub(super) async fn ask(subject: Subject<'_>, facts: &[Fact]) -> anyhow::Result<Vec<Asked>> {
    let environment = Environment::load().await?;
    let mut asked = Vec::new();
    match config::telnyx_account(&environment) {
        Ok((account, _)) => {
            asked.extend(ask_telnyx(&telnyx(&account.api_base, &account.api_key)?, subject, facts).await)
        }
        Err(problems) => {
            asked.push(said("Telnyx", format!("not asked: {}", one_line(&problems.to_string()))))
        }
    }
    let sessions: Vec<&Session> = latest(facts, |w| if let What::Session(s) = w { Some(s) } else { None });
    if !sessions.is_empty() {
        match config::stripe_account(&environment) {
            Ok(account) => {
                let base = Url::parse(&account.api_base).context("STRIPE_API_BASE is no address")?;
                let stripe =
                    Stripe::new(base, &account.secret_key).context("a client of Stripe cannot be made")?;
                asked.extend(ask_stripe(&stripe, &sessions).await);
            }
            Err(problems) => {
                asked.push(said("Stripe", format!("not asked: {}", one_line(&problems.to_string()))))
            }
        }
    }
    Ok(asked)
}

fn telnyx(base: &str, key: &SecretString) -> anyhow::Result<Telnyx> {
    let base = Url::parse(base).context("TELNYX_API_BASE is no address")?;
    Telnyx::new(base, key).context("a client of Telnyx cannot be made")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn latest<'a, T>(facts: &'a [Fact], pick: impl Fn(&'a What) -> Option<&'a T>) -> Vec<&'a T> {
    facts.iter().rev().filter_map(|f| pick(&f.what)).take(MOST).collect()
}

async fn ask_telnyx(telnyx: &Telnyx, subject: Subject<'_>, facts: &[Fact]) -> Vec<Asked> {
    let mut asked = Vec::new();
    match subject {
        Subject::Fax(id) => {
            asked.push(fax(telnyx, id).await);
            asked.push(deliveries(telnyx, id).await);
        }
        Subject::Event(id) if !facts.iter().any(is_stripes) => asked.push(deliveries(telnyx, id).await),
        _ => {}
    }
    for call in latest(facts, |w| if let What::Call(c) = w { Some(c) } else { None }) {
        asked.extend(call_of(telnyx, call).await);
    }
    let texts: Vec<&Text> = latest(facts, |w| match w {
        What::Text(t) if t.outgoing && t.telnyx_id.is_some() => Some(t),
        _ => None,
    });
    for text in texts {
        asked.push(message(telnyx, text).await);
    }
    if asked.is_empty() {
        asked.push(said("Telnyx", "nothing of this story is at Telnyx"));
    }
    asked
}

fn is_stripes(fact: &Fact) -> bool {
    matches!(&fact.what, What::Event(e) if e.channel == "stripe")
}

fn failed(asked: String, e: &TelnyxError) -> Asked {
    match e {
        TelnyxError::Rejected { http: 404, .. } => said(asked, "Telnyx knows nothing of it (HTTP 404)"),
        TelnyxError::Rejected { http: 401, .. } => {
            said(asked, "not answered: Telnyx refuses our key (HTTP 401)")
        }
        e => said(asked, format!("not answered: {e}")),
    }
}

async fn fax(telnyx: &Telnyx, id: &str) -> Asked {
    let asked = format!("Telnyx, fax {id}");
    match telnyx.fax(&FaxId::new(id)).await {
        Ok(info) => {
            let pages =
                info.page_count.map(|n| format!(", {}", output::count(n, "page"))).unwrap_or_default();
            let why = info.failure_reason.map(|r| format!(", {r}")).unwrap_or_default();
            let link = if info.media_url.is_some() { ", with a link to its file" } else { "" };
            Asked { asked, answer: format!("{}{pages}{why}{link}", info.status), has: true }
        }
        Err(e) => failed(asked, &e),
    }
}

async fn deliveries(telnyx: &Telnyx, id: &str) -> Asked {
    let asked = format!("Telnyx, webhook deliveries that name {id}");
    match telnyx.deliveries_of(id).await {
        Ok(list) if list.is_empty() => said(asked, "none (any more)"),
        Ok(list) => {
            let answer = list.iter().map(delivery).collect::<Vec<_>>().join("; ");
            Asked { asked, answer, has: true }
        }
        Err(e) => failed(asked, &e),
    }
}

fn delivery(d: &DeliveryInfo) -> String {
    let answer = |a: &Option<u16>| a.map_or("no answer".to_owned(), |status| format!("HTTP {status}"));
    let answers: Vec<String> = d.answers.iter().rev().map(answer).collect();
    format!("{} {} ({})", d.event_type, d.status, answers.join(", "))
}

async fn call_of(telnyx: &Telnyx, call: &Call) -> Vec<Asked> {
    let asked = format!("Telnyx, call {}", call.id);
    let alive = match telnyx.is_call_alive(&CallControlId::new(call.id.as_str())).await {
        Ok(true) => said(asked, "the leg is alive"),
        Ok(false) => said(asked, "the leg has ended"),
        Err(e) => failed(asked, &e),
    };
    let mut all = vec![alive];
    if let Some(session) = &call.session {
        let asked = format!("Telnyx, events of session {session}");
        all.push(match telnyx.call_events(session).await {
            Ok(names) if names.is_empty() => said(asked, "none (any more)"),
            Ok(names) => said(asked, names.join(", ")),
            Err(e) => failed(asked, &e),
        });
    }
    all
}

async fn message(telnyx: &Telnyx, text: &Text) -> Asked {
    let asked = format!("Telnyx, text {}", text.id);
    let Some(id) = &text.telnyx_id else { return said(asked, "it has no id at Telnyx") };
    match telnyx.message(id).await {
        Ok(info) => {
            let code = info.error_code.map(|code| format!(", error {code}")).unwrap_or_default();
            said(asked, format!("{}{code}", info.status))
        }
        Err(e) => failed(asked, &e),
    }
}

async fn ask_stripe(stripe: &Stripe, sessions: &[&Session]) -> Vec<Asked> {
    let mut asked = Vec::new();
    for session in sessions {
        let question = format!("Stripe, session {}", session.id);
        asked.push(match stripe.retrieve(&session.account, &SessionId::new(session.id.as_str())).await {
            Ok(s) => said(question, format!("{:?}, payment {:?}", s.status, s.payment_status).to_lowercase()),
            Err(e) => said(question, format!("not answered: {e}")),
        });
    }
    asked
}
