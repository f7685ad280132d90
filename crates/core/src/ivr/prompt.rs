//! The seven recordings of the menu, and what is spoken where one cannot be played.

use serde::{Deserialize, Serialize};

/// A recorded prompt, `IVR_AUDIO_BASE_URL/<name>.wav`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    Menu,
    CollectStatement,
    CollectPhone,
    InvalidStatement,
    SentSms,
    Transfer,
    Goodbye,
}

impl Prompt {
    pub const ALL: [Prompt; 7] = [
        Prompt::Menu,
        Prompt::CollectStatement,
        Prompt::CollectPhone,
        Prompt::InvalidStatement,
        Prompt::SentSms,
        Prompt::Transfer,
        Prompt::Goodbye,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Prompt::Menu => "menu",
            Prompt::CollectStatement => "collect_statement",
            Prompt::CollectPhone => "collect_phone",
            Prompt::InvalidStatement => "invalid_statement",
            Prompt::SentSms => "sent_sms",
            Prompt::Transfer => "transfer",
            Prompt::Goodbye => "goodbye",
        }
    }

    /// The words of the recording.
    pub fn text(self) -> &'static str {
        match self {
            Prompt::Menu => "Press 1 to pay your bill. Press 2 to speak with a billing specialist.",
            Prompt::CollectStatement => "Please enter your statement number followed by the pound key.",
            Prompt::CollectPhone => {
                "Please enter the 10-digit phone number where we should send your payment link, followed by the pound key."
            }
            Prompt::InvalidStatement => "We could not find that statement number. Please try again.",
            Prompt::SentSms => {
                "Your payment link has been sent. Press 1 to speak with a billing specialist, or hang up."
            }
            Prompt::Transfer => "Transferring you now. Please hold.",
            Prompt::Goodbye => "Thank you. Goodbye.",
        }
    }

    /// The address Telnyx fetches it from; `audio_base` has no trailing slash.
    pub fn url(self, audio_base: &str) -> String {
        format!("{audio_base}/{}.wav", self.name())
    }

    /// The prompt that an address names, whatever its host and query.
    pub fn of_url(url: &str) -> Option<Self> {
        let path = url.split(['?', '#']).next().unwrap_or(url);
        let stem = path.rsplit('/').next()?.strip_suffix(".wav")?;
        Self::ALL.into_iter().find(|p| p.name() == stem)
    }

    /// Keys that the gather behind this prompt takes.
    pub fn maximum_digits(self) -> u8 {
        match self {
            Prompt::Menu | Prompt::SentSms => 1,
            Prompt::CollectStatement | Prompt::InvalidStatement => 13,
            Prompt::CollectPhone => 12,
            Prompt::Transfer | Prompt::Goodbye => 0,
        }
    }

    /// Milliseconds that the recording lasts at most; the deadlines of a call count on it.
    pub fn length_ms(self) -> i64 {
        match self {
            Prompt::Goodbye | Prompt::Transfer => 5_000,
            _ => 12_000,
        }
    }
}
