//! One call from ringing to hang-up: a task that plays prompts, lets the caller press keys and reports events.
//!
//! Everything that will happen is held as an instant; the task sleeps until the nearest one or until a command comes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::command::{Leg, Phase};
use super::delivery::{Event, Hook};
use super::gather::Gather;
use super::leg::LegFacts;
use super::playback::{Clip, Playing, Sound};
use super::transfer::LegB;
use super::{CallPlan, Reply, SimTelnyx, now};

/// Ended legs kept for their transcripts and for `90018`; older ones are forgotten.
const CALLS_KEPT: usize = 5_000;

/// A command the simulator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Answer,
    GatherUsingAudio,
    GatherUsingSpeak,
    GatherStop,
    PlaybackStart,
    PlaybackStop,
    Speak,
    Transfer,
    Hangup,
}

impl Action {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "answer" => Self::Answer,
            "gather_using_audio" => Self::GatherUsingAudio,
            "gather_using_speak" => Self::GatherUsingSpeak,
            "gather_stop" => Self::GatherStop,
            "playback_start" => Self::PlaybackStart,
            "playback_stop" => Self::PlaybackStop,
            "speak" => Self::Speak,
            "transfer" => Self::Transfer,
            "hangup" => Self::Hangup,
            _ => return None,
        })
    }
}

/// An accepted command on its way to the line.
pub(super) struct Order {
    pub(super) leg: String,
    pub(super) action: Action,
    pub(super) body: Value,
}

pub(super) enum Input {
    Order(Order),
    /// An audio file came, with its length, or did not: (status, detail).
    Fetched {
        token: u64,
        result: Result<Duration, (&'static str, String)>,
    },
    /// The caller hangs up, told from outside.
    CallerHangsUp,
}

/// What the caller has made up their mind to do.
pub(super) enum Act {
    Key(char),
    HangUp,
}

/// What is due next.
#[derive(Clone, Copy)]
enum Due {
    Answered,
    Act,
    ClipEnds,
    GatherTimesOut,
    LegB,
    PatienceEnds,
    TimeLimit,
}

pub(super) struct Line {
    pub(super) sim: Arc<SimTelnyx>,
    pub(super) a: LegFacts,
    pub(super) plan: CallPlan,
    pub(super) playing: Option<Playing>,
    pub(super) queue: VecDeque<Clip>,
    pub(super) gather: Option<Gather>,
    pub(super) leg_b: Option<LegB>,
    /// The prompt that last failed to play: speech that follows stands for it.
    pub(super) last_failed: Option<String>,
    pub(super) token: u64,
    pub(super) to_self: UnboundedSender<Input>,
    acts: VecDeque<(Instant, Act)>,
    answers_at: Option<Instant>,
    patience_ends: Option<Instant>,
    time_limit: Instant,
    outlet: UnboundedSender<Event>,
    over: bool,
}

impl SimTelnyx {
    /// Somebody calls. Returns the `call_control_id` of their leg.
    pub fn start_call(self: &Arc<Self>, plan: CallPlan) -> String {
        let (to_self, inputs) = unbounded_channel();
        let (outlet, mut events) = unbounded_channel::<Event>();
        let sim = Arc::clone(self);
        // One after the other, as is usual though not promised; `Chaos::reorder` breaks the order.
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                sim.deliver(event).await;
            }
        });
        let a = LegFacts::incoming(&plan.from, &plan.to);
        let id = a.id.clone();
        self.state().calls.insert(id.clone(), Leg::new(false, to_self.clone()));
        let line = Line {
            sim: Arc::clone(self),
            a,
            playing: None,
            queue: VecDeque::new(),
            gather: None,
            leg_b: None,
            last_failed: None,
            token: 0,
            to_self,
            acts: VecDeque::new(),
            answers_at: None,
            patience_ends: Some(Instant::now() + plan.pace.of(plan.patience)),
            time_limit: Instant::now() + plan.pace.ms(14_400_000),
            plan,
            outlet,
            over: false,
        };
        tokio::spawn(line.run(inputs));
        id
    }

    /// The caller of this call hangs up now.
    pub fn hang_up(&self, call_id: &str) {
        if let Some(leg) = self.state().calls.get(call_id) {
            leg.tell(Input::CallerHangsUp);
        }
    }
}

impl Line {
    async fn run(mut self, mut inputs: UnboundedReceiver<Input>) {
        self.note("calls");
        self.emit("call.initiated", self.a.initiated());
        while !self.over {
            let (at, due) = self.next_due();
            tokio::select! {
                Some(input) = inputs.recv() => self.take(input),
                () = sleep_until(at) => self.fire(due),
            }
        }
    }

    fn next_due(&self) -> (Instant, Due) {
        let all = [
            (self.answers_at, Due::Answered),
            (self.playing.as_ref().and_then(|p| p.ends), Due::ClipEnds),
            (self.acts.front().map(|(at, _)| *at), Due::Act),
            (self.gather.as_ref().and_then(|g| g.times_out), Due::GatherTimesOut),
            (self.leg_b.as_ref().and_then(LegB::next_at), Due::LegB),
            (self.patience_ends, Due::PatienceEnds),
            (Some(self.time_limit), Due::TimeLimit),
        ];
        let due = all.into_iter().filter_map(|(at, due)| Some((at?, due))).min_by_key(|(at, _)| *at);
        due.unwrap_or((self.time_limit, Due::TimeLimit))
    }

    fn fire(&mut self, due: Due) {
        match due {
            Due::Answered => self.answered(),
            Due::ClipEnds => self.clip_ends("completed"),
            Due::Act => match self.acts.pop_front() {
                Some((_, Act::Key(key))) => self.key(key),
                Some((_, Act::HangUp)) => self.caller_hangs_up(),
                None => {}
            },
            Due::GatherTimesOut => self.gather_times_out(),
            Due::LegB => self.leg_b_goes_on(),
            Due::PatienceEnds => self.caller_hangs_up(),
            Due::TimeLimit => self.end("time_limit", "unknown"),
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Order(order) => self.obey(order),
            Input::Fetched { token, result } => self.fetched(token, result),
            Input::CallerHangsUp => self.caller_hangs_up(),
        }
    }

    fn obey(&mut self, order: Order) {
        if order.leg != self.a.id {
            self.obey_for_leg_b(&order);
            return;
        }
        let body = &order.body;
        // What a command ends still carries the state from before it.
        match order.action {
            Action::GatherUsingAudio | Action::GatherUsingSpeak | Action::GatherStop => self.cancel_gather(),
            Action::PlaybackStart | Action::Speak => self.cancel_gather(),
            Action::Transfer => {
                self.cancel_gather();
                self.stop_playing("cancelled");
            }
            Action::PlaybackStop => self.stop_playing("cancelled"),
            Action::Answer | Action::Hangup => {}
        }
        if let Some(state) = body.get("client_state") {
            self.a.client_state = state.clone();
        }
        match order.action {
            Action::Answer => {
                self.patience_ends = None;
                self.answers_at = Some(Instant::now() + self.plan.pace.ms(500));
            }
            Action::GatherUsingAudio | Action::GatherUsingSpeak => self.start_gather(body),
            Action::PlaybackStart | Action::Speak => {
                let clip = Clip::of(body, self.last_failed.as_deref(), false);
                self.enqueue(clip);
            }
            Action::Transfer => self.start_transfer(body),
            Action::Hangup => {
                let cause = if self.a.answered { "normal_clearing" } else { "call_rejected" };
                self.note("is hung up on");
                self.end(cause, "callee");
            }
            Action::GatherStop | Action::PlaybackStop => {}
        }
    }

    fn answered(&mut self) {
        self.answers_at = None;
        self.a.answered = true;
        self.phase(&self.a.id, Phase::Answered);
        self.note("is answered");
        self.emit("call.answered", self.a.answered());
    }

    /// The caller decides what to do about a prompt: keys follow keys that are still to be pressed.
    pub(super) fn react(&mut self, prompt: &str, speech: Option<&str>) {
        let pace = self.plan.pace;
        let (keys, then_hang_up) = match self.plan.next_reply(prompt, speech) {
            Reply::Keys(keys) => (keys, false),
            Reply::Silence => return,
            Reply::HangUp => (String::new(), true),
            Reply::HangUpAfterKeys(keys) => (keys, true),
        };
        let thought = Instant::now() + pace.ms(1500);
        let mut at = self.acts.back().map_or(thought, |(last, _)| thought.max(*last + pace.ms(250)));
        for key in keys.chars() {
            self.acts.push_back((at, Act::Key(key)));
            at += pace.ms(250);
        }
        if then_hang_up {
            self.acts.push_back((at, Act::HangUp));
        }
    }

    fn key(&mut self, key: char) {
        self.emit("call.dtmf.received", self.a.payload(json!({ "digit": key.to_string() })));
        if self.gather.is_some() {
            self.gather_key(key);
        } else {
            self.note("presses a key that nothing waits for");
        }
    }

    fn caller_hangs_up(&mut self) {
        self.note("hangs up");
        let cause = if self.a.answered { "normal_clearing" } else { "originator_cancel" };
        self.end(cause, "caller");
    }

    /// The call ends: whatever runs is reported as ended by it, then both legs hang up.
    pub(super) fn end(&mut self, cause: &str, source: &str) {
        self.over = true;
        self.note("call ended");
        self.ended(&self.a.id, cause);
        if let Some(b) = self.leg_b.take() {
            self.ended(&b.facts.id, "normal_clearing");
            let cause = if b.facts.answered { "normal_clearing" } else { "originator_cancel" };
            self.emit("call.hangup", b.facts.hangup(cause, "caller", "unspecified", now()));
        }
        let hangup = self.a.hangup(cause, source, "unspecified", now());
        let hangup_first = self.sim.options.quirks.hangup_before_gather_ended;
        if hangup_first {
            self.emit("call.hangup", hangup.clone());
        }
        self.queue.clear();
        self.stop_playing("call_hangup");
        self.gather_ends("call_hangup");
        if !hangup_first {
            self.emit("call.hangup", hangup);
        }
    }

    pub(super) fn emit(&self, kind: &'static str, payload: Value) {
        self.emit_at(kind, payload, now());
    }
    pub(super) fn emit_at(&self, kind: &'static str, payload: Value, at: Timestamp) {
        // The outlet ends with this line, not before.
        let _ = self.outlet.send(Event::new(Hook::Voice, kind, at, payload));
    }

    /// Adds to the transcript: what the caller hears or does.
    pub(super) fn note(&self, what: &str) {
        if let Some(leg) = self.sim.state().calls.get_mut(&self.a.id) {
            leg.view.transcript.push(what.to_owned());
        }
    }

    pub(super) fn phase(&self, leg: &str, phase: Phase) {
        self.sim.leg_is(leg, phase);
    }

    pub(super) fn ended(&self, id: &str, cause: &str) {
        self.phase(id, Phase::Ended);
        let mut state = self.sim.state();
        if let Some(leg) = state.calls.get_mut(id) {
            leg.view.hangup_cause = Some(cause.to_owned());
        }
        state.ended.push_back(id.to_owned());
        if state.ended.len() > CALLS_KEPT
            && let Some(oldest) = state.ended.pop_front()
        {
            state.calls.remove(&oldest);
        }
    }

    pub(super) fn stop_playing(&mut self, status: &'static str) {
        if self.playing.is_some() {
            self.queue.retain(|clip| clip.for_gather && status == "cancelled");
            self.clip_ends(status);
        }
    }

    pub(super) fn sound_of(body: &Value) -> Sound {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        match (text("audio_url"), text("media_name"), text("payload")) {
            (Some(url), _, _) => Sound::Url(url),
            (_, Some(name), _) => Sound::Stored(name),
            (_, _, payload) => Sound::Speech(payload.unwrap_or_default()),
        }
    }
}
