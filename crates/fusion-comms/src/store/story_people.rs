//! What a story is told from: texts, the ledger with its history, consent. See [`super::story`].

use fusion_comms_core::story::{Consent, Fact, LedgerChange, Number, OptOut, Text, What};

use super::db::{Db, Reader, Result};
use super::row::Row;
use super::story::{By, Of, bound, fact, listed};

pub const TEXTS_BY_ID: By = "(message_id IN {ids} OR telnyx_message_id IN {ids})";
pub const TEXTS_BY_STATEMENT: By = "statement_id IN {ids}";
/// To a person, and from them.
pub const TEXTS_BY_PHONE: By =
    "((direction = 'OUT' AND to_phone IN {ids}) OR (direction = 'IN' AND from_phone IN {ids}))";

/// Texts, the latest first; never their words.
pub async fn texts(db: &Db, by: By, ids: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT message_id, telnyx_message_id, tenant_id, direction, from_phone, to_phone, status, class, statement_id,
           call_control_id, error, gate, label, review, received_at, asked_at, handed_over_at, created_at, updated_at,
           cause_id FROM telnyx_sms_messages WHERE {by} AND {agency} ORDER BY created_at DESC LIMIT $4",
        by,
    ));
    let one = |r: &Row| {
        let text = Text {
            id: r.text("message_id")?,
            telnyx_id: r.opt_text("telnyx_message_id")?,
            outgoing: r.text("direction")? == "OUT",
            from: Number::new(r.text("from_phone")?),
            to: Number::new(r.text("to_phone")?),
            status: r.text("status")?,
            class: r.text("class")?,
            statement: r.opt_text("statement_id")?,
            call: r.opt_text("call_control_id")?,
            error: r.opt_text("error")?,
            gate: r.opt_text("gate")?,
            label: r.opt_text("label")?,
            review: r.flag("review")?,
            received_at: r.opt_time("received_at")?,
            asked_at: r.opt_time("asked_at")?,
            handed_over_at: r.opt_time("handed_over_at")?,
            updated_at: r.time("updated_at")?,
            cause: r.opt_text("cause_id")?,
        };
        fact(r.time("created_at")?, r, What::Text(text))
    };
    db.rows(bound(q, ids, of)).await?.iter().map(one).collect()
}

/// The ledger's rows of these numbers.
pub async fn opt_outs(db: &Db, phones: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT tenant_id, phone_e164, opted_out_at, source FROM telnyx_opt_outs
         WHERE phone_e164 IN {ids} AND {agency} ORDER BY opted_out_at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let row = OptOut { phone: Number::new(r.text("phone_e164")?), source: r.text("source")? };
        fact(r.time("opted_out_at")?, r, What::OptOut(row))
    };
    db.rows(bound(q, phones, of)).await?.iter().map(one).collect()
}

/// The ledger's history of these numbers.
pub async fn ledger_changes(db: &Db, phones: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT tenant_id, phone_e164, change, opted_out_at, source, actor, reason, at FROM opt_out_history
         WHERE phone_e164 IN {ids} AND {agency} ORDER BY seq LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let change = LedgerChange {
            phone: Number::new(r.text("phone_e164")?),
            change: r.text("change")?,
            opted_out_at: r.time("opted_out_at")?,
            source: r.text("source")?,
            actor: r.text("actor")?,
            reason: r.opt_text("reason")?,
        };
        fact(r.time("at")?, r, What::LedgerChange(change))
    };
    db.rows(bound(q, phones, of)).await?.iter().map(one).collect()
}

/// Consents of these numbers.
pub async fn consents(db: &Db, phones: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT tenant_id, phone_e164, given_at, source, actor FROM text_consents
         WHERE phone_e164 IN {ids} AND {agency} ORDER BY given_at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let (phone, source, actor) =
            (Number::new(r.text("phone_e164")?), r.text("source")?, r.text("actor")?);
        fact(r.time("given_at")?, r, What::Consent(Consent { phone, source, actor }))
    };
    db.rows(bound(q, phones, of)).await?.iter().map(one).collect()
}

/// "Wrong number", said of these numbers.
pub async fn wrong_numbers(db: &Db, phones: &[String], of: Of<'_>) -> Result<Vec<Fact>> {
    let q = db.sql(listed(
        db,
        "SELECT tenant_id, statement_id, phone_e164, told_at FROM billing_wrong_numbers
         WHERE phone_e164 IN {ids} AND {agency} ORDER BY told_at LIMIT $4",
        "",
    ));
    let one = |r: &Row| {
        let (phone, statement) = (Number::new(r.text("phone_e164")?), r.text("statement_id")?);
        fact(r.time("told_at")?, r, What::WrongNumber { phone, statement })
    };
    db.rows(bound(q, phones, of)).await?.iter().map(one).collect()
}
