//! The seven prompts of the phone menu: name, words, recording.
//!
//! The recordings are part of the binary, 22050 Hz, 16 bit, mono, made by `scripts/make-prompts` from the words
//! below. The words are also what Telnyx speaks when a recording cannot be played.

/// A prompt as callers hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromptAsset {
    /// The file's name without `.wav`, as in `/ivr/<name>.wav`.
    pub name: &'static str,
    /// What is said, word for word.
    pub text: &'static str,
    /// The whole WAV file.
    pub wav: &'static [u8],
}

macro_rules! prompt {
    ($name:literal, $text:literal $(,)?) => {
        PromptAsset {
            name: $name,
            text: $text,
            wav: include_bytes!(concat!("../assets/ivr/", $name, ".wav")),
        }
    };
}

/// Every prompt the menu needs. `scripts/make-prompts` reads this list.
pub const PROMPTS: &[PromptAsset] = &[
    prompt!("menu", "Press 1 to pay your bill. Press 2 to speak with a billing specialist."),
    prompt!("collect_statement", "Please enter your statement number followed by the pound key."),
    prompt!(
        "collect_phone",
        "Please enter the 10-digit phone number where we should send your payment link, followed by the pound key.",
    ),
    prompt!("invalid_statement", "We could not find that statement number. Please try again."),
    prompt!(
        "sent_sms",
        "Your payment link has been sent. Press 1 to speak with a billing specialist, or hang up.",
    ),
    prompt!("transfer", "Transferring you now. Please hold."),
    prompt!("goodbye", "Thank you. Goodbye."),
];

/// All prompts, in the order a caller may meet them.
pub fn all() -> &'static [PromptAsset] {
    PROMPTS
}

/// The prompt of that name.
pub fn find(name: &str) -> Option<&'static PromptAsset> {
    PROMPTS.iter().find(|prompt| prompt.name == name)
}

/// The recording of that name.
pub fn wav(name: &str) -> Option<&'static [u8]> {
    find(name).map(|prompt| prompt.wav)
}

/// What a WAV file says of itself, as far as Telnyx and the runbook care.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WavFormat {
    pub sample_rate_hz: u32,
    pub bits: u16,
    pub channels: u16,
    pub duration_s: f64,
    /// The loudest sample, 0 to 32768: 0 is silence.
    pub peak: u16,
}

/// Reads the head and the samples of an uncompressed 16-bit WAV file; `None` when it is not one.
pub fn read_wav(file: &[u8]) -> Option<WavFormat> {
    if file.get(0..4)? != b"RIFF" || file.get(8..12)? != b"WAVE" {
        return None;
    }
    let format = chunk(file, b"fmt ")?;
    let samples = chunk(file, b"data")?;
    const PCM: u16 = 1;
    let (kind, channels, bits) = (u16_at(format, 0)?, u16_at(format, 2)?, u16_at(format, 14)?);
    let sample_rate_hz = u32_at(format, 4)?;
    if kind != PCM || bits != 16 || channels == 0 || sample_rate_hz == 0 {
        return None;
    }
    let frames = samples.len() / (2 * usize::from(channels));
    let peak = samples.as_chunks::<2>().0.iter().map(|s| i16::from_le_bytes(*s).unsigned_abs()).max()?;
    let duration_s = frames as f64 / f64::from(sample_rate_hz);
    Some(WavFormat { sample_rate_hz, bits, channels, duration_s, peak })
}

/// What is wrong with a recording, one sentence each; nothing where Telnyx can play it and a caller can hear it.
pub fn faults(file: &[u8]) -> Vec<String> {
    let Some(wav) = read_wav(file) else { return vec!["it is no uncompressed 16-bit WAV file".to_owned()] };
    let mut faults = Vec::new();
    if (wav.sample_rate_hz, wav.channels) != (22_050, 1) {
        faults.push(format!(
            "it has {} Hz and {} channel(s), not 22050 Hz mono",
            wav.sample_rate_hz, wav.channels
        ));
    }
    if !(SHORTEST_S..=LONGEST_S).contains(&wav.duration_s) {
        faults.push(format!("it lasts {:.1} s, not {SHORTEST_S} to {LONGEST_S} s", wav.duration_s));
    }
    if wav.peak < QUIETEST {
        faults.push(format!("its loudest sample is {} of 32768: callers would hear nothing", wav.peak));
    }
    faults
}

/// Seconds that a prompt lasts at least and at most: callers hang up on longer ones.
const SHORTEST_S: f64 = 0.5;
const LONGEST_S: f64 = 20.0;
/// The peak below which a recording counts as silence.
const QUIETEST: u16 = 2000;

/// The body of the first RIFF chunk with that id.
fn chunk<'a>(file: &'a [u8], id: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = file.get(12..)?;
    loop {
        let length = u32_at(rest, 4)? as usize;
        let body = rest.get(8..)?.get(..length)?;
        if rest.get(0..4)? == id {
            return Some(body);
        }
        // Chunks start at even offsets.
        rest = rest.get(8 + length + length % 2..)?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_is_an_audible_22050_hz_16_bit_mono_recording() {
        for prompt in all() {
            let wav = read_wav(prompt.wav).unwrap_or_else(|| panic!("{}: not a WAV file", prompt.name));
            assert_eq!((wav.sample_rate_hz, wav.bits, wav.channels), (22050, 16, 1), "{}", prompt.name);
            assert!(wav.peak > 4000, "{}: peak {} is too quiet to hear", prompt.name, wav.peak);
            let words = prompt.text.split_whitespace().count() as f64;
            let pace = wav.duration_s / words;
            assert!((0.15..1.5).contains(&pace), "{}: {pace:.2} s a word", prompt.name);
        }
    }

    #[test]
    fn what_callers_could_not_hear_is_found() {
        assert_eq!(faults(all()[0].wav), Vec::<String>::new());
        assert_eq!(faults(b"<html>not found</html>").len(), 1);
        let mut silent = all()[0].wav.to_vec();
        silent[44..].fill(0);
        assert!(faults(&silent)[0].contains("hear nothing"), "{:?}", faults(&silent));
        let mut fast = all()[0].wav.to_vec();
        fast[24..28].copy_from_slice(&8000_u32.to_le_bytes());
        assert!(faults(&fast)[0].contains("8000 Hz"), "{:?}", faults(&fast));
    }

    #[test]
    fn the_seven_prompts_of_the_runbook_are_there_and_no_other() {
        let names: Vec<_> = all().iter().map(|p| p.name).collect();
        let expected = [
            "menu",
            "collect_statement",
            "collect_phone",
            "invalid_statement",
            "sent_sms",
            "transfer",
            "goodbye",
        ];
        assert_eq!(names, expected);
        assert!(wav("menu").is_some() && wav("../menu").is_none());
    }

    #[test]
    fn a_cut_or_foreign_file_is_no_recording() {
        let menu = wav("menu").unwrap();
        for length in [0, 11, 12, 20, 40, menu.len() - 1] {
            assert_eq!(read_wav(&menu[..length]), None, "{length}");
        }
        assert_eq!(read_wav(b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff"), None);
    }
}
