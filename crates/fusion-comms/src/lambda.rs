//! The classify worker as an AWS Lambda function: SQS hands it batches, and gets back which messages failed.

use std::collections::HashMap;
use std::time::Duration;

use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};

use crate::filing::Filing;
use crate::worker::guarded;

/// What is left of an invocation's time when work in it ends: for the row, the answer, and a slow clock.
const RESERVE: Duration = Duration::from_secs(5);

/// What SQS hands over.
#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
    #[serde(default)]
    attributes: HashMap<String, String>,
}

/// Which messages SQS shall show again; it deletes the others.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    batch_item_failures: Vec<Failure>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

/// Answers invocations until the environment is taken away. The event source must have `ReportBatchItemFailures`.
///
/// # Errors
/// When Lambda's runtime interface does not answer.
pub async fn run(filing: &Filing) -> Result<(), lambda_runtime::Error> {
    let handler = |event: LambdaEvent<Batch>| async move {
        Ok::<_, lambda_runtime::Error>(work(filing, event.payload, event.context.deadline).await)
    };
    lambda_runtime::run(service_fn(handler)).await
}

/// One message after another, since one fax takes all cores; what does not fit into the time is a failure.
async fn work(filing: &Filing, batch: Batch, deadline_ms: u64) -> Answer {
    let mut failures = Vec::new();
    for record in batch.records {
        let receives = record.attributes.get("ApproximateReceiveCount").and_then(|n| n.parse().ok());
        let receives = receives.unwrap_or(1);
        let now_ms = u64::try_from(filing.clock.now().unix_micros() / 1000).unwrap_or(0);
        let left = Duration::from_millis(deadline_ms.saturating_sub(now_ms)).saturating_sub(RESERVE);
        let failed = match tokio::time::timeout(left, guarded(filing.work(&record.body, receives))).await {
            Ok(Ok(())) => None,
            Ok(Err(e)) => Some(e.to_string()),
            Err(_) => Some("the invocation's time is over".to_owned()),
        };
        if let Some(error) = failed {
            tracing::warn!(receives, error, "a fax could not be read and is tried again");
            failures.push(Failure { item_identifier: record.message_id });
        }
    }
    Answer { batch_item_failures: failures }
}
