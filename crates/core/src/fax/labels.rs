//! The words beside which faxes print dates and names, and what each says of its value.

use super::text::words;

/// What a date is, by its label.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Birth,
    /// Of an insured or guarantor, who may be somebody else.
    OtherBirth,
    Service,
    /// Of a letter, a print, a receipt, a period: no day of a trip.
    Paper,
}

use Kind::{Birth, OtherBirth, Paper, Service};

#[rustfmt::skip] // a table: packed, it can be taken in at a glance
const KEYWORDS: &[(&str, Kind)] = &[
    ("subscriber dob", OtherBirth), ("insured dob", OtherBirth), ("guarantor dob", OtherBirth),
    ("spouse dob", OtherBirth), ("subscriber date of birth", OtherBirth),
    ("insured date of birth", OtherBirth), ("insureds date of birth", OtherBirth), ("dob", Birth),
    ("d o b", Birth), ("birth", Birth), ("birthdate", Birth), ("born", Birth), ("bdate", Birth),
    ("date of service", Service), ("dates of service", Service), ("date s of service", Service),
    ("dos", Service), ("service date", Service), ("service dates", Service), ("serv date", Service),
    ("date of transport", Service), ("transport date", Service), ("trip date", Service),
    ("date of trip", Service), ("date of incident", Service), ("date of accident", Service),
    ("date of loss", Service), ("date of injury", Service), ("incident date", Service),
    ("accident date", Service), ("admit", Service), ("adm", Service), ("admit date", Service),
    ("admission date", Service), ("admit date time", Service), ("admitted", Service), ("arrival", Service),
    ("arrival date", Service), ("date of treatment", Service), ("date s of treatment", Service),
    ("planned date", Service), ("call date", Service), ("service", Service),
    ("services on or about", Service), ("ride on", Service), ("ride was", Service), ("discharged", Service),
    ("run date", Paper), ("print date", Paper), ("printed", Paper), ("printed by", Paper),
    ("received", Paper), ("received your appeal on", Paper), ("faxed", Paper), ("sent", Paper),
    ("notice date", Paper), ("date of notice", Paper), ("date of this notice", Paper), ("notice", Paper),
    ("letter date", Paper), ("date of letter", Paper), ("processed", Paper), ("issued", Paper),
    ("paid", Paper), ("payment date", Paper), ("check date", Paper), ("signed", Paper),
    ("date signed", Paper), ("signature", Paper), ("due", Paper), ("due date", Paper), ("filed", Paper),
    ("date filed", Paper), ("effective", Paper), ("eff date", Paper), ("expires", Paper),
    ("expiration", Paper), ("through", Paper), ("thru", Paper), ("period", Paper),
    ("authorization period", Paper), ("valid to", Paper), ("valid through", Paper),
    ("coverage starts", Paper), ("coverage", Paper), ("onset", Paper), ("original admit", Paper),
    ("original admission", Paper), ("between", Paper), ("updated", Paper), ("revised", Paper), ("rev", Paper),
    ("term", Paper), ("by", Paper), ("before", Paper), ("until", Paper), ("copy", Paper),
    ("transaction", Paper), ("workstation", Paper), ("dated", Paper),
];

/// Words that join two dates of one range, which then share a label.
pub(super) const JOINS: &[&str] = &["", "to", "and", "through", "thru", "from to"];
/// Labels that mean the patient.
#[rustfmt::skip]
const PATIENT_LABELS: &[&str] = &[
    "patient", "patient name", "patients name", "name of patient", "pt", "pt name", "resident",
    "resident name", "beneficiary", "beneficiary name", "member", "member name", "recipient",
    "recipient name", "enrollee", "enrollee name", "client", "client name", "our client", "debtor",
    "applicant", "applicant name", "claimant", "decedent", "re patient", "re recipient", "re member",
    "re client", "re beneficiary", "patient name last first mi", "name of beneficiary", "name of member",
    "name nombre", "notice for", "injured party", "insured patient",
];
/// Labels that may mean somebody else, as in the box of an emergency contact.
const NAME_LABELS: &[&str] = &["name", "full name", "last first"];

/// The keyword that ends nearest to the end of a text; of two that end there, the longer.
pub(super) fn kind_of(label: &str) -> Option<Kind> {
    let text = words(label);
    KEYWORDS
        .iter()
        .filter_map(|(word, kind)| {
            let at = text.rfind(&format!(" {word} "))?;
            Some((at + word.len(), word.len(), *kind))
        })
        .max_by_key(|(end, length, _)| (*end, *length))
        .map(|(_, _, kind)| kind)
}

/// Whether a label means the patient (`true`) or perhaps somebody else; `None` if it is no name label.
pub(super) fn label_kind(label: &str) -> Option<bool> {
    let text = words(label);
    let text = text.trim();
    if PATIENT_LABELS.contains(&text) {
        return Some(true);
    }
    NAME_LABELS.contains(&text).then_some(false)
}
