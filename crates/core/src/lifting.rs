//! Lifting an opt-out by hand, where an agency wants two people for it: one asks, another lifts.

use crate::time::Timestamp;

/// Seconds that a second person has; what was asked for earlier is asked for anew.
pub const OPEN_S: i64 = 7 * 24 * 3600;

/// That somebody asked for an opt-out to be lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub actor: String,
    pub reason: String,
    pub at: Timestamp,
}

impl Request {
    /// Whether it still waits for a second person: not for ever, and not where the person asked anew for silence.
    pub fn is_open(&self, opted_out_at: Timestamp, now: Timestamp) -> bool {
        now.ms_since(self.at) < OPEN_S * 1000 && opted_out_at <= self.at
    }
}

/// What a person's word comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The first of two: it is kept, and the opt-out stands.
    Asks,
    /// The same person again: it takes another.
    SamePerson,
    Lifts,
}

/// `open`: what waits for a second person. Names are compared as people write them: `Ann ` is ann.
pub fn judge(open: Option<&Request>, actor: &str) -> Verdict {
    let person = |name: &str| name.trim().to_lowercase();
    match open {
        None => Verdict::Asks,
        Some(request) if person(&request.actor) == person(actor) => Verdict::SamePerson,
        Some(_) => Verdict::Lifts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(actor: &str) -> Request {
        let at = Timestamp::from_unix_s(1_700_000_000);
        Request { actor: actor.to_owned(), reason: "asked on the phone".to_owned(), at }
    }

    #[test]
    fn it_takes_another_person() {
        assert_eq!(judge(None, "ann"), Verdict::Asks);
        let request = asked_by("ann");
        for same in ["ann", "Ann", " ANN "] {
            assert_eq!(judge(Some(&request), same), Verdict::SamePerson, "{same}");
        }
        assert_eq!(judge(Some(&request), "bob"), Verdict::Lifts);
    }

    #[test]
    fn a_request_waits_a_week_and_ends_with_a_later_stop() {
        let request = asked_by("ann");
        let (before, after) = (request.at.plus_s(-60), request.at.plus_s(60));
        assert!(request.is_open(before, after) && request.is_open(request.at, after));
        assert!(request.is_open(before, request.at.plus_s(OPEN_S - 1)));
        assert!(!request.is_open(before, request.at.plus_s(OPEN_S)));
        assert!(!request.is_open(after, after));
    }
}
