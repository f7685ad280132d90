//! How a command fails: a sentence, its causes, a hint. No message repeats a value that was handed in.

use std::fmt;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::config::ConfigProblems;
use crate::store::StoreError;

/// The thing asked about is not well.
const NOT_WELL: u8 = 1;
/// The command was used wrongly.
const WRONG_USE: u8 = 2;

/// A refusal of ours, with what to do about it.
#[derive(Debug)]
pub(super) struct Refusal {
    sentence: String,
    hint: Option<String>,
    code: u8,
}

/// Refuses since something is not as the command needs it: exit code 1.
pub(super) fn refuse(sentence: impl Into<String>) -> Refusal {
    Refusal { sentence: sentence.into(), hint: None, code: NOT_WELL }
}

/// Refuses since the command was given something it cannot take: exit code 2.
pub(super) fn misused(sentence: impl Into<String>) -> Refusal {
    Refusal { code: WRONG_USE, ..refuse(sentence) }
}

impl Refusal {
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Refusal {}

/// Prints an error to standard error; its exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  caused by: {cause}");
    }
    if let Some(hint) = hint(error) {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(code(error))
}

fn code(error: &anyhow::Error) -> u8 {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return refusal.code;
    }
    if error.is::<ConfigProblems>() { WRONG_USE } else { NOT_WELL }
}

fn hint(error: &anyhow::Error) -> Option<&str> {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return refusal.hint.as_deref();
    }
    match error.chain().find_map(|cause| cause.downcast_ref::<StoreError>())? {
        StoreError::Unreachable(_) | StoreError::Refused(_) | StoreError::Login(_) => {
            Some("check `DATABASE_URL`")
        }
        StoreError::Busy(_) => Some("try again in a moment"),
        StoreError::Schema(_) => Some("see `fusion-comms migrate --check`"),
        StoreError::Corrupt { .. } | StoreError::Taken => None,
    }
}

/// Prints what clap says of a wrong command line, without the private values in it; its exit code.
pub(super) fn wrong_use(mut error: clap::Error) -> ExitCode {
    mask(&mut error);
    // Where nobody reads our output there is nobody to tell.
    let _unread = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG_USE))
}

fn mask(error: &mut clap::Error) {
    let kind = error.kind();
    let names_value =
        matches!(kind, ErrorKind::ValueValidation | ErrorKind::InvalidValue | ErrorKind::TooManyValues);
    if names_value && !is_misspelt_choice(error) {
        error.insert(ContextKind::InvalidValue, ContextValue::String("***".to_owned()));
    }
    if kind == ErrorKind::UnknownArgument && names_no_flag(error) {
        error.insert(ContextKind::InvalidArg, ContextValue::String("***".to_owned()));
        error.insert(ContextKind::Suggested, ContextValue::None);
    }
}

/// Whether the value stands where one of a closed list must. With a digit in it, it may be a number that slipped there.
fn is_misspelt_choice(error: &clap::Error) -> bool {
    let has_list =
        matches!(error.get(ContextKind::ValidValue), Some(ContextValue::Strings(list)) if !list.is_empty());
    let is_word = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => !value.chars().any(char::is_numeric),
        _ => false,
    };
    error.kind() == ErrorKind::InvalidValue && has_list && is_word
}

/// Whether the argument that clap does not know is a value: a number typed with blanks, say.
fn names_no_flag(error: &clap::Error) -> bool {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => !text.starts_with('-'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let mut error = crate::cli::command().try_get_matches_from(line.split(' ')).unwrap_err();
        mask(&mut error);
        error.to_string()
    }

    #[test]
    fn a_misspelt_choice_is_shown_and_every_other_value_is_masked() {
        for (line, shown) in [
            ("x events list --state lost", "'lost'"),
            ("x statement set 1 --tenant a --status refunded", "'refunded'"),
            ("x completions klingon", "'klingon'"),
            ("x fax list --status needs_reviw", "'needs_reviw'"),
        ] {
            assert!(said(line).contains(&format!("invalid value {shown} for")), "{line}: {}", said(line));
        }
        for line in [
            "x events list --state 7035550147",
            "x events list --since yesterday",
            "x events list --limit many",
            "x tenant freeze a/b --reason x",
            "x opt-out check Miller --tenant a",
            "x template show --tenant a --kind Miller --language en",
            "x simulate call --to http://127.0.0.1:1 --from Miller --did +12025550110",
        ] {
            assert!(said(line).contains("invalid value '***' for"), "{line}: {}", said(line));
        }
    }
}
