//! Certifications in several layouts. Everybody is made up.

use super::*;

fn check_text(text: &str) -> PcsChecklist {
    check(&[PageText::new(1, text)])
}

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

#[test]
fn a_one_time_form_is_complete_with_signer_credential_and_both_dates() {
    let list = check_text(
        "PHYSICIAN CERTIFICATION STATEMENT\nPatient: Ann Marlow   DOB: 03/09/1951\nTransport Date: 04/02/2026\n\
         Bed confined: Yes\nElectronically signed by: Wanda Osei, RN    Date signed: 04/01/2026\n",
    );
    assert_eq!(list.kind, Some(PcsKind::OneTime));
    assert_eq!((list.signer_found, list.credential), (true, Some(Credential::RegisteredNurse)));
    assert_eq!((list.date_signed, list.transport_date), (day("2026-04-01"), day("2026-04-02")));
    assert!(list.is_complete());
}

#[test]
fn a_signature_line_with_labels_below_it_is_read() {
    let list = check_text(
        "Certificate of Medical Necessity\nDate of transport: July 15, 2026\nI certify that the above is true.\n\
         Paul Winter MD                                   7/16/2026\n\
         Signature of physician                           Date signed\n",
    );
    assert_eq!(list.credential, Some(Credential::Physician));
    assert_eq!(list.date_signed, day("2026-07-16"));
    assert!(list.is_complete());
}

#[test]
fn a_form_that_nobody_signed_is_incomplete() {
    let list = check_text(
        "Physician Certification Statement\nTransport Date: 04/02/2026\n\
         Signature: ______________   Date: ________\nPrinted name: ____________   Credentials: [ ] MD [ ] DO [ ] RN [ ] NP\n",
    );
    assert_eq!((list.signer_found, list.credential, list.date_signed), (false, None, None));
    assert_eq!(list.transport_date_in_validity, None);
    assert!(!list.is_complete());
}

#[test]
fn the_ticked_box_is_the_credential() {
    let list = check_text(
        "Physician Certification Statement\nTransport Date: 04/02/2026\n\
         Printed name: Olga Brandt\nCredentials: [ ] MD  [ ] DO  [X] RN  [ ] Discharge Planner\nSignature: Olga Brandt   Date: 4/2/26",
    );
    assert_eq!(list.credential, Some(Credential::RegisteredNurse));
    assert!(list.is_complete());
}

#[test]
fn repetitive_transports_take_a_physician_and_sixty_days() {
    let form = |credential: &str, signed: &str, period: &str| {
        check_text(&format!(
            "Medical necessity certification\n[ ] Single trip   [X] Repetitive\nDates of service: {period}\n\
             Signed by: Ruth Abara, {credential}   Date signed: {signed}"
        ))
    };
    let good = form("M.D.", "03/01/2026", "03/02/2026 through 04/30/2026");
    assert_eq!(good.kind, Some(PcsKind::Repetitive));
    assert_eq!((good.transport_date, good.transport_through), (day("2026-03-02"), day("2026-04-30")));
    assert!(good.is_complete(), "{good:?}");
    assert_eq!(form("RN", "03/01/2026", "03/02/2026 through 04/30/2026").credential_suffices, Some(false));
    for (signed, period) in [
        ("03/01/2026", "03/02/2026 through 05/01/2026"),
        ("03/05/2026", "03/02/2026 through 04/30/2026"),
        ("12/01/2025", "03/02/2026 through 03/20/2026"),
    ] {
        assert_eq!(form("DO", signed, period).transport_date_in_validity, Some(false), "{signed} {period}");
    }
}

#[test]
fn a_one_time_form_is_signed_within_48_hours_after_the_transport() {
    let form = |signed: &str| {
        check_text(&format!(
            "Physician certification statement\nDate of service: 05/10/2026\nSignature: Ruth Abara MD   Date: {signed}"
        ))
    };
    assert_eq!(form("05/12/2026").transport_date_in_validity, Some(true));
    assert_eq!(form("05/13/2026").transport_date_in_validity, Some(false));
}

#[test]
fn a_letter_is_signed_on_its_own_day() {
    let list = check_text(
        "Harbor Clinic\nOctober 8, 2026\nTo whom it may concern:\nMr Marlow was under my care on October 7, 2026 and ambulance\n\
         transport was medically necessary.\nSincerely,\nRuth Abara, MD\nNPI 1999999999",
    );
    assert_eq!(list.date_signed, day("2026-10-08"));
    assert_eq!(list.transport_date, day("2026-10-07"));
    assert_eq!(list.credential, Some(Credential::Physician));
}

#[test]
fn misread_labels_are_labels() {
    let list = check_text(
        "PHYS1CIAN CERTIFICATlON STATEMENT\nTransp0rt Date: 04/02/2026   DOB: 03/09/1951\n\
         Slgnature: Wanda Osei RN    Date s1gned: 04/02/2026",
    );
    assert_eq!((list.date_signed, list.transport_date), (day("2026-04-02"), day("2026-04-02")));
    assert!(list.signer_found);
    let json = serde_json::to_value(&list).unwrap();
    assert_eq!(
        (&json["date_signed"], &json["credential"]),
        (&"2026-04-02".into(), &"registered_nurse".into())
    );
}
