//! How faxes are read: `OCR`, `LLM_BASE_URL`, `LLM_MODEL`, `LLM_API_KEY`, `LLM_TIMEOUT_SECONDS`; and what the Lambda needs.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use secrecy::SecretString;
use url::Url;

use super::{ConfigProblems, DatabaseConfig, Env, Reader, complete, parse};
use crate::blobs::{BlobError, Blobs};
use crate::fax_text::{FaxReader, Ocr, ReadLimits, Textract};
use crate::filing::{Examiner, SecondOpinion};

/// How faxes are read.
#[derive(Debug)]
pub struct FaxConfig {
    /// How pages without a usable text layer are read; `None` where nothing is said.
    pub ocr: Option<OcrEngine>,
    /// The language model that is asked where the rules are unsure; off unless configured.
    pub model: Option<ModelConfig>,
}

/// What reads pages without a usable text layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OcrEngine {
    Off,
    Tesseract,
    /// Amazon Textract, from the bucket of the faxes.
    Textract,
}

#[derive(Debug)]
pub struct ModelConfig {
    /// Up to and including `/v1`, without a trailing slash.
    pub base_url: String,
    pub name: String,
    pub key: Option<SecretString>,
    pub patience: Duration,
}

impl FaxConfig {
    /// For faxes that lie in the store.
    pub(super) fn read_for_store(reader: &mut Reader<'_>) -> Self {
        let fax = Self::read(reader);
        if fax.ocr == Some(OcrEngine::Textract) && reader.given("S3_BUCKET_DOCS").is_none() {
            let what = "is textract, which reads faxes from the bucket that they lie in: set S3_BUCKET_DOCS, or OCR=tesseract";
            reader.problem("OCR", what);
        }
        fax
    }

    /// For files of a folder.
    pub(super) fn read_for_folder(reader: &mut Reader<'_>) -> Self {
        let fax = Self::read(reader);
        if fax.ocr == Some(OcrEngine::Textract) {
            let what = "is textract, which reads faxes from a bucket, and this command reads files of this machine: set OCR=tesseract";
            reader.problem("OCR", what);
        }
        fax
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let ocr = reader.optional("OCR", parse::ocr);
        let base_url = reader.optional("LLM_BASE_URL", parse::base_url);
        let name = reader.optional("LLM_MODEL", parse::model_name);
        let key = reader.optional("LLM_API_KEY", parse::secret);
        let patience = reader.optional("LLM_TIMEOUT_SECONDS", parse::patience);
        if reader.given("LLM_BASE_URL").is_some() && reader.given("LLM_MODEL").is_none() {
            reader.problem("LLM_MODEL", "is missing: LLM_BASE_URL is set".to_owned());
        }
        let model = base_url.zip(name).zip(patience).map(|((base_url, name), patience)| ModelConfig {
            base_url,
            name,
            key,
            patience,
        });
        Self { ocr, model }
    }

    /// What reads pictures on this machine; nothing unless configured.
    pub fn ocr(&self) -> Ocr {
        match self.ocr {
            Some(OcrEngine::Tesseract) => {
                let variable = |name| std::env::var(name).ok();
                Ocr::tesseract(variable("PATH").as_deref(), variable("TESSDATA_PREFIX").as_deref())
            }
            Some(OcrEngine::Off | OcrEngine::Textract) | None => Ocr::Off,
        }
    }

    /// The reader of faxes as configured, whose originals lie in `bucket` or in folders.
    ///
    /// # Errors
    /// If our own program's path cannot be told, or the model's client cannot be made.
    pub async fn examiner(&self, bucket: Option<&str>) -> anyhow::Result<Examiner> {
        let ocr = match (self.ocr, bucket) {
            (Some(OcrEngine::Textract), Some(bucket)) => Ocr::Textract(Textract::open(bucket).await),
            _ => self.ocr(),
        };
        Ok(Examiner {
            reader: FaxReader::own(ReadLimits::default(), ocr)?,
            second: self.model.as_ref().map(ModelConfig::client).transpose()?,
        })
    }
}

impl ModelConfig {
    fn client(&self) -> anyhow::Result<SecondOpinion> {
        let base = Url::parse(&self.base_url).context("LLM_BASE_URL is no address")?;
        SecondOpinion::new(&base, &self.name, self.key.as_ref(), self.patience).context("LLM_API_KEY")
    }
}

/// What the Lambda is configured with: rows and files of faxes, and nothing of Telnyx, Stripe or the console.
#[derive(Debug)]
pub struct LambdaConfig {
    pub database: DatabaseConfig,
    pub fax: FaxConfig,
    docs_bucket: Option<String>,
    aws_endpoint: Option<String>,
    /// What an operator should know though it is no problem.
    pub notes: Vec<String>,
}

impl LambdaConfig {
    /// # Errors
    /// All problems at once.
    pub fn load(env: Env<'_>) -> Result<Self, ConfigProblems> {
        let mut reader = Reader::new(env);
        let database = DatabaseConfig::read(&mut reader);
        let docs_bucket = reader.required("S3_BUCKET_DOCS", parse::bucket);
        let aws_endpoint = reader.optional("AWS_ENDPOINT_URL", parse::base_url);
        let fax = FaxConfig::read_for_store(&mut reader);
        let (database, notes) = complete(reader, database)?;
        Ok(Self { database, fax, docs_bucket, aws_endpoint, notes })
    }

    /// The reader of faxes as configured.
    ///
    /// # Errors
    /// As [`FaxConfig::examiner`].
    pub async fn examiner(&self) -> anyhow::Result<Examiner> {
        self.fax.examiner(self.docs_bucket.as_deref()).await
    }

    /// Where the fax originals lie.
    ///
    /// # Errors
    /// When that cannot be opened. A bucket is not asked.
    pub fn docs(&self) -> Result<Blobs, BlobError> {
        let data_dir: &Path = &self.database.data_dir;
        Blobs::open(
            self.docs_bucket.as_deref(),
            self.aws_endpoint.as_deref(),
            data_dir,
            super::storage::DOCS_FOLDER,
        )
    }
}
