//! Payments: sessions that cannot be made, events of Stripe that were given up, payments that are not what was asked.

use super::now;
use super::place::Place;
use super::report::{Level, Line};
use crate::store::checkup::{self, Sessions, Trouble};
use crate::store::{Db, StoreError};

const LATELY_S: i64 = 24 * 3600;
/// A session that ended this long ago has been asked about twice.
const OVERDUE_S: i64 = 12 * 3600;

pub(super) async fn check(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let now = now();
    let effects = checkup::effects_in_trouble(db, now.plus_s(-LATELY_S)).await?;
    let events = checkup::events_in_trouble(db).await?;
    let sessions = checkup::sessions(db, now.plus_s(-LATELY_S), now.plus_s(-OVERDUE_S)).await?;
    Ok(vec![judged_links(&effects), judged_events(&events), judged_sessions(sessions)])
}

fn judged_links(effects: &[Trouble]) -> Line {
    let (name, tried) =
        ("payments.links", "looked for payment links that could not be made in the last 24 hours");
    let checkouts: Vec<&Trouble> = effects.iter().filter(|t| t.kind == "checkout").collect();
    let Some(worst) = checkouts.iter().max_by_key(|t| t.n) else {
        return Line::ok(name, tried, "every payment link could be made");
    };
    let n: i64 = checkouts.iter().map(|t| t.n).sum();
    Line::fail(name, tried, format!("{n} could not be made; most often: {} ({})", worst.error, worst.n)).then(
        "these callers were transferred to a person, or wait for their text",
        "see `stripe.key` and `stripe.accounts`; `fusion-comms task list --kind link_not_sent`",
        "§10",
    )
}

fn judged_events(events: &[Trouble]) -> Line {
    let (name, tried) = ("payments.events", "looked for Stripe's events that were given up");
    let parked: Vec<&Trouble> = events.iter().filter(|t| t.lane == "stripe" && t.parked > 0).collect();
    let Some(worst) = parked.iter().max_by_key(|t| t.parked) else {
        return Line::ok(name, tried, "no event of Stripe's was given up");
    };
    let n: i64 = parked.iter().map(|t| t.parked).sum();
    Line::fail(
        name,
        tried,
        format!("{n} were given up; most often: {} ({} {})", worst.error, worst.parked, worst.kind),
    )
    .then(
        "payments may be made at Stripe that no statement knows of",
        "read `last_error` in stripe_events, mend it, and set parked_at to NULL",
        "§11",
    )
}

fn judged_sessions(sessions: Sessions) -> Line {
    let (name, tried) =
        ("payments.sessions", "looked for payments that are not what was asked, and sessions without an end");
    let Sessions { mismatches, overdue } = sessions;
    let level = if mismatches + overdue > 0 { Level::Warn } else { Level::Ok };
    let found = match (mismatches, overdue) {
        (0, 0) => "none".to_owned(),
        _ => format!(
            "{mismatches} were paid otherwise than asked, {overdue} ended long ago and are still open"
        ),
    };
    Line::judged(level, name, tried, found).then(
        "a person compares session and statement; an open one was not told of by Stripe",
        "`fusion-comms task list --kind payment_mismatch`; for the open ones see `public.stripe` and `stripe.key`",
        "§11",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use fusion_comms_core::time::Timestamp;

    fn trouble(lane: &str, kind: &str, n: i64, parked: i64) -> Trouble {
        let text = |t: &str| t.to_owned();
        let (lane, kind, error) = (text(lane), text(kind), text("Stripe gave no answer"));
        Trouble { lane, kind, error, n, parked, oldest: Timestamp::from_unix_s(0) }
    }

    #[test]
    fn links_that_stripe_does_not_make_fail_with_its_words() {
        assert_eq!(judged_links(&[trouble("sms", "text", 3, 0)]).result, Level::Ok);
        let line = judged_links(&[trouble("link", "checkout", 3, 1)]);
        assert_eq!(line.found, "3 could not be made; most often: Stripe gave no answer (3)");
    }

    #[test]
    fn only_events_that_were_given_up_fail() {
        assert_eq!(judged_events(&[trouble("stripe", "charge.refunded", 3, 0)]).result, Level::Ok);
        assert_eq!(judged_events(&[trouble("sms", "message.received", 3, 3)]).result, Level::Ok);
        assert_eq!(judged_events(&[trouble("stripe", "charge.refunded", 3, 2)]).result, Level::Fail);
        assert_eq!(judged_sessions(Sessions { mismatches: 1, overdue: 0 }).result, Level::Warn);
    }
}
