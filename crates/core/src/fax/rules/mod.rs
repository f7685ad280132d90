//! The phrases that tell the kinds of document apart, with their weights.
//!
//! From what such papers say in general (forms of Medicare, payers, courts, the post), not from one set of samples:
//! a rule tied to a template's or facility's wording is worth nothing on the next one.

mod clinical;
mod desk;
mod office;
mod payer;
mod payment;

use super::doc_type::DocType;
use super::phrases::Found;
use super::{cover, pcs};

/// Where a phrase counts in full; elsewhere a heading's phrase counts a third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Heading,
    Anywhere,
}

/// A phrase of whole words in lower case, without marks; a `*` at the end takes any ending.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub phrase: &'static str,
    /// Negative where the phrase speaks against the type.
    pub points: i32,
    pub place: Place,
}

impl Rule {
    /// The points on a page; a heading's phrase counts a third elsewhere.
    pub fn on(&self, found: &Found) -> Option<i32> {
        let in_place = self.place == Place::Anywhere || found.in_heading(self.phrase);
        found.has(self.phrase).then_some(if in_place { self.points } else { self.points / 3 })
    }
}

const fn head(phrase: &'static str, points: i32) -> Rule {
    Rule { phrase, points, place: Place::Heading }
}

const fn any(phrase: &'static str, points: i32) -> Rule {
    Rule { phrase, points, place: Place::Anywhere }
}

pub(super) fn of(doc_type: DocType) -> &'static [Rule] {
    match doc_type {
        DocType::Facesheet => clinical::FACESHEET,
        DocType::Pcs => clinical::PCS,
        DocType::ClinicalRecord => clinical::RECORD,
        DocType::Signature => clinical::SIGNATURE,
        DocType::InsuranceCard => payer::CARD,
        DocType::DenialLetter => payer::DENIAL,
        DocType::AppealResponse => payer::APPEAL,
        DocType::Eob => payment::EOB,
        DocType::RemittanceAdvice => payment::REMITTANCE,
        DocType::Auth => payer::AUTH,
        DocType::RecordsRequest => office::RECORDS_REQUEST,
        DocType::Legal => office::LEGAL,
        DocType::PatientCorrespondence => office::PATIENT,
        DocType::ReturnedMail => desk::RETURNED_MAIL,
        DocType::FacilityBusiness => desk::BUSINESS,
        DocType::Other => desk::OTHER,
    }
}

/// Every phrase that anything asks a page for.
pub(super) fn phrases() -> impl Iterator<Item = &'static str> {
    let typing = DocType::ALL.into_iter().flat_map(|t| of(t).iter().map(|r| r.phrase));
    typing.chain(cover::phrases()).chain(pcs::phrases())
}

#[cfg(test)]
mod pages;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fax::text::words;

    #[test]
    fn phrases_are_written_as_words_are_normalised() {
        for doc_type in DocType::ALL {
            let mut seen = std::collections::HashSet::new();
            for rule in of(doc_type) {
                let phrase = rule.phrase.trim_end_matches('*');
                assert_eq!(words(phrase).trim(), phrase.trim(), "{doc_type}");
                assert!(
                    seen.insert((rule.phrase, rule.place == Place::Heading)),
                    "{doc_type}: {} twice",
                    rule.phrase
                );
            }
        }
    }
}
