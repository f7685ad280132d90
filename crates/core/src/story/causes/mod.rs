//! From facts to causes, the true one first.

mod calls;
mod effects;
mod events;
mod faxes;
mod money;
mod opt_outs;
mod texts;

use super::fact::{Fact, What};
use super::{Finding, Subject, Weight};
use crate::time::Timestamp;

/// What a rule looks at.
struct Look<'a> {
    subject: Subject<'a>,
    facts: &'a [Fact],
    now: Timestamp,
}

impl<'a> Look<'a> {
    /// The facts of one kind, each with its row.
    fn each<T>(&self, pick: impl Fn(&'a What) -> Option<&'a T>) -> Vec<(&'a Fact, &'a T)> {
        self.facts.iter().filter_map(|f| pick(&f.what).map(|t| (f, t))).collect()
    }
}

/// A row of one kind, for [`Look::each`].
macro_rules! pick {
    ($kind:ident) => {
        |w| match w {
            $crate::story::fact::What::$kind(x) => Some(x),
            _ => None,
        }
    };
}
use pick;

fn finding(
    code: &'static str,
    weight: Weight,
    at: Timestamp,
    cause: impl Into<String>,
    next: impl Into<String>,
) -> Finding {
    Finding { code, weight, at, cause: cause.into(), next: next.into() }
}

pub(super) fn find(subject: Subject<'_>, facts: &[Fact], now: Timestamp) -> Vec<Finding> {
    let look = Look { subject, facts, now };
    let mut found = opt_outs::find(&look);
    found.extend(texts::find(&look));
    found.extend(effects::find(&look));
    found.extend(money::find(&look));
    found.extend(calls::find(&look));
    found.extend(faxes::find(&look));
    found.extend(events::find(&look));
    let found = past_where_paid(&look, found);
    ordered(&look, found)
}

/// A statement that has been paid is well: what hindered it before is a note.
fn past_where_paid(look: &Look<'_>, mut found: Vec<Finding>) -> Vec<Finding> {
    let Subject::Statement(id) = look.subject else { return found };
    let paid_at =
        look.each(pick!(Session)).into_iter().filter(|(_, s)| s.statement == id && s.status == "complete");
    let Some(paid_at) = paid_at.filter_map(|(_, s)| s.completed_at).max() else { return found };
    let hindered = found.iter_mut().filter(|f| {
        f.at <= paid_at && matches!(f.weight, Weight::Wrong | Weight::Trouble) && !money::is_of_money(f.code)
    });
    hindered.for_each(|f| {
        f.weight = Weight::Note;
        f.cause = format!("before it was paid: {}", f.cause);
    });
    found
}

/// The worst first; of one call or fax the first in time (what follows from it comes after), else the latest. Of each
/// kind one, with how many more there are.
fn ordered(look: &Look<'_>, mut found: Vec<Finding>) -> Vec<Finding> {
    let from_the_first = matches!(look.subject, Subject::Call(_) | Subject::Fax(_) | Subject::Event(_));
    found.sort_by(|a, b| {
        let by_time = if from_the_first { a.at.cmp(&b.at) } else { b.at.cmp(&a.at) };
        // What has reached a person cannot be taken back: it goes before what may yet be mended.
        let harm = |f: &Finding| f.code != "text_after_stop";
        a.weight.cmp(&b.weight).then(harm(a).cmp(&harm(b))).then(by_time)
    });
    let mut told: Vec<(Finding, usize)> = Vec::new();
    for f in found {
        match told.iter_mut().find(|(known, _)| known.code == f.code && known.weight == f.weight) {
            Some((known, more)) if known.cause != f.cause => *more += 1,
            Some(_) => {}
            None => told.push((f, 0)),
        }
    }
    let with_count = |(mut f, more): (Finding, usize)| {
        if more > 0 {
            f.cause = format!("{} (and {more} more of the kind, see the story)", f.cause);
        }
        f
    };
    told.into_iter().map(with_count).collect()
}

pub(super) fn unknown(subject: Subject<'_>) -> (String, String) {
    let (what, next) = match subject {
        Subject::Call(_) => (
            "no table knows this call: Telnyx never told us of it, or the id is of another account",
            "look for the load balancer's rule, priority 7, and run `fusion-comms doctor --public-url`; \
             `fusion-comms events list --type call.initiated` shows what came",
        ),
        Subject::Statement(_) => (
            "no agency has a statement of this number: a caller who keys it hears that it is unknown",
            "`fusion-comms statement list --tenant ID` shows what there is; `fusion-comms statement import` brings more",
        ),
        Subject::Phone(_) => (
            "no table knows this number: no text, call, fax, consent or opt-out of it ever came or went",
            "compare the number with the person's; if they texted STOP, Telnyx never reached us: look for the load \
             balancer's rule, priority 7, run `fusion-comms doctor --public-url`, and opt them out by hand with \
             `fusion-comms opt-out add`",
        ),
        Subject::Fax(_) => (
            "no table knows this fax: Telnyx never reached us",
            "check the load balancer's rule, priority 7, and run `fusion-comms doctor --public-url`; \
             with `--ask-telnyx` this command says whether Telnyx has the fax",
        ),
        Subject::Event(_) => (
            "neither inbox holds this event, and nothing was caused by it: it never reached us, or was refused",
            "look for `signature verification failed` in the log of that time, check the load balancer's rule, priority 7, \
             and run `fusion-comms doctor --public-url`",
        ),
    };
    (what.to_owned(), next.to_owned())
}
