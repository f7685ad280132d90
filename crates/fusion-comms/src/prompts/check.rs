//! Holds a recording against `bounds`: what is wrong with it, how badly, and what to do.

use fusion_comms_core::ivr::Prompt;
use serde::Serialize;

use super::bounds::*;
use super::wav::{self, Sound, Wav};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    Warn,
    Fail,
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
        }
    }
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub level: Level,
    /// What, in words that follow "it" or stand alone.
    pub what: String,
    /// The next step.
    #[serde(rename = "do")]
    pub next: &'static str,
}

impl Finding {
    pub fn warn(what: impl Into<String>, next: &'static str) -> Self {
        Self { level: Level::Warn, what: what.into(), next }
    }
    pub fn fail(what: impl Into<String>, next: &'static str) -> Self {
        Self { level: Level::Fail, what: what.into(), next }
    }
}

/// What was found of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// `None` where the file holds no 16-bit mono sound.
    pub sound: Option<Sound>,
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn fails(&self) -> bool {
        worst(&self.findings) == Level::Fail
    }
}

/// The worst of some findings; `Ok` where there are none.
pub fn worst(findings: &[Finding]) -> Level {
    findings.iter().map(|f| f.level).max().unwrap_or(Level::Ok)
}

const CONVERT: &str = "convert it: sox IN.wav -r 22050 -b 16 -c 1 OUT.wav, or `prompts generate`";
const RECORD: &str = "record it again, or `prompts generate`";
const CUT: &str =
    "cut the silence off: sox IN.wav OUT.wav silence 1 0.05 0.5% reverse silence 1 0.15 0.5% reverse";
const SHORTEN: &str = "shorten it: the deadlines of a call count on this length";

/// Checks a whole WAV file as the recording of a prompt.
pub fn recording(prompt: Prompt, file: &[u8]) -> Report {
    let none = |finding| Report { sound: None, findings: vec![finding] };
    if file.len() > FAIL_BYTES {
        return none(Finding::fail(format!("it has more than {FAIL_BYTES} bytes"), CONVERT));
    }
    let wav = match Wav::read(file) {
        Ok(wav) => wav,
        Err(why) => return none(Finding::fail(why.to_string(), CONVERT)),
    };
    let mut findings = format(&wav);
    length(prompt, wav.duration_s(), &mut findings);
    let sound = wav.mono_16().map(|samples| wav::measure(&samples, wav.sample_rate_hz));
    if let Some(sound) = &sound {
        loudness(sound, &mut findings);
        ends(sound, &mut findings);
    }
    Report { sound, findings }
}

fn format(wav: &Wav<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut wrong = |what: String| findings.push(Finding::fail(what, CONVERT));
    if wav.sample_rate_hz != SAMPLE_RATE_HZ {
        wrong(format!("it has {} Hz, not {SAMPLE_RATE_HZ} Hz", wav.sample_rate_hz));
    }
    if wav.bits != BITS {
        wrong(format!("it has {} bits a sample, not {BITS}", wav.bits));
    }
    if wav.channels != CHANNELS {
        wrong(format!("it has {} channels, not one", wav.channels));
    }
    findings
}

fn length(prompt: Prompt, duration_s: f64, findings: &mut Vec<Finding>) {
    let longest_s = prompt.length_ms() as f64 / 1000.0;
    if duration_s < FAIL_SHORTER_S {
        findings.push(Finding::fail(format!("it lasts {duration_s:.1} s, not {FAIL_SHORTER_S} s"), RECORD));
    } else if duration_s > longest_s {
        findings.push(Finding::fail(format!("it lasts {duration_s:.1} s, more than {longest_s} s"), SHORTEN));
    } else {
        let pace = duration_s / prompt.text().split_whitespace().count() as f64;
        if !(WARN_FASTER_S..=WARN_SLOWER_S).contains(&pace) {
            let what = format!("it lasts {duration_s:.1} s, {pace:.2} s a word of this prompt");
            findings.push(Finding::warn(what, "listen to it: does it say these words?"));
        }
    }
}

fn loudness(sound: &Sound, findings: &mut Vec<Finding>) {
    let Some(level) = sound.level_dbfs else {
        findings.push(Finding::fail("it is silent from end to end: callers would hear nothing", RECORD));
        return;
    };
    let said = format!("its speech has {level:.0} dBFS");
    if level < FAIL_QUIETER_DBFS {
        findings.push(Finding::fail(format!("{said}: callers would hear nothing"), RECORD));
    } else if level < WARN_QUIETER_DBFS {
        findings.push(Finding::warn(
            format!("{said}: hard to hear"),
            "make it louder: sox --norm=-3 IN.wav OUT.wav",
        ));
    } else if level > WARN_LOUDER_DBFS {
        findings.push(Finding::warn(
            format!("{said}: it will distort"),
            "make it softer: sox -v 0.5 IN.wav OUT.wav",
        ));
    }
    let said = format!("{:.2} % of it is at full scale", sound.clipped * 100.0);
    if sound.clipped > FAIL_CLIPPED {
        findings.push(Finding::fail(format!("{said}: it crackles"), RECORD));
    } else if sound.clipped > WARN_CLIPPED {
        findings.push(Finding::warn(said, RECORD));
    }
}

fn ends(sound: &Sound, findings: &mut Vec<Finding>) {
    if sound.level_dbfs.is_none() {
        return;
    }
    for (what, there_s, warn_s, fail_s) in [
        ("before", sound.lead_s, WARN_LEAD_S, FAIL_LEAD_S),
        ("after", sound.tail_s, WARN_TAIL_S, FAIL_TAIL_S),
    ] {
        let said = format!("it is silent for {there_s:.1} s {what} the speech");
        if there_s > fail_s {
            findings.push(Finding::fail(said, CUT));
        } else if there_s > warn_s {
            findings.push(Finding::warn(said, CUT));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::built_in;

    const RATE: u32 = SAMPLE_RATE_HZ;

    fn samples() -> Vec<i16> {
        Wav::read(built_in(Prompt::Menu)).unwrap().mono_16().unwrap()
    }

    /// The findings of a changed recording of the menu: the worst level, and all words.
    fn found(file: &[u8]) -> (Level, String) {
        let report = recording(Prompt::Menu, file);
        let words: Vec<&str> = report.findings.iter().map(|f| f.what.as_str()).collect();
        (worst(&report.findings), words.join("; "))
    }

    fn of(samples: &[i16]) -> (Level, String) {
        found(&wav::write(samples, RATE))
    }

    fn louder(by: f64) -> Vec<i16> {
        samples().iter().map(|s| (f64::from(*s) * by) as i16).collect()
    }

    #[track_caller]
    fn assert_found((level, words): (Level, String), expected: Level, part: &str) {
        assert!(level == expected && words.contains(part), "{level:?}: {words}");
    }

    #[test]
    fn another_format_fails_by_each_of_its_parts() {
        let changed = |at: usize, value: u8| {
            let mut file = built_in(Prompt::Menu).to_vec();
            file[at] = value;
            found(&file)
        };
        assert_found(found(b"<html>not found</html>"), Level::Fail, "no WAV file");
        assert_found(changed(24, 0x21), Level::Fail, "22049 Hz");
        assert_found(changed(34, 8), Level::Fail, "8 bits");
        assert_found(changed(22, 2), Level::Fail, "2 channels");
        assert_found(changed(20, 7), Level::Fail, "not plain PCM");
        assert_found(found(&vec![0; FAIL_BYTES + 1]), Level::Fail, "more than");
    }

    #[test]
    fn what_callers_could_not_hear_fails_and_what_is_hard_to_hear_warns() {
        assert_found(of(&vec![0; 60_000]), Level::Fail, "hear nothing");
        assert_found(of(&vec![40; 60_000]), Level::Fail, "silent from end to end");
        assert_found(of(&louder(0.03)), Level::Fail, "hear nothing");
        assert_found(of(&louder(0.15)), Level::Warn, "hard to hear");
    }

    #[test]
    fn a_voice_cut_flat_at_full_scale_warns_then_fails() {
        assert_found(of(&louder(2.0)), Level::Warn, "full scale");
        assert_found(of(&louder(20.0)), Level::Fail, "crackles");
    }

    #[test]
    fn silence_at_either_end_warns_then_fails() {
        let silence = |s: f64| vec![0; (s * f64::from(RATE)) as usize];
        let early = |s| of(&[silence(s), samples()].concat());
        let late = |s| of(&[samples(), silence(s)].concat());
        assert_found(early(0.7), Level::Warn, "before the speech");
        assert_found(early(2.5), Level::Fail, "before the speech");
        assert_found(late(1.5), Level::Warn, "after the speech");
        assert_found(late(4.0), Level::Fail, "after the speech");
    }

    #[test]
    fn a_length_that_the_words_cannot_have_is_told() {
        assert_found(of(&samples()[10_000..20_000]), Level::Fail, "not 0.5 s");
        assert_found(of(&samples()[10_000..40_000]), Level::Warn, "a word");
        let four_times = samples().repeat(4);
        assert_found(of(&four_times), Level::Fail, "more than 12 s");
    }
}
