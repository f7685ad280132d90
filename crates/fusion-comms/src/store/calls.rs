//! Calls, the steps they took, and the deadline of the wait each is in.

use fusion_comms_core::ids::{CallControlId, StatementId, TenantId};
use fusion_comms_core::ivr::{Call, Language, Phase, State};
use fusion_comms_core::phone::E164;
use fusion_comms_core::story::Why;
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Dialect, Reader, Result, Tx};
use super::error::StoreError;
use super::row::Row;

/// A call as stored: the machine's part, and what the shell needs around it.
#[derive(Clone, Debug)]
pub struct StoredCall {
    pub id: CallControlId,
    pub tenant: Option<TenantId>,
    /// The caller, as sent.
    pub from_phone: Option<String>,
    /// The dialled number, as sent.
    pub to_phone: Option<String>,
    pub session: Option<String>,
    pub deadline_at: Option<Timestamp>,
    pub call: Call,
}

/// A call that rings.
pub struct NewCall<'a> {
    pub id: &'a CallControlId,
    pub tenant: Option<&'a TenantId>,
    pub from_phone: Option<&'a str>,
    pub to_phone: Option<&'a str>,
    pub session: Option<&'a str>,
    pub call: &'a Call,
    pub deadline_at: Option<Timestamp>,
}

fn stored(row: &Row) -> Result<StoredCall> {
    let bad = |column| StoreError::Corrupt { column, source: Box::new(sqlx::Error::RowNotFound) };
    let tenant = row.opt_text("tenant_id")?.map(TenantId::new);
    let phase: Phase = serde_json::from_value(row.json("phase")?).map_err(|_| bad("phase"))?;
    let small = |column| -> Result<u8> { u8::try_from(row.int(column)?).map_err(|_| bad(column)) };
    Ok(StoredCall {
        id: CallControlId::new(row.text("call_control_id")?),
        from_phone: row.opt_text("from_phone")?,
        to_phone: row.opt_text("to_phone")?,
        session: row.opt_text("session_id")?,
        deadline_at: row.opt_time("deadline_at")?,
        call: Call {
            state: State::parse(&row.text("state")?).ok_or_else(|| bad("state"))?,
            phase,
            step: u32::try_from(row.int("step")?).map_err(|_| bad("step"))?,
            misses: small("attempts")?,
            prompts: small("prompts")?,
            statement: row.opt_text("statement_id")?.and_then(|t| StatementId::parse(&t)),
            phone: row.opt_text("sms_phone")?.and_then(|t| E164::parse(&t).ok()),
            known: tenant.is_some(),
            language: Language::parse(&row.text("language")?).ok_or_else(|| bad("language"))?,
        },
        tenant,
    })
}

/// Makes the row of a call that rings. False where there is one.
pub async fn insert(tx: &mut Tx, new: &NewCall<'_>, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "INSERT INTO telnyx_calls (call_control_id, tenant_id, from_phone, to_phone, session_id, state, phase, step,
           attempts, prompts, deadline_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9, $10, $10) ON CONFLICT (call_control_id) DO NOTHING",
    );
    let q = q
        .bind(new.id)
        .bind(new.tenant)
        .bind(new.from_phone)
        .bind(new.to_phone)
        .bind(new.session)
        .bind(new.call.state.as_str())
        .bind(phase_json(&new.call.phase))
        .bind(i64::from(new.call.step))
        .bind(new.deadline_at)
        .bind(now);
    Ok(tx.exec(q).await? == 1)
}

/// The call, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: &CallControlId) -> Result<Option<StoredCall>> {
    let q = tx.sql(match tx.dialect() {
        Dialect::Postgres => {
            "SELECT call_control_id, tenant_id, from_phone, to_phone, session_id, state, phase, step, attempts, prompts,
               statement_id, sms_phone, deadline_at, language FROM telnyx_calls WHERE call_control_id = $1 FOR UPDATE"
        }
        Dialect::Sqlite => {
            "SELECT call_control_id, tenant_id, from_phone, to_phone, session_id, state, phase, step, attempts, prompts,
               statement_id, sms_phone, deadline_at, language FROM telnyx_calls WHERE call_control_id = $1"
        }
    });
    tx.row(q.bind(id)).await?.as_ref().map(stored).transpose()
}

/// The caller's leg of a session, for events of the transfer's second leg.
pub async fn of_session(r: impl Reader, session: &str) -> Result<Option<CallControlId>> {
    let q =
        r.sql("SELECT call_control_id FROM telnyx_calls WHERE session_id = $1 ORDER BY created_at LIMIT 1");
    let row = r.row(q.bind(session)).await?;
    row.map(|r| r.text("call_control_id").map(CallControlId::new)).transpose()
}

/// The call as it stands now, not locked; `None` where there is no such call.
pub async fn present(db: &Db, id: &CallControlId) -> Result<Option<Call>> {
    let q = db.sql(
        "SELECT call_control_id, tenant_id, from_phone, to_phone, session_id, state, phase, step, attempts, prompts,
           statement_id, sms_phone, deadline_at, language FROM telnyx_calls WHERE call_control_id = $1",
    );
    Ok(db.row(q.bind(id)).await?.as_ref().map(stored).transpose()?.map(|s| s.call))
}

/// Writes what the machine decided.
pub async fn save(
    tx: &mut Tx,
    id: &CallControlId,
    call: &Call,
    deadline_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    let q = tx.sql(
        "UPDATE telnyx_calls SET state = $2, phase = $3, step = $4, attempts = $5, prompts = $6, statement_id = $7,
           sms_phone = $8, deadline_at = $9, updated_at = $10, language = $11 WHERE call_control_id = $1",
    );
    let q = q
        .bind(id)
        .bind(call.state.as_str())
        .bind(phase_json(&call.phase))
        .bind(i64::from(call.step))
        .bind(i64::from(call.misses))
        .bind(i64::from(call.prompts))
        .bind(call.statement.as_ref().map(StatementId::expose))
        .bind(call.phone.as_ref().map(E164::expose))
        .bind(deadline_at)
        .bind(now)
        .bind(call.language.as_str());
    tx.exec(q).await.map(drop)
}

fn phase_json(phase: &Phase) -> serde_json::Value {
    serde_json::to_value(phase).unwrap_or_default()
}

/// Notes that a cause was applied to a call. False where it was before: then it must not be again.
pub async fn record_step(
    tx: &mut Tx,
    id: &CallControlId,
    cause: &str,
    from: Option<State>,
    to: State,
    now: Timestamp,
) -> Result<bool> {
    let q = tx.sql(
        "INSERT INTO telnyx_call_steps (call_control_id, cause_id, from_state, to_state, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (call_control_id, cause_id) DO NOTHING",
    );
    let q = q.bind(id).bind(cause).bind(from.map(State::as_str)).bind(to.as_str()).bind(now);
    Ok(tx.exec(q).await? == 1)
}

/// Keeps with a step what its states do not say; nothing where there is nothing to say.
pub async fn explain_step(tx: &mut Tx, id: &CallControlId, cause: &str, whys: &[Why]) -> Result<()> {
    if whys.is_empty() {
        return Ok(());
    }
    let q = tx.sql("UPDATE telnyx_call_steps SET why = $3 WHERE call_control_id = $1 AND cause_id = $2");
    let why = serde_json::to_value(whys).unwrap_or_default();
    tx.exec(q.bind(id).bind(cause).bind(why)).await.map(drop)
}

/// Calls whose wait is over, the longest over first. What the caller did and is stored already goes before the
/// deadline, for `patience_ms` at most: poison must not hold a deadline.
pub async fn overdue(db: &Db, now: Timestamp, patience_ms: i64, limit: i64) -> Result<Vec<CallControlId>> {
    let q = db.sql(
        "SELECT c.call_control_id FROM telnyx_calls c WHERE c.deadline_at <= $1
           AND (c.deadline_at <= $2 OR NOT EXISTS (SELECT 1 FROM telnyx_events e
             WHERE e.order_key = coalesce(c.session_id, c.call_control_id) AND e.processed_at IS NULL AND e.parked_at IS NULL
               AND (e.attempts = 0 OR e.leased_until > $1)))
         ORDER BY c.deadline_at LIMIT $3",
    );
    let rows = db.rows(q.bind(now).bind(now.plus_ms(-patience_ms)).bind(limit)).await?;
    rows.iter().map(|r| Ok(CallControlId::new(r.text("call_control_id")?))).collect()
}

/// Looks at a wait again later, where it could not lead on now.
pub async fn put_off_deadline(
    tx: &mut Tx,
    id: &CallControlId,
    until: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let q =
        tx.sql("UPDATE telnyx_calls SET deadline_at = $2 WHERE call_control_id = $1 AND deadline_at <= $3");
    tx.exec(q.bind(id).bind(until).bind(now)).await.map(drop)
}

/// Notes that a caller keyed a statement number that is none of the agency's; once a cause.
pub async fn record_miss(
    tx: &mut Tx,
    cause: &str,
    tenant: &TenantId,
    from: &str,
    now: Timestamp,
) -> Result<()> {
    let q = tx.sql(
        "INSERT INTO statement_misses (cause_id, tenant_id, from_phone, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (cause_id) DO NOTHING",
    );
    tx.exec(q.bind(cause).bind(tenant).bind(from).bind(now)).await.map(drop)
}

/// How often a caller missed since then, and when last.
pub async fn misses_of(tx: &mut Tx, from: &str, since: Timestamp) -> Result<(usize, Option<Timestamp>)> {
    let q = tx
        .sql("SELECT count(*) AS n, max(at) AS last FROM statement_misses WHERE from_phone = $1 AND at > $2");
    let Some(row) = tx.row(q.bind(from).bind(since)).await? else { return Ok((0, None)) };
    Ok((usize::try_from(row.int("n")?).unwrap_or(0), row.opt_time("last")?))
}
