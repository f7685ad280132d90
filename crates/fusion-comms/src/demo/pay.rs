//! The first story: a patient calls, keys a statement number and a phone number, gets the link, and pays.

use anyhow::{Context, bail, ensure};
use fusion_comms_core::ids::{SessionId, StatementId};

use super::{Stage, agency, eventually, step};
use crate::sim::telnyx::{CallPlan, Pace};
use crate::store::billing;

/// A patient who keys everything right.
pub(super) fn payer() -> CallPlan {
    let keyed = agency::PATIENT.trim_start_matches("+1");
    CallPlan::new(agency::PATIENT, agency::LINE)
        .press("menu", "1")
        .press("collect_statement", &format!("{}#", agency::STATEMENT))
        .press("collect_phone", &format!("{keyed}#"))
        .pace(Pace::FAST)
}

pub async fn play(stage: &Stage) -> anyhow::Result<()> {
    println!("A patient pays by phone");
    let call = stage.sim.telnyx.start_call(payer());
    step("the phone rings; the patient presses 1, keys the statement number and a phone number");
    let telnyx = &stage.sim.telnyx;
    eventually("the call's end", || async { Ok(telnyx.call(&call).filter(|c| c.ended)) }).await?;
    for line in telnyx.call(&call).map(|c| c.transcript).unwrap_or_default() {
        step(&format!("  caller: {line}"));
    }

    let text = eventually("the text with the link", || async { Ok(link_text(stage)) }).await?;
    ensure!(
        text.contains(agency::NAME) && text.contains("STOP"),
        "the text does not name the agency and the way out"
    );
    step(&format!("  text:   {text}"));

    let link = text.split_whitespace().find(|w| w.starts_with("http")).context("the text holds no link")?;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
    let answer = http.get(link).send().await?;
    let checkout =
        answer.headers().get("location").and_then(|l| l.to_str().ok()).context("the link leads nowhere")?;
    step("the short link leads to Stripe's page");
    let page = http.get(checkout).send().await?;
    ensure!(page.status().is_success(), "Stripe's page answers {}", page.status());

    let sessions = stage.sim.stripe.sessions();
    let [session] = sessions.as_slice() else { bail!("there are {} sessions, not one", sessions.len()) };
    ensure!(session.amount == agency::AMOUNT_CENTS, "the session has another amount");
    stage.sim.stripe.pay(&session.id).await?;
    step("the patient pays; Stripe tells us");

    let id = SessionId::new(session.id.as_str());
    eventually("the session's completion", || async {
        Ok(billing::session_by_id(stage.db(), &id).await?.filter(|s| s.status == "complete"))
    })
    .await?;
    let statement = StatementId::parse(agency::STATEMENT).context("the sample statement has no number")?;
    let paid = billing::find_statement(stage.db(), &agency::tenant(), &statement)
        .await?
        .is_some_and(|s| s.status == "paid");
    ensure!(paid, "the statement is not paid");
    ensure!(stage.sim.telnyx.inbox_of(agency::PATIENT).len() == 1, "the patient got more than one text");
    step("the statement is paid; one session, one text");
    Ok(())
}

fn link_text(stage: &Stage) -> Option<String> {
    stage.sim.telnyx.inbox_of(agency::PATIENT).into_iter().map(|t| t.text).find(|t| t.contains("/p/"))
}
