//! Every environment variable: the one table that the reader, `config check` and `config example` share.

/// One variable: what it is for, who needs it, what stands in for it.
#[derive(Debug)]
pub struct Variable {
    pub name: &'static str,
    /// What it means, with its unit or form. Ends without a full stop.
    pub meaning: &'static str,
    /// Whether staging and prod refuse to start without it.
    pub required: bool,
    /// Whether its value is shown nowhere.
    pub secret: bool,
    /// What stands in for it in staging and prod.
    pub live: StandIn,
    /// What stands in for it in dev.
    pub dev: StandIn,
    /// What it may look like, where its default does not show that.
    pub example: Option<&'static str>,
}

/// What stands in for a variable that is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn {
    Nothing,
    Value(&'static str),
    /// Made from other variables, in these words.
    Made(&'static str),
}

use StandIn::{Made, Nothing, Value};

const fn variable(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning, required: false, secret: false, live: Nothing, dev: Nothing, example: None }
}

impl Variable {
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
    const fn default(mut self, default: StandIn) -> Self {
        (self.live, self.dev) = (default, default);
        self
    }
    const fn example(mut self, example: &'static str) -> Self {
        self.example = Some(example);
        self
    }
    const fn in_dev(mut self, default: StandIn) -> Self {
        self.dev = default;
        self
    }
}

/// In the order in which `config example` lists them.
pub static VARIABLES: &[Variable] = &[
    variable("APP_ENV", "dev, staging or prod; the last two want every variable that is marked required")
        .default(Value("dev")),
    variable("APP_SECRETS_JSON", "a JSON object; its keys fill in variables that are not set").secret().example(r#"{"TELNYX_API_KEY": "KEY...", "STRIPE_SECRET_KEY": "rk_live_..."}"#),
    variable(
        "APP_SECRETS_ARN",
        "AWS Secrets Manager secret that holds such an object; its values win, and are read again every minute and on SIGHUP",
    ).example("arn:aws:secretsmanager:us-east-1:123456789012:secret:fusionems/prod/app-AbCdEf"),
    variable("BIND_ADDR", "address and port to listen on")
        .default(Value("0.0.0.0:8080"))
        .in_dev(Value("127.0.0.1:8080")),
    variable(
        "PUBLIC_BASE_URL",
        "where payers and Telnyx reach this service, https, as in https://pay.example.org",
    )
    .required()
    .in_dev(Made("http:// and BIND_ADDR")).example("https://pay.example.org"),
    variable(
        "DATABASE_URL",
        "postgres://user:password@host/database?sslmode=require (15 or newer); sslmode=require only encrypts, \
         sslmode=verify-full&sslrootcert=/path/ca.pem also checks that the server is the one named; in dev sqlite://file too",
    )
    .required()
    .secret()
    .in_dev(Made("an SQLite file in DATA_DIR")).example("postgres://fusion_comms:...@db.example.org/fusion_comms?sslmode=require"),
    variable("DATA_DIR", "folder of the embedded database and of files that are in no bucket")
        .default(Value("./data")),
    variable("SESSION_SECRET", "signs console sessions; 16 characters or more").required().secret().example("what `openssl rand -hex 32` prints"),
    variable("METRICS_TOKEN", "bearer token for /metrics; without it only loopback may read that").secret().example("what `openssl rand -hex 32` prints"),
    variable("TELNYX_API_KEY", "V2 API key").required().secret().in_dev(Value("simulated")).example("KEY..."),
    variable(
        "TELNYX_PUBLIC_KEY",
        "Ed25519 key of webhooks: base64 of the DER form or of the raw 32 bytes, or PEM",
    )
    .required()
    .in_dev(Made("the simulator's key in DATA_DIR")).example("the 44 characters that the portal shows"),
    variable("TELNYX_PUBLIC_KEY_PENDING", "a second key accepted as well, while keys are rotated").example("as TELNYX_PUBLIC_KEY"),
    variable(
        "TELNYX_WEBHOOK_TOLERANCE_SECONDS",
        "seconds a webhook's timestamp may differ from our clock, 1 to 3600",
    )
    .default(Value("300")),
    variable("TELNYX_FROM_NUMBER", "default sender of texts, E.164").required().in_dev(Value("+12025550100")).example("+12025550100"),
    variable("TELNYX_MESSAGING_PROFILE_ID", "default messaging profile, a UUID")
        .required()
        .in_dev(Value("40000000-0000-4000-8000-000000000001")).example("40000000-0000-4000-8000-000000000001"),
    variable("ALLOW_SHARED_MESSAGING_PROFILE", "1 lets two agencies name the same messaging profile")
        .default(Value("0")),
    variable("OPT_OUT_SCOPE", "whom a STOP binds: agency, all, or `agency, all from 2027-01-31`")
        .default(Value("agency")).example("agency, all from 2027-01-31"),
    variable("TELNYX_API_BASE", "base of Telnyx's API")
        .default(Value("https://api.telnyx.com/v2"))
        .in_dev(Value("http://127.0.0.1:8090/v2")),
    variable("TELNYX_MEDIA_HOSTS", "comma list of host[:port][/prefix] that fax media may come from")
        .default(Value("s3.amazonaws.com/faxes-prod/"))
        .in_dev(Value("127.0.0.1:8090/media/faxes/")).example("s3.amazonaws.com/faxes-prod/"),
    variable("IVR_AUDIO_BASE_URL", "where Telnyx fetches <prompt>.wav, https, no trailing slash")
        .required()
        .in_dev(Made("PUBLIC_BASE_URL and /ivr")).example("https://pay.example.org/ivr"),
    variable("STRIPE_SECRET_KEY", "secret or restricted key of the platform")
        .required()
        .secret()
        .in_dev(Value("sk_test_simulated")).example("rk_live_..."),
    variable("STRIPE_WEBHOOK_SECRET", "signing secrets of the Connect endpoint, comma separated")
        .required()
        .secret()
        .in_dev(Made("the simulator's secret in DATA_DIR")).example("whsec_...,whsec_..."),
    variable("STRIPE_API_BASE", "base of Stripe's API")
        .default(Value("https://api.stripe.com"))
        .in_dev(Value("http://127.0.0.1:8090")),
    variable(
        "S3_BUCKET_AUDIO",
        "bucket of the prompts, under ivr/; without it they lie in DATA_DIR/blobs/audio",
    )
    .required().example("fusionems-prod-audio"),
    variable("S3_BUCKET_DOCS", "bucket of fax originals; without it they lie in DATA_DIR/blobs/docs")
        .required().example("fusionems-prod-docs"),
    variable("FAX_CLASSIFY_QUEUE_URL", "SQS queue of faxes to classify").required().example("https://sqs.us-east-1.amazonaws.com/123456789012/fusionems-prod-fax-classify"),
    variable("RUST_LOG", "which log lines are written, as in info or fusion_comms=debug")
        .default(Value("info")),
    variable(
        "CLOUDWATCH_EMF",
        "1 writes the metrics on standard output every minute, as CloudWatch reads them",
    )
    .default(Value("0")),
    variable("CLOUDFRONT_DISTRIBUTION_ID", "distribution to tell when a prompt changes").example("E1ABCDEF2GHIJK"),
    variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "collector that traces go to over OTLP (HTTP, protobuf), as in http://127.0.0.1:4318; off unless set. Headers, time limit and service name are those of the standard OTEL_ variables",
    )
    .example("http://127.0.0.1:4318"),
    variable(
        "AWS_ENDPOINT_URL",
        "endpoint of all AWS services, https; credentials and region are those of the standard AWS_ variables",
    ).example("https://vpce-0123.s3.us-east-1.vpce.amazonaws.com"),
    variable(
        "LLM_BASE_URL",
        "OpenAI-compatible language model, with /v1, that is shown the text of faxes whose type no rule is sure of; off unless set",
    ).example("http://127.0.0.1:11434/v1"),
    variable("LLM_MODEL", "its name").example("llama3.1:8b"),
    variable("LLM_API_KEY", "its key, if it wants one").secret().example("sk-..."),
    variable("LLM_TIMEOUT_SECONDS", "how long it is waited for, 1 to 300").default(Value("20")),
    variable(
        "OCR",
        "off, tesseract, or textract (Amazon's, with S3_BUCKET_DOCS): what reads pages of faxes without a text layer; off unless set",
    ).example("tesseract"),

];

/// The variable of that name.
///
/// # Panics
/// When the table has none: the reader asks only for what the table names.
pub(super) fn named(name: &str) -> &'static Variable {
    VARIABLES
        .iter()
        .find(|v| v.name == name)
        .unwrap_or_else(|| panic!("{name} is not in the table of variables"))
}
