//! Prints `docs/IVR.md`: every state and event of a call and what the caller hears, asked of the machine itself.

mod happenings;
mod settings;
mod situations;
mod surroundings;
mod table;
#[cfg(test)]
mod tests;
mod words;

use std::fmt::Write;

use fusion_comms_core::ivr::{MAX_PROMPTS, Prompt, State};

fn main() {
    print!("{}", markdown());
}

/// The whole document.
fn markdown() -> String {
    let mut text = preamble();
    let plain = situations::plain();
    for state in State::ALL {
        let _ = write!(text, "\n## {}\n\n{}\n", state.as_str(), about(state));
        for situation in plain.iter().filter(|s| s.state == state) {
            text.push('\n');
            text += &table::section(situation);
        }
    }
    text += &settings::section(&plain, &situations::of_settings(&plain));
    text
}

fn preamble() -> String {
    let mut text = format!(
        "# What a caller hears

Written by `scripts/ivr-table`, which asks the machine itself (`crates/core/src/ivr`); do not edit by hand.

How to read it:

- Each section is one situation: a state, as in `telnyx_calls.state` and the log line `ivr_state`, and what the caller hears
  or waits for in it.
- Each row says what may happen then, what the caller hears next, the state after it, and what else is done. Where it depends,
  the rows below it (″) tell the cases apart; a blank case beside others is whatever they do not name.
- Every event stands in every section. The last row lists those that change nothing: copies, late ones, strays.
- The tables are those of an agency that has set nothing; what its settings add and change stands at the end.
- No wait is endless: the row *deadline: of this wait* is what the caller hears if nothing comes at all.
- A question to our tables (is there such a statement, may this number be texted) is answered within the step, so *keyed* shows
  what follows from the answer.
- After {MAX_PROMPTS} prompts that asked for keys the next one is a transfer instead.
- A copy of an event that was told before changes nothing in any state: each event is applied once, by its id.

| Recording | Its words, read aloud where it cannot be played |
|---|---|
"
    );
    for prompt in Prompt::ALL {
        let _ = writeln!(text, "| `{}` | {} |", prompt.name(), prompt.text());
    }
    text
}

fn about(state: State) -> &'static str {
    match state {
        State::Menu => "The call is answered, and the caller chooses: 1 pays, 2 is for a person.",
        State::CollectStatementId => "The caller keys the number of a statement.",
        State::CollectSmsPhone => "The statement is found; the caller keys the phone number for the link.",
        State::SendingLink => "The Checkout Session is made and the text is sent.",
        State::LinkSent => "The text has left; the caller may still ask for a person.",
        State::Transfer => "The agency's phone rings, or somebody talks, or nobody could be reached.",
        State::Done => "The call is over. Only digits that a hang-up overtook may still bring a link.",
    }
}
