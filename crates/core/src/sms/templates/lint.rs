//! What a template must say, and what it may not: all faults at once, each with what to do about it.
//!
//! Sources: 47 CFR 64.1200(a)(12) for the confirmation of an opt-out; CTIA's Messaging Principles for HELP and the rest.

use thiserror::Error;

use super::super::Language;
use super::super::gsm7::{segments, septets, to_gsm7};
use super::parts::{self, Parts, Place};
use super::render::{MOST_PARTS, Values, filled};
use super::{Kind, words};

/// A link as long as most: a name of ours, `/p/`, 22 characters.
pub const SAMPLE_LINK: &str = "https://pay.ambulance-agency.example/p/AbCdEfGhIjKlMnOpQrStUv";
/// Thirty characters, as a longer name of an agency has.
const SAMPLE_NAME: &str = "Greater Ridgeline Ambulance Co";
const SAMPLE_PHONE: &str = "(202) 555-0110";
const SAMPLE_HOURS: &str = "Mon-Fri 8am-5pm; Sat 9am-noon";

/// Why a template is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("`{{agency_name}}` is missing: every text names its sender; begin with `{{agency_name}}:`")]
    NoAgencyName,
    #[error("it does not say how to stop: add `{add}`, with the word in capitals")]
    NoOptOut { add: &'static str },
    #[error("`{{link}}` is missing: put it where the payment link goes, with a blank on either side")]
    NoLink,
    #[error("`{{phone}}` is missing: HELP names the number to call; add `call {{phone}}`")]
    NoPhone,
    #[error("911 is missing: add `{add}`")]
    NoEmergency { add: &'static str },
    #[error("it does not say that no more texts will come: add `{add}`")]
    NoEnd { add: &'static str },
    #[error("it does not say how to come back: add `{add}`, with START in capitals")]
    NoWayBack { add: &'static str },
    #[error("`{{link}}` belongs into payment_link and bill_ready alone: take it out")]
    LinkElsewhere,
    #[error(
        "it has a web address: take it out; in payment_link and bill_ready, `{{link}}` is the one that may be there"
    )]
    Address,
    #[error("it names an amount: a text never says how much is owed; take it out")]
    Amount,
    #[error("it speaks of a debt (`{0}`): say `bill`")]
    Debt(&'static str),
    #[error(
        "`{0}` is advertising or asks for money, which the confirmation of an opt-out may not: take it out"
    )]
    Pitch(&'static str),
    #[error("`{{{0}}}` is unknown: there are `{{agency_name}}`, `{{phone}}`, `{{hours}}` and `{{link}}`")]
    UnknownPlace(String),
    #[error("a brace stands alone: `{{` and `}}` only go around a name, as in `{{phone}}`")]
    Braces,
    #[error("`[` and `]` only go around `{{hours}}` and the words that go with it, as in `[, {{hours}}]`")]
    Brackets,
    #[error("`{{hours}}` stands outside `[…]`, and not every agency has hours: write `[, {{hours}}]`")]
    HoursAlwaysThere,
    #[error("`{character}` (U+{code:04X}) is not in the GSM-7 alphabet: {instead}", code = u32::from(*.character))]
    NotGsm7 { character: char, instead: String },
    #[error("it has a line break: write one line")]
    LineBreak,
    #[error(
        "it takes {parts} message parts with a name of 30 characters, and {MOST_PARTS} are the most: shorten it"
    )]
    TooLong { parts: usize },
}

/// What is allowed and yet not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Warning {
    #[error("`{{hours}}` is missing: HELP should give the office hours, as `[, {{hours}}]`")]
    NoHours,
    #[error("it does not say that rates may apply: add `{add}`")]
    NoRates { add: &'static str },
    #[error("`{{phone}}` is missing: a person may have questions")]
    NoPhone,
    #[error("it takes two message parts with a name of 30 characters and a link of {} characters", SAMPLE_LINK.len())]
    TwoParts,
    #[error("`{{hours}}` will often be left out: with them it takes more than two message parts")]
    HoursDoNotFit,
}

/// All that there is to say about a template.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Findings {
    /// It is not saved, or not used, with any of these.
    pub faults: Vec<Fault>,
    pub warnings: Vec<Warning>,
}

impl Findings {
    fn fault(&mut self, is: bool, fault: impl FnOnce() -> Fault) {
        if is {
            self.faults.push(fault());
        }
    }
    fn warn(&mut self, is: bool, warning: Warning) {
        if is {
            self.warnings.push(warning);
        }
    }
}

/// Reads a template as the law and the carriers would.
pub fn check(kind: Kind, language: Language, body: &str) -> Findings {
    let mut parts = parts::read(body);
    let mut found = Findings { faults: std::mem::take(&mut parts.faults), warnings: Vec::new() };
    found.fault(!parts.have(Place::AgencyName), || Fault::NoAgencyName);
    required(&mut found, kind, language, body, &parts);
    forbidden(&mut found, kind, body, &parts);
    characters(&mut found, body);
    long(&mut found, kind, &parts);
    found
}

/// The words that are the language's own, for what to add.
fn in_language(language: Language, english: &'static str, spanish: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::Spanish => spanish,
    }
}

fn required(found: &mut Findings, kind: Kind, language: Language, body: &str, parts: &Parts<'_>) {
    let say = |english, spanish| in_language(language, english, spanish);
    let asks_for = |word| words::asks_for(body, word, language);
    let stops = asks_for("STOP") || (language == Language::Spanish && asks_for("ALTO"));
    if kind != Kind::StopConfirmation {
        found.fault(!stops, || Fault::NoOptOut {
            add: say("Reply STOP to opt out.", "Responda ALTO para no recibir mas."),
        });
    }
    match kind {
        Kind::PaymentLink | Kind::BillReady => found.fault(!parts.have(Place::Link), || Fault::NoLink),
        Kind::Help => {
            found.fault(!parts.have(Place::Phone), || Fault::NoPhone);
            let add = say("Emergency? Call 911.", "Emergencia? Llame al 911.");
            found.fault(!words::has(body, "911"), || Fault::NoEmergency { add });
            found.warn(!parts.have(Place::Hours), Warning::NoHours);
            let add = say("Msg&data rates may apply.", "Pueden aplicar tarifas de mensajes y datos.");
            let rates = ["rates", "charges", "tarifas", "cargos"].iter().any(|word| words::has(body, word));
            found.warn(!rates, Warning::NoRates { add });
        }
        Kind::StopConfirmation => {
            let add = say("You will get no more texts from us.", "Usted ya no recibira mensajes nuestros.");
            found.fault(!words::says_that_it_ends(body), || Fault::NoEnd { add });
            let add = say("Reply START to get texts again.", "Responda START para volver a recibirlos.");
            found.fault(!asks_for("START"), || Fault::NoWayBack { add });
            found.warn(!parts.have(Place::Phone), Warning::NoPhone);
        }
        Kind::StartConfirmation => {}
    }
}

fn forbidden(found: &mut Findings, kind: Kind, body: &str, parts: &Parts<'_>) {
    found.fault(!kind.has_link() && parts.have(Place::Link), || Fault::LinkElsewhere);
    // The places are no words of the template: `{x.y}` is not an address.
    let own = without_places(body);
    found.fault(words::has_address(&own), || Fault::Address);
    found.fault(words::names_an_amount(&own), || Fault::Amount);
    found.faults.extend(words::debt(&own).map(Fault::Debt));
    if kind == Kind::StopConfirmation {
        found.faults.extend(words::pitch(&own).map(Fault::Pitch));
    }
}

fn without_places(body: &str) -> String {
    let mut own = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        own.push_str(&rest[..open]);
        rest = &rest[open + close + 1..];
    }
    own + rest
}

fn characters(found: &mut Findings, body: &str) {
    found.fault(body.contains(['\n', '\r']), || Fault::LineBreak);
    let mut seen = Vec::new();
    for character in body.chars().filter(|c| septets(*c).is_none()) {
        if !seen.contains(&character) {
            seen.push(character);
            let like = to_gsm7(&character.to_string());
            let instead = match like.trim() {
                "" => "leave it out".to_owned(),
                like => format!("write `{like}`"),
            };
            found.faults.push(Fault::NotGsm7 { character, instead });
        }
    }
}

fn long(found: &mut Findings, kind: Kind, parts: &Parts<'_>) {
    let with = |hours| {
        let link = if kind.has_link() { SAMPLE_LINK } else { "" };
        let text = filled(&parts.parts, &Values { name: SAMPLE_NAME, phone: SAMPLE_PHONE, hours, link });
        // What is not in the alphabet is told apart; it would more than halve what a part holds.
        segments(&to_gsm7(&text))
    };
    let plain = with(None);
    if plain > MOST_PARTS {
        found.faults.push(Fault::TooLong { parts: plain });
        return;
    }
    found.warn(kind.has_link() && plain > 1, Warning::TwoParts);
    found.warn(with(Some(SAMPLE_HOURS)) > MOST_PARTS, Warning::HoursDoNotFit);
}
