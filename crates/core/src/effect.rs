//! What the outside world should be asked to do. Effects are data; the shell's outbox carries them out.

use crate::ids::StatementId;
use crate::ivr::{Prompt, Speech};
use crate::phone::E164;

/// One thing to be done for a call, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Something our own tables answer: the shell answers and steps again within the same transaction.
    Ask(Question),
    Command(Command),
    /// Make the payment link for this call and phone and text it: one for ever, whatever is redelivered.
    SendLink {
        statement: StatementId,
        phone: E164,
    },
    /// The caller wants no more texts from the agency at this number: an opt-out of the source `call`.
    OptOut(E164),
    /// A transfer failed or could not be tried: counted, and a call-back task for the agency.
    TransferFailed,
    /// A transfer was not tried, since the office is closed: a call-back task for the agency, and no failure.
    OfficeClosed,
    /// A prompt could not be played and is spoken instead: counted.
    PromptFailed(Prompt),
}

/// A question to our own tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    FindStatement(StatementId),
    MayText(E164),
}

/// A Telnyx call command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Answer,
    Gather { prompt: Prompt, voice: Voice },
    Play { prompt: Prompt, voice: Voice },
    Transfer { to: E164 },
    HangUp,
}

/// How a prompt reaches the caller: the recording, or Telnyx reading these words aloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Voice {
    Recorded,
    Spoken(Speech),
}

/// A command as Telnyx takes it: the last part of the path and the JSON body, frozen when the effect is written.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandRequest {
    pub action: &'static str,
    pub body: String,
}

impl Command {
    /// Builds the request. `audio_base` has no trailing slash; `step` comes back in every later event's `client_state`.
    ///
    /// Parameters and ranges: Telnyx call commands (`answer`, `gather_using_audio`, `gather_using_speak`,
    /// `playback_start`, `speak`, `transfer`, `hangup`).
    pub fn request(&self, audio_base: &str, step: u32, command_id: &str) -> CommandRequest {
        let mut body = serde_json::json!({
            "client_state": crate::envelope::client_state(step),
            "command_id": command_id,
        });
        let mut set = |name: &str, value: serde_json::Value| body[name] = value;
        let action = match self {
            Command::Answer => "answer",
            Command::Gather { prompt, voice } => {
                set("maximum_tries", 1.into());
                set("minimum_digits", 1.into());
                set("maximum_digits", prompt.maximum_digits().into());
                set("timeout_millis", prompt.first_key_ms().into());
                set("inter_digit_timeout_millis", BETWEEN_KEYS_MS.into());
                set("terminating_digit", "#".into());
                match voice {
                    Voice::Recorded => {
                        set("audio_url", prompt.url(audio_base).into());
                        "gather_using_audio"
                    }
                    Voice::Spoken(speech) => {
                        say(&mut set, speech);
                        "gather_using_speak"
                    }
                }
            }
            Command::Play { prompt, voice: Voice::Recorded } => {
                set("audio_url", prompt.url(audio_base).into());
                set("audio_type", "wav".into());
                "playback_start"
            }
            Command::Play { voice: Voice::Spoken(speech), .. } => {
                say(&mut set, speech);
                "speak"
            }
            Command::Transfer { to } => {
                set("to", to.expose().into());
                set("timeout_secs", TRANSFER_RING_S.into());
                "transfer"
            }
            Command::HangUp => "hangup",
        };
        CommandRequest { action, body: body.to_string() }
    }

    /// A short name for logs and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::Answer => "answer",
            Command::Gather { .. } => "gather",
            Command::Play { .. } => "play",
            Command::Transfer { .. } => "transfer",
            Command::HangUp => "hangup",
        }
    }
}

fn say(set: &mut impl FnMut(&str, serde_json::Value), speech: &Speech) {
    set("payload", speech.text().into());
    set("voice", speech.voice().into());
    set("language", speech.language_tag().into());
}

/// Milliseconds a caller has to press the first key.
pub const FIRST_KEY_MS: i64 = 10_000;
/// Milliseconds between two keys.
pub const BETWEEN_KEYS_MS: i64 = 5_000;
/// Seconds the agency's phone rings before the transfer counts as unanswered.
pub const TRANSFER_RING_S: i64 = 30;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ivr::Language;

    fn spoken(prompt: Prompt, language: Language) -> Voice {
        Voice::Spoken(Speech::of(prompt, language, None))
    }

    /// The action and the body without what every command carries, which is checked here.
    fn sent(command: &Command) -> (&'static str, Value) {
        let request = command.request("https://a.example/ivr", 4, "id");
        let mut body: Value = serde_json::from_str(&request.body).unwrap();
        let body_map = body.as_object_mut().unwrap();
        assert_eq!(body_map.remove("command_id"), Some("id".into()));
        let state = body_map.remove("client_state");
        assert_eq!(crate::envelope::our_step(state.as_ref().and_then(Value::as_str)), Some(4));
        (request.action, body)
    }

    #[test]
    fn a_gather_tries_once_and_takes_one_key_in_the_menus_thirteen_of_a_statement_and_twelve_of_a_phone() {
        for (prompt, digits) in [
            (Prompt::Menu, 1),
            (Prompt::SentSms, 1),
            (Prompt::CollectStatement, 13),
            (Prompt::InvalidStatement, 13),
            (Prompt::CollectPhone, 12),
        ] {
            let mut keys = json!({
                "maximum_tries": 1, "minimum_digits": 1, "maximum_digits": digits, "timeout_millis": 10_000,
                "inter_digit_timeout_millis": 5_000, "terminating_digit": "#",
            });
            let spoken = Command::Gather { prompt, voice: spoken(prompt, Language::English) };
            let mut with_words = keys.clone();
            with_words["payload"] = prompt.text().into();
            with_words["voice"] = "female".into();
            with_words["language"] = "en-US".into();
            assert_eq!(sent(&spoken), ("gather_using_speak", with_words));
            keys["audio_url"] = format!("https://a.example/ivr/{}.wav", prompt.name()).into();
            assert_eq!(
                sent(&Command::Gather { prompt, voice: Voice::Recorded }),
                ("gather_using_audio", keys)
            );
        }
    }

    #[test]
    fn a_recording_is_played_as_wav_and_its_words_are_spoken_where_it_cannot_be() {
        let prompt = Prompt::Goodbye;
        let play = json!({"audio_url": "https://a.example/ivr/goodbye.wav", "audio_type": "wav"});
        assert_eq!(sent(&Command::Play { prompt, voice: Voice::Recorded }), ("playback_start", play));
        let speak = json!({"payload": "Thank you. Goodbye.", "voice": "female", "language": "en-US"});
        let voice = spoken(prompt, Language::English);
        assert_eq!(sent(&Command::Play { prompt, voice }), ("speak", speak));
    }

    #[test]
    fn spanish_is_spoken_by_a_voice_of_that_language_and_its_offer_waits_three_seconds_for_a_key() {
        let prompt = Prompt::OfferSpanish;
        let offer = Command::Gather { prompt, voice: spoken(prompt, Language::English) };
        let (action, body) = sent(&offer);
        assert_eq!(action, "gather_using_speak");
        let said = |name: &str| body[name].as_str().unwrap_or_default();
        assert_eq!(
            (said("payload"), said("voice"), said("language")),
            ("Para continuar en español, oprima 9.", "AWS.Polly.Lupe", "es-US")
        );
        assert_eq!((&body["timeout_millis"], &body["maximum_digits"]), (&json!(3_000), &json!(1)));
    }

    #[test]
    fn a_transfer_rings_for_thirty_seconds_and_answer_and_hang_up_carry_nothing_else() {
        let to = E164::parse("+12025550119").unwrap();
        let transfer = json!({"to": "+12025550119", "timeout_secs": 30});
        assert_eq!(sent(&Command::Transfer { to }), ("transfer", transfer));
        assert_eq!(sent(&Command::Answer), ("answer", json!({})));
        assert_eq!(sent(&Command::HangUp), ("hangup", json!({})));
    }

    #[test]
    fn the_same_command_of_the_same_step_is_the_same_body_byte_for_byte() {
        let gather = Command::Gather { prompt: Prompt::CollectPhone, voice: Voice::Recorded };
        let body = || gather.request("https://a.example", 7, "id").body;
        assert_eq!(body(), body());
    }
}
