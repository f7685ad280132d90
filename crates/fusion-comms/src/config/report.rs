//! `config check` and `config example`: the table of variables, for people.

use std::fmt::Write;

use secrecy::SecretString;

use super::reader::{Env, Origin, Reader};
use super::table::{StandIn, VARIABLES, Variable};
use super::{Areas, ConfigProblems, DatabaseConfig, DatabaseUrl, Role, parse};

/// What `config check` prints, and its exit code: 0 well, 1 not. Makes and changes nothing.
///
/// Secrets are never shown; other values only where everything is well, since a secret may stand in the wrong place.
pub fn check(env: Env<'_>) -> (String, u8) {
    let mut reader = Reader::new(env);
    let database = DatabaseConfig::read(&mut reader);
    // Without the simulators' keys: to look at a configuration must not make any.
    let _areas = Areas::read(Role::All, &mut reader, None);
    let _distribution = reader.optional("CLOUDFRONT_DISTRIBUTION_ID", parse::distribution);

    let mut text = format!("APP_ENV {}\n\n", reader.app_env.as_str());
    let lines: Vec<_> = VARIABLES.iter().map(|variable| (variable, reader.origin(variable.name))).collect();
    let values: Vec<_> = lines.iter().map(|(variable, _)| reader.given(variable.name)).collect();
    let live = reader.app_env.is_live();
    let notes = reader.notes.clone();
    let outcome = reader.finish();
    for ((variable, origin), value) in lines.into_iter().zip(values) {
        let shown = match (&outcome, value) {
            (Ok(_), Some(value)) => shown(variable, &value, database.as_ref()),
            (Err(_), _) | (_, None) => stand_in(variable, origin, live),
        };
        let _infallible = writeln!(text, "  {:<34}{:<18}{shown}", variable.name, origin_words(origin));
    }
    let code = u8::from(outcome.is_err());
    text.push('\n');
    notes.iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
    text.push_str(&verdict(outcome));
    (text, code)
}

fn origin_words(origin: Origin) -> &'static str {
    match origin {
        Origin::Managed => "secret of ARN",
        Origin::Environment => "environment",
        Origin::Secrets => "APP_SECRETS_JSON",
        Origin::Default => "default",
        Origin::Unset => "not set",
    }
}

fn shown(variable: &Variable, value: &str, database: Option<&DatabaseConfig>) -> String {
    match variable.name {
        "DATABASE_URL" => database.map(|d| &d.url).map(DatabaseUrl::to_string).unwrap_or_default(),
        "TELNYX_FROM_NUMBER" => crate::logs::masked(value),
        _ if variable.secret => "****".to_owned(),
        _ => value.to_owned(),
    }
}

/// What is shown of a variable without showing a value that somebody set.
fn stand_in(variable: &Variable, origin: Origin, live: bool) -> String {
    match (origin, if live { variable.live } else { variable.dev }) {
        (Origin::Default, StandIn::Value(_)) if variable.secret => "****".to_owned(),
        (Origin::Default, StandIn::Value(value)) => value.to_owned(),
        (Origin::Default, StandIn::Made(how)) => how.to_owned(),
        _ => String::new(),
    }
}

fn verdict(outcome: Result<Vec<String>, ConfigProblems>) -> String {
    match outcome {
        Ok(_) => "the configuration is well\n".to_owned(),
        Err(problems) => format!("{problems}\n"),
    }
}

/// Whether every value that the secret of `APP_SECRETS_ARN` holds can be used, whichever role uses it: so that all processes
/// take or refuse the same secret. What it leaves out is the business of whoever needs it.
///
/// # Errors
/// All problems at once.
pub fn check_secret(env: Env<'_>) -> Result<(), ConfigProblems> {
    let mut reader = Reader::new(env);
    let _database = DatabaseConfig::read(&mut reader);
    let _areas = Areas::read(Role::All, &mut reader, None);
    reader.finish_secret()
}

/// The value that is set for `STRIPE_SECRET_KEY`, for a role that only looks whose it is.
pub fn stripe_key_given(env: Env<'_>) -> Option<SecretString> {
    Reader::new(env).given("STRIPE_SECRET_KEY").map(SecretString::from)
}

/// What `config example` prints: a file of all variables that a shell or a container reads, each commented out.
pub fn example() -> String {
    let mut text = "# Every variable of fusion-comms. In dev none needs to be set.\n\
        # Keys of APP_SECRETS_JSON fill in what the environment leaves out; the secret that APP_SECRETS_ARN names wins over both.\n"
        .to_owned();
    for variable in VARIABLES {
        let _infallible = write!(text, "\n{}", entry(variable));
    }
    text
}

fn entry(variable: &Variable) -> String {
    let Variable { name, meaning, required, secret, live, dev, .. } = variable;
    let mut words = vec![format!("# {meaning}.")];
    if *required {
        words.push("Required in staging and prod.".to_owned());
    }
    if *secret {
        words.push("Secret.".to_owned());
    }
    let mut lines = vec![words.join(" ")];
    match (default_words(*live), default_words(*dev)) {
        (None, None) => {}
        (Some(live), Some(dev)) if live == dev => lines.push(format!("# Default: {live}")),
        (Some(live), Some(dev)) => lines.push(format!("# Default: {live}; in dev {dev}")),
        (None, Some(dev)) => lines.push(format!("# Default in dev: {dev}")),
        (Some(live), None) => lines.push(format!("# Default in staging and prod: {live}")),
    }
    let value = match live {
        StandIn::Value(value) => value,
        StandIn::Nothing | StandIn::Made(_) => "",
    };
    lines.push(format!("#{name}={value}"));
    lines.join("\n") + "\n"
}

fn default_words(default: StandIn) -> Option<&'static str> {
    match default {
        StandIn::Nothing => None,
        StandIn::Value(words) | StandIn::Made(words) => Some(words),
    }
}
