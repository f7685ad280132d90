//! Faxes: what a file is, what kind of document its pages are, and whose case it belongs to.
//!
//! received -> classified | needs_review | unreadable | failed
//!
//! Law: a fax is never attached to another patient. Whatever is in doubt goes to a person, with suggestions.

mod broken;
mod candidates;
mod classify;
mod codes;
mod contradiction;
mod cover;
mod dates;
mod decide;
mod doc_type;
mod fields;
mod formats;
mod glyphs;
mod labels;
mod layout;
mod learned;
mod matching;
mod names;
mod no_names;
mod patient;
mod pcs;
mod phrases;
mod printed;
mod reading;
mod rivals;
mod roles;
mod roster;
mod rules;
mod scan;
mod segments;
mod sniff;
mod standing;
mod strangers;
mod text;

#[cfg(test)]
mod adversary;
#[cfg(test)]
mod id_tests;
#[cfg(test)]
mod tests;

pub use candidates::{Candidate, Evidence};
pub use classify::{Typing, classify};
pub use decide::{Status, UNSURE_OF_TYPE, Verdict, decide};
pub use doc_type::DocType;
pub use matching::{Matching, match_case};
pub use pcs::{Credential, PcsChecklist, PcsKind};
pub use roster::Case;
pub use segments::Segment;
pub use sniff::{Format, sniff};
pub use text::{PageText, Source, Word, usable_text};
