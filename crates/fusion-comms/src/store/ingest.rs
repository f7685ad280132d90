//! The ack path's one commit: many events, and the opt-outs of the STOPs among them.

use std::collections::{BTreeMap, BTreeSet};

use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::{EventId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::scope::Scope;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::db::{Db, Dialect, Reader, Result, Tx};
use super::error::StoreError;
use super::inbox::BY_BACKFILL;
use super::ledger::{self, Source};
use super::pruning::Inbox;

/// A verified event to be kept, its body cleaned.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub id: EventId,
    pub event_type: String,
    pub channel: Channel,
    pub order_key: Option<String>,
    pub occurred_at: Option<Timestamp>,
    pub received_at: Timestamp,
    pub raw: Value,
    /// Fingerprint of the key that verified it.
    pub verified_by: String,
    /// The text that this event carries takes consent back.
    pub stop: Option<Stop>,
    /// It tells and asks for nothing, as most events of a call do: worked when it is stored.
    pub settled: bool,
}

/// A STOP as received.
#[derive(Clone, Debug)]
pub struct Stop {
    pub phone: E164,
    /// The number of ours that was texted.
    pub number: Option<E164>,
    pub at: Timestamp,
}

/// A verified Stripe event to be kept.
#[derive(Clone, Debug)]
pub struct NewStripeEvent {
    pub id: EventId,
    pub event_type: String,
    pub account: Option<String>,
    pub order_key: Option<String>,
    pub occurred_at: Option<Timestamp>,
    pub received_at: Timestamp,
    pub raw: Value,
    /// [`BY_BACKFILL`] where it was asked for.
    pub verified_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    New { opt_outs: Vec<OptOut> },
    Known,
}

/// An opt-out that was recorded with an event, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOut {
    pub tenant: TenantId,
    pub phone: E164,
}

/// How the opt-outs of a commit are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ledger {
    Write,
    /// Somebody holds the ledger row: keep the opt-out on the event row, which the gate reads as well.
    Pend,
}

/// Stores a group in one commit; the answers are in the order given.
///
/// # Errors
/// When any of it cannot be stored in time: then nothing is, and the caller tries them one by one.
pub async fn store_group(db: &Db, group: &[NewEvent], reach: &Reach) -> Result<Vec<Stored>> {
    store(db, group, reach, Ledger::Write).await
}

/// Stores one event. Where its opt-out's ledger row is held by somebody, the opt-out is kept as pending.
pub async fn store_one(db: &Db, event: &NewEvent, reach: &Reach) -> Result<Stored> {
    let one = std::slice::from_ref(event);
    match store(db, one, reach, Ledger::Write).await {
        Err(StoreError::Busy(_)) if event.stop.is_some() => store_pending(db, event, reach).await,
        stored => Ok(only(stored?)),
    }
}

/// Stores one event with its opt-out pending on its own row, so that no row of the ledger is waited for.
pub async fn store_pending(db: &Db, event: &NewEvent, reach: &Reach) -> Result<Stored> {
    store(db, std::slice::from_ref(event), reach, Ledger::Pend).await.map(only)
}

fn only(mut stored: Vec<Stored>) -> Stored {
    stored.pop().unwrap_or(Stored::Known)
}

async fn store(db: &Db, group: &[NewEvent], reach: &Reach, ledger: Ledger) -> Result<Vec<Stored>> {
    let mut tx = db.begin().await?;
    short_lock_timeout(&mut tx, ledger).await?;
    let mut new = insert(&mut tx, group).await?;
    let mut opt_outs = opt_outs_of(&mut tx, group, &new, reach).await?;
    if !opt_outs.is_empty() {
        let mut phones: Vec<&E164> = opt_outs.keys().map(|(_, phone)| phone).collect();
        phones.sort();
        phones.dedup();
        for phone in phones {
            ledger::lock_number(&mut tx, phone).await?;
        }
        leave_out_overtaken(&mut tx, group, &mut opt_outs, reach).await?;
        match ledger {
            Ledger::Write => write(&mut tx, &opt_outs).await?,
            Ledger::Pend => pend(&mut tx, &opt_outs).await?,
        }
    }
    notify(&mut tx, group).await?;
    tx.commit().await?;
    let mut by_event: BTreeMap<EventId, Vec<OptOut>> = BTreeMap::new();
    while let Some(((tenant, phone), mark)) = opt_outs.pop_first() {
        by_event.entry(mark.event).or_default().push(OptOut { tenant, phone });
    }
    Ok(group
        .iter()
        .map(|e| match new.remove(e.id.as_str()) {
            Some(()) => Stored::New { opt_outs: by_event.remove(&e.id).unwrap_or_default() },
            None => Stored::Known,
        })
        .collect())
}

/// Somebody else's lock is waited for a quarter of a second only; for a number's lock, which is never held for long,
/// a second, where the opt-out would else have no place to go.
async fn short_lock_timeout(tx: &mut Tx, ledger: Ledger) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        let q = tx.sql(match ledger {
            Ledger::Write => "SET LOCAL lock_timeout = '250ms'",
            Ledger::Pend => "SET LOCAL lock_timeout = '1s'",
        });
        tx.exec(q).await?;
    }
    Ok(())
}

/// Inserts what is not known yet, ordered by key so that two instances cannot deadlock, numbered in the order of
/// arrival, which is the order of work; returns the new ids.
async fn insert(tx: &mut Tx, group: &[NewEvent]) -> Result<BTreeMap<String, ()>> {
    let rows: Vec<Value> = group
        .iter()
        .map(|e| {
            json!({
                "event_id": e.id.as_str(), "event_type": e.event_type, "channel": e.channel.as_str(),
                "order_key": e.order_key, "occurred_at": e.occurred_at, "received_at": e.received_at,
                "raw_json": e.raw, "verified_by": e.verified_by,
                "processed_at": e.settled.then_some(e.received_at),
            })
        })
        .collect();
    let q = tx.sql(match tx.dialect() {
        Dialect::Postgres => {
            "INSERT INTO telnyx_events
               (seq, event_id, event_type, channel, order_key, occurred_at, received_at, due_at, raw_json, verified_by,
                processed_at)
             SELECT seq, event_id, event_type, channel, order_key, occurred_at, received_at, received_at,
               coalesce(raw_json, 'null'::jsonb), verified_by, processed_at
             FROM (SELECT nextval('telnyx_events_seq_seq') AS seq, r.*
               FROM jsonb_to_recordset($1) AS r(event_id text, event_type text, channel text, order_key text,
                 occurred_at timestamptz, received_at timestamptz, raw_json jsonb, verified_by text,
                 processed_at timestamptz)) AS arrived
             ORDER BY event_id ON CONFLICT (event_id) DO NOTHING RETURNING event_id"
        }
        Dialect::Sqlite => {
            "INSERT INTO telnyx_events
               (event_id, event_type, channel, order_key, occurred_at, received_at, due_at, raw_json, verified_by,
                processed_at)
             SELECT value->>'event_id', value->>'event_type', value->>'channel', value->>'order_key',
               value->>'occurred_at', value->>'received_at', value->>'received_at', value->'raw_json', value->>'verified_by',
               value->>'processed_at'
             FROM json_each($1) WHERE true ON CONFLICT (event_id) DO NOTHING RETURNING event_id"
        }
    });
    let rows = tx.rows(q.bind(Value::Array(rows))).await?;
    rows.iter().map(|r| Ok((r.text("event_id")?, ()))).collect()
}

struct Mark {
    event: EventId,
    at: Timestamp,
}

/// Whom a STOP binds.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Texts leave from here where an agency has no number of its own.
    pub default_number: E164,
    pub scope: Scope,
}

impl Reach {
    /// The agencies that a STOP speaks to, and `unassigned` where it binds all: the gate reads that one for every agency.
    pub async fn of(&self, tx: &mut Tx, stop: &Stop) -> Result<Vec<TenantId>> {
        let mut bound =
            ledger::agencies_of(tx, &stop.phone, stop.number.as_ref(), &self.default_number).await?;
        if self.scope.reaches_all(stop.at) {
            bound.push(TenantId::unassigned());
        }
        bound.sort();
        bound.dedup();
        Ok(bound)
    }
}

/// One row per agency and number, the latest receipt of each.
async fn opt_outs_of(
    tx: &mut Tx,
    group: &[NewEvent],
    new: &BTreeMap<String, ()>,
    reach: &Reach,
) -> Result<BTreeMap<(TenantId, E164), Mark>> {
    let mut rows = BTreeMap::new();
    for event in group.iter().filter(|e| new.contains_key(e.id.as_str())) {
        let Some(stop) = &event.stop else { continue };
        for tenant in reach.of(tx, stop).await? {
            let mark = rows
                .entry((tenant, stop.phone.clone()))
                .or_insert(Mark { event: event.id.clone(), at: stop.at });
            if stop.at > mark.at {
                *mark = Mark { event: event.id.clone(), at: stop.at };
            }
        }
    }
    Ok(rows)
}

/// A STOP that was asked for long after it was written does not take back a START that the person wrote since. Looked at
/// under the number's lock, which a START takes too. A STOP that its webhook brings late still binds: the stricter end.
async fn leave_out_overtaken(
    tx: &mut Tx,
    group: &[NewEvent],
    opt_outs: &mut BTreeMap<(TenantId, E164), Mark>,
    reach: &Reach,
) -> Result<()> {
    let asked_for = |id: &EventId| group.iter().any(|e| e.id == *id && e.verified_by == BY_BACKFILL);
    let mut overtaken = Vec::new();
    for ((tenant, phone), mark) in opt_outs.iter() {
        if asked_for(&mark.event)
            && ledger::started_since(tx, tenant, phone, mark.at, &reach.default_number).await?
        {
            overtaken.push((tenant.clone(), phone.clone()));
        }
    }
    overtaken.iter().for_each(|key| drop(opt_outs.remove(key)));
    Ok(())
}

async fn write(tx: &mut Tx, opt_outs: &BTreeMap<(TenantId, E164), Mark>) -> Result<()> {
    for ((tenant, phone), mark) in opt_outs {
        ledger::set_context(tx, "text", Some(mark.event.as_str())).await?;
        ledger::put(tx, tenant, phone, Source::SmsStop, mark.at).await?;
    }
    ledger::clear_context(tx).await
}

async fn pend(tx: &mut Tx, opt_outs: &BTreeMap<(TenantId, E164), Mark>) -> Result<()> {
    let mut by_event: BTreeMap<&EventId, Vec<ledger::OptOut>> = BTreeMap::new();
    for ((tenant, phone), mark) in opt_outs {
        let source = Source::SmsStop;
        let row =
            ledger::OptOut { tenant: tenant.clone(), phone: phone.clone(), opted_out_at: mark.at, source };
        by_event.entry(&mark.event).or_default().push(row);
    }
    for (event, rows) in by_event {
        ledger::set_pending(tx, event, &rows).await?;
    }
    Ok(())
}

/// Tells other instances that there is work: a hint, polling is the truth.
async fn notify(tx: &mut Tx, group: &[NewEvent]) -> Result<()> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let mut lanes: Vec<&str> = group.iter().filter(|e| !e.settled).map(|e| e.channel.as_str()).collect();
    lanes.sort_unstable();
    lanes.dedup();
    for lane in lanes {
        let q = tx.sql("SELECT pg_notify('fusion_comms_inbox', $1)");
        tx.exec(q.bind(lane)).await?;
    }
    Ok(())
}

/// Stores one Stripe event. True where it is new.
pub async fn store_stripe(db: &Db, event: &NewStripeEvent) -> Result<bool> {
    let mut tx = db.begin().await?;
    short_lock_timeout(&mut tx, Ledger::Write).await?;
    let q = tx.sql(
        "INSERT INTO stripe_events (event_id, type, account, order_key, occurred_at, received_at, due_at, raw_json,
           verified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8) ON CONFLICT (event_id) DO NOTHING",
    );
    let q = q
        .bind(&event.id)
        .bind(event.event_type.as_str())
        .bind(event.account.as_deref())
        .bind(event.order_key.as_deref())
        .bind(event.occurred_at)
        .bind(event.received_at)
        .bind(event.raw.clone())
        .bind(event.verified_by.as_deref());
    let new = tx.exec(q).await? == 1;
    tx.commit().await?;
    Ok(new)
}

/// Which of these ids lie in an inbox already.
pub async fn known(r: impl Reader, inbox: Inbox, ids: &[&str]) -> Result<BTreeSet<String>> {
    let list = Value::Array(ids.iter().map(|id| Value::from(*id)).collect());
    let q = r.sql(match (inbox, r.dialect()) {
        (Inbox::Telnyx, Dialect::Postgres) => {
            "SELECT event_id FROM telnyx_events WHERE event_id IN (SELECT jsonb_array_elements_text($1))"
        }
        (Inbox::Telnyx, Dialect::Sqlite) => {
            "SELECT event_id FROM telnyx_events WHERE event_id IN (SELECT value FROM json_each($1))"
        }
        (Inbox::Stripe, Dialect::Postgres) => {
            "SELECT event_id FROM stripe_events WHERE event_id IN (SELECT jsonb_array_elements_text($1))"
        }
        (Inbox::Stripe, Dialect::Sqlite) => {
            "SELECT event_id FROM stripe_events WHERE event_id IN (SELECT value FROM json_each($1))"
        }
    });
    r.rows(q.bind(list)).await?.iter().map(|row| row.text("event_id")).collect()
}
