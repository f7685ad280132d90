//! A stand-in for AWS: moto's server, one for each test that asks for it.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::app::within;

/// A server of its own, with nothing in it. Ends when it is dropped.
pub struct Moto {
    pub base: String,
    http: Client,
    child: Child,
}

impl Moto {
    /// Starts the program that `MOTO_SERVER` names, else `moto_server`.
    pub async fn start() -> Self {
        let program = std::env::var("MOTO_SERVER").unwrap_or_else(|_| "moto_server".to_owned());
        let port = TcpListener::bind(("127.0.0.1", 0)).expect("a free port").local_addr().expect("it").port();
        let child = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| {
                panic!(
                    "{program}, which stands in for AWS, cannot be started ({e}): ./test installs it, or \
                     `pip install 'moto[server]'` in a venv and set MOTO_SERVER to its bin/moto_server"
                )
            });
        let http = Client::builder().no_proxy().build().expect("an HTTP client");
        let moto = Self { base: format!("http://127.0.0.1:{port}"), http, child };
        let up = || async { moto.http.get(format!("{}/moto-api/", moto.base)).send().await.is_ok() };
        assert!(within(Duration::from_secs(60), up).await, "moto does not answer");
        moto
    }

    /// What the binary needs to know of it.
    pub fn env(&self) -> Vec<(&str, &str)> {
        vec![
            ("AWS_ENDPOINT_URL", &self.base),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
        ]
    }

    pub async fn make_bucket(&self, name: &str) {
        let answer = self.http.put(format!("{}/{name}", self.base)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    }

    /// An object, as whoever serves the bucket would send it.
    pub async fn object(&self, bucket: &str, key: &str) -> Response {
        let get = self.http.get(format!("{}/{bucket}/{key}", self.base));
        signed(get, "s3").send().await.expect("an answer")
    }

    /// Puts an object that everybody may read.
    pub async fn put_object(&self, bucket: &str, key: &str, content: Vec<u8>) {
        let put = self.http.put(format!("{}/{bucket}/{key}", self.base)).header("x-amz-acl", "public-read");
        assert_eq!(signed(put.body(content), "s3").send().await.expect("an answer").status(), StatusCode::OK);
    }

    /// Makes a CloudFront distribution; its id.
    pub async fn make_distribution(&self) -> String {
        let config = r#"<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">
            <CallerReference>test</CallerReference><Comment/><Enabled>true</Enabled>
            <Origins><Quantity>1</Quantity><Items><Origin><Id>audio</Id><DomainName>audio.s3.amazonaws.com</DomainName>
            <S3OriginConfig><OriginAccessIdentity/></S3OriginConfig></Origin></Items></Origins>
            <DefaultCacheBehavior><TargetOriginId>audio</TargetOriginId><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy>
            </DefaultCacheBehavior></DistributionConfig>"#;
        let url = format!("{}/2020-05-31/distribution", self.base);
        let answer = signed(self.http.post(url), "cloudfront").body(config).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::CREATED);
        let text = answer.text().await.expect("a body");
        let (_, rest) = text.split_once("<Id>").expect("an id");
        rest.split_once("</Id>").expect("an id").0.to_owned()
    }

    pub fn queue_url(&self, name: &str) -> String {
        format!("{}/123456789012/{name}", self.base)
    }

    /// Makes a queue; its URL.
    pub async fn make_queue(&self, name: &str) -> String {
        self.sqs("CreateQueue", json!({ "QueueName": name })).await;
        self.queue_url(name)
    }

    pub async fn send_message(&self, queue: &str, body: &str) {
        self.sqs("SendMessage", json!({"QueueUrl": queue, "MessageBody": body})).await;
    }

    /// Messages in a queue, those included that somebody works on.
    pub async fn messages(&self, queue: &str) -> u32 {
        let answer =
            self.sqs("GetQueueAttributes", json!({"QueueUrl": queue, "AttributeNames": ["All"]})).await;
        let n =
            |name| answer["Attributes"][name].as_str().and_then(|n| n.parse::<u32>().ok()).expect("a number");
        n("ApproximateNumberOfMessages") + n("ApproximateNumberOfMessagesNotVisible")
    }

    async fn sqs(&self, action: &str, body: Value) -> Value {
        let post = self.http.post(&self.base).header("x-amz-target", format!("AmazonSQS.{action}"));
        let post = post.header("content-type", "application/x-amz-json-1.0").body(body.to_string());
        let answer = signed(post, "sqs").send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{action}");
        let text = answer.text().await.expect("a body");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Makes a secret; its ARN.
    pub async fn make_secret(&self, name: &str, value: &Value) -> String {
        let made =
            self.secret("CreateSecret", json!({"Name": name, "SecretString": value.to_string()})).await;
        made["ARN"].as_str().expect("an ARN").to_owned()
    }

    /// Gives a secret another value, whatever text that is.
    pub async fn put_secret(&self, arn: &str, value: &str) {
        self.secret("PutSecretValue", json!({"SecretId": arn, "SecretString": value})).await;
    }

    async fn secret(&self, action: &str, body: Value) -> Value {
        let post = self.http.post(&self.base).header("x-amz-target", format!("secretsmanager.{action}"));
        let post = post.header("content-type", "application/x-amz-json-1.1").body(body.to_string());
        let answer = signed(post, "secretsmanager").send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{action}");
        answer.json().await.expect("JSON")
    }

    /// What CloudFront knows of an invalidation.
    pub async fn invalidation(&self, distribution: &str, id: &str) -> String {
        let url = format!("{}/2020-05-31/distribution/{distribution}/invalidation/{id}", self.base);
        let answer = signed(self.http.get(url), "cloudfront").send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.expect("a body")
    }
}

/// moto tells services apart by the scope of the signature, which it does not verify.
fn signed(request: RequestBuilder, service: &str) -> RequestBuilder {
    let scope = format!("test/20260303/us-east-1/{service}/aws4_request");
    let value = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
    request.header("authorization", value)
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
