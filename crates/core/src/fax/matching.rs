//! Whose case a fax belongs to. Attaches only where nothing speaks against it and no other case is as near.

use super::candidates::{Candidate, Evidence, best};
use super::contradiction::{self, same_patient};
use super::dates::Date;
use super::reading::Reading;
use super::rivals::has_rival;
use super::roster::Case;
use super::scan::{Seen, scan};
use super::standing;
use super::strangers;
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
///
/// What OCR misreads is forgiven only where it cannot lead to somebody else: a letter where the roster's ids have a
/// digit; an id with one wrong sign, to tell the trips of a patient apart who is known by name and birth; a name with
/// one wrong letter, beside an id and the birth or member id. A date of birth is never forgiven.
pub fn match_case(pages: &[PageText], roster: &[Case]) -> Matching {
    let reading = Reading::new(pages);
    let seen = scan(&reading, roster);
    let outcome = choose(&reading, &seen, roster);
    let candidates = best(seen.into_iter().map(|s| s.candidate).collect());
    match outcome {
        Ok(attach) => Matching { attach: Some(attach), candidates, conflict: false, reason: None },
        Err((reason, conflict)) => Matching { attach: None, candidates, conflict, reason: Some(reason) },
    }
}

type Refusal = (&'static str, bool);

fn choose(reading: &Reading, seen: &[Seen], roster: &[Case]) -> Result<CaseId, Refusal> {
    let named: Vec<&Seen> = seen.iter().filter(|s| s.candidate.is_named()).collect();
    let cases: Vec<&Case> = named.iter().map(|s| s.case).collect();
    if reading.codes.name_another(&cases) {
        return Err(("a code names a case that is not in the roster", true));
    }
    let chosen = match named.as_slice() {
        [] => by_person(reading, seen, roster)?,
        [one] => by_id(reading, one, seen, roster)?,
        _ => return Err(("the fax names several cases", true)),
    };
    if let Some(reason) = standing::find(reading, chosen.case, &chosen.candidate) {
        return Err((reason, false));
    }
    if strangers::has_page(reading, chosen.case) {
        return Err(("a page is headed by somebody else", true));
    }
    if reading.is_ocr && has_rival(reading, chosen.case, &chosen.candidate, roster) {
        return Err(("another case is as near, if a letter was misread", false));
    }
    Ok(chosen.case.case_id.clone())
}

fn by_id<'s, 'a>(
    reading: &Reading,
    own: &'s Seen<'a>,
    seen: &[Seen],
    roster: &[Case],
) -> Result<&'s Seen<'a>, Refusal> {
    let (case, mine) = (own.case, &own.candidate);
    if let Some(reason) = contradiction::find(reading, case, mine, roster) {
        return Err((reason, true));
    }
    if mine.agreeing() < 2 {
        return Err(("an id stands alone; nothing else agrees with its case", false));
    }
    let person =
        [Evidence::Name, Evidence::DateOfBirth, Evidence::MemberId].into_iter().any(|kind| mine.has(kind));
    if mine.has(Evidence::Code) && !person {
        return Err(("a code stands alone; nothing of its patient agrees", false));
    }
    let labelled = reading.pages.iter().any(|p| p.has_patient_label || !p.spoken_of.is_empty());
    if labelled && !mine.has(Evidence::Name) && mine.named_by() < 2 {
        return Err(("the named patient is not surely the id's", false));
    }
    if !mine.has(Evidence::DateOfService) && is_birth_open(reading, own) {
        return Err(("a date of birth could not be read", false));
    }
    let others = || seen.iter().filter(|s| !same_patient(s.case, case)).map(|s| &s.candidate);
    if others().any(|c| is_identified(c) && !is_identified(mine))
        || others().any(|c| c.has(Evidence::Name)) && !mine.has(Evidence::Name)
    {
        return Err(("the fax describes another patient than its id names", true));
    }
    Ok(own)
}

/// The full name and a second thing that is the patient's own.
fn is_identified(candidate: &Candidate) -> bool {
    candidate.has(Evidence::Name)
        && (candidate.has(Evidence::DateOfBirth) || candidate.has(Evidence::MemberId))
}

fn by_person<'s, 'a>(
    reading: &Reading,
    seen: &'s [Seen<'a>],
    roster: &[Case],
) -> Result<&'s Seen<'a>, Refusal> {
    let mut left: Vec<&Seen> = seen.iter().filter(|s| s.candidate.has(Evidence::Name)).collect();
    if left.is_empty() {
        return Err(("no patient of the roster is named", false));
    }
    left.retain(|s| contradiction::find(reading, s.case, &s.candidate, roster).is_none());
    // Where the day of one trip is printed, the other trips are out; where a member id is, the other patients.
    for kind in [Evidence::DateOfBirth, Evidence::MemberId, Evidence::DateOfService] {
        if left.iter().any(|s| s.candidate.has(kind)) {
            left.retain(|s| s.candidate.has(kind));
        }
    }
    // Of the trips of one known patient, a misread id may tell which.
    let is_one_patient =
        left.iter().all(|s| is_identified(&s.candidate) && same_patient(s.case, left[0].case));
    if left.len() > 1 && is_one_patient && left.iter().any(|s| s.candidate.has(Evidence::NearId)) {
        left.retain(|s| s.candidate.has(Evidence::NearId));
    }
    match left.as_slice() {
        [] => Err(("the named patient's other particulars differ", true)),
        [one] if one.candidate.agreeing() < 2 => Err(("the name alone is not enough", false)),
        [one] if is_birth_open(reading, one) => Err(("a date of birth could not be read", false)),
        [one] if names_two(seen, one) => Err(("the fax describes two patients", true)),
        [one] => Ok(one),
        _ => Err(("several cases are left", false)),
    }
}

/// Whether a date of birth may stand on the fax that nobody could hold against the patient's: it was spoilt, or its
/// label was.
fn is_birth_open(reading: &Reading, own: &Seen) -> bool {
    if own.candidate.has(Evidence::DateOfBirth) {
        return false;
    }
    let service = Date::iso(&own.case.date_of_service).and_then(Date::full_year);
    let long_ago = |d: Date| service.zip(d.full_year()).is_some_and(|(service, year)| year + 2 <= service);
    let stray = |year: &u32| service.is_some_and(|service| year + 2 <= service);
    reading.pages.iter().any(|p| p.birth_unread || p.broken_date || p.stray_years.iter().any(stray))
        || reading.loose().any(|(d, _)| long_ago(d))
}

/// Whether somebody of another name stands on the fax with something of his own.
fn names_two(seen: &[Seen], one: &Seen) -> bool {
    let own = |s: &Seen| {
        let (c, theirs, mine) = (&s.candidate, s.case, one.case);
        c.has(Evidence::DateOfBirth) && theirs.patient_dob != mine.patient_dob
            || c.has(Evidence::MemberId) && theirs.member_id != mine.member_id
            || c.has(Evidence::DateOfService) && theirs.date_of_service != mine.date_of_service
    };
    seen.iter().any(|s| s.candidate.has(Evidence::Name) && !same_patient(s.case, one.case) && own(s))
}
