//! The call state machine: pure and total. Every (state, event) pair has an answer.
//!
//! A pair with no rule leaves the call as it was: carriers repeat and reorder events, so a stray one is no mistake.
//! Each wait has a deadline (see [`Call::wait_ms`]) that the shell stores, so no state leaves a caller in silence.

pub mod guessing;
mod link;
mod menu;
mod phone;
mod prompt;
mod settings;
mod speech;
mod statement;
mod transfer;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::effect::{BETWEEN_KEYS_MS, Command, Effect, TRANSFER_RING_S, Voice};
use crate::envelope::{GatherStatus, PlaybackStatus};
use crate::hours::Hours;
use crate::ids::StatementId;
use crate::phone::{Digits, E164};

pub use prompt::Prompt;
pub use settings::{Desk, Language, MenuSettings, StatementDigits, StatementDigitsError};
pub use speech::Speech;

/// Prompts that ask for keys, in one call; the next one is a transfer instead.
pub const MAX_PROMPTS: u8 = 12;
/// Misses in the menu; the last one itself transfers.
pub const MENU_MISSES: u8 = 2;
/// Misses at the statement number and at the phone number; the last one itself transfers.
pub const COLLECT_MISSES: u8 = 3;

/// Where the caller is, as operators see it (`telnyx_calls.state`, the log line `ivr_state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Menu,
    CollectStatementId,
    CollectSmsPhone,
    SendingLink,
    LinkSent,
    Transfer,
    Done,
}

impl State {
    pub const ALL: [State; 7] = [
        State::Menu,
        State::CollectStatementId,
        State::CollectSmsPhone,
        State::SendingLink,
        State::LinkSent,
        State::Transfer,
        State::Done,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Menu => "MENU",
            State::CollectStatementId => "COLLECT_STATEMENT_ID",
            State::CollectSmsPhone => "COLLECT_SMS_PHONE",
            State::SendingLink => "SENDING_LINK",
            State::LinkSent => "LINK_SENT",
            State::Transfer => "TRANSFER",
            State::Done => "DONE",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// What the call waits for within its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// `answer` was sent, `call.answered` has not come.
    Answering {
        again: bool,
    },
    /// A prompt asks for keys.
    Asking {
        prompt: Prompt,
        spoken: bool,
    },
    /// The link is being made and texted.
    Linking,
    /// `transfer.wav` plays while the agency's phone rings.
    Transferring {
        spoken: bool,
    },
    /// The agency's leg has ended as a talk does, and no bridge was seen: it is late, or there was none.
    LegEnded,
    /// The caller talks with a person.
    Bridged,
    /// `goodbye.wav` is heard out.
    Goodbye {
        spoken: bool,
    },
    /// That the office is closed is spoken and heard out.
    Closed,
    HangingUp {
        tries: u8,
    },
    /// A hang-up overtook the gather of the phone number: its digits may still come.
    EndedAtPhone,
    /// The same at the offer of the caller's own number: its key may still come.
    EndedAtOffer,
    /// The same at the read-back of a keyed number.
    EndedAtReadBack,
    /// The same at the menu with a key that stops texts.
    EndedAtMenu,
    Ended,
}

impl Phase {
    /// The call is over, and keys pressed before may still give a number its link or stop texts.
    fn awaits_last_keys(self) -> bool {
        matches!(
            self,
            Phase::EndedAtPhone | Phase::EndedAtOffer | Phase::EndedAtReadBack | Phase::EndedAtMenu
        )
    }
}

/// One call on its way through the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub state: State,
    pub phase: Phase,
    /// Counts the waits of the call; travels in `client_state`, so that a late event is known as late.
    pub step: u32,
    /// Misses in this state.
    pub misses: u8,
    /// Prompts asked for keys so far; one that is spoken because it cannot be played counts once.
    pub prompts: u8,
    pub statement: Option<StatementId>,
    /// Whom the link is for. In COLLECT_SMS_PHONE, and after a hang-up there: keyed, but not confirmed yet.
    pub phone: Option<E164>,
    /// The dialled number belongs to an agency.
    pub known: bool,
    pub language: Language,
}

/// What the machine may know of the world around the call.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Surroundings {
    pub desk: Desk,
    pub menu: MenuSettings,
    /// The caller's number, where a text can go to it.
    pub caller: Option<E164>,
}

/// What happened to a call. `step` is ours of the event's `client_state`; `None` counts for the current step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEvent {
    Answered,
    GatherEnded {
        step: Option<u32>,
        status: GatherStatus,
        digits: Digits,
        pound_alone: bool,
    },
    /// A recording or a spoken text has ended; `prompt` where the event names the file.
    PlaybackEnded {
        step: Option<u32>,
        prompt: Option<Prompt>,
        status: PlaybackStatus,
    },
    Bridged,
    /// The transfer's second leg has ended.
    SecondLegEnded {
        cause: String,
    },
    Hangup,
    Statement(StatementAnswer),
    MayText {
        phone: E164,
        allowed: bool,
    },
    Link(LinkAnswer),
    CommandAccepted {
        step: u32,
        kind: CommandKind,
    },
    CommandFailed {
        step: u32,
        kind: CommandKind,
        failure: Failure,
    },
    DeadlinePassed {
        step: u32,
    },
}

/// What our tables say of a keyed statement number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementAnswer {
    /// Open and with something to pay.
    Found(StatementId),
    /// Known, but not open or nothing to pay.
    NotPayable,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkAnswer {
    /// Stripe made the session and Telnyx took the text.
    Sent,
    /// Refused for good.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    Answer,
    Gather,
    Play,
    Transfer,
    HangUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Telnyx says that the call is over.
    CallEnded,
    /// Refused for good, or no answer within the budget.
    Refused,
}

impl Command {
    pub fn command_kind(&self) -> CommandKind {
        match self {
            Command::Answer => CommandKind::Answer,
            Command::Gather { .. } => CommandKind::Gather,
            Command::Play { .. } => CommandKind::Play,
            Command::Transfer { .. } => CommandKind::Transfer,
            Command::HangUp => CommandKind::HangUp,
        }
    }
}

/// A call comes in: the row that `call.initiated` makes, and the answer to it.
pub fn ring(known: bool) -> (Call, Vec<Effect>) {
    let call = Call {
        state: State::Menu,
        phase: Phase::Answering { again: false },
        step: 1,
        misses: 0,
        prompts: 0,
        statement: None,
        phone: None,
        known,
        language: Language::English,
    };
    (call, vec![Effect::Command(Command::Answer)])
}

/// Advances one call by one event. Pure: no clock, no I/O, no randomness.
pub fn step(call: Call, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    match event {
        CallEvent::Hangup => (call.ended(), vec![]),
        CallEvent::CommandFailed { failure: Failure::CallEnded, .. } => (call.ended(), vec![]),
        CallEvent::GatherEnded { step, .. } if call.is_late(*step) => (call, vec![]),
        CallEvent::GatherEnded { status: GatherStatus::CallHangup, digits, .. } => {
            phone::gathered_at_hangup(call.ended(), digits, around)
        }
        CallEvent::GatherEnded { status: GatherStatus::Cancelled, .. } => (call, vec![]),
        _ if call.state == State::Done => phone::after_hangup(call, event, around),
        CallEvent::PlaybackEnded { step, .. } if call.is_late(*step) => (call, vec![]),
        CallEvent::PlaybackEnded { prompt: Some(p), .. } if call.playing() != Some(*p) => (call, vec![]),
        CallEvent::PlaybackEnded { status: PlaybackStatus::Failed, .. } => prompt_failed(call, around),
        CallEvent::CommandFailed { step, kind: CommandKind::Gather | CommandKind::Play, .. }
            if *step == call.step =>
        {
            prompt_failed(call, around)
        }
        CallEvent::DeadlinePassed { step } if *step != call.step => (call, vec![]),
        _ => match call.phase {
            Phase::Answering { again } => answering(call, again, event, around),
            Phase::Asking { prompt, .. } => asking(call, prompt, event, around),
            Phase::Linking => link::sending(call, event, around),
            Phase::Transferring { .. } | Phase::LegEnded | Phase::Bridged => transfer::step(call, event),
            Phase::Goodbye { .. } | Phase::Closed | Phase::HangingUp { .. } => transfer::leaving(call, event),
            Phase::EndedAtPhone
            | Phase::EndedAtOffer
            | Phase::EndedAtReadBack
            | Phase::EndedAtMenu
            | Phase::Ended => (call, vec![]),
        },
    }
}

fn answering(call: Call, again: bool, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    match event {
        CallEvent::Answered if call.known => menu::enter(call, around),
        CallEvent::Answered => call.goodbye(),
        CallEvent::DeadlinePassed { .. } if !again => {
            (call.waiting(Phase::Answering { again: true }), vec![Effect::Command(Command::Answer)])
        }
        // Perhaps it was answered and nobody told us: the leg is hung up on, once.
        CallEvent::DeadlinePassed { .. } => call.hang_up(transfer::HANG_UP_TRIES - 1),
        _ => (call, vec![]),
    }
}

fn asking(call: Call, prompt: Prompt, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    if let CallEvent::GatherEnded { pound_alone: true, .. } = event
        && prompt != Prompt::OfferSpanish
    {
        let (state, misses) = (call.state, call.misses);
        return call.ask(state, prompt, misses, around);
    }
    match call.state {
        State::Menu => menu::step(call, prompt, event, around),
        State::CollectStatementId => statement::step(call, event, around),
        State::CollectSmsPhone => phone::step(call, prompt, event, around),
        State::LinkSent => link::confirmed(call, event, around),
        State::SendingLink | State::Transfer | State::Done => (call, vec![]),
    }
}

/// A recording that cannot be played is spoken by Telnyx; a spoken one that fails leads on.
fn prompt_failed(call: Call, around: &Surroundings) -> (Call, Vec<Effect>) {
    match call.phase {
        // Still the same prompt: it was not heard, so it is not counted again.
        Phase::Asking { prompt, spoken: false } => {
            let call = call.waiting(Phase::Asking { prompt, spoken: true });
            let gather = Command::Gather { prompt, voice: call.voice(prompt, true) };
            (call, vec![Effect::PromptFailed(prompt), Effect::Command(gather)])
        }
        Phase::Asking { .. } if call.state == State::LinkSent => call.goodbye(),
        // What was only offered is passed over.
        Phase::Asking { prompt: Prompt::OfferSpanish, .. } => menu::after_offer(call, around),
        Phase::Asking { prompt: Prompt::MenuWithOptOut | Prompt::OptedOut, .. } => menu::plain(call, around),
        Phase::Asking { prompt: Prompt::OfferCallerNumber, .. } => {
            let misses = call.misses;
            phone::again(call, misses, around)
        }
        Phase::Asking { .. } => call.transfer(around),
        Phase::Transferring { spoken: false } => {
            let call = Call { phase: Phase::Transferring { spoken: true }, ..call };
            let play = Command::Play { prompt: Prompt::Transfer, voice: call.voice(Prompt::Transfer, true) };
            (call, vec![Effect::PromptFailed(Prompt::Transfer), Effect::Command(play)])
        }
        Phase::Goodbye { spoken: false } => {
            let play = Command::Play { prompt: Prompt::Goodbye, voice: call.voice(Prompt::Goodbye, true) };
            let call = call.waiting(Phase::Goodbye { spoken: true });
            (call, vec![Effect::PromptFailed(Prompt::Goodbye), Effect::Command(play)])
        }
        Phase::Goodbye { spoken: true } => call.hang_up(0),
        Phase::Closed => call.goodbye(),
        _ => (call, vec![]),
    }
}

impl Call {
    /// Milliseconds until the wait of this phase leads on by itself; `None` where nothing is awaited.
    pub fn wait_ms(&self) -> Option<i64> {
        match self.phase {
            Phase::Answering { .. } => Some(10_000),
            Phase::Asking { prompt, .. } => {
                let keys = i64::from(prompt.maximum_digits());
                Some(prompt.length_ms() + prompt.first_key_ms() + (keys - 1) * BETWEEN_KEYS_MS + GRACE_MS)
            }
            Phase::Linking => Some(8_000),
            Phase::Transferring { .. } => Some(TRANSFER_RING_S * 1000 + 15_000),
            Phase::LegEnded => Some(5_000),
            Phase::Bridged => Some(MAX_LEG_S * 1000 + 600_000),
            Phase::Goodbye { .. } => Some(Prompt::Goodbye.length_ms() + GRACE_MS),
            Phase::Closed => Some(Prompt::OfficeClosed.length_ms() + GRACE_MS),
            Phase::HangingUp { .. } => Some(10_000),
            Phase::EndedAtPhone
            | Phase::EndedAtOffer
            | Phase::EndedAtReadBack
            | Phase::EndedAtMenu
            | Phase::Ended => None,
        }
    }

    /// Whether the wait of this phase runs from when Telnyx takes a command of this kind.
    pub fn waits_for(&self, kind: CommandKind) -> bool {
        matches!(
            (self.phase, kind),
            (Phase::Answering { .. }, CommandKind::Answer)
                | (Phase::Asking { .. }, CommandKind::Gather)
                | (Phase::Goodbye { .. } | Phase::Closed, CommandKind::Play)
                | (Phase::Transferring { .. }, CommandKind::Transfer)
        )
    }

    /// Whether a command that was decided at `step` is still to be sent: the call may have moved on since.
    pub fn still_wants(&self, kind: CommandKind, step: u32) -> bool {
        match kind {
            // A caller who talks with a person after all is not hung up on, nor is a leg that is gone.
            CommandKind::HangUp => self.state != State::Done && self.phase != Phase::Bridged,
            _ => self.state != State::Done && self.step == step,
        }
    }

    fn is_late(&self, step: Option<u32>) -> bool {
        step.is_some_and(|s| s != self.step)
    }

    /// The prompt that the caller hears now.
    fn playing(&self) -> Option<Prompt> {
        match self.phase {
            Phase::Asking { prompt, .. } => Some(prompt),
            Phase::Transferring { .. } => Some(Prompt::Transfer),
            Phase::Goodbye { .. } => Some(Prompt::Goodbye),
            Phase::Closed => Some(Prompt::OfficeClosed),
            _ => None,
        }
    }

    /// Starts a new wait: later events of the old one are late.
    fn waiting(self, phase: Phase) -> Self {
        Call { phase, step: self.step + 1, ..self }
    }

    fn ask(self, state: State, prompt: Prompt, misses: u8, around: &Surroundings) -> (Self, Vec<Effect>) {
        if self.prompts >= MAX_PROMPTS {
            return self.transfer(around);
        }
        let spoken = self.speaks(prompt);
        let call = Call { state, misses, prompts: self.prompts + 1, ..self };
        let call = call.waiting(Phase::Asking { prompt, spoken });
        let voice = call.voice(prompt, spoken);
        (call, vec![Effect::Command(Command::Gather { prompt, voice })])
    }

    /// Whether the prompt is spoken at once: it has no recording in the caller's language.
    fn speaks(&self, prompt: Prompt) -> bool {
        self.language != Language::English || !prompt.is_recorded()
    }

    fn voice(&self, prompt: Prompt, spoken: bool) -> Voice {
        match spoken {
            true => Voice::Spoken(Speech::of(prompt, self.language, self.phone.as_ref())),
            false => Voice::Recorded,
        }
    }

    fn transfer(self, around: &Surroundings) -> (Self, Vec<Effect>) {
        // A number that was never confirmed is nobody's.
        let phone = self.phone.clone().filter(|_| self.state != State::CollectSmsPhone);
        let call = Call { state: State::Transfer, misses: 0, phone, ..self };
        match &around.desk {
            Desk::None => call.transfer_failed(),
            Desk::Closed(hours) => call.closed(hours),
            Desk::Open(to) => {
                let spoken = call.speaks(Prompt::Transfer);
                let play =
                    Command::Play { prompt: Prompt::Transfer, voice: call.voice(Prompt::Transfer, spoken) };
                let effects = vec![play, Command::Transfer { to: to.clone() }];
                (
                    call.waiting(Phase::Transferring { spoken }),
                    effects.into_iter().map(Effect::Command).collect(),
                )
            }
        }
    }

    fn transfer_failed(self) -> (Self, Vec<Effect>) {
        let (call, mut effects) = self.goodbye();
        effects.insert(0, Effect::TransferFailed);
        (call, effects)
    }

    /// Nobody is rung outside office hours: the caller hears why, and the agency calls back.
    fn closed(self, hours: &Hours) -> (Self, Vec<Effect>) {
        let voice = Voice::Spoken(Speech::closed(hours, self.language));
        let play = Command::Play { prompt: Prompt::OfficeClosed, voice };
        (self.waiting(Phase::Closed), vec![Effect::OfficeClosed, Effect::Command(play)])
    }

    fn goodbye(self) -> (Self, Vec<Effect>) {
        let spoken = self.speaks(Prompt::Goodbye);
        let play = Command::Play { prompt: Prompt::Goodbye, voice: self.voice(Prompt::Goodbye, spoken) };
        (self.waiting(Phase::Goodbye { spoken }), vec![Effect::Command(play)])
    }

    fn hang_up(self, tries: u8) -> (Self, Vec<Effect>) {
        (self.waiting(Phase::HangingUp { tries }), vec![Effect::Command(Command::HangUp)])
    }

    /// The call is over. Where the phone number was being keyed or confirmed, or texts could be stopped, the gather may
    /// still come.
    fn ended(self) -> Self {
        let phase = match (self.state, self.phase) {
            (_, Phase::Ended) => return self,
            (_, phase) if phase.awaits_last_keys() => return self,
            (State::CollectSmsPhone, Phase::Asking { prompt, .. }) => match prompt {
                Prompt::OfferCallerNumber => Phase::EndedAtOffer,
                Prompt::ReadBack => Phase::EndedAtReadBack,
                _ => Phase::EndedAtPhone,
            },
            (State::Menu, Phase::Asking { prompt: Prompt::MenuWithOptOut, .. }) => Phase::EndedAtMenu,
            _ => Phase::Ended,
        };
        Call { state: State::Done, phase, ..self }
    }
}

/// Milliseconds for an event to reach us.
const GRACE_MS: i64 = 5_000;
/// Seconds that a call leg lasts at most (Telnyx).
const MAX_LEG_S: i64 = 14_400;
