//! Stripe's events, account by account: a direct charge's events are seen on the connected account only.
//!
//! Stripe lists the latest first and 30 days back. An event that an account lists for itself does not name the account;
//! as the Connect webhook does, it is put in, since the agency is found by it.

use std::collections::BTreeSet;

use fusion_comms_core::redact;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::{Ask, Failure, Report, Tally, patience};
use crate::arrival;
use crate::store::inbox::BY_BACKFILL;
use crate::store::ingest::{self, NewStripeEvent};
use crate::store::pruning::Inbox;
use crate::store::{StoreError, tenants};
use crate::worker::PAYMENT_EVENTS;

/// Seconds that Stripe lists events for, less some minutes for clocks that differ.
const LISTED_S: i64 = 30 * 24 * 3600 - 600;
/// Pages of one account that are read at most: 100 events each.
const MOST_PAGES: usize = 2_000;

/// Asks each agency's account.
pub(super) async fn ask(ask: &Ask<'_>, report: &mut Report) -> Result<(), StoreError> {
    let agencies = tenants::list(ask.db).await?;
    let accounts: BTreeSet<String> = agencies.into_iter().filter_map(|t| t.stripe_account).collect();
    let earliest = ask.now.plus_s(-LISTED_S);
    if ask.since < earliest && !accounts.is_empty() {
        report.notes.push(format!("Stripe lists events of 30 days: it was asked from {earliest} on"));
    }
    let since = ask.since.max(earliest);
    let mut tally = Tally::of("payments");
    for account in &accounts {
        (ask.tell)(&format!("asking Stripe for the events of {account}"));
        let mut lost = Vec::new();
        let read = read(ask, account, since, &mut tally, &mut lost).await;
        if let Err(e) = read {
            report.failed(&format!("Stripe's events of {account}"), e);
        }
        // By their own time; of one second, in the order of the list, which is the other way round.
        lost.reverse();
        lost.sort_by_key(|e: &NewStripeEvent| e.occurred_at);
        for event in &lost {
            tally.new += 1;
            if !ask.dry_run {
                ingest::store_stripe(ask.db, event).await?;
            }
        }
    }
    report.tallies.push(tally);
    Ok(())
}

async fn read(
    ask: &Ask<'_>,
    account: &str,
    since: Timestamp,
    tally: &mut Tally,
    lost: &mut Vec<NewStripeEvent>,
) -> Result<(), Failure> {
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = patience::with(ask.tell, async || {
            let page = ask.stripe.events(account, &PAYMENT_EVENTS, since, after.as_deref()).await;
            page.map_err(Failure::from)
        })
        .await?;
        let events: Vec<NewStripeEvent> =
            page.items.iter().filter_map(|item| event_of(item, account, ask.now)).collect();
        let ids: Vec<&str> = events.iter().map(|e| e.id.as_str()).collect();
        let known = ingest::known(ask.db, Inbox::Stripe, &ids).await?;
        tally.found += events.len();
        after = page.items.last().and_then(|item| item["id"].as_str()).map(str::to_owned);
        for event in events {
            if known.contains(event.id.as_str()) {
                tally.known += 1;
            } else {
                lost.push(event);
            }
        }
        if !page.more || after.is_none() {
            break;
        }
    }
    Ok(())
}

fn event_of(item: &Value, account: &str, now: Timestamp) -> Option<NewStripeEvent> {
    let mut item = item.clone();
    if item["account"].is_null() {
        *item.as_object_mut()?.entry("account").or_insert(Value::Null) = json!(account);
    }
    let raw = redact::parse_body(item.to_string().as_bytes()).ok()?;
    arrival::stripe(raw, Some(BY_BACKFILL), now)
}
