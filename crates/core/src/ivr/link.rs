//! SENDING_LINK and LINK_SENT: the link is made and texted, the caller hears so.

use super::{Call, CallEvent, LinkAnswer, Prompt, State, Surroundings};
use crate::effect::Effect;

pub(super) fn sending(call: Call, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    match event {
        CallEvent::Link(LinkAnswer::Sent) => call.ask(State::LinkSent, Prompt::SentSms, 0, around),
        CallEvent::Link(LinkAnswer::Refused) | CallEvent::DeadlinePassed { .. } => call.transfer(around),
        _ => (call, vec![]),
    }
}

pub(super) fn confirmed(call: Call, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    match event {
        CallEvent::GatherEnded { digits, .. } if digits.expose() == "1" => call.transfer(around),
        CallEvent::GatherEnded { .. } | CallEvent::DeadlinePassed { .. } => call.goodbye(),
        _ => (call, vec![]),
    }
}
