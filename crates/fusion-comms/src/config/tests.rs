//! The configuration as operators meet it: what is refused, what stands in, and that no value is ever told.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;

use super::*;

/// RFC 8032's first test key.
const PUBLIC_KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
/// The same for its second.
const OTHER_KEY: &str = "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";

type Variables = BTreeMap<String, String>;

fn prod() -> Variables {
    [
        ("APP_ENV", "prod"),
        ("PUBLIC_BASE_URL", "https://pay.example.org/"),
        ("DATABASE_URL", "postgres://app:hunter2@db.example.org/fusion?sslmode=require"),
        ("SESSION_SECRET", "a long sentence would do as well".replace(' ', "-").as_str()),
        ("TELNYX_API_KEY", "KEY0123456789"),
        ("TELNYX_PUBLIC_KEY", PUBLIC_KEY),
        ("TELNYX_FROM_NUMBER", "+12025550147"),
        ("TELNYX_MESSAGING_PROFILE_ID", "40000000-0000-4000-8000-00000000abcd"),
        ("IVR_AUDIO_BASE_URL", "https://audio.example.org"),
        ("STRIPE_SECRET_KEY", "sk_live_0123456789"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_one,whsec_two"),
        ("S3_BUCKET_AUDIO", "example-audio"),
        ("S3_BUCKET_DOCS", "example-docs"),
        ("FAX_CLASSIFY_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/classify"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn with(mut variables: Variables, name: &str, value: &str) -> Variables {
    variables.insert(name.to_owned(), value.to_owned());
    variables
}

fn no_simulator(_: &Path) -> anyhow::Result<SimulatorKeys> {
    anyhow::bail!("not asked for here")
}

fn simulator(_: &Path) -> anyhow::Result<SimulatorKeys> {
    Ok(SimulatorKeys {
        telnyx_public_key: PUBLIC_KEY.to_owned(),
        stripe_webhook_secret: "whsec_simulated".to_owned(),
    })
}

fn load(role: Role, variables: &Variables) -> Result<Config, ConfigProblems> {
    Config::load_for(role, &|name: &str| variables.get(name).cloned(), no_simulator)
}

fn names(problems: &ConfigProblems) -> Vec<&'static str> {
    problems.0.iter().map(|problem| problem.name).collect()
}

#[test]
fn a_whole_prod_configuration_is_taken_as_it_stands() {
    let config = load(Role::All, &prod()).unwrap();
    assert_eq!(config.database.app_env, AppEnv::Prod);
    assert_eq!(config.database.url.engine(), Engine::Postgres);
    assert_eq!(config.server.bind_addr.to_string(), "0.0.0.0:8080");
    assert_eq!(config.server.public_base_url, "https://pay.example.org");
    assert_eq!(config.storage.docs_bucket.as_deref(), Some("example-docs"));
    let web = config.web.unwrap();
    assert_eq!(web.tolerance_s, 300);
    assert_eq!(web.telnyx_keys.fingerprints().count(), 1);
    let worker = config.worker.unwrap();
    assert_eq!(worker.telnyx.api_base, "https://api.telnyx.com/v2");
    assert_eq!(worker.telnyx.media_hosts, "s3.amazonaws.com/faxes-prod/");
    assert_eq!(worker.stripe.api_base, "https://api.stripe.com");
    assert_eq!(worker.ivr_audio_base_url, "https://audio.example.org");
}

#[test]
fn each_variable_marked_required_is_missed_by_name_and_all_at_once() {
    let bare = Variables::from([("APP_ENV".to_owned(), "staging".to_owned())]);
    let missing = load(Role::All, &bare).unwrap_err();
    let mut told = names(&missing);
    let mut marked: Vec<_> = VARIABLES.iter().filter(|v| v.required).map(|v| v.name).collect();
    told.sort_unstable();
    marked.sort_unstable();
    assert_eq!(told, marked);
    let text = missing.to_string();
    assert!(marked.iter().all(|name| text.contains(name)), "{text}");
}

#[test]
fn a_role_asks_only_for_what_it_uses() {
    let mut web = prod();
    for name in ["TELNYX_API_KEY", "STRIPE_SECRET_KEY", "IVR_AUDIO_BASE_URL", "FAX_CLASSIFY_QUEUE_URL"] {
        web.remove(name);
    }
    let config = load(Role::Web, &web).unwrap();
    assert!(config.web.is_some() && config.worker.is_none());
    assert!(load(Role::All, &web).is_err());

    let mut worker = prod();
    for name in ["TELNYX_PUBLIC_KEY", "STRIPE_WEBHOOK_SECRET", "SESSION_SECRET", "S3_BUCKET_AUDIO"] {
        worker.remove(name);
    }
    let config = load(Role::Worker, &worker).unwrap();
    assert!(config.web.is_none() && config.worker.is_some());

    let database = with(Variables::new(), "APP_ENV", "prod");
    let database = with(database, "DATABASE_URL", "postgres://app@localhost/fusion");
    let (config, _) = DatabaseConfig::load(&|name: &str| database.get(name).cloned()).unwrap();
    assert_eq!(config.url.to_string(), "postgres://app@localhost/fusion");
}

#[test]
fn every_bad_value_is_refused_by_the_name_of_its_variable() {
    let identity_point = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (name, values) in [
        ("APP_SECRETS_JSON", &["{", "[1]", "\"text\"", "{\"TELNYX_API_KEY\":[\"k\"]}"][..]),
        ("BIND_ADDR", &["8080", "localhost", "0.0.0.0", "0.0.0.0:99999"]),
        (
            "PUBLIC_BASE_URL",
            &["pay.example.org", "http://pay.example.org", "ftp://pay.example.org", "https://"],
        ),
        ("DATABASE_URL", &["sqlite://data/x.db", "postgres://app:p@db.example.org/fusion", "db"]),
        ("SESSION_SECRET", &["short", "with blanks in it all over"]),
        ("METRICS_TOKEN", &["two words", "ünlaut"]),
        ("TELNYX_API_KEY", &["two words", "line\nbreak"]),
        ("TELNYX_PUBLIC_KEY", &["nonsense", "AAAA", identity_point]),
        ("TELNYX_PUBLIC_KEY_PENDING", &["nonsense", identity_point]),
        ("TELNYX_WEBHOOK_TOLERANCE_SECONDS", &["0", "-1", "3601", "five", "300s", "1e3"]),
        ("TELNYX_FROM_NUMBER", &["2025550147", "+1 202 555 0147", "billing"]),
        ("TELNYX_MESSAGING_PROFILE_ID", &["profile", "00000000-0000-0000-0000-000000000000"]),
        ("ALLOW_SHARED_MESSAGING_PROFILE", &["yes", "2"]),
        ("TELNYX_API_BASE", &["http://api.telnyx.com/v2", "https://user:pass@api.telnyx.com/v2"]),
        (
            "TELNYX_MEDIA_HOSTS",
            &["https://s3.amazonaws.com/", "a.example.org,,", "user@host/", "host/?q", "*"],
        ),
        (
            "IVR_AUDIO_BASE_URL",
            &["https://audio.example.org/", "http://audio.example.org", "https://a.example.org?v=1"],
        ),
        ("STRIPE_SECRET_KEY", &["pk_live_0123", "whsec_0123", "sk_live with blank"]),
        ("STRIPE_WEBHOOK_SECRET", &["whsec_one,,whsec_two", ","]),
        ("STRIPE_API_BASE", &["http://api.stripe.com", "http://127.0.0.1.example.org"]),
        ("S3_BUCKET_AUDIO", &["ab", "Upper-Case", "s3://bucket"]),
        ("S3_BUCKET_DOCS", &["with blank"]),
        ("OCR", &["on", "Textract"]),
        ("AWS_ENDPOINT_URL", &["http://169.254.169.254", "http://s3.example.org", "minio:9000"]),
        (
            "FAX_CLASSIFY_QUEUE_URL",
            &["classify", "http://sqs.example.org/q", "https://sqs.us-east-1.amazonaws.com/1/q.fifo"],
        ),
        ("APP_ENV", &["production", "PROD"]),
    ] {
        for value in values {
            let problems = load(Role::All, &with(prod(), name, value)).expect_err(&format!("{name}={value}"));
            let expected = if value.contains("TELNYX_API_KEY") { "TELNYX_API_KEY" } else { name };
            assert_eq!(names(&problems), [expected], "{name}={value}: {problems}");
        }
    }
}

#[test]
fn textract_wants_the_faxes_in_a_bucket() {
    let textract = |variables| with(variables, "OCR", "textract");
    let config = load(Role::All, &textract(prod())).unwrap();
    assert_eq!(config.worker.unwrap().fax.ocr, Some(OcrEngine::Textract));
    let dev = textract(Variables::new());
    let problems = Config::load_for(Role::All, &|n: &str| dev.get(n).cloned(), simulator).unwrap_err();
    assert_eq!(names(&problems), ["OCR"]);
    assert!(problems.to_string().contains("set S3_BUCKET_DOCS"), "{problems}");
    let bucket = with(dev, "S3_BUCKET_DOCS", "example-docs");
    assert!(Config::load_for(Role::All, &|n: &str| bucket.get(n).cloned(), simulator).is_ok());
    let problems = fax_reader(&|n: &str| bucket.get(n).cloned()).unwrap_err();
    assert!(problems.to_string().contains("set OCR=tesseract"), "{problems}");
}

#[test]
fn plain_http_is_taken_to_loopback_in_every_environment() {
    for name in
        ["PUBLIC_BASE_URL", "IVR_AUDIO_BASE_URL", "TELNYX_API_BASE", "STRIPE_API_BASE", "AWS_ENDPOINT_URL"]
    {
        for base in ["http://127.0.0.1:8090", "http://localhost:8090/v2", "http://[::1]:8090"] {
            assert!(load(Role::All, &with(prod(), name, base)).is_ok(), "{name}={base}");
        }
        let dev = with(Variables::new(), name, "http://elsewhere.example.org");
        let problems = Config::load_for(Role::All, &|n: &str| dev.get(n).cloned(), simulator).unwrap_err();
        assert_eq!(names(&problems), [name]);
    }
}

#[test]
fn dev_needs_nothing_and_points_to_the_simulators() {
    let mut asked = None;
    let config = Config::load_for(Role::All, &|_: &str| None, |data_dir| {
        asked = Some(data_dir.to_owned());
        simulator(data_dir)
    })
    .unwrap();
    assert_eq!(asked.as_deref(), Some(Path::new("./data")));
    assert_eq!(config.database.url.expose(), "sqlite://./data/fusion-comms.db");
    assert_eq!(config.server.bind_addr.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.public_base_url, "http://127.0.0.1:8080");
    assert_eq!(config.server.from_number.expose(), "+12025550100");
    let worker = config.worker.unwrap();
    assert_eq!(worker.ivr_audio_base_url, "http://127.0.0.1:8080/ivr");
    assert_eq!(worker.telnyx.api_base, "http://127.0.0.1:8090/v2");
    assert_eq!(worker.telnyx.media_hosts, "127.0.0.1:8090/media/faxes/");
    assert_eq!(worker.stripe.api_base, "http://127.0.0.1:8090");
    assert!(config.notes.is_empty(), "{:?}", config.notes);
}

#[test]
fn dev_without_a_simulator_key_does_not_start() {
    let problems = Config::load_for(Role::All, &|_: &str| None, no_simulator).unwrap_err();
    assert_eq!(names(&problems), ["DATA_DIR"]);
}

#[test]
fn an_address_to_listen_on_everywhere_is_reached_by_loopback() {
    let dev = with(Variables::new(), "BIND_ADDR", "[::]:9000");
    let config = Config::load_for(Role::All, &|n: &str| dev.get(n).cloned(), simulator).unwrap();
    assert_eq!(config.server.public_base_url, "http://[::1]:9000");
}

#[test]
fn a_pending_key_is_held_beside_the_current_one() {
    let config = load(Role::Web, &with(prod(), "TELNYX_PUBLIC_KEY_PENDING", OTHER_KEY)).unwrap();
    assert_eq!(config.web.unwrap().telnyx_keys.fingerprints().count(), 2);
}

#[test]
fn the_secrets_object_fills_in_what_is_not_set_and_shadowed_names_are_told() {
    let mut variables = prod();
    variables.remove("TELNYX_API_KEY");
    variables.insert("STRIPE_SECRET_KEY".to_owned(), "  ".to_owned());
    let object = r#"{"TELNYX_API_KEY":"KEY-from-object","STRIPE_SECRET_KEY":"sk_live_object",
        "TELNYX_WEBHOOK_TOLERANCE_SECONDS":120,"S3_BUCKET_DOCS":"other-docs","S3_BUCKET_AUDIO":"example-audio",
        "SOMETHING_ELSE":{"a":1},"METRICS_TOKEN":null}"#;
    let config = load(Role::All, &with(variables, "APP_SECRETS_JSON", object)).unwrap();
    assert_eq!(config.web.unwrap().tolerance_s, 120);
    assert_eq!(config.storage.docs_bucket.as_deref(), Some("example-docs"), "the environment wins");
    let shadowed: Vec<_> = config.notes.iter().filter(|note| note.contains("differently")).collect();
    assert_eq!(shadowed.len(), 1, "{shadowed:?}");
    assert!(shadowed[0].starts_with("S3_BUCKET_DOCS"));
}

#[test]
fn a_name_that_is_no_variable_is_told_with_the_one_that_is_meant() {
    let object = r#"{"STRIPE_WEBHOOK_SECRETS":"whsec_hidden","nobody":["hidden"],"whsec_Hidden":"x"}"#;
    let config = load(Role::All, &with(prod(), "APP_SECRETS_JSON", object)).unwrap();
    let told = config.notes.join("\n");
    let meant = "APP_SECRETS_JSON holds `STRIPE_WEBHOOK_SECRETS`, which is no variable of this program and is not read; \
                 is STRIPE_WEBHOOK_SECRET meant?";
    assert!(told.contains(meant) && told.contains("holds `nobody`, which is no variable"), "{told}");
    assert!(!told.to_lowercase().contains("hidden"), "{told}");

    let mut without = prod();
    without.remove("STRIPE_WEBHOOK_SECRET");
    let without = with(without, "APP_SECRETS_JSON", object);
    let problems = load(Role::All, &without).unwrap_err().to_string();
    assert!(
        problems
            .contains("STRIPE_WEBHOOK_SECRET: is missing; APP_SECRETS_JSON holds `STRIPE_WEBHOOK_SECRETS`"),
        "{problems}"
    );
    let (report, code) = check(&|name: &str| without.get(name).cloned());
    assert!(code == 1 && report.contains("note: APP_SECRETS_JSON holds `nobody`"), "{report}");
}

struct WithSecret(Variables, Variables);

impl crate::config::Variables for WithSecret {
    fn of_process(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
    fn managed(&self, name: &str) -> Option<String> {
        self.1.get(name).cloned()
    }
}

#[test]
fn the_managed_secret_wins_and_what_it_shadows_is_told() {
    let secret = [("STRIPE_SECRET_KEY", "sk_live_managed"), ("METRICS_TOKEN", "managed-token-of-metrics")];
    let secret = secret.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let environment = WithSecret(prod(), secret);
    let config = Config::load_for(Role::All, &environment, no_simulator).unwrap();
    assert_eq!(config.worker.unwrap().stripe.secret_key.expose_secret(), "sk_live_managed");
    assert_eq!(config.server.metrics_token.unwrap().expose_secret(), "managed-token-of-metrics");
    let shadowed: Vec<_> = config.notes.iter().filter(|note| note.contains("the secret wins")).collect();
    assert!(matches!(shadowed[..], [note] if note.starts_with("STRIPE_SECRET_KEY")), "{shadowed:?}");
    let overruled = |name: &str| crate::config::is_overruled(&environment, name);
    assert!(overruled("STRIPE_SECRET_KEY") && !overruled("METRICS_TOKEN") && !overruled("TELNYX_API_KEY"));
    let (report, code) = check(&environment);
    let line = report.lines().find(|line| line.contains("METRICS_TOKEN")).unwrap();
    assert!(code == 0 && line.contains("secret of ARN") && !report.contains("managed-token"), "{report}");
}

#[test]
fn traces_go_nowhere_unless_a_collector_is_named() {
    assert_eq!(load(Role::All, &prod()).unwrap().server.traces, None);
    let with_collector =
        |url| load(Role::Worker, &with(prod(), "OTEL_EXPORTER_OTLP_ENDPOINT", url)).map(|c| c.server.traces);
    assert_eq!(with_collector("https://otel.example.org/").unwrap().unwrap(), "https://otel.example.org");
    assert!(with_collector("http://127.0.0.1:4318").is_ok());
    assert!(with_collector("http://otel.example.org:4318").is_err());
}

/// Every variable set to a marked value, good or bad: no problem, note or `Debug` may hold the mark.
#[test]
fn no_value_is_ever_told() {
    const MARK: &str = "CANARY";
    for variable in VARIABLES {
        for value in
            ["CANARY", "https://CANARY:CANARY@host/", "{\"TELNYX_API_KEY\": CANARY", "postgres://CANARY"]
        {
            let Err(problems) = load(Role::All, &with(prod(), variable.name, value)) else { continue };
            assert!(!problems.to_string().contains(MARK), "{}={value}: {problems}", variable.name);
            assert!(!format!("{problems:?}").contains(MARK));
            let (report, code) = check(&|name: &str| with(prod(), variable.name, value).get(name).cloned());
            assert_eq!(code, 1);
            assert!(!report.contains(MARK), "{report}");
        }
    }
    for (name, value) in [
        ("TELNYX_API_KEY", "CANARY"),
        ("STRIPE_SECRET_KEY", "sk_CANARY"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_CANARY"),
        ("SESSION_SECRET", "CANARY-CANARY-CANARY-CANARY"),
        ("METRICS_TOKEN", "CANARY"),
        ("DATABASE_URL", "postgres://app:CANARY@localhost/fusion?password=CANARY"),
    ] {
        let variables = with(prod(), name, value);
        let config = load(Role::All, &variables).unwrap_or_else(|problems| panic!("{name}: {problems}"));
        assert!(!format!("{config:?}").contains(MARK), "{name}");
        let (report, code) = check(&|n: &str| variables.get(n).cloned());
        assert_eq!(code, 0, "{report}");
        assert!(!report.contains(MARK), "{report}");
    }
    let debug = format!("{:?}", load(Role::All, &prod()).unwrap());
    assert!(!debug.contains("2025550147") && !debug.contains(PUBLIC_KEY), "{debug}");
}

#[test]
fn check_tells_where_each_variable_came_from_and_makes_nothing() {
    let (report, code) = check(&|_: &str| None);
    assert_eq!(code, 0, "{report}");
    assert!(VARIABLES.iter().all(|variable| report.contains(variable.name)));
    assert!(report.contains("the simulator's key in DATA_DIR"));
    let (report, _) = check(&|name: &str| prod().get(name).cloned());
    assert!(report.contains("postgres://app:****@db.example.org/fusion"), "{report}");
    assert!(report.contains("***0147"), "{report}");
    assert!(!report.contains("hunter2"));
}

#[test]
fn the_example_lists_every_variable_with_its_default_and_is_taken_as_it_stands() {
    let example = example();
    for variable in VARIABLES {
        assert!(example.contains(&format!("\n#{}=", variable.name)), "{}", variable.name);
    }
    assert!(example.contains("#TELNYX_WEBHOOK_TOLERANCE_SECONDS=300\n"));
    // Every default that staging and prod use must be a value that is taken.
    for variable in VARIABLES {
        if let (StandIn::Value(value), false) = (variable.live, variable.name == "APP_ENV") {
            assert!(load(Role::All, &with(prod(), variable.name, value)).is_ok(), "{}", variable.name);
        }
    }
}
