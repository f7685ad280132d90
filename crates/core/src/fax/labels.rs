//! The words beside which faxes print dates and names, and what each says of its value.

use super::glyphs::{edits, folded, is_near_word};
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
    ("insured date of birth", OtherBirth), ("insureds date of birth", OtherBirth), ("dob", Birth), ("d0b", Birth), ("d08", Birth), ("do8", Birth),
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
    ("loss date", Service), ("injury date", Service), ("encounter date", Service), ("date of encounter", Service),
    ("svc date", Service), ("transported on", Service), ("date transported", Service), ("pickup date", Service),
    ("pick up date", Service), ("orig admit", Paper), ("orig admit date", Paper), ("orig adm", Paper),
    ("orig adm date", Paper), ("orig admission", Paper), ("orig admission date", Paper), ("original adm", Paper),
    ("original adm date", Paper), ("original admit date", Paper), ("original admission date", Paper),
    ("originally admitted", Paper), ("initial admission", Paper), ("initial admission date", Paper),
    ("initial admit", Paper), ("initial admit date", Paper), ("first admitted", Paper), ("move in date", Paper),
    ("date of death", Paper), ("death date", Paper), ("date deceased", Paper), ("deceased", Paper),
    ("effective date", Paper), ("eff", Paper), ("eff dt", Paper), ("coverage begins", Paper),
    ("coverage began", Paper), ("entitlement date", Paper), ("member since", Paper), ("hire date", Paper),
    ("date of hire", Paper), ("termination date", Paper), ("term date", Paper),
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

/// Words directly before a date, or before an `on` there, that make it no day of a trip: of a death, a limit, a letter.
#[rustfmt::skip]
const PAPER_BEFORE: &[&str] = &[
    "death", "died", "passed away", "deceased", "exhausted", "limit was reached", "limit was met", "logged", "mailed",
    "postmarked", "opened", "closed", "enrolled", "hired", "entitled", "terminated", "termed", "letter of",
    "invoice of", "email of", "fax of", "letter from", "active since", "eligible since", "covered since", "since",
    "dispute", "appeal", "complaint", "grievance", "inquiry",
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
    "name nombre", "notice for", "injured party", "insured patient", "injured person", "injured passenger", "injured worker", "injured employee",
    "passenger", "veteran", "veteran name", "claimant name", "participant", "participant name",
];
/// Labels that may mean somebody else, as in the box of an emergency contact.
const NAME_LABELS: &[&str] = &["name", "full name", "last first"];

/// Labels of the number under which a payer knows the patient.
#[rustfmt::skip]
const MEMBER_LABELS: &[&str] = &[
    "member id", "member number", "member no", "medicare number", "medicare id", "medicaid id",
    "medicaid number", "mbi", "hicn", "subscriber id", "subscriber number", "insured id", "policy member id",
    "policy number", "policy", "policy id", "beneficiary id", "beneficiary number", "recipient id", "insurance id",
    "id number", "enrollee id", "member", "claimant id",
];

/// The keyword that ends nearest to the end of a text; of two that end there, the longer. Without one, a keyword that
/// OCR may have misread, if it is the last thing of the text.
pub(super) fn kind_of(label: &str) -> Option<Kind> {
    let text = mended_births(&words(label));
    if ends_as_paper(&text) {
        return Some(Paper);
    }
    KEYWORDS
        .iter()
        .filter_map(|(word, kind)| {
            let at = text.rfind(&format!(" {word} "))?;
            Some((at + word.len(), word.len(), *kind))
        })
        .max_by_key(|(end, length, _)| (*end, *length))
        .map(|(_, _, kind)| kind)
        .or_else(|| misread_kind(&text))
}

/// Whether the words are the last before a date that is no day of a trip.
pub(super) fn ends_as_paper(label: &str) -> bool {
    let text = words(label);
    let text = text.trim();
    let text = text.strip_suffix(" on").unwrap_or(text);
    PAPER_BEFORE.iter().any(|p| text == *p || text.ends_with(&format!(" {p}")))
}

/// Whether a text ends with a part of Medicare, behind which a card prints since when it is held.
pub(super) fn ends_with_part(label: &str) -> bool {
    ["part a", "part b", "part c", "part d"].iter().any(|p| words(label).trim().ends_with(p))
}

fn misread_kind(text: &str) -> Option<Kind> {
    let text: Vec<&str> = text.split_whitespace().collect();
    let ends_so = |keyword: &str| {
        let keyword: Vec<&str> = keyword.split(' ').collect();
        text.len() >= keyword.len() && is_misread(&text[text.len() - keyword.len()..], &keyword)
    };
    let longest = KEYWORDS.iter().filter(|(k, _)| ends_so(k)).max_by_key(|(k, _)| k.len());
    let torn = || KEYWORDS.iter().filter(|(k, _)| ends_torn(&text, k)).max_by_key(|(k, _)| k.len());
    longest.or_else(torn).map(|(_, kind)| *kind)
}

/// The text with what OCR makes of `dob` set right: `0OB`, `D0B`, `QO8`. `OOB` is a word of its own.
fn mended_births(text: &str) -> String {
    let is_dob =
        |w: &str| w != "oob" && w.len() == 3 && folded(w) == "008" && w.chars().any(char::is_alphabetic);
    let mut out = String::from(" ");
    for word in text.split_whitespace() {
        out.push_str(if is_dob(word) { "dob" } else { word });
        out.push(' ');
    }
    out
}

/// Whether the words end with a label of a date of birth.
pub(super) fn ends_with_birth(text: &[&str]) -> bool {
    let from = text.len().saturating_sub(5);
    let tail = mended_births(&text[from..].join(" "));
    let ends = |k: &&(&str, Kind)| tail.ends_with(&format!(" {} ", k.0));
    match KEYWORDS.iter().filter(ends).max_by_key(|(k, _)| k.len()) {
        Some((_, kind)) => *kind == Birth,
        None => misread_kind(&tail) == Some(Birth),
    }
}

/// One letter apart, as it stands or with all that OCR confuses made equal.
fn is_one_apart(a: &str, b: &str) -> bool {
    edits(a, b, 1) <= 1 || edits(&folded(a), &folded(b), 1) <= 1
}

/// Whether the words end with a long label whose blanks OCR lost or added, with a letter wrong besides; two in the
/// longest.
fn ends_torn(text: &[&str], label: &str) -> bool {
    let label: String = label.split(' ').collect();
    let most = match label.len() {
        0..9 => return false,
        9..12 => 1,
        _ => 2,
    };
    let label = folded(&label);
    (1..=text.len().min(6)).any(|n| {
        let tail: String = text[text.len() - n..].concat();
        tail.len().abs_diff(label.len()) <= 3 && edits(&folded(&tail), &label, most) <= most
    })
}

/// Word by word the same, but that OCR may have misread a letter in a long one.
fn is_misread(text: &[&str], label: &[&str]) -> bool {
    text.len() == label.len()
        && text.iter().zip(label).all(|(t, l)| t == l || l.len() >= 5 && is_near_word(t, l))
}

/// Whether a label means the patient (`true`) or perhaps somebody else; `None` if it is no name label.
pub(super) fn label_kind(label: &str) -> Option<bool> {
    let text = words(label);
    let text: Vec<&str> = text.split_whitespace().collect();
    if text.is_empty() || text.len() > 6 {
        return None;
    }
    let among = |labels: &[&str]| labels.iter().any(|l| is_misread(&text, &l.split(' ').collect::<Vec<_>>()));
    let whole = text.concat();
    let torn = |l: &&str| l.len() >= 9 && is_one_apart(&whole, &l.replace(' ', ""));
    if among(PATIENT_LABELS) || PATIENT_LABELS.iter().any(torn) {
        return Some(true);
    }
    among(NAME_LABELS).then_some(false)
}

/// Whether `patient name` or the like, perhaps torn or misread, stands within a text.
pub(super) fn holds_patient_label(text: &str) -> bool {
    let text = words(text);
    let text: Vec<&str> = text.split_whitespace().collect();
    let whole = |n: usize, at: usize| text.get(at..at + n).map(<[&str]>::concat);
    let is_label = |whole: String| {
        whole.len() >= 10 && ["patientname", "membername"].iter().any(|l| is_one_apart(&whole, l))
    };
    let begins = text.first().is_some_and(|w| is_one_apart(w, "patient"));
    begins || (0..text.len()).any(|at| (1..=3).filter_map(|n| whole(n, at)).any(is_label))
}

/// Labels of a number under which somebody keeps this bill.
#[rustfmt::skip]
const BILL_LABELS: &[&str] = &[
    "claim", "claim number", "claim no", "claim id", "claim control number", "icn", "statement", "statement number",
    "statement no", "statement id", "stmt", "case", "case no", "case number", "run", "run no", "run number",
    "account", "account no", "account number", "acct", "acct no",
];

/// What an id is, by its label.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IdKind {
    Member,
    Bill,
}

/// The id label that a text ends with; the longer, where two do.
pub(super) fn id_label(text: &str) -> Option<IdKind> {
    let text = words(text);
    let text: Vec<&str> = text.split_whitespace().filter(|w| *w != "is").collect();
    let longest = |labels: &[&str]| {
        let ends_so = |l: &&&str| {
            let label: Vec<&str> = l.split(' ').collect();
            text.len() >= label.len() && is_misread(&text[text.len() - label.len()..], &label)
                || ends_torn(&text, l)
        };
        labels.iter().filter(ends_so).map(|l| l.len()).max()
    };
    match (longest(MEMBER_LABELS), longest(BILL_LABELS)) {
        (None, None) => None,
        (member, bill) if member >= bill => Some(IdKind::Member),
        _ => Some(IdKind::Bill),
    }
}
