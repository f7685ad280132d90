//! The two buckets, by a probe object that is written, read and deleted; and the queue.

use fusion_comms_core::time::Timestamp;

use super::place::Place;
use super::report::{Level, Line};
use super::{ago, now};
use crate::blobs::probe::{Step, Trouble};
use crate::blobs::{BlobError, Blobs, Place as Where};
use crate::cli::output::count_of;
use crate::queue::{Look, SqsQueue};
use crate::store::queue as table;

/// Where the roles of `deploy/` may write. One name, so that at most one probe is ever left.
const DOCS_PROBE: &str = "tenant/unassigned/doctor/probe";
const AUDIO_PROBE: &str = "ivr/doctor-probe";

pub(super) async fn buckets(place: &Place) -> Vec<Line> {
    let Some(data_dir) = place.config.database.as_ref().map(|d| d.data_dir.as_path()) else { return vec![] };
    let docs = place.config.storage.docs(data_dir);
    let audio = place.config.storage.audio(data_dir);
    vec![
        bucket("buckets.docs", "fax originals", docs, DOCS_PROBE).await,
        bucket("buckets.audio", "prompts", audio, AUDIO_PROBE).await,
    ]
}

async fn bucket(check: &'static str, what: &str, opened: Result<Blobs, BlobError>, key: &str) -> Line {
    let tried = format!("wrote, read and deleted an object in the place of {what}");
    let (name, trouble) = match &opened {
        Ok(blobs) => (name(blobs.place()), blobs.probe(key).await.err()),
        Err(error) => ("the folder".to_owned(), Some(Trouble::of(Step::Write, error))),
    };
    let Some(trouble) = trouble else {
        return Line::ok(check, tried, format!("{name}: an object could be written, read and deleted"));
    };
    let found = format!("{what}: {name} could not be {}: {}", trouble.step.done(), trouble.words());
    let is_audio = check == "buckets.audio";
    // By the least rights of `deploy/` nobody deletes faxes, and the service only reads prompts.
    let (level, means, next) = match trouble.step {
        Step::Delete if trouble.refused => (Level::Ok, "", ""),
        Step::Write if is_audio && trouble.refused => (Level::Ok, "", ""),
        Step::Delete => (Level::Warn, "a probe object is left", "delete it by hand"),
        Step::Write if is_audio => (Level::Fail, "prompts cannot be uploaded, and perhaps not be read", NEXT),
        Step::Write => (
            Level::Fail,
            "no fax can be kept: each stays `receiving` and is fetched again until its link is gone",
            NEXT,
        ),
        Step::Read if is_audio => {
            (Level::Fail, "uploaded prompts cannot be served; callers hear the built-in ones", NEXT)
        }
        Step::Read => (Level::Fail, "no fax can be read or shown", NEXT),
    };
    let found = if level == Level::Ok {
        format!("{name}: well; this role may not {} there, as it should be", trouble.step.verb())
    } else {
        found
    };
    Line::judged(level, check, tried, found).then(means, next, if is_audio { "§5" } else { "§8" })
}

const NEXT: &str = "mend the bucket's name, the role's rights on it (s3:GetObject, s3:PutObject, and kms:Decrypt and \
     kms:GenerateDataKey of its key), or the folder's";

fn name(place: &Where) -> String {
    match place {
        Where::Bucket(name) => format!("the bucket {name}"),
        Where::Folder(path) => format!("the folder {}", path.display()),
    }
}

const MEND_IT: &str = "mend FAX_CLASSIFY_QUEUE_URL or the role's rights (sqs:SendMessage, ReceiveMessage, DeleteMessage, \
     ChangeMessageVisibility, GetQueueAttributes); `aws sqs get-queue-attributes`";
const MAKE_IT: &str = "make the queue, a standard one (`aws sqs create-queue --queue-name NAME`), or set FAX_CLASSIFY_QUEUE_URL to \
     the one that is there, in its region and account";

pub(super) async fn queue(place: &Place) -> Vec<Line> {
    let tried = "asked the queue of faxes for its depth";
    let mut next = MEND_IT;
    let look =
        match (&place.config.storage.classify_queue_url, place.db()) {
            (Some(url), _) => SqsQueue::open(url).await.look().await.map_err(|e| {
                next = if e.is_no_queue() { MAKE_IT } else { next };
                e.to_string()
            }),
            (None, Some(db)) => table::depth(db)
                .await
                .map_err(|e| e.to_string())
                .map(|(waiting, oldest)| Look { waiting, in_flight: 0, oldest, dead: None }),
            (None, None) => Err("it is a table of the database, which cannot be used".to_owned()),
        };
    match look {
        Ok(look) => vec![judged_queue(&look, now(), tried)],
        Err(why) if place.config.storage.classify_queue_url.is_none() && place.db().is_none() => {
            vec![Line::warn("queue", tried, format!("not checked: {why}"))]
        }
        Err(why) => vec![Line::fail("queue", tried, why).then(
            "faxes are kept and wait to be put on the queue; none is read",
            next,
            "§8",
        )],
    }
}

fn judged_queue(look: &Look, now: Timestamp, tried: &str) -> Line {
    let age_ms = look.oldest.map_or(0, |oldest| now.ms_since(oldest));
    let dead = look.dead.unwrap_or(0);
    let level = match age_ms {
        300_000.. => Level::Fail,
        60_000.. => Level::Warn,
        _ if dead > 0 => Level::Warn,
        _ => Level::Ok,
    };
    let mut found = count_of(look.waiting, "message waits", "messages wait");
    if look.oldest.is_some() {
        found += &format!(", the oldest for {}", ago(age_ms));
    }
    if look.in_flight > 0 {
        found += &format!(", {} being worked", count_of(look.in_flight, "is", "are"));
    }
    if let Some(dead) = look.dead {
        found += &format!(", {dead} in the dead-letter queue");
    }
    let means = if dead > 0 && level == Level::Warn {
        "faxes that could not be read in any attempt lie in the dead-letter queue"
    } else {
        "no worker takes the messages, or each takes too long"
    };
    Line::judged(level, "queue", tried, found).then(
        means,
        "see `workers` and the worker's log; a fax is put back with `fusion-comms fax reprocess ID`",
        "§8",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_fails_by_the_age_of_its_oldest_message_and_not_by_its_depth() {
        let now = Timestamp::from_unix_s(1_000_000);
        let line = |age_s: i64, dead| {
            let look =
                Look { waiting: 500, in_flight: 2, oldest: Some(now.plus_s(-age_s)), dead: Some(dead) };
            judged_queue(&look, now, "")
        };
        assert_eq!(line(59, 0).result, Level::Ok);
        assert_eq!(line(60, 0).result, Level::Warn);
        assert_eq!(line(300, 0).result, Level::Fail);
        assert_eq!(line(0, 3).result, Level::Warn);
        assert!(line(0, 3).means.contains("dead-letter"));
        assert_eq!(
            line(300, 1).found,
            "500 messages wait, the oldest for 5 min, 2 are being worked, 1 in the dead-letter queue"
        );
    }
}
