//! Statements, cases, and the Checkout Sessions made for them.

use std::collections::BTreeSet;

use fusion_comms_core::fax::Case;
use fusion_comms_core::ids::{CallControlId, CaseId, Cents, SessionId, StatementId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Dialect, Reader, Result, Tx};
use super::row::Row;

/// A bill, as a caller may pay it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub id: String,
    pub case: Option<CaseId>,
    pub amount: Cents,
    pub currency: String,
    pub status: String,
}

impl Statement {
    /// Open and with something to pay.
    pub fn is_payable(&self) -> bool {
        self.status == "open" && self.amount.0 > 0
    }
}

fn statement(row: &Row) -> Result<Statement> {
    Ok(Statement {
        id: row.text("statement_id")?,
        case: row.opt_text("case_id")?.map(CaseId::new),
        amount: Cents(row.int("amount_cents")?),
        currency: row.text("currency")?,
        status: row.text("status")?,
    })
}

/// A statement of this agency; another agency's is not found.
pub async fn find_statement(
    r: impl Reader,
    tenant: &TenantId,
    id: &StatementId,
) -> Result<Option<Statement>> {
    let q = r.sql(
        "SELECT statement_id, case_id, amount_cents, currency, status FROM billing_statements
         WHERE tenant_id = $1 AND statement_id = $2",
    );
    r.row(q.bind(tenant).bind(id.expose())).await?.as_ref().map(statement).transpose()
}

/// The statement that a caller keyed: the very number, else the only one of this agency that differs by leading zeros.
pub async fn find_keyed(r: impl Reader, tenant: &TenantId, keyed: &StatementId) -> Result<Option<Statement>> {
    let q = r.sql(
        "SELECT statement_id, case_id, amount_cents, currency, status FROM billing_statements
         WHERE tenant_id = $1 AND ltrim(statement_id, '0') = $2
         ORDER BY CASE WHEN statement_id = $3 THEN 0 ELSE 1 END LIMIT 2",
    );
    let value = keyed.expose().trim_start_matches('0');
    let found = r.rows(q.bind(tenant).bind(value).bind(keyed.expose())).await?;
    let mut found = found.iter().map(statement).collect::<Result<Vec<_>>>()?.into_iter();
    let first = found.next().filter(|s| s.id == keyed.expose() || found.next().is_none());
    Ok(first)
}

/// Parts a number from the statements of these agencies that were texted to it. How many.
pub async fn detach_number(tx: &mut Tx, tenant: &TenantId, phone: &E164, now: Timestamp) -> Result<u64> {
    let q = tx.sql(
        "INSERT INTO billing_wrong_numbers (tenant_id, statement_id, phone_e164, told_at)
         SELECT DISTINCT tenant_id, statement_id, to_phone, $3 FROM telnyx_sms_messages
         WHERE direction = 'OUT' AND to_phone = $2 AND tenant_id = $1 AND statement_id IS NOT NULL
         ON CONFLICT (tenant_id, statement_id, phone_e164) DO NOTHING",
    );
    tx.exec(q.bind(tenant).bind(phone.expose()).bind(now)).await
}

/// Whether somebody said that this number is not the one for this statement.
pub async fn is_wrong_number(tx: &mut Tx, tenant: &TenantId, statement: &str, phone: &E164) -> Result<bool> {
    let q = tx.sql(
        "SELECT 1 AS one FROM billing_wrong_numbers WHERE tenant_id = $1 AND statement_id = $2 AND phone_e164 = $3",
    );
    Ok(tx.row(q.bind(tenant).bind(statement).bind(phone.expose())).await?.is_some())
}

/// Adds a statement or replaces it.
pub async fn put_statement(tx: &mut Tx, tenant: &TenantId, s: &Statement, now: Timestamp) -> Result<()> {
    let q = tx.sql(
        "INSERT INTO billing_statements (tenant_id, statement_id, case_id, amount_cents, currency, status, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, statement_id) DO UPDATE SET case_id = excluded.case_id, amount_cents = excluded.amount_cents,
           currency = excluded.currency, status = excluded.status, updated_at = excluded.updated_at",
    );
    let q = q
        .bind(tenant)
        .bind(s.id.as_str())
        .bind(s.case.as_ref())
        .bind(s.amount.0)
        .bind(s.currency.as_str())
        .bind(s.status.as_str())
        .bind(now);
    tx.exec(q).await.map(drop)
}

/// Sets the status of a statement. False where the agency has none of that number.
pub async fn set_statement_status(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    status: &str,
    now: Timestamp,
) -> Result<bool> {
    let q = tx.sql(
        "UPDATE billing_statements SET status = $3, updated_at = $4 WHERE tenant_id = $1 AND statement_id = $2",
    );
    Ok(tx.exec(q.bind(tenant).bind(id).bind(status).bind(now)).await? == 1)
}

/// The statement, locked until the end of the transaction: payments of one statement are worked one after the other.
/// Always taken before a session's row.
pub async fn lock_statement(tx: &mut Tx, tenant: &TenantId, id: &str) -> Result<Option<Statement>> {
    let q = tx.sql(match tx.dialect() {
        Dialect::Postgres => {
            "SELECT statement_id, case_id, amount_cents, currency, status FROM billing_statements
             WHERE tenant_id = $1 AND statement_id = $2 FOR UPDATE"
        }
        Dialect::Sqlite => {
            "SELECT statement_id, case_id, amount_cents, currency, status FROM billing_statements
             WHERE tenant_id = $1 AND statement_id = $2"
        }
    });
    tx.row(q.bind(tenant).bind(id)).await?.as_ref().map(statement).transpose()
}

pub async fn statements(db: &Db, tenant: &TenantId) -> Result<Vec<Statement>> {
    let q = db.sql(
        "SELECT statement_id, case_id, amount_cents, currency, status FROM billing_statements
         WHERE tenant_id = $1 ORDER BY statement_id",
    );
    db.rows(q.bind(tenant)).await?.iter().map(statement).collect()
}

/// Adds a case or replaces it.
pub async fn put_case(tx: &mut Tx, tenant: &TenantId, c: &Case) -> Result<()> {
    let q = tx.sql(
        "INSERT INTO billing_cases (tenant_id, case_id, case_number, statement_id, run_number, patient_last, patient_first,
           patient_middle, patient_suffix, patient_dob, sex, date_of_service, payer, member_id, payer_claim_number,
           pickup_facility, destination_facility, hcpcs, address, city, state, zip, phone)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
         ON CONFLICT (tenant_id, case_id) DO UPDATE SET case_number = excluded.case_number,
           statement_id = excluded.statement_id, run_number = excluded.run_number, patient_last = excluded.patient_last,
           patient_first = excluded.patient_first, patient_middle = excluded.patient_middle,
           patient_suffix = excluded.patient_suffix, patient_dob = excluded.patient_dob, sex = excluded.sex,
           date_of_service = excluded.date_of_service, payer = excluded.payer, member_id = excluded.member_id,
           payer_claim_number = excluded.payer_claim_number, pickup_facility = excluded.pickup_facility,
           destination_facility = excluded.destination_facility, hcpcs = excluded.hcpcs, address = excluded.address,
           city = excluded.city, state = excluded.state, zip = excluded.zip, phone = excluded.phone",
    );
    let mut q = q.bind(tenant).bind(&c.case_id);
    for value in case_columns(c) {
        q = q.bind(value);
    }
    tx.exec(q).await.map(drop)
}

fn case_columns(c: &Case) -> [&str; 21] {
    [
        &c.case_number,
        &c.statement_id,
        &c.run_number,
        &c.patient_last,
        &c.patient_first,
        &c.patient_middle,
        &c.patient_suffix,
        &c.patient_dob,
        &c.sex,
        &c.date_of_service,
        &c.payer,
        &c.member_id,
        &c.payer_claim_number,
        &c.pickup_facility,
        &c.destination_facility,
        &c.hcpcs,
        &c.address,
        &c.city,
        &c.state,
        &c.zip,
        &c.phone,
    ]
}

/// The numbers that the cases of a statement name, as they are written there.
pub async fn case_phones(tx: &mut Tx, tenant: &TenantId, statement: &str) -> Result<Vec<String>> {
    let q = tx.sql(
        "SELECT DISTINCT c.phone FROM billing_cases c WHERE c.tenant_id = $1 AND c.phone <> '' AND (c.statement_id = $2
           OR c.case_id IN (SELECT s.case_id FROM billing_statements s WHERE s.tenant_id = $1 AND s.statement_id = $2))
         ORDER BY c.phone",
    );
    tx.rows(q.bind(tenant).bind(statement)).await?.iter().map(|r| r.text("phone")).collect()
}

/// Whether the agency's roster has a case.
pub async fn has_case(r: impl Reader, tenant: &TenantId, case: &CaseId) -> Result<bool> {
    let q = r.sql("SELECT case_id FROM billing_cases WHERE tenant_id = $1 AND case_id = $2");
    Ok(r.row(q.bind(tenant).bind(case)).await?.is_some())
}

/// The case that bears this number, where one does.
pub async fn case_of_number(r: impl Reader, tenant: &TenantId, number: &str) -> Result<Option<CaseId>> {
    let q = r.sql("SELECT case_id FROM billing_cases WHERE tenant_id = $1 AND case_number = $2 ORDER BY case_id LIMIT 1");
    let row = r.row(q.bind(tenant).bind(number)).await?;
    row.map(|row| row.text("case_id").map(CaseId::new)).transpose()
}

/// The ids of the cases on the agency's roster.
pub async fn case_ids(r: impl Reader, tenant: &TenantId) -> Result<BTreeSet<String>> {
    let q = r.sql("SELECT case_id FROM billing_cases WHERE tenant_id = $1");
    r.rows(q.bind(tenant)).await?.iter().map(|row| row.text("case_id")).collect()
}

/// The agency's roster.
pub async fn cases(r: impl Reader, tenant: &TenantId) -> Result<Vec<Case>> {
    let q = r.sql(
        "SELECT case_id, case_number, statement_id, run_number, patient_last, patient_first, patient_middle,
           patient_suffix, patient_dob, sex, date_of_service, payer, member_id, payer_claim_number, pickup_facility,
           destination_facility, hcpcs, address, city, state, zip, phone
         FROM billing_cases WHERE tenant_id = $1 ORDER BY case_id",
    );
    r.rows(q.bind(tenant)).await?.iter().map(|row| case(row, tenant)).collect()
}

fn case(r: &Row, tenant: &TenantId) -> Result<Case> {
    Ok(Case {
        tenant_id: tenant.clone(),
        case_id: CaseId::new(r.text("case_id")?),
        case_number: r.text("case_number")?,
        statement_id: r.text("statement_id")?,
        run_number: r.text("run_number")?,
        patient_last: r.text("patient_last")?,
        patient_first: r.text("patient_first")?,
        patient_middle: r.text("patient_middle")?,
        patient_suffix: r.text("patient_suffix")?,
        patient_dob: r.text("patient_dob")?,
        sex: r.text("sex")?,
        date_of_service: r.text("date_of_service")?,
        payer: r.text("payer")?,
        member_id: r.text("member_id")?,
        payer_claim_number: r.text("payer_claim_number")?,
        pickup_facility: r.text("pickup_facility")?,
        destination_facility: r.text("destination_facility")?,
        hcpcs: r.text("hcpcs")?,
        address: r.text("address")?,
        city: r.text("city")?,
        state: r.text("state")?,
        zip: r.text("zip")?,
        phone: r.text("phone")?,
    })
}

/// A Checkout Session as it is first written.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub id: SessionId,
    pub tenant: TenantId,
    pub statement_id: String,
    pub call: Option<CallControlId>,
    pub amount: Cents,
    pub currency: String,
    pub checkout_url: String,
    pub account: String,
    pub reference: String,
    pub expires_at: Timestamp,
    pub token: String,
}

/// A Checkout Session as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub tenant: TenantId,
    pub statement_id: String,
    pub amount: Cents,
    pub currency: String,
    pub status: String,
    pub checkout_url: Option<String>,
    pub token: String,
    pub expires_at: Option<Timestamp>,
    /// The connected account that it lives on.
    pub account: String,
    /// Cents given back so far.
    pub amount_refunded: Cents,
    /// Since when a bank debit has yet to settle.
    pub debit_pending_since: Option<Timestamp>,
}

fn session(r: &Row) -> Result<Session> {
    Ok(Session {
        id: SessionId::new(r.text("session_id")?),
        tenant: TenantId::new(r.text("tenant_id")?),
        statement_id: r.text("statement_id")?,
        amount: Cents(r.int("amount_cents")?),
        currency: r.text("currency")?,
        status: r.text("status")?,
        checkout_url: r.opt_text("checkout_url")?,
        token: r.text("token")?,
        expires_at: r.opt_time("expires_at")?,
        account: r.text("account")?,
        amount_refunded: Cents(r.int("amount_refunded")?),
        debit_pending_since: r.opt_time("debit_pending_since")?,
    })
}

/// Seconds until Stripe is asked about a session of which no webhook told.
const FIRST_CHECK_S: i64 = 3600;

/// Keeps a session that Stripe made; the same one again changes nothing.
pub async fn insert_session(tx: &mut Tx, s: &NewSession, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "INSERT INTO billing_checkout_sessions (session_id, tenant_id, statement_id, call_control_id, amount_cents, currency,
           status, checkout_url, created_at, account, reference, expires_at, token, check_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (session_id) DO NOTHING",
    );
    let q = q
        .bind(&s.id)
        .bind(&s.tenant)
        .bind(s.statement_id.as_str())
        .bind(s.call.as_ref())
        .bind(s.amount.0)
        .bind(s.currency.as_str())
        .bind(s.checkout_url.as_str())
        .bind(now)
        .bind(s.account.as_str())
        .bind(s.reference.as_str())
        .bind(s.expires_at)
        .bind(s.token.as_str())
        .bind(s.expires_at.min(now.plus_s(FIRST_CHECK_S)));
    Ok(tx.exec(q).await? == 1)
}

pub async fn session_by_id(r: impl Reader, id: &SessionId) -> Result<Option<Session>> {
    let q = r.sql(
        "SELECT session_id, tenant_id, statement_id, amount_cents, currency, status, checkout_url, token, expires_at,
           account, amount_refunded, debit_pending_since
         FROM billing_checkout_sessions WHERE session_id = $1",
    );
    r.row(q.bind(id)).await?.as_ref().map(session).transpose()
}

pub async fn session_by_token(r: impl Reader, token: &str) -> Result<Option<Session>> {
    let q = r.sql(
        "SELECT session_id, tenant_id, statement_id, amount_cents, currency, status, checkout_url, token, expires_at,
           account, amount_refunded, debit_pending_since
         FROM billing_checkout_sessions WHERE token = $1",
    );
    r.row(q.bind(token)).await?.as_ref().map(session).transpose()
}

/// Moves a session on. Only from the states named: an expiry that comes late does not undo a payment.
pub async fn set_session_status(
    tx: &mut Tx,
    id: &SessionId,
    status: &str,
    payment_intent: Option<&str>,
    completed_at: Option<Timestamp>,
) -> Result<bool> {
    let q = tx.sql(
        "UPDATE billing_checkout_sessions SET status = $2, payment_intent = coalesce($3, payment_intent),
           completed_at = coalesce($4, completed_at), debit_pending_since = NULL
         WHERE session_id = $1 AND (status = 'open' OR (status = 'expired' AND $2 <> 'expired'))",
    );
    Ok(tx.exec(q.bind(id).bind(status).bind(payment_intent).bind(completed_at)).await? == 1)
}

/// The session of a charge: by its payment, or by our reference where the payment is not known yet.
pub async fn session_by_payment(
    r: impl Reader,
    payment_intent: Option<&str>,
    reference: Option<&str>,
) -> Result<Option<Session>> {
    let q = r.sql(
        "SELECT session_id, tenant_id, statement_id, amount_cents, currency, status, checkout_url, token, expires_at,
           account, amount_refunded, debit_pending_since
         FROM billing_checkout_sessions WHERE payment_intent = $1 OR reference = $2
         ORDER BY CASE WHEN payment_intent = $1 THEN 0 ELSE 1 END LIMIT 1",
    );
    r.row(q.bind(payment_intent).bind(reference)).await?.as_ref().map(session).transpose()
}

/// The open sessions of a statement, but for one.
pub async fn other_open_sessions(
    r: impl Reader,
    tenant: &TenantId,
    statement: &str,
    but: &SessionId,
) -> Result<Vec<Session>> {
    let q = r.sql(
        "SELECT session_id, tenant_id, statement_id, amount_cents, currency, status, checkout_url, token, expires_at,
           account, amount_refunded, debit_pending_since
         FROM billing_checkout_sessions
         WHERE tenant_id = $1 AND statement_id = $2 AND session_id <> $3 AND status = 'open' ORDER BY session_id",
    );
    r.rows(q.bind(tenant).bind(statement).bind(but)).await?.iter().map(session).collect()
}

/// Whether another session than this one has paid the statement.
pub async fn paid_by_another(
    r: impl Reader,
    tenant: &TenantId,
    statement: &str,
    but: &SessionId,
) -> Result<bool> {
    let q = r.sql(
        "SELECT session_id FROM billing_checkout_sessions
         WHERE tenant_id = $1 AND statement_id = $2 AND session_id <> $3 AND status = 'complete' LIMIT 1",
    );
    Ok(r.row(q.bind(tenant).bind(statement).bind(but)).await?.is_some())
}

/// Whether a link of ours has paid the statement, by what Stripe told us.
pub async fn is_paid_by_link(r: impl Reader, tenant: &TenantId, statement: &str) -> Result<bool> {
    let q = r.sql(
        "SELECT session_id FROM billing_checkout_sessions
         WHERE tenant_id = $1 AND statement_id = $2 AND status = 'complete' LIMIT 1",
    );
    Ok(r.row(q.bind(tenant).bind(statement)).await?.is_some())
}

/// The payer chose a bank debit, which settles days later. False where more is known already.
pub async fn debit_begun(
    tx: &mut Tx,
    id: &SessionId,
    payment_intent: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let q = tx.sql(
        "UPDATE billing_checkout_sessions SET debit_pending_since = $3, payment_intent = coalesce($2, payment_intent)
         WHERE session_id = $1 AND status = 'open' AND debit_pending_since IS NULL",
    );
    Ok(tx.exec(q.bind(id).bind(payment_intent).bind(now)).await? == 1)
}

/// Whether a bank debit for the statement is under way: another link would be a second payment.
pub async fn is_debit_pending(r: impl Reader, tenant: &TenantId, statement: &str) -> Result<bool> {
    let q = r.sql(
        "SELECT session_id FROM billing_checkout_sessions
         WHERE tenant_id = $1 AND statement_id = $2 AND status = 'open' AND debit_pending_since IS NOT NULL LIMIT 1",
    );
    Ok(r.row(q.bind(tenant).bind(statement)).await?.is_some())
}

/// Notes what has been given back, a running total: an older event that comes late lowers nothing.
pub async fn note_refund(
    tx: &mut Tx,
    id: &SessionId,
    total: Cents,
    payment_intent: Option<&str>,
) -> Result<()> {
    let q = tx.sql(
        "UPDATE billing_checkout_sessions
         SET amount_refunded = CASE WHEN amount_refunded < $2 THEN $2 ELSE amount_refunded END,
           payment_intent = coalesce(payment_intent, $3)
         WHERE session_id = $1",
    );
    tx.exec(q.bind(id).bind(total.0).bind(payment_intent)).await.map(drop)
}

/// The payment was given back whole (`refunded`), or the payer's bank disputes it (`disputed`, which stays). Whatever
/// comes later about the session itself changes it no more. False where it says so already.
pub async fn take_back_payment(
    tx: &mut Tx,
    id: &SessionId,
    status: &str,
    payment_intent: Option<&str>,
) -> Result<bool> {
    let q = tx.sql(
        "UPDATE billing_checkout_sessions
         SET status = $2, payment_intent = coalesce(payment_intent, $3), debit_pending_since = NULL
         WHERE session_id = $1 AND status <> 'disputed' AND status <> $2",
    );
    Ok(tx.exec(q.bind(id).bind(status).bind(payment_intent)).await? == 1)
}

/// Closes the links of an account that we may not use any more, made before that time. How many.
pub async fn close_account_sessions(tx: &mut Tx, account: &str, before: Timestamp) -> Result<u64> {
    let q = tx.sql(
        "UPDATE billing_checkout_sessions SET status = 'expired', debit_pending_since = NULL
         WHERE account = $1 AND status = 'open' AND created_at < $2",
    );
    tx.exec(q.bind(account).bind(before)).await
}

/// Takes up to `n` open sessions about which Stripe is to be asked; nobody takes them again before `until`.
pub async fn claim_to_check(tx: &mut Tx, n: i64, now: Timestamp, until: Timestamp) -> Result<Vec<Session>> {
    let q = tx.sql(
        "UPDATE billing_checkout_sessions SET check_at = $3 WHERE session_id IN (
           SELECT session_id FROM billing_checkout_sessions
           WHERE status = 'open' AND (check_at IS NULL OR check_at <= $2) ORDER BY check_at, session_id LIMIT $1)
         RETURNING session_id, tenant_id, statement_id, amount_cents, currency, status, checkout_url, token, expires_at,
           account, amount_refunded, debit_pending_since",
    );
    tx.rows(q.bind(n).bind(now).bind(until)).await?.iter().map(session).collect()
}

/// Says when Stripe is asked about a session again.
pub async fn check_again(tx: &mut Tx, id: &SessionId, at: Timestamp) -> Result<()> {
    let q = tx.sql("UPDATE billing_checkout_sessions SET check_at = $2 WHERE session_id = $1");
    tx.exec(q.bind(id).bind(at)).await.map(drop)
}
