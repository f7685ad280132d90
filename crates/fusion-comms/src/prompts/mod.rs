//! The seven prompts of the phone menu: the recordings in the binary, and what a recording must be like.
//!
//! What is said is the core's `Prompt::text`; it is also what Telnyx speaks when a recording cannot be played. The
//! recordings are made by `prompts generate`.

pub mod bounds;
pub mod check;
pub mod shelf;
pub mod wav;

use fusion_comms_core::ivr::Prompt;

/// What caches are told of a prompt: the runbook's value, a day.
pub const CACHE_CONTROL: &str = "max-age=86400";
/// What a prompt is served as.
pub const CONTENT_TYPE: &str = "audio/wav";

/// The prompt of that name.
pub fn find(name: &str) -> Option<Prompt> {
    Prompt::ALL.into_iter().find(|prompt| prompt.name() == name)
}

/// Where its recording lies in a bucket, or in the folder that stands for one.
pub fn key(prompt: Prompt) -> String {
    format!("ivr/{}.wav", prompt.name())
}

/// The recording in the binary: a whole WAV file; nothing for the prompts that are spoken only.
pub fn built_in(prompt: Prompt) -> &'static [u8] {
    macro_rules! wav {
        ($name:literal) => {
            include_bytes!(concat!("../../assets/ivr/", $name, ".wav"))
        };
    }
    match prompt {
        Prompt::Menu => wav!("menu"),
        Prompt::CollectStatement => wav!("collect_statement"),
        Prompt::CollectPhone => wav!("collect_phone"),
        Prompt::InvalidStatement => wav!("invalid_statement"),
        Prompt::SentSms => wav!("sent_sms"),
        Prompt::Transfer => wav!("transfer"),
        Prompt::Goodbye => wav!("goodbye"),
        Prompt::OfferSpanish | Prompt::OfferCallerNumber | Prompt::ReadBack | Prompt::OfficeClosed => &[],
        Prompt::MenuWithOptOut | Prompt::OptedOut => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recording_in_the_binary_passes_the_check_without_a_word() {
        for prompt in Prompt::ALL {
            let report = check::recording(prompt, built_in(prompt));
            assert!(report.findings.is_empty(), "{}: {:?}", prompt.name(), report.findings);
        }
    }

    #[test]
    fn a_name_is_one_of_the_seven_and_nothing_else() {
        assert_eq!(find("menu"), Some(Prompt::Menu));
        for no in ["../menu", "menu.wav", "Menu", ""] {
            assert_eq!(find(no), None, "{no}");
        }
    }
}
