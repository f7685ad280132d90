//! The queue as a standard queue of SQS. What SQS gives up on goes to its dead-letter queue, as the queue is set up.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::meta::region::RegionProviderChain;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{MessageSystemAttributeName as Told, QueueAttributeName as Attribute};
use fusion_comms_core::time::Timestamp;
use url::Url;

use super::{Look, Message, Queue, QueueError, VISIBILITY};
use crate::aws;

/// How long SQS holds a request open until a message comes: its most.
const LONG_POLL_S: i32 = 20;
const CONNECT: Duration = Duration::from_secs(3);
/// One attempt at a request, the long poll included.
const ATTEMPT: Duration = Duration::from_secs(30);

/// See the module. Asks nothing before it is used.
pub struct SqsQueue {
    client: Client,
    url: String,
}

impl SqsQueue {
    /// The queue at this URL. Credentials and `AWS_ENDPOINT_URL` are found as the SDK finds them; the region is the
    /// URL's, else the environment's.
    pub async fn open(url: &str) -> Self {
        let region = RegionProviderChain::first_try(region_of(url)).or_default_provider();
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT);
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(region)
            .timeout_config(timeouts.build())
            .load()
            .await;
        Self { client: Client::new(&config), url: url.to_owned() }
    }

    /// What SQS tells of the queue, and of its dead-letter queue where we may ask.
    ///
    /// # Errors
    /// What SQS says against it.
    pub async fn look(&self) -> Result<Look, QueueError> {
        let wanted = [
            Attribute::ApproximateNumberOfMessages,
            Attribute::ApproximateNumberOfMessagesNotVisible,
            Attribute::RedrivePolicy,
        ];
        let request = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .set_attribute_names(Some(wanted.to_vec()));
        let told = request
            .send()
            .await
            .map_err(|e| failed("tell how it stands", &e))?
            .attributes
            .unwrap_or_default();
        let number = |of: Attribute| told.get(&of).and_then(|n| n.parse().ok()).unwrap_or(0);
        let dead = match told.get(&Attribute::RedrivePolicy).and_then(|policy| dead_letter_queue(policy)) {
            Some(name) => self.depth_of(&name).await,
            None => None,
        };
        Ok(Look {
            waiting: number(Attribute::ApproximateNumberOfMessages),
            in_flight: number(Attribute::ApproximateNumberOfMessagesNotVisible),
            oldest: None,
            dead,
        })
    }

    async fn depth_of(&self, name: &str) -> Option<i64> {
        let url = self.client.get_queue_url().queue_name(name).send().await.ok()?.queue_url?;
        let wanted = Attribute::ApproximateNumberOfMessages;
        let request = self.client.get_queue_attributes().queue_url(url).attribute_names(wanted.clone());
        request.send().await.ok()?.attributes?.get(&wanted)?.parse().ok()
    }

    async fn seen_again_in(&self, receipt: &str, after: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(after.as_secs()).unwrap_or(i32::MAX);
        let request = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let answer = request.visibility_timeout(seconds).send().await;
        answer.map(drop).map_err(|e| failed("keep a message away from others", &e))
    }
}

#[async_trait]
impl Queue for SqsQueue {
    /// A standard queue does not tell repeats apart: a fax that is filed already is no work.
    async fn send(&self, _id: &str, body: &str) -> Result<(), QueueError> {
        let answer = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        answer.map(drop).map_err(|e| failed("take a message", &e))
    }

    async fn receive(&self) -> Result<Option<Message>, QueueError> {
        let request = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(1)
            .wait_time_seconds(LONG_POLL_S)
            .visibility_timeout(i32::try_from(VISIBILITY.as_secs()).unwrap_or(i32::MAX))
            .message_system_attribute_names(Told::ApproximateReceiveCount);
        let answer = request.send().await.map_err(|e| failed("give a message", &e))?;
        let Some(message) = answer.messages.unwrap_or_default().pop() else { return Ok(None) };
        let told = message.attributes.unwrap_or_default();
        let receives = told.get(&Told::ApproximateReceiveCount).and_then(|n| n.parse().ok());
        Ok(Some(Message {
            receipt: message.receipt_handle.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            receives: receives.unwrap_or(1),
        }))
    }

    async fn extend(&self, receipt: &str) -> Result<(), QueueError> {
        self.seen_again_in(receipt, VISIBILITY).await
    }

    async fn delete(&self, receipt: &str) -> Result<(), QueueError> {
        let request = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt);
        request.send().await.map(drop).map_err(|e| failed("delete a message", &e))
    }

    async fn depth(&self) -> Result<(i64, Option<Timestamp>), QueueError> {
        let request = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(Attribute::ApproximateNumberOfMessages);
        let answer = request.send().await.map_err(|e| failed("tell its depth", &e))?;
        let waiting = answer
            .attributes
            .unwrap_or_default()
            .get(&Attribute::ApproximateNumberOfMessages)
            .and_then(|n| n.parse().ok());
        Ok((waiting.unwrap_or(0), None))
    }
}

/// The region in the host of a queue's URL, `sqs.us-east-1.amazonaws.com`.
fn region_of(url: &str) -> Option<Region> {
    let url = Url::parse(url).ok()?;
    let (region, rest) = url.host_str()?.strip_prefix("sqs.")?.split_once('.')?;
    rest.starts_with("amazonaws.com").then(|| Region::new(region.to_owned()))
}

/// The name of the queue that a redrive policy sends to.
fn dead_letter_queue(policy: &str) -> Option<String> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    policy["deadLetterTargetArn"].as_str()?.rsplit(':').next().map(str::to_owned)
}

fn failed<E: ProvideErrorMetadata, R>(what: &'static str, error: &SdkError<E, R>) -> QueueError {
    QueueError::Sqs(what, aws::why(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_read_off_the_url() {
        let region = |url| region_of(url).map(|r| r.to_string());
        assert_eq!(region("https://sqs.us-west-2.amazonaws.com/1/q").as_deref(), Some("us-west-2"));
        assert_eq!(region("https://sqs.cn-north-1.amazonaws.com.cn/1/q").as_deref(), Some("cn-north-1"));
        assert_eq!(region("http://127.0.0.1:5000/1/q"), None);
        assert_eq!(region("https://sqs.example.org/1/q"), None);
    }
}
