//! What our own tables say to a call: whether a statement can be paid, whether a number may be texted, how the agency has
//! set its menu.

use fusion_comms_core::effect::Question;
use fusion_comms_core::ids::StatementId;
use fusion_comms_core::ivr::guessing;
use fusion_comms_core::ivr::{CallEvent, Desk, StatementAnswer, Surroundings};
use fusion_comms_core::phone::{Digits, E164};
use fusion_comms_core::story::why::Why;
use fusion_comms_core::time::Timestamp;

use super::error::JobError;
use super::office;
use crate::gate::{self, Decision};
use crate::store::calls::StoredCall;
use crate::store::messages::{self, Class};
use crate::store::tenants::Purpose;
use crate::store::{Tx, billing, calls, tasks, tenants};

pub(super) async fn answer(
    tx: &mut Tx,
    stored: &StoredCall,
    question: Question,
    cause: &str,
    now: Timestamp,
    whys: &mut Vec<Why>,
) -> Result<CallEvent, JobError> {
    Ok(match question {
        Question::FindStatement(id) => CallEvent::Statement(find(tx, stored, id, cause, now, whys).await?),
        Question::MayText(phone) => {
            let (tenant, class) = (stored.tenant.as_ref(), Class::PaymentLink);
            let about = stored.call.statement.as_ref().map(StatementId::expose);
            let asked = gate::Asked { tenant, phone: &phone, class, about, asked_at: None };
            let decision = gate::check(tx, &asked, now).await?;
            let allowed = decision == Decision::Allowed && !messages::takes_no_texts(tx, &phone).await?;
            if !allowed {
                whys.push(not_texted(&phone, decision));
            }
            CallEvent::MayText { phone, allowed }
        }
    })
}

/// Why no link goes to this number; the number itself is not kept.
fn not_texted(phone: &E164, decision: Decision) -> Why {
    let phone = phone.masked();
    match decision {
        Decision::Refused(reason) | Decision::Held(_, reason) => Why::TextRefused { phone, reason },
        Decision::Allowed => Why::TakesNoTexts { phone },
    }
}

async fn find(
    tx: &mut Tx,
    stored: &StoredCall,
    id: StatementId,
    cause: &str,
    now: Timestamp,
    whys: &mut Vec<Why>,
) -> Result<StatementAnswer, JobError> {
    let Some(tenant) = &stored.tenant else { return Ok(StatementAnswer::Unknown) };
    // Callers without a number cannot be told apart; each of their calls has its three tries.
    let caller = stored.from_phone.as_deref().filter(|f| E164::parse(f).is_ok());
    if let Some(from) = caller {
        let (misses, last) = calls::misses_of(tx, from, now.plus_s(-guessing::REMEMBERED_S)).await?;
        if guessing::is_refused(misses, last, now) {
            tasks::open(tx, Some(tenant), tasks::Kind::Guessing, stored.id.as_str(), now).await?;
            whys.push(Why::Guessing);
            return Ok(StatementAnswer::NotPayable);
        }
    }
    Ok(match billing::find_keyed(&mut *tx, tenant, &id).await? {
        Some(s) if s.is_payable() => match StatementId::parse(&s.id) {
            Some(id) => StatementAnswer::Found(id),
            None => StatementAnswer::NotPayable,
        },
        Some(s) => {
            whys.push(Why::StatementNotPayable { nothing_due: s.status == "open", status: s.status });
            StatementAnswer::NotPayable
        }
        None => {
            whys.push(Why::StatementUnknown);
            if let Some(from) = caller {
                calls::record_miss(tx, cause, tenant, from, now).await?;
            }
            StatementAnswer::Unknown
        }
    })
}

pub(super) async fn dialled(tx: &mut Tx, to: Option<&str>) -> Result<Option<tenants::Number>, JobError> {
    let Some(number) = to.and_then(|t| E164::parse(t).ok()) else { return Ok(None) };
    Ok(tenants::of_number(&mut *tx, &number, Purpose::Voice).await?.into_iter().next())
}

/// What the machine may know: the agency's settings, whether its office is open, who calls.
pub(super) async fn surroundings(
    tx: &mut Tx,
    stored: &StoredCall,
    now: Timestamp,
) -> Result<Surroundings, JobError> {
    let Some(tenant) = &stored.tenant else { return Ok(Surroundings::default()) };
    let agency = tenants::get(&mut *tx, tenant).await?;
    let caller = stored.from_phone.as_deref().and_then(textable);
    let menu = agency.as_ref().map(|a| a.menu.settings).unwrap_or_default();
    let hours = agency.as_ref().and_then(|a| a.menu.office_hours.as_ref().map(|h| (h, &a.timezone)));
    if let Some((hours, timezone)) = hours
        && !office::is_open(hours, timezone, now)
    {
        return Ok(Surroundings { desk: Desk::Closed(hours.clone()), menu, caller });
    }
    let forward = dialled(tx, stored.to_phone.as_deref()).await?.and_then(|n| n.forward_to);
    let desk = forward.or(agency.map(|a| a.billing_phone)).map_or(Desk::None, Desk::Open);
    Ok(Surroundings { desk, menu, caller })
}

/// The caller's number where a text can go to it: no SIP address, nobody anonymous, no toll-free number.
fn textable(from: &str) -> Option<E164> {
    Digits::gathered(from.strip_prefix("+1").filter(|ten| ten.len() == 10)?).as_nanp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_that_takes_texts_is_offered_to_its_caller() {
        assert_eq!(textable("+12025550147").map(|p| p.expose().to_owned()), Some("+12025550147".to_owned()));
        let bad = [
            "anonymous",
            "",
            "+18005550147",
            "+442079460000",
            "sip:a@b",
            "2025550147",
            "+1202555014",
            "+1anonymous1",
        ];
        assert!(bad.into_iter().all(|from| textable(from).is_none()));
    }
}
