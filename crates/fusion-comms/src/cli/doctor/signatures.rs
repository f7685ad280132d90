//! The keys of webhooks: whether those that come are signed by ours, and whether the running processes take the keys that
//! they should.

use fusion_comms_core::storm::Traffic;
use fusion_comms_core::time::Timestamp;

use super::place::Place;
use super::report::{Level, Line};
use super::workers::lives;
use super::{ago, now};
use crate::cli::output::count_of;
use crate::store::inbox::BY_BACKFILL;
use crate::store::instances::{self, Instance};
use crate::store::{Db, StoreError, checkup};

const HOUR_S: i64 = 3600;
const LATELY_S: i64 = 10 * 60;
/// Webhooks are counted by the minute.
const MINUTE_S: i64 = 60;
/// Fewer refused signatures than this may be a stranger's.
const MORE_THAN_CHANCE: i64 = 3;
const TELNYX: &str = "keys.webhooks";
const STRIPE: &str = "keys.stripe_webhooks";

pub(super) async fn signatures(place: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let now = now();
    let hour = instances::traffic(db, now.plus_s(-HOUR_S)).await?;
    let lately = instances::traffic(db, now.plus_s(-LATELY_S)).await?;
    let verified = checkup::verified_by(db, now.plus_s(-24 * HOUR_S)).await?;
    let web = place.config.web.as_ref();
    let ours: Vec<String> =
        web.map(|w| w.telnyx_keys.fingerprints().map(ToString::to_string).collect()).unwrap_or_default();
    let all = instances::list(db).await?;
    let running: Vec<&Instance> = all.iter().filter(|i| i.role != "worker" && lives(i, now)).collect();
    // What was asked for afterwards bears no signature.
    let signed = verified.iter().find(|(by, ..)| by != BY_BACKFILL);
    let last = signed.map(|(print, _, at)| (print.as_str(), *at));
    let known = KeysKnown { ours: &ours, last };
    let of = |traffic: &[Traffic], stripe| {
        Signed::of(traffic.iter().filter(|t| (t.channel == "stripe") == stripe))
    };
    let nothing = KeysKnown { ours: &[], last: None };
    let mut lines = vec![
        judged_signatures(TELNYX, of(&hour, false), of(&lately, false), &known, now),
        judged_signatures(STRIPE, of(&hour, true), of(&lately, true), &nothing, now),
    ];
    let secrets: Vec<String> = web.map(|w| w.stripe_secrets.fingerprints().collect()).unwrap_or_default();
    lines.extend(judged_difference(&running, &ours, &secrets));
    Ok(lines)
}

/// Signed webhooks of a while, by how they were answered. Unsigned ones come from strangers, and from this very command.
#[derive(Clone, Copy, Debug, Default)]
struct Signed {
    taken: i64,
    wrong: i64,
    stale: i64,
    /// The minutes of the last that was taken, and of the last that no key of ours had signed.
    last_taken: Option<Timestamp>,
    last_wrong: Option<Timestamp>,
}

impl Signed {
    fn of<'a>(traffic: impl Iterator<Item = &'a Traffic>) -> Self {
        traffic.fold(Self::default(), |all, t| Self {
            taken: all.taken + t.stored + t.known,
            wrong: all.wrong + t.wrong_signature,
            stale: all.stale + t.stale,
            last_taken: all.last_taken.max(t.last_taken),
            last_wrong: all.last_wrong.max(t.last_wrong),
        })
    }

    /// Refusals are the rule, and more than a stranger's try or two.
    fn mostly_refused(self) -> bool {
        let refused = self.wrong + self.stale;
        refused >= MORE_THAN_CHANCE && refused >= self.taken
    }
}

/// What is known of the keys besides.
struct KeysKnown<'a> {
    ours: &'a [String],
    /// The key that signed the last event that was taken, and when.
    last: Option<(&'a str, Timestamp)>,
}

/// How the last webhook that was taken stands to those that no key of ours had signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Ours has verified one since.
    Over,
    /// Ours has verified one in the same minute.
    Among,
    /// The last that was taken came later, but bears a key that is ours no more.
    Unproven,
    /// None was taken since.
    GoesOn,
    /// None was taken since, and the last bears a key that is not ours.
    Foreign,
}

fn standing(hour: &Signed, keys: &KeysKnown<'_>) -> Standing {
    let Some(refused) = hour.last_wrong else { return Standing::Over };
    let over = refused.plus_s(MINUTE_S);
    if let Some((print, at)) = keys.last
        && !keys.ours.is_empty()
        && keys.ours.iter().all(|ours| ours != print)
    {
        return if at >= over { Standing::Unproven } else { Standing::Foreign };
    }
    match keys.last.map(|(_, at)| at).max(hour.last_taken) {
        Some(taken) if taken >= over => Standing::Over,
        Some(taken) if taken >= refused => Standing::Among,
        _ => Standing::GoesOn,
    }
}

/// The last minutes count by themselves: a clock that went wrong just now is lost in the traffic of an hour.
fn judged_signatures(
    name: &'static str,
    hour: Signed,
    lately: Signed,
    keys: &KeysKnown<'_>,
    now: Timestamp,
) -> Line {
    let Signed { taken, wrong, stale, .. } = hour;
    let key = keys.last.map_or_else(String::new, |(print, at)| {
        format!("; the last taken, {} ago, was signed by {print}", ago(now.ms_since(at)))
    });
    if wrong == 0 && stale == 0 {
        return none_refused(name, taken, &key);
    }
    if stale > wrong {
        let fails = hour.mostly_refused() || lately.mostly_refused();
        let level = if fails { Level::Fail } else { Level::Warn };
        let found = format!("{} refused as too old, {taken} taken", count_of(stale, "was", "were"));
        return Line::judged(level, name, TRIED, found).then(
            "our clock is off, or captured webhooks are sent again",
            "see `clock.telnyx`; set this machine's clock by NTP",
            "§3",
        );
    }
    let refused = count_of(wrong, "webhook was", "webhooks were");
    let harmless = || {
        let others = count_of(taken.max(1), "other was", "others were");
        format!(
            "{refused} refused with 400, from before a change of keys or of a stranger who knocks: {others} verified by our key{key}"
        )
    };
    match standing(&hour, keys) {
        Standing::Over => Line::ok(name, TRIED, harmless() + "; nothing to do"),
        Standing::Among => Line::warn(name, TRIED, harmless()).then(
            "our key is right: what it did not sign is nobody's, or of a key that is being changed",
            "nothing, unless refusals still go on in a few minutes: then compare the keys with the portal's",
            "§3",
        ),
        Standing::Unproven => Line::warn(name, TRIED, format!("{refused} refused with 400{key}")).then(
            "the key has been changed here since, and nothing that it signed has come yet",
            format!("send a text to a number of ours and look again; ours: {}", keys.ours.join(", ")),
            "§3",
        ),
        Standing::GoesOn if wrong < MORE_THAN_CHANCE => wrong_key(Level::Warn, name, &hour, keys, &key),
        Standing::GoesOn | Standing::Foreign => wrong_key(Level::Fail, name, &hour, keys, &key),
    }
}

const TRIED: &str =
    "counted the webhooks of the last hour whose signature was refused, and looked what was taken since";

fn none_refused(name: &'static str, taken: i64, key: &str) -> Line {
    let who = if name == TELNYX { "Telnyx" } else { "Stripe" };
    let found = match taken {
        // Counts are told every ten seconds: the event itself may be there before them.
        0 if !key.is_empty() => format!("no webhook was refused{key}"),
        0 => format!("no webhook of {who}'s came in the last hour"),
        _ => format!("no webhook was refused, {} taken{key}", count_of(taken, "was", "were")),
    };
    Line::ok(name, TRIED, found)
}

fn wrong_key(level: Level, name: &'static str, hour: &Signed, keys: &KeysKnown<'_>, key: &str) -> Line {
    let held =
        if keys.ours.is_empty() { String::new() } else { format!(" (ours: {})", keys.ours.join(", ")) };
    let found = format!(
        "{} refused with 400: no key of ours made their signature{held}; {} taken{key}",
        count_of(hour.wrong, "webhook was", "webhooks were"),
        hour.taken,
    );
    let (who, variable, next) = if name == TELNYX {
        (
            "Telnyx",
            "TELNYX_PUBLIC_KEY",
            "copy the public key from the Telnyx portal into TELNYX_PUBLIC_KEY (while keys change: \
             TELNYX_PUBLIC_KEY_PENDING); with APP_SECRETS_ARN it is used within a minute, else redeploy",
        )
    } else {
        (
            "Stripe",
            "STRIPE_WEBHOOK_SECRET",
            "copy the Connect endpoint's signing secret from the dashboard into STRIPE_WEBHOOK_SECRET (several with commas)",
        )
    };
    Line::judged(level, name, TRIED, found).then(
        format!("{who} signs with another key than {variable} holds: its events are refused; what is not sent again for long enough, as of calls, `fusion-comms backfill` fetches"),
        next,
        "§3",
    )
}

/// A process that runs by other keys or secrets than we read here was started before they changed.
fn judged_difference(running: &[&Instance], keys: &[String], secrets: &[String]) -> Option<Line> {
    let tried = "compared the keys and secrets of the running processes with those configured here";
    let differs = |whose: &str, theirs: &str, ours: &[String]| {
        let held: Vec<&str> = theirs.split(',').filter(|k| !k.is_empty()).collect();
        let same = ours.is_empty() || held.iter().eq(ours);
        (!same).then(|| format!("takes {whose} webhooks by {theirs}, here {} is configured", ours.join(",")))
    };
    let found = running.iter().find_map(|i| {
        let of_stripe =
            || i.stripe_secrets.as_deref().and_then(|theirs| differs("Stripe's", theirs, secrets));
        let words = differs("Telnyx's", &i.telnyx_keys, keys).or_else(of_stripe)?;
        Some(format!("{} {words}", i.name))
    });
    let Some(found) = found else {
        return (!running.is_empty()).then(|| {
            Line::ok(
                "keys.running",
                tried,
                "the running processes hold the keys and secrets that are configured here",
            )
        });
    };
    Some(Line::warn("keys.running", tried, found).then(
        "it was started with other keys, or this command runs with another environment than the service",
        "redeploy it, or run `doctor` in the service's own environment",
        "§3",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::workers::tests::instance;
    use super::*;

    #[test]
    fn refusals_count_by_what_was_taken_since_and_by_whose_key() {
        const NOW_S: i64 = 999_960;
        let now = Timestamp::from_unix_s(NOW_S);
        let ours = ["aa".to_owned()];
        // Refused, the minute of the last of them (seconds ago); taken, by whom and how long ago.
        for (wrong, refused_ago, taken, last, level, says) in [
            (0, 0, 9, Some(("aa", 60)), Level::Ok, "no webhook was refused, 9 were taken"),
            (3, 60, 0, None, Level::Fail, "3 webhooks were refused with 400: no key of ours"),
            (2, 60, 0, None, Level::Warn, "(ours: aa); 0 taken"),
            // The key is wrong: the last was taken by the one of before.
            (1, 60, 900, Some(("bb", 90)), Level::Fail, "the last taken, 90 s ago, was signed by bb"),
            (1, 60, 900, Some(("bb", 30)), Level::Fail, "(ours: aa); 900 taken"),
            // Telnyx has changed its key, we have not.
            (3, 60, 900, Some(("aa", 90)), Level::Fail, "no key of ours made their signature"),
            (2, 60, 900, Some(("aa", 90)), Level::Warn, "no key of ours made their signature"),
            // Rotation is done, whatever came before.
            (
                50,
                120,
                5,
                Some(("aa", 2)),
                Level::Ok,
                "5 others were verified by our key; the last taken, 2 s ago",
            ),
            (50, 60, 0, Some(("aa", 0)), Level::Ok, "1 other was verified by our key"),
            (
                50,
                60,
                900,
                Some(("aa", 30)),
                Level::Warn,
                "or of a stranger who knocks: 900 others were verified",
            ),
            // Of an older trouble; ours has verified nothing yet.
            (
                50,
                600,
                900,
                Some(("bb", 300)),
                Level::Warn,
                "50 webhooks were refused with 400; the last taken",
            ),
        ] {
            let at = |ago: i64| now.plus_s(-ago);
            let hour = Signed {
                taken,
                wrong,
                last_wrong: (wrong > 0).then(|| at(refused_ago)),
                ..Signed::default()
            };
            let keys = KeysKnown { ours: &ours, last: last.map(|(print, ago)| (print, at(ago))) };
            let line = judged_signatures(TELNYX, hour, hour, &keys, now);
            assert_eq!(line.result, level, "{wrong} {last:?}: {line:?}");
            assert!(line.found.contains(says), "{says}: {line:?}");
            assert_eq!(
                line.next.contains("copy the public key"),
                line.found.contains("no key of ours"),
                "{line:?}"
            );
        }
    }

    #[test]
    fn what_comes_again_counts_as_taken_too_and_a_clock_that_is_off_is_no_key() {
        let now = Timestamp::from_unix_s(999_960);
        let keys = KeysKnown { ours: &[], last: None };
        let (wrong, taken) = (Some(now.plus_s(-120)), Some(now.plus_s(-60)));
        let hour = Signed { taken: 1, wrong: 9, stale: 0, last_taken: taken, last_wrong: wrong };
        assert_eq!(judged_signatures(STRIPE, hour, hour, &keys, now).result, Level::Ok);
        let hour = Signed { last_taken: wrong, last_wrong: taken, ..hour };
        let line = judged_signatures(STRIPE, hour, hour, &keys, now);
        assert!(line.result == Level::Fail && line.means.contains("STRIPE_WEBHOOK_SECRET"), "{line:?}");
        let stale = Signed { stale: 3, ..Signed::default() };
        let line = judged_signatures(TELNYX, stale, stale, &keys, now);
        assert!(line.result == Level::Fail && line.means.contains("clock"), "{line:?}");
        let stranger = Traffic { unsigned: 90, stored: 1, ..Traffic::default() };
        assert_eq!(Signed::of([&stranger].into_iter()).wrong, 0);
    }

    #[test]
    fn a_process_with_other_keys_than_ours_is_told() {
        let i = instance("all", 5, false);
        let list = |text: &str| vec![text.to_owned()];
        let line = |keys: &str, secrets: &str| judged_difference(&[&i], &list(keys), &list(secrets)).unwrap();
        assert_eq!(line("aa", "cc").result, Level::Ok);
        assert_eq!(line("bb", "cc").result, Level::Warn);
        let other = line("aa", "dd");
        assert_eq!(other.result, Level::Warn);
        assert_eq!(other.found, "host:8080 takes Stripe's webhooks by cc, here dd is configured");
        let older = Instance { stripe_secrets: None, ..i.clone() };
        assert_eq!(judged_difference(&[&older], &list("aa"), &list("dd")).unwrap().result, Level::Ok);
        assert_eq!(judged_difference(&[], &[], &[]), None);
    }

    #[test]
    fn an_hour_without_webhooks_is_said_in_words() {
        let (now, nothing) = (Timestamp::from_unix_s(1_000_000), KeysKnown { ours: &[], last: None });
        let line = |taken| {
            let hour = Signed { taken, ..Signed::default() };
            judged_signatures(STRIPE, hour, Signed::default(), &nothing, now).found
        };
        assert_eq!(line(0), "no webhook of Stripe's came in the last hour");
        assert_eq!(line(2), "no webhook was refused, 2 were taken");
    }
}
