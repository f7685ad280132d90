//! Whether webhooks come in a storm of repeats, and whether any of it does harm.
//!
//! A provider repeats what it had no 200 for. Repeats of what is kept do no harm, however many; what counts is whether
//! events are refused, not stored, or stored and not worked. Wrong signatures beside webhooks that our key verifies are a
//! stranger's, whose refusal is no harm.

use crate::time::Timestamp;

/// What came on one channel (`voice`, `sms`, `fax`, `stripe`) in the time looked at, by how it was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub channel: String,
    /// New, kept, 200.
    pub stored: i64,
    /// Kept before, 200.
    pub known: i64,
    /// Without a signature, 400: not from the provider.
    pub unsigned: i64,
    /// Signed at a time too far from ours, 400.
    pub stale: i64,
    /// Signed by no key of ours, 400.
    pub wrong_signature: i64,
    /// 400, 408 or 413.
    pub unreadable: i64,
    /// Not stored, 503.
    pub failed: i64,
    /// Seconds from the oldest known event's own time to its arrival.
    pub oldest_known_s: i64,
    /// The minute of the last that was taken, new or known.
    pub last_taken: Option<Timestamp>,
    /// The minute of the last that was signed by no key of ours.
    pub last_wrong: Option<Timestamp>,
}

impl Traffic {
    pub fn all(&self) -> i64 {
        self.stored + self.known + self.refused() + self.failed
    }

    pub fn refused(&self) -> i64 {
        self.unsigned + self.stale + self.wrong_signature + self.unreadable
    }

    /// What the provider sends, or will send, again; beside it what is signed by no key of ours, if that is the provider's.
    fn repeats(&self) -> i64 {
        self.known + self.failed + self.stale
    }
}

/// The signatures of one provider, over all its channels.
#[derive(Default)]
struct Signed {
    verified: i64,
    wrong: i64,
    last_verified: Option<Timestamp>,
    last_wrong: Option<Timestamp>,
}

impl Signed {
    fn of(traffic: &[Traffic], stripe: bool) -> Self {
        let theirs = traffic.iter().filter(|t| (t.channel == "stripe") == stripe);
        theirs.fold(Self::default(), |all, t| Self {
            verified: all.verified + t.stored + t.known,
            wrong: all.wrong + t.wrong_signature,
            last_verified: all.last_verified.max(t.last_taken),
            last_wrong: all.last_wrong.max(t.last_wrong),
        })
    }

    /// Most are verified by our key, and it still is so: a key that was changed at the provider verifies nothing more.
    fn of_a_stranger(&self) -> bool {
        self.verified > self.wrong && self.last_verified >= self.last_wrong
    }
}

/// Events that are kept and not worked, by the error of their last attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub channel: String,
    pub error: String,
    pub events: i64,
    /// Given up until a person looks at it.
    pub parked: bool,
}

/// Repeats that make a storm: so many, and such a share of all requests.
const STORM: i64 = 20;
const STORM_SHARE: f64 = 0.2;

/// Why events fail, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub what: String,
    pub next: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub storm: bool,
    /// The most weighty first; none where no harm is done.
    pub causes: Vec<Cause>,
    /// What an operator should know though it does no harm.
    pub notes: Vec<String>,
}

impl Verdict {
    /// In one line.
    pub fn headline(&self) -> String {
        let notes: String = self.notes.iter().map(|note| format!("; {note}")).collect();
        match (self.storm, self.causes.first()) {
            (true, None) => {
                format!("storm, harmless: what comes again is kept already and answered 200{notes}")
            }
            (true, Some(cause)) => format!("storm, events failing because {}", cause.what),
            (false, None) => format!("no storm, and no event fails{notes}"),
            (false, Some(cause)) => format!("no storm, but events fail: {}", cause.what),
        }
    }
}

pub fn judge(traffic: &[Traffic], troubles: &[Trouble]) -> Verdict {
    let sum = |part: fn(&Traffic) -> i64| traffic.iter().map(part).sum::<i64>();
    let signed = [Signed::of(traffic, false), Signed::of(traffic, true)];
    let (strangers, ours): (Vec<&Signed>, Vec<&Signed>) =
        signed.iter().filter(|s| s.wrong > 0).partition(|s| s.of_a_stranger());
    let wrong: i64 = ours.iter().map(|s| s.wrong).sum();
    let (all, repeats) = (sum(Traffic::all), sum(Traffic::repeats) + wrong);
    let storm = repeats >= STORM && repeats as f64 >= STORM_SHARE * all as f64;
    let mut causes = Vec::new();
    let (failed, stale) = (sum(|t| t.failed), sum(|t| t.stale));
    if failed > 0 {
        causes.push(Cause {
            what: format!("the database did not take {} in time (answered 503)", requests(failed)),
            next: "`fusion-comms doctor` says how the database stands; the providers send them again",
        });
    }
    if wrong > 0 {
        causes.push(Cause {
            what: format!("{} signed by no key that is configured (answered 400)", were(wrong)),
            next: "compare TELNYX_PUBLIC_KEY (for Stripe STRIPE_WEBHOOK_SECRET) with the portal's value; see section 3 of the runbook",
        });
    }
    if stale > 0 {
        causes.push(Cause {
            what: format!("{} signed too long ago or in the future (answered 400)", were(stale)),
            next: "check this host's clock (`timedatectl`); a wider tolerance is no remedy",
        });
    }
    let mut troubles: Vec<&Trouble> = troubles.iter().collect();
    troubles.sort_by_key(|t| (!t.parked, -t.events));
    causes.extend(troubles.into_iter().map(|t| Cause {
        what: format!(
            "{} of {} {}: {}",
            events(t.events),
            t.channel,
            if t.parked { "given up" } else { "kept, not worked yet" },
            t.error
        ),
        next: if t.parked {
            "mend the cause, then `fusion-comms events replay --state parked`"
        } else {
            "each is tried again by itself; `fusion-comms events list --state waiting` shows them"
        },
    }));
    let note = |s: &&Signed| {
        format!("a stranger knocks: {} refused, {} others verified by our key", s.wrong, s.verified)
    };
    Verdict { storm, causes, notes: strangers.iter().map(note).collect() }
}

fn requests(n: i64) -> String {
    if n == 1 { "1 request".to_owned() } else { format!("{n} requests") }
}

fn were(n: i64) -> String {
    if n == 1 { "1 request was".to_owned() } else { format!("{n} requests were") }
}

fn events(n: i64) -> String {
    if n == 1 { "1 event".to_owned() } else { format!("{n} events") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(change: impl FnOnce(&mut Traffic)) -> Vec<Traffic> {
        let mut t = Traffic { channel: "sms".to_owned(), stored: 100, ..Traffic::default() };
        change(&mut t);
        vec![t]
    }

    fn trouble(events: i64, parked: bool) -> Trouble {
        Trouble { channel: "fax".to_owned(), error: "no such bucket".to_owned(), events, parked }
    }

    #[test]
    fn repeats_of_what_is_kept_are_a_harmless_storm() {
        let verdict = judge(&traffic(|t| t.known = 900), &[]);
        assert!(verdict.storm && verdict.causes.is_empty());
        assert!(verdict.headline().starts_with("storm, harmless"));
    }

    #[test]
    fn a_few_repeats_or_a_small_share_are_no_storm() {
        assert!(!judge(&traffic(|t| t.known = 19), &[]).storm);
        assert!(!judge(&traffic(|t| (t.stored, t.known) = (1000, 249)), &[]).storm);
        assert!(judge(&traffic(|t| (t.stored, t.known) = (1000, 250)), &[]).storm);
        assert_eq!(judge(&[], &[]).headline(), "no storm, and no event fails");
    }

    #[test]
    fn what_was_not_stored_is_named_before_all_else() {
        let verdict =
            judge(&traffic(|t| (t.failed, t.wrong_signature, t.stale) = (40, 200, 1)), &[trouble(3, true)]);
        let said = verdict.headline();
        assert_eq!(
            said,
            "storm, events failing because the database did not take 40 requests in time (answered 503)"
        );
        assert_eq!(verdict.causes.len(), 4);
    }

    #[test]
    fn a_wrong_signature_is_a_strangers_where_our_key_verifies_the_others() {
        let minute = |n: i64| Some(Timestamp::from_unix_s(60 * n));
        // Verified, the last of them; refused, the last of them; whether it is a stranger.
        for (stored, taken, wrong, refused, stranger) in [
            (1500, 9, 50, 9, true),
            (51, 9, 50, 9, true),
            (50, 9, 50, 9, false),
            (0, 0, 50, 9, false),
            // The key was changed at the provider after many had been taken.
            (1500, 4, 50, 9, false),
        ] {
            let mut came = traffic(|t| (t.stored, t.wrong_signature) = (stored, wrong));
            (came[0].last_taken, came[0].last_wrong) = (minute(taken), minute(refused));
            let verdict = judge(&came, &[]);
            assert_eq!(verdict.causes.is_empty(), stranger, "{came:?}");
            let said = format!("a stranger knocks: 50 refused, {stored} others verified by our key");
            assert_eq!(verdict.notes, if stranger { vec![said.clone()] } else { vec![] });
            assert_eq!(verdict.headline().ends_with(&said), stranger, "{}", verdict.headline());
        }
    }

    #[test]
    fn webhooks_of_telnyx_do_not_prove_the_secret_of_stripe() {
        let mut came = traffic(|_| ());
        came.push(Traffic { channel: "stripe".to_owned(), wrong_signature: 3, ..Traffic::default() });
        assert!(judge(&came, &[]).causes[0].what.contains("signed by no key"));
    }

    #[test]
    fn unsigned_posts_are_nobodys_storm() {
        let verdict = judge(&traffic(|t| t.unsigned = 10_000), &[]);
        assert_eq!(verdict.headline(), "no storm, and no event fails");
    }

    #[test]
    fn what_was_given_up_comes_before_what_is_tried_again() {
        let verdict = judge(&traffic(|_| ()), &[trouble(9, false), trouble(1, true)]);
        assert_eq!(verdict.headline(), "no storm, but events fail: 1 event of fax given up: no such bucket");
        assert!(verdict.causes[1].what.contains("9 events of fax kept, not worked yet"));
    }
}
