//! The verdict on a fax that was read: type, case, and whether a person must look.

use serde::{Deserialize, Serialize};

use super::candidates::Candidate;
use super::classify::{Typing, classify};
use super::doc_type::DocType;
use super::matching::{Matching, match_case};
use super::roster::Case;
use super::text::{PageText, usable_text};
use crate::ids::CaseId;

/// Where a fax ends up (`fax_documents.status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Classified,
    NeedsReview,
    Unreadable,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Classified => "classified",
            Status::NeedsReview => "needs_review",
            Status::Unreadable => "unreadable",
        }
    }
}

/// What becomes of a fax.
///
/// Invariant: a `case_id` stands only in a `Classified` verdict; to a person cases are `candidates`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Also on `NeedsReview`, then as a suggestion.
    pub doc_type: Option<DocType>,
    pub case_id: Option<CaseId>,
    pub status: Status,
    pub candidates: Vec<Candidate>,
    /// Why, in our own words; holds nothing of the fax.
    pub reasons: Vec<&'static str>,
}

/// The doubt that a second opinion may help with.
pub const UNSURE_OF_TYPE: &str = "the type is not certain";

/// Below this a type is not even suggested.
const SUGGEST_SCORE: i32 = 3;

/// Decides on the pages of one fax against its agency's roster.
pub fn decide(pages: &[PageText], roster: &[Case]) -> Verdict {
    if pages.is_empty() {
        return bare(Status::Unreadable, "the document has no pages");
    }
    if pages.iter().any(PageText::is_unread) && !pages.iter().any(|p| usable_text(&p.text)) {
        return bare(Status::NeedsReview, "no page has text that can be read");
    }
    let typing = classify(pages);
    let matching = match_case(pages, roster);
    let doubts = doubts(pages, &typing, &matching);
    let suggested = typing.sure || typing.score >= SUGGEST_SCORE;
    let doc_type = suggested.then_some(typing.doc_type);
    if doubts.is_empty() {
        let case_id = if typing.doc_type.is_without_patient() { None } else { matching.attach };
        return Verdict {
            doc_type,
            case_id,
            status: Status::Classified,
            candidates: matching.candidates,
            reasons: typing.reasons,
        };
    }
    Verdict {
        doc_type,
        case_id: None,
        status: Status::NeedsReview,
        candidates: matching.candidates,
        reasons: doubts,
    }
}

/// Every reason for a person to look; none means the fax is filed without one.
fn doubts(pages: &[PageText], typing: &Typing, matching: &Matching) -> Vec<&'static str> {
    let mut doubts = Vec::new();
    if !typing.sure {
        doubts.push(UNSURE_OF_TYPE);
    }
    if pages.iter().any(PageText::is_unread) {
        doubts.push("a page could not be read");
    }
    match typing.doc_type {
        DocType::RemittanceAdvice => {}
        t if t.is_without_patient() => {
            if matching.attach.is_some() || matching.candidates.iter().any(Candidate::is_named) {
                doubts.push("a paper without patients names a case");
            }
        }
        _ => doubts.extend(matching.reason),
    }
    doubts
}

fn bare(status: Status, reason: &'static str) -> Verdict {
    Verdict { doc_type: None, case_id: None, status, candidates: Vec::new(), reasons: vec![reason] }
}
