//! Telnyx's list of webhook deliveries: each holds the event that it was to deliver, whether that came through or not.
//!
//! All are read, not only the failed ones: after a restore it is the delivered ones that we lack. A span of time after the
//! other, so that little is held at once and a run that breaks off has done the older part; within a span by the events'
//! own time, since the order of storing is the order of work.

use std::collections::BTreeSet;

use fusion_comms_core::envelope::Channel;
use fusion_comms_core::redact;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::{Ask, Failure, Report, Tally, patience, store};
use crate::arrival;
use crate::store::inbox::BY_BACKFILL;
use crate::store::ingest::{self, NewEvent};
use crate::store::pruning::Inbox;

/// Seconds of a span.
const SPAN_S: i64 = 6 * 3600;
/// Deliveries a page: each holds an event of a few kilobytes, and its tries.
const A_PAGE: u32 = 100;
/// Pages of a span that are read at most.
const MOST_PAGES: u32 = 10_000;

/// What is not asked of one delivery but of all.
#[derive(Default)]
struct Course {
    tallies: Vec<Tally>,
    unreadable: usize,
    elsewhere: usize,
    /// When the oldest delivery that was seen began.
    oldest: Option<Timestamp>,
}

impl Course {
    fn tally(&mut self, channel: Channel) -> &mut Tally {
        let at = match channel {
            Channel::Voice => 0,
            Channel::Sms => 1,
            Channel::Fax => 2,
        };
        &mut self.tallies[at]
    }
}

/// Asks for all deliveries since then. `faxes` gets the faxes whose end is told by one.
pub(super) async fn ask(
    ask: &Ask<'_>,
    report: &mut Report,
    faxes: &mut BTreeSet<String>,
) -> Result<(), Failure> {
    let mut course =
        Course { tallies: ["calls", "texts", "faxes"].map(Tally::of).into(), ..Course::default() };
    let read = read(ask, &mut course, faxes).await;
    report.tallies.append(&mut course.tallies);
    if course.unreadable > 0 {
        report.not_asked.push(format!(
            "{} of Telnyx's deliveries hold no event that can be read: look at them in its portal",
            course.unreadable
        ));
    }
    if course.elsewhere > 0 {
        report.notes.push(format!(
            "{} deliveries went to other addresses than ours and were left alone",
            course.elsewhere
        ));
    }
    read?;
    gone(ask, course.oldest, report).await
}

async fn read(ask: &Ask<'_>, course: &mut Course, faxes: &mut BTreeSet<String>) -> Result<(), Failure> {
    let end = ask.now;
    let mut from = ask.since;
    while from < end {
        let until = from.plus_s(SPAN_S).min(end);
        (ask.tell)(&format!("asking Telnyx for its deliveries from {from} to {until}"));
        let mut lost = Vec::new();
        let read = span(ask, from, until, course, &mut lost).await;
        lost.sort_by_key(|e| e.occurred_at);
        for event in &lost {
            course.tally(event.channel).new += 1;
            if let ("fax.received" | "fax.failed", Some(fax)) = (event.event_type.as_str(), &event.order_key)
            {
                faxes.insert(fax.clone());
            }
        }
        // Also what a page that failed came after.
        store(ask, &lost).await?;
        read?;
        from = until;
    }
    Ok(())
}

/// Reads one span; what our inbox lacks is added to `lost`.
async fn span(
    ask: &Ask<'_>,
    from: Timestamp,
    until: Timestamp,
    course: &mut Course,
    lost: &mut Vec<NewEvent>,
) -> Result<(), Failure> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for page in 1..=MOST_PAGES {
        let list = patience::with(ask.tell, async || {
            ask.telnyx.deliveries(Some(from), until, page, A_PAGE).await.map_err(Failure::from)
        })
        .await?;
        let mut events = Vec::new();
        for item in &list.items {
            let began = item["started_at"].as_str().and_then(Timestamp::parse);
            course.oldest = course.oldest.into_iter().chain(began).min();
            match event_of(item, ask) {
                Read::Event(event) if seen.insert(event.id.as_str().to_owned()) => events.push(*event),
                Read::Event(_) => {}
                Read::Elsewhere => course.elsewhere += 1,
                Read::Nothing => course.unreadable += 1,
            }
        }
        let ids: Vec<&str> = events.iter().map(|e| e.id.as_str()).collect();
        let known = ingest::known(ask.db, Inbox::Telnyx, &ids).await?;
        for event in events {
            let is_known = known.contains(event.id.as_str());
            let tally = course.tally(event.channel);
            tally.found += 1;
            tally.known += usize::from(is_known);
            if !is_known {
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

enum Read {
    Event(Box<NewEvent>),
    /// Of another application or service on the same account.
    Elsewhere,
    /// Without an event id, or no JSON that a webhook could bring.
    Nothing,
}

fn event_of(delivery: &Value, ask: &Ask<'_>) -> Read {
    let Some(webhook) = delivery.get("webhook") else { return Read::Nothing };
    let Some(id) = webhook["id"].as_str().filter(|id| !id.is_empty()) else { return Read::Nothing };
    let attempts = delivery["attempts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let url = attempts.iter().find_map(|a| Url::parse(a.pointer("/http/request/url")?.as_str()?).ok());
    let event_type = webhook["event_type"].as_str().unwrap_or_default();
    let Some(channel) = channel_of(url.as_ref(), event_type, ask.host) else { return Read::Elsewhere };
    let body = json!({
        "data": {
            "record_type": "event", "event_type": event_type, "id": same_case(id),
            "occurred_at": webhook["occurred_at"], "payload": webhook["payload"],
        },
        "meta": {"attempt": attempts.len(), "delivered_to": url.as_ref().map(Url::as_str)},
    })
    .to_string();
    match redact::parse_body(body.as_bytes()) {
        Ok(raw) => {
            let event = arrival::telnyx(channel, raw, body.as_bytes(), BY_BACKFILL, ask.now);
            Read::Event(Box::new(event))
        }
        Err(_) => Read::Nothing,
    }
}

/// Telnyx's own example of this list writes ids in capitals, its webhooks do not: it is one id.
fn same_case(id: &str) -> String {
    match uuid::Uuid::try_parse(id) {
        Ok(_) => id.to_ascii_lowercase(),
        Err(_) => id.to_owned(),
    }
}

/// Our route that it went to; by the event's type where no address is told.
fn channel_of(url: Option<&Url>, event_type: &str, host: Option<&str>) -> Option<Channel> {
    let Some(url) = url else {
        return match event_type.split('.').next() {
            Some("call") => Some(Channel::Voice),
            Some("message") => Some(Channel::Sms),
            Some("fax") => Some(Channel::Fax),
            _ => None,
        };
    };
    if host.is_some_and(|host| url.host_str() != Some(host)) {
        return None;
    }
    let (_, route) = url.path().trim_end_matches('/').rsplit_once("/webhooks/telnyx/")?;
    [Channel::Voice, Channel::Sms, Channel::Fax].into_iter().find(|c| c.as_str() == route)
}

/// How long Telnyx lists deliveries is nowhere written: where its list does not reach back as far as we asked, say so.
async fn gone(ask: &Ask<'_>, oldest: Option<Timestamp>, report: &mut Report) -> Result<(), Failure> {
    let older = patience::with(ask.tell, async || {
        ask.telnyx.deliveries(None, ask.since, 1, 1).await.map_err(Failure::from)
    })
    .await?;
    if older.items.is_empty() {
        report.notes.push(match oldest {
            Some(at) => format!(
                "Telnyx's list of deliveries begins at {at}: what it sent before, if anything, it no longer has"
            ),
            None => "Telnyx lists no delivery at all: what it sent, if anything, it no longer has".to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_ours_by_the_route_it_went_to() {
        let to = |url: &str, host| channel_of(Some(&Url::parse(url).unwrap()), "call.hangup", host);
        assert_eq!(to("https://api.example.com/webhooks/telnyx/voice", None), Some(Channel::Voice));
        assert_eq!(to("https://api.example.com/billing/webhooks/telnyx/fax/", None), Some(Channel::Fax));
        assert_eq!(to("https://api.example.com/other", None), None);
        assert_eq!(to("https://api.example.com/webhooks/telnyx/other", None), None);
        let ours = Some("api.example.com");
        assert_eq!(to("https://staging.example.com/webhooks/telnyx/sms", ours), None);
        assert_eq!(to("https://api.example.com/webhooks/telnyx/sms", ours), Some(Channel::Sms));
        assert_eq!(channel_of(None, "message.received", ours), Some(Channel::Sms));
        assert_eq!(channel_of(None, "porting.done", None), None);
    }

    #[test]
    fn an_id_is_the_same_in_capitals() {
        let id = "C9C0797E-901D-4349-A33C-C2C8F31A92C2";
        assert_eq!(same_case(id), id.to_ascii_lowercase());
        assert_eq!(same_case("Event-7"), "Event-7");
    }
}
