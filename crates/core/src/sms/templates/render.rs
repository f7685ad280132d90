//! A template filled in for one agency, in GSM-7 characters and as few parts as may be.

use super::super::Language;
use super::super::gsm7::{segments, septets, to_gsm7};
use super::Kind;
use super::parts::{Content, Part, Place};
use crate::hours::Hours;

/// The agency in whose name a text goes out.
#[derive(Clone, PartialEq, Eq)]
pub struct Agency {
    /// Legal name, any characters; the texts carry its GSM-7 form.
    pub name: String,
    /// The billing phone for people to read: `(202) 555-0110`.
    pub phone: String,
    /// `None`: always open, of which nothing is said.
    pub hours: Option<Hours>,
}

/// The most message parts that any text may take.
pub(super) const MOST_PARTS: usize = 2;
/// Longest agency name in a text; a longer one is cut at a word.
const NAME_LIMIT: usize = 60;
/// What is left of a name at the least.
const NAME_LEAST: usize = 20;

/// What is filled in.
pub(super) struct Values<'a> {
    pub(super) name: &'a str,
    pub(super) phone: &'a str,
    pub(super) hours: Option<&'a str>,
    pub(super) link: &'a str,
}

pub(super) fn text(
    kind: Kind,
    language: Language,
    parts: &[Part<'_>],
    agency: &Agency,
    link: &str,
) -> String {
    let (name, phone) = (to_gsm7(agency.name.trim()), to_gsm7(&agency.phone));
    let hours = agency.hours.as_ref().map(|h| h.written(language));
    let with = |name: &str, hours| filled(parts, &Values { name, phone: &phone, hours, link });
    let usual_name = shortened(&name, NAME_LIMIT);
    let hours = hours.as_deref().filter(|h| segments(&with(&usual_name, Some(h))) <= MOST_PARTS);
    let names = parts.iter().filter(|p| p.content == Content::Place(Place::AgencyName)).count();
    let room = capacity(kind).saturating_sub(length(&with("", hours))) / names.max(1);
    with(&shortened(&name, room.clamp(NAME_LEAST, NAME_LIMIT)), hours)
}

/// The characters that a text of this kind should keep to: one part, or two of several.
fn capacity(kind: Kind) -> usize {
    match kind {
        Kind::PaymentLink | Kind::BillReady => 160,
        Kind::StopConfirmation | Kind::Help | Kind::StartConfirmation => MOST_PARTS * 153,
    }
}

pub(super) fn filled(parts: &[Part<'_>], values: &Values<'_>) -> String {
    let there = parts.iter().filter(|p| !p.with_hours || values.hours.is_some());
    there
        .map(|part| match part.content {
            Content::Words(words) => words,
            Content::Place(Place::AgencyName) => values.name,
            Content::Place(Place::Phone) => values.phone,
            Content::Place(Place::Hours) => values.hours.unwrap_or_default(),
            Content::Place(Place::Link) => values.link,
        })
        .collect()
}

fn length(text: &str) -> usize {
    text.chars().map(|c| septets(c).unwrap_or(2)).sum()
}

/// At most `room` characters of a name, cut after a whole word unless that would leave less than half.
fn shortened(name: &str, room: usize) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return "Ambulance billing".to_owned();
    }
    if name.chars().count() <= room {
        return name;
    }
    let cut: String = name.chars().take(room).collect();
    let at_word = name.chars().nth(room) == Some(' ');
    let whole = match cut.rfind(' ') {
        Some(space) if !at_word && space * 2 >= cut.len() => &cut[..space],
        _ => &cut,
    };
    whole.trim_end_matches([' ', ',', '-', '&', '.', '(']).to_owned()
}
