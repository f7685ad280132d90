//! `trace`: the whole story of one call, statement, number, fax or event; what went wrong first.

mod gather;
mod providers;
mod show;

use std::process::ExitCode;

use clap::Subcommand;
use fusion_comms_core::ids::{StatementId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::story::{self, Fact, Subject, What};

use super::audit::now;
use super::failure::misused;
use super::{arguments, database, tenant};
use gather::Gather;
use providers::Asked;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tell the story of one call, by its call control id or its session's id.
    Call {
        /// The call, as `telnyx_calls` and the log lines name it.
        #[arg(value_name = "ID", value_parser = arguments::id)]
        call: String,
        #[command(flatten)]
        how: How,
    },
    /// Tell the story of one statement: its calls, links, texts and payments.
    Statement {
        /// Its number, as on the bill.
        #[arg(value_name = "ID", value_parser = arguments::statement)]
        statement: StatementId,
        #[command(flatten)]
        how: How,
    },
    /// Tell the story of one phone number: texts, opt-outs, consents, calls, faxes.
    Phone {
        /// The number, as in +12025550147.
        #[arg(value_name = "E164", value_parser = arguments::phone)]
        phone: E164,
        #[command(flatten)]
        how: How,
    },
    /// Tell the story of one fax.
    Fax {
        /// The fax, as `fax list` names it.
        #[arg(value_name = "ID", value_parser = arguments::id)]
        fax: String,
        #[command(flatten)]
        how: How,
    },
    /// Tell the story of one webhook of Telnyx or Stripe, and of what it caused.
    Event {
        /// The event, as `events list` or Stripe names it.
        #[arg(value_name = "ID", value_parser = arguments::id)]
        event: String,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct How {
    /// As this agency may see it.
    #[arg(long, value_name = "ID", value_parser = arguments::tenant)]
    tenant: Option<TenantId>,
    /// Ask Telnyx and Stripe for their view as well.
    #[arg(long)]
    ask_telnyx: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// What is asked about, and how.
struct Question<'a> {
    subject: Subject<'a>,
    /// `call`, `statement`, …
    kind: &'static str,
    id: &'a str,
    how: &'a How,
}

impl Command {
    fn question(&self) -> Question<'_> {
        match self {
            Command::Call { call, how } => {
                Question { subject: Subject::Call(call), kind: "call", id: call, how }
            }
            Command::Statement { statement, how } => {
                let id = statement.expose();
                Question { subject: Subject::Statement(id), kind: "statement", id, how }
            }
            Command::Phone { phone, how } => {
                let id = phone.expose();
                Question { subject: Subject::Phone(id), kind: "phone", id, how }
            }
            Command::Fax { fax, how } => Question { subject: Subject::Fax(fax), kind: "fax", id: fax, how },
            Command::Event { event, how } => {
                Question { subject: Subject::Event(event), kind: "event", id: event, how }
            }
        }
    }
}

/// Exit code 1 where something went wrong, or nothing is known.
pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let question = command.question();
    let how = question.how;
    let db = database::open().await?;
    tenant::known_if_named(&db, how.tenant.as_ref()).await?;
    let mut gather = Gather::new(&db, how.tenant.as_ref());
    match question.subject {
        Subject::Call(id) => gather.call(id).await?,
        Subject::Statement(id) => gather.statement(id).await?,
        Subject::Phone(id) => gather.phone(id).await?,
        Subject::Fax(id) => gather.fax(id).await?,
        Subject::Event(id) => gather.event(id).await?,
    }
    let facts = gather.facts;
    if let Subject::Statement(id) = question.subject {
        only_one_agency(id, &facts)?;
    }
    let asked = if how.ask_telnyx { providers::ask(question.subject, &facts).await? } else { Vec::new() };
    match story::tell(question.subject, facts, now()) {
        Some(told) => {
            if how.json {
                show::json(question.kind, question.id, &told, &asked)?;
            } else {
                show::text(&told, &asked)?;
            }
            Ok(if told.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        None => {
            let means = unknown(&question, &asked);
            if how.json {
                show::json_unknown(question.kind, question.id, &means, &asked)?;
            } else {
                show::unknown(&means, &asked)?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What it means that we know nothing; the provider may know better.
fn unknown(question: &Question<'_>, asked: &[Asked]) -> (String, String) {
    let (cause, next) = story::unknown(question.subject);
    let Some(known) = asked.iter().find(|a| a.has) else {
        if let Some(a) = asked.iter().find(|a| a.answer.starts_with("Telnyx knows nothing")) {
            let next =
                format!("compare the id with the portal: it is wrong, or of another account. Else {next}");
            return (format!("{cause}, and {}", a.answer), next);
        }
        return match &question.how.tenant {
            Some(tenant) => (format!("as {tenant} may see it: {cause}"), next),
            None => (cause, next),
        };
    };
    (
        format!("{cause}, though Telnyx has it ({})", known.answer),
        format!("{next}; then `fusion-comms backfill` brings what Telnyx still has"),
    )
}

/// Numbers of statements are the agencies' own, and two may have the same.
fn only_one_agency(id: &str, facts: &[Fact]) -> anyhow::Result<()> {
    let of = |f: &Fact| match &f.what {
        What::Statement(s) if s.id == id => f.tenant.as_ref().map(ToString::to_string),
        _ => None,
    };
    let mut agencies: Vec<String> = facts.iter().filter_map(of).collect();
    agencies.sort();
    agencies.dedup();
    if agencies.len() < 2 {
        return Ok(());
    }
    Err(misused("several agencies have a statement of this number")
        .hint(format!("name one: --tenant {}", agencies.join(" | ")))
        .into())
}
