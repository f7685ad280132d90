//! What on a fax speaks against a case. One contradiction and nothing is attached.

use super::candidates::Reading;
use super::dates::Date;
use super::names::{Agreement, PersonName};
use super::roster::Case;

/// The first thing on the fax that does not go with the case, as a reason for a person; `None` if all agrees.
pub(super) fn find(reading: &Reading, case: &Case, roster: &[Case]) -> Option<&'static str> {
    if birth_differs(reading, case) {
        return Some("a date of birth differs");
    }
    if service_differs(reading, case) {
        return Some("the date of service differs or is unknown");
    }
    if name_differs(reading, case) {
        return Some("a patient's name differs");
    }
    let other_member = roster
        .iter()
        .any(|o| o.member_id != case.member_id && !same_patient(o, case) && reading.holds(&o.member_id));
    other_member.then_some("the member id is another patient's")
}

/// A date of birth that differs is never waved through; one the roster does not know cannot agree.
fn birth_differs(reading: &Reading, case: &Case) -> bool {
    let own = Date::iso(&case.patient_dob);
    reading.births().any(|d| !own.is_some_and(|o| d.agrees(o)))
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

fn name_differs(reading: &Reading, case: &Case) -> bool {
    let anywhere = reading.names(case);
    if anywhere.contains(&Agreement::OtherDetail) {
        return true;
    }
    let same = |n: &PersonName| n.agrees(case) == Agreement::Same;
    reading.pages.iter().any(|page| {
        let patient_differs = page.patients.iter().any(|n| !same(n));
        // A bare `Name` may be a relative's, but then the patient stands somewhere too.
        let only_others =
            page.patients.is_empty() && !page.other_names.is_empty() && !page.other_names.iter().any(same);
        patient_differs || only_others && !anywhere.contains(&Agreement::Same)
    })
}

/// Two cases of one person: name and date of birth are the same.
pub(super) fn same_patient(a: &Case, b: &Case) -> bool {
    let key = |c: &Case| {
        (c.patient_last.to_uppercase(), c.patient_first.to_uppercase(), c.patient_suffix.to_uppercase())
    };
    key(a) == key(b) && a.patient_dob == b.patient_dob && !a.patient_dob.is_empty()
}
