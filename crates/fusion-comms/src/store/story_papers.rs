//! What a story is told from: statements, payment links, faxes; tasks, incidents and who did what. See [`super::story`].

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::story::{Audit, Fact, Fax, Incident, Number, Queued, Session, Statement, Task, What};
use serde_json::Value;

use super::db::{Db, Reader, Result};
use super::row::Row;
use super::story::{By, Of, bound, fact, listed, number};

/// Statements of these numbers, of every agency that has one.
pub async fn statements(db: &Db, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT tenant_id, statement_id, status, amount_cents, currency, updated_at,
           (SELECT t.stripe_connected_account_id FROM tenants t WHERE t.id = tenant_id) AS account
         FROM billing_statements WHERE statement_id IN {ids} AND {agency} ORDER BY tenant_id LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let statement = Statement {
            id: r.text("statement_id")?,
            status: r.text("status")?,
            amount_cents: r.int("amount_cents")?,
            currency: r.text("currency")?,
            has_account: r.opt_text("account")?.is_some(),
        };
        fact(r.time("updated_at")?, r, What::Statement(statement))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

pub const SESSIONS_BY_ID: By = "session_id IN {ids}";
pub const SESSIONS_BY_CALL: By = "call_control_id IN {ids}";
pub const SESSIONS_BY_STATEMENT: By = "statement_id IN {ids}";
pub const SESSIONS_BY_PAYMENT: By = "payment_intent IN {ids}";

/// Payment links; never their addresses.
pub async fn sessions(db: &Db, by: By, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT session_id, tenant_id, statement_id, call_control_id, amount_cents, currency, status, created_at,
           completed_at, account, expires_at, amount_refunded, debit_pending_since FROM billing_checkout_sessions
         WHERE {by} AND {agency} ORDER BY created_at LIMIT $4",
        by,
    ));
    let one = |r: &Row| {
        let session = Session {
            id: r.text("session_id")?,
            account: r.text("account")?,
            statement: r.text("statement_id")?,
            call: r.opt_text("call_control_id")?,
            status: r.text("status")?,
            amount_cents: r.int("amount_cents")?,
            currency: r.text("currency")?,
            expires_at: r.opt_time("expires_at")?,
            completed_at: r.opt_time("completed_at")?,
            refunded_cents: r.int("amount_refunded")?,
            debit_pending_since: r.opt_time("debit_pending_since")?,
        };
        fact(r.time("created_at")?, r, What::Session(session))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

pub const FAXES_BY_ID: By = "fax_id IN {ids}";
pub const FAXES_BY_PHONE: By = "from_phone IN {ids}";

/// Faxes, the latest first.
pub async fn faxes(db: &Db, by: By, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT fax_id, tenant_id, from_phone, to_phone, status, doc_type, case_id, page_count, partial, s3_key_original,
           last_error, reasons, filed_by, created_at, updated_at FROM fax_documents
         WHERE {by} AND {agency} ORDER BY created_at DESC LIMIT $4",
        by,
    ));
    let one = |r: &Row| {
        let reasons = r.opt_json("reasons")?.and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default();
        let fax = Fax {
            id: r.text("fax_id")?,
            from: number(r, "from_phone")?,
            to: number(r, "to_phone")?,
            status: r.text("status")?,
            doc_type: r.opt_text("doc_type")?,
            case: r.opt_text("case_id")?,
            pages: r.opt_int("page_count")?,
            partial: r.flag("partial")?,
            stored: r.opt_text("s3_key_original")?.is_some(),
            last_error: r.opt_text("last_error")?,
            reasons,
            filed_by: r.opt_text("filed_by")?,
            updated_at: r.time("updated_at")?,
        };
        fact(r.time("created_at")?, r, What::Fax(fax))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

/// The messages of one fax on the queue that is a table.
pub async fn queued(db: &Db, fax: &str, of: Of<'_>) -> Result<Vec<Fact>> {
    let q =
        db.sql("SELECT body, created_at, visible_at, receive_count FROM queue_messages ORDER BY created_at");
    let mut found = Vec::new();
    for r in db.rows(q).await? {
        let order: Value = serde_json::from_str(&r.text("body")?).unwrap_or_default();
        let tenant = order["tenant_id"].as_str().map(TenantId::new);
        if order["fax_id"] != fax || (of.is_some() && tenant.is_some() && tenant.as_ref() != of) {
            continue;
        }
        let queued = Queued { receives: r.int("receive_count")?, visible_at: r.time("visible_at")? };
        found.push(Fact { at: r.time("created_at")?, tenant, what: What::Queued(queued) });
    }
    Ok(found)
}

/// Tasks about these subjects.
pub async fn tasks(db: &Db, subjects: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT task_id, tenant_id, kind, subject, created_at, done_at FROM agency_tasks
         WHERE subject IN {ids} AND {agency} ORDER BY created_at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let task = Task {
            id: r.text("task_id")?,
            kind: r.text("kind")?,
            subject: r.text("subject")?,
            done_at: r.opt_time("done_at")?,
        };
        fact(r.time("created_at")?, r, What::Task(task))
    };
    db.rows(bound(q, subjects, of)).await?.iter().map(one).collect()
}

/// Incidents about these faxes.
pub async fn incidents(db: &Db, subjects: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT incident_id, tenant_id, kind, opened_at, closed_at FROM incidents
         WHERE subject IN {ids} AND {agency} ORDER BY opened_at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let incident = Incident {
            id: r.text("incident_id")?,
            kind: r.text("kind")?,
            closed_at: r.opt_time("closed_at")?,
        };
        fact(r.time("opened_at")?, r, What::Incident(incident))
    };
    db.rows(bound(q, subjects, of)).await?.iter().map(one).collect()
}

/// What people and commands did to these subjects.
pub async fn audit(db: &Db, subjects: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT at, actor, action, subject, tenant_id FROM audit_log
         WHERE subject IN {ids} AND {agency} ORDER BY seq LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let audit = Audit {
            actor: r.text("actor")?,
            action: r.text("action")?,
            subject: Number::new(r.text("subject")?),
        };
        fact(r.time("at")?, r, What::Audit(audit))
    };
    db.rows(bound(q, subjects, of)).await?.iter().map(one).collect()
}
