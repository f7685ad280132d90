//! Prints a page about a trip and spoils it as OCR does.

use super::Dice;
use super::people::{Trip, World, alike};
use crate::fax::{Case, PageText, Source};

pub(super) struct Printed {
    pub pages: Vec<PageText>,
    /// What was read of each printed value, and the value of a case that it would be.
    read: Vec<(Field, String)>,
    /// The day as read, if printed.
    pub day: Option<String>,
    /// Mistakes at so many of a thousand signs.
    pub rate: usize,
    /// A number or code on it is another case's.
    pub mistaken: bool,
    form: usize,
}

pub(super) type Field = fn(&Case, usize) -> String;

pub(super) const NAME: Field = |c, form| {
    let middle = if c.patient_middle.is_empty() { String::new() } else { format!(" {}", c.patient_middle) };
    let suffix = if c.patient_suffix.is_empty() { String::new() } else { format!(" {}", c.patient_suffix) };
    let text = match form % 3 {
        0 => format!("{}{middle} {}{suffix}", c.patient_first, c.patient_last),
        1 => format!("{}{suffix}, {}{middle}", c.patient_last, c.patient_first),
        _ => format!("{} {}{suffix}", c.patient_first, c.patient_last),
    };
    if form >= 3 { text.to_uppercase() } else { text }
};
const BIRTH: Field = |c, form| date(&c.patient_dob, form);
const DAY: Field = |c, form| date(&c.date_of_service, form);
const MEMBER: Field = |c, _| c.member_id.clone();
pub(super) const IDS: [(&str, Field); 4] = [
    ("Case no", |c, _| c.case_number.clone()),
    ("Statement", |c, _| c.statement_id.clone()),
    ("Run #", |c, _| c.run_number.clone()),
    ("Claim number", |c, _| c.payer_claim_number.clone()),
];

pub(super) fn date(iso: &str, form: usize) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"];
    let [y, m, d] = [&iso[..4], &iso[5..7], &iso[8..10]];
    match form % 4 {
        0 => format!("{m}/{d}/{y}"),
        1 => format!("{m}-{d}-{y}"),
        2 => iso.to_owned(),
        _ => format!("{} {d}, {y}", MONTHS[m.parse::<usize>().unwrap() - 1]),
    }
}

impl Printed {
    pub fn new(about: &Trip, world: &World, dice: &mut Dice) -> Self {
        let form = dice.below(12);
        let rate = *dice.pick(&[0, 5, 15, 40, 80]);
        let mut fields: Vec<(&str, Field)> =
            vec![(*dice.pick(&["Patient", "Patient name", "Member name"]), NAME)];
        let mut maybe = |percent, label, field: Field| {
            if dice.percent(percent) {
                fields.push((label, field));
            }
        };
        maybe(65, "DOB", BIRTH);
        maybe(60, "Date of service", DAY);
        maybe(50, "Member ID", MEMBER);
        IDS.into_iter().for_each(|(label, id)| maybe(25, label, id));
        // A page that says of a stranger only what is true of a patient tells nobody anything.
        let tells = |fields: &[(&str, Field)], case: &Case| {
            let mut case = case.clone();
            if about.case.patient_suffix.is_empty() {
                // A suffix that is not printed tells nothing.
                case.patient_suffix = String::new();
            }
            fields.iter().any(|(_, f)| f(&case, form) != f(&about.case, form))
        };
        if world.trips.iter().any(|t| t.person != about.person && !tells(&fields, &t.case)) {
            for (label, field) in [("Date of birth", BIRTH), ("Member number", MEMBER)] {
                fields.push((label, field));
            }
            fields.push(("Statement", IDS[1].1));
        }
        let mut read = Vec::new();
        let mut day = None;
        let mut text = String::from("Harbor Health Plan\n");
        let sentence = dice.percent(25);
        for (label, field) in &fields {
            let value = spoil(&field(&about.case, form), rate, dice);
            if std::ptr::fn_addr_eq(*field, DAY) {
                day = Some(value.clone());
            }
            let label = spoil(label, rate, dice);
            text += &match (sentence, form % 2) {
                (true, _) => format!("with {label} {value} and "),
                (_, 0) => format!("{label}: {value}\n"),
                _ => format!("{label}      {value}\n"),
            };
            read.push((*field, value));
        }
        text += "\nWe have looked at this and write to you about the ambulance.\n";
        let source = if rate == 0 && dice.percent(50) { Source::Layer } else { Source::Ocr };
        let page = PageText { source, ..PageText::new(1, text) };
        Self { pages: vec![page], read, day, rate, mistaken: false, form }
    }

    /// A value that was read besides.
    pub fn add(&mut self, field: Field, value: String) {
        self.read.push((field, value));
    }

    pub fn is_day_spoilt(&self, case: &Case) -> bool {
        self.day.as_ref().is_some_and(|read| *read != DAY(case, self.form))
    }

    pub fn shows(&self, field: Field) -> bool {
        self.read.iter().any(|(f, _)| std::ptr::fn_addr_eq(*f, field))
    }

    /// All that was read, and would tell the two apart, is what would be printed of this case.
    pub fn reads_like(&self, about: &Case, case: &Case) -> bool {
        let alike = |field: &Field| field(about, 0) == field(case, 0);
        self.read.iter().filter(|(field, _)| !alike(field)).all(|(field, read)| {
            // A lost comma swaps names, so any form of the name will do.
            let plain = |t: &str| {
                t.to_uppercase().split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",")
            };
            let forms = if std::ptr::fn_addr_eq(*field, NAME) { 0..3 } else { 0..1 };
            // Nor is a middle name always printed.
            let bare = Case { patient_middle: String::new(), ..case.clone() };
            forms
                .map(|more| self.form + more)
                .any(|f| [case, &bare].iter().any(|c| plain(read) == plain(&field(c, f))))
        })
    }
}

/// Mistakes at so many of a thousand signs: lookalikes mostly; some lost, torn apart or run together.
pub(super) fn spoil(text: &str, rate: usize, dice: &mut Dice) -> String {
    let signs: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < signs.len() {
        let c = signs[at];
        at += 1;
        if dice.below(1000) >= rate {
            out.push(c);
            continue;
        }
        let pair: String = [c].into_iter().chain(signs.get(at).copied()).collect();
        let joined = [("rn", "m"), ("cl", "d"), ("vv", "w"), ("RN", "M")].iter().find(|(p, _)| *p == pair);
        let alike = alike(c);
        match dice.below(10) {
            0 => {}
            1 => out.extend([c, ' ']),
            2 if c == ' ' => {}
            3 => out.push(*dice.pick(&['.', ',', '~', '\'', ':', '|'])),
            _ => match joined {
                Some((_, one)) => {
                    out.push_str(one);
                    at += 1;
                }
                None if c == 'm' => out.push_str("rn"),
                None if alike.is_empty() => out.push(c),
                None => out.push(*dice.pick(&alike)),
            },
        }
    }
    out
}
