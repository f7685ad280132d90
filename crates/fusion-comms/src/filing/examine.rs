//! From a file's bytes to a verdict: what the service does with every fax, and `fax score` with a folder of them.

use bytes::Bytes;
use fusion_comms_core::fax::{self, Case, PageText, Status, Verdict};

use super::opinion::SecondOpinion;
use crate::fax_text::{FaxReader, ReadError, Reading, Stored};

/// Reads and judges. Cheap to clone.
#[derive(Clone)]
pub struct Examiner {
    pub reader: FaxReader,
    /// Asked only where the rules are unsure of a type.
    pub second: Option<SecondOpinion>,
}

/// A fax that was read.
#[derive(Debug)]
pub struct Examined {
    pub verdict: Verdict,
    pub pages: Vec<PageText>,
}

impl Examiner {
    /// Reads a file, which may lie in the store, and judges it by its agency's roster.
    ///
    /// # Errors
    /// As [`FaxReader::read_stored`].
    pub async fn examine(
        &self,
        file: Bytes,
        stored: Option<Stored<'_>>,
        roster: Vec<Case>,
    ) -> Result<Examined, ReadError> {
        let Reading { pages, hindered } = self.reader.read_stored(file, stored).await?;
        // A long roster takes a while: not on a thread that answers webhooks.
        let judged =
            tokio::task::spawn_blocking(move || Examined { verdict: fax::decide(&pages, &roster), pages });
        let mut examined = judged.await.map_err(|e| ReadError::Reader(std::io::Error::other(e)))?;
        if let Some(second) = &self.second
            && examined.verdict.reasons.contains(&fax::UNSURE_OF_TYPE)
        {
            let opinion = second.ask(&examined.pages).await;
            opinion.apply(&mut examined.verdict);
        }
        if let Some(why) = hindered {
            examined.verdict.status = Status::NeedsReview;
            examined.verdict.case_id = None;
            examined.verdict.reasons.push(why);
        }
        Ok(examined)
    }
}
