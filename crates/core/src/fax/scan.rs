//! One pass over the roster: which cases a fax may speak of. The rest of the rules look at these only.

use std::collections::{HashMap, HashSet};

use super::candidates::{Candidate, Evidence};
use super::formats::is_certain;
use super::glyphs::folded;
use super::reading::{Reading, is_findable};
use super::roster::Case;

/// A case that something on the fax agrees with.
pub(super) struct Seen<'a> {
    pub case: &'a Case,
    pub candidate: Candidate,
}

/// The ids that name one case each, if only one case bears them.
pub(super) fn ids(case: &Case) -> [(Evidence, &str); 4] {
    [
        (Evidence::CaseNumber, case.case_number.trim()),
        (Evidence::StatementId, case.statement_id.trim()),
        (Evidence::RunNumber, case.run_number.trim()),
        (Evidence::PayerClaimNumber, case.payer_claim_number.trim()),
    ]
}

/// All cases that the fax holds a value of.
pub(super) fn scan<'a>(reading: &Reading, roster: &'a [Case]) -> Vec<Seen<'a>> {
    let sieve = Sieve::new(reading);
    let found: Vec<&Case> = roster.iter().filter(|c| sieve.passes(reading, c)).collect();
    let bearers = bearers(&found);
    found
        .into_iter()
        .map(|case| {
            let mut evidence = unique_evidence(reading, case, &bearers, roster);
            evidence.extend(reading.evidence(case));
            let member = case.member_id.trim();
            let unsure = !evidence.contains(&Evidence::MemberId) && reading.misread(member).next().is_some();
            let misread =
                || reading.misread(member).any(|r| is_certain(r, member, Evidence::MemberId, roster));
            if !evidence.contains(&Evidence::MemberId) && misread() {
                evidence.push(Evidence::MemberId);
            } else if unsure && !evidence.contains(&Evidence::NearId) {
                evidence.push(Evidence::NearId);
            }
            Seen { case, candidate: Candidate { case_id: case.case_id.clone(), evidence } }
        })
        .filter(|s| !s.candidate.evidence.is_empty())
        .collect()
}

fn unique_evidence(
    reading: &Reading,
    case: &Case,
    bearers: &HashMap<String, HashSet<String>>,
    roster: &[Case],
) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    let mut near = false;
    for (kind, id) in ids(case).into_iter().filter(|(_, id)| is_findable(id)) {
        let alone = |id: &str| bearers.get(&folded(id)).is_some_and(|b| b.len() == 1);
        let exact = reading.holds(id);
        if exact && borne_by_one(id, bearers) {
            evidence.push(kind);
        } else if exact {
            continue;
        } else if alone(id) && reading.misread(id).any(|read| is_certain(read, id, kind, roster)) {
            evidence.push(kind);
        } else if reading.misread(id).next().is_some() || reading.may_name(case) && reading.holds_near(id) {
            near = true;
        }
    }
    if reading.codes.names(case) {
        evidence.push(Evidence::Code);
    }
    if near {
        evidence.push(Evidence::NearId);
    }
    evidence
}

/// Which cases bear what folds to the same.
fn bearers(found: &[&Case]) -> HashMap<String, HashSet<String>> {
    let mut bearers: HashMap<String, HashSet<String>> = HashMap::new();
    for case in found {
        for (_, id) in ids(case).into_iter().filter(|(_, id)| is_findable(id)) {
            let id = id.to_ascii_uppercase();
            let own = case.case_id.as_str();
            bearers.entry(folded(&id)).or_default().insert(own.to_owned());
            bearers.entry(exactly(&id)).or_default().insert(own.to_owned());
        }
    }
    bearers
}

fn exactly(id: &str) -> String {
    format!("={id}")
}

/// An id that several cases bear names none of them.
fn borne_by_one(id: &str, bearers: &HashMap<String, HashSet<String>>) -> bool {
    bearers.get(&exactly(&id.to_ascii_uppercase())).is_some_and(|b| b.len() == 1)
}

/// Tells quickly, for most cases, that a fax holds nothing of them.
struct Sieve {
    ids: HashSet<u64>,
}

impl Sieve {
    fn new(reading: &Reading) -> Self {
        Self { ids: reading.folds().map(|f| hash(f.chars())).collect() }
    }

    fn passes(&self, reading: &Reading, case: &Case) -> bool {
        let mut buffer = String::new();
        ids(case)
            .into_iter()
            .map(|(_, id)| id)
            .chain([case.member_id.trim()])
            .any(|id| is_findable(id) && self.holds(id, &mut buffer))
            || reading.may_name(case)
            || reading.codes.names(case)
    }

    fn holds(&self, id: &str, buffer: &mut String) -> bool {
        buffer.clear();
        buffer.push_str(&folded(id));
        self.ids.contains(&hash(buffer.chars()))
    }
}

fn hash(text: impl Iterator<Item = char>) -> u64 {
    text.fold(0xcbf2_9ce4_8422_2325, |h, c| (h ^ u64::from(c)).wrapping_mul(0x0000_0100_0000_01b3))
}
