//! The words before and behind a name that say who somebody is: the patient, the insured, a nurse, a lawyer, a son.

use super::text::words;

/// In what place a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The patient's.
    Patient,
    /// The insured's, who is the patient unless one is named besides.
    Insured,
    /// Somebody's who has to do with the patient, by profession or as kin.
    Other,
    /// Nothing says whose.
    Unsaid,
}

#[rustfmt::skip] // tables: packed, they can be taken in at a glance
const PATIENT: &[&str] = &[
    "patient", "patients", "pt", "pts", "resident", "beneficiary", "client", "clients", "claimant", "enrollee", "recipient", "re",
    "regarding", "decedent", "debtor", "veteran", "applicant", "plaintiff", "passenger", "injured", "concerning",
    "about", "behalf", "pertaining", "worker", "dependent", "for", "records", "estate", "subject", "individual",
    "represents", "representing", "retained", "examining", "transported", "evaluated", "examined", "saw", "certify",
];
#[rustfmt::skip]
const INSURED: &[&str] =
    &["member", "members", "subscriber", "subscribers", "insured", "insureds", "policyholder", "cardholder"];
/// Professions and parts that a label before a name says, or a title behind it.
#[rustfmt::skip]
const OTHER: &[&str] = &[
    "provider", "providers", "physician", "physicians", "doctor", "dr", "prescriber", "practitioner", "clinician", "nurse",
    "attending", "surgeon", "hospitalist", "pcp", "paramedic", "paramedics", "medic", "technician", "emt", "crew",
    "attendant", "driver", "dispatcher", "orderer", "ordering", "referring", "rendering", "consultant", "therapist",
    "pharmacist", "transcriptionist", "transcriber", "registrar", "representative", "rep", "guardian", "guarantor",
    "conservator", "surrogate", "poa", "agent", "proxy", "custodian", "executor", "executrix", "administrator", "trustee", "fiduciary",
    "attorney", "attorneys", "counsel", "counselor", "lawyer", "paralegal", "adjuster", "adjustor", "examiner", "investigator", "auditor",
    "reviewer", "analyst", "specialist", "coordinator", "manager", "supervisor", "director", "officer", "clerk", "biller", "secretary",
    "sender", "from", "cc", "attn", "attention", "defendant", "defendants", "tortfeasor", "respondent", "versus", "vs", "v",
    "against", "witness", "notary", "signer", "signed", "caller", "author", "by", "per", "contact", "contacts", "emergency", "kin",
    "payee", "employer", "owner", "operator", "spouse", "husband", "wife", "mother", "father", "mom", "dad", "parent", "parents",
    "son", "daughter", "brother", "sister", "uncle", "aunt", "nephew", "niece", "cousin", "grandson", "granddaughter", "caregiver",
    "grandmother", "grandfather", "stepson", "stepdaughter", "partner", "friend", "neighbor", "relative", "relationship",
    "landlord", "roommate", "tech", "scribe", "chaplain", "dietitian", "judge", "deponent", "interpreter", "recorder",
];
#[rustfmt::skip]
const KIN: &[&str] = &[
    "spouse", "husband", "husbands", "wife", "wifes", "mother", "mothers", "father", "fathers", "mom", "moms", "dad", "dads",
    "parent", "son", "sons", "daughter", "daughters", "brother", "brothers", "sister", "sisters", "uncle", "uncles", "aunt", "aunts",
    "nephew", "niece", "cousin", "grandson", "granddaughter", "grandmother", "grandfather", "stepson",
    "stepdaughter", "partner", "friend", "child", "childs", "ward", "neighbor", "late",
];
/// Letters behind the names of professionals, where they are capitals.
#[rustfmt::skip]
const CREDENTIALS: &[&str] = &[
    "RN", "BSN", "MSN", "LPN", "LVN", "CNA", "MD", "DO", "PA", "PAC", "NP", "FNP", "APRN", "ARNP", "CRNP", "DNP", "CNS", "CRNA",
    "CNM", "EMT", "EMTP", "EMTB", "AEMT", "NRP", "NREMT", "LCSW", "LSW", "MSW", "RRT", "CRT", "PHARMD", "RPH", "DPM", "DDS", "DMD", "PHD", "PSYD",
    "JD", "ESQ", "ESQUIRE", "CPA", "RHIT", "RHIA", "HIM", "DPT", "CPC", "CCM", "MHA", "MBBS", "FACEP",
];
/// Words between a label and the name.
const FILLERS: &[&str] = &[
    "name",
    "names",
    "of",
    "the",
    "our",
    "your",
    "is",
    "mr",
    "mrs",
    "ms",
    "miss",
    "s",
    "last",
    "first",
    "mi",
    "full",
    "printed",
    "print",
    "signature",
    "late",
    "to",
    "a",
    "one",
    "this",
];
/// Before `to` these say that the patient follows.
const RENDERED: &[&str] = &[
    "provided",
    "rendered",
    "furnished",
    "services",
    "service",
    "transport",
    "care",
    "given",
    "relating",
    "related",
    "pertaining",
    "issued",
    "happened",
];
/// How far before a name its label begins.
const REACH: usize = 5;

/// What the words before a name say of it; the nearest counts.
pub(super) fn before(text: &str) -> Option<Standing> {
    let text = words(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let from = words.len().saturating_sub(REACH);
    for at in (from..words.len()).rev() {
        let (word, earlier) = (words[at], at.checked_sub(1).map(|i| words[i]));
        if word == "to" {
            let rendered = earlier.is_some_and(|w| RENDERED.contains(&w));
            return Some(if rendered { Standing::Patient } else { Standing::Other });
        }
        if word == "of" && earlier.is_some_and(|w| matches!(w, "care" | "office" | "offices" | "firm")) {
            return Some(Standing::Other);
        }
        if FILLERS.contains(&word) {
            continue;
        }
        if KIN.contains(&word) && earlier.is_some_and(|w| matches!(w, "my" | "our" | "late" | "a" | "minor"))
        {
            return Some(Standing::Patient);
        }
        return of_word(word, &words[from..at]);
    }
    None
}

fn of_word(word: &str, earlier: &[&str]) -> Option<Standing> {
    // `Insured patient` is the patient, `insured driver` is not, nor `patient representative`.
    if OTHER.contains(&word) {
        return Some(Standing::Other);
    }
    if PATIENT.contains(&word) {
        // `Mother of patient`, `question for`: somebody who has to do with the patient.
        let about = earlier.iter().rev().find(|w| !FILLERS.contains(w));
        let kin =
            about.is_some_and(|w| KIN.contains(w) || matches!(*w, "question" | "questions" | "attention"));
        return Some(if kin { Standing::Other } else { Standing::Patient });
    }
    if INSURED.contains(&word) {
        let kin = earlier.last().is_some_and(|w| KIN.contains(w));
        return Some(if kin { Standing::Other } else { Standing::Insured });
    }
    None
}

/// Whether the words behind a name say that its bearer is not the patient.
pub(super) fn is_other_behind(text: &str) -> bool {
    let tokens: Vec<&str> = text.split_whitespace().take(4).collect();
    let credential = |t: &&str| {
        let plain: String = t.chars().filter(|c| c.is_alphanumeric()).collect();
        CREDENTIALS.contains(&plain.as_str())
            || t.split('-').next().is_some_and(|h| matches!(h, "EMT" | "PA" | "RN"))
            || matches!(plain.as_str(), "Esq" | "Esquire")
    };
    if tokens.iter().take(2).any(credential) {
        return true;
    }
    // `, claims examiner`, `(son)`, `- Attorney at Law`: set off from the name, or directly behind it.
    let text = words(text);
    let mut behind = text.split_whitespace().take(4);
    let role = |w: &str| {
        OTHER.contains(&w)
            && !matches!(
                w,
                "by" | "per"
                    | "from"
                    | "v"
                    | "vs"
                    | "versus"
                    | "against"
                    | "signed"
                    | "contact"
                    | "emergency"
                    | "attending"
            )
    };
    let first = behind.next().unwrap_or_default();
    role(first)
        || text.starts_with(" as ") && behind.clone().any(role)
        || tokens_set_off(&tokens) && behind.take(2).any(role)
}

fn tokens_set_off(tokens: &[&str]) -> bool {
    tokens.first().is_some_and(|t| t.starts_with([',', '(', '-', '\u{2013}', '\u{2014}', '/', '|']))
}

/// Whether a row of its own below a name is the title of its bearer: `Claims Examiner`, `Attorney at Law`.
pub(super) fn is_title(row: &str) -> bool {
    let text = words(row);
    let words: Vec<&str> = text.split_whitespace().collect();
    let lawyer = text.contains(" at law ");
    let last = words.last().copied().unwrap_or_default();
    #[rustfmt::skip]
    let title = matches!(last, "examiner" | "adjuster" | "adjustor" | "nurse" | "paramedic" | "specialist" | "director" | "manager"
        | "coordinator" | "supervisor" | "counsel" | "auditor" | "reviewer" | "analyst" | "clerk" | "officer" | "executor"
        | "executrix" | "defendant" | "paralegal" | "poa" | "son" | "daughter" | "wife" | "husband" | "brother" | "sister"
        | "investigator" | "biller" | "secretary" | "practitioner" | "technician");
    (1..=5).contains(&words.len()) && !row.contains(':') && (lawyer || title)
}

/// Whether a page speaks of a relative's or another's affair.
pub(super) fn speaks_for_another(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).any(|w| matches!(w[0], "my" | "our" | "his" | "her" | "late") && KIN.contains(&w[1]))
        || [
            " on behalf of ",
            " power of attorney ",
            " his bill ",
            " her bill ",
            " their bill ",
            " passed away ",
            " estate of ",
        ]
        .iter()
        .any(|p| text.contains(p))
}

/// Whether a page speaks of the writer's own trip or bill.
pub(super) fn speaks_of_oneself(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    #[rustfmt::skip]
    const OWN: &[&str] = &[
        "bill", "bills", "ambulance", "trip", "ride", "transport", "account", "statement", "claim", "invoice", "birthday", "dob",
        "balance", "charge", "charges", "insurance", "date", "medicare", "medicaid", "policy", "case", "debt", "payment",
    ];
    let mine = |w: &[&str]| w[0] == "my" && w[1..].iter().any(|x| OWN.contains(x));
    words.windows(4).any(mine)
        || [
            " charged me ",
            " billed me ",
            " took me ",
            " i was taken ",
            " i was transported ",
            " i rode ",
            " picked me up ",
            " brought me ",
            " transported me ",
            " sent me ",
        ]
        .iter()
        .any(|p| text.contains(p))
}

/// A word, in capitals, of the tables above.
pub(super) fn is_role(word: &str) -> bool {
    let word = word.to_lowercase();
    [OTHER, PATIENT, INSURED, KIN].iter().any(|t| t.contains(&word.as_str()))
}
