//! What a person of the agency should look at: call back, a link not sent, a text to read, a fax of nobody,
//! a payment that is not as it should be.

use fusion_comms_core::ids::{TenantId, derived_id};
use fusion_comms_core::time::Timestamp;
use serde::Serialize;

use super::db::{Db, Reader, Result, Tx};

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

/// An open task.
#[derive(Clone, Debug, Serialize)]
pub struct Task {
    pub tenant: Option<TenantId>,
    pub kind: String,
    pub subject: String,
    pub created_at: Timestamp,
}

/// Open tasks, the oldest first.
pub async fn list_open(db: &Db, limit: i64) -> Result<Vec<Task>> {
    let q = db.sql(
        "SELECT tenant_id, kind, subject, created_at FROM agency_tasks WHERE done_at IS NULL ORDER BY created_at LIMIT $1",
    );
    let rows = db.rows(q.bind(limit)).await?;
    rows.iter()
        .map(|r| {
            Ok(Task {
                tenant: r.opt_text("tenant_id")?.map(TenantId::new),
                kind: r.text("kind")?,
                subject: r.text("subject")?,
                created_at: r.time("created_at")?,
            })
        })
        .collect()
}
