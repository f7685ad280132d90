//! What is outside of us: the caller, Telnyx and Stripe. It knows nothing of our crashes and remembers what it was asked.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::tables::{News, Webhook};
use crate::effect::{Command, Voice};
use crate::envelope::{GatherStatus, PlaybackStatus};
use crate::ivr::tests::{ON_HOLD, OPEN, PHONE, gather, gather_with, words};
use crate::ivr::{CallEvent, Prompt, Surroundings};

/// What Telnyx says to a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reply {
    Taken,
    Refused,
    CallEnded,
}

#[derive(Default)]
pub(super) struct Outside {
    /// Webhooks on their way to us.
    pub(super) network: Vec<Webhook>,
    events: u32,
    ended: bool,
    gather: Option<(u32, Prompt, Voice)>,
    playing: Option<(u32, Prompt, Voice)>,
    ringing: bool,
    talking: bool,
    stopped: bool,
    command_ids: BTreeSet<Uuid>,
    acts: BTreeMap<(u32, String), u32>,
    /// Stripe's sessions by `Idempotency-Key`, each with the phone that it was asked for.
    sessions: BTreeMap<Uuid, String>,
    /// Texts that Telnyx took, by `Idempotency-Key`.
    texts: BTreeMap<Uuid, String>,
    /// Whom this is a call to.
    around: Surroundings,
    /// Numbers that the patient has said 1 to.
    confirmed: BTreeSet<String>,
    /// A 1 came without our `client_state`: it may count for a read-back that it was no answer to.
    one_without_step: bool,
}

impl Outside {
    pub(super) fn ringing(around: Surroundings) -> Self {
        let mut outside = Self { around, ..Self::default() };
        outside.tell(News::Initiated);
        outside
    }

    fn tell(&mut self, news: News) {
        self.events += 1;
        self.network.push(Webhook { id: self.events, news });
    }

    /// Telnyx is asked for a command. A `command_id` that it knows does nothing again.
    pub(super) fn command(
        &mut self,
        id: Uuid,
        command: &Command,
        step: u32,
        refuses: bool,
    ) -> Result<Reply, String> {
        if self.ended {
            return Ok(Reply::CallEnded);
        }
        if self.command_ids.contains(&id) {
            return Ok(Reply::Taken);
        }
        if refuses {
            return Ok(Reply::Refused);
        }
        self.command_ids.insert(id);
        let acts =
            self.acts.entry((step, words(&crate::effect::Effect::Command(command.clone())))).or_default();
        *acts += 1;
        if *acts > 1 {
            return Err(format!("R4: {} of step {step} was done twice", command.kind()));
        }
        self.act(command, step);
        Ok(Reply::Taken)
    }

    fn act(&mut self, command: &Command, step: u32) {
        match command {
            Command::Answer if step == 1 || self.events < 3 => self.tell(News::Call(CallEvent::Answered)),
            Command::Answer => {}
            Command::Gather { prompt, voice } => {
                if let Some((old, ..)) = self.gather.replace((step, *prompt, voice.clone())) {
                    self.tell(News::Call(gather_with(Some(old), GatherStatus::Cancelled, "")));
                }
            }
            Command::Play { prompt, voice } => self.playing = Some((step, *prompt, voice.clone())),
            Command::Transfer { .. } => self.ringing = true,
            Command::HangUp => self.hang_up(""),
        }
    }

    /// Stripe is asked for a session: the same key and body, the same session.
    pub(super) fn checkout(&mut self, key: Uuid, phone: &str) -> Result<Uuid, String> {
        let must_be_confirmed = self.around.menu.read_back && !self.one_without_step;
        if must_be_confirmed && !self.confirmed.contains(phone) {
            return Err("a link to a number that was not confirmed".to_owned());
        }
        match self.sessions.get(&key) {
            Some(known) if known != phone => return Err("a key came with another body".to_owned()),
            Some(_) => {}
            None => {
                self.sessions.insert(key, phone.to_owned());
            }
        }
        let of_phone = self.sessions.values().filter(|p| *p == phone).count();
        if of_phone > 1 { Err(format!("R5: {of_phone} sessions for one phone")) } else { Ok(key) }
    }

    /// Telnyx is asked to send a text; true where it goes out now, false where the key is known.
    pub(super) fn text(&mut self, key: Uuid, to: &str) -> Result<bool, String> {
        let new = self.texts.insert(key, to.to_owned()).is_none();
        let to_phone = self.texts.values().filter(|t| *t == to).count();
        if to_phone > 1 { Err(format!("R5: {to_phone} texts to one phone")) } else { Ok(new) }
    }

    /// Sessions and texts made.
    pub(super) fn made(&self) -> (usize, usize) {
        (self.sessions.len(), self.texts.len())
    }

    /// The patient, or time, acts on what Telnyx plays and waits for. False where there is nothing to act on.
    pub(super) fn goes_on(&mut self, pick: u8) -> bool {
        if let Some((step, prompt, voice)) = self.gather.take() {
            self.gather_ends(step, prompt, &voice, pick);
        } else if self.ringing {
            self.rings(pick);
        } else if self.talking {
            self.talking = false;
            self.leg_ends("normal_clearing");
            self.hang_up("");
        } else if let Some((step, prompt, voice)) = self.playing.take() {
            self.playback(step, prompt, &voice, pick % 8 == 7);
        } else {
            return false;
        }
        true
    }

    fn gather_ends(&mut self, step: u32, prompt: Prompt, voice: &Voice, pick: u8) {
        let said = (pick % 16 != 3).then_some(step);
        let right = match prompt {
            Prompt::Menu | Prompt::OptedOut | Prompt::ReadBack => "1",
            // Now and then the patient wants no texts at all.
            Prompt::MenuWithOptOut => ["1", "1", "8"][usize::from(pick / 12 % 3)],
            Prompt::OfferSpanish => ["9", "1"][usize::from(pick / 12 % 2)],
            Prompt::OfferCallerNumber => ["1", "2"][usize::from(pick % 2)],
            Prompt::CollectPhone => PHONE,
            Prompt::SentSms => "9",
            _ => OPEN,
        };
        self.one_without_step |= said.is_none() && right == "1" && prompt != Prompt::ReadBack;
        if right == "1" && !matches!(pick % 12, 7..=9) {
            self.confirms(prompt, voice);
        }
        match pick % 12 {
            ..=6 => self.tell(News::Call(gather(said, right))),
            7 => self.tell(News::Call(gather(said, ["2", "#", "777", ON_HOLD][usize::from(pick / 12 % 4)]))),
            8 => self.tell(News::Call(gather(said, ""))),
            9 => self.playback(step, prompt, voice, true),
            10 => self.hang_up_after(step, right),
            _ => {
                self.tell(News::Call(gather(said, right)));
                self.hang_up("");
            }
        }
    }

    /// The patient says 1 to a number: to the one that was heard, or to the own.
    fn confirms(&mut self, prompt: Prompt, voice: &Voice) {
        let number = match (prompt, voice) {
            (Prompt::ReadBack, Voice::Spoken(speech)) => {
                let ten: String = speech.text().chars().filter(char::is_ascii_digit).take(10).collect();
                Some(format!("+1{ten}"))
            }
            (Prompt::OfferCallerNumber, _) => self.around.caller.as_ref().map(|c| c.expose().to_owned()),
            _ => None,
        };
        self.confirmed.extend(number);
    }

    fn rings(&mut self, pick: u8) {
        self.ringing = false;
        match pick % 3 {
            0 => self.leg_ends("user_busy"),
            1 => self.leg_ends("no_answer"),
            _ => {
                self.talking = true;
                self.tell(News::Call(CallEvent::Bridged));
            }
        }
    }

    fn leg_ends(&mut self, cause: &str) {
        self.tell(News::Call(CallEvent::SecondLegEnded { cause: cause.to_owned() }));
    }

    fn playback(&mut self, step: u32, prompt: Prompt, voice: &Voice, fails: bool) {
        let (prompt, status) = match voice {
            Voice::Recorded if fails => (Some(prompt), PlaybackStatus::Failed),
            Voice::Recorded => (Some(prompt), PlaybackStatus::Ended),
            Voice::Spoken(_) => (None, PlaybackStatus::Ended),
        };
        self.tell(News::Call(CallEvent::PlaybackEnded { step: Some(step), prompt, status }));
    }

    fn hang_up_after(&mut self, step: u32, keys: &str) {
        self.tell(News::Call(gather_with(Some(step), GatherStatus::CallHangup, keys)));
        self.hang_up("");
    }

    /// The caller's leg ends, whoever ends it; `keys` were keyed before.
    pub(super) fn hang_up(&mut self, keys: &str) {
        if self.ended {
            return;
        }
        if let Some((step, prompt, voice)) = self.gather.take() {
            if keys == "1" {
                self.confirms(prompt, &voice);
            }
            self.tell(News::Call(gather_with(Some(step), GatherStatus::CallHangup, keys)));
        }
        if std::mem::take(&mut self.ringing) {
            self.leg_ends("originator_cancel");
        }
        (self.ended, self.talking, self.playing) = (true, false, None);
        self.tell(News::Call(CallEvent::Hangup));
    }

    /// The patient texts STOP, once.
    pub(super) fn stops(&mut self) -> bool {
        if !std::mem::replace(&mut self.stopped, true) {
            self.tell(News::Stop);
            return true;
        }
        false
    }
}
