//! A caller, a Telnyx and a shell around one call: each command brings the events that it causes, and a cause is
//! applied once, as the service's own table of steps sees to. In what order events arrive is the test's choice.

use std::collections::BTreeSet;

use super::*;
use crate::ids::derived_id;

/// How one call goes, whatever the order in which it is told.
#[derive(Clone, Debug)]
pub(super) struct Story {
    /// How the agency has set its menu, and who calls.
    pub(super) around: Surroundings,
    /// Answers whose confirmation is lost.
    pub(super) unconfirmed_answers: usize,
    /// One for each gather; after the last the caller says nothing more.
    pub(super) turns: Vec<Turn>,
    pub(super) link: LinkTurn,
    pub(super) transfer: TransferTurn,
    pub(super) goodbye: GoodbyeTurn,
    /// Hang-ups that Telnyx refuses.
    pub(super) refused_hang_ups: usize,
    /// Gathers and recordings come back without our `client_state`.
    pub(super) no_client_state: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Turn {
    /// Keys that lead on towards the link.
    Right,
    Keys(&'static str),
    /// The gather's event is lost; its deadline passes.
    Silence,
    Unplayable,
    HangsUpWith(&'static str),
    KeysThenHangsUp(&'static str),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum LinkTurn {
    Sent,
    Refused,
    TooLate,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum TransferTurn {
    /// Bridged, then the second leg ends for this cause and the caller's with it.
    Talks(&'static str),
    Fails(&'static str),
    Refused,
    Silence,
    CallerLeaves,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum GoodbyeTurn {
    HeardOut,
    Silence,
    Unplayable,
    CallerLeaves,
}

/// One event on its way to us.
#[derive(Clone, Debug)]
pub(super) struct Told {
    cause: String,
    event: CallEvent,
}

impl Told {
    /// It says that the call is over.
    pub(super) fn is_end(&self) -> bool {
        matches!(self.event, CallEvent::Hangup | CallEvent::CommandFailed { failure: Failure::CallEnded, .. })
    }
}

pub(super) struct World {
    pub(super) call: Call,
    /// Events on their way, oldest first.
    pub(super) pending: Vec<Told>,
    /// What was done, under the id that its cause gives it.
    pub(super) done: BTreeSet<(String, String)>,
    story: Story,
    applied: BTreeSet<String>,
    gathers: usize,
    answers: usize,
    hang_ups: usize,
    gone: bool,
}

impl World {
    pub(super) fn new(story: &Story) -> Self {
        let (call, effects) = ring(true);
        let mut world = Self {
            call,
            pending: vec![],
            done: BTreeSet::new(),
            story: story.clone(),
            applied: BTreeSet::new(),
            gathers: 0,
            answers: 0,
            hang_ups: 0,
            gone: false,
        };
        world.perform("initiated", &effects);
        world
    }

    /// Tells the event at `at`; a copy of one that was told before changes nothing.
    pub(super) fn tell(&mut self, at: usize, keep_a_copy: bool) {
        let told = if keep_a_copy { self.pending[at].clone() } else { self.pending.remove(at) };
        if self.applied.insert(told.cause.clone()) {
            let (call, effects) = advance(self.call.clone(), &told.event, &self.story.around);
            self.call = call;
            self.perform(&told.cause, &effects);
        }
    }

    fn perform(&mut self, cause: &str, effects: &[Effect]) {
        for (place, effect) in effects.iter().enumerate() {
            let id = derived_id(cause, &place.to_string()).to_string();
            match effect {
                Effect::Command(command) => {
                    for (nth, event) in self.caused_by(command).into_iter().enumerate() {
                        self.pending.push(Told { cause: format!("{id} {nth}"), event });
                    }
                    self.done.insert((id, words(effect)));
                }
                Effect::SendLink { .. } => {
                    let event = match self.story.link {
                        LinkTurn::Sent => CallEvent::Link(LinkAnswer::Sent),
                        LinkTurn::Refused => CallEvent::Link(LinkAnswer::Refused),
                        LinkTurn::TooLate => self.deadline(),
                    };
                    self.pending.push(Told { cause: words(effect), event });
                    self.done.insert((String::new(), words(effect)));
                }
                _ => {
                    self.done.insert((id, words(effect)));
                }
            }
        }
    }

    fn caused_by(&mut self, command: &Command) -> Vec<CallEvent> {
        let (step, kind) = (self.call.step, command.command_kind());
        if self.gone {
            return vec![CallEvent::CommandFailed { step, kind, failure: Failure::CallEnded }];
        }
        let accepted = CallEvent::CommandAccepted { step, kind };
        match command {
            Command::Answer => {
                self.answers += 1;
                let lost = self.answers <= self.story.unconfirmed_answers;
                vec![accepted, if lost { self.deadline() } else { CallEvent::Answered }]
            }
            Command::Gather { prompt, voice } => self.gathered(*prompt, voice, accepted),
            // A transfer prompt that fails is spoken only while it still rings, so its order does matter: not here.
            Command::Play { prompt: Prompt::Transfer, voice } => {
                vec![accepted, self.playback(Prompt::Transfer, voice, PlaybackStatus::Ended)]
            }
            Command::Play { prompt, voice } => self.played(*prompt, voice, accepted),
            Command::Transfer { .. } => self.transferred(accepted),
            Command::HangUp => {
                self.hang_ups += 1;
                if self.hang_ups <= self.story.refused_hang_ups {
                    return vec![
                        CallEvent::CommandFailed { step, kind, failure: Failure::Refused },
                        self.deadline(),
                    ];
                }
                vec![accepted, CallEvent::Hangup]
            }
        }
    }

    fn gathered(&mut self, prompt: Prompt, voice: &Voice, accepted: CallEvent) -> Vec<CallEvent> {
        let turn = self.story.turns.get(self.gathers).copied().unwrap_or(Turn::Silence);
        self.gathers += 1;
        let ended = self.playback(prompt, voice, PlaybackStatus::Ended);
        let said = self.said();
        match turn {
            Turn::Right => {
                let keys = match prompt {
                    Prompt::Menu | Prompt::MenuWithOptOut | Prompt::OptedOut => "1",
                    Prompt::CollectPhone => PHONE,
                    Prompt::SentSms | Prompt::OfferSpanish => "9",
                    Prompt::OfferCallerNumber | Prompt::ReadBack => "1",
                    _ => OPEN,
                };
                vec![accepted, ended, gather(said, keys)]
            }
            Turn::Keys(keys) => vec![accepted, ended, gather(said, keys)],
            Turn::Silence => vec![accepted, ended, self.deadline()],
            Turn::Unplayable => vec![self.unplayable(prompt, voice, CommandKind::Gather)],
            Turn::HangsUpWith(keys) => {
                self.gone = true;
                let cut = self.playback(prompt, voice, PlaybackStatus::CallHangup);
                vec![accepted, cut, gather_with(said, GatherStatus::CallHangup, keys), CallEvent::Hangup]
            }
            Turn::KeysThenHangsUp(keys) => {
                self.gone = true;
                vec![accepted, ended, gather(said, keys), CallEvent::Hangup]
            }
        }
    }

    fn played(&mut self, prompt: Prompt, voice: &Voice, accepted: CallEvent) -> Vec<CallEvent> {
        match self.story.goodbye {
            GoodbyeTurn::HeardOut => vec![accepted, self.playback(prompt, voice, PlaybackStatus::Ended)],
            GoodbyeTurn::Silence => vec![accepted, self.deadline()],
            GoodbyeTurn::Unplayable => vec![self.unplayable(prompt, voice, CommandKind::Play)],
            GoodbyeTurn::CallerLeaves => {
                self.gone = true;
                vec![accepted, self.playback(prompt, voice, PlaybackStatus::CallHangup), CallEvent::Hangup]
            }
        }
    }

    fn transferred(&mut self, accepted: CallEvent) -> Vec<CallEvent> {
        let leg_ends = |cause: &str| CallEvent::SecondLegEnded { cause: cause.to_owned() };
        let step = self.call.step;
        match self.story.transfer {
            TransferTurn::Talks(cause) => {
                self.gone = true;
                vec![accepted, CallEvent::Bridged, CallEvent::Bridged, leg_ends(cause), CallEvent::Hangup]
            }
            TransferTurn::Fails(cause) => vec![accepted, leg_ends(cause)],
            TransferTurn::Refused => {
                vec![CallEvent::CommandFailed {
                    step,
                    kind: CommandKind::Transfer,
                    failure: Failure::Refused,
                }]
            }
            TransferTurn::Silence => vec![accepted, self.deadline()],
            TransferTurn::CallerLeaves => {
                self.gone = true;
                vec![accepted, CallEvent::Hangup, leg_ends("originator_cancel")]
            }
        }
    }

    fn deadline(&self) -> CallEvent {
        CallEvent::DeadlinePassed { step: self.call.step }
    }

    fn said(&self) -> Option<u32> {
        (!self.story.no_client_state).then_some(self.call.step)
    }

    fn playback(&self, prompt: Prompt, voice: &Voice, status: PlaybackStatus) -> CallEvent {
        match voice {
            Voice::Recorded => CallEvent::PlaybackEnded { step: self.said(), prompt: Some(prompt), status },
            Voice::Spoken(_) => CallEvent::PlaybackEnded {
                step: Some(self.call.step),
                prompt: None,
                status: PlaybackStatus::Ended,
            },
        }
    }

    fn unplayable(&self, prompt: Prompt, voice: &Voice, kind: CommandKind) -> CallEvent {
        match voice {
            Voice::Recorded => self.playback(prompt, voice, PlaybackStatus::Failed),
            Voice::Spoken(_) => {
                CallEvent::CommandFailed { step: self.call.step, kind, failure: Failure::Refused }
            }
        }
    }
}
