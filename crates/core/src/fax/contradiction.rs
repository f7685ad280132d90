//! What on a fax speaks against a case. One contradiction and nothing is attached.

use super::candidates::{Candidate, Evidence};
use super::dates::Date;
use super::formats::{has_form_of, is_of_format};
use super::glyphs::{folded, is_near_id};
use super::names::{Agreement, PersonName};
use super::reading::{Reading, count_signs, is_findable, is_lettered, signs};
use super::roster::Case;
use super::scan::ids;

/// The first thing on the fax that does not go with the case, as a reason for a person; `None` if all agrees.
pub(super) fn find(reading: &Reading, case: &Case, own: &Candidate, roster: &[Case]) -> Option<&'static str> {
    if birth_differs(reading, case) {
        return Some("a date of birth differs");
    }
    if service_differs(reading, case) || !own.is_named() && service_differs_on_a_page(reading, case) {
        return Some("the date of service differs or is unknown");
    }
    if name_differs(reading, case, own) {
        return Some("a patient's name differs");
    }
    if member_differs(reading, case, own) {
        return Some("a member id differs");
    }
    if id_differs(reading, case, own) {
        return Some("an id is another case's");
    }
    let other_member = reading.is_member_of_another(case, roster);
    other_member.then_some("the member id is another patient's")
}

/// A date of birth that differs is never waved through; one the roster does not know cannot agree. A date that is
/// nearly the patient's speaks against him under any label, for OCR may have spoilt the label.
fn birth_differs(reading: &Reading, case: &Case) -> bool {
    let Some(own) = Date::iso(&case.patient_dob) else {
        return reading.births().next().is_some();
    };
    let service = Date::iso(&case.date_of_service);
    let nearly = |d: Date| d.has_full_year() && d.is_near(own) && !service.is_some_and(|s| d.agrees(s));
    reading.births().any(|d| !d.agrees(own)) || reading.loose().any(|(d, _)| nearly(d))
}

/// With labelled dates of service the case's must be among them; without, a day spoken of must be the case's.
fn service_differs(reading: &Reading, case: &Case) -> bool {
    let Some(own) = Date::iso(&case.date_of_service) else {
        return reading.services().next().is_some();
    };
    if reading.services().next().is_some() {
        return !reading.services().any(|d| d.agrees(own));
    }
    let spoken_of = reading.loose().any(|(_, in_sentence)| in_sentence);
    spoken_of && !reading.says_service(own)
}

/// A page that names days of service and not the case's, as behind a cover about somebody else.
fn service_differs_on_a_page(reading: &Reading, case: &Case) -> bool {
    let Some(own) = Date::iso(&case.date_of_service) else { return false };
    reading.pages.iter().any(|p| !p.services.is_empty() && !p.services.iter().any(|d| d.agrees(own)))
}

/// A labelled name must be the patient's. Where an id of the case and another thing agree exactly, it may be his as OCR
/// misreads it.
fn name_differs(reading: &Reading, case: &Case, own: &Candidate) -> bool {
    let anywhere = reading.names(case);
    if anywhere.contains(&Agreement::OtherDetail) {
        return true;
    }
    let more = own.has(Evidence::MemberId) || own.has(Evidence::DateOfService);
    let tolerant = own.named_by() > 1 && own.has(Evidence::DateOfBirth) && more;
    let same = |n: &PersonName| match n.agrees(case) {
        Agreement::Same => true,
        Agreement::OtherDetail => false,
        Agreement::No => tolerant && n.is_near(case),
    };
    let by_name = own.has(Evidence::Name) || own.has(Evidence::NearName);
    if !own.has(Evidence::Name) && reading.names_swapped(case) || !by_name && reading.holds_last_name(case) {
        return true;
    }
    reading.pages.iter().any(|page| {
        let patient_differs = page.patients.iter().any(|n| !same(n));
        // A bare `Name` may be a relative's, but then the patient stands somewhere too.
        let only_others =
            page.patients.is_empty() && !page.other_names.is_empty() && !page.other_names.iter().any(same);
        let speaks_of_another = page.spoken_of.iter().any(|n| !n.begins_as(case) && !same(n));
        patient_differs || speaks_of_another || only_others && !anywhere.contains(&Agreement::Same)
    })
}

/// Under a label of a member id stands none that is the case's. New insurance is usual, but only an id of the case
/// shows that it is this; one that is nearly the case's may be misread and asks for the birth.
fn member_differs(reading: &Reading, case: &Case, own: &Candidate) -> bool {
    let member = case.member_id.trim();
    if own.has(Evidence::MemberId) {
        return false;
    }
    // With little else to go by, one that is made alike counts under any label.
    let by_little = !own.is_named() && !own.has(Evidence::DateOfBirth) && is_findable(member);
    let alike = |t: &str| {
        is_of_format(t, member, 0)
            || is_lettered(member) && is_lettered(t) && is_of_format(&signs(t), &signs(member), 0)
    };
    if by_little && reading.id_like().any(alike) {
        return true;
    }
    if reading.members().next().is_none() {
        return false;
    }
    let may_be = |read: &str| folded(read) == folded(member) || is_near_id(read, member);
    let dated = own.has(Evidence::DateOfBirth) || own.has(Evidence::DateOfService);
    let named = own.is_named() && own.has(Evidence::Name) && dated;
    let misread = is_findable(member) && reading.members().any(may_be);
    !(named || misread && own.has(Evidence::DateOfBirth))
}

/// An id made as the case's own is and yet another: of a case that the roster does not hold, or the case's misread.
/// Of the latter the name tells that it is this patient, with the birth or an id and one thing more.
fn id_differs(reading: &Reading, case: &Case, own: &Candidate) -> bool {
    let birth = own.has(Evidence::DateOfBirth);
    let named = own.is_named();
    let by_name = own.has(Evidence::Name) || own.has(Evidence::NearName);
    let forgiven = by_name && (birth || named && own.agreeing() > 2);
    let missing = || ids(case).into_iter().filter(|(kind, id)| !own.has(*kind) && is_findable(id));
    let made_alike = missing().any(|(_, id)| {
        // Beside an id that agrees, only what is made quite alike: courts and clinics number too.
        let slack = usize::from(!named);
        let mut others =
            reading.id_like().filter(|t| is_of_format(t, id, slack) && !reading.is_known(t, case, own));
        others.any(|t| !is_near_id(t, id) || !forgiven)
    });
    // Under a label of ours, and where little else agrees, the beginning need not be the same.
    let other = |t: &str, id: &str, slack| has_form_of(t, id, slack) && !is_near_id(t, id);
    let slack = usize::from(!named);
    let labelled = |id: &str| reading.bills().any(|t| other(t, id, slack) && !reading.is_known(t, case, own));
    let by_little = !named && !birth && !own.has(Evidence::MemberId);
    made_alike
        || by_little && missing().any(|(_, id)| reading.id_like().any(|t| other(t, id, 0)))
        || !named && missing().any(|(_, id)| labelled(id))
        || named && own.agreeing() < 3 && ids(case).into_iter().any(|(_, id)| is_findable(id) && labelled(id))
        || !named && !birth && reading.bills().next().is_some()
}

impl Reading {
    /// An id of the case that is read exactly elsewhere.
    fn is_known(&self, read: &str, case: &Case, own: &Candidate) -> bool {
        ids(case).into_iter().filter(|(kind, _)| own.has(*kind)).any(|(_, id)| folded(id) == folded(read))
    }

    /// A member id of the roster stands on the fax that neither this patient nor this case bears.
    fn is_member_of_another(&self, case: &Case, roster: &[Case]) -> bool {
        let folds: std::collections::HashSet<usize> = self.token_lengths().collect();
        roster.iter().any(|o| {
            o.member_id != case.member_id
                && folds.contains(&count_signs(&o.member_id))
                && self.holds_member(&o.member_id)
                && !same_patient(o, case)
        })
    }
}

/// Two cases of one person: name and date of birth are the same.
pub(super) fn same_patient(a: &Case, b: &Case) -> bool {
    let same = |x: &str, y: &str| x == y || x.to_uppercase() == y.to_uppercase();
    !a.patient_dob.is_empty()
        && a.patient_dob == b.patient_dob
        && same(&a.patient_last, &b.patient_last)
        && same(&a.patient_first, &b.patient_first)
        && same(&a.patient_suffix, &b.patient_suffix)
}
