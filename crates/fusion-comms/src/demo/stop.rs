//! The second story: a patient texts STOP, and no payment link reaches that number again.

use anyhow::ensure;
use fusion_comms_core::phone::E164;

use super::{Stage, agency, eventually, step};
use crate::sim::telnyx::{CallPlan, Pace};
use crate::store::ledger;

/// Another patient than the one who pays.
const PERSON: &str = "+12025550148";
/// The patient's own words; Telnyx knows only the bare keyword, so that this one is for us to read.
const WORDS: &str = "Please stop texting me";

pub async fn play(stage: &Stage) -> anyhow::Result<()> {
    println!("A patient texts STOP");
    let telnyx = &stage.sim.telnyx;
    let person = E164::parse(PERSON)?;
    telnyx.send_text(PERSON, agency::LINE, WORDS);
    step(&format!("  person: {WORDS}"));
    let row = eventually("the opt-out", || async {
        let rows = ledger::list(stage.db(), Some(&agency::tenant())).await?;
        Ok(rows.into_iter().find(|o| o.phone == person))
    })
    .await?;
    step(&format!("opted out, source {}", row.source.as_str()));
    let answer = eventually("the confirmation", || async { Ok(telnyx.inbox_of(PERSON).pop()) }).await?;
    step(&format!("  text:   {}", answer.text));

    let keyed = PERSON.trim_start_matches("+1");
    let plan = CallPlan::new(agency::PATIENT, agency::LINE)
        .press("menu", "1")
        .press("collect_statement", "30410734#")
        .press("collect_phone", &format!("{keyed}#"))
        .pace(Pace::FAST);
    let call = telnyx.start_call(plan);
    step("a caller asks for a link to that number");
    eventually("the call's end", || async { Ok(telnyx.call(&call).filter(|c| c.ended)) }).await?;
    let transferred = telnyx.commands(&call).iter().any(|(action, _)| action == "transfer");
    ensure!(transferred, "the caller was not put through to a person");
    ensure!(telnyx.inbox_of(PERSON).len() == 1, "the person was texted after STOP");
    step("the caller is put through to a person; nothing is texted");

    telnyx.send_text(PERSON, agency::LINE, "START");
    step("  person: START");
    eventually("the end of the opt-out", || async {
        let rows = ledger::list(stage.db(), Some(&agency::tenant())).await?;
        Ok((!rows.iter().any(|o| o.phone == person)).then_some(()))
    })
    .await?;
    let history = ledger::history(stage.db(), &agency::tenant(), &person).await?;
    let told: Vec<&str> = history.iter().map(|c| c.change.as_str()).collect();
    ensure!(told == ["granted", "lifted"], "the history tells {told:?}");
    step("texts are allowed again; the history keeps both");
    Ok(())
}
