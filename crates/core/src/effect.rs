//! What the outside world should be asked to do. Effects are data; the shell's outbox carries them out.

use crate::ids::StatementId;
use crate::ivr::Prompt;
use crate::phone::E164;

/// One thing to be done for a call, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Something our own tables answer: the shell answers and steps again within the same transaction.
    Ask(Question),
    Command(Command),
    /// Make the payment link for this call and phone and text it: one for ever, whatever is redelivered.
    SendLink { statement: StatementId, phone: E164 },
    /// A transfer failed or could not be tried: counted, and a call-back task for the agency.
    TransferFailed,
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

/// How a prompt reaches the caller: the recording, or Telnyx reading its text aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    Recorded,
    Spoken,
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
        let spoken = |p: Prompt| (p.text().into(), "female".into(), "en-US".into());
        let action = match self {
            Command::Answer => "answer",
            Command::Gather { prompt, voice } => {
                set("maximum_tries", 1.into());
                set("minimum_digits", 1.into());
                set("maximum_digits", prompt.maximum_digits().into());
                set("timeout_millis", FIRST_KEY_MS.into());
                set("inter_digit_timeout_millis", BETWEEN_KEYS_MS.into());
                set("terminating_digit", "#".into());
                match voice {
                    Voice::Recorded => {
                        set("audio_url", prompt.url(audio_base).into());
                        "gather_using_audio"
                    }
                    Voice::Spoken => {
                        let (payload, voice, language) = spoken(*prompt);
                        set("payload", payload);
                        set("voice", voice);
                        set("language", language);
                        "gather_using_speak"
                    }
                }
            }
            Command::Play { prompt, voice: Voice::Recorded } => {
                set("audio_url", prompt.url(audio_base).into());
                set("audio_type", "wav".into());
                "playback_start"
            }
            Command::Play { prompt, voice: Voice::Spoken } => {
                let (payload, voice, language) = spoken(*prompt);
                set("payload", payload);
                set("voice", voice);
                set("language", language);
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

/// Milliseconds a caller has to press the first key.
pub const FIRST_KEY_MS: i64 = 10_000;
/// Milliseconds between two keys.
pub const BETWEEN_KEYS_MS: i64 = 5_000;
/// Seconds the agency's phone rings before the transfer counts as unanswered.
pub const TRANSFER_RING_S: i64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gather_counts_its_own_tries_and_asks_for_the_right_number_of_keys() {
        let request = Command::Gather { prompt: Prompt::CollectPhone, voice: Voice::Recorded }.request("https://a.example", 4, "id");
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(request.action, "gather_using_audio");
        assert_eq!(body["audio_url"], "https://a.example/collect_phone.wav");
        assert_eq!(body["maximum_digits"], 12);
        assert_eq!(body["maximum_tries"], 1);
        assert_eq!(body["command_id"], "id");
        assert_eq!(crate::envelope::our_step(body["client_state"].as_str()), Some(4));
    }
}
