//! What a person of the agency should look at: call back, a link not sent, a text to read, a fax of nobody,
//! a payment that is not as it should be.

use fusion_comms_core::ids::{MessageId, TenantId, derived_id};
use fusion_comms_core::time::Timestamp;
use serde::Serialize;

use super::db::{Db, Reader, Result, Tx};
use super::row::Row;

/// Why a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    CallBack,
    LinkNotSent,
    TextToRead,
    /// A text that may tell of a medical emergency.
    Emergency,
    FaxUnassigned,
    PaymentMismatch,
    /// A caller has tried too many statement numbers.
    Guessing,
    /// A bank debit failed after the payer had left.
    PaymentFailed,
    /// Paid again, or paid while on hold.
    PaymentTwice,
    PaymentDisputed,
    /// The agency has taken our access to its Stripe account away.
    StripeDisconnected,
    /// Test events reach a live service, or live ones a test service.
    StripeMode,
}

impl Kind {
    pub const ALL: [Kind; 12] = [
        Kind::CallBack,
        Kind::LinkNotSent,
        Kind::TextToRead,
        Kind::Emergency,
        Kind::FaxUnassigned,
        Kind::PaymentMismatch,
        Kind::Guessing,
        Kind::PaymentFailed,
        Kind::PaymentTwice,
        Kind::PaymentDisputed,
        Kind::StripeDisconnected,
        Kind::StripeMode,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::CallBack => "call_back",
            Kind::LinkNotSent => "link_not_sent",
            Kind::TextToRead => "text_to_read",
            Kind::Emergency => "emergency",
            Kind::FaxUnassigned => "fax_unassigned",
            Kind::PaymentMismatch => "payment_mismatch",
            Kind::Guessing => "guessing",
            Kind::PaymentFailed => "payment_failed",
            Kind::PaymentTwice => "payment_twice",
            Kind::PaymentDisputed => "payment_disputed",
            Kind::StripeDisconnected => "stripe_disconnected",
            Kind::StripeMode => "stripe_mode",
        }
    }
}

/// Opens a task; the same kind for the same subject is one task.
pub async fn open(
    tx: &mut Tx,
    tenant: Option<&TenantId>,
    kind: Kind,
    subject: &str,
    now: Timestamp,
) -> Result<()> {
    let q = tx.sql(
        "INSERT INTO agency_tasks (task_id, tenant_id, kind, subject, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (task_id) DO NOTHING",
    );
    let id = derived_id(subject, kind.as_str()).to_string();
    if tx.exec(q.bind(id).bind(tenant).bind(kind.as_str()).bind(subject).bind(now)).await? == 1 {
        tracing::warn!(
            tenant_id = tenant.map(TenantId::as_str),
            kind = kind.as_str(),
            subject,
            "a person should look"
        );
    }
    Ok(())
}

/// Open tasks, for the metric.
pub async fn count_open(db: &Db) -> Result<i64> {
    let row = db.row(db.sql("SELECT count(*) AS n FROM agency_tasks WHERE done_at IS NULL")).await?;
    row.map_or(Ok(0), |r| r.int("n"))
}

/// A task.
#[derive(Clone, Debug, Serialize)]
pub struct Task {
    pub id: String,
    pub tenant: Option<TenantId>,
    pub kind: String,
    pub subject: String,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
}

fn task(r: &Row) -> Result<Task> {
    Ok(Task {
        id: r.text("task_id")?,
        tenant: r.opt_text("tenant_id")?.map(TenantId::new),
        kind: r.text("kind")?,
        subject: r.text("subject")?,
        created_at: r.time("created_at")?,
        done_at: r.opt_time("done_at")?,
    })
}

/// Open tasks of everybody, the oldest first.
pub async fn list_open(db: &Db, limit: i64) -> Result<Vec<Task>> {
    list_open_of(db, None, None, limit).await
}

/// Open tasks, of one agency, of one kind, the oldest first. Under `unassigned` are those of no agency.
pub async fn list_open_of(
    db: &Db,
    tenant: Option<&TenantId>,
    kind: Option<&str>,
    limit: i64,
) -> Result<Vec<Task>> {
    let q = db.sql(
        "SELECT task_id, tenant_id, kind, subject, created_at, done_at FROM agency_tasks
         WHERE done_at IS NULL AND ($1 OR coalesce(tenant_id, 'unassigned') = $2) AND ($3 OR kind = $4)
         ORDER BY created_at, task_id LIMIT $5",
    );
    let q = q.bind(tenant.is_none()).bind(tenant).bind(kind.is_none()).bind(kind).bind(limit);
    db.rows(q).await?.iter().map(task).collect()
}

/// One task, open or done.
pub async fn find(r: impl Reader, id: &str) -> Result<Option<Task>> {
    let q = r.sql(
        "SELECT task_id, tenant_id, kind, subject, created_at, done_at FROM agency_tasks WHERE task_id = $1",
    );
    r.row(q.bind(id)).await?.as_ref().map(task).transpose()
}

/// Marks a task as done; false where it is done already, or there is none.
pub async fn close(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool> {
    let q = tx.sql("UPDATE agency_tasks SET done_at = $2 WHERE task_id = $1 AND done_at IS NULL");
    Ok(tx.exec(q.bind(id).bind(now)).await? == 1)
}

/// Marks the task of this kind about this subject as done; which it was, where one was open.
pub async fn close_of(tx: &mut Tx, kind: Kind, subject: &str, now: Timestamp) -> Result<Option<String>> {
    let id = derived_id(subject, kind.as_str()).to_string();
    Ok(close(tx, &id, now).await?.then_some(id))
}

/// Marks what waits for this text to be read as done; false where nothing does.
pub async fn close_of_text(tx: &mut Tx, text: &MessageId, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE agency_tasks SET done_at = $2
         WHERE subject = $1 AND kind IN ('text_to_read', 'emergency') AND done_at IS NULL",
    );
    Ok(tx.exec(q.bind(text).bind(now)).await? > 0)
}
