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
    /// The end of the words that the office is closed.
    Closed,
    /// Nothing but the last keys of a caller whose hang-up was told first, after this prompt.
    LastKeys(Prompt),
    Nothing,
}

/// What is written on the wall behind the clerk: how this agency wants its calls.
#[derive(Clone, Debug)]
pub(super) struct House {
    /// Whom a transfer would reach.
    pub(super) to: Option<String>,
    pub(super) is_closed: bool,
    /// Digits of the shortest and of the longest statement number.
    pub(super) digits: (usize, usize),
    /// The caller's number, where it may be offered.
    pub(super) offered: Option<String>,
    pub(super) reads_back: bool,
    pub(super) offers_spanish: bool,
    /// The caller's number, where a key stops texts to it.
    pub(super) stops_texts_to: Option<String>,
}

impl House {
    fn menu(&self) -> Prompt {
        if self.stops_texts_to.is_some() { Prompt::MenuWithOptOut } else { Prompt::Menu }
    }
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
    spanish: bool,
}

impl Clerk {
    pub(super) fn new(known: bool) -> Self {
        let (state, wait) = (State::Menu, Wait::Pickup(1));
        Self {
            state,
            wait,
            step: 1,
            known,
            misses: 0,
            prompts: 0,
            statement: None,
            phone: None,
            spanish: false,
        }
    }

    pub(super) fn waits(&self) -> bool {
        !matches!(self.wait, Wait::LastKeys(_) | Wait::Nothing)
    }

    /// What is done about one event, in words.
    pub(super) fn hear(&mut self, event: &CallEvent, house: &House) -> Vec<String> {
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
                self.last_keys(digits.expose(), house)
            }
            (CallEvent::GatherEnded { digits, .. }, Wait::LastKeys(_)) => {
                self.last_keys(digits.expose(), house)
            }
            (CallEvent::GatherEnded { pound_alone: true, .. }, Wait::Keys(prompt, _))
                if prompt != Prompt::OfferSpanish =>
            {
                self.ask(prompt, house)
            }
            (CallEvent::GatherEnded { digits, .. }, Wait::Keys(prompt, _)) => {
                self.keyed(prompt, digits.expose(), house)
            }
            (CallEvent::PlaybackEnded { prompt: Some(p), .. }, _) if self.playing() != Some(*p) => vec![],
            (CallEvent::PlaybackEnded { status: PlaybackStatus::Failed, .. }, _) => self.unplayable(house),
            (CallEvent::PlaybackEnded { .. }, Wait::Farewell(_) | Wait::Closed) => self.hang_up(1),
            (CallEvent::CommandFailed { step, kind: CommandKind::Gather | CommandKind::Play, .. }, _)
                if *step == now =>
            {
                self.unplayable(house)
            }
            (CallEvent::CommandFailed { kind: CommandKind::Transfer, .. }, Wait::Person(_)) => {
                self.no_person()
            }
            (CallEvent::CommandAccepted { kind: CommandKind::HangUp, .. }, Wait::HangUp(_)) => self.over(),
            (CallEvent::Answered, Wait::Pickup(_)) if self.known && house.offers_spanish => {
                self.ask(Prompt::OfferSpanish, house)
            }
            (CallEvent::Answered, Wait::Pickup(_)) if self.known => self.ask(house.menu(), house),
            (CallEvent::Answered, Wait::Pickup(_)) => self.goodbye(),
            (CallEvent::Link(LinkAnswer::Sent), Wait::Link) => {
                self.go(State::LinkSent, Prompt::SentSms, house)
            }
            (CallEvent::Link(LinkAnswer::Refused), Wait::Link) => self.transfer(house),
            (CallEvent::Bridged, Wait::Person(_) | Wait::Doubt) => self.wait_for(Wait::Talk, vec![]),
            (CallEvent::Bridged, Wait::Farewell(_) | Wait::Closed | Wait::HangUp(_))
                if self.state == State::Transfer =>
            {
                self.wait_for(Wait::Talk, vec![])
            }
            (CallEvent::SecondLegEnded { cause }, Wait::Person(_)) if talked_or_left(cause) => {
                self.wait = Wait::Doubt;
                vec![]
            }
            (CallEvent::SecondLegEnded { .. }, Wait::Person(_)) => self.no_person(),
            (CallEvent::DeadlinePassed { step }, wait) if *step == now => self.silence(wait, house),
            _ => vec![],
        }
    }

    /// The contract's "each wait has a stored deadline that leads on".
    fn silence(&mut self, wait: Wait, house: &House) -> Vec<String> {
        match wait {
            Wait::Pickup(1) => self.wait_for(Wait::Pickup(2), vec!["answer".into()]),
            // It may have been answered all the same: one hang-up, which is not asked for again.
            Wait::Pickup(_) => self.hang_up(3),
            Wait::Keys(..) if self.state == State::LinkSent => self.goodbye(),
            // An offer that is let pass is no miss.
            Wait::Keys(Prompt::OfferSpanish, _) => self.ask(house.menu(), house),
            // Nothing more is wanted.
            Wait::Keys(Prompt::OptedOut, _) => self.goodbye(),
            Wait::Keys(..) => self.miss(house),
            Wait::Link => self.transfer(house),
            Wait::Person(_) | Wait::Doubt => self.no_person(),
            Wait::Talk | Wait::Farewell(_) | Wait::Closed => self.hang_up(1),
            Wait::HangUp(tries) if tries < 3 => self.hang_up(tries + 1),
            Wait::HangUp(_) => self.over(),
            Wait::LastKeys(_) | Wait::Nothing => vec![],
        }
    }

    fn keyed(&mut self, heard: Prompt, keys: &str, house: &House) -> Vec<String> {
        match (self.state, heard, keys) {
            (State::Menu, _, "1") => self.go(State::CollectStatementId, Prompt::CollectStatement, house),
            (State::Menu, _, "2") | (State::LinkSent, _, "1") => self.transfer(house),
            (State::Menu, Prompt::OfferSpanish, keys) => {
                self.spanish = keys == "9";
                self.ask(house.menu(), house)
            }
            (State::Menu, _, "8") if house.stops_texts_to.is_some() => {
                let mut said = self.no_more_texts(house);
                said.extend(self.ask(Prompt::OptedOut, house));
                said
            }
            (State::Menu, Prompt::OptedOut, "") => self.goodbye(),
            (State::LinkSent, ..) => self.goodbye(),
            (State::CollectStatementId, _, keys)
                if keys.len() < house.digits.0 || keys.len() > house.digits.1 =>
            {
                self.miss(house)
            }
            (State::CollectStatementId, _, OPEN) => {
                self.statement = Some(OPEN.to_owned());
                let first =
                    if house.offered.is_some() { Prompt::OfferCallerNumber } else { Prompt::CollectPhone };
                self.go(State::CollectSmsPhone, first, house)
            }
            (State::CollectStatementId, _, ON_HOLD) => self.transfer(house),
            (State::CollectSmsPhone, Prompt::OfferCallerNumber | Prompt::ReadBack, "2") => {
                self.ask(Prompt::CollectPhone, house)
            }
            (State::CollectSmsPhone, Prompt::OfferCallerNumber, keys) => {
                self.text(house.offered.clone().filter(|_| keys == "1"), house)
            }
            (State::CollectSmsPhone, Prompt::ReadBack, keys) => {
                self.text(self.phone.clone().filter(|_| keys == "1"), house)
            }
            (State::CollectSmsPhone, _, keys) if house.reads_back && phone(keys).is_some() => {
                self.phone = phone(keys);
                self.ask(Prompt::ReadBack, house)
            }
            (State::CollectSmsPhone, _, keys) => self.text(phone(keys), house),
            _ => self.miss(house),
        }
    }

    /// The caller wants the link at this number, or has named none.
    fn text(&mut self, number: Option<String>, house: &House) -> Vec<String> {
        match number {
            None => self.miss(house),
            Some(phone) if phone.ends_with(OPTED_OUT) => self.transfer(house),
            Some(phone) => {
                self.state = State::SendingLink;
                let link = self.link(phone);
                self.wait_for(Wait::Link, link)
            }
        }
    }

    /// Keys pressed before the hang-up and told after it: only what the caller meant for sure counts.
    fn last_keys(&mut self, keys: &str, house: &House) -> Vec<String> {
        let Wait::LastKeys(heard) = self.wait else { return vec![] };
        let yes = keys == "1";
        if heard == Prompt::MenuWithOptOut {
            self.wait = Wait::Nothing;
            return if keys == "8" { self.no_more_texts(house) } else { vec![] };
        }
        let number = match heard {
            Prompt::OfferCallerNumber if yes => house.offered.clone(),
            Prompt::ReadBack if yes => self.phone.clone(),
            Prompt::OfferCallerNumber | Prompt::ReadBack => None,
            _ if house.reads_back || phone(keys).is_none() => return vec![],
            _ => phone(keys),
        };
        self.wait = Wait::Nothing;
        self.phone = None;
        match number {
            Some(phone) if !phone.ends_with(OPTED_OUT) => self.link(phone),
            _ => vec![],
        }
    }

    fn no_more_texts(&self, house: &House) -> Vec<String> {
        house.stops_texts_to.iter().map(|phone| format!("no more texts to {phone}")).collect()
    }

    fn link(&mut self, phone: String) -> Vec<String> {
        let said = format!("link {} to {phone}", self.statement.as_deref().unwrap_or("none"));
        self.phone = Some(phone);
        vec![said]
    }

    fn miss(&mut self, house: &House) -> Vec<String> {
        self.misses += 1;
        match (self.state, self.misses) {
            (State::Menu, 1) => self.ask(house.menu(), house),
            (State::CollectStatementId, 1 | 2) => self.ask(Prompt::InvalidStatement, house),
            (State::CollectSmsPhone, 1 | 2) => self.ask(Prompt::CollectPhone, house),
            _ => self.transfer(house),
        }
    }

    fn go(&mut self, state: State, prompt: Prompt, house: &House) -> Vec<String> {
        (self.state, self.misses) = (state, 0);
        self.ask(prompt, house)
    }

    fn ask(&mut self, prompt: Prompt, house: &House) -> Vec<String> {
        self.prompts += 1;
        if self.prompts > 12 {
            return self.transfer(house);
        }
        if prompt == Prompt::CollectPhone {
            self.phone = None;
        }
        let recorded = matches!(
            prompt,
            Prompt::Menu
                | Prompt::CollectStatement
                | Prompt::CollectPhone
                | Prompt::InvalidStatement
                | Prompt::SentSms
        );
        let aloud = self.spanish || !recorded;
        let said = vec![format!("gather {} {}", prompt.name(), self.how(prompt, aloud))];
        self.wait_for(Wait::Keys(prompt, aloud), said)
    }

    /// How a prompt reaches the caller.
    fn how(&self, prompt: Prompt, aloud: bool) -> String {
        let spanish = if self.spanish || prompt == Prompt::OfferSpanish { " es" } else { "" };
        match (aloud, prompt, &self.phone) {
            (false, ..) => "Recorded".to_owned(),
            (true, Prompt::ReadBack, Some(phone)) => {
                format!("Spoken{spanish} of {}", phone.trim_start_matches("+1"))
            }
            _ => format!("Spoken{spanish}"),
        }
    }

    fn transfer(&mut self, house: &House) -> Vec<String> {
        if self.state == State::CollectSmsPhone {
            self.phone = None;
        }
        self.state = State::Transfer;
        if house.is_closed {
            let said = format!("play office_closed {}", self.how(Prompt::OfficeClosed, true));
            return self.wait_for(Wait::Closed, vec!["office closed".into(), said]);
        }
        let Some(to) = &house.to else { return self.no_person() };
        let play = format!("play transfer {}", self.how(Prompt::Transfer, self.spanish));
        self.wait_for(Wait::Person(self.spanish), vec![play, format!("transfer to {to}")])
    }

    fn no_person(&mut self) -> Vec<String> {
        let mut said = self.goodbye();
        said.insert(0, "transfer failed".into());
        said
    }

    fn goodbye(&mut self) -> Vec<String> {
        let play = format!("play goodbye {}", self.how(Prompt::Goodbye, self.spanish));
        self.wait_for(Wait::Farewell(self.spanish), vec![play])
    }

    fn hang_up(&mut self, tries: u8) -> Vec<String> {
        self.wait_for(Wait::HangUp(tries), vec!["hang up".into()])
    }

    /// A prompt that cannot be played is read aloud; one that cannot be read aloud is passed over.
    fn unplayable(&mut self, house: &House) -> Vec<String> {
        let aloud = |how: &str, p: Prompt| {
            vec![format!("prompt failed {}", p.name()), format!("{how} {} Spoken", p.name())]
        };
        match self.wait {
            Wait::Keys(p, false) => self.wait_for(Wait::Keys(p, true), aloud("gather", p)),
            Wait::Keys(_, true) if self.state == State::LinkSent => self.goodbye(),
            // What was only offered is left out.
            Wait::Keys(Prompt::OfferSpanish, true) => self.ask(house.menu(), house),
            Wait::Keys(Prompt::MenuWithOptOut | Prompt::OptedOut, true) => self.ask(Prompt::Menu, house),
            Wait::Keys(Prompt::OfferCallerNumber, true) => self.ask(Prompt::CollectPhone, house),
            Wait::Keys(_, true) => self.transfer(house),
            Wait::Person(false) => {
                // It is the same wait for the same person.
                self.wait = Wait::Person(true);
                aloud("play", Prompt::Transfer)
            }
            Wait::Farewell(false) => self.wait_for(Wait::Farewell(true), aloud("play", Prompt::Goodbye)),
            Wait::Farewell(true) => self.hang_up(1),
            Wait::Closed => self.goodbye(),
            _ => vec![],
        }
    }

    fn over(&mut self) -> Vec<String> {
        self.wait = match (self.state, self.wait) {
            (State::Done, wait) => wait,
            (State::CollectSmsPhone, Wait::Keys(heard, _))
            | (State::Menu, Wait::Keys(heard @ Prompt::MenuWithOptOut, _)) => Wait::LastKeys(heard),
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
            Wait::Closed => Some(Prompt::OfficeClosed),
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
