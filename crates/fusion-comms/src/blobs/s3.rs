//! Opens a bucket of S3 as the standard AWS variables say, and names what goes wrong there without keys or addresses.
//!
//! Credentials are found as `object_store` finds them: static keys with or without a session token, a web identity,
//! the container's, the instance's. Encryption at rest is the bucket's own setting.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, Checksum};
use object_store::{ClientOptions, RetryConfig};
use url::Url;

use super::{BlobError, Blobs, Place};

/// A fax may have 100 MB, and goes up in one piece.
const REQUEST: Duration = Duration::from_secs(120);
const CONNECT: Duration = Duration::from_secs(5);
/// The workers try again by themselves, so that one try need not last for ever.
const RETRIES: usize = 3;
const RETRYING: Duration = Duration::from_secs(30);

/// The bucket of that name, at S3 or at `endpoint` (then with the bucket's name in the path). Asks nothing yet.
///
/// # Errors
/// [`BlobError::Setup`].
pub fn open(bucket: &str, endpoint: Option<&str>) -> Result<Blobs, BlobError> {
    let store = client(bucket, endpoint).map_err(BlobError::Setup)?;
    Ok(Blobs { store: Arc::new(store), place: Place::Bucket(bucket.to_owned()) })
}

/// The client of a bucket; it also has the credentials that other AWS services take.
pub(crate) fn client(bucket: &str, endpoint: Option<&str>) -> object_store::Result<AmazonS3> {
    let mut builder = from_environment().with_bucket_name(bucket).with_checksum_algorithm(Checksum::SHA256);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    // S3's own endpoint wins over the common one, there as here.
    let asked = builder
        .get_config_value(&AmazonS3ConfigKey::S3Endpoint)
        .or_else(|| builder.get_config_value(&AmazonS3ConfigKey::Endpoint));
    // Plain http is for this machine alone, whatever AWS_ALLOW_HTTP says: files are patients' papers.
    let http = asked.is_some_and(|endpoint| is_loopback(&endpoint));
    let options =
        ClientOptions::new().with_timeout(REQUEST).with_connect_timeout(CONNECT).with_allow_http(http);
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRYING, ..RetryConfig::default() };
    builder.with_client_options(options).with_retry(retry).build()
}

/// The standard variables. One that is set to nothing does not count, as with our own.
fn from_environment() -> AmazonS3Builder {
    let set = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    set.filter(|(name, value)| name.starts_with("AWS_") && !value.trim().is_empty())
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value)))
        .fold(AmazonS3Builder::new(), |builder, (key, value): (AmazonS3ConfigKey, _)| {
            builder.with_config(key, value)
        })
}

fn is_loopback(endpoint: &str) -> bool {
    let url = Url::parse(endpoint).ok();
    url.as_ref().and_then(Url::host).is_some_and(|host| crate::config::is_loopback(&host))
}

/// What an error of S3 means. Its own words hold key and address.
pub(super) fn failed(error: &object_store::Error) -> BlobError {
    use object_store::Error as E;
    match error {
        E::NotFound { source, .. } if source.to_string().contains("NoSuchBucket") => BlobError::NoBucket,
        E::NotFound { .. } => BlobError::NotFound,
        E::PermissionDenied { .. } | E::Unauthenticated { .. } => BlobError::Refused,
        other if lacks_credentials(other) => BlobError::Refused,
        _ => BlobError::Unreachable,
    }
}

/// S3's own code, `AccessDenied`. Nothing else of its words is kept: they hold keys and addresses.
pub(super) fn code(error: &object_store::Error) -> Option<String> {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(e) = cause {
        let words = e.to_string();
        let code = words.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        if let Some((code, _)) = code
            && (1..=64).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
        {
            return Some(code.to_owned());
        }
        cause = e.source();
    }
    None
}

/// Whether the instance's or the container's credentials could not be had, which is where the search for some ends.
fn lacks_credentials(error: &object_store::Error) -> bool {
    let mut cause = error.source();
    while let Some(e) = cause {
        let words = e.to_string();
        if words.contains("169.254.") || words.contains("credentials") || words.contains("metadata") {
            return true;
        }
        cause = e.source();
    }
    false
}
