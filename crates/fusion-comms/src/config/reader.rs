//! Takes variables from the environment and `APP_SECRETS_JSON`, and gathers everything that is wrong with them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::table::{StandIn, VARIABLES, named};
use super::{AppEnv, ConfigProblems, Problem, parse, unknown};

/// Where variables come from, as a trait so that tests bring their own; a closure over names is one.
pub trait Variables {
    /// A variable of the process.
    fn of_process(&self, name: &str) -> Option<String>;
    /// A value of the secret that `APP_SECRETS_ARN` names; it wins.
    fn managed(&self, _: &str) -> Option<String> {
        None
    }
    /// Names in that secret that are no variables.
    fn unknown(&self) -> Vec<String> {
        vec![]
    }
    /// Told of each variable that is read for its meaning, set or not; for `config doc`.
    fn read(&self, _: &'static str) {}
}

impl<F: Fn(&str) -> Option<String>> Variables for F {
    fn of_process(&self, name: &str) -> Option<String> {
        self(name)
    }
}

pub type Env<'a> = &'a dyn Variables;

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Managed,
    Environment,
    Secrets,
    Default,
    Unset,
}

pub(super) struct Reader<'a> {
    env: Env<'a>,
    /// The entries of `APP_SECRETS_JSON` that are values.
    secrets: BTreeMap<String, String>,
    /// Names in either secret that are no variables, each with the secret's.
    unknown: Vec<(String, &'static str)>,
    pub(super) app_env: AppEnv,
    problems: Vec<Problem>,
    pub(super) notes: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(env: Env<'a>) -> Self {
        // Strictest until APP_ENV has been read, and for good where that is unreadable.
        let mut reader = Self {
            env,
            secrets: BTreeMap::new(),
            unknown: env.unknown().into_iter().map(|name| (name, unknown::IN_ARN)).collect(),
            app_env: AppEnv::Prod,
            problems: Vec::new(),
            notes: Vec::new(),
        };
        reader.read_secrets();
        reader.app_env = reader.optional("APP_ENV", parse::app_env).unwrap_or(AppEnv::Prod);
        reader.note_what_stands_out();
        reader
    }

    fn read_secrets(&mut self) {
        let Some(text) = self.given("APP_SECRETS_JSON") else { return };
        let Some(object) = SecretObject::parse(&text) else {
            self.problem("APP_SECRETS_JSON", "is not a JSON object");
            return;
        };
        for name in object.no_texts {
            self.problem(name, "is a list or an object in APP_SECRETS_JSON, not a text");
        }
        self.secrets = object.values;
        self.unknown.extend(object.unknown.into_iter().map(|name| (name, unknown::IN_JSON)));
    }

    /// Variables set twice with different values, and names that are none.
    fn note_what_stands_out(&mut self) {
        self.notes.extend(self.unknown.iter().map(|(name, place)| unknown::note(name, place)));
        for variable in VARIABLES {
            let name = variable.name;
            let in_env = self.env.of_process(name).and_then(meaningful);
            let elsewhere = in_env.as_ref().or_else(|| self.secrets.get(name));
            if let (Some(used), Some(shadowed)) = (self.managed(name), elsewhere)
                && used != *shadowed
            {
                self.notes.push(format!(
                    "{name} is set in the environment and, differently, in the secret of APP_SECRETS_ARN; the secret wins"
                ));
            } else if let (Some(used), Some(shadowed)) = (&in_env, self.secrets.get(name))
                && used != shadowed
            {
                self.notes.push(format!(
                    "{name} is set in the environment and, differently, in APP_SECRETS_JSON; the environment wins"
                ));
            }
        }
    }

    pub(super) fn problem(&mut self, name: &'static str, what: impl Into<String>) {
        self.problems.push(Problem { name, what: what.into() });
    }

    /// The value that is set for a variable, if any. Blanks around it, and a value of nothing but blanks, do not count.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        let of_process = || self.env.of_process(name).and_then(meaningful);
        self.managed(name).or_else(of_process).or_else(|| self.secrets.get(name).cloned())
    }

    fn managed(&self, name: &str) -> Option<String> {
        self.env.managed(name).and_then(meaningful)
    }

    pub(super) fn origin(&self, name: &str) -> Origin {
        if self.managed(name).is_some() {
            Origin::Managed
        } else if self.env.of_process(name).and_then(meaningful).is_some() {
            Origin::Environment
        } else if self.secrets.contains_key(name) {
            Origin::Secrets
        } else if self.default(name) == StandIn::Nothing {
            Origin::Unset
        } else {
            Origin::Default
        }
    }

    pub(super) fn default(&self, name: &str) -> StandIn {
        let variable = named(name);
        if self.app_env.is_live() { variable.live } else { variable.dev }
    }

    /// The parsed value, or that of the table's default; `None` when there is neither, or when it is a problem.
    ///
    /// `parse` says in words what is wrong, without repeating the value.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.env.read(name);
        let given = self.given(name);
        let text = match (&given, self.default(name)) {
            (Some(text), _) => text.as_str(),
            (None, StandIn::Value(text)) => text,
            (None, StandIn::Made(_) | StandIn::Nothing) => return None,
        };
        parse(text).map_err(|what| self.problem(name, what)).ok()
    }

    /// It may be there under a name that was written otherwise.
    fn missing(&self, name: &str) -> String {
        let misspelt = self.unknown.iter().find(|(written, _)| unknown::nearest(written) == Some(name));
        misspelt.map_or("is missing".to_owned(), |(written, place)| {
            format!("is missing; {place} holds {}, which is no variable", unknown::shown(written))
        })
    }

    /// The same, and in staging and prod it is a problem when nothing is set.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        debug_assert!(named(name).required, "{name} is not marked required in the table");
        if self.app_env.is_live() && self.given(name).is_none() {
            self.env.read(name);
            self.problem(name, self.missing(name));
            return None;
        }
        self.optional(name, parse)
    }

    /// Takes a value that stands in for an unset variable and was made from others; checked like a given one.
    pub(super) fn made<T>(
        &mut self,
        name: &'static str,
        value: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.given(name).is_some() || self.app_env.is_live() {
            return self.required(name, parse);
        }
        self.env.read(name);
        parse(&value?).map_err(|what| self.problem(name, what)).ok()
    }

    /// The problems of values that the managed secret holds.
    pub(super) fn finish_secret(mut self) -> Result<(), ConfigProblems> {
        self.problems.retain(|problem| self.env.managed(problem.name).is_some());
        self.finish().map(drop)
    }

    /// The notes, or all problems.
    pub(super) fn finish(self) -> Result<Vec<String>, ConfigProblems> {
        if self.problems.is_empty() { Ok(self.notes) } else { Err(ConfigProblems(self.problems)) }
    }
}

/// The content of `APP_SECRETS_JSON`, or of the secret in AWS Secrets Manager: variables by name.
#[derive(Default)]
pub struct SecretObject {
    pub values: BTreeMap<String, String>,
    /// Variables whose value is a list or an object.
    pub no_texts: Vec<&'static str>,
    /// Names of no variable.
    pub unknown: Vec<String>,
}

impl SecretObject {
    /// `None` where it is no JSON object. A null counts as not set.
    pub fn parse(text: &str) -> Option<Self> {
        let Ok(Value::Object(entries)) = serde_json::from_str(text) else { return None };
        let mut object = Self::default();
        for (name, value) in entries {
            if !unknown::is_known(&name) {
                object.unknown.push(name);
                continue;
            }
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                Value::Null => continue,
                Value::Array(_) | Value::Object(_) => {
                    object.no_texts.extend(VARIABLES.iter().map(|v| v.name).find(|known| *known == name));
                    continue;
                }
            };
            if let Some(text) = meaningful(text) {
                object.values.insert(name, text);
            }
        }
        Some(object)
    }
}

pub(super) fn meaningful(text: String) -> Option<String> {
    let trimmed = text.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}
