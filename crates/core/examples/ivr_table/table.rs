//! One situation as a Markdown table. Events that do the same in every case share a block of rows.

use std::fmt::Write;

use fusion_comms_core::ivr::{Call, Surroundings};

use crate::happenings::{self, Happening};
use crate::situations::{Situation, told};
use crate::words;

/// What came of an event: the cells for what is heard, the next state and what else is done.
/// `None`: the call is as it was.
pub type Outcome = Option<[String; 3]>;
/// The outcomes of one event by what may make a difference, in words.
type Cases = Vec<(Vec<String>, Outcome)>;

/// Events that do the same, and what that is in each case.
pub struct Block {
    pub happenings: Vec<Happening>,
    rows: Vec<(String, Outcome)>,
}

/// The blocks of a situation, the one that changes nothing last.
pub fn blocks(situation: &Situation) -> Vec<Block> {
    let mut blocks: Vec<Block> = vec![];
    for happening in happenings::all() {
        let mut rows = vec![];
        tell_apart(&cases(situation, &happening), &mut vec![], &mut rows);
        match blocks.iter_mut().find(|b| b.rows == rows) {
            Some(block) => block.happenings.push(happening),
            None => blocks.push(Block { happenings: vec![happening], rows }),
        }
    }
    blocks.sort_by_key(|b| b.rows.iter().all(|(_, outcome)| outcome.is_none()));
    blocks
}

fn cases(situation: &Situation, happening: &Happening) -> Cases {
    let mut cases = Cases::new();
    for call in &situation.calls {
        for (around_words, around) in &situation.around {
            let mut key = words::particulars(call);
            key.push((*around_words).to_owned());
            let outcome = outcome(call, happening, around);
            match cases.iter().find(|(known, _)| *known == key) {
                Some((_, known)) => assert!(
                    *known == outcome,
                    "{}, {}: two outcomes for {key:?}; `particulars` does not name what tells them apart",
                    situation.heading,
                    happening.item
                ),
                None => cases.push((key, outcome)),
            }
        }
    }
    cases
}

pub fn outcome(call: &Call, happening: &Happening, around: &Surroundings) -> Outcome {
    let (next, effects) = told(call, &happening.event, around);
    (next != *call || !effects.is_empty())
        .then(|| [words::hears(&next, &effects), next.state.as_str().to_owned(), words::also(&effects)])
}

/// Splits by one difference after the other, where it makes one.
fn tell_apart(cases: &Cases, said: &mut Vec<String>, rows: &mut Vec<(String, Outcome)>) {
    let Some((_, first)) = cases.first() else { return };
    if cases.iter().all(|(_, outcome)| outcome == first) {
        let said: Vec<&str> = said.iter().filter(|s| !s.is_empty()).map(String::as_str).collect();
        rows.push((said.join("; "), first.clone()));
        return;
    }
    let groups = by_first_difference(cases);
    let splits = groups.len() > 1;
    for (values, rest) in groups {
        let names_it = splits && !values.iter().any(String::is_empty);
        said.push(if names_it { values.join(" or ") } else { String::new() });
        tell_apart(&rest, said, rows);
        said.pop();
    }
}

/// The cases by the values of their first particular; values that make no difference share a group.
fn by_first_difference(cases: &Cases) -> Vec<(Vec<String>, Cases)> {
    let mut values: Vec<&String> = vec![];
    for (key, _) in cases {
        if !values.contains(&&key[0]) {
            values.push(&key[0]);
        }
    }
    let mut groups: Vec<(Vec<String>, Cases)> = vec![];
    for value in values {
        let of_value = cases.iter().filter(|(key, _)| key[0] == *value);
        let rest: Cases = of_value.map(|(key, outcome)| (key[1..].to_vec(), outcome.clone())).collect();
        match groups.iter_mut().find(|(_, other)| alike(other, &rest)) {
            Some((values, other)) => {
                values.push(value.clone());
                other.extend(rest);
            }
            None => groups.push((vec![value.clone()], rest)),
        }
    }
    groups
}

/// Whether two groups never contradict each other; not every case comes about in both.
fn alike(one: &Cases, other: &Cases) -> bool {
    let known = |key: &Vec<String>| other.iter().find(|(k, _)| k == key).map(|(_, outcome)| outcome);
    one.iter().all(|(key, outcome)| known(key).is_none_or(|o| o == outcome))
        && one.iter().any(|(key, _)| known(key).is_some())
}

/// The situation's section.
pub fn section(situation: &Situation) -> String {
    let wait = situation.calls.first().map(words::wait).unwrap_or_default();
    let mut text = format!("### {}: {}\n\n{wait}\n\n", situation.state.as_str(), situation.heading);
    text +=
        "| What happens | In which case | The caller hears | Next state | Also |\n|---|---|---|---|---|\n";
    for block in blocks(situation) {
        for (row, (case, outcome)) in block.rows.iter().enumerate() {
            let events = if row == 0 { events(&block.happenings) } else { "″".to_owned() };
            let [hears, next, also] = outcome.clone().unwrap_or_else(|| nothing(situation));
            let _ = writeln!(text, "| {events} | {case} | {hears} | {next} | {also} |");
        }
    }
    text
}

/// The cells of an event that leaves the call as it was.
pub fn nothing(situation: &Situation) -> [String; 3] {
    ["nothing changes".to_owned(), situation.state.as_str().to_owned(), String::new()]
}

/// Events in words, those of a group behind its name.
pub fn events(happenings: &[Happening]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = vec![];
    for happening in happenings {
        match groups.iter_mut().find(|(group, _)| *group == happening.group) {
            Some((_, items)) => items.push(&happening.item),
            None => groups.push((happening.group, vec![&happening.item])),
        }
    }
    let every = happenings::all();
    let words = groups.into_iter().map(|(group, items)| {
        let whole = every.iter().filter(|h| h.group == group).count();
        let items = if items.len() == whole && whole > 2 { "anything".to_owned() } else { items.join(", ") };
        format!("**{group}:** {items}")
    });
    words.collect::<Vec<_>>().join("<br>")
}
