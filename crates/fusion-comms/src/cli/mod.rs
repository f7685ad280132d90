//! The command line: one file per family of commands. Data goes to standard output, everything else to standard error.
//!
//! Exit codes: 0 done, 1 the thing asked about is not well, 2 wrong use.

mod arguments;
mod audit;
mod audit_verify;
mod backfill;
mod backup;
mod case;
mod config;
mod confirm;
mod database;
mod doctor;
mod effect_again;
mod event_effects;
mod event_prune;
mod event_replay;
mod event_storm;
mod events;
mod examples;
mod failure;
mod fax;
mod import;
mod incident;
mod lambda;
mod manual;
mod migrate;
mod number;
mod opt_out;
mod opt_out_evidence;
mod opt_out_file;
mod opt_out_lift;
mod opt_out_read;
mod opt_out_reconcile;
mod output;
mod prompts;
mod restore;
mod serve;
pub mod simulate;
mod statement;
mod statement_import;
mod task;
mod template;
mod tenant;
mod text;
mod text_consent;
mod text_review;
mod text_send;
mod trace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::demo::{DemoArgs, drill};

pub use failure::report;

/// Billing communications for ambulance agencies: phone menu, texts, fax inbox.
#[derive(Debug, Parser)]
#[command(name = "fusion-comms", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything in one process, with no account and no service: a sample agency, built-in Telnyx and Stripe.
    Demo(DemoArgs),
    /// Bring an incident about in a demo of its own, and find its cause.
    Drill(drill::DrillArgs),
    /// The service, until SIGTERM or Ctrl-C.
    Serve(serve::Args),
    /// The service's background work alone: short for `serve --role worker`.
    Worker,
    /// The service's reading of faxes as an AWS Lambda function for SQS events.
    Lambda,
    /// Play Telnyx, Stripe, a patient or a hospital against a running service.
    Simulate(simulate::SimulateArgs),
    /// The part of the service that reads one fax, in a process of its own.
    #[command(hide = true)]
    ReadFax,
    /// Apply the schema to the database, or only check it.
    Migrate(migrate::Args),
    /// Check the configuration, or list every variable.
    #[command(subcommand)]
    Config(config::Command),
    /// Look at everything the service stands on, and say what is wrong and what to do.
    Doctor(doctor::Args),
    /// Agencies: add, change, list.
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// The numbers that agencies own: who is called, texted and faxed on which.
    #[command(subcommand)]
    Number(number::Command),
    /// Bills that callers can pay.
    #[command(subcommand)]
    Statement(statement::Command),
    /// Cases that faxes are filed under.
    #[command(subcommand)]
    Case(case::Command),
    /// The inbox of webhooks.
    #[command(subcommand)]
    Events(events::Command),
    /// Ask Telnyx and Stripe for what never arrived, after an outage or a restore. Running it twice changes nothing.
    Backfill(backfill::Args),
    /// Write database and files of this service into one file, while it runs.
    Backup(backup::Args),
    /// Fill an empty database from such a file, or only check the file.
    Restore(restore::Args),
    /// The opt-out ledger: who is not to be texted.
    #[command(subcommand)]
    OptOut(opt_out::Command),
    /// Texts from people and to them: what waits to be read, threads, reviews; bills, and consent to them.
    #[command(subcommand)]
    Text(text::Command),
    /// What waits for a person of an agency: calls to return, links that were not sent, texts to read.
    #[command(subcommand)]
    Task(task::Command),
    /// The wording of the texts that agencies send.
    #[command(subcommand)]
    Template(template::Command),
    /// The recordings of the phone menu: list, check, make, put in place.
    #[command(subcommand)]
    Prompts(prompts::Command),
    /// The proof that the history of opt-outs is as it was written.
    #[command(subcommand)]
    Audit(audit_verify::Command),
    /// Faxes that came in.
    #[command(subcommand)]
    Fax(fax::Command),
    /// The whole story of one thing, what went wrong first.
    #[command(subcommand)]
    Trace(trace::Command),
    /// What must be looked into afterwards: faxes that lay on a wrong case.
    #[command(subcommand)]
    Incident(incident::Command),
    /// Print the completions of a shell.
    Completions(manual::CompletionsArgs),
    /// Print the manual page, or write those of all commands to a folder.
    Man(manual::ManArgs),
}

impl Cli {
    /// Runs a command that wants neither threads nor a runtime; `None` for every other.
    pub fn run_alone(&self) -> Option<ExitCode> {
        matches!(self.command, Command::ReadFax).then(crate::fax_text::run_child)
    }
}

/// Reads the command line.
///
/// # Errors
/// The exit code, after what is wrong (or the help that was asked for) has been printed.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, ExitCode> {
    command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(failure::wrong_use)
}

/// The tree of commands, with the examples after their help.
pub fn command() -> clap::Command {
    examples::added(plain_command())
}

fn plain_command() -> clap::Command {
    Cli::command()
}

/// Runs one command to its exit code.
pub async fn run(cli: Cli) -> ExitCode {
    match dispatch(cli.command).await {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(args) => crate::demo::run(args).await,
        Command::Drill(args) => drill::run(args).await,
        Command::Serve(args) => serve::run(&args).await,
        Command::Worker => serve::worker().await,
        Command::Lambda => lambda::run().await,
        Command::Simulate(args) => simulate::run(args).await,
        Command::ReadFax => Ok(crate::fax_text::run_child()),
        Command::Migrate(args) => migrate::run(&args).await,
        Command::Config(command) => config::run(&command).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Tenant(command) => tenant::run(command).await,
        Command::Number(command) => number::run(command).await,
        Command::Statement(command) => statement::run(command).await,
        Command::Case(command) => case::run(command).await,
        Command::Events(command) => events::run(command).await,
        Command::Backfill(args) => backfill::run(&args).await,
        Command::Backup(args) => backup::run(&args).await,
        Command::Restore(args) => restore::run(&args).await,
        Command::OptOut(command) => opt_out::run(command).await,
        Command::Text(command) => text::run(command).await,
        Command::Task(command) => task::run(command).await,
        Command::Template(command) => template::run(command).await,
        Command::Prompts(command) => prompts::run(command).await,
        Command::Audit(command) => audit_verify::run(command).await,
        Command::Fax(command) => fax::run(command).await,
        Command::Trace(command) => trace::run(command).await,
        Command::Incident(command) => incident::run(command).await,
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_of_commands_is_sound() {
        super::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_argument_is_explained() {
        let mut root = super::command();
        root.build();
        let mut silent = Vec::new();
        explained(&root, &mut silent);
        assert_eq!(silent, Vec::<String>::new());
    }

    fn explained(command: &clap::Command, silent: &mut Vec<String>) {
        let name = command.get_bin_name().unwrap_or_default().to_owned();
        let bare = command.get_about().is_none_or(|a| a.to_string().is_empty());
        silent.extend(bare.then(|| name.clone()));
        for argument in command.get_arguments().filter(|a| !a.is_hide_set()) {
            let bare = argument.get_help().is_none_or(|h| h.to_string().is_empty());
            silent.extend(bare.then(|| format!("{name} {argument}")));
        }
        command.get_subcommands().for_each(|inner| explained(inner, silent));
    }
}
