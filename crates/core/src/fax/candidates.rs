//! Which cases of the roster a fax speaks of, and by what evidence.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::dates::Date;
use super::fields::{self, Fields};
use super::layout::grid;
use super::names::{Agreement, letters, occurrences};
use super::roster::Case;
use super::text::PageText;
use crate::ids::CaseId;

/// A kind of agreement between a fax and a case. Never holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    CaseNumber,
    StatementId,
    RunNumber,
    PayerClaimNumber,
    Name,
    MemberId,
    DateOfBirth,
    DateOfService,
}

impl Evidence {
    /// It names one case by itself.
    pub fn is_unique(self) -> bool {
        matches!(
            self,
            Evidence::CaseNumber | Evidence::StatementId | Evidence::RunNumber | Evidence::PayerClaimNumber
        )
    }

    fn weight(self) -> u32 {
        match self {
            e if e.is_unique() => 10,
            Evidence::Name => 5,
            Evidence::DateOfService => 2,
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
}

/// Shorter texts of the roster are found on any page by chance.
const SHORTEST_ID: usize = 5;

/// What was read from a fax, once for all cases.
pub(super) struct Reading {
    pub pages: Vec<Fields>,
    /// The cells of all pages.
    cells: Vec<String>,
    /// The letters of all words, to rule names out quickly.
    word_set: HashSet<String>,
    tokens: HashSet<String>,
}

impl Reading {
    pub fn new(pages: &[PageText]) -> Self {
        let bodies: Vec<String> = pages.iter().map(super::layout::content).collect();
        let cells: Vec<String> = bodies.iter().flat_map(|b| grid(b)).flatten().map(|c| c.text).collect();
        let word_set = cells
            .iter()
            .flat_map(|c| c.split(|ch: char| ch.is_whitespace() || ch == ','))
            .map(letters)
            .collect();
        let tokens = bodies.iter().flat_map(|b| tokens(b)).collect();
        Self { pages: pages.iter().map(fields::read).collect(), cells, word_set, tokens }
    }

    /// Whether a value of the roster stands on the fax as a whole token.
    pub fn holds(&self, id: &str) -> bool {
        let id = id.trim().to_ascii_uppercase();
        id.len() >= SHORTEST_ID && id.bytes().any(|b| b.is_ascii_digit()) && self.tokens.contains(&id)
    }

    /// How the fax's names agree with a case's patient, wherever they stand.
    pub fn names(&self, case: &Case) -> Vec<Agreement> {
        let first = letters(case.patient_first.split_whitespace().next().unwrap_or(""));
        let last = letters(case.patient_last.split_whitespace().next().unwrap_or(""));
        if !self.word_set.contains(&first)
            || !self.word_set.iter().any(|w| w.starts_with(&last))
            || last.is_empty()
        {
            return Vec::new();
        }
        self.cells.iter().flat_map(|c| occurrences(c, case)).collect()
    }

    pub fn births(&self) -> impl Iterator<Item = Date> {
        self.pages.iter().flat_map(|p| p.births.iter().copied())
    }

    pub fn services(&self) -> impl Iterator<Item = Date> {
        self.pages.iter().flat_map(|p| p.services.iter().copied())
    }

    pub fn loose(&self) -> impl Iterator<Item = (Date, bool)> {
        self.pages.iter().flat_map(|p| p.loose.iter().map(|l| (l.date, l.in_sentence)))
    }

    fn says_birth(&self, dob: Date) -> bool {
        self.births().any(|d| d.agrees(dob)) || self.loose().any(|(d, _)| d.has_full_year() && d.agrees(dob))
    }

    pub fn says_service(&self, dos: Date) -> bool {
        self.services().any(|d| d.agrees(dos)) || self.loose().any(|(d, _)| d.agrees(dos))
    }

    /// The same patient's or another's: every kind of agreement with this case.
    pub fn evidence(&self, case: &Case, unique: &UniqueIds) -> Vec<Evidence> {
        let mut evidence = unique.evidence(self, case);
        let mut add = |kind, holds: bool| {
            if holds {
                evidence.push(kind);
            }
        };
        add(Evidence::Name, self.names(case).contains(&Agreement::Same));
        add(Evidence::MemberId, self.holds(&case.member_id));
        add(Evidence::DateOfBirth, Date::iso(&case.patient_dob).is_some_and(|d| self.says_birth(d)));
        add(Evidence::DateOfService, Date::iso(&case.date_of_service).is_some_and(|d| self.says_service(d)));
        evidence
    }
}

/// How many cases bear each id: one that several bear names none of them.
pub(super) struct UniqueIds(HashMap<String, u32>);

impl UniqueIds {
    pub fn new(roster: &[Case]) -> Self {
        let mut counts = HashMap::new();
        for case in roster {
            let own: HashSet<String> = ids(case).map(|(_, id)| id.trim().to_ascii_uppercase()).collect();
            own.into_iter().for_each(|id| *counts.entry(id).or_insert(0) += 1);
        }
        Self(counts)
    }

    fn evidence(&self, reading: &Reading, case: &Case) -> Vec<Evidence> {
        ids(case)
            .filter(|(_, id)| reading.holds(id) && self.0.get(&id.trim().to_ascii_uppercase()) == Some(&1))
            .map(|(kind, _)| kind)
            .collect()
    }
}

fn ids(case: &Case) -> impl Iterator<Item = (Evidence, &str)> {
    [
        (Evidence::CaseNumber, case.case_number.as_str()),
        (Evidence::StatementId, &case.statement_id),
        (Evidence::RunNumber, &case.run_number),
        (Evidence::PayerClaimNumber, &case.payer_claim_number),
    ]
    .into_iter()
}

/// Whole tokens of a text, upper case. `-` and `.` inside belong to the token, so that no part of a longer number is
/// taken for an id; an amount of money is none.
fn tokens(text: &str) -> Vec<String> {
    // Split at such marks and not split: an agency's ids may hold them.
    let pieces = text.split(|c: char| c.is_whitespace() || "/:;()[]|*\"=<>".contains(c));
    pieces
        .chain(text.split_whitespace())
        .filter(|t| !t.contains('$'))
        .map(|t| t.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_uppercase())
        .filter(|t| t.len() >= SHORTEST_ID)
        .collect()
}

/// Strongest first, at most five: what a person should look at.
pub(super) fn best(mut all: Vec<Candidate>) -> Vec<Candidate> {
    let weight = |c: &Candidate| c.evidence.iter().map(|e| e.weight()).sum::<u32>();
    all.retain(|c| weight(c) >= 5 || c.has(Evidence::MemberId));
    all.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.case_id.cmp(&b.case_id)));
    all.truncate(5);
    all
}
