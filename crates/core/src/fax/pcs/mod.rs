//! The check list of a physician certification statement: who signed, as what, when, and whether that covers the
//! transport.
//!
//! Source: 42 CFR 410.40(e). A one-time certification may be signed by the attending physician or, where he cannot, by
//! another professional who knows the patient, at the latest 48 hours after the transport. A certification of scheduled,
//! repetitive transports is the attending physician's alone, and is dated at most 60 days before a transport.

mod dates;
mod signer;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::phrases;
use super::text::PageText;

/// What a certification is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PcsKind {
    OneTime,
    Repetitive,
}

/// As what somebody signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// Doctor of medicine or osteopathy.
    Physician,
    PhysicianAssistant,
    NursePractitioner,
    ClinicalNurseSpecialist,
    RegisteredNurse,
    LicensedPracticalNurse,
    SocialWorker,
    CaseManager,
    DischargePlanner,
}

/// What was found on a certification; nothing found is no proof that it is missing on paper. Holds no name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PcsChecklist {
    pub kind: Option<PcsKind>,
    /// A name in writing or print where one signs.
    pub signer_found: bool,
    pub credential: Option<Credential>,
    /// Whether one with this credential may sign a certification of this kind.
    pub credential_suffices: Option<bool>,
    pub date_signed: Option<NaiveDate>,
    /// The first day of a period.
    pub transport_date: Option<NaiveDate>,
    /// The last day of a period.
    pub transport_through: Option<NaiveDate>,
    /// `None` where a date is not found.
    pub transport_date_in_validity: Option<bool>,
}

impl PcsChecklist {
    /// Everything that a claim needs was found.
    pub fn is_complete(&self) -> bool {
        self.signer_found
            && self.credential_suffices == Some(true)
            && self.transport_date_in_validity == Some(true)
    }
}

/// Days that the physician's signature on a repetitive certification lasts.
const REPETITIVE_DAYS: u64 = 60;
/// Days after a transport within which a one-time certification is signed.
const LATE_DAYS: u64 = 2;

const REPETITIVE: &[&str] = &[
    "repetitive",
    "repetitive patient",
    "scheduled repetitive",
    "repetitive scheduled",
    "recurring",
    "standing order",
];
const ONE_TIME: &[&str] = &[
    "one time",
    "single trip",
    "single transport",
    "non repetitive",
    "nonrepetitive",
    "one way",
    "unscheduled",
];

pub(super) fn phrases() -> impl Iterator<Item = &'static str> {
    REPETITIVE.iter().chain(ONE_TIME).copied().chain(dates::phrases()).chain(signer::phrases())
}

/// Reads the check list off the pages of one certification.
pub(super) fn check(pages: &[PageText]) -> PcsChecklist {
    let body = pages.iter().map(PageText::body).collect::<Vec<_>>().join("\n");
    let dates = dates::read(&body);
    let signer = signer::read(&body);
    let kind = kind(&body, &dates);
    PcsChecklist {
        kind,
        signer_found: signer.found,
        credential: signer.credential,
        credential_suffices: signer.credential.and_then(|c| Some(suffices(c, kind?))),
        date_signed: dates.signed,
        transport_date: dates.transport,
        transport_through: dates.through,
        transport_date_in_validity: in_validity(kind, &dates),
    }
}

fn kind(body: &str, dates: &dates::Dates) -> Option<PcsKind> {
    let marked = |words: &[&str]| body.lines().any(|l| words.iter().any(|w| signer::is_marked(l, w)));
    let found = phrases::find(body);
    match (found.any(REPETITIVE) || marked(REPETITIVE), found.any(ONE_TIME) || marked(ONE_TIME)) {
        _ if marked(REPETITIVE) != marked(ONE_TIME) => {
            Some(if marked(REPETITIVE) { PcsKind::Repetitive } else { PcsKind::OneTime })
        }
        _ if dates.through.is_some() => Some(PcsKind::Repetitive),
        (true, false) => Some(PcsKind::Repetitive),
        (false, _) => dates.transport.map(|_| PcsKind::OneTime),
        (true, true) => None,
    }
}

fn suffices(credential: Credential, kind: PcsKind) -> bool {
    kind == PcsKind::OneTime || credential == Credential::Physician
}

fn in_validity(kind: Option<PcsKind>, dates: &dates::Dates) -> Option<bool> {
    let (signed, first) = (dates.signed?, dates.transport?);
    let last = dates.through.unwrap_or(first);
    let until = |days| signed.checked_add_days(Days::new(days));
    Some(match kind? {
        PcsKind::Repetitive => signed <= first && last <= until(REPETITIVE_DAYS)?,
        PcsKind::OneTime => {
            let latest = first.checked_add_days(Days::new(LATE_DAYS))?;
            signed <= latest && first <= until(REPETITIVE_DAYS)?
        }
    })
}

#[cfg(test)]
mod tests;
