//! Whose case a fax belongs to. Attaches by exact identifiers only, and only where nothing speaks against it.

use super::candidates::{Candidate, Evidence, Reading, UniqueIds, best};
use super::contradiction::{self, same_patient};
use super::roster::Case;
use super::text::PageText;
use crate::ids::CaseId;

/// The answer for one fax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// The one case that everything on the fax agrees with.
    pub attach: Option<CaseId>,
    /// What a person should look at, strongest first, at most five.
    pub candidates: Vec<Candidate>,
    /// The fax names two cases, or names one and contradicts it.
    pub conflict: bool,
    /// Why nothing was attached; holds no value of the fax.
    pub reason: Option<&'static str>,
}

/// Matches a fax against one agency's roster.
///
/// An id of ours or the payer's names a case; it is attached if another thing of that case (name, birth, member id,
/// day) stands on the fax as well, so that a mistyped number leads nowhere. Without an id, the full name and one more
/// of these must be there and exactly one case be left. Any contradiction, and a person decides.
pub fn match_case(pages: &[PageText], roster: &[Case]) -> Matching {
    let reading = Reading::new(pages);
    let unique = UniqueIds::new(roster);
    let seen: Vec<(&Case, Candidate)> = roster
        .iter()
        .map(|case| {
            (case, Candidate { case_id: case.case_id.clone(), evidence: reading.evidence(case, &unique) })
        })
        .filter(|(_, c)| !c.evidence.is_empty())
        .collect();
    let outcome = choose(&reading, &seen, roster);
    let candidates = best(seen.into_iter().map(|(_, c)| c).collect());
    match outcome {
        Ok(attach) => Matching { attach: Some(attach), candidates, conflict: false, reason: None },
        Err((reason, conflict)) => Matching { attach: None, candidates, conflict, reason: Some(reason) },
    }
}

type Refusal = (&'static str, bool);

fn choose(reading: &Reading, seen: &[(&Case, Candidate)], roster: &[Case]) -> Result<CaseId, Refusal> {
    let named: Vec<_> = seen.iter().filter(|(_, c)| c.is_named()).collect();
    match named.as_slice() {
        [] => by_person(reading, seen, roster),
        [(case, candidate)] => by_id(reading, case, candidate, seen, roster),
        _ => Err(("the fax names several cases", true)),
    }
}

fn by_id(
    reading: &Reading,
    case: &Case,
    own: &Candidate,
    seen: &[(&Case, Candidate)],
    roster: &[Case],
) -> Result<CaseId, Refusal> {
    if let Some(reason) = contradiction::find(reading, case, roster) {
        return Err((reason, true));
    }
    if own.evidence.len() < 2 {
        return Err(("an id stands alone; nothing else agrees with its case", false));
    }
    if seen.iter().any(|(other, c)| !same_patient(other, case) && is_identified(c) && !is_identified(own)) {
        return Err(("the fax describes another patient than its id names", true));
    }
    Ok(case.case_id.clone())
}

/// The full name and a second thing that is the patient's own.
fn is_identified(candidate: &Candidate) -> bool {
    candidate.has(Evidence::Name)
        && (candidate.has(Evidence::DateOfBirth) || candidate.has(Evidence::MemberId))
}

fn by_person(reading: &Reading, seen: &[(&Case, Candidate)], roster: &[Case]) -> Result<CaseId, Refusal> {
    let mut left: Vec<_> = seen.iter().filter(|(_, c)| c.has(Evidence::Name)).collect();
    if left.is_empty() {
        return Err(("no patient of the roster is named", false));
    }
    left.retain(|(case, _)| contradiction::find(reading, case, roster).is_none());
    // Where the day of one trip is printed, the other trips are out; where a member id is, the other patients.
    for kind in [Evidence::DateOfBirth, Evidence::MemberId, Evidence::DateOfService] {
        if left.iter().any(|(_, c)| c.has(kind)) {
            left.retain(|(_, c)| c.has(kind));
        }
    }
    match left.as_slice() {
        [] => Err(("the named patient's other particulars differ", true)),
        [(case, c)] if c.evidence.len() >= 2 => Ok(case.case_id.clone()),
        [_] => Err(("the name alone is not enough", false)),
        _ => Err(("several cases are left", false)),
    }
}
