//! A second reading of the contract's table, as simple as it can be: what a patient clerk with the table on paper
//! would do. It shares no rule with the machine; it keeps what it does as words and answers its own questions.

use super::{ON_HOLD, OPEN, OPTED_OUT};
use crate::envelope::{GatherStatus, PlaybackStatus};
use crate::ivr::{CallEvent, CommandKind, Failure, LinkAnswer, Prompt, State};

/// What the clerk waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wait {
    /// `call.answered`, so many answers given.
    Pickup(u8),
    /// Keys, after a prompt that was played or (`true`) read aloud.
    Keys(Prompt, bool),
    Link,
    /// A person who picks up, while the transfer prompt is played or read aloud.
    Person(bool),
    /// Whether a person was there at all: the other side has gone.
    Doubt,
    /// The end of a talk with a person.
    Talk,
    /// The end of goodbye, played or read aloud.
    Farewell(bool),
    /// The acceptance of a hang-up, so many asked for.
    HangUp(u8),
    /// Nothing but the phone number of a caller whose hang-up was told first.
    LastDigits,
    Nothing,
}

#[derive(Clone, Debug)]
pub(super) struct Clerk {
    pub(super) state: State,
    pub(super) statement: Option<String>,
    pub(super) phone: Option<String>,
    /// Waits begun.
    pub(super) step: u32,
    wait: Wait,
    known: bool,
    misses: u8,
    prompts: u8,
}

impl Clerk {
    pub(super) fn new(known: bool) -> Self {
        let (state, wait) = (State::Menu, Wait::Pickup(1));
        Self { state, wait, step: 1, known, misses: 0, prompts: 0, statement: None, phone: None }
    }

    pub(super) fn waits(&self) -> bool {
        !matches!(self.wait, Wait::LastDigits | Wait::Nothing)
    }

    /// What is done about one event, in words. `to` is whom a transfer would reach.
    pub(super) fn hear(&mut self, event: &CallEvent, to: Option<&str>) -> Vec<String> {
        let now = self.step;
        let ours = |step: &Option<u32>| step.is_none_or(|s| s == now);
        match (event, self.wait) {
            (CallEvent::Hangup, _) | (CallEvent::CommandFailed { failure: Failure::CallEnded, .. }, _) => {
                self.over()
            }
            (CallEvent::GatherEnded { step, .. } | CallEvent::PlaybackEnded { step, .. }, _)
                if !ours(step) =>
            {
                vec![]
            }
            (CallEvent::GatherEnded { status: GatherStatus::Cancelled, .. }, _) => vec![],
            (CallEvent::GatherEnded { status: GatherStatus::CallHangup, digits, .. }, _) => {
                self.over();
                self.last_digits(digits.expose())
            }
            (CallEvent::GatherEnded { digits, .. }, Wait::LastDigits) => self.last_digits(digits.expose()),
            (CallEvent::GatherEnded { pound_alone: true, .. }, Wait::Keys(prompt, _)) => self.ask(prompt, to),
            (CallEvent::GatherEnded { digits, .. }, Wait::Keys(..)) => self.keyed(digits.expose(), to),
            (CallEvent::PlaybackEnded { prompt: Some(p), .. }, _) if self.playing() != Some(*p) => vec![],
            (CallEvent::PlaybackEnded { status: PlaybackStatus::Failed, .. }, _) => self.unplayable(to),
            (CallEvent::PlaybackEnded { .. }, Wait::Farewell(_)) => self.hang_up(1),
            (CallEvent::CommandFailed { step, kind: CommandKind::Gather | CommandKind::Play, .. }, _)
                if *step == now =>
            {
                self.unplayable(to)
            }
            (CallEvent::CommandFailed { kind: CommandKind::Transfer, .. }, Wait::Person(_)) => {
                self.no_person()
            }
            (CallEvent::CommandAccepted { kind: CommandKind::HangUp, .. }, Wait::HangUp(_)) => self.over(),
            (CallEvent::Answered, Wait::Pickup(_)) if self.known => self.ask(Prompt::Menu, to),
            (CallEvent::Answered, Wait::Pickup(_)) => self.goodbye(),
            (CallEvent::Link(LinkAnswer::Sent), Wait::Link) => self.go(State::LinkSent, Prompt::SentSms, to),
            (CallEvent::Link(LinkAnswer::Refused), Wait::Link) => self.transfer(to),
            (CallEvent::Bridged, Wait::Person(_) | Wait::Doubt) => self.wait_for(Wait::Talk, vec![]),
            (CallEvent::Bridged, Wait::Farewell(_) | Wait::HangUp(_)) if self.state == State::Transfer => {
                self.wait_for(Wait::Talk, vec![])
            }
            (CallEvent::SecondLegEnded { cause }, Wait::Person(_)) if talked_or_left(cause) => {
                self.wait = Wait::Doubt;
                vec![]
            }
            (CallEvent::SecondLegEnded { .. }, Wait::Person(_)) => self.no_person(),
            (CallEvent::DeadlinePassed { step }, wait) if *step == now => self.silence(wait, to),
            _ => vec![],
        }
    }

    /// The contract's "each wait has a stored deadline that leads on".
    fn silence(&mut self, wait: Wait, to: Option<&str>) -> Vec<String> {
        match wait {
            Wait::Pickup(1) => self.wait_for(Wait::Pickup(2), vec!["answer".into()]),
            // It may have been answered all the same: one hang-up, which is not asked for again.
            Wait::Pickup(_) => self.hang_up(3),
            Wait::Keys(..) if self.state == State::LinkSent => self.goodbye(),
            Wait::Keys(..) => self.miss(to),
            Wait::Link => self.transfer(to),
            Wait::Person(_) | Wait::Doubt => self.no_person(),
            Wait::Talk | Wait::Farewell(_) => self.hang_up(1),
            Wait::HangUp(tries) if tries < 3 => self.hang_up(tries + 1),
            Wait::HangUp(_) => self.over(),
            Wait::LastDigits | Wait::Nothing => vec![],
        }
    }

    fn keyed(&mut self, keys: &str, to: Option<&str>) -> Vec<String> {
        match (self.state, keys) {
            (State::Menu, "1") => self.go(State::CollectStatementId, Prompt::CollectStatement, to),
            (State::Menu, "2") | (State::LinkSent, "1") => self.transfer(to),
            (State::LinkSent, _) => self.goodbye(),
            (State::CollectStatementId, OPEN) => {
                self.statement = Some(OPEN.to_owned());
                self.go(State::CollectSmsPhone, Prompt::CollectPhone, to)
            }
            (State::CollectStatementId, ON_HOLD) => self.transfer(to),
            (State::CollectSmsPhone, keys) => match phone(keys) {
                None => self.miss(to),
                Some(phone) if phone.ends_with(OPTED_OUT) => self.transfer(to),
                Some(phone) => {
                    self.state = State::SendingLink;
                    let link = self.link(phone);
                    self.wait_for(Wait::Link, link)
                }
            },
            _ => self.miss(to),
        }
    }

    fn last_digits(&mut self, keys: &str) -> Vec<String> {
        let Some(phone) = phone(keys).filter(|_| self.wait == Wait::LastDigits) else { return vec![] };
        self.wait = Wait::Nothing;
        if phone.ends_with(OPTED_OUT) { vec![] } else { self.link(phone) }
    }

    fn link(&mut self, phone: String) -> Vec<String> {
        let said = format!("link {} to {phone}", self.statement.as_deref().unwrap_or("none"));
        self.phone = Some(phone);
        vec![said]
    }

    fn miss(&mut self, to: Option<&str>) -> Vec<String> {
        self.misses += 1;
        match (self.state, self.misses) {
            (State::Menu, 1) => self.ask(Prompt::Menu, to),
            (State::CollectStatementId, 1 | 2) => self.ask(Prompt::InvalidStatement, to),
            (State::CollectSmsPhone, 1 | 2) => self.ask(Prompt::CollectPhone, to),
            _ => self.transfer(to),
        }
    }

    fn go(&mut self, state: State, prompt: Prompt, to: Option<&str>) -> Vec<String> {
        (self.state, self.misses) = (state, 0);
        self.ask(prompt, to)
    }

    fn ask(&mut self, prompt: Prompt, to: Option<&str>) -> Vec<String> {
        self.prompts += 1;
        match self.prompts {
            ..=12 => {
                self.wait_for(Wait::Keys(prompt, false), vec![format!("gather {} Recorded", prompt.name())])
            }
            _ => self.transfer(to),
        }
    }

    fn transfer(&mut self, to: Option<&str>) -> Vec<String> {
        self.state = State::Transfer;
        let Some(to) = to else { return self.no_person() };
        self.wait_for(Wait::Person(false), vec!["play transfer Recorded".into(), format!("transfer to {to}")])
    }

    fn no_person(&mut self) -> Vec<String> {
        let mut said = self.goodbye();
        said.insert(0, "transfer failed".into());
        said
    }

    fn goodbye(&mut self) -> Vec<String> {
        self.wait_for(Wait::Farewell(false), vec!["play goodbye Recorded".into()])
    }

    fn hang_up(&mut self, tries: u8) -> Vec<String> {
        self.wait_for(Wait::HangUp(tries), vec!["hang up".into()])
    }

    /// A prompt that cannot be played is read aloud; one that cannot be read aloud is passed over.
    fn unplayable(&mut self, to: Option<&str>) -> Vec<String> {
        let aloud = |how: &str, p: Prompt| {
            vec![format!("prompt failed {}", p.name()), format!("{how} {} Spoken", p.name())]
        };
        match self.wait {
            Wait::Keys(p, false) => self.wait_for(Wait::Keys(p, true), aloud("gather", p)),
            Wait::Keys(_, true) if self.state == State::LinkSent => self.goodbye(),
            Wait::Keys(_, true) => self.transfer(to),
            Wait::Person(false) => {
                // It is the same wait for the same person.
                self.wait = Wait::Person(true);
                aloud("play", Prompt::Transfer)
            }
            Wait::Farewell(false) => self.wait_for(Wait::Farewell(true), aloud("play", Prompt::Goodbye)),
            Wait::Farewell(true) => self.hang_up(1),
            _ => vec![],
        }
    }

    fn over(&mut self) -> Vec<String> {
        self.wait = match (self.state, self.wait) {
            (State::Done, wait) => wait,
            (State::CollectSmsPhone, Wait::Keys(..)) => Wait::LastDigits,
            _ => Wait::Nothing,
        };
        self.state = State::Done;
        vec![]
    }

    fn wait_for(&mut self, wait: Wait, said: Vec<String>) -> Vec<String> {
        self.wait = wait;
        self.step += 1;
        said
    }

    fn playing(&self) -> Option<Prompt> {
        match self.wait {
            Wait::Keys(prompt, _) => Some(prompt),
            Wait::Person(_) => Some(Prompt::Transfer),
            Wait::Farewell(_) => Some(Prompt::Goodbye),
            _ => None,
        }
    }
}

/// A leg that ended so was answered before, or its caller has gone.
fn talked_or_left(cause: &str) -> bool {
    ["normal_clearing", "time_limit", "originator_cancel"].contains(&cause)
}

/// The number that ten keys, or eleven with a leading 1, stand for in North America.
fn phone(keys: &str) -> Option<String> {
    let ten = if keys.len() == 11 { keys.strip_prefix('1')? } else { keys };
    let key: Vec<u32> = ten.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    let code = |from: usize| key[from] >= 2 && (key[from + 1], key[from + 2]) != (1, 1);
    let free_or_dear =
        ["800", "833", "844", "855", "866", "877", "888", "900"].iter().any(|a| ten.starts_with(a));
    let takes_texts = !free_or_dear && ten.get(3..6) != Some("976");
    (key.len() == 10 && code(0) && code(3) && takes_texts).then(|| format!("+1{ten}"))
}
