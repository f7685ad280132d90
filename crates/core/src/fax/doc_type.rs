//! The sixteen kinds of document an ambulance billing agency receives by fax.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One label per document, by what a biller does next with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocType {
    /// Registration sheet of a hospital or nursing home.
    Facesheet,
    /// Physician certification statement, certificate of medical necessity.
    Pcs,
    /// Copy of a card, or an eligibility answer: proof of coverage.
    InsuranceCard,
    /// Signature that authorizes billing.
    Signature,
    /// First decision of a payer not to pay a claim.
    DenialLetter,
    /// Answer to an appeal we filed.
    AppealResponse,
    /// Explanation of benefits or payment for one patient.
    Eob,
    /// Payment statement over several patients; never attached to a case.
    RemittanceAdvice,
    /// Prior authorization: request, approval or refusal before billing.
    Auth,
    /// Medical documentation: run sheet, notes, discharge summary.
    ClinicalRecord,
    /// Somebody asks us for records, without a court.
    RecordsRequest,
    /// Attorney, subpoena, lien, bankruptcy, probate.
    Legal,
    /// From the patient or the family.
    PatientCorrespondence,
    /// Undeliverable mail, address change notice.
    ReturnedMail,
    /// Business papers with a facility, payer or vendor; no patient.
    FacilityBusiness,
    /// Advertising, memos, misdirected and blank faxes, a cover sheet alone.
    Other,
}

impl DocType {
    pub const ALL: [DocType; 16] = [
        DocType::Facesheet,
        DocType::Pcs,
        DocType::InsuranceCard,
        DocType::Signature,
        DocType::DenialLetter,
        DocType::AppealResponse,
        DocType::Eob,
        DocType::RemittanceAdvice,
        DocType::Auth,
        DocType::ClinicalRecord,
        DocType::RecordsRequest,
        DocType::Legal,
        DocType::PatientCorrespondence,
        DocType::ReturnedMail,
        DocType::FacilityBusiness,
        DocType::Other,
    ];

    /// The name in `fax_documents.doc_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            DocType::Facesheet => "facesheet",
            DocType::Pcs => "pcs",
            DocType::InsuranceCard => "insurance_card",
            DocType::Signature => "signature",
            DocType::DenialLetter => "denial_letter",
            DocType::AppealResponse => "appeal_response",
            DocType::Eob => "eob",
            DocType::RemittanceAdvice => "remittance_advice",
            DocType::Auth => "auth",
            DocType::ClinicalRecord => "clinical_record",
            DocType::RecordsRequest => "records_request",
            DocType::Legal => "legal",
            DocType::PatientCorrespondence => "patient_correspondence",
            DocType::ReturnedMail => "returned_mail",
            DocType::FacilityBusiness => "facility_business",
            DocType::Other => "other",
        }
    }

    /// `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == text)
    }

    /// Papers that concern no single patient: filed as a whole, never attached to a case.
    pub fn is_without_patient(self) -> bool {
        matches!(self, DocType::RemittanceAdvice | DocType::FacilityBusiness | DocType::Other)
    }
}

impl fmt::Display for DocType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
