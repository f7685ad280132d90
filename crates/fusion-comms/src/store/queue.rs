//! The queue where there is no SQS: a table with visibility, as SQS has it.

use fusion_comms_core::time::Timestamp;

use super::db::{Db, Dialect, Reader, Result};

/// A message that is ours until it becomes visible again.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub body: String,
    /// This receipt included.
    pub receives: i64,
}

/// Puts a message on the queue; the same id again changes nothing.
pub async fn send(db: &Db, id: &str, body: &str, now: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    let q = tx.sql(
        "INSERT INTO queue_messages (message_id, body, created_at, visible_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (message_id) DO NOTHING",
    );
    tx.exec(q.bind(id).bind(body).bind(now)).await?;
    tx.commit().await
}

/// Takes one message until `until`.
pub async fn receive(db: &Db, now: Timestamp, until: Timestamp) -> Result<Option<Message>> {
    let mut tx = db.begin().await?;
    let q = tx.sql(match db.dialect() {
        Dialect::Postgres => {
            "UPDATE queue_messages SET visible_at = $2, receive_count = receive_count + 1 WHERE message_id = (
               SELECT message_id FROM queue_messages WHERE visible_at <= $1 ORDER BY visible_at LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING message_id, body, receive_count"
        }
        Dialect::Sqlite => {
            "UPDATE queue_messages SET visible_at = $2, receive_count = receive_count + 1 WHERE message_id = (
               SELECT message_id FROM queue_messages WHERE visible_at <= $1 ORDER BY visible_at LIMIT 1)
             RETURNING message_id, body, receive_count"
        }
    });
    let row = tx.row(q.bind(now).bind(until)).await?;
    tx.commit().await?;
    row.map(|r| {
        Ok(Message { id: r.text("message_id")?, body: r.text("body")?, receives: r.int("receive_count")? })
    })
    .transpose()
}

/// Keeps a message that is still worked on away from others until `until`.
pub async fn extend(db: &Db, id: &str, until: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    let q = tx.sql("UPDATE queue_messages SET visible_at = $2 WHERE message_id = $1");
    tx.exec(q.bind(id).bind(until)).await?;
    tx.commit().await
}

/// The work of a message is done.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    let q = tx.sql("DELETE FROM queue_messages WHERE message_id = $1");
    tx.exec(q.bind(id)).await?;
    tx.commit().await
}

/// Messages on the queue and when the oldest was sent.
pub async fn depth(db: &Db) -> Result<(i64, Option<Timestamp>)> {
    let row = db.row(db.sql("SELECT count(*) AS n, min(created_at) AS oldest FROM queue_messages")).await?;
    row.map_or(Ok((0, None)), |r| Ok((r.int("n")?, r.opt_time("oldest")?)))
}
