//! The seven recordings of the menu, and the prompts that exist only as speech.

use serde::{Deserialize, Serialize};

use crate::effect::FIRST_KEY_MS;

/// Something a caller hears: a recording, `IVR_AUDIO_BASE_URL/<name>.wav`, or words that are always spoken.
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
    /// Spoken before the menu, in Spanish, where the agency has it on.
    OfferSpanish,
    /// Spoken: "use the number you are calling from", where the agency has it on.
    OfferCallerNumber,
    /// Spoken: the keyed number, to be confirmed, where the agency has it on.
    ReadBack,
    /// Spoken instead of a transfer outside office hours.
    OfficeClosed,
    /// Spoken instead of the menu where the agency has a key that stops texts.
    MenuWithOptOut,
    /// Spoken: the texts to the caller's number are stopped, and what else may be pressed.
    OptedOut,
}

impl Prompt {
    /// Those with a recording.
    pub const ALL: [Prompt; 7] = [
        Prompt::Menu,
        Prompt::CollectStatement,
        Prompt::CollectPhone,
        Prompt::InvalidStatement,
        Prompt::SentSms,
        Prompt::Transfer,
        Prompt::Goodbye,
    ];
    /// Those that are only ever spoken.
    pub const SPOKEN: [Prompt; 6] = [
        Prompt::OfferSpanish,
        Prompt::OfferCallerNumber,
        Prompt::ReadBack,
        Prompt::OfficeClosed,
        Prompt::MenuWithOptOut,
        Prompt::OptedOut,
    ];

    pub fn is_recorded(self) -> bool {
        Self::ALL.contains(&self)
    }

    pub fn name(self) -> &'static str {
        match self {
            Prompt::Menu => "menu",
            Prompt::CollectStatement => "collect_statement",
            Prompt::CollectPhone => "collect_phone",
            Prompt::InvalidStatement => "invalid_statement",
            Prompt::SentSms => "sent_sms",
            Prompt::Transfer => "transfer",
            Prompt::Goodbye => "goodbye",
            Prompt::OfferSpanish => "offer_spanish",
            Prompt::OfferCallerNumber => "offer_caller_number",
            Prompt::ReadBack => "read_back",
            Prompt::OfficeClosed => "office_closed",
            Prompt::MenuWithOptOut => "menu_with_opt_out",
            Prompt::OptedOut => "opted_out",
        }
    }

    /// The address Telnyx fetches it from; `audio_base` has no trailing slash.
    pub fn url(self, audio_base: &str) -> String {
        format!("{audio_base}/{}.wav", self.name())
    }

    /// The recording that an address names, whatever its host and query.
    pub fn of_url(url: &str) -> Option<Self> {
        let path = url.split(['?', '#']).next().unwrap_or(url);
        let stem = path.rsplit('/').next()?.strip_suffix(".wav")?;
        Self::ALL.into_iter().find(|p| p.name() == stem)
    }

    /// Keys that the gather behind this prompt takes.
    pub fn maximum_digits(self) -> u8 {
        match self {
            Prompt::Menu | Prompt::SentSms => 1,
            Prompt::OfferSpanish | Prompt::OfferCallerNumber | Prompt::ReadBack => 1,
            Prompt::MenuWithOptOut | Prompt::OptedOut => 1,
            Prompt::CollectStatement | Prompt::InvalidStatement => 13,
            Prompt::CollectPhone => 12,
            Prompt::Transfer | Prompt::Goodbye | Prompt::OfficeClosed => 0,
        }
    }

    /// Milliseconds a caller has to press the first key. Whom the offer of Spanish does not concern waits for the menu.
    pub fn first_key_ms(self) -> i64 {
        match self {
            Prompt::OfferSpanish => 3_000,
            _ => FIRST_KEY_MS,
        }
    }

    /// Milliseconds that the prompt lasts at most; the deadlines of a call count on it.
    pub fn length_ms(self) -> i64 {
        match self {
            Prompt::Goodbye | Prompt::Transfer => 5_000,
            Prompt::ReadBack | Prompt::MenuWithOptOut | Prompt::OptedOut => 20_000,
            // As many hours as an agency can set.
            Prompt::OfficeClosed => 60_000,
            _ => 12_000,
        }
    }
}
