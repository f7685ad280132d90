//! The processes of the service: whether workers run, whether webhooks are answered, and whether they take the keys
//! that they should.

use fusion_comms_core::storm::Traffic;
use fusion_comms_core::time::Timestamp;

use super::place::Place;
use super::report::{Level, Line};
use super::{ago, now};
use crate::cli::output::count_of;
use crate::store::instances::{self, Instance};
use crate::store::{Db, StoreError, checkup};

/// A process tells of itself every ten seconds; one that has not for so long is gone.
const SILENT_MS: i64 = 60_000;
const HOUR_S: i64 = 3600;
const LATELY_S: i64 = 10 * 60;
/// Fewer refused signatures than this may be a stranger's.
const MORE_THAN_CHANCE: i64 = 3;
const TELNYX: &str = "keys.webhooks";
const STRIPE: &str = "keys.stripe_webhooks";

fn lives(instance: &Instance, now: Timestamp) -> bool {
    instance.stopped_at.is_none() && now.ms_since(instance.seen_at) < SILENT_MS
}

pub(super) async fn processes(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let all = instances::list(db).await?;
    let now = now();
    Ok(vec![judged_workers(&all, now), judged_web(&all, now)])
}

fn judged_workers(all: &[Instance], now: Timestamp) -> Line {
    let (name, tried) =
        ("workers.alive", "looked for a process with workers that has told of itself in the last minute");
    let workers: Vec<&Instance> = all.iter().filter(|i| i.role != "web").collect();
    let alive = workers.iter().filter(|i| i.workers_run && lives(i, now)).count();
    if alive > 0 {
        return Line::ok(name, tried, format!("{alive} with running workers"));
    }
    let starting = workers.iter().find(|i| lives(i, now));
    if starting.is_some_and(|i| now.ms_since(i.started_at) < SILENT_MS) {
        return Line::warn(name, tried, "a worker process has just started").then(
            "its workers are about to begin",
            "run `fusion-comms doctor` again in a minute",
            "§13",
        );
    }
    let starting = starting.is_some();
    let found = match workers.first() {
        _ if starting => "a worker process runs, but its workers have not begun".to_owned(),
        Some(last) => format!("no worker runs: {}", gone(last, now)),
        None => "no worker runs: none has ever told of itself on this database".to_owned(),
    };
    let next = if starting {
        "see its log and /readyz: it waits for the database or for the schema"
    } else {
        "start one: aws ecs list-tasks --family <AppName>-<env>-worker, or `fusion-comms worker`; then see its log"
    };
    Line::fail(name, tried, found).then(
        "what comes is kept and nothing is done: calls are not answered, texts do not leave, faxes are not read",
        next,
        "§13",
    )
}

fn judged_web(all: &[Instance], now: Timestamp) -> Line {
    let (name, tried) =
        ("web.alive", "looked for a process with webhooks that has told of itself in the last minute");
    let web: Vec<&Instance> = all.iter().filter(|i| i.role != "worker").collect();
    let alive = web.iter().filter(|i| lives(i, now)).count();
    if alive > 0 {
        return Line::ok(name, tried, format!("{alive} that answer webhooks"));
    }
    let found = match web.first() {
        Some(last) => format!("nobody answers webhooks: {}", gone(last, now)),
        None => "nobody answers webhooks: no web process has ever told of itself on this database".to_owned(),
    };
    Line::fail(name, tried, found).then(
        "Telnyx and Stripe get no answer; Telnyx tries a call's events for a minute and a text's three times, Stripe for three days",
        "start one: aws ecs list-tasks --family <AppName>-<env>-backend, or `fusion-comms serve`; then see its log",
        "§13",
    )
}

fn gone(last: &Instance, now: Timestamp) -> String {
    match last.stopped_at {
        Some(at) => format!("the last, {}, stopped in order {} ago", last.name, ago(now.ms_since(at))),
        None => format!("the last, {}, has been silent for {}", last.name, ago(now.ms_since(last.seen_at))),
    }
}

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
    let known = KeysKnown { ours: &ours, last: verified.first().map(|(print, _, at)| (print.as_str(), *at)) };
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
}

impl Signed {
    fn of<'a>(traffic: impl Iterator<Item = &'a Traffic>) -> Self {
        traffic.fold(Self::default(), |all, t| Self {
            taken: all.taken + t.stored + t.known,
            wrong: all.wrong + t.wrong_signature,
            stale: all.stale + t.stale,
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

/// The last minutes count by themselves: a key that changed just now is lost in the traffic of an hour.
fn judged_signatures(
    name: &'static str,
    hour: Signed,
    lately: Signed,
    keys: &KeysKnown<'_>,
    now: Timestamp,
) -> Line {
    let tried = "counted the webhooks of the last hour whose signature was refused";
    let Signed { taken, wrong, stale } = hour;
    let key = keys.last.map_or_else(String::new, |(print, at)| {
        format!("; the last taken, {} ago, was signed by {print}", ago(now.ms_since(at)))
    });
    if wrong == 0 && stale == 0 {
        let who = if name == TELNYX { "Telnyx" } else { "Stripe" };
        let found = match taken {
            // Counts are told every ten seconds: the event itself may be there before them.
            0 if !key.is_empty() => format!("none was refused{key}"),
            0 => format!("no webhook of {who}'s came in the last hour"),
            1 => format!("none was refused, 1 was taken{key}"),
            _ => format!("none was refused, {taken} were taken{key}"),
        };
        return Line::ok(name, tried, found);
    }
    let level = if hour.mostly_refused() || lately.mostly_refused() { Level::Fail } else { Level::Warn };
    if stale > wrong {
        return Line::judged(
            level,
            name,
            tried,
            format!("{} refused as too old, {taken} taken", count_of(stale, "was", "were")),
        )
        .then(
            "our clock is off, or captured webhooks are sent again",
            "see `clock.telnyx`; set this machine's clock by NTP",
            "§3",
        );
    }
    let held =
        if keys.ours.is_empty() { String::new() } else { format!(" (ours: {})", keys.ours.join(", ")) };
    let found = format!(
        "{} refused with 400: no key of ours made their signature{held}; {taken} taken{key}",
        count_of(wrong, "webhook was", "webhooks were")
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
    Line::judged(level, name, tried, found).then(
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
        return (!running.is_empty()).then(|| Line::ok("keys.running", tried, "they are the same"));
    };
    Some(Line::warn("keys.running", tried, found).then(
        "it was started with other keys, or this command runs with another environment than the service",
        "redeploy it, or run `doctor` in the service's own environment",
        "§3",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(role: &str, seen_s: i64, stopped: bool) -> Instance {
        let at = Timestamp::from_unix_s(1_000_000);
        Instance {
            name: "host:8080".to_owned(),
            role: role.to_owned(),
            version: "0".to_owned(),
            telnyx_keys: "aa".to_owned(),
            stripe_secrets: Some("cc".to_owned()),
            workers_run: role != "web",
            started_at: at,
            seen_at: at.plus_s(-seen_s),
            stopped_at: stopped.then(|| at.plus_s(-seen_s)),
        }
    }

    #[test]
    fn a_worker_that_stopped_or_fell_silent_is_none() {
        let now = Timestamp::from_unix_s(1_000_000);
        let line = |i: Instance| judged_workers(&[i], now);
        assert_eq!(line(instance("all", 5, false)).result, Level::Ok);
        assert!(line(instance("worker", 61, false)).found.ends_with("has been silent for 61 s"));
        assert!(line(instance("worker", 600, true)).found.ends_with("stopped in order 10 min ago"));
        assert_eq!(line(instance("web", 5, false)).result, Level::Fail);
        let waits = Instance { workers_run: false, ..instance("worker", 5, false) };
        assert_eq!(line(waits.clone()).result, Level::Warn);
        let waits = Instance { started_at: now.plus_s(-60), ..waits };
        assert!(line(waits).found.contains("have not begun"));
        assert_eq!(judged_web(&[instance("web", 5, false)], now).result, Level::Ok);
        assert_eq!(judged_web(&[instance("worker", 5, false)], now).result, Level::Fail);
    }

    #[test]
    fn refused_signatures_fail_where_they_are_the_rule_in_the_hour_or_just_now() {
        let now = Timestamp::from_unix_s(1_000_000);
        let signed = |taken, wrong| Signed { taken, wrong, stale: 0 };
        let line = |hour, lately| {
            let keys = KeysKnown { ours: &["aa".to_owned()], last: Some(("aa", now.plus_s(-60))) };
            judged_signatures(TELNYX, hour, lately, &keys, now)
        };
        assert_eq!(line(signed(9, 0), signed(1, 0)).result, Level::Ok);
        let wrong = line(signed(0, 3), signed(0, 3));
        assert_eq!(wrong.result, Level::Fail);
        assert!(
            wrong.found.starts_with("3 webhooks were refused with 400") && wrong.found.contains("(ours: aa)")
        );
        assert!(wrong.means.contains("TELNYX_PUBLIC_KEY"));
        assert_eq!(line(signed(0, 2), signed(0, 2)).result, Level::Warn);
        assert_eq!(line(signed(900, 20), signed(5, 0)).result, Level::Warn);
        assert_eq!(line(signed(900, 20), signed(0, 20)).result, Level::Fail);
        let stale = Signed { taken: 0, wrong: 0, stale: 3 };
        assert!(line(stale, stale).means.contains("clock"));
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
        assert_eq!(line(2), "none was refused, 2 were taken");
    }
}
