//! The sample agency: numbers, statements, cases. All of it invented; numbers are of the block kept for examples.

use fusion_comms_core::fax::Case;
use fusion_comms_core::ids::{CaseId, Cents, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;

use crate::store::billing::{self, Statement};
use crate::store::menu::Menu;
use crate::store::tenants::{self, Number, Purpose, Tenant};
use crate::store::{Db, StoreError};

pub const NAME: &str = "Ridgeline EMS";
/// The agency's line: calls, texts and faxes.
pub const LINE: &str = "+12025550110";
pub const FAX_LINE: &str = "+12025550112";
/// Where callers are put through to.
pub const BILLING_DESK: &str = "+12025550119";
/// Texts of agencies without a number of their own.
pub const DEFAULT_NUMBER: &str = "+12025550100";
/// A patient's phone.
pub const PATIENT: &str = "+12025550147";
pub const HOSPITAL: &str = "+12025550161";
/// An open bill.
pub const STATEMENT: &str = "30458003";
pub const AMOUNT_CENTS: i64 = 12_500;
pub const CASE_NUMBER: &str = "RC-26-012932";

pub fn tenant() -> TenantId {
    TenantId::new("ridgeline")
}

fn number(text: &str) -> Result<E164, StoreError> {
    E164::parse(text).map_err(|e| StoreError::Refused(e.to_string()))
}

/// Writes the agency, unless it is there.
pub async fn found(db: &Db, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let agency = Tenant {
        id: tenant(),
        name: NAME.to_owned(),
        billing_phone: number(BILLING_DESK)?,
        stripe_account: Some("acct_1DEMORIDGELINE".to_owned()),
        timezone: "America/New_York".to_owned(),
        messaging_profile: None,
        menu: Menu::default(),
        lift_by_two: false,
    };
    if !tenants::add(&mut tx, &agency, now).await? {
        return Ok(());
    }
    for (line, purpose) in [(LINE, Purpose::Voice), (LINE, Purpose::Sms), (FAX_LINE, Purpose::Fax)] {
        let owned = Number { phone: number(line)?, purpose, tenant: tenant(), forward_to: None };
        tenants::put_number(&mut tx, &owned).await?;
    }
    for (id, amount, status) in
        [(STATEMENT, AMOUNT_CENTS, "open"), ("30410734", 8_050, "open"), ("30400001", 4_000, "paid")]
    {
        let statement = Statement {
            id: id.to_owned(),
            case: None,
            amount: Cents(amount),
            currency: "usd".to_owned(),
            status: status.to_owned(),
        };
        billing::put_statement(&mut tx, &tenant(), &statement, now).await?;
    }
    for case in cases() {
        billing::put_case(&mut tx, &tenant(), &case).await?;
    }
    tx.commit().await
}

/// Two patients of one name, so that the fax has to be told apart by more than that.
pub fn cases() -> Vec<Case> {
    let father = Case {
        case_number: CASE_NUMBER.to_owned(),
        statement_id: STATEMENT.to_owned(),
        run_number: "26-007970".to_owned(),
        patient_last: "Phelps".to_owned(),
        patient_first: "Jonathan".to_owned(),
        patient_dob: "1947-04-12".to_owned(),
        date_of_service: "2026-05-30".to_owned(),
        payer: "Medicare Part B".to_owned(),
        member_id: "5CE6K39JC84".to_owned(),
        pickup_facility: "Holloway Memorial Hospital".to_owned(),
        ..Case::new(CaseId::new("case-phelps-1"), tenant())
    };
    let son = Case {
        case_number: "RC-26-010517".to_owned(),
        statement_id: "30410734".to_owned(),
        run_number: "26-004175".to_owned(),
        patient_last: "Phelps".to_owned(),
        patient_first: "Stephen".to_owned(),
        patient_dob: "1975-06-14".to_owned(),
        date_of_service: "2026-03-02".to_owned(),
        ..Case::new(CaseId::new("case-phelps-2"), tenant())
    };
    vec![father, son]
}
