//! The cases that a person may look at first, and by what evidence.

use serde::{Deserialize, Serialize};

use crate::ids::CaseId;

/// A kind of agreement between a fax and a case. Never holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    CaseNumber,
    StatementId,
    RunNumber,
    PayerClaimNumber,
    /// A QR or bar code on the page says so.
    Code,
    Name,
    MemberId,
    DateOfBirth,
    DateOfService,
    /// An id that OCR may have misread for one of this case's.
    NearId,
    /// A name that OCR may have misread, or somebody misspelt.
    NearName,
}

impl Evidence {
    /// It names one case by itself.
    pub fn is_unique(self) -> bool {
        matches!(
            self,
            Evidence::CaseNumber
                | Evidence::StatementId
                | Evidence::RunNumber
                | Evidence::PayerClaimNumber
                | Evidence::Code
        )
    }

    /// It is read as it stands in the roster, and not only like it.
    pub fn is_exact(self) -> bool {
        !matches!(self, Evidence::NearId | Evidence::NearName)
    }

    fn weight(self) -> u32 {
        match self {
            e if e.is_unique() => 10,
            Evidence::Name => 5,
            Evidence::DateOfService => 2,
            Evidence::NearId | Evidence::NearName => 3,
            _ => 4,
        }
    }
}

/// A case that a person may look at first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub case_id: CaseId,
    pub evidence: Vec<Evidence>,
}

impl Candidate {
    pub(super) fn has(&self, kind: Evidence) -> bool {
        self.evidence.contains(&kind)
    }
    pub(super) fn is_named(&self) -> bool {
        self.evidence.iter().any(|e| e.is_unique())
    }
    /// How many things that name one case each.
    pub(super) fn named_by(&self) -> usize {
        self.evidence.iter().filter(|e| e.is_unique()).count()
    }
    /// How many things agree exactly.
    pub(super) fn agreeing(&self) -> usize {
        self.evidence.iter().filter(|e| e.is_exact()).count()
    }
}

/// Strongest first, at most five: what a person should look at.
pub(super) fn best(mut all: Vec<Candidate>) -> Vec<Candidate> {
    let weight = |c: &Candidate| c.evidence.iter().map(|e| e.weight()).sum::<u32>();
    all.retain(|c| weight(c) >= 3);
    all.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.case_id.cmp(&b.case_id)));
    all.truncate(5);
    all
}
