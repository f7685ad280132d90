//! What the runbook is run against: the served sample agency on a secret, buckets, a queue, a load balancer and a
//! cluster of moto; a shell and `psql` such as operators have; and what its log queries should return.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use serde_json::json;

use crate::fax::roster;
use crate::support::app::{On, STATEMENT, TENANT, TestApp};
use crate::support::db::Prompt;
use crate::support::insights::{self, Answer};
use crate::support::moto::Moto;

pub const PLACEHOLDERS: &[&str] = &[
    "AppName",
    "AppSecretsArn",
    "Env",
    "FAX_CLASSIFY_QUEUE_URL",
    "HttpsListenerArn",
    "NEW_KEY",
    "PUBLIC_BASE_URL",
    "S3_BUCKET_AUDIO",
    "S3_BUCKET_DOCS",
    "another_message_id",
    "base_url",
    "case_id",
    "cluster",
    "cluster-name",
    "date",
    "dist-id",
    "env",
    "fax_id",
    "folder",
    "id",
    "incident_id",
    "key",
    "message_id",
    "name",
    "paste base64 value here",
    "paste whsec value here",
    "statement_id",
    "task_id",
    "tenant_id",
    "tid",
];

pub const OLD_STRIPE_SECRET: &str = "whsec_of_the_time_before";

pub const LOG_QUERIES: &[&str] = &["signature-failures", "ivr-funnel", "opt-outs-per-day"];

/// What the deployment makes with its templates: the webhooks' rule beside another, two services, a worker's task.
const DEPLOYED: &str = r#"
set -euo pipefail
subnets=$(aws ec2 describe-subnets --query 'Subnets[:2].SubnetId' --output text)
vpc=$(aws ec2 describe-subnets --query 'Subnets[0].VpcId' --output text)
balancer=$(aws elbv2 create-load-balancer --name fusionems-staging --subnets $subnets \
  --query 'LoadBalancers[0].LoadBalancerArn' --output text)
targets=$(aws elbv2 create-target-group --name webhooks --protocol HTTP --port 8080 --target-type ip --vpc-id "$vpc" \
  --query 'TargetGroups[0].TargetGroupArn' --output text)
listener=$(aws elbv2 create-listener --load-balancer-arn "$balancer" --protocol HTTP --port 443 \
  --default-actions "Type=forward,TargetGroupArn=$targets" --query 'Listeners[0].ListenerArn' --output text)
for rule in 7:/webhooks/telnyx/\* 8:/webhooks/stripe; do
  aws elbv2 create-rule --listener-arn "$listener" --priority "${rule%%:*}" \
    --conditions "Field=path-pattern,Values=${rule#*:}" --actions "Type=forward,TargetGroupArn=$targets" >made
done
aws ecs create-cluster --cluster-name fusionems-staging >made
group=$(aws ec2 describe-security-groups --query 'SecurityGroups[0].GroupId' --output text)
network="awsvpcConfiguration={subnets=[${subnets%%[[:space:]]*}],securityGroups=[$group]}"
for part in backend worker; do
  name=fusionems-staging-$part
  aws ecs register-task-definition --family "$name" --requires-compatibilities FARGATE --network-mode awsvpc \
    --cpu 256 --memory 512 --container-definitions "[{\"name\":\"$part\",\"image\":\"fusion-comms\",\"cpu\":256,\"memory\":512}]" >made
  aws ecs create-service --cluster fusionems-staging --service-name "$name" --task-definition "$name" \
    --desired-count 1 --launch-type FARGATE --network-configuration "$network" >made
done
aws ecs run-task --cluster fusionems-staging --task-definition fusionems-staging-worker --launch-type FARGATE \
  --network-configuration "$network" >made
printf '%s' "$listener"
"#;

/// Version 1 of `aws` has an address of its own for SQS, which only the flag wins over.
const PRELUDE: &str = r#"
set -eo pipefail
exec 2>&1
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
"#;

/// Exit code, and what was said on either output.
pub struct Said {
    pub exit: i32,
    pub text: String,
}

pub struct Scene {
    pub app: TestApp,
    pub moto: Moto,
    /// Where the shell stands.
    pub desk: PathBuf,
    /// What goes into the placeholders.
    pub filled: BTreeMap<String, String>,
    /// What Telnyx signs with before the key is changed; the simulated one has the new key from the start.
    pub old_key: SigningKey,
}

pub fn public(key: &SigningKey) -> String {
    STANDARD.encode(key.verifying_key().as_bytes())
}

impl Scene {
    pub async fn start() -> Self {
        let moto = Moto::start().await;
        let queue = moto.make_queue("fusionems-staging-fax-classify").await;
        moto.make_bucket("example-audio").await;
        moto.make_bucket("example-docs").await;
        let distribution = moto.make_distribution().await;
        let mut env = moto.env();
        env.extend([
            ("S3_BUCKET_AUDIO", "example-audio"),
            ("S3_BUCKET_DOCS", "example-docs"),
            ("FAX_CLASSIFY_QUEUE_URL", queue.as_str()),
            ("CLOUDFRONT_DISTRIBUTION_ID", distribution.as_str()),
        ]);
        let app = TestApp::prepare(On::Postgres, |sim| sim.api_key = Some("KEY-ONE".to_owned()), &env).await;
        app.found_agency();
        roster(&app);
        let desk = app.dir.path().join("desk");
        std::fs::create_dir_all(desk.join("tmp")).expect("a folder");
        let old_key = SigningKey::from_bytes(&[7; 32]);
        let mut scene = Self { app, moto, desk, filled: BTreeMap::new(), old_key };
        let secret = json!({"TELNYX_PUBLIC_KEY": public(&scene.old_key), "TELNYX_API_KEY": "KEY-ONE",
            "STRIPE_WEBHOOK_SECRET": OLD_STRIPE_SECRET});
        let arn = scene.moto.make_secret("fusionems-staging", &secret).await;
        scene.app.env.push(("APP_SECRETS_ARN".to_owned(), arn.clone()));
        scene.app.launch().await;
        let deployed = scene.bash(DEPLOYED);
        assert_eq!(deployed.exit, 0, "{}", deployed.text);
        for (name, value) in
            [("AppSecretsArn", &arn), ("FAX_CLASSIFY_QUEUE_URL", &queue), ("dist-id", &distribution)]
        {
            scene.fill(name, value);
        }
        scene.fill("HttpsListenerArn", &deployed.text);
        scene.fill_what_never_changes();
        scene
    }

    fn fill_what_never_changes(&mut self) {
        for (name, value) in [
            ("AppName", "fusionems"),
            ("Env", "staging"),
            ("env", "staging"),
            ("cluster", "fusionems-staging"),
            ("cluster-name", "fusionems-staging"),
            ("NEW_KEY", "KEY-TWO"),
            ("S3_BUCKET_AUDIO", "example-audio"),
            ("S3_BUCKET_DOCS", "example-docs"),
            ("case_id", "case-2"),
            ("folder", "scored"),
            ("name", "ann"),
            ("statement_id", STATEMENT),
            ("tenant_id", TENANT),
            ("tid", TENANT),
        ] {
            self.fill(name, value);
        }
        self.fill("paste base64 value here", &public(&self.app.keys.signing));
        self.fill("paste whsec value here", &self.app.keys.stripe_webhook_secret.clone());
        self.fill("PUBLIC_BASE_URL", &self.app.base.clone());
        self.fill("base_url", &format!("{}/ivr", self.app.base));
    }

    pub fn fill(&mut self, name: &str, value: &str) {
        assert!(PLACEHOLDERS.contains(&name), "`{name}` is no placeholder");
        self.filled.insert(name.to_owned(), value.to_owned());
    }

    /// A shell in the app's environment, with the binary and the `aws` beside moto on its path.
    pub fn bash(&self, script: &str) -> Said {
        let here = self.desk.join("tmp");
        // Everybody's folder is not the test's.
        let script = script.replace("/tmp/", &format!("{}/", here.display()));
        let mut bash = self.app.in_its_environment("bash");
        bash.args(["-c", &format!("{PRELUDE}{script}")]).current_dir(&self.desk);
        bash.env("PATH", path());
        // Nothing of this machine's own configuration.
        bash.env("AWS_CONFIG_FILE", here.join("none")).env("AWS_SHARED_CREDENTIALS_FILE", here.join("none"));
        bash.env("AWS_DEFAULT_REGION", "us-east-1").env("AWS_PAGER", "");
        said(&mut bash)
    }

    /// `psql` as the service's own login.
    pub fn psql(&self, statement: &str) -> Said {
        std::fs::write(self.desk.join("statement.sql"), statement).expect("a file is written");
        self.bash("psql -X -v ON_ERROR_STOP=1 -f statement.sql \"$DATABASE_URL\"")
    }

    pub async fn ask(&self, query: &str) -> Vec<Vec<String>> {
        let (_, url) = self.app.env.iter().find(|(name, _)| name == "DATABASE_URL").expect("a database");
        Prompt::open(url).await.ask(query).await
    }

    /// Runs a log query over what the service has logged, and compares it with what the tables and metrics say.
    pub async fn log_query(&self, name: &str, query: &str) -> Result<(), String> {
        let answer = insights::run(query, &self.app.logs()).map_err(|why| format!("`{name}`: {why}"))?;
        match name {
            "signature-failures" => self.signature_failures(&answer).await,
            "ivr-funnel" => {
                let entered = "SELECT to_state, count(*)::text FROM telnyx_call_steps
                    WHERE from_state IS DISTINCT FROM to_state GROUP BY 1";
                let is_falling = answer.rows.windows(2).all(|w| number(&w[0]) >= number(&w[1]));
                assert!(is_falling, "`{name}` is not sorted: {answer:?}");
                same(name, &answer, self.ask(entered).await, 4)
            }
            "opt-outs-per-day" => {
                let recorded =
                    "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), count(*)::text FROM opt_out_history
                    WHERE source IN ('sms_stop', 'telnyx_block') GROUP BY 1";
                same(name, &answer, self.ask(recorded).await, 1)
            }
            other => panic!("nothing is known of the query `{other}`"),
        }
    }

    async fn signature_failures(&self, answer: &Answer) -> Result<(), String> {
        let (_, page) = self.app.get("/metrics").await.expect("the metrics");
        let refused = page
            .lines()
            .filter(|l| l.starts_with("telnyx_webhook_requests_total{") && l.contains("status=\"400\""));
        let refused: f64 = refused.filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).sum();
        let latest_first = answer.rows.windows(2).all(|w| w[0][0] >= w[1][0]);
        let is_well = answer.rows.len() as f64 == refused && refused >= 2.0 && latest_first;
        if is_well {
            Ok(())
        } else {
            Err(format!("{refused} webhooks were refused; the query returns {answer:?}"))
        }
    }

    /// The end of the log.
    pub fn logs_of_trouble(&self) -> String {
        let logs = self.app.logs();
        let trouble: Vec<&str> = logs.lines().filter(|l| !l.contains("\"INFO\"")).collect();
        trouble[trouble.len().saturating_sub(20)..].join("\n")
    }
}

fn number(row: &[String]) -> u64 {
    row.last().and_then(|n| n.parse().ok()).expect("a count")
}

/// The same rows in whatever order, and as many at least.
fn same(name: &str, answer: &Answer, mut wanted: Vec<Vec<String>>, at_least: usize) -> Result<(), String> {
    let mut got = answer.rows.clone();
    got.sort();
    wanted.sort();
    let is_well = got == wanted && got.len() >= at_least;
    if is_well { Ok(()) } else { Err(format!("`{name}`: the tables say {wanted:?}, the query {answer:?}")) }
}

fn said(command: &mut Command) -> Said {
    let out = command.stdin(Stdio::null()).output().expect("bash runs");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    Said { exit: out.status.code().unwrap_or(-1), text }
}

fn path() -> String {
    let folder = |program: &Path| program.parent().map(|p| p.display().to_string()).unwrap_or_default();
    let ours = folder(Path::new(env!("CARGO_BIN_EXE_fusion-comms")));
    let beside_moto = std::env::var_os("MOTO_SERVER").map(|m| folder(Path::new(&m))).unwrap_or_default();
    let others = std::env::var("PATH").unwrap_or_default();
    [ours, beside_moto, others].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(":")
}
