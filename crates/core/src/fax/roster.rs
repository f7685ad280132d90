//! The agency's cases, which faxes are matched against.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{CaseId, TenantId};

/// One case (one trip of one patient). An empty text means that the roster does not know it.
///
/// Dates are `YYYY-MM-DD`. The formats of the ids are the agency's own; no rule here knows them. `Debug` shows the
/// case id only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub case_id: CaseId,
    pub tenant_id: TenantId,
    #[serde(default)]
    pub case_number: String,
    #[serde(default)]
    pub statement_id: String,
    #[serde(default)]
    pub run_number: String,
    #[serde(default)]
    pub patient_last: String,
    #[serde(default)]
    pub patient_first: String,
    #[serde(default)]
    pub patient_middle: String,
    #[serde(default)]
    pub patient_suffix: String,
    #[serde(default)]
    pub patient_dob: String,
    #[serde(default)]
    pub sex: String,
    #[serde(default)]
    pub date_of_service: String,
    #[serde(default)]
    pub payer: String,
    #[serde(default)]
    pub member_id: String,
    #[serde(default)]
    pub payer_claim_number: String,
    #[serde(default)]
    pub pickup_facility: String,
    #[serde(default)]
    pub destination_facility: String,
    #[serde(default)]
    pub hcpcs: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub city: String,
    #[serde(default)]
    pub state: String,
    #[serde(default)]
    pub zip: String,
    #[serde(default)]
    pub phone: String,
}

impl Case {
    /// A case of which nothing but its id and agency is known.
    pub fn new(case_id: CaseId, tenant_id: TenantId) -> Self {
        let empty = String::new;
        Self {
            case_id,
            tenant_id,
            case_number: empty(),
            statement_id: empty(),
            run_number: empty(),
            patient_last: empty(),
            patient_first: empty(),
            patient_middle: empty(),
            patient_suffix: empty(),
            patient_dob: empty(),
            sex: empty(),
            date_of_service: empty(),
            payer: empty(),
            member_id: empty(),
            payer_claim_number: empty(),
            pickup_facility: empty(),
            destination_facility: empty(),
            hcpcs: empty(),
            address: empty(),
            city: empty(),
            state: empty(),
            zip: empty(),
            phone: empty(),
        }
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Case({})", self.case_id)
    }
}
