//! Whole faxes against a small roster. Everybody is made up.

use proptest::prelude::*;

use super::*;

fn case(id: &str, first: &str, last: &str, dob: &str, dos: &str) -> Case {
    let n: u32 = id.bytes().map(u32::from).sum();
    let mut case = Case::new(id.into(), "t1".into());
    case.patient_first = first.into();
    case.patient_last = last.into();
    case.patient_dob = dob.into();
    case.date_of_service = dos.into();
    case.case_number = format!("CN-{id}-{n:05}");
    case.statement_id = format!("7{n:06}");
    case.run_number = format!("{n:04}/R-{n:05}");
    case.payer_claim_number = format!("99{n:09}");
    case.member_id = format!("MBR{n:06}");
    case
}

/// Two trips of one patient, a namesake, a spouse under one member id, twins.
fn roster() -> Vec<Case> {
    let mut cases = vec![
        case("ann1", "Ann", "Marlow", "1951-03-09", "2026-04-02"),
        case("ann2", "Ann", "Marlow", "1951-03-09", "2026-06-11"),
        case("ann3", "Ann", "Marlow", "1964-12-30", "2026-07-20"),
        case("bob", "Robert", "Quill", "1949-01-17", "2026-05-05"),
        case("eve", "Evelyn", "Quill", "1950-08-21", "2026-05-06"),
        case("tom", "Thomas", "Ferris", "2001-02-03", "2026-08-08"),
        case("tim", "Timothy", "Ferris", "2001-02-03", "2026-08-08"),
    ];
    cases[1].member_id = cases[0].member_id.clone();
    cases[4].member_id = cases[3].member_id.clone();
    cases
}

fn page(text: &str) -> Vec<PageText> {
    vec![PageText::new(1, text)]
}

fn attached(text: &str) -> Option<String> {
    match_case(&page(text), &roster()).attach.map(|c| c.as_str().to_owned())
}

fn denial(about: &str) -> String {
    format!(
        "Northwind Health Plan\nNOTICE OF CLAIM DENIAL\n{about}\nWe have completed our review of the claim listed above. We are unable to \
         approve payment.\nReason for denial: not medically necessary\nYou have 60 days to request an appeal."
    )
}

#[test]
fn an_id_of_the_roster_attaches_when_something_else_of_its_case_agrees() {
    let r = roster();
    for id in [&r[3].case_number, &r[3].statement_id, &r[3].run_number, &r[3].payer_claim_number] {
        assert_eq!(
            attached(&denial(&format!("Patient: Quill, Robert\nYour account: {id}"))).as_deref(),
            Some("bob")
        );
        assert_eq!(
            attached(&denial(&format!("Account #{id}, date of service 5/5/26"))).as_deref(),
            Some("bob")
        );
        assert_eq!(attached(&denial(&format!("Account {id}"))), None, "an id alone may be a mistyped one");
    }
}

#[test]
fn a_part_of_a_longer_number_is_no_id() {
    let id = &roster()[3].statement_id;
    for text in [
        format!("{id}1"),
        format!("1{id}"),
        format!("{id}-2"),
        format!("X-{id}"),
        format!("${id}"),
        format!("{id}.00"),
    ] {
        let found = match_case(&page(&denial(&format!("Robert Quill account {text}"))), &roster());
        assert_eq!(found.attach, None, "{text}");
        assert!(!found.candidates.iter().any(|c| c.evidence.contains(&Evidence::StatementId)), "{text}");
    }
}

#[test]
fn whatever_contradicts_an_id_sends_the_fax_to_a_person() {
    let r = roster();
    let id = format!("Account: {}", r[3].statement_id);
    for against in [
        "Patient: Quill, Evelyn",
        "Patient: Walter Stone",
        "Patient: Robert Quill Jr",
        "Patient: Robert Quill   DOB: 01/17/1948",
        "Patient: Robert Quill\nDate of service: 05/06/2026",
        "Robert Quill, under my care on May 9, 2026 when he was moved",
        &format!("Robert Quill or account {}", r[0].statement_id),
        &format!("Robert Quill, member {}", r[0].member_id),
    ] {
        let found = match_case(&page(&denial(&format!("{against}\n{id}"))), &r);
        assert_eq!(found.attach, None, "{against}");
        assert!(found.conflict, "{against}");
        assert!(found.candidates.iter().any(|c| c.case_id.as_str() == "bob"), "{against}");
    }
}

#[test]
fn a_name_needs_a_second_particular_and_exactly_one_case() {
    for (text, want) in [
        ("Patient: Robert Quill", None),
        ("Patient: Robert Quill  DOB 1/17/1949", Some("bob")),
        ("Patient: Robert Quill\nDate of service: 05/05/2026", Some("bob")),
        ("Patient: Ann Marlow\nDOB: 03/09/1951", None),
        ("Patient: Ann Marlow\nDOB: 03/09/1951\nDate of service: 06/11/2026", Some("ann2")),
        ("Patient: Ann Marlow\nDOB: 03/09/1951\nDate of service: 06/12/2026", None),
        ("Patient: Ann Marlow\nDOB: 12/30/1964", Some("ann3")),
        ("Patient: Ann Marlow\nDOB: 12/30/1963\nDate of service: 07/20/2026", None),
        ("Patient: Ferris, T.   DOB: 02/03/2001\nDate of service: 08/08/2026", None),
        ("Patient: Ferris, Timothy   DOB: 02/03/2001", Some("tim")),
        ("Patient Name: Robert Quill Transport Date: 5/5/2026", Some("bob")),
        ("Patient: Rob Quill\nDOB: 1/17/1949", None),
        ("Patient: Quill Robert\nDOB: 1/17/1949", None),
    ] {
        assert_eq!(attached(&denial(text)).as_deref(), want, "{text}");
    }
}

#[test]
fn a_shared_member_id_does_not_bring_in_the_spouse() {
    let member = &roster()[3].member_id;
    assert_eq!(
        attached(&denial(&format!("Patient: Evelyn Quill\nMember ID: {member}"))).as_deref(),
        Some("eve")
    );
    let both = match_case(
        &page(&denial(&format!("Evelyn Quill, insured Robert Quill, member id {member}"))),
        &roster(),
    );
    assert_eq!(both.attach, None);
    assert_eq!(both.candidates.len(), 2);
}

#[test]
fn two_patients_in_one_fax_are_attached_to_nobody() {
    let first = denial("Patient: Robert Quill\nDOB: 01/17/1949");
    for second in ["Patient: Evelyn Quill\nDOB: 08/21/1950", "Patient: Walter Stone\nDOB: 05/05/1955"] {
        let pages = [PageText::new(1, first.clone()), PageText::new(2, denial(second))];
        assert_eq!(match_case(&pages, &roster()).attach, None, "{second}");
    }
}

#[test]
fn an_id_that_two_cases_bear_names_neither() {
    let mut r = roster();
    r[4].payer_claim_number = r[3].payer_claim_number.clone();
    let text = denial(&format!("Claim {}  service date 05/05/2026", r[3].payer_claim_number));
    assert_eq!(match_case(&page(&text), &r).attach, None);
}

#[test]
fn a_remittance_over_patients_is_filed_without_a_case() {
    let r = roster();
    let text = format!(
        "PROVIDER REMITTANCE ADVICE\nPayee: Harbor Ambulance   Check/EFT 5512\nClaims in this payment: 1\n\
         Patient        Acct no.   Billed   Allowed   Paid\nQuill, Robert  {}  900.00  405.00  324.00",
        r[3].statement_id
    );
    let verdict = decide(&page(&text), &r);
    assert_eq!(
        (verdict.doc_type, verdict.status, verdict.case_id),
        (Some(DocType::RemittanceAdvice), Status::Classified, None)
    );
}

#[test]
fn a_fax_without_text_goes_to_a_person_without_a_type() {
    let stamp = "Received 11/12/2026 20:58 from +12025550167 by FaxServer page 1 of 1 job 140";
    for text in ["", stamp, "a:~:| r;0a||0oiII;l0~1;~n ;O11mm |~ e O|acn OO,a O00 ,amiO1;|,;:o1"] {
        let pages = [PageText { has_picture: true, ..PageText::new(1, text) }];
        let verdict = decide(&pages, &roster());
        assert_eq!(
            (verdict.doc_type, verdict.status, verdict.case_id),
            (None, Status::NeedsReview, None),
            "{text}"
        );
    }
    assert_eq!(decide(&[], &roster()).status, Status::Unreadable);
}

#[test]
fn a_page_that_nobody_read_keeps_a_person_in_the_loop() {
    let text = denial("Patient: Robert Quill\nDOB: 01/17/1949");
    let unread = PageText { has_picture: true, ..PageText::new(2, "") };
    let blank = PageText::new(2, "");
    let verdict = |second: PageText| decide(&[PageText::new(1, text.clone()), second], &roster());
    assert_eq!(verdict(unread).status, Status::NeedsReview);
    let filed = verdict(blank);
    assert_eq!((filed.status, filed.doc_type), (Status::Classified, Some(DocType::DenialLetter)));
    assert_eq!(filed.case_id.map(|c| c.as_str().to_owned()).as_deref(), Some("bob"));
}

const COVER: &str = "FAX COVER SHEET\nTO: Harbor Ambulance Billing\nFROM: St. Odo Hospital\nFAX: 202-555-0110\nPAGES: 2\n\
                     RE: denial appeal insurance card authorization signature\nCONFIDENTIALITY NOTICE: if you are not the intended recipient, destroy this.";

#[test]
fn a_cover_sheet_takes_the_type_of_what_follows_and_is_other_alone() {
    let behind = PageText::new(2, denial("Member: Robert Quill"));
    assert_eq!(classify(&[PageText::new(1, COVER), behind]).doc_type, DocType::DenialLetter);
    let alone = classify(&page(COVER));
    assert_eq!((alone.doc_type, alone.sure), (DocType::Other, true));
}

#[test]
fn what_a_page_is_counts_and_not_a_word_on_it() {
    for (text, want) in [
        (
            "Plan of the Lakes\nEXPLANATION OF BENEFITS\nThis is not a bill\nService date Charge Allowed Denied\n04/02/26 900.00 0.00 900.00\n04/02/26 80.00 0.00 80.00\nYou may appeal this denial.",
            DocType::Eob,
        ),
        (
            "Utilization Management\nPRIOR AUTHORIZATION DETERMINATION\nYour request for prior authorization of ambulance transport is denied. Auth number 5. You may appeal.",
            DocType::Auth,
        ),
        (
            "To the billing office\nMy insurance sent me a denial. I want to appeal it. I cannot afford this bill, please call me.",
            DocType::PatientCorrespondence,
        ),
        (
            "Law Offices of Reed\nPlease be advised this firm represents our client. A HIPAA authorization is enclosed. Send medical records.",
            DocType::Legal,
        ),
        (
            "AUTHORIZATION FOR RELEASE OF PROTECTED HEALTH INFORMATION\nI authorize Harbor Ambulance to disclose to my son the entire record. I may revoke this authorization.",
            DocType::RecordsRequest,
        ),
        (
            "Memorial Hospital\nDISCHARGE SUMMARY\nHospital course: treated with fluids.\nMedications: none. Discharge diagnosis: sepsis.",
            DocType::ClinicalRecord,
        ),
        (
            "MEMO\nTo all staff of Memorial Hospital: the potluck lunch is in the cafeteria, RSVP by Friday.",
            DocType::Other,
        ),
        (
            "BUSINESS ASSOCIATE AGREEMENT\nThis Agreement is entered into by the parties, the Covered Entity and the Business Associate.",
            DocType::FacilityBusiness,
        ),
        (
            "Plan of the Lakes\nDECISION ON YOUR APPEAL\nThank you for your appeal of the denied claim. We have upheld our original decision.",
            DocType::AppealResponse,
        ),
    ] {
        let typing = classify(&page(text));
        assert_eq!((typing.doc_type, typing.sure), (want, true), "{text}");
    }
    assert!(
        !classify(&page(
            "Please see the attached insurance papers about the signature and the appeal as we discussed"
        ))
        .sure
    );
}

#[test]
fn types_have_one_name_each() {
    for doc_type in DocType::ALL {
        assert_eq!(DocType::parse(doc_type.as_str()), Some(doc_type));
        assert_eq!(serde_json::to_value(doc_type).unwrap(), doc_type.as_str());
    }
    assert_eq!(DocType::parse("unreadable"), None);
}

#[test]
fn debug_shows_no_patient_and_evidence_no_value() {
    let r = roster();
    let text = denial(&format!("Patient: Robert Quill\nDOB: 01/17/1949\nAccount: {}", r[3].statement_id));
    let shown = format!("{:?} {:?} {:?}", r[3], page(&text), decide(&page(&text), &r));
    for private in ["Robert", "Quill", "1949", &r[3].statement_id, &r[3].member_id] {
        assert!(!shown.contains(private), "{private}");
    }
}

proptest! {
    /// Nothing that a page says makes the rules fail, and what is attached always stands on the page by name or id.
    #[test]
    fn any_text_is_decided_on(text in "\\PC{0,400}", tail in "[A-Za-z0-9/:,. \n-]{0,300}") {
        let pages = [PageText::new(1, format!("{text}\n{tail}"))];
        let verdict = decide(&pages, &roster());
        prop_assert!(verdict.case_id.is_none());
        let _ = sniff(text.as_bytes());
    }

    /// The same where a patient's particulars stand within it, so that who is who on its pages is looked into.
    #[test]
    fn any_text_around_a_patient_is_decided_on(
        [before, within, behind, second] in prop::array::uniform4("[\\PC\n]{0,60}"),
        name in prop::sample::select(vec!["Robert Quill", "QUILL, ROBERT", "Quill,\u{e9}Robert", "Name: Robert A. Quill,"]),
        named_again in any::<bool>(),
    ) {
        let first = denial(&format!("{before}{name}{within} DOB: 01/17/1949 {behind}\nDate of service: 05/05/2026"));
        let second = if named_again { format!("RE: {second}{name}{behind}") } else { format!("Mr. {second}") };
        let verdict = decide(&[PageText::new(1, first), PageText::new(2, second)], &roster());
        prop_assert!(verdict.case_id.is_none_or(|case| case.as_str() == "bob"));
    }
}

#[test]
fn a_year_of_two_digits_that_no_trip_can_be_in_is_a_births() {
    assert_eq!(attached("Certificate of need\nRobert Quill      01/17/49").as_deref(), Some("bob"));
    assert_eq!(attached("Certificate of need\nRobert Quill      01/17/27"), None);
    // The one trip's year and another's birth: which it is nobody can tell.
    assert_eq!(attached("Certificate of need\nThomas Ferris      02/03/01"), None);
}

#[test]
fn a_title_that_begins_with_a_label_is_nobodys_name() {
    let r = roster();
    for title in ["Resident Face Sheet", "Patient Facesheet", "Resident Face Sheet  Printed Nov 8"] {
        let sheet = format!(
            "{title}\nResident   Quill, Robert\nBirthdate   01/17/1949\nPolicy number  {}",
            r[3].member_id
        );
        assert_eq!(attached(&sheet).as_deref(), Some("bob"), "{title}");
    }
}

#[test]
fn a_name_with_a_day_counts_only_in_the_patients_place() {
    let on = |about: &str| attached(&denial(&format!("Date of service: 05/05/2026\n{about}")));
    for place in [
        "Patient: Robert Quill",
        "Re: Robert Quill",
        "QUILL, ROBERT   77M",
        "our client, Robert Quill",
        "services provided to Robert Quill",
    ] {
        assert_eq!(on(place).as_deref(), Some("bob"), "{place}");
    }
    for place in [
        "Robert Quill, LPN",
        "Robert Quill\nAppeals Coordinator",
        "Surgeon: Robert Quill",
        "Witnessed by Robert Quill",
        "Petra Lund vs. Robert Quill",
        "Forward all charts to Robert Quill",
        "Grandson Robert Quill",
        "Subscriber: Robert Quill\nPatient: Mia (dependent 02)",
        "c/o Robert Quill",
        "With kind regards,\nRobert Quill",
    ] {
        assert_eq!(on(place), None, "{place}");
    }
}

#[test]
fn a_page_of_somebody_else_is_not_filed_along() {
    let first = "PHYSICIAN CERTIFICATION STATEMENT\nPatient's Name: Robert Quill\nDate of Birth: 01/17/1949\nTransport Date: \
                 05/05/2026\nBed confined [X] Yes\nI certify medical necessity under 42 CFR 410.40(e)\nP. Lund RN";
    let fax = |head: &str| {
        let second = format!(
            "DISCHARGE SUMMARY\n{head}\nHospital course: pneumonia, treated. Discharge medications: amoxicillin."
        );
        decide(&[PageText::new(1, first), PageText::new(2, second)], &roster()).case_id
    };
    assert!(fax("Robert Quill   MRN 5512").is_some());
    for head in [
        "ORDWAY, PETER   MRN 5512",
        "RE: Peter Ordway",
        "Peter Ordway",
        "Name: Peter Ordway",
        "Mr. Ordway came in with a cough.",
        "Ordway P.",
        "FERRIS, THOMAS",
    ] {
        assert_eq!(fax(head), None, "{head}");
    }
}
