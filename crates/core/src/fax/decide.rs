//! The verdict on a fax that was read: type, case, and whether a person must look.

use serde::{Deserialize, Serialize};

use super::candidates::Candidate;
use super::classify::Typing;
use super::doc_type::DocType;
use super::matching::{Matching, match_case};
use super::pcs::{self, PcsChecklist};
use super::roster::Case;
use super::segments::{self, Part, Segment};
use super::strangers;
use super::text::PageText;
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
    /// The documents of the fax in order, covers and blank pages left out. Their cases are the fax's own where it is
    /// `Classified`, else suggestions.
    pub segments: Vec<Segment>,
    /// Of the first physician certification statement in the fax.
    pub pcs_checklist: Option<PcsChecklist>,
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
    if pages.iter().any(PageText::is_unread) && !pages.iter().any(PageText::is_readable) {
        return bare(Status::NeedsReview, "no page has text that can be read");
    }
    let parts = segments::split(pages);
    let typing = segments::typing(pages, &parts);
    let matching = match_case(pages, roster);
    let own = own_matchings(pages, &parts, &matching, roster);
    let mut doubts = doubts(pages, &typing, &matching);
    doubts.extend(batch_doubts(&parts, &own));
    doubts.extend(nameless_part(pages, &parts, &matching, roster));
    let segments = parts.iter().zip(&own).map(|(part, m)| part.segment(pages, m.attach.clone())).collect();
    let suggested = typing.sure || typing.score >= SUGGEST_SCORE;
    let mut verdict = Verdict {
        doc_type: suggested.then_some(typing.doc_type),
        case_id: None,
        status: Status::NeedsReview,
        candidates: matching.candidates,
        reasons: doubts,
        segments,
        pcs_checklist: checklist(pages, &parts),
    };
    if verdict.reasons.is_empty() {
        verdict.status = Status::Classified;
        verdict.reasons = typing.reasons;
        verdict.case_id = matching.attach.filter(|_| !typing.doc_type.is_without_patient());
        for segment in &mut verdict.segments {
            segment.case_id.clone_from(&verdict.case_id);
        }
    }
    verdict
}

/// What each document's own pages lead to.
fn own_matchings(pages: &[PageText], parts: &[Part], whole: &Matching, roster: &[Case]) -> Vec<Matching> {
    let nobody = Matching { attach: None, candidates: Vec::new(), conflict: false, reason: None };
    let own = |part: &Part| match part.typing.doc_type {
        t if t.is_without_patient() => nobody.clone(),
        _ if parts.len() == 1 => whole.clone(),
        _ => match_case(&part.texts(pages), roster),
    };
    parts.iter().map(own).collect()
}

/// Why a batch of several documents needs a person: it can be filed as a whole only if all of it is one patient's trip.
fn batch_doubts(parts: &[Part], own: &[Matching]) -> Vec<&'static str> {
    if parts.len() < 2 {
        return Vec::new();
    }
    let mut doubts = Vec::new();
    let mut cases: Vec<&CaseId> = own.iter().filter_map(|m| m.attach.as_ref()).collect();
    cases.dedup();
    if cases.len() > 1 || segments::several_patients(parts) {
        doubts.push("the fax holds papers of several patients or trips");
    } else if own.iter().any(|m| m.conflict) {
        doubts.push("a document of the fax contradicts itself");
    }
    let without = parts.iter().filter(|p| p.typing.doc_type.is_without_patient()).count();
    if without > 0 && without < parts.len() {
        doubts.push("some papers of the fax concern no patient");
    }
    doubts
}

/// Why a document that shows nothing of the patient whose case another, or the cover, leads to needs a person.
fn nameless_part(
    pages: &[PageText],
    parts: &[Part],
    matching: &Matching,
    roster: &[Case],
) -> Option<&'static str> {
    let attach = matching.attach.as_ref().filter(|_| pages.len() > 1)?;
    let case = roster.iter().find(|c| c.case_id == *attach)?;
    let clinical = |part: &Part| part.typing.doc_type == DocType::ClinicalRecord;
    let is_nameless = |part: &Part| {
        !strangers::is_about_patient(&part.texts(pages), case)
            || clinical(part)
                && part.headed.iter().any(|&i| !strangers::is_about_patient(&pages[i..=i], case))
    };
    parts.iter().any(is_nameless).then_some("a document of the fax does not say whose it is")
}

/// Of the first certification in the fax.
fn checklist(pages: &[PageText], parts: &[Part]) -> Option<PcsChecklist> {
    let part = parts.iter().find(|p| p.typing.doc_type == DocType::Pcs)?;
    Some(pcs::check(&part.texts(pages)))
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
    Verdict {
        doc_type: None,
        case_id: None,
        status,
        candidates: Vec::new(),
        reasons: vec![reason],
        segments: Vec::new(),
        pcs_checklist: None,
    }
}
