//! Ids that look like dates, and dates that look like ids: what agencies number and what papers print. Everybody is
//! made up.

use super::*;

/// An agency that numbers its runs by month and day, `0614-2031`, and whose patients hold Medicare ids.
fn roster() -> Vec<Case> {
    let case = |n: u32, first: &str, last: &str, dob: &str, dos: &str, run: &str| {
        let mut case = Case::new(format!("c{n}").as_str().into(), "t".into());
        case.patient_first = first.into();
        case.patient_last = last.into();
        case.patient_dob = dob.into();
        case.date_of_service = dos.into();
        case.run_number = run.into();
        case.statement_id = format!("{}", 40_110_200 + n * 37);
        case.member_id = format!("{n}KM7RT4WX8{n}");
        case
    };
    vec![
        case(1, "Ingrid", "Falk", "1948-09-02", "2026-06-14", "0614-2031"),
        case(2, "Ingrid", "Falk", "1948-09-02", "2026-06-20", "0620-2040"),
        case(3, "Silas", "Obi", "1955-01-19", "2026-06-14", "0614-2033"),
        case(4, "Maren", "Thiel", "1939-12-30", "2026-06-15", "0615-2026"),
    ]
}

fn attached(text: &str) -> Option<String> {
    match_case(&[PageText::new(1, text)], &roster()).attach.map(|c| c.as_str().to_owned())
}

#[test]
fn a_date_is_no_run_of_an_agency_that_numbers_by_date() {
    for date in ["06/14/2026", "06-14-2026", "6/14/26", "06142026", "June 14, 2026"] {
        let about =
            format!("Patient: Silas Obi\nDOB 01/19/1955\nDate of service: {date}\nPrinted 06/18/2026");
        assert_eq!(attached(&about).as_deref(), Some("c3"), "{date}");
    }
    assert_eq!(attached("Patient: Silas Obi\nRun 0614-2033\nseen 06/14/2026").as_deref(), Some("c3"));
    // Another number of that making is still another case's.
    for run in ["0614-2039", "Run 0614-2039"] {
        assert_eq!(
            attached(&format!("Patient: Silas Obi\nDate of service: 06/14/2026\n{run}")),
            None,
            "{run}"
        );
    }
}

#[test]
fn a_date_is_no_evidence_of_a_run_with_the_same_digits() {
    for date in ["06/15/2026", "06-15-2026", "06152026"] {
        assert_eq!(attached(&format!("Patient: Maren Thiel\nPrinted {date}")), None, "{date}");
    }
    // Nor does the letter's date choose between two trips.
    assert_eq!(attached("Patient: Ingrid Falk\nDOB 09/02/1948\nPrinted 06/14/2031"), None);
}

#[test]
fn telephone_numbers_postal_codes_and_amounts_are_no_statements() {
    for line in ["Phone (401) 102-0299", "Total 40,110.29", "Elm Springs, OH 40110-2991", "Received 04012026"]
    {
        let about = format!("Patient: Silas Obi\nDate of service: 06/14/2026\n{line}");
        assert_eq!(attached(&about).as_deref(), Some("c3"), "{line}");
    }
    assert_eq!(attached("Patient: Silas Obi\nDate of service: 06/14/2026\nyour no. 40110299"), None);
}

#[test]
fn a_member_id_is_the_same_with_marks_and_blanks() {
    for id in ["3KM7RT4WX83", "3KM7-RT4-WX83", "3KM7 RT4 WX83", "3km7-rt4-wx83"] {
        let card = format!("Name/Nombre\nSILAS OBI\nMedicare Number\n{id}\nHOSPITAL (PART A) 01-01-2020");
        assert_eq!(attached(&card).as_deref(), Some("c3"), "{id}");
    }
    // Another's, however it is set apart, and one that no patient bears.
    for id in ["4KM7-RT4-WX84", "4KM7 RT4 WX84", "3KM7-RT4-WX99"] {
        let card = format!("Name/Nombre\nSILAS OBI\nMedicare Number\n{id}\nseen 06/14/2026");
        assert_eq!(attached(&card), None, "{id}");
    }
}

#[test]
fn titles_and_greetings_name_nobody() {
    for line in [
        "Medicare Summary Notice for Part B (Medical Insurance)",
        "Beneficiary signature request, second letter\nDear Silas Obi,",
        "Member services notice\nDear Mr. Obi:",
        "Patient authorization and assignment form",
    ] {
        let about = format!("{line}\nPatient: Silas Obi\nDate of service: 06/14/2026");
        assert_eq!(attached(&about).as_deref(), Some("c3"), "{line}");
    }
    let other = "Beneficiary signature request\nDear Torben Krogh,\nyour trip of 06/14/2026, run 0614-2033";
    assert_eq!(attached(other), None);
}

#[test]
fn days_that_are_no_trips_speak_against_none() {
    for line in [
        "Orig. admit 02/11/2024",
        "Claims must come within six months of death, July 1, 2026, or be barred from the estate.",
        "July 3, 2026.",
        "the limit of this policy, five thousand dollars, was exhausted on\nJuly 3, 2026. Your invoice is returned",
        "We have your letter about this patient and logged your dispute on 07/03/2026 as well.",
    ] {
        let about = format!("{line}\nPatient: Silas Obi\nDate of birth 01/19/1955");
        assert_eq!(attached(&about).as_deref(), Some("c3"), "{line}");
    }
    let other = "Patient: Silas Obi\nDate of birth 01/19/1955\nInjury date 06/13/2026";
    assert_eq!(attached(other), None);
}
