//! What can happen to a call, one of each kind that the machine may tell apart, in an operator's words.

use fusion_comms_core::effect::Question;
use fusion_comms_core::envelope::{GatherStatus, PlaybackStatus};
use fusion_comms_core::ids::StatementId;
use fusion_comms_core::ivr::{CallEvent, Failure, LinkAnswer, Prompt, StatementAnswer};
use fusion_comms_core::phone::{Digits, E164};

use crate::words;

/// The step of every call under the walk.
pub const NOW: u32 = 50;

/// Known, open, something to pay.
const OPEN: &str = "100234";
/// Known, but on hold.
const ON_HOLD: &str = "100999";
const PHONE: &str = "2025550147";
const OPTED_OUT: &str = "2025550199";

pub fn has_opted_out(phone: &E164) -> bool {
    phone.expose().ends_with(OPTED_OUT)
}

/// One event and how it reads: a row that holds several of a group lists their items behind its name. An event of
/// another step than the call's says so; all others are of the current one.
pub struct Happening {
    pub group: &'static str,
    pub item: String,
    pub event: CallEvent,
}

/// What our tables say: two statements, and one phone that has opted out.
pub fn answer(question: &Question) -> CallEvent {
    match question {
        Question::FindStatement(id) => CallEvent::Statement(match id.expose() {
            OPEN => StatementAnswer::Found(id.clone()),
            ON_HOLD => StatementAnswer::NotPayable,
            _ => StatementAnswer::Unknown,
        }),
        Question::MayText(phone) => {
            CallEvent::MayText { phone: phone.clone(), allowed: !has_opted_out(phone) }
        }
    }
}

/// Every kind of event, those that lead a call on first.
pub fn all() -> Vec<Happening> {
    let mut all = vec![says("Telnyx", "answered", CallEvent::Answered)];
    all.extend(gathers());
    all.extend(playbacks());
    all.extend(tables());
    all.push(says("the link", "texted", CallEvent::Link(LinkAnswer::Sent)));
    all.push(says("the link", "refused", CallEvent::Link(LinkAnswer::Refused)));
    all.push(says("the agency's leg", "a person picks up (bridged)", CallEvent::Bridged));
    for (words, cause) in [
        ("busy, rejected or not answered", "user_busy"),
        ("ended as after a talk", "normal_clearing"),
        ("ended by its longest duration", "time_limit"),
        ("ended since the caller gave up", "originator_cancel"),
    ] {
        all.push(says("the agency's leg", words, CallEvent::SecondLegEnded { cause: cause.to_owned() }));
    }
    all.extend(commands());
    all.push(says("deadline", "of this wait", CallEvent::DeadlinePassed { step: NOW }));
    all.push(says("deadline", "of an earlier wait", CallEvent::DeadlinePassed { step: NOW - 1 }));
    all.push(says("the caller", "hangs up", CallEvent::Hangup));
    all
}

fn says(group: &'static str, item: impl Into<String>, event: CallEvent) -> Happening {
    Happening { group, item: item.into(), event }
}

fn gathers() -> Vec<Happening> {
    let keyed = |words: &str, keys: &str| says("keyed", words, gather(Some(NOW), GatherStatus::Valid, keys));
    let cut = |words: &str, keys: &str| {
        says("keyed, then hung up", words, gather(Some(NOW), GatherStatus::CallHangup, keys))
    };
    vec![
        keyed("1", "1"),
        keyed("2", "2"),
        keyed("8", "8"),
        keyed("9", "9"),
        keyed("another single key", "5"),
        keyed("the pound key alone", "#"),
        says("keyed", "nothing in time", gather(Some(NOW), GatherStatus::NoInput, "")),
        keyed("an open statement", OPEN),
        keyed("a statement on hold or paid", ON_HOLD),
        keyed("a number of no statement", "777"),
        keyed("more digits than a statement has", "1234567890123"),
        keyed("a phone that may be texted", PHONE),
        keyed("the same with 1 before it", "12025550147"),
        says("keyed", "the same without our `client_state`", gather(None, GatherStatus::Valid, PHONE)),
        keyed("a phone that has opted out", OPTED_OUT),
        keyed("a premium or toll-free phone", "9005550147"),
        says("keyed", "for an earlier prompt", gather(Some(NOW - 1), GatherStatus::Valid, "1")),
        says("keyed", "cancelled by Telnyx", gather(Some(NOW), GatherStatus::Cancelled, "")),
        cut("a phone that may be texted", PHONE),
        cut("a phone that has opted out", OPTED_OUT),
        cut("1", "1"),
        cut("8", "8"),
        cut("something else", "5"),
    ]
}

fn gather(step: Option<u32>, status: GatherStatus, keys: &str) -> CallEvent {
    let digits = Digits::gathered(keys);
    let pound_alone = digits.is_empty() && keys.contains('#');
    CallEvent::GatherEnded { step, status, digits, pound_alone }
}

fn playbacks() -> Vec<Happening> {
    let mut all = vec![];
    for (group, status) in [
        ("heard out", PlaybackStatus::Ended),
        ("cannot be played", PlaybackStatus::Failed),
        ("cut off by the hang-up", PlaybackStatus::CallHangup),
    ] {
        let event = |step, prompt| CallEvent::PlaybackEnded { step: Some(step), prompt, status };
        all.extend(Prompt::ALL.map(|p| says(group, format!("`{}`", p.name()), event(NOW, Some(p)))));
        all.push(says(group, "what is read aloud or not named", event(NOW, None)));
        all.push(says(group, "an earlier one", event(NOW - 1, None)));
    }
    all
}

fn tables() -> Vec<Happening> {
    let group = "our tables, asked";
    let statement = |item: &str, answer| says(group, item, CallEvent::Statement(answer));
    let found = StatementId::parse(OPEN).map(StatementAnswer::Found);
    let mut all: Vec<_> = found.into_iter().map(|found| statement("an open statement", found)).collect();
    all.push(statement("a statement with nothing to pay", StatementAnswer::NotPayable));
    all.push(statement("no such statement", StatementAnswer::Unknown));
    if let Ok(phone) = E164::parse("+12025550147") {
        let may = |allowed| CallEvent::MayText { phone: phone.clone(), allowed };
        all.push(says(group, "the phone may be texted", may(true)));
        all.push(says(group, "the phone has opted out", may(false)));
    }
    all
}

fn commands() -> Vec<Happening> {
    let mut all = vec![];
    for (kind, name) in words::COMMANDS {
        let failed = |step, failure| CallEvent::CommandFailed { step, kind, failure };
        all.extend([
            says("Telnyx takes", name, CallEvent::CommandAccepted { step: NOW, kind }),
            says("Telnyx refuses", name, failed(NOW, Failure::Refused)),
            says("Telnyx refuses an earlier", name, failed(NOW - 1, Failure::Refused)),
            says("Telnyx says that the call is over, to", name, failed(NOW, Failure::CallEnded)),
        ]);
    }
    all
}
