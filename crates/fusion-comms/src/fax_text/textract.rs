//! Reads pictures of text with Amazon Textract: its asynchronous API, since faxes have many pages.
//!
//! The file is not sent: Textract takes it from the bucket that it lies in, with the rights of whoever asks.

mod answer;
mod boxes;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader};
use aws_sdk_textract::Client;
use aws_sdk_textract::error::ProvideErrorMetadata;
use aws_sdk_textract::operation::get_document_text_detection::GetDocumentTextDetectionOutput as Part;
use aws_sdk_textract::types::{DocumentLocation, JobStatus, S3Object};
use fusion_comms_core::fax::PageText;
use sha2::{Digest, Sha256};

use super::{Stored, Wanted};
use crate::aws;
use answer::Pages;

/// Attempts at one request, further and further apart: throttling is usual where many faxes come at once.
const ATTEMPTS: u32 = 5;
const ATTEMPT: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(3);
/// A job that takes longer is left alone; the next attempt finds the same job, by then perhaps done.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between the first two looks at a job; then more and more, up to the second.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const LOOK_SELDOM: Duration = Duration::from_secs(5);
const BLOCKS_A_PART: i32 = 1000;
/// Parts of one answer: a dense page has some 1000 blocks, and a file 300 pages at most.
const MOST_PARTS: usize = 600;

/// Why Textract did not read a file. Holds nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum TextractError {
    /// Our word for the request, and Textract's own code where it gave one.
    #[error("Textract did not {0}: {1}")]
    Failed(&'static str, String),
    /// The job ended, and in failure.
    #[error("Textract's job failed: {0}")]
    Job(String),
    #[error("Textract did not finish within {0:?}")]
    TooSlow(Duration),
}

/// What came of asking: pages, or why the same file would be refused again.
type Asked<T> = Result<Result<T, &'static str>, TextractError>;

/// Textract for the files of one bucket. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Textract {
    client: Client,
    bucket: String,
    patience: Duration,
}

impl Textract {
    /// Credentials, region and `AWS_ENDPOINT_URL` are found as the SDK finds them; the region must be the bucket's.
    /// Asks nothing yet.
    pub async fn open(bucket: &str) -> Self {
        Self::open_with(aws_config::defaults(BehaviorVersion::latest()), bucket, PATIENCE).await
    }

    /// The same with settings of the caller's own; a job that takes longer than `patience` is left alone.
    pub async fn open_with(settings: ConfigLoader, bucket: &str, patience: Duration) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT);
        let config = settings
            .timeout_config(timeouts.build())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .load()
            .await;
        Self { client: Client::new(&config), bucket: bucket.to_owned(), patience }
    }

    /// Fills in what is wanted; why pages were not read, if for a reason that will not pass. What is not read is
    /// marked so, never blank.
    pub(super) async fn fill(
        &self,
        pages: &mut [PageText],
        wanted: &[Wanted],
        stored: Option<Stored<'_>>,
    ) -> Result<Option<&'static str>, TextractError> {
        const NOT_STORED: &str = "pages were not read: the file does not lie where Textract could read it";
        let read = match stored {
            Some(stored) => self.read(stored, pages.len()).await?,
            None => Err(NOT_STORED),
        };
        let found = read.as_ref().ok();
        for wanted in wanted {
            if let Some(page) = pages.iter_mut().find(|page| page.number == wanted.number) {
                answer::merge(page, wanted, found.and_then(|found| found.text(wanted)));
            }
        }
        Ok(read.err())
    }

    async fn read(&self, stored: Stored<'_>, pages: usize) -> Asked<Pages> {
        let work = async {
            let (job, first) = match self.job(stored).await? {
                Ok(done) => done,
                Err(refused) => return Ok(Err(refused)),
            };
            self.gather(&job, first, pages).await
        };
        tokio::time::timeout(self.patience, work).await.unwrap_or(Err(TextractError::TooSlow(self.patience)))
    }

    /// A job that has ended well, and the first part of its answer. One that failed is asked for anew by a later
    /// attempt only, so that no attempt pays twice.
    async fn job(&self, stored: Stored<'_>) -> Asked<(String, Part)> {
        let mut failed = 0;
        loop {
            let job = match self.start(stored, failed).await? {
                Ok(job) => job,
                Err(refused) => return Ok(Err(refused)),
            };
            match self.finished(&job).await {
                Ok(first) => return Ok(Ok((job, first))),
                Err(TextractError::Job(_)) if failed + 1 < stored.attempt => failed += 1,
                Err(e) => return Err(e),
            }
        }
    }

    /// The same file, day and number of failed jobs is the same job: Textract knows it by the token.
    async fn start(&self, stored: Stored<'_>, failed: i64) -> Asked<String> {
        const WHAT: &str = "take the file";
        let Stored { key, day, .. } = stored;
        let object = S3Object::builder().bucket(&self.bucket).name(key).build();
        let token = hex::encode(Sha256::digest(format!("{}/{key} {day} {failed}", self.bucket)));
        let request = self
            .client
            .start_document_text_detection()
            .document_location(DocumentLocation::builder().s3_object(object).build())
            .client_request_token(token);
        match request.send().await {
            Ok(started) => {
                let job = started.job_id.ok_or_else(|| TextractError::Failed(WHAT, "no job".to_owned()))?;
                Ok(Ok(job))
            }
            Err(e) => match e.code().and_then(refusal) {
                Some(refused) => Ok(Err(refused)),
                None => Err(TextractError::Failed(WHAT, aws::why(&e))),
            },
        }
    }

    /// The first part of the answer, once the job has ended well.
    async fn finished(&self, job: &str) -> Result<Part, TextractError> {
        let mut pause = LOOK_AGAIN;
        loop {
            let part = self.part(job, None).await?;
            match part.job_status() {
                Some(JobStatus::Succeeded | JobStatus::PartialSuccess) => return Ok(part),
                Some(JobStatus::InProgress) => tokio::time::sleep(pause).await,
                _ => return Err(TextractError::Job(code_in(part.status_message()))),
            }
            pause = pause.mul_f32(1.5).min(LOOK_SELDOM);
        }
    }

    async fn gather(&self, job: &str, first: Part, pages: usize) -> Asked<Pages> {
        const TOO_LONG: &str = "pages were not read: Textract's answer is longer than allowed";
        let mut found = Pages::default();
        let mut part = first;
        for _ in 0..MOST_PARTS {
            let next = part.next_token.take();
            found.take(part);
            match next {
                None => return Ok(found.checked(pages)),
                Some(_) => part = self.part(job, next).await?,
            }
        }
        Ok(Err(TOO_LONG))
    }

    async fn part(&self, job: &str, next: Option<String>) -> Result<Part, TextractError> {
        let request = self.client.get_document_text_detection().job_id(job).max_results(BLOCKS_A_PART);
        request.set_next_token(next).send().await.map_err(|e| match e.code() {
            // It has forgotten the job: as good as failed.
            Some(code @ "InvalidJobIdException") => TextractError::Job(code.to_owned()),
            _ => TextractError::Failed("give what it read", aws::why(&e)),
        })
    }
}

/// What Textract says of files that it would refuse again.
fn refusal(code: &str) -> Option<&'static str> {
    match code {
        "UnsupportedDocumentException" => {
            Some("pages were not read: Textract does not take this kind of file")
        }
        "BadDocumentException" => Some("pages were not read: Textract finds the file damaged"),
        "DocumentTooLargeException" => Some("pages were not read: the file is too large for Textract"),
        _ => None,
    }
}

/// A message that is a code; any other might tell of the file.
fn code_in(message: Option<&str>) -> String {
    let is_code = |m: &&str| {
        m.len() <= 60 && m.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    message.filter(is_code).unwrap_or("it does not say why").to_owned()
}
