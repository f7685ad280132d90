//! Faxes that Telnyx has and we do not: each is put into the inbox as the event that would have told of it.
//!
//! The list outlives the deliveries, and the document is fetched by a link that is asked for anew.

use std::collections::BTreeSet;

use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::{FaxId, derived_id};
use fusion_comms_core::redact;
use serde_json::{Value, json};

use super::{Ask, Failure, Report, Tally, patience, store};
use crate::arrival;
use crate::store::inbox::BY_BACKFILL;
use crate::store::ingest::{self, NewEvent};
use crate::store::pruning::Inbox;
use crate::store::{StoreError, events, faxes};

const A_PAGE: u32 = 100;
const MOST_PAGES: u32 = 10_000;
/// Seconds that a fax may take from its beginning, by which it is listed, to its end.
const TRANSMISSION_S: i64 = 2 * 3600;

/// Asks for the faxes since then. `told` are those whose end a delivery of this run told.
pub(super) async fn ask(ask: &Ask<'_>, report: &mut Report, told: &BTreeSet<String>) -> Result<(), Failure> {
    (ask.tell)("asking Telnyx for its faxes");
    let mut tally = Tally::of("fax list");
    let mut lost = Vec::new();
    let read = read(ask, told, &mut tally, &mut lost).await;
    lost.sort_by_key(|e: &NewEvent| e.occurred_at);
    tally.new = lost.len();
    report.tallies.push(tally);
    store(ask, &lost).await?;
    read
}

async fn read(
    ask: &Ask<'_>,
    told: &BTreeSet<String>,
    tally: &mut Tally,
    lost: &mut Vec<NewEvent>,
) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for page in 1..=MOST_PAGES {
        let list = patience::with(ask.tell, async || {
            ask.telnyx.faxes(ask.since.plus_s(-TRANSMISSION_S), page, A_PAGE).await.map_err(Failure::from)
        })
        .await?;
        for fax in &list.items {
            let Some(event) = event_of(fax, ask).filter(|e| seen.insert(e.id.as_str().to_owned())) else {
                continue;
            };
            tally.found += 1;
            let id = event.order_key.clone().unwrap_or_default();
            if told.contains(&id) || is_known(ask, &id, &event).await? {
                tally.known += 1;
            } else {
                lost.push(event);
            }
        }
        let last = list.pages.map_or(list.items.len() < A_PAGE as usize, |pages| page >= pages);
        if last || list.items.is_empty() {
            break;
        }
    }
    Ok(())
}

/// The event that would have told how an inbound fax ended; `None` for one under way, and for one of ours.
fn event_of(fax: &Value, ask: &Ask<'_>) -> Option<NewEvent> {
    let id = fax["id"].as_str()?;
    if fax["direction"].as_str().is_some_and(|d| d != "inbound") {
        return None;
    }
    let event_type = match fax["status"].as_str()? {
        "received" => "fax.received",
        "failed" => "fax.failed",
        _ => return None,
    };
    let body = json!({
        "data": {
            "record_type": "event", "event_type": event_type,
            // The same fax is the same event, whenever it is asked for.
            "id": derived_id(id, &format!("backfill {event_type}")).to_string(),
            "occurred_at": fax["created_at"],
            "payload": {
                "fax_id": id, "direction": "inbound", "status": fax["status"], "from": fax["from"], "to": fax["to"],
                "connection_id": fax["connection_id"], "page_count": fax["page_count"],
                "partial_content": fax["partial_content"], "media_url": fax["media_url"],
                "failure_reason": fax["failure_reason"],
            },
        },
    })
    .to_string();
    let raw = redact::parse_body(body.as_bytes()).ok()?;
    let event = arrival::telnyx(Channel::Fax, raw, body.as_bytes(), BY_BACKFILL, ask.now);
    // Without an order key its id can be no fax's.
    event.order_key.is_some().then_some(event)
}

/// We have its end, or have been told of it and are at work.
async fn is_known(ask: &Ask<'_>, id: &str, event: &NewEvent) -> Result<bool, StoreError> {
    let row = faxes::get(ask.db, &FaxId::new(id)).await?;
    if row.is_some_and(|fax| fax.key.is_some() || fax.status != "receiving") {
        return Ok(true);
    }
    if event.event_type == "fax.received" && events::fax_received(ask.db, &FaxId::new(id)).await?.is_some() {
        return Ok(true);
    }
    let known = ingest::known(ask.db, Inbox::Telnyx, &[event.id.as_str()]).await?;
    Ok(!known.is_empty())
}
