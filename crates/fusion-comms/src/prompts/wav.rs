//! Reads an uncompressed WAV file and measures what is heard of it.

/// The samples of a WAV file, and what its head says of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wav<'a> {
    pub sample_rate_hz: u32,
    pub bits: u16,
    pub channels: u16,
    samples: &'a [u8],
}

/// Why a file is no recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWav {
    #[error("it is no WAV file")]
    NotRiff,
    #[error("it is compressed or of a special form, not plain PCM")]
    NotPcm,
    #[error("it is cut off, or its head names another length")]
    Cut,
}

/// What is heard of a 16-bit recording.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Sound {
    pub duration_s: f64,
    /// Level of what sounds, silence left out; 0 dBFS is a square wave at full scale. `None`: nothing sounds.
    pub level_dbfs: Option<f64>,
    /// Silence before the first and after the last sound, in seconds.
    pub lead_s: f64,
    pub tail_s: f64,
    /// The share of samples at full scale, 0 to 1.
    pub clipped: f64,
}

/// A stretch of 10 ms sounds when its level is above this: below lies the hiss of a quiet room.
const SOUNDING_DBFS: f64 = -50.0;
const STRETCHES_PER_S: u32 = 100;

impl<'a> Wav<'a> {
    /// Reads the head and finds the samples.
    ///
    /// # Errors
    /// [`NoWav`].
    pub fn read(file: &'a [u8]) -> Result<Self, NoWav> {
        if file.get(0..4) != Some(b"RIFF") || file.get(8..12) != Some(b"WAVE") {
            return Err(NoWav::NotRiff);
        }
        let format = chunk(file, b"fmt ").ok_or(NoWav::Cut)?;
        let head = |at| u16_at(format, at).ok_or(NoWav::Cut);
        const PCM: u16 = 1;
        let (kind, channels, bits) = (head(0)?, head(2)?, head(14)?);
        let sample_rate_hz = u32_at(format, 4).ok_or(NoWav::Cut)?;
        if kind != PCM || channels == 0 || sample_rate_hz == 0 || bits == 0 || bits % 8 != 0 {
            return Err(NoWav::NotPcm);
        }
        let samples = chunk(file, b"data").ok_or(NoWav::Cut)?;
        Ok(Self { sample_rate_hz, bits, channels, samples })
    }

    pub fn duration_s(&self) -> f64 {
        let frame = usize::from(self.bits / 8) * usize::from(self.channels);
        (self.samples.len() / frame) as f64 / f64::from(self.sample_rate_hz)
    }

    /// The samples of a 16-bit mono recording; `None` for any other.
    pub fn mono_16(&self) -> Option<Vec<i16>> {
        let plain = (self.bits, self.channels) == (16, 1);
        plain.then(|| self.samples.as_chunks::<2>().0.iter().map(|s| i16::from_le_bytes(*s)).collect())
    }
}

/// Measures 16-bit mono samples.
pub fn measure(samples: &[i16], sample_rate_hz: u32) -> Sound {
    let length = stretch(sample_rate_hz);
    let powers: Vec<f64> = samples.chunks(length).map(power).collect();
    let sounding: Vec<f64> = powers.iter().copied().filter(|p| sounds(*p)).collect();
    let first = powers.iter().position(|p| sounds(*p)).unwrap_or(powers.len());
    let last = powers.iter().rposition(|p| sounds(*p)).map_or(0, |last| last + 1);
    let seconds = |stretches: usize| stretches as f64 / f64::from(STRETCHES_PER_S);
    let full = samples.iter().filter(|s| s.unsigned_abs() >= i16::MAX.unsigned_abs()).count();
    let mean = || sounding.iter().sum::<f64>() / sounding.len() as f64;
    Sound {
        duration_s: samples.len() as f64 / f64::from(sample_rate_hz),
        level_dbfs: (!sounding.is_empty()).then(|| dbfs(mean())),
        lead_s: seconds(first),
        tail_s: seconds(powers.len().saturating_sub(last)),
        clipped: full as f64 / samples.len().max(1) as f64,
    }
}

/// The samples without the silence at both ends, but for that many seconds of it.
pub fn trimmed(samples: &[i16], sample_rate_hz: u32, lead_s: f64, tail_s: f64) -> &[i16] {
    let Sound { lead_s: lead, tail_s: tail, .. } = measure(samples, sample_rate_hz);
    let excess = |there: f64, kept: f64| ((there - kept).max(0.0) * f64::from(sample_rate_hz)) as usize;
    let (from, behind) = (excess(lead, lead_s), excess(tail, tail_s));
    samples.get(from..samples.len().saturating_sub(behind)).unwrap_or_default()
}

/// Makes the loudest sample that loud at most, as a share of full scale. Nothing is made louder.
pub fn lowered(samples: &[i16], most: f64) -> Vec<i16> {
    let peak = samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
    let gain = (most * f64::from(i16::MAX) / f64::from(peak.max(1))).min(1.0);
    samples.iter().map(|s| (f64::from(*s) * gain) as i16).collect()
}

/// A 16-bit mono WAV file.
pub fn write(samples: &[i16], sample_rate_hz: u32) -> Vec<u8> {
    let bytes = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(44 + samples.len() * 2);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&bytes.saturating_add(36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes()); // PCM
    file.extend_from_slice(&1_u16.to_le_bytes()); // mono
    file.extend_from_slice(&sample_rate_hz.to_le_bytes());
    file.extend_from_slice(&(sample_rate_hz * 2).to_le_bytes());
    file.extend_from_slice(&2_u16.to_le_bytes()); // bytes a frame
    file.extend_from_slice(&16_u16.to_le_bytes()); // bits a sample
    file.extend_from_slice(b"data");
    file.extend_from_slice(&bytes.to_le_bytes());
    samples.iter().for_each(|s| file.extend_from_slice(&s.to_le_bytes()));
    file
}

fn stretch(sample_rate_hz: u32) -> usize {
    (sample_rate_hz / STRETCHES_PER_S).max(1) as usize
}

/// Mean square, full scale being 1.
fn power(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|s| (f64::from(*s) / 32768.0).powi(2)).sum();
    sum / samples.len().max(1) as f64
}

fn dbfs(power: f64) -> f64 {
    10.0 * power.log10()
}

fn sounds(power: f64) -> bool {
    dbfs(power) > SOUNDING_DBFS
}

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

    /// A square wave, whose level is its height.
    fn tone(seconds: f64, height: i16) -> Vec<i16> {
        let count = (seconds * 22_050.0) as usize;
        (0..count).map(|at| if at / 50 % 2 == 0 { height } else { -height }).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let samples = tone(0.5, 1000);
        let file = write(&samples, 22_050);
        let wav = Wav::read(&file).unwrap();
        assert_eq!((wav.sample_rate_hz, wav.bits, wav.channels), (22_050, 16, 1));
        assert_eq!(wav.mono_16(), Some(samples));
        assert!((wav.duration_s() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn a_cut_or_foreign_file_is_no_recording() {
        let file = write(&tone(0.1, 1000), 22_050);
        assert_eq!(Wav::read(b"<html>not found</html>"), Err(NoWav::NotRiff));
        assert_eq!(Wav::read(&[]), Err(NoWav::NotRiff));
        for length in [12, 20, 40, file.len() - 1] {
            assert_eq!(Wav::read(&file[..length]), Err(NoWav::Cut), "{length}");
        }
        assert_eq!(Wav::read(b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff"), Err(NoWav::Cut));
        let mut law = file;
        law[20] = 7; // mu-law
        assert_eq!(Wav::read(&law), Err(NoWav::NotPcm));
    }

    #[test]
    fn silence_at_the_ends_is_measured_and_trimmed_and_does_not_count_as_level() {
        let mut samples = vec![0; 22_050];
        samples.extend(tone(1.0, 3277)); // -20 dBFS
        samples.extend(vec![3; 11_025]);
        let sound = measure(&samples, 22_050);
        assert!((sound.level_dbfs.unwrap() + 20.0).abs() < 0.2, "{sound:?}");
        assert!((sound.lead_s - 1.0).abs() < 0.02 && (sound.tail_s - 0.5).abs() < 0.02, "{sound:?}");
        let kept = measure(trimmed(&samples, 22_050, 0.1, 0.2), 22_050);
        assert!((kept.duration_s - 1.3).abs() < 0.05, "{kept:?}");
        assert_eq!(measure(&vec![0; 5000], 22_050).level_dbfs, None);
        assert!(trimmed(&[], 22_050, 0.1, 0.2).is_empty());
    }

    #[test]
    fn a_peak_is_lowered_and_never_raised() {
        assert_eq!(measure(&tone(0.1, i16::MAX), 22_050).clipped, 1.0);
        assert_eq!(lowered(&[i16::MAX, i16::MIN, 0], 0.5), [16383, -16383, 0]);
        assert_eq!(lowered(&[100, -100], 0.5), [100, -100]);
    }
}
