//! The machine against the clerk of [`super::model`], over random events with loss, copies and swaps.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::model::{Clerk, House};
use super::*;

/// 10^4 cases with those of [`super::reorder`]; more with `PROPTEST_CASES`.
pub(super) fn cases(usual: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    Config::with_cases(asked.unwrap_or(usual))
}

/// One thing that happens, told relative to the call: `pick` chooses among what fits.
#[derive(Clone, Debug)]
struct Happening {
    what: What,
    pick: usize,
    when: When,
    fate: Fate,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// What the call waits for.
    Awaited,
    Keys,
    Pound,
    AtHangUp,
    Cancelled,
    Playback,
    Refused,
    Accepted,
    Deadline,
    SecondLeg,
    Other,
    Hangup,
    CallOver,
}

#[derive(Clone, Copy, Debug)]
enum When {
    Now,
    Earlier,
    Later,
    NotSaid,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Told,
    Lost,
    Twice,
    /// Told after the next one that is told at once.
    Held,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let what = prop_oneof![
        30 => Just(What::Awaited),
        20 => Just(What::Keys),
        12 => Just(What::Pound),
        2 => Just(What::AtHangUp),
        2 => Just(What::Cancelled),
        6 => Just(What::Playback),
        6 => Just(What::Refused),
        3 => Just(What::Accepted),
        8 => Just(What::Deadline),
        4 => Just(What::SecondLeg),
        4 => Just(What::Other),
        1 => Just(What::Hangup),
        1 => Just(What::CallOver),
    ];
    let when = prop_oneof![
        8 => Just(When::Now), 1 => Just(When::Earlier), 1 => Just(When::Later), 2 => Just(When::NotSaid)
    ];
    let fate = prop_oneof![6 => Just(Fate::Told), 1 => Just(Fate::Lost), 1 => Just(Fate::Twice), 1 => Just(Fate::Held)];
    let one = (what, 0..24_usize, when, fate).prop_map(|(what, pick, when, fate)| Happening {
        what,
        pick,
        when,
        fate,
    });
    proptest::collection::vec(one, 1..40)
}

const KEYS: [&str; 15] =
    ["1", "2", OPEN, PHONE, "1", OPEN, PHONE, "#", "", "9", "8", "777", ON_HOLD, OPTED_OUT, "12025550147"];
const CAUSES: [&str; 6] =
    ["user_busy", "no_answer", "normal_clearing", "time_limit", "originator_cancel", "new"];
const COMMANDS: [CommandKind; 5] =
    [CommandKind::Gather, CommandKind::Play, CommandKind::Transfer, CommandKind::Answer, CommandKind::HangUp];

impl Happening {
    fn event(&self, call: &Call) -> CallEvent {
        let step = match self.when {
            When::Earlier => call.step - 1,
            When::Later => call.step + 1,
            When::Now | When::NotSaid => call.step,
        };
        let said = (!matches!(self.when, When::NotSaid)).then_some(step);
        let keys = KEYS[self.pick % KEYS.len()];
        let kind = COMMANDS[self.pick % COMMANDS.len()];
        match self.what {
            What::Awaited => self.awaited(call, said, step),
            What::Keys => gather(said, keys),
            What::Pound => gather(said, "#"),
            What::AtHangUp => gather_with(said, GatherStatus::CallHangup, keys),
            What::Cancelled => gather_with(said, GatherStatus::Cancelled, keys),
            What::Playback => self.playback(call, said),
            What::Refused => CallEvent::CommandFailed { step, kind, failure: Failure::Refused },
            What::Accepted => CallEvent::CommandAccepted { step, kind },
            What::Deadline => CallEvent::DeadlinePassed { step },
            What::SecondLeg => {
                CallEvent::SecondLegEnded { cause: CAUSES[self.pick % CAUSES.len()].to_owned() }
            }
            What::Other => match self.pick % 4 {
                0 => CallEvent::Answered,
                1 => CallEvent::Bridged,
                2 => CallEvent::Link(LinkAnswer::Sent),
                _ => CallEvent::Link(LinkAnswer::Refused),
            },
            What::Hangup => CallEvent::Hangup,
            What::CallOver => CallEvent::CommandFailed { step, kind, failure: Failure::CallEnded },
        }
    }

    fn awaited(&self, call: &Call, said: Option<u32>, step: u32) -> CallEvent {
        match (call.phase, call.state) {
            (Phase::Answering { .. }, _) => CallEvent::Answered,
            (Phase::Asking { prompt: Prompt::OfferSpanish, .. }, _) => gather(said, "9"),
            (Phase::Asking { prompt: Prompt::OfferCallerNumber | Prompt::ReadBack, .. }, _) => {
                gather(said, "1")
            }
            (Phase::EndedAtOffer | Phase::EndedAtReadBack, _) => gather(said, "1"),
            (Phase::EndedAtMenu, _) => gather(said, "8"),
            (Phase::Asking { .. }, State::CollectStatementId) => gather(said, OPEN),
            (Phase::Asking { .. } | Phase::EndedAtPhone, _) if call.statement.is_some() => {
                gather(said, PHONE)
            }
            (Phase::Asking { .. }, _) => gather(said, "1"),
            (Phase::Linking, _) => CallEvent::Link(LinkAnswer::Sent),
            (Phase::Transferring { .. }, _) => CallEvent::Bridged,
            (Phase::HangingUp { .. }, _) => CallEvent::CommandAccepted { step, kind: CommandKind::HangUp },
            _ => self.playback(call, said),
        }
    }

    fn playback(&self, call: &Call, step: Option<u32>) -> CallEvent {
        let prompt = match self.pick % 4 {
            0 => None,
            1 => every_prompt().nth(self.pick % 13),
            _ => call.playing(),
        };
        let statuses = [PlaybackStatus::Ended, PlaybackStatus::Failed, PlaybackStatus::CallHangup];
        CallEvent::PlaybackEnded { step, prompt, status: statuses[self.pick / 4 % 3] }
    }
}

/// The machine and the clerk side by side.
struct Pair {
    call: Call,
    clerk: Clerk,
    around: Surroundings,
    house: House,
    asked: usize,
    links: usize,
}

impl Pair {
    fn tell(&mut self, event: &CallEvent) -> Result<(), TestCaseError> {
        let before = self.call.clone();
        let (call, effects) = advance(before.clone(), event, &self.around);
        let done: Vec<String> = effects.iter().map(words).collect();
        let expected = self.clerk.hear(event, &self.house);
        prop_assert_eq!(&done, &expected, "{:?} told {:?}", before, event);
        prop_assert_eq!(call.state, self.clerk.state, "{:?} told {:?}", before, event);
        prop_assert_eq!(call.step, self.clerk.step, "{:?} told {:?}", before, event);
        prop_assert_eq!(call.statement.as_ref().map(StatementId::expose), self.clerk.statement.as_deref());
        prop_assert_eq!(call.phone.as_ref().map(E164::expose), self.clerk.phone.as_deref());
        prop_assert_eq!(call.wait_ms().is_some(), self.clerk.waits(), "{:?} told {:?}", before, event);
        let again_aloud = done.iter().any(|d| d.starts_with("prompt failed"));
        self.asked += done.iter().filter(|d| d.starts_with("gather") && !again_aloud).count();
        self.links += done.iter().filter(|d| d.starts_with("link")).count();
        prop_assert!(self.asked <= 12 && self.links <= 1);
        prop_assert!(before.state != State::Done || call.state == State::Done);
        self.call = call;
        Ok(())
    }
}

/// How an agency has set its menu, in the machine's words and in the clerk's; a third of them have set nothing.
pub(super) fn agencies() -> impl Strategy<Value = (Surroundings, House)> {
    let desk = prop_oneof![6 => Just(Some(false)), 2 => Just(Some(true)), 2 => Just(None)];
    let digits = prop::sample::select(vec![(1_u8, 12_u8), (1, 12), (6, 10), (6, 6), (7, 12)]);
    let caller = prop::sample::select(vec![None, Some(CALLER), Some("+12025550199")]);
    let flags = prop_oneof![1 => Just([false; 4]), 2 => any::<[bool; 4]>()];
    (desk, digits, caller, flags).prop_map(
        |(desk, (least, most), caller, [offer, read_back, spanish, opt_out_key])| {
            let to = "+12025550119";
            let house = House {
                to: desk.map(|_| to.to_owned()),
                is_closed: desk == Some(true),
                digits: (usize::from(least), usize::from(most)),
                offered: caller.filter(|_| offer).map(str::to_owned),
                reads_back: read_back,
                offers_spanish: spanish,
                stops_texts_to: caller.filter(|_| opt_out_key).map(str::to_owned),
            };
            let menu = MenuSettings {
                statement_digits: format!("{least}-{most}").parse().unwrap_or_default(),
                offer_caller_number: offer,
                read_back,
                spanish,
                opt_out_key,
            };
            let desk = match desk {
                None => Desk::None,
                Some(true) => closed().desk,
                Some(false) => billing_team().desk,
            };
            (Surroundings { desk, menu, caller: caller.and_then(|c| E164::parse(c).ok()) }, house)
        },
    )
}

proptest! {
    #![proptest_config(cases(6_000))]

    #[test]
    fn the_machine_does_what_the_contract_says_whatever_is_lost_doubled_or_swapped(
        happenings in happenings(), known in prop::bool::weighted(0.95), (around, house) in agencies(),
    ) {
        let mut pair = Pair { call: ring(known).0, clerk: Clerk::new(known), around, house, asked: 0, links: 0 };
        let mut held: Vec<CallEvent> = vec![];
        for happening in &happenings {
            let event = happening.event(&pair.call);
            match happening.fate {
                Fate::Lost => continue,
                Fate::Held => {
                    held.push(event);
                    continue;
                }
                Fate::Told => pair.tell(&event)?,
                Fate::Twice => {
                    pair.tell(&event)?;
                    pair.tell(&event)?;
                }
            }
            for late in held.drain(..) {
                pair.tell(&late)?;
            }
        }
        for _ in 0..8 {
            pair.tell(&CallEvent::DeadlinePassed { step: pair.call.step })?;
        }
        prop_assert_eq!(pair.call.state, State::Done);
    }
}
