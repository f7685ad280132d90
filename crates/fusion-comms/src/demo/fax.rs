//! The third story: a hospital's fax arrives, is stored, read, typed, and filed on the right case.

use anyhow::ensure;
use fusion_comms_core::ids::FaxId;

use super::{Stage, agency, eventually, papers, step};
use crate::sim::telnyx::FaxPlan;
use crate::store::faxes::{self, Fax};

pub async fn play(stage: &Stage) -> anyhow::Result<()> {
    println!("A hospital faxes");
    let sheet = papers::face_sheet()?;
    let size = sheet.len();
    let id = stage.sim.telnyx.send_fax(FaxPlan::new(agency::HOSPITAL, agency::FAX_LINE, sheet, 1));
    step("a face sheet arrives");
    let fax = settled(stage, &id).await?;
    let key = fax.key.clone().unwrap_or_default();
    step(&format!("stored as {key}"));
    let file = stage.data_dir.join("blobs/docs").join(&key);
    ensure!(
        std::fs::metadata(&file).is_ok_and(|m| m.len() == size as u64),
        "the stored file is not what was sent"
    );
    ensure!(fax.status == "classified", "its status is {}", fax.status);
    ensure!(fax.doc_type.as_deref() == Some("facesheet"), "its type is {:?}", fax.doc_type);
    ensure!(
        fax.case.as_ref().is_some_and(|c| c.as_str() == "case-phelps-1"),
        "it is not on the patient's case"
    );
    step("read as a face sheet, filed on the father's case and not the son's");

    let letter = FaxPlan::new(agency::HOSPITAL, agency::FAX_LINE, papers::unknown_letter()?, 1);
    let id = stage.sim.telnyx.send_fax(letter);
    step("a letter that names nobody arrives");
    let fax = settled(stage, &id).await?;
    ensure!(fax.status == "needs_review" && fax.case.is_none(), "it was filed without a person");
    step("put before a person");
    Ok(())
}

async fn settled(stage: &Stage, id: &str) -> anyhow::Result<Fax> {
    let id = FaxId::new(id);
    eventually("the fax", || async {
        Ok(faxes::get(stage.db(), &id)
            .await?
            .filter(|f| !matches!(f.status.as_str(), "receiving" | "received")))
    })
    .await
}
