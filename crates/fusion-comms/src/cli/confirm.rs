//! A yes that cannot be skipped: what deletes takes the answer as an argument.

use std::io::{self, IsTerminal, Write};

use super::failure::{misused, refuse};

/// Somebody has said yes.
pub(super) struct Confirmed(());

/// Takes `--yes`, or asks on a terminal.
///
/// # Errors
/// Wrong use where nobody can be asked; a refusal where the answer is not yes.
pub(super) fn confirm(question: &str, yes: bool) -> anyhow::Result<Confirmed> {
    if yes {
        return Ok(Confirmed(()));
    }
    if !io::stdin().is_terminal() {
        return Err(misused("nobody is here to confirm").hint("say `--yes`").into());
    }
    eprint!("{question} [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(Confirmed(()));
    }
    Err(refuse("not confirmed: nothing was changed").into())
}
