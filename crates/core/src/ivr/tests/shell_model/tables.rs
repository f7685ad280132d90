//! What survives a crash: the committed rows. Each function here is one commit, so that no crash strikes within it.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Plant;
use crate::effect::{Command, Effect, Question};
use crate::ids::derived_id;
use crate::ivr::tests::{ON_HOLD, OPEN};
use crate::ivr::{self, Call, CallEvent, Language, Phase, Prompt, State, StatementAnswer, Surroundings};

/// A webhook, known by its id.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub(super) id: u32,
    pub(super) news: News,
}

#[derive(Clone, Debug)]
pub(super) enum News {
    Initiated,
    Call(CallEvent),
    /// The patient's number texts STOP.
    Stop,
}

#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) webhook: Webhook,
    pub(super) deliveries: u32,
    pub(super) processed: bool,
}

/// One row of the outbox: what is owed, under a name and in words that never change.
#[derive(Clone, Debug)]
pub(super) struct Owed {
    pub(super) id: Uuid,
    pub(super) what: What,
    pub(super) due_at: i64,
    pub(super) leased_until: i64,
    pub(super) expires_at: i64,
    pub(super) settled: bool,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Command { command: Command, step: u32 },
    Checkout { phone: String },
    Text { to: String },
}

#[derive(Default)]
pub(super) struct Tables {
    around: Surroundings,
    pub(super) call: Option<Call>,
    /// States and waits that the call was in.
    pub(super) places: BTreeSet<&'static str>,
    pub(super) deadline_at: Option<i64>,
    pub(super) inbox: Vec<Received>,
    pub(super) outbox: Vec<Owed>,
    pub(super) opted_out: BTreeSet<String>,
    pub(super) sessions: BTreeSet<Uuid>,
    /// Telnyx said, and we have written down, that the call is over.
    pub(super) told_over: bool,
    steps: BTreeSet<String>,
    /// How often each cause was applied: what the model looks at, not what the shell does.
    applied: BTreeMap<String, u32>,
}

impl Tables {
    pub(super) fn around(around: Surroundings) -> Self {
        Self { around, ..Self::default() }
    }

    /// The commit that the 200 waits for: the event, and a STOP's opt-out with it.
    pub(super) fn receive(&mut self, webhook: &Webhook, patient: &str, plant: Plant) {
        let known = self.inbox.iter().any(|r| r.webhook.id == webhook.id);
        if known && plant != Plant::NoUniqueIds {
            return;
        }
        if matches!(webhook.news, News::Stop) {
            self.opted_out.insert(patient.to_owned());
        }
        self.inbox.push(Received { webhook: webhook.clone(), deliveries: 0, processed: false });
    }

    /// One event: state, effects owed and `processed`.
    pub(super) fn process(&mut self, at: usize, now: i64, plant: Plant) -> Result<(), String> {
        let received = &mut self.inbox[at];
        received.deliveries += 1;
        let (Webhook { id, news }, last) = (received.webhook.clone(), received.deliveries >= 4);
        let cause = format!("event {id}");
        match news {
            News::Initiated if self.call.is_none() => {
                let (call, effects) = ivr::ring(true);
                self.count(&cause)?;
                self.deadline_at = call.wait_ms().map(|ms| now + ms);
                self.owe(&cause, effects, call.step, now);
                self.call = Some(call);
            }
            News::Call(_) if self.call.is_none() && !last => return Ok(()),
            News::Call(event) if self.call.is_some() => self.advance(&cause, &event, now, plant)?,
            News::Initiated | News::Call(_) | News::Stop => {}
        }
        self.inbox[at].processed = true;
        Ok(())
    }

    /// Steps the machine by one cause, once.
    pub(super) fn advance(
        &mut self,
        cause: &str,
        event: &CallEvent,
        now: i64,
        plant: Plant,
    ) -> Result<(), String> {
        let Some(before) = self.call.clone() else { return Ok(()) };
        if self.steps.contains(cause) && plant != Plant::NoUniqueIds {
            return Ok(());
        }
        self.count(cause)?;
        let mut around = self.around.clone();
        if plant == Plant::NoSettingsAfterHangUp && before.state == State::Done {
            around.menu = ivr::MenuSettings::default();
        }
        let (mut call, mut effects) = ivr::step(before.clone(), event, &around);
        while let Some(at) = effects.iter().position(|e| matches!(e, Effect::Ask(_))) {
            let Effect::Ask(question) = effects.remove(at) else { continue };
            let (next, more) = ivr::step(call, &self.answer(&question), &around);
            call = next;
            effects.extend(more);
        }
        if !may_move(before.state, call.state) {
            return Err(format!("the state moved from {:?} to {:?}", before.state, call.state));
        }
        let over = CallEvent::Hangup == *event
            || matches!(event, CallEvent::CommandFailed { failure: ivr::Failure::CallEnded, .. });
        self.told_over |= over;
        self.places.extend([call.state.as_str()].into_iter().chain(wait(&call)));
        self.owe(cause, effects, call.step, now);
        let taken = matches!(event, CallEvent::CommandAccepted { step, kind }
            if *step == call.step && call.waits_for(*kind));
        if taken || call.step != before.step || call.phase != before.phase {
            self.deadline_at = call.wait_ms().map(|ms| now + ms);
        }
        self.call = Some(call);
        Ok(())
    }

    fn count(&mut self, cause: &str) -> Result<(), String> {
        self.steps.insert(cause.to_owned());
        let times = self.applied.entry(cause.to_owned()).or_default();
        *times += 1;
        if *times > 1 { Err(format!("R4: {cause} was applied twice")) } else { Ok(()) }
    }

    fn answer(&self, question: &Question) -> CallEvent {
        match question {
            Question::FindStatement(id) => CallEvent::Statement(match id.expose() {
                OPEN => StatementAnswer::Found(id.clone()),
                ON_HOLD => StatementAnswer::NotPayable,
                _ => StatementAnswer::Unknown,
            }),
            Question::MayText(phone) => {
                let allowed = !self.opted_out.contains(phone.expose());
                CallEvent::MayText { phone: phone.clone(), allowed }
            }
        }
    }

    fn owe(&mut self, cause: &str, effects: Vec<Effect>, step: u32, now: i64) {
        for (place, effect) in effects.into_iter().enumerate() {
            match effect {
                Effect::Command(command) => {
                    let lasts = if matches!(command, Command::Play { prompt: Prompt::Transfer, .. }) {
                        3_000
                    } else {
                        12_000
                    };
                    let id = derived_id(cause, &place.to_string());
                    self.push(id, What::Command { command, step }, now, lasts);
                }
                Effect::SendLink { phone, .. } => {
                    let phone = phone.expose().to_owned();
                    self.push(derived_id("link:call", &phone), What::Checkout { phone }, now, 900_000);
                }
                Effect::OptOut(phone) => {
                    self.opted_out.insert(phone.expose().to_owned());
                }
                Effect::Ask(_) | Effect::TransferFailed | Effect::OfficeClosed | Effect::PromptFailed(_) => {}
            }
        }
    }

    /// Owes one effect; a name that is known already changes nothing.
    pub(super) fn push(&mut self, id: Uuid, what: What, now: i64, lasts: i64) {
        if !self.outbox.iter().any(|o| o.id == id) {
            let expires_at = now + lasts;
            self.outbox.push(Owed { id, what, due_at: now, leased_until: 0, expires_at, settled: false });
        }
    }

    /// Marks an effect as done or given up; false where it was before.
    pub(super) fn settle(&mut self, id: Uuid) -> bool {
        let owed = self.outbox.iter_mut().find(|o| o.id == id && !o.settled);
        owed.map(|o| o.settled = true).is_some()
    }
}

/// Waits that only an agency's settings bring.
pub(super) const WAITS_OF_SETTINGS: [&str; 10] = [
    "offer_spanish",
    "offer_caller_number",
    "read_back",
    CLOSED,
    ENDED_AT_OFFER,
    ENDED_AT_READ_BACK,
    "menu_with_opt_out",
    "opted_out",
    ENDED_AT_MENU,
    IN_SPANISH,
];
const CLOSED: &str = "the office is closed";
const ENDED_AT_OFFER: &str = "a hang-up at the offer of the caller's number";
const ENDED_AT_READ_BACK: &str = "a hang-up at the read-back";
const ENDED_AT_MENU: &str = "a hang-up at the menu with a key that stops texts";
const IN_SPANISH: &str = "the link was sent in Spanish";

fn wait(call: &Call) -> Option<&'static str> {
    match call.phase {
        Phase::Asking { prompt: Prompt::SentSms, .. } if call.language == Language::Spanish => {
            Some(IN_SPANISH)
        }
        Phase::Asking { prompt, .. } => Some(prompt.name()),
        Phase::Closed => Some(CLOSED),
        Phase::EndedAtOffer => Some(ENDED_AT_OFFER),
        Phase::EndedAtReadBack => Some(ENDED_AT_READ_BACK),
        Phase::EndedAtMenu => Some(ENDED_AT_MENU),
        _ => None,
    }
}

/// The ways through the menu; each state may also be kept.
fn may_move(from: State, to: State) -> bool {
    let onward: &[State] = match from {
        State::Menu => &[State::CollectStatementId, State::Transfer],
        State::CollectStatementId => &[State::CollectSmsPhone, State::Transfer],
        State::CollectSmsPhone => &[State::SendingLink, State::Transfer],
        State::SendingLink => &[State::LinkSent, State::Transfer],
        State::LinkSent => &[State::Transfer],
        State::Transfer | State::Done => &[],
    };
    from == to || to == State::Done || onward.contains(&to)
}
