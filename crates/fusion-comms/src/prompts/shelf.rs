//! The recordings that this service serves itself: what was uploaded, else what is in the binary.
//!
//! Invariant: there is always a recording. One that is not there, breaks `bounds` or cannot be fetched in time is
//! replaced by the one in the binary, never by silence.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fusion_comms_core::ivr::Prompt;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::bounds::FAIL_BYTES;
use super::{built_in, check, key};
use crate::blobs::{BlobError, Blobs, Place, Since};

/// How long a bucket's answer counts, and how long a store that failed is left alone.
const REST: Duration = Duration::from_secs(60);
/// How long a caller may be kept waiting by the store before the recording of the binary is played.
const PATIENCE: Duration = Duration::from_secs(2);

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shelf(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    blobs: Blobs,
    places: [Mutex<Copy>; Prompt::ALL.len()],
}

/// What is known of one uploaded recording.
#[derive(Debug, Default)]
struct Copy {
    tag: Option<String>,
    /// `None`: there is none that can be played.
    wav: Option<Bytes>,
    ask_again: Option<Instant>,
}

impl Shelf {
    pub fn new(blobs: Blobs) -> Self {
        Self(Arc::new(Inner { blobs, places: Default::default() }))
    }

    /// The recording to play now. A file put into the folder plays at once, one put into the bucket within a minute.
    pub async fn recording(&self, prompt: Prompt) -> Bytes {
        let found = Prompt::ALL.iter().position(|p| *p == prompt).and_then(|at| self.0.places.get(at));
        let Some(place) = found else { return Bytes::from_static(built_in(prompt)) };
        let mut copy = place.lock().await;
        let now = Instant::now();
        if copy.ask_again.is_none_or(|at| at <= now) {
            let since =
                timeout(PATIENCE, self.0.blobs.since(&key(prompt), copy.tag.as_deref(), FAIL_BYTES)).await;
            let answered = copy.learn(prompt, since.unwrap_or(Err(BlobError::Unreachable)));
            let in_folder = matches!(self.0.blobs.place(), Place::Folder(_));
            copy.ask_again = (!answered || !in_folder).then_some(now + REST);
        }
        copy.wav.clone().unwrap_or_else(|| Bytes::from_static(built_in(prompt)))
    }
}

impl Copy {
    /// Takes over what the store says; whether it said anything.
    fn learn(&mut self, prompt: Prompt, since: Result<Since, BlobError>) -> bool {
        match since {
            Ok(Since::Same) => {}
            Ok(Since::Gone) => *self = Self::default(),
            Ok(Since::New { tag, object }) => {
                self.tag = tag;
                let report = check::recording(prompt, &object);
                self.wav = (!report.fails()).then_some(object);
                let faults = report.findings.iter().filter(|f| f.level == check::Level::Fail);
                faults.for_each(|f| refused(prompt, &f.what));
            }
            Ok(Since::TooLarge { tag }) => {
                (self.tag, self.wav) = (tag, None);
                refused(prompt, "it is too large");
            }
            Err(e) => {
                tracing::warn!(prompt = prompt.name(), error = %e, "the uploaded prompts cannot be asked for");
                return false;
            }
        }
        true
    }
}

fn refused(prompt: Prompt, why: &str) {
    tracing::warn!(
        prompt = prompt.name(),
        why,
        "an uploaded prompt cannot be played: the program's own recording is served instead"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompts::wav;

    fn shelf() -> (tempfile::TempDir, Shelf) {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(Blobs::open_dir(dir.path()).unwrap());
        (dir, shelf)
    }

    /// Another recording of the same prompt.
    fn softer(prompt: Prompt) -> Vec<u8> {
        let samples = wav::Wav::read(built_in(prompt)).unwrap().mono_16().unwrap();
        wav::write(&wav::lowered(&samples, 0.5), 22_050)
    }

    #[tokio::test]
    async fn a_file_laid_into_the_folder_plays_at_once_and_one_taken_away_no_more() {
        let (dir, shelf) = shelf();
        assert_eq!(shelf.recording(Prompt::Menu).await, built_in(Prompt::Menu));
        std::fs::create_dir_all(dir.path().join("ivr")).unwrap();
        let file = dir.path().join("ivr/menu.wav");
        std::fs::write(&file, softer(Prompt::Menu)).unwrap();
        assert_eq!(shelf.recording(Prompt::Menu).await, softer(Prompt::Menu));
        assert_eq!(shelf.recording(Prompt::Menu).await, softer(Prompt::Menu), "and goes on to");
        assert_eq!(shelf.recording(Prompt::Goodbye).await, built_in(Prompt::Goodbye));
        std::fs::remove_file(&file).unwrap();
        assert_eq!(shelf.recording(Prompt::Menu).await, built_in(Prompt::Menu));
    }

    #[tokio::test]
    async fn a_broken_file_is_never_played() {
        let (dir, shelf) = shelf();
        std::fs::create_dir_all(dir.path().join("ivr")).unwrap();
        let good = softer(Prompt::Menu);
        for bad in [
            Vec::new(),
            good[..good.len() / 2].to_vec(),
            wav::write(&[0; 60_000], 22_050),
            vec![1; FAIL_BYTES + 1],
        ] {
            std::fs::write(dir.path().join("ivr/menu.wav"), bad).unwrap();
            assert_eq!(shelf.recording(Prompt::Menu).await, built_in(Prompt::Menu));
        }
        std::fs::write(dir.path().join("ivr/menu.wav"), &good).unwrap();
        assert_eq!(shelf.recording(Prompt::Menu).await, good, "once it is mended it plays");
    }

    #[tokio::test]
    async fn a_store_that_fails_leaves_the_recording_of_the_binary() {
        let (dir, shelf) = shelf();
        // A folder where the file should be.
        std::fs::create_dir_all(dir.path().join("ivr/menu.wav")).unwrap();
        assert_eq!(shelf.recording(Prompt::Menu).await, built_in(Prompt::Menu));
    }
}
