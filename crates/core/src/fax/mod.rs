//! stub
use crate::ids::CaseId;

pub struct Case { pub tenant_id: crate::ids::TenantId, pub case_id: CaseId, pub case_number: String, pub statement_id: String, pub run_number: String, pub patient_last: String, pub patient_first: String, pub patient_middle: String, pub patient_suffix: String, pub patient_dob: String, pub sex: String, pub date_of_service: String, pub payer: String, pub member_id: String, pub payer_claim_number: String, pub pickup_facility: String, pub destination_facility: String, pub hcpcs: String, pub address: String, pub city: String, pub state: String, pub zip: String, pub phone: String }
