//! The machine's values in an operator's words. A new state, phase, effect or command does not compile until it has some.

use fusion_comms_core::effect::{Command, Effect, Voice};
use fusion_comms_core::ivr::{Call, CommandKind, Language, MAX_PROMPTS, Phase, Prompt};

use crate::{happenings, surroundings};

/// What the caller hears or waits for, as the heading of a table.
pub fn heading(call: &Call) -> String {
    match call.phase {
        Phase::Answering { .. } => "it rings, and we have asked Telnyx to answer".to_owned(),
        Phase::Asking { prompt, .. } => format!("`{}` asks for keys", prompt.name()),
        Phase::Linking => "the link is made and texted".to_owned(),
        Phase::Transferring { .. } => "`transfer` plays and the agency's phone rings".to_owned(),
        Phase::LegEnded => "the agency's leg has ended and no talk was seen".to_owned(),
        Phase::Bridged => "the caller talks with a person".to_owned(),
        Phase::Goodbye { .. } => "`goodbye` is heard out".to_owned(),
        Phase::Closed => "`office_closed` is heard out".to_owned(),
        Phase::HangingUp { .. } => "we have asked for the hang-up".to_owned(),
        Phase::EndedAtOffer => {
            "hung up at the offer of the caller's number; the key may still come".to_owned()
        }
        Phase::EndedAtReadBack => "hung up at the read-back; the key may still come".to_owned(),
        Phase::EndedAtMenu => {
            "hung up at the menu with the key that stops texts; it may still come".to_owned()
        }
        Phase::EndedAtPhone => "hung up while keying the phone number; its digits may still come".to_owned(),
        Phase::Ended => "the call is over".to_owned(),
    }
}

/// What may make a difference within a situation, each in words; empty where it is the ordinary case. The order is that
/// in which a table tells cases apart. Calls alike in all of these must behave alike, else something is missing here.
pub fn particulars(call: &Call) -> Vec<String> {
    let phase = match call.phase {
        Phase::Answering { again: false } => "asked once".to_owned(),
        Phase::Answering { again: true } => "asked twice".to_owned(),
        Phase::Asking { spoken, .. } | Phase::Transferring { spoken } | Phase::Goodbye { spoken } => {
            if spoken { "read aloud" } else { "the recording" }.to_owned()
        }
        Phase::HangingUp { tries } => format!("asked {} of 3 times", tries + 1),
        Phase::Linking | Phase::LegEnded | Phase::Bridged | Phase::Closed => String::new(),
        Phase::EndedAtPhone | Phase::EndedAtOffer | Phase::EndedAtReadBack | Phase::EndedAtMenu => {
            String::new()
        }
        Phase::Ended => String::new(),
    };
    let known = if call.known { "" } else { "the number dialled is of no agency" }.to_owned();
    let misses = match call.misses {
        0 => "no miss before".to_owned(),
        1 => "one miss before".to_owned(),
        n => format!("{n} misses before"),
    };
    let prompts =
        if call.prompts < MAX_PROMPTS { String::new() } else { format!("{MAX_PROMPTS} prompts so far") };
    let is_out = call.phone.as_ref().is_some_and(happenings::has_opted_out);
    let phone = if is_out { "the number read back has opted out" } else { "" }.to_owned();
    vec![phase, known, misses, phone, prompts]
}

/// What the caller hears next.
pub fn hears(next: &Call, effects: &[Effect]) -> String {
    let heard: Vec<String> = effects.iter().filter_map(audible).collect();
    if !heard.is_empty() {
        return heard.join(", then ");
    }
    match next.phase {
        Phase::Answering { .. } => "ringing",
        Phase::Asking { .. } | Phase::Transferring { .. } => "the same still",
        Phase::Goodbye { .. } | Phase::Closed => "the same still",
        Phase::Linking => "silence, while the link is made and texted",
        Phase::LegEnded => "silence, until the hang-up or the deadline",
        Phase::Bridged => "the person",
        Phase::HangingUp { .. } => "silence, until the hang-up",
        Phase::EndedAtPhone | Phase::EndedAtOffer | Phase::EndedAtReadBack | Phase::EndedAtMenu => {
            "nothing more"
        }
        Phase::Ended => "nothing more",
    }
    .to_owned()
}

fn audible(effect: &Effect) -> Option<String> {
    let prompt = |p: &Prompt, voice: &Voice| match voice {
        Voice::Spoken(speech) if p.is_recorded() && speech.language() == Language::English => {
            format!("`{}` read aloud", p.name())
        }
        Voice::Spoken(speech) if *p != Prompt::OfferSpanish && speech.language() == Language::Spanish => {
            format!("`{}` in Spanish", p.name())
        }
        Voice::Recorded | Voice::Spoken(_) => format!("`{}`", p.name()),
    };
    match effect {
        Effect::Command(command) => match command {
            Command::Gather { prompt: p, voice } | Command::Play { prompt: p, voice } => {
                Some(prompt(p, voice))
            }
            Command::Transfer { .. } => Some("the agency's phone ringing".to_owned()),
            Command::Answer | Command::HangUp => None,
        },
        Effect::Ask(_) | Effect::SendLink { .. } | Effect::PromptFailed(_) => None,
        Effect::TransferFailed | Effect::OfficeClosed | Effect::OptOut(_) => None,
    }
}

/// What else is done, unheard.
pub fn also(effects: &[Effect]) -> String {
    let done: Vec<&str> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Command(Command::Answer) => Some("answer asked for again"),
            Effect::Command(Command::HangUp) => Some("hang-up asked for"),
            Effect::Command(Command::Gather { .. } | Command::Play { .. } | Command::Transfer { .. }) => None,
            Effect::Ask(_) => None,
            Effect::SendLink { .. } => Some("one payment link, one text"),
            Effect::TransferFailed => Some("failed transfer counted, call-back task"),
            Effect::OfficeClosed => Some("call-back task"),
            Effect::OptOut(_) => Some("the caller's number opted out"),
            Effect::PromptFailed(_) => Some("failed prompt counted"),
        })
        .collect();
    done.join("; ")
}

/// Commands as Telnyx answers them.
pub const COMMANDS: [(CommandKind, &str); 5] = [
    (CommandKind::Answer, "the answer"),
    (CommandKind::Gather, "the gather"),
    (CommandKind::Play, "the playback"),
    (CommandKind::Transfer, "the transfer"),
    (CommandKind::HangUp, "the hang-up"),
];

/// What is said in the situation, how long it waits, and from when.
pub fn wait(call: &Call) -> String {
    let said = match call.phase {
        Phase::Asking { prompt, .. } => format!("“{}” ", surroundings::spoken(prompt, Language::English)),
        Phase::Closed => {
            format!("“{}” ", surroundings::spoken(Prompt::OfficeClosed, Language::English))
        }
        _ => String::new(),
    };
    let Some(ms) = call.wait_ms() else { return format!("{said}Waits for nothing.") };
    let from = COMMANDS.into_iter().find(|(kind, _)| call.waits_for(*kind));
    let from = from.map(|(_, name)| format!(", anew from when Telnyx takes {name}")).unwrap_or_default();
    format!("{said}Waits at most {} s{from}.", ms / 1000)
}
