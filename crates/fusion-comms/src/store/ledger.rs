//! The opt-out ledger: who is not to be texted by whom, since when, and how we learned it.
//!
//! A row means opted out; lifting deletes it. Triggers append every change to `opt_out_history`.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Dialect, Reader, Result, Tx};
use super::error::StoreError;
use super::row::Row;

/// How an opt-out was learned, the strongest first: a weaker source never replaces a stronger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    ManualAdmin,
    Api,
    Call,
    Import,
    TelnyxBlock,
    SmsStop,
}

impl Source {
    pub const ALL: [Source; 6] = [
        Source::ManualAdmin,
        Source::Api,
        Source::Call,
        Source::Import,
        Source::TelnyxBlock,
        Source::SmsStop,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Source::ManualAdmin => "manual_admin",
            Source::Api => "api",
            Source::Call => "call",
            Source::Import => "import",
            Source::TelnyxBlock => "telnyx_block",
            Source::SmsStop => "sms_stop",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// A row of `telnyx_opt_outs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOut {
    pub tenant: TenantId,
    pub phone: E164,
    pub opted_out_at: Timestamp,
    pub source: Source,
}

fn opt_out(row: &Row) -> Result<OptOut> {
    let bad = |column| StoreError::Corrupt { column, source: Box::new(sqlx::Error::RowNotFound) };
    Ok(OptOut {
        tenant: TenantId::new(row.text("tenant_id")?),
        phone: E164::parse(&row.text("phone_e164")?).map_err(|_| bad("phone_e164"))?,
        opted_out_at: row.time("opted_out_at")?,
        source: Source::parse(&row.text("source")?).ok_or_else(|| bad("source"))?,
    })
}

/// How long the holder of a number's lock waits for any other: less than the ack path waits for the number, so that
/// somebody's open `psql` is never passed on to it.
const HOLDERS_PATIENCE: &str = "SET LOCAL lock_timeout = '100ms'";

/// Takes the number's lock until the transaction ends: a STOP and a hand-over take it in turn. From here on the
/// transaction fails as busy rather than wait long for a row that somebody else holds.
pub async fn lock_number(tx: &mut Tx, phone: &E164) -> Result<()> {
    let q = tx.sql(
        "INSERT INTO sms_locks (phone_e164) VALUES ($1)
         ON CONFLICT (phone_e164) DO UPDATE SET phone_e164 = excluded.phone_e164",
    );
    tx.exec(q.bind(phone.expose())).await?;
    if tx.dialect() == Dialect::Postgres {
        let q = tx.sql(HOLDERS_PATIENCE);
        tx.exec(q).await?;
    }
    Ok(())
}

/// Records an opt-out. A repeat keeps the later date and the stronger source. True where the row changed.
pub async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    phone: &E164,
    source: Source,
    at: Timestamp,
) -> Result<bool> {
    // `instr`/`strpos` of the source in the list of ranks would be shorter, and harder to read.
    let q = tx.sql(
        "INSERT INTO telnyx_opt_outs (tenant_id, phone_e164, opted_out_at, source) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, phone_e164) DO UPDATE SET
           opted_out_at = CASE WHEN excluded.opted_out_at > telnyx_opt_outs.opted_out_at
             THEN excluded.opted_out_at ELSE telnyx_opt_outs.opted_out_at END,
           source = CASE WHEN $5 > CASE telnyx_opt_outs.source WHEN 'manual_admin' THEN 6 WHEN 'api' THEN 5
               WHEN 'call' THEN 4 WHEN 'import' THEN 3 WHEN 'telnyx_block' THEN 2 ELSE 1 END
             THEN excluded.source ELSE telnyx_opt_outs.source END
         WHERE excluded.opted_out_at > telnyx_opt_outs.opted_out_at
           OR $5 > CASE telnyx_opt_outs.source WHEN 'manual_admin' THEN 6 WHEN 'api' THEN 5
               WHEN 'call' THEN 4 WHEN 'import' THEN 3 WHEN 'telnyx_block' THEN 2 ELSE 1 END",
    );
    let strength = 6 - source as i64;
    Ok(tx.exec(q.bind(tenant).bind(phone.expose()).bind(at).bind(source.as_str()).bind(strength)).await? == 1)
}

/// Lifts one opt-out, whatever its source, and one that is pending. True where there was one.
pub async fn remove(tx: &mut Tx, tenant: &TenantId, phone: &E164) -> Result<bool> {
    let pending = lift_pending(tx, tenant, phone, None).await?;
    let q = tx.sql("DELETE FROM telnyx_opt_outs WHERE tenant_id = $1 AND phone_e164 = $2");
    Ok(tx.exec(q.bind(tenant).bind(phone.expose())).await? == 1 || pending)
}

/// Takes an agency's opt-out of this number off the event rows where it waits to be written; with `before`, only one
/// received earlier.
async fn lift_pending(
    tx: &mut Tx,
    tenant: &TenantId,
    phone: &E164,
    before: Option<Timestamp>,
) -> Result<bool> {
    let q = tx.sql("SELECT event_id, stop_pending FROM telnyx_events WHERE stop_pending IS NOT NULL");
    let mut lifted = false;
    for row in tx.rows(q).await? {
        let all = read_pending(&row.json("stop_pending")?);
        let goes = |o: &OptOut| {
            o.tenant == *tenant && o.phone == *phone && before.is_none_or(|started| o.opted_out_at < started)
        };
        let left: Vec<OptOut> = all.iter().filter(|o| !goes(o)).cloned().collect();
        if left.len() < all.len() {
            lifted = true;
            let event = fusion_comms_core::ids::EventId::new(row.text("event_id")?);
            set_pending(tx, &event, &left).await?;
        }
    }
    Ok(lifted)
}

/// Keeps opt-outs on an event row until their ledger rows can be written; none forgets them.
pub async fn set_pending(
    tx: &mut Tx,
    event: &fusion_comms_core::ids::EventId,
    opt_outs: &[OptOut],
) -> Result<()> {
    let one = |o: &OptOut| serde_json::json!({"tenant_id": o.tenant, "phone_e164": o.phone.expose(), "at": o.opted_out_at});
    let json = (!opt_outs.is_empty()).then(|| serde_json::Value::Array(opt_outs.iter().map(one).collect()));
    let q = tx.sql("UPDATE telnyx_events SET stop_pending = $2 WHERE event_id = $1");
    tx.exec(q.bind(event).bind(json)).await.map(drop)
}

/// A START: lifts what a text or the carrier set before it, and nothing that an administrator set.
pub async fn lift_by_start(
    tx: &mut Tx,
    tenant: &TenantId,
    phone: &E164,
    started_at: Timestamp,
) -> Result<bool> {
    lift_pending(tx, tenant, phone, Some(started_at)).await?;
    let q = tx.sql(
        "DELETE FROM telnyx_opt_outs WHERE tenant_id = $1 AND phone_e164 = $2 AND opted_out_at < $3
           AND source IN ('sms_stop', 'telnyx_block')",
    );
    Ok(tx.exec(q.bind(tenant).bind(phone.expose()).bind(started_at)).await? == 1)
}

/// The agency's own row for this number.
pub async fn find(r: impl Reader, tenant: &TenantId, phone: &E164) -> Result<Option<OptOut>> {
    let q = r.sql(
        "SELECT tenant_id, phone_e164, opted_out_at, source FROM telnyx_opt_outs WHERE tenant_id = $1 AND phone_e164 = $2",
    );
    r.row(q.bind(tenant).bind(phone.expose())).await?.as_ref().map(opt_out).transpose()
}

/// What forbids a text from this agency to this number: its own row, the unassigned one, or a STOP that is pending; the
/// latest of them. Without an agency (a neutral text on a shared number) any agency's counts.
pub async fn standing(tx: &mut Tx, tenant: Option<&TenantId>, phone: &E164) -> Result<Option<OptOut>> {
    let q = tx.sql(
        "SELECT tenant_id, phone_e164, opted_out_at, source FROM telnyx_opt_outs
         WHERE phone_e164 = $1 AND ($3 OR tenant_id IN ($2, 'unassigned')) ORDER BY opted_out_at DESC LIMIT 1",
    );
    let row = tx.row(q.bind(phone.expose()).bind(tenant).bind(tenant.is_none())).await?;
    let written = row.as_ref().map(opt_out).transpose()?;
    let counts = |o: &OptOut| tenant.is_none_or(|t| o.tenant == *t) || o.tenant == TenantId::unassigned();
    let pending = pending(tx, phone).await?.into_iter().filter(counts);
    Ok(written.into_iter().chain(pending).max_by_key(|o| o.opted_out_at))
}

/// Opt-outs of this number that lie on event rows, since their ledger row was locked at receipt.
async fn pending(tx: &mut Tx, phone: &E164) -> Result<Vec<OptOut>> {
    let q = tx.sql("SELECT event_id, stop_pending FROM telnyx_events WHERE stop_pending IS NOT NULL");
    let mut found = Vec::new();
    for row in tx.rows(q).await? {
        found.extend(read_pending(&row.json("stop_pending")?).into_iter().filter(|o| o.phone == *phone));
    }
    Ok(found)
}

/// The opt-outs pending on one event row.
pub async fn pending_of(tx: &mut Tx, event: &fusion_comms_core::ids::EventId) -> Result<Vec<OptOut>> {
    let q = tx.sql("SELECT stop_pending FROM telnyx_events WHERE event_id = $1");
    let row = tx.row(q.bind(event)).await?;
    Ok(match row.map(|r| r.opt_json("stop_pending")).transpose()?.flatten() {
        Some(json) => read_pending(&json),
        None => vec![],
    })
}

fn read_pending(json: &serde_json::Value) -> Vec<OptOut> {
    let one = |v: &serde_json::Value| {
        Some(OptOut {
            tenant: TenantId::new(v["tenant_id"].as_str()?),
            phone: E164::parse(v["phone_e164"].as_str()?).ok()?,
            opted_out_at: Timestamp::parse(v["at"].as_str()?)?,
            source: Source::SmsStop,
        })
    };
    json.as_array().map(|a| a.iter().filter_map(one).collect()).unwrap_or_default()
}

/// The agencies that a STOP or START from `phone` to `number` speaks to: those that use the number or have texted the
/// person from it; else all that have texted the person; else the reserved `unassigned`. Never none.
pub async fn agencies_of(
    tx: &mut Tx,
    phone: &E164,
    number: Option<&E164>,
    default_number: &E164,
) -> Result<Vec<TenantId>> {
    let q = tx.sql(
        "SELECT tenant_id, 1 AS near FROM tenant_phone_numbers WHERE phone_e164 = $1 AND purpose = 'billing_sms'
         UNION SELECT t.id, 1 FROM tenants t WHERE $1 = $3 AND NOT EXISTS (
           SELECT 1 FROM tenant_phone_numbers n WHERE n.tenant_id = t.id AND n.purpose = 'billing_sms')
         UNION SELECT tenant_id, CASE WHEN from_phone = $1 THEN 1 ELSE 0 END FROM telnyx_sms_messages
           WHERE direction = 'OUT' AND to_phone = $2 AND tenant_id IS NOT NULL",
    );
    let number = number.map_or("", E164::expose);
    let rows = tx.rows(q.bind(number).bind(phone.expose()).bind(default_number.expose())).await?;
    let all: Vec<(TenantId, bool)> = rows
        .iter()
        .map(|r| Ok((TenantId::new(r.text("tenant_id")?), r.int("near")? == 1)))
        .collect::<Result<_>>()?;
    let near: Vec<TenantId> = all.iter().filter(|(_, near)| *near).map(|(t, _)| t.clone()).collect();
    let mut agencies = if near.is_empty() { all.into_iter().map(|(t, _)| t).collect() } else { near };
    if agencies.is_empty() {
        agencies.push(TenantId::unassigned());
    }
    agencies.sort();
    agencies.dedup();
    Ok(agencies)
}

/// Whether the person has told this agency START after `at`: by a text to a number of its own, or where it speaks. The
/// reserved `unassigned` is lifted by any START.
pub async fn started_since(
    tx: &mut Tx,
    tenant: &TenantId,
    phone: &E164,
    at: Timestamp,
    default_number: &E164,
) -> Result<bool> {
    let q = tx.sql(
        "SELECT 1 AS n FROM text_consents
         WHERE phone_e164 = $1 AND tenant_id = $2 AND source = 'start_text' AND given_at > $3 LIMIT 1",
    );
    if tx.row(q.bind(phone.expose()).bind(tenant).bind(at)).await?.is_some() {
        return Ok(true);
    }
    let q = tx.sql(
        "SELECT DISTINCT to_phone FROM telnyx_sms_messages
         WHERE direction = 'IN' AND from_phone = $1 AND label = 'START' AND received_at > $2",
    );
    let rows = tx.rows(q.bind(phone.expose()).bind(at)).await?;
    if !rows.is_empty() && *tenant == TenantId::unassigned() {
        return Ok(true);
    }
    for row in rows {
        let number = E164::parse(&row.text("to_phone")?).ok();
        if agencies_of(tx, phone, number.as_ref(), default_number).await?.contains(tenant) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Names who changes the ledger in this transaction, and why; the history keeps both.
pub async fn set_context(tx: &mut Tx, actor: &str, reason: Option<&str>) -> Result<()> {
    let q = match tx.dialect() {
        Dialect::Postgres => tx.sql(
            "SELECT set_config('app.actor', $1, true), set_config('app.reason', coalesce($2, ''), true)",
        ),
        Dialect::Sqlite => {
            tx.sql("INSERT OR REPLACE INTO change_context (only_row, actor, reason) VALUES (1, $1, $2)")
        }
    };
    tx.exec(q.bind(actor).bind(reason)).await.map(drop)
}

/// Ends what [`set_context`] began; on PostgreSQL the transaction's end does.
pub async fn clear_context(tx: &mut Tx) -> Result<()> {
    if tx.dialect() == Dialect::Sqlite {
        let q = tx.sql("DELETE FROM change_context");
        tx.exec(q).await?;
    }
    Ok(())
}

/// Opt-outs, the latest first; of one agency or of all.
pub async fn list(db: &Db, tenant: Option<&TenantId>) -> Result<Vec<OptOut>> {
    let q = db.sql(
        "SELECT tenant_id, phone_e164, opted_out_at, source FROM telnyx_opt_outs
         WHERE tenant_id = $1 OR $2 ORDER BY opted_out_at DESC",
    );
    db.rows(q.bind(tenant).bind(tenant.is_none())).await?.iter().map(opt_out).collect()
}

/// How many opt-outs there are.
pub async fn count(db: &Db) -> Result<usize> {
    let row = db.row(db.sql("SELECT count(*) AS n FROM telnyx_opt_outs")).await?;
    let n = row.map_or(Ok(0), |r| r.int("n"))?;
    Ok(usize::try_from(n).unwrap_or_default())
}

/// The last time that an opt-out of this number was lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lift {
    pub at: Timestamp,
    /// By the person's own text.
    pub by_text: bool,
}

pub async fn last_lift(tx: &mut Tx, tenant: &TenantId, phone: &E164) -> Result<Option<Lift>> {
    let q = tx.sql(
        "SELECT at, actor FROM opt_out_history WHERE phone_e164 = $1 AND tenant_id = $2 AND change = 'lifted'
         ORDER BY seq DESC LIMIT 1",
    );
    let row = tx.row(q.bind(phone.expose()).bind(tenant)).await?;
    row.map(|r| Ok(Lift { at: r.time("at")?, by_text: r.text("actor")? == "text" })).transpose()
}

/// One change of the ledger, as its history tells it.
#[derive(Clone, Debug)]
pub struct Change {
    pub change: String,
    pub source: String,
    pub actor: String,
    pub reason: Option<String>,
    pub at: Timestamp,
}

/// The history of one number at one agency, oldest first.
pub async fn history(db: &Db, tenant: &TenantId, phone: &E164) -> Result<Vec<Change>> {
    let q = db.sql(
        "SELECT change, source, actor, reason, at FROM opt_out_history
         WHERE tenant_id = $1 AND phone_e164 = $2 ORDER BY seq",
    );
    let rows = db.rows(q.bind(tenant).bind(phone.expose())).await?;
    rows.iter()
        .map(|r| {
            Ok(Change {
                change: r.text("change")?,
                source: r.text("source")?,
                actor: r.text("actor")?,
                reason: r.opt_text("reason")?,
                at: r.time("at")?,
            })
        })
        .collect()
}
