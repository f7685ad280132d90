//! On AWS, which moto stands in for: the failing bucket or queue is named with what AWS said.

use super::{doctor, lines, result};
use crate::support::app::{On, TestApp};
use crate::support::moto::Moto;

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_bucket_and_the_queue_that_are_not_there_are_named_with_what_aws_says() {
    let moto = Moto::start().await;
    moto.make_bucket("example-docs").await;
    moto.make_bucket("example-audio").await;
    let (queue, gone) = (moto.make_queue("classify").await, moto.queue_url("gone"));
    let mut env = moto.env();
    env.extend([
        ("S3_BUCKET_DOCS", "example-docs"),
        ("S3_BUCKET_AUDIO", "example-audio"),
        ("FAX_CLASSIFY_QUEUE_URL", &queue),
    ]);
    let app = TestApp::prepare(On::Sqlite, |_| {}, &env).await;
    let all = lines(&app, &[]);
    for check in ["buckets.docs", "buckets.audio", "queue"] {
        assert_eq!(result(&all, check), "ok", "{all:?}");
    }
    moto.send_message(&queue, "{}").await;
    let waits = lines(&app, &[]);
    let depth = waits.iter().find(|(check, ..)| check == "queue").unwrap();
    assert!(depth.2.starts_with("1 message waits"), "{depth:?}");

    let missing = [("S3_BUCKET_DOCS", "example-missing"), ("FAX_CLASSIFY_QUEUE_URL", gone.as_str())];
    let said = doctor(&app, &missing, &[]);
    assert_eq!(said.code, 1);
    let bucket = "fax originals: the bucket example-missing could not be written to: the bucket does not exist \
                  (S3 says NoSuchBucket)";
    assert!(said.out.contains(bucket), "{}", said.out);
    assert!(
        said.out.contains("SQS did not tell how it stands: ") && said.out.contains("NonExistentQueue"),
        "{}",
        said.out
    );
    assert!(said.out.contains("do     make the queue, a standard one"), "{}", said.out);
}
