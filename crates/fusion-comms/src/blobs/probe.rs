//! Whether a store takes, gives and deletes an object: for `doctor`.

use bytes::Bytes;
use object_store::ObjectStoreExt;

use super::{BlobError, Blobs, Place, checked, s3};

const WORDS: &[u8] = b"written by fusion-comms doctor, and may be deleted\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Write,
    Read,
    Delete,
}

impl Step {
    pub fn verb(self) -> &'static str {
        match self {
            Step::Write => "write",
            Step::Read => "read",
            Step::Delete => "delete",
        }
    }

    pub fn done(self) -> &'static str {
        match self {
            Step::Write => "written to",
            Step::Read => "read from",
            Step::Delete => "deleted from",
        }
    }
}

/// What went wrong at which step.
#[derive(Debug)]
pub struct Trouble {
    pub step: Step,
    why: String,
    /// S3's own word.
    code: Option<String>,
    /// We have no right to it.
    pub refused: bool,
}

impl Trouble {
    pub fn of(step: Step, error: &BlobError) -> Self {
        let cause = std::error::Error::source(error).map(|e| format!(" ({e})")).unwrap_or_default();
        Self {
            step,
            why: format!("{error}{cause}"),
            code: None,
            refused: matches!(error, BlobError::Refused),
        }
    }

    /// What it was, with what AWS said.
    pub fn words(&self) -> String {
        match &self.code {
            Some(code) => format!("{} (S3 says {code})", self.why),
            None => self.why.clone(),
        }
    }
}

impl Blobs {
    /// Writes an object under `key`, reads it and deletes it.
    ///
    /// # Errors
    /// The first step that fails.
    pub async fn probe(&self, key: &str) -> Result<(), Trouble> {
        let path = checked(key).map_err(|e| Trouble::of(Step::Write, &e))?;
        let put = self.store.put(&path, Bytes::from_static(WORDS).into()).await;
        put.map_err(|e| self.trouble(Step::Write, e))?;
        let got = self.store.get(&path).await.map_err(|e| self.trouble(Step::Read, e))?;
        let bytes = got.bytes().await.map_err(|e| self.trouble(Step::Read, e))?;
        if bytes != WORDS {
            let why = "what was read is not what was written".to_owned();
            return Err(Trouble { step: Step::Read, why, code: None, refused: false });
        }
        self.store.delete(&path).await.map_err(|e| self.trouble(Step::Delete, e))
    }

    fn trouble(&self, step: Step, error: object_store::Error) -> Trouble {
        let code = matches!(self.place(), Place::Bucket(_)).then(|| s3::code(&error)).flatten();
        let error = if step == Step::Write { self.failed_put(error) } else { self.failed(error) };
        Trouble { code, ..Trouble::of(step, &error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_is_probed_and_left_as_it_was_and_one_that_is_none_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_dir(dir.path()).unwrap();
        blobs.probe("a/probe").await.unwrap();
        assert!(!blobs.exists("a/probe").await.unwrap());
        std::fs::write(dir.path().join("b"), "a file").unwrap();
        let trouble = blobs.probe("b/probe").await.unwrap_err();
        assert_eq!(trouble.step, Step::Write);
        assert!(trouble.words().starts_with("the folder of objects cannot be used ("), "{}", trouble.words());
    }
}
