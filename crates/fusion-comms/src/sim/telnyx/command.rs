//! Call commands at the door: is there such a call, may it take this now, are the parameters in range.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::errors::Refusal;
use super::line::{Action, Input, Order};
use super::parts::Fields;
use super::{CallView, Moment, SimTelnyx, api};

/// How long a `command_id` is remembered for its call.
const COMMAND_ID_LIFE: Duration = Duration::from_secs(60);

/// One leg as the API sees it; what happens on the line is [`super::line::Line`]'s.
pub(super) struct Leg {
    pub(super) outgoing: bool,
    pub(super) phase: Phase,
    pub(super) view: CallView,
    /// The commands accepted (duplicates left out), oldest first.
    pub(super) commands: Vec<(String, Value)>,
    seen: Vec<(String, Instant)>,
    line: UnboundedSender<Input>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Ringing,
    /// Our `answer` was taken, the call is not up yet.
    Answering,
    Answered,
    Ended,
}

impl Leg {
    pub(super) fn new(outgoing: bool, line: UnboundedSender<Input>) -> Self {
        let view = CallView::default();
        Self { outgoing, phase: Phase::Ringing, view, commands: Vec::new(), seen: Vec::new(), line }
    }

    /// Passes something on to the line; one that has ended does not listen.
    pub(super) fn tell(&self, input: Input) {
        let _ = self.line.send(input);
    }

    /// Whether this `command_id` was taken within the last minute.
    fn knows(&mut self, command_id: &str) -> bool {
        self.seen.retain(|(_, at)| at.elapsed() < COMMAND_ID_LIFE);
        self.seen.iter().any(|(known, _)| known == command_id)
    }

    fn admits(&self, action: Action) -> Result<(), Refusal> {
        match (action, self.phase) {
            (_, Phase::Ended) => Err(Refusal::call_ended()),
            (Action::Answer, _) if self.outgoing => Err(Refusal::answer_outbound()),
            (Action::Answer, Phase::Ringing) | (Action::Hangup, _) => Ok(()),
            (Action::Answer, _) => Err(Refusal::already_answered()),
            (_, Phase::Answered) => Ok(()),
            _ => Err(Refusal::not_answered()),
        }
    }
}

pub(super) async fn handle(
    State(sim): State<Arc<SimTelnyx>>,
    Path((id, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    sim.watched(Moment::Command { call: id.clone(), action: action.clone(), at: Instant::now() });
    match sim.command(&id, &action, &body) {
        Ok(()) => Json(json!({ "data": { "result": "ok" } })).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

impl SimTelnyx {
    /// The commands taken for a leg, oldest first, as (action, body).
    pub fn commands(&self, call_id: &str) -> Vec<(String, Value)> {
        self.state().calls.get(call_id).map(|leg| leg.commands.clone()).unwrap_or_default()
    }

    /// The state of a leg; `None` for an id never given out (or forgotten: the oldest ended calls are).
    pub fn call(&self, call_id: &str) -> Option<CallView> {
        self.state().calls.get(call_id).map(|leg| leg.view.clone())
    }

    fn command(&self, id: &str, name: &str, body: &Bytes) -> Result<(), Refusal> {
        let action = Action::parse(name).ok_or_else(Refusal::not_found)?;
        let map = api::object(body)?;
        let mut state = self.state();
        let leg = state.calls.get_mut(id).ok_or_else(Refusal::bad_call_id)?;
        if leg.phase == Phase::Ended {
            return Err(Refusal::call_ended());
        }
        check(action, &map)?;
        let command_id = map.get("command_id").and_then(Value::as_str).map(str::to_owned);
        if command_id.as_deref().is_some_and(|id| leg.knows(id)) {
            return Ok(());
        }
        leg.admits(action)?;
        if let Some(command_id) = command_id {
            leg.seen.push((command_id, Instant::now()));
        }
        if action == Action::Answer {
            leg.phase = Phase::Answering;
        }
        let body = Value::Object(map);
        leg.commands.push((name.to_owned(), body.clone()));
        leg.tell(Input::Order(Order { leg: id.to_owned(), action, body }));
        Ok(())
    }
}

/// The languages that speech can be in.
const LANGUAGES: [&str; 29] = [
    "arb",
    "cmn-CN",
    "cy-GB",
    "da-DK",
    "de-DE",
    "en-AU",
    "en-GB",
    "en-GB-WLS",
    "en-IN",
    "en-US",
    "es-ES",
    "es-MX",
    "es-US",
    "fr-CA",
    "fr-FR",
    "hi-IN",
    "is-IS",
    "it-IT",
    "ja-JP",
    "ko-KR",
    "nb-NO",
    "nl-NL",
    "pl-PL",
    "pt-BR",
    "pt-PT",
    "ro-RO",
    "ru-RU",
    "sv-SE",
    "tr-TR",
];

/// Parameters each command takes, with their ranges. Others are refused: what we misspell must not pass unseen.
fn check(action: Action, map: &Map<String, Value>) -> Result<(), Refusal> {
    let f = Fields::new(map);
    f.base64("client_state")?.text("command_id", 255)?;
    let common = ["client_state", "command_id"];
    let gather = [
        "minimum_digits",
        "maximum_digits",
        "maximum_tries",
        "timeout_millis",
        "inter_digit_timeout_millis",
        "terminating_digit",
        "valid_digits",
    ];
    let own: &[&str] = match action {
        Action::Answer => &[
            "webhook_url",
            "webhook_url_method",
            "webhook_urls",
            "webhook_retries_policies",
            "send_silence_when_idle",
        ],
        Action::GatherUsingAudio => {
            f.one_of("audio_url", "media_name")?.http_url("audio_url")?.http_url("invalid_audio_url")?;
            &["audio_url", "media_name", "invalid_audio_url", "invalid_media_name"]
        }
        Action::GatherUsingSpeak => {
            f.required("payload")?.required("voice")?.text("payload", 3000)?.text("invalid_payload", 3000)?;
            f.voice()?.choice("language", &LANGUAGES)?;
            &["payload", "voice", "payload_type", "service_level", "language", "invalid_payload"]
        }
        Action::PlaybackStart => {
            f.one_of("audio_url", "media_name")?
                .http_url("audio_url")?
                .choice("audio_type", &["mp3", "wav"])?;
            f.loops("loop")?
                .choice("stop", &["current", "all"])?
                .choice("target_legs", &["self", "opposite", "both"])?;
            &[
                "audio_url",
                "media_name",
                "audio_type",
                "cache_audio",
                "loop",
                "overlay",
                "stop",
                "target_legs",
            ]
        }
        Action::Speak => {
            f.required("payload")?.required("voice")?.text("payload", 3000)?.loops("loop")?;
            f.voice()?.choice("language", &LANGUAGES)?;
            &["payload", "voice", "payload_type", "service_level", "language", "loop", "stop", "target_legs"]
        }
        Action::PlaybackStop => &["stop", "overlay"],
        Action::GatherStop => &[],
        Action::Transfer => {
            f.required("to")?.party("to")?.party("from")?.text("from_display_name", 128)?;
            f.http_url("audio_url")?.base64("target_leg_client_state")?;
            f.range("timeout_secs", 5, 600)?.range("time_limit_secs", 30, 14_400)?;
            &[
                "to",
                "from",
                "from_display_name",
                "audio_url",
                "media_name",
                "timeout_secs",
                "time_limit_secs",
                "early_media",
                "target_leg_client_state",
                "park_after_unbridge",
                "mute_dtmf",
                "answering_machine_detection",
                "webhook_url",
                "webhook_url_method",
                "webhook_urls",
                "webhook_retries_policies",
            ]
        }
        Action::Hangup => &["custom_headers"],
    };
    let gathers = matches!(action, Action::GatherUsingAudio | Action::GatherUsingSpeak);
    if gathers {
        f.range("minimum_digits", 1, 128)?.range("maximum_digits", 1, 128)?.range("maximum_tries", 1, 128)?;
        f.range("timeout_millis", 1, 120_000)?.range("inter_digit_timeout_millis", 1, 120_000)?;
        f.keys("terminating_digit", 1)?.keys("valid_digits", 12)?;
        if f.number("minimum_digits").unwrap_or(1) > f.number("maximum_digits").unwrap_or(128) {
            return Err(Refusal::bad_parameter("minimum_digits", "at most maximum_digits"));
        }
    }
    f.only(|name| common.contains(&name) || own.contains(&name) || (gathers && gather.contains(&name)))
}
