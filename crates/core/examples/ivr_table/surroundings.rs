//! What may be around a call: an agency as most have it, with nothing set, and agencies with settings.

use fusion_comms_core::hours::Hours;
use fusion_comms_core::ivr::{Desk, Language, MenuSettings, Prompt, Speech, Surroundings};
use fusion_comms_core::phone::E164;

/// One thing around a call, in words where it is out of the ordinary.
pub type Around = (&'static str, Surroundings);

/// An agency that has set nothing.
pub fn plain() -> Vec<Around> {
    let nobody = Surroundings::default();
    vec![("", Surroundings { desk: open(), ..nobody.clone() }), ("no number to transfer to", nobody)]
}

/// An agency that has switched everything on.
pub fn all_set() -> Vec<Around> {
    let menu = MenuSettings {
        offer_caller_number: true,
        read_back: true,
        spanish: true,
        opt_out_key: true,
        ..MenuSettings::default()
    };
    let with = |desk, caller| Surroundings { desk, menu, caller: E164::parse(caller).ok() };
    vec![
        ("", with(open(), "+12025550148")),
        ("the caller's number has opted out", with(open(), "+12025550199")),
        ("no number to transfer to", with(Desk::None, "+12025550148")),
        ("the office is closed", with(closed(), "+12025550148")),
    ]
}

/// Each setting of the menu alone, by its name.
pub fn one_set() -> Vec<Around> {
    let with = |menu| Surroundings { desk: open(), menu, caller: E164::parse("+12025550148").ok() };
    let off = MenuSettings::default();
    let digits = "7-12".parse().unwrap_or_default();
    vec![
        ("Spanish is offered", with(MenuSettings { spanish: true, ..off })),
        (
            "statement numbers have 7 to 12 digits, and 6 were keyed",
            with(MenuSettings { statement_digits: digits, ..off }),
        ),
        ("the caller's number is offered", with(MenuSettings { offer_caller_number: true, ..off })),
        ("a keyed number is read back", with(MenuSettings { read_back: true, ..off })),
        ("a key stops texts", with(MenuSettings { opt_out_key: true, ..off })),
    ]
}

/// The words of a prompt; where they differ from call to call, those of an example.
pub fn spoken(prompt: Prompt, language: Language) -> String {
    let phone = E164::parse("+12025550147").ok();
    let speech = match closed() {
        Desk::Closed(hours) if prompt == Prompt::OfficeClosed => Speech::closed(&hours, language),
        _ => Speech::of(prompt, language, phone.as_ref()),
    };
    speech.text().to_owned()
}

fn open() -> Desk {
    E164::parse("+12025550119").map_or(Desk::None, Desk::Open)
}

/// Outside office hours.
pub fn closed() -> Desk {
    "mon-fri 08:00-17:00".parse::<Hours>().map_or(Desk::None, Desk::Closed)
}
