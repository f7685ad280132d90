//! Where objects and queue messages lie: buckets and queues of AWS, or what stands for them on this machine.

use std::path::Path;

use super::{Env, Reader, Role, parse};
use crate::blobs::{BlobError, Blobs};

/// `S3_BUCKET_AUDIO`, `S3_BUCKET_DOCS`, `FAX_CLASSIFY_QUEUE_URL` (always there in staging and prod),
/// `AWS_ENDPOINT_URL`.
#[derive(Debug)]
pub struct StorageConfig {
    pub audio_bucket: Option<String>,
    pub docs_bucket: Option<String>,
    pub classify_queue_url: Option<String>,
    /// Where AWS is asked; without it at Amazon's own addresses.
    pub aws_endpoint: Option<String>,
}

impl StorageConfig {
    pub(super) fn read(role: Role, reader: &mut Reader<'_>) -> Self {
        let audio = role.has_web().then(|| reader.required("S3_BUCKET_AUDIO", parse::bucket));
        let docs = reader.required("S3_BUCKET_DOCS", parse::bucket);
        let queue = role.has_worker().then(|| reader.required("FAX_CLASSIFY_QUEUE_URL", parse::queue_url));
        let aws_endpoint = reader.optional("AWS_ENDPOINT_URL", parse::base_url);
        Self {
            audio_bucket: audio.flatten(),
            docs_bucket: docs,
            classify_queue_url: queue.flatten(),
            aws_endpoint,
        }
    }

    /// Where the uploaded prompts lie.
    ///
    /// # Errors
    /// When that cannot be opened. A bucket is not asked.
    pub fn audio(&self, data_dir: &Path) -> Result<Blobs, BlobError> {
        Blobs::open(self.audio_bucket.as_deref(), self.aws_endpoint.as_deref(), data_dir, AUDIO_FOLDER)
    }

    /// Where the fax originals lie.
    ///
    /// # Errors
    /// As [`StorageConfig::audio`].
    pub fn docs(&self, data_dir: &Path) -> Result<Blobs, BlobError> {
        Blobs::open(self.docs_bucket.as_deref(), self.aws_endpoint.as_deref(), data_dir, DOCS_FOLDER)
    }
}

/// A store of objects, for the commands that carry all of it.
pub struct Shelf {
    /// As the folder that stands for it is called.
    pub name: &'static str,
    pub bucket: Option<String>,
    pub blobs: Blobs,
}

/// Both stores, without asking for anything else: as far as variables are set, else folders.
///
/// # Errors
/// As [`StorageConfig::audio`].
pub fn shelves(env: Env<'_>, data_dir: &Path) -> Result<[Shelf; 2], BlobError> {
    let reader = Reader::new(env);
    let endpoint = reader.given("AWS_ENDPOINT_URL");
    let shelf = |name, variable| {
        let bucket = reader.given(variable);
        let blobs = Blobs::open(bucket.as_deref(), endpoint.as_deref(), data_dir, name)?;
        Ok(Shelf { name, bucket, blobs })
    };
    Ok([shelf(DOCS_FOLDER, "S3_BUCKET_DOCS")?, shelf(AUDIO_FOLDER, "S3_BUCKET_AUDIO")?])
}

/// The folder that stands for the bucket of the prompts.
pub(super) const AUDIO_FOLDER: &str = "audio";
/// The folder that stands for the bucket of the faxes.
pub(super) const DOCS_FOLDER: &str = "docs";
