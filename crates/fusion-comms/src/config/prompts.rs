//! What the `prompts` commands need: where recordings are put, and where Telnyx fetches them.

use std::path::PathBuf;

use super::storage::AUDIO_FOLDER;
use super::{AppEnv, ConfigProblems, Env, Reader, complete, parse, reachable};
use crate::blobs::{BlobError, Blobs};

/// `S3_BUCKET_AUDIO`, `AWS_ENDPOINT_URL`, `CLOUDFRONT_DISTRIBUTION_ID`, `DATA_DIR`, `IVR_AUDIO_BASE_URL`.
#[derive(Debug)]
pub struct PromptsConfig {
    pub aws_endpoint: Option<String>,
    /// Told when a recording changes.
    pub distribution: Option<String>,
    /// Where Telnyx fetches them, as far as that is set.
    pub audio_base: Option<String>,
    bucket: Option<String>,
    data_dir: PathBuf,
}

impl PromptsConfig {
    /// # Errors
    /// All problems at once.
    pub fn load(env: Env<'_>) -> Result<(Self, Vec<String>), ConfigProblems> {
        let mut reader = Reader::new(env);
        let bucket = reader.required("S3_BUCKET_AUDIO", parse::bucket);
        let aws_endpoint = reader.optional("AWS_ENDPOINT_URL", parse::base_url);
        let distribution = reader.optional("CLOUDFRONT_DISTRIBUTION_ID", parse::distribution);
        let audio_base = reader.optional("IVR_AUDIO_BASE_URL", parse::base_url_without_slash);
        let data_dir = reader.optional("DATA_DIR", |text| Ok(PathBuf::from(text)));
        let config =
            data_dir.map(|data_dir| Self { aws_endpoint, distribution, audio_base, bucket, data_dir });
        complete(reader, config)
    }

    /// Where recordings are put.
    ///
    /// # Errors
    /// When that cannot be opened. A bucket is not asked.
    pub fn store(&self) -> Result<Blobs, BlobError> {
        Blobs::open(self.bucket.as_deref(), self.aws_endpoint.as_deref(), &self.data_dir, AUDIO_FOLDER)
    }
}

/// Where Telnyx fetches the prompts from, and how much is demanded of that.
///
/// # Errors
/// All problems at once.
pub fn audio_base(env: Env<'_>) -> Result<(String, AppEnv), ConfigProblems> {
    let mut reader = Reader::new(env);
    let app_env = reader.app_env;
    // What the address is made of is asked for only where it may be made.
    let served_here = if app_env.is_live() {
        None
    } else {
        let bind_addr = reader.optional("BIND_ADDR", parse::address);
        let from_bind = bind_addr.map(|address| format!("http://{}", reachable(address)));
        reader.made("PUBLIC_BASE_URL", from_bind, parse::base_url).map(|base| format!("{base}/ivr"))
    };
    let audio = reader.made("IVR_AUDIO_BASE_URL", served_here, parse::base_url_without_slash);
    complete(reader, audio).map(|(base, _)| (base, app_env))
}
