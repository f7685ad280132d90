//! What a sender gets wrong, or leaves on a page beside its patient: another case's number or code, a cover that names
//! somebody else, the insured.

use super::Dice;
use super::people::{Trip, World};
use super::print::{IDS, NAME, Printed, date, spoil};
use crate::fax::PageText;

/// One game in three has such a trap; all else of the game is as it would be without.
pub(super) fn lay(printed: &mut Printed, about: &Trip, world: &World, dice: &mut Dice) {
    let other = world.known(dice);
    match dice.below(12) {
        0 => mistyped(printed, &other, dice),
        1 => code(printed, &other, dice),
        2 => cover(printed, &other, dice),
        3 => insured(printed, about, &other, dice),
        _ => {}
    }
}

/// A number of another case, where the page shows none of that kind yet.
fn mistyped(printed: &mut Printed, other: &Trip, dice: &mut Dice) {
    let (label, id) = *dice.pick(&IDS);
    if !printed.shows(id) {
        let value = spoil(&id(&other.case, 0), printed.rate, dice);
        printed.pages[0].text += &format!("{}: {value}\n", spoil(label, printed.rate, dice));
        printed.add(id, value);
        printed.mistaken = true;
    }
}

/// A code of another case, as when a form is copied.
fn code(printed: &mut Printed, other: &Trip, dice: &mut Dice) {
    let case = &other.case;
    let code = match dice.below(3) {
        0 => format!(r#"{{"case_id": "{}"}}"#, case.case_id),
        1 => format!("https://pay.example.test/?claim_id={}", case.case_number),
        _ => case.statement_id.clone(),
    };
    printed.pages[0].codes.push(code);
    printed.mistaken = true;
}

/// A cover before the paper that speaks of another patient.
fn cover(printed: &mut Printed, other: &Trip, dice: &mut Dice) {
    let name = NAME(&other.case, dice.below(6));
    let mut text = String::from("FAX COVER SHEET\nTO: Ambulance Billing\nFROM: Case Management\n");
    text += &format!("{}{name}\n", dice.pick(&["RE: ", "RE: Patient ", "Patient: ", "Subject: records of "]));
    if dice.percent(30) {
        text += &format!("DOB: {}\n", date(&other.case.patient_dob, dice.below(4)));
    }
    if dice.percent(30) {
        text += &format!("Date of service: {}\n", date(&other.case.date_of_service, dice.below(4)));
    }
    let text = spoil(&text, printed.rate, dice).replace("  ", " ");
    let source = printed.pages[0].source;
    printed.pages[0].number = 2;
    printed.pages.insert(0, PageText { source, ..PageText::new(1, text) });
}

/// The insured beside the patient: a spouse or parent under whose number the patient is insured.
fn insured(printed: &mut Printed, about: &Trip, other: &Trip, dice: &mut Dice) {
    let label = dice.pick(&["Subscriber", "Insured's name", "Guarantor", "Name"]);
    let mut text = format!("{label}: {}\n", NAME(&other.case, dice.below(6)));
    if dice.percent(50) {
        text += &format!("Subscriber ID: {}\n", other.case.member_id);
    }
    if dice.percent(40) {
        text += &format!("Subscriber DOB: {}\n", date(&other.case.patient_dob, dice.below(4)));
    }
    // Of a namesake nobody could tell that not the patient is meant.
    if (&about.case.patient_first, &about.case.patient_last)
        != (&other.case.patient_first, &other.case.patient_last)
    {
        printed.pages[0].text += &spoil(&text, printed.rate, dice);
    }
}
