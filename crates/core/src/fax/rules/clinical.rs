//! Papers from the bedside: face sheets, certifications, records, signatures.

use super::{Rule, any, head};

#[rustfmt::skip] // a table: packed, it can be taken in at a glance
pub(super) const FACESHEET: &[Rule] = &[
    head("face sheet", 10), head("facesheet", 10), head("admission record", 8),
    head("patient registration", 8), head("registration form", 7), head("registration record", 7),
    head("quick registration", 8), head("demographic*", 7), head("patient information sheet", 8),
    head("patient info sheet", 8), head("patient information form", 7), head("patient profile", 6),
    head("resident profile", 7), head("resident information", 6), head("client profile", 5),
    head("admission form", 6), head("admission summary", 4), head("inpatient registration", 6),
    any("guarantor", 3), any("next of kin", 3), any("emergency contact", 3), any("notify in emergency", 3),
    any("marital status", 3), any("religion", 2), any("attending", 1), any("attending physician", 1),
    any("admit date", 2), any("admit date time", 2), any("admission date", 2), any("admit type", 3),
    any("admitting dx", 3), any("admitting diagnosis", 3), any("adm dx", 3), any("med rec", 2), any("mrn", 1),
    any("mr", 1), any("employer", 1), any("race", 1), any("financial class", 3), any("primary insurance", 2),
    any("secondary insurance", 2), any("responsible party", 3), any("code status", 2),
    any("advance directive", 2), any("mode of arrival", 2), any("arrived by", 2), any("preferred name", 2),
    any("room bed", 2), any("home phone", 1), any("primary care physician", 1), any("pcp", 1),
    any("contacts", 1), any("payers", 1), any("ssn", 1), any("original admit", 2), any("poa", 1),
    any("discharge summary", -6), any("hospital course", -6), any("please send", -4),
    any("physician certification statement", -4), any("this card", -4), any("eligibility", -3),
];

#[rustfmt::skip] // a table: packed, it can be taken in at a glance
pub(super) const PCS: &[Rule] = &[
    head("physician certification statement", 10), head("physicians certification statement", 10),
    head("physician certification", 7), head("provider certification statement", 9),
    head("certificate of medical necessity", 10), head("certification of medical necessity", 10),
    head("statement of medical necessity", 9), head("letter of medical necessity", 9),
    head("medical necessity certification", 9), head("medical necessity form", 8),
    head("medical necessity statement", 8), head("pcs", 4), head("cmn", 4), head("physician order", 4),
    head("physicians order", 4), head("repetitive patient", 3), any("medical necessity questionnaire", 5),
    any("bed confined", 4), any("any other means of transport*", 3), any("other means of transport*", 2),
    any("wheelchair van", 3), any("42 cfr 410 40*", 3), any("certifies that", 3), any("i certify that", 2),
    any("certifies medical necessity", 5), any("hereby certify", 2), any("signature of physician", 4),
    any("physician signature", 3), any("attending physician signature", 4),
    any("transport by ambulance is medically necessary", 5), any("was medically necessary", 3),
    any("medically necessary", 1), any("unable to sit", 2), any("sit in a chair", 3),
    any("get up without help", 2), any("get up from bed", 2), any("continuous oxygen", 2),
    any("ventilator dependent", 2), any("decubitus", 2), any("contractures", 2), any("discharge planner", 3),
    any("credentials", 1), any("under my care", 3), any("stretcher", 1), any("this certification", 3),
    any("reason ambulance is required", 4), any("non emergency ambulance transport*", 2), any("60 days", 1),
    any("requires cardiac monitoring", 1), any("attending or designee", 2), any("please send", -6),
    any("redetermination", -6), any("denied", -4), any("request is denied", -6),
    any("additional documentation", -5), any("agreement", -5), any("prior authorization", -5),
    any("prior authorization request", -4), any("explanation of", -4), any("insurance sent me", -6),
    any("adverse", -5),
];

#[rustfmt::skip] // a table: packed, it can be taken in at a glance
pub(super) const RECORD: &[Rule] = &[
    head("patient care report", 10), head("prehospital care report", 10),
    head("pre hospital care report", 10), head("patient care record", 9), head("ambulance run report", 9),
    head("run report", 6), head("run sheet", 5), head("trip report", 4), head("incident report", 3),
    head("discharge summary", 10), head("progress note*", 8), head("nursing note*", 9),
    head("nurses note*", 9), head("nursing progress notes", 4), head("history and physical", 10),
    head("consultation", 5), head("operative report", 9), head("emergency department note", 9),
    head("ed provider note*", 10), head("ed physician note*", 10), head("physician note*", 7),
    head("emergency department record", 8), head("triage note*", 7),
    head("medication administration record", 10), head("mar", 4), head("transfer summary", 7),
    head("radiology report", 8), head("laboratory report", 8), head("lab results", 7),
    head("therapy notes", 7), head("treatment record", 5), head("dialysis treatment", 6),
    any("hospital course", 5), any("history of present illness", 5), any("hpi", 2), any("physical exam*", 3),
    any("review of systems", 3), any("assessment and plan", 4), any("chief complaint", 3),
    any("vital signs", 2), any("vitals", 2), any("vs stable", 3), any("narrative", 1), any("spo2", 3),
    any("gcs", 3), any("bp", 1), any("dispatched", 2), any("on scene", 2), any("at patient", 1),
    any("pt found", 3), any("patient found", 2), any("loaded mileage", 2), any("md notified", 3),
    any("medications", 1), any("allergies", 1), any("disposition", 1), any("dictated", 3),
    any("electronically signed", 2), any("impression", 1), any("moved to stretcher", 2), any("dose", 1),
    any("route", 1), any("discharge diagnosis", 3), any("condition on discharge", 2), any("order", 1),
    any("arrive dest", 2), any("please send", -6), any("subpoena", -8), any("request", -2),
    any("our client", -6), any("certify that", -3), any("guarantor", -3), any("authorize", -3),
];

#[rustfmt::skip] // a table: packed, it can be taken in at a glance
pub(super) const SIGNATURE: &[Rule] = &[
    head("assignment of benefits", 9), head("billing authorization", 9), head("authorization for billing", 9),
    head("authorization to bill", 9), head("signature form", 7), head("signature authorization", 8),
    head("signature on file", 6), head("lifetime signature", 8), head("beneficiary signature", 7),
    head("privacy acknowledg*", 5), head("acknowledgement of receipt of", 2), head("patient signature", 3),
    head("consent to bill*", 6), head("crew signature", 6), any("request that payment of authorized", 6),
    any("payment of authorized medicare", 3), any("assign", 2), any("i assign", 3), any("hereby assign*", 4),
    any("assign all rights", 3), any("lifetime signature on file", 3), any("42 cfr 424 36*", 5),
    any("424 36", 3), any("authorized representative", 2), any("unable to sign", 3), any("cannot sign", 3),
    any("reason unable to sign", 3), any("incapable of signing", 4), any("crew member statement", 4),
    any("receiving facility", 2), any("receiving facility representative", 3),
    any("financially responsible", 3), any("representative signature", 3),
    any("beneficiary or representative", 3), any("submission of a claim", 4), any("authorize submission", 3),
    any("as valid as the original", 2), any("pay the provider directly", 4), any("insurer to pay", 3),
    any("benefits payable", 3), any("benefits be made", 3), any("by signing", 2), any("witness", 1),
    any("relationship", 1), any("notice of privacy practices", 2), any("reason the patient", 1),
    any("on my behalf", 2), any("to disclose", -4), any("authorization for release", -8),
    any("release of protected health information", -8), any("agreement is entered", -8),
    any("medical necessity", -4), any("eft", -3), any("please send the", -5),
    any("documentation request", -8), any("denied", -4), any("guarantor", -4),
];
