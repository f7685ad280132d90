//! Texts that came to nothing in the last day, by reason, and texts that do not move.

use fusion_comms_core::time::Timestamp;

use super::place::Place;
use super::report::{Level, Line};
use super::{ago, now};
use crate::store::checkup_texts::{self, NotSent};
use crate::store::{Db, StoreError};

const LATELY_S: i64 = 24 * 3600;
/// A text is handed over within seconds, and its first status comes within minutes.
const STUCK_S: i64 = 10 * 60;
/// So many failures at the carrier, and of so many hundredths of all, are no longer single numbers' fault.
const MANY: i64 = 5;

pub(super) async fn check(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let now = now();
    let lost = checkup_texts::not_sent(db, now.plus_s(-LATELY_S)).await?;
    let stuck = checkup_texts::stuck(db, now.plus_s(-STUCK_S)).await?;
    Ok(vec![judged_lost(&lost), judged_stuck(&stuck, now)])
}

/// Why a text came to nothing, by who said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    OptedOut,
    Frozen,
    /// Telnyx's own block after a STOP (40300).
    Blocked,
    /// Another refusal of our gate: consent, a wrong number, too often.
    Gate,
    Unknown,
    /// The carrier, or Telnyx.
    Carrier,
}

fn reason(text: &NotSent) -> Reason {
    let error = text.error.as_str();
    match () {
        () if error.starts_with("opted out on") => Reason::OptedOut,
        () if error.starts_with("the agency's sending is frozen") => Reason::Frozen,
        () if error.contains("40300") => Reason::Blocked,
        () if text.status == "refused" => Reason::Gate,
        () if text.status == "unknown" => Reason::Unknown,
        () => Reason::Carrier,
    }
}

fn judged_lost(lost: &[NotSent]) -> Line {
    let (name, tried) =
        ("texts.failed", "counted the texts of the last 24 hours that came to nothing, by reason");
    let count = |reasons: &[Reason]| -> i64 {
        lost.iter().filter(|t| reasons.contains(&reason(t))).map(|t| t.n).sum()
    };
    let named = [
        (count(&[Reason::Carrier]), "failed at the carrier or at Telnyx"),
        (count(&[Reason::Unknown]), "handed over without any answer"),
        (count(&[Reason::Blocked]), "blocked by Telnyx after a STOP (40300)"),
        (count(&[Reason::OptedOut]), "refused: the number is opted out"),
        (count(&[Reason::Frozen]), "refused: the agency's sending is frozen"),
        (count(&[Reason::Gate]), "refused for another reason of ours"),
    ];
    let words: Vec<String> = named.iter().filter(|(n, _)| *n > 0).map(|(n, w)| format!("{n} {w}")).collect();
    if words.is_empty() {
        return Line::ok(name, tried, "no text came to nothing in the last 24 hours");
    }
    let carrier: Vec<&NotSent> = lost.iter().filter(|t| reason(t) == Reason::Carrier).collect();
    let mut found = words.join(", ");
    if let Some(worst) = carrier.iter().max_by_key(|t| t.n) {
        found += &format!("; most often: {} ({})", worst.error, worst.n);
    }
    let level = match (named[0].0, named[1].0) {
        (MANY.., _) => Level::Fail,
        (0, 0) => Level::Ok,
        _ => Level::Warn,
    };
    Line::judged(level, name, tried, found).then(
        carrier.first().map_or("nobody knows whether these reached the person; they are not sent again", |worst| {
            meaning(&worst.error)
        }),
        "`fusion-comms task list --kind link_not_sent` lists the payers who wait; the statement's texts are in \
         telnyx_sms_messages",
        "§10",
    )
}

/// What a carrier's code means.
fn meaning(error: &str) -> &'static str {
    match error.split_whitespace().next().unwrap_or_default() {
        "40001" => "landlines, or numbers that cannot be routed: these payers need a call",
        "40002" | "40003" | "40015" | "40017" => {
            "filtered as spam: see the wording, the link's domain and the 10DLC campaign"
        }
        "40010" | "40329" | "40330" => {
            "the sender is not registered: 10DLC campaign or toll-free verification"
        }
        "40016" | "40018" | "40318" => "more texts than the carrier takes at this rate",
        "40305" | "40310" => "the sender or the number is not valid for our messaging profile",
        _ => "the carrier or Telnyx did not deliver them: the code says why",
    }
}

fn judged_stuck(stuck: &[(String, i64, Timestamp)], now: Timestamp) -> Line {
    let (name, tried) = ("texts.stuck", "looked for texts that have not moved for 10 minutes");
    if stuck.is_empty() {
        return Line::ok(name, tried, "no text is stuck");
    }
    let one = |(status, n, oldest): &(String, i64, Timestamp)| {
        format!("{n} are `{status}`, the oldest for {}", ago(now.ms_since(*oldest)))
    };
    let words: Vec<String> = stuck.iter().map(one).collect();
    let queued = stuck.iter().any(|(status, ..)| status == "queued");
    let (level, means, next) = if queued {
        (
            Level::Fail,
            "texts are allowed and not handed over: no worker runs, or Telnyx refuses",
            "see `workers`, `telnyx` and `outbox`",
        )
    } else {
        (
            Level::Warn,
            "Telnyx took them and no status has come: its webhooks do not reach us, or nobody answered",
            "see `telnyx.profile` and, with --public-url, `public.sms`",
        )
    };
    Line::judged(level, name, tried, words.join(", ")).then(means, next, "§10")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(status: &str, error: &str, n: i64) -> NotSent {
        NotSent {
            status: status.to_owned(),
            class: "payment_link".to_owned(),
            error: error.to_owned(),
            n,
            last: Timestamp::from_unix_s(0),
        }
    }

    #[test]
    fn who_said_no_is_told_apart() {
        for (status, error, expected) in [
            ("refused", "opted out on 2026-03-03T15:00:00Z, source sms_stop", Reason::OptedOut),
            ("refused", "the agency's sending is frozen since 2026: x", Reason::Frozen),
            ("refused", "no consent to texts is on record for this number", Reason::Gate),
            ("failed", "Telnyx refused the request (HTTP 400, code 40300: Blocked)", Reason::Blocked),
            ("unknown", "", Reason::Unknown),
            ("failed", "40008 Undeliverable", Reason::Carrier),
        ] {
            assert_eq!(reason(&text(status, error, 1)), expected, "{error}");
        }
    }

    #[test]
    fn refusals_of_ours_are_no_trouble_and_many_at_the_carrier_fail() {
        assert_eq!(judged_lost(&[]).result, Level::Ok);
        assert_eq!(judged_lost(&[text("refused", "opted out on x", 90)]).result, Level::Ok);
        assert_eq!(judged_lost(&[text("failed", "40001 Not routable", 4)]).result, Level::Warn);
        let line = judged_lost(&[text("failed", "40010 Not registered", 5), text("unknown", "", 1)]);
        assert_eq!(line.result, Level::Fail);
        assert!(line.means.contains("10DLC"));
        assert_eq!(
            line.found,
            "5 failed at the carrier or at Telnyx, 1 handed over without any answer; most often: 40010 Not registered (5)"
        );
    }

    #[test]
    fn a_text_that_is_queued_for_long_fails_and_one_without_status_warns() {
        let at = Timestamp::from_unix_s(0);
        let line = |status: &str| judged_stuck(&[(status.to_owned(), 2, at)], at.plus_s(1200));
        assert_eq!(line("queued").result, Level::Fail);
        assert_eq!(line("sending").result, Level::Warn);
        assert_eq!(line("sending").found, "2 are `sending`, the oldest for 20 min");
    }
}
