//! The section of the settings: what they add to the tables, and what they change in them.

use std::fmt::Write;

use fusion_comms_core::ivr::{Language, Prompt, Surroundings};

use crate::happenings::{self, Happening};
use crate::situations::Situation;
use crate::{surroundings, table};

const INTRODUCTION: &str = "
## With settings

All above holds for an agency that has set nothing. A setting changes what stands below, and nothing else.

- **Office hours.** Outside them nobody is rung: wherever a caller would hear `transfer`, `office_closed` says when the office
  is open, a call-back task is left, and the call ends.
- **Length of statement numbers.** A number of another length is a miss, as one of no statement; our tables are not asked.
- **The caller's number.** Before `collect_phone`, `offer_caller_number` asks whether the link may go to the phone that calls,
  where that phone can be texted.
- **Read-back.** A number that was keyed gets its link only after a 1 to `read_back`, which says it digit by digit.
- **A key that stops texts.** Where the phone that calls can be texted, `menu_with_opt_out` is spoken in place of `menu`. An 8
  opts that phone out of the agency's texts, and `opted_out` says so; the caller may then pay or ask for a person, or hang up.
- **Spanish.** Before `menu`, `offer_spanish` is spoken. After a 9 all tables hold as they stand, with each prompt spoken in
  Spanish. None of it is a recording, so what *cannot be played* leads on at once, as where it is *read aloud*.

";

/// The section; `plain` are the situations without settings, `added` those that settings add.
pub fn section(plain: &[Situation], added: &[Situation]) -> String {
    let mut text = INTRODUCTION.to_owned();
    text += &prompts();
    text += &changes(plain);
    for situation in added {
        text.push('\n');
        text += &table::section(situation);
    }
    text
}

fn prompts() -> String {
    let mut text = "| Prompt | Its words | In Spanish |\n|---|---|---|\n".to_owned();
    for prompt in Prompt::SPOKEN.into_iter().chain(Prompt::ALL) {
        let words = |language| surroundings::spoken(prompt, language);
        let spanish = words(Language::Spanish);
        let english = match prompt {
            Prompt::OfferSpanish => "in Spanish only".to_owned(),
            _ if prompt.is_recorded() => "as above".to_owned(),
            _ => words(Language::English),
        };
        let _ = writeln!(text, "| `{}` | {english} | {spanish} |", prompt.name());
    }
    text
}

/// One row of what a setting changes in a situation that is there without it.
struct Change<'a> {
    setting: &'static str,
    situation: &'a Situation,
    happenings: Vec<Happening>,
    outcome: table::Outcome,
}

fn changes(plain: &[Situation]) -> String {
    let mut text = "
### What each setting changes in the tables above

In the ordinary case: somebody to transfer to, the office open, neither misses nor prompts at their limit.

| Setting | Where | What happens | The caller hears | Next state | Also |
|---|---|---|---|---|---|
"
    .to_owned();
    for (setting, around) in surroundings::one_set() {
        for Change { setting, situation, happenings, outcome } in changes_of(setting, &around, plain) {
            let state = situation.state.as_str();
            let [hears, next, also] = outcome.unwrap_or_else(|| table::nothing(situation));
            let events = table::events(&happenings);
            let heading = &situation.heading;
            let _ =
                writeln!(text, "| {setting} | {state}: {heading} | {events} | {hears} | {next} | {also} |");
        }
    }
    text
}

fn changes_of<'a>(setting: &'static str, around: &Surroundings, plain: &'a [Situation]) -> Vec<Change<'a>> {
    let mut changes: Vec<Change> = vec![];
    for situation in plain {
        let (Some(call), Some((_, without))) = (situation.calls.first(), situation.around.first()) else {
            continue;
        };
        for happening in happenings::all() {
            let outcome = table::outcome(call, &happening, around);
            if outcome == table::outcome(call, &happening, without) {
                continue;
            }
            let alike = |c: &&mut Change| c.outcome == outcome && c.situation.heading == situation.heading;
            match changes.iter_mut().find(alike) {
                Some(change) => change.happenings.push(happening),
                None => changes.push(Change { setting, situation, happenings: vec![happening], outcome }),
            }
        }
    }
    changes
}
