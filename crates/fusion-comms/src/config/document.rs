//! `config doc`: the reference of all variables, `docs/CONFIG.md`, from the table and from what each part reads.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::anyhow;

use super::reader::Variables;
use super::table::{StandIn, VARIABLES, Variable};
use super::{Config, DatabaseConfig, Env, LambdaConfig, PromptsConfig, Role};
use crate::live::AT_ONCE;

const HEAD: &str = "\
# Configuration

Written by `fusion-comms config doc`; a test holds this file against it. `fusion-comms config check` says in the environment at hand which
variable comes from where, and every problem at once, with secrets masked; `fusion-comms config example` prints a file of settings to fill in.

In dev (`APP_ENV` not set) nothing needs to be set: simulators stand for Telnyx and Stripe, SQLite for PostgreSQL, folders for buckets. Staging
and prod refuse to start without what is marked required. A blank value counts as not set.

Where a variable comes from, the first that has it: the secret that `APP_SECRETS_ARN` names, the environment, `APP_SECRETS_JSON`, the default.
Secrets belong in one of the two objects; they are shown in no log, no error and no output of this program.

## What may be changed while the service runs

With `APP_SECRETS_ARN` these are taken from the secret within a minute, on SIGHUP, and within seconds after Telnyx or Stripe has refused a key
([RUNBOOK.md](RUNBOOK.md), §3), all or none:
";

const READERS: &str = "
Every other variable counts from the next start on. Without `APP_SECRETS_ARN` all do: restart the instances one after another.

## Who reads what

| reader | what it is |
|---|---|
| `web` | `fusion-comms serve --role web`, and `serve` without a role |
| `worker` | `fusion-comms worker`, and `serve` without a role |
| `lambda` | `fusion-comms lambda` |
| `database` | every command that looks at the database or changes it |
| others | the commands of these names, beside `database` |

`fusion-comms doctor` reads what the service reads in the same place, and tells what is missing.
";

const BESIDE: &str = "
## Beside these

Not this program's own, but heard: the standard variables of AWS (`AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_PROFILE`, ... for credentials and
region), `PATH` and `TESSDATA_PREFIX` (where `tesseract` and its data lie), `USER` (who did it, in `audit_log`, where `--actor` is not given), and
what AWS Lambda gives a function.
";

/// One who reads variables, and how.
struct Part {
    name: &'static str,
    load: fn(Env<'_>),
}

/// Whoever asks for variables. `serve --role all` reads what web and worker do.
const PARTS: [Part; 12] = [
    Part { name: "web", load: |env| served(Role::Web, env) },
    Part { name: "worker", load: |env| served(Role::Worker, env) },
    Part { name: "lambda", load: |env| drop(LambdaConfig::load(env)) },
    Part { name: "database", load: |env| drop(DatabaseConfig::load(env)) },
    Part { name: "prompts upload", load: |env| drop(PromptsConfig::load(env)) },
    Part { name: "prompts list|check", load: |env| drop(super::audio_base(env)) },
    Part { name: "opt-out reconcile", load: |env| drop(super::telnyx_account(env)) },
    Part { name: "trace --ask-telnyx", load: at_the_providers },
    Part {
        name: "backfill",
        load: |env| {
            at_the_providers(env);
            drop(super::stop_reach(env));
        },
    },
    Part { name: "text send", load: |env| drop(super::text_sender(env)) },
    Part { name: "text review", load: |env| drop(super::stop_reach(env)) },
    Part { name: "fax score", load: |env| drop(super::fax_reader(env)) },
];

/// Read before any reader is made: where the other variables are, and what is logged.
const BY_ALL: [&str; 3] = ["APP_ENV", "APP_SECRETS_JSON", "APP_SECRETS_ARN"];
const BY_SERVICE: [&str; 1] = ["RUST_LOG"];

fn at_the_providers(env: Env<'_>) {
    drop(super::telnyx_account(env));
    drop(super::stripe_account(env));
}

fn served(role: Role, env: Env<'_>) {
    drop(Config::load_for(role, env, |_| Err(anyhow!("none is made for this"))));
}

/// An environment that holds `APP_ENV` alone and notes what is read.
struct Noted {
    app_env: &'static str,
    read: RefCell<BTreeSet<&'static str>>,
}

impl Variables for Noted {
    fn of_process(&self, name: &str) -> Option<String> {
        (name == "APP_ENV").then(|| self.app_env.to_owned())
    }
    fn read(&self, name: &'static str) {
        self.read.borrow_mut().insert(name);
    }
}

impl Part {
    fn reads(&self) -> BTreeSet<&'static str> {
        let of = |app_env| {
            let noted = Noted { app_env, read: RefCell::default() };
            (self.load)(&noted);
            noted.read.into_inner()
        };
        of("dev").union(&of("prod")).copied().collect()
    }
}

/// The whole page.
pub fn document() -> String {
    let parts: Vec<_> = PARTS.iter().map(|part| (part.name, part.reads())).collect();
    let mut text = HEAD.to_owned();
    for name in AT_ONCE {
        let _infallible = writeln!(text, "- {}", link(name));
    }
    text.push_str(READERS);
    text.push_str("\n## All variables\n\n| variable | required | secret | default |\n|---|---|---|---|\n");
    VARIABLES.iter().for_each(|v| text.push_str(&line(v)));
    VARIABLES.iter().for_each(|v| text.push_str(&section(v, &parts)));
    text + BESIDE
}

fn link(name: &str) -> String {
    format!("[`{name}`](#{})", name.to_lowercase())
}

fn line(variable: &Variable) -> String {
    let yes = |is: bool| if is { "yes" } else { "" };
    let default = code(variable.live);
    let (name, required, secret) = (link(variable.name), yes(variable.required), yes(variable.secret));
    format!("| {name} | {required} | {secret} | {} |\n", default.unwrap_or_default())
}

fn section(variable: &Variable, parts: &[(&str, BTreeSet<&str>)]) -> String {
    let Variable { name, meaning, required, secret, live, dev, example } = variable;
    let mut text = format!("\n### `{name}`\n\n{meaning}.\n\n");
    let mut say = |what: String| text.push_str(&format!("- {what}\n"));
    match (required, secret) {
        (true, true) => say("required in staging and prod; secret".to_owned()),
        (true, false) => say("required in staging and prod".to_owned()),
        (false, true) => say("optional; secret".to_owned()),
        (false, false) => say("optional".to_owned()),
    }
    match (code(*live), code(*dev)) {
        (None, None) => {}
        (Some(live), Some(dev)) if live == dev => say(format!("default: {live}")),
        (Some(live), Some(dev)) => say(format!("default: {live}; in dev {dev}")),
        (None, Some(dev)) => say(format!("in dev, where it is not set: {dev}")),
        (Some(live), None) => say(format!("default in staging and prod: {live}")),
    }
    if let Some(example) = example {
        let words = example.contains(' ') && !example.starts_with('{') && !example.contains(',');
        say(if words { format!("example: {example}") } else { format!("example: `{example}`") });
    }
    say(format!("read by: {}", readers(name, parts)));
    if AT_ONCE.contains(name) {
        say("a new value in the secret of `APP_SECRETS_ARN` counts at once".to_owned());
    }
    text
}

fn readers(name: &str, parts: &[(&str, BTreeSet<&str>)]) -> String {
    if BY_ALL.contains(&name) {
        return "all".to_owned();
    }
    let service = ["web", "worker", "lambda"].into_iter().filter(|_| BY_SERVICE.contains(&name));
    let reading = parts.iter().filter(|(_, reads)| reads.contains(name)).map(|(part, _)| *part);
    let all: Vec<_> = service.chain(reading).map(|part| format!("`{part}`")).collect();
    all.join(", ")
}

fn code(stand_in: StandIn) -> Option<String> {
    match stand_in {
        StandIn::Nothing => None,
        StandIn::Value(value) => Some(format!("`{value}`")),
        StandIn::Made(how) => Some(how.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_read_by_somebody() {
        let read: BTreeSet<_> = PARTS.iter().flat_map(Part::reads).chain(BY_ALL).chain(BY_SERVICE).collect();
        for variable in VARIABLES {
            assert!(read.contains(variable.name), "{}", variable.name);
        }
    }

    #[test]
    fn only_the_web_role_reads_the_keys_of_webhooks() {
        let reads =
            |name| PARTS.iter().filter(|p| p.reads().contains(name)).map(|p| p.name).collect::<Vec<_>>();
        assert_eq!(reads("TELNYX_PUBLIC_KEY"), ["web"]);
        assert_eq!(
            reads("TELNYX_API_KEY"),
            ["worker", "opt-out reconcile", "trace --ask-telnyx", "backfill"]
        );
        assert_eq!(reads("DATABASE_URL"), ["web", "worker", "lambda", "database"]);
    }
}
