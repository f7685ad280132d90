//! A template taken apart: its words, its places, and what is left out without office hours.

use super::lint::Fault;

/// What is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    AgencyName,
    Phone,
    Hours,
    Link,
}

impl Place {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "agency_name" => Some(Self::AgencyName),
            "phone" => Some(Self::Phone),
            "hours" => Some(Self::Hours),
            "link" => Some(Self::Link),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    Words(&'a str),
    Place(Place),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) content: Content<'a>,
    /// Stands in `[…]`: left out where there are no hours to give.
    pub(super) with_hours: bool,
}

/// A template's parts, and what is wrong with its braces and brackets.
pub(super) struct Parts<'a> {
    pub(super) parts: Vec<Part<'a>>,
    pub(super) faults: Vec<Fault>,
}

impl Parts<'_> {
    pub(super) fn have(&self, place: Place) -> bool {
        self.parts.iter().any(|p| p.content == Content::Place(place))
    }

    fn fault(&mut self, fault: Fault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

/// Reads on past every fault, so that all of them are found.
pub(super) fn read(body: &str) -> Parts<'_> {
    let mut read = Parts { parts: Vec::new(), faults: Vec::new() };
    let mut rest = body;
    // The number of parts before the bracket that is open.
    let mut opened: Option<usize> = None;
    while !rest.is_empty() {
        let at = rest.find(['{', '}', '[', ']']).unwrap_or(rest.len());
        let (words, tail) = rest.split_at(at);
        if !words.is_empty() {
            read.parts.push(Part { content: Content::Words(words), with_hours: opened.is_some() });
        }
        rest = tail.get(1..).unwrap_or_default();
        match tail.chars().next() {
            Some('{') => rest = place(&mut read, rest, opened.is_some()),
            Some('[') if opened.is_none() => opened = Some(read.parts.len()),
            Some(']') => match opened.take() {
                Some(first) if holds_hours(&read.parts[first..]) => {}
                _ => read.fault(Fault::Brackets),
            },
            Some('[') => read.fault(Fault::Brackets),
            Some(_) => read.fault(Fault::Braces),
            None => {}
        }
    }
    if opened.is_some() {
        read.fault(Fault::Brackets);
    }
    if read.parts.iter().any(|p| p.content == Content::Place(Place::Hours) && !p.with_hours) {
        read.fault(Fault::HoursAlwaysThere);
    }
    read
}

/// What follows a `{`; returns what is behind its `}`.
fn place<'a>(read: &mut Parts<'a>, rest: &'a str, with_hours: bool) -> &'a str {
    let Some(end) = rest.find(['{', '}']).filter(|end| rest[*end..].starts_with('}')) else {
        read.fault(Fault::Braces);
        return rest;
    };
    let name = &rest[..end];
    match Place::parse(name) {
        Some(place) => read.parts.push(Part { content: Content::Place(place), with_hours }),
        None => read.fault(Fault::UnknownPlace(shown(name))),
    }
    &rest[end + 1..]
}

fn holds_hours(parts: &[Part<'_>]) -> bool {
    parts.iter().any(|p| p.content == Content::Place(Place::Hours))
}

/// A name as a message can repeat it.
fn shown(name: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.chars().filter(plain).take(30).collect()
}
