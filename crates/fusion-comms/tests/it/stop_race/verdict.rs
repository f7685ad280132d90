//! What one run came to, and whether the law was kept.

use std::collections::BTreeSet;
use std::fmt;

use fusion_comms::store::messages::{self, ToSend};
use fusion_comms_core::ids::MessageId;
use fusion_comms_core::time::Timestamp;

use super::{LINE, OTHER_LINE, OTHERS_TEXTS, Plan, Race, TENANT, TEXTS, TenantId, Waiting, ledger};

/// Workers of one process that send texts, those of links included.
const WORKERS: usize = 7;
/// Milliseconds after the 200 in which a text handed over before it may arrive: the second of the contract, and what
/// a busy machine adds to a request that has started.
const LATEST_MS: i64 = 1000 + 1500;

pub struct Verdict {
    pub handed_over: usize,
    pub refused: usize,
    /// Texts handed over before the STOP whose request came after its 200, and the last one's delay in milliseconds.
    after: (usize, i64),
    killed: bool,
    pub violations: Vec<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (after, last_ms) = self.after;
        write!(f, "{} handed over, {} not; {after} under way at the 200", self.handed_over, self.refused)?;
        if after > 0 {
            write!(f, " (the last for {last_ms} ms)")?;
        }
        write!(f, "{}; {} violations", if self.killed { "; killed" } else { "" }, self.violations.len())
    }
}

pub async fn of(race: &Race, plan: &Plan, waiting: &Waiting, acknowledged: Timestamp) -> Verdict {
    let (app, mut violations) = (&race.app, Vec::new());
    let texts = read(race, &waiting.ours).await;
    match stopped_at(race, plan).await {
        Some(stopped) => violations.extend(late(&texts, stopped, acknowledged)),
        None => violations.push("the STOP was answered 200 and left no opt-out".to_owned()),
    }
    violations.extend(unsettled(&texts));

    let ours: BTreeSet<&str> = waiting.ours.iter().map(MessageId::as_str).collect();
    let requests = app.sim.telnyx.text_requests(plan.person.expose());
    let after: Vec<i64> = requests
        .iter()
        .filter(|(key, at)| ours.contains(key.as_str()) && *at > acknowledged)
        .map(|(_, at)| at.ms_since(acknowledged))
        .collect();
    let last_ms = after.iter().copied().max().unwrap_or(0);
    let workers = WORKERS * race.instances.len();
    if after.len() > workers || last_ms > LATEST_MS {
        let n = after.len();
        violations
            .push(format!("{n} requests after the 200, of {workers} workers, the last by {last_ms} ms"));
    }

    let inbox = app.sim.telnyx.inbox_of(plan.person.expose());
    let confirmations = inbox.iter().filter(|t| t.from == LINE && !t.text.starts_with("Pay here")).count();
    if confirmations != 1 {
        violations.push(format!("{confirmations} confirmations"));
    }
    let others = inbox.iter().filter(|t| t.from == OTHER_LINE).count();
    if others != OTHERS_TEXTS || read(race, &waiting.others).await.iter().any(|t| t.status == "refused") {
        violations.push(format!("the other agency's texts: {others} of {OTHERS_TEXTS} arrived"));
    }
    let handed_over = texts.iter().filter(|t| t.handed_over_at.is_some()).count();
    Verdict {
        handed_over,
        refused: TEXTS - handed_over,
        after: (after.len(), last_ms),
        killed: plan.kill.is_some(),
        violations,
    }
}

async fn read(race: &Race, ids: &[MessageId]) -> Vec<ToSend> {
    let mut texts = Vec::new();
    for id in ids {
        texts.push(messages::to_send(&race.app.db, id).await.unwrap().expect("a queued text is there"));
    }
    texts
}

/// When the opt-out was written, by the database's clock under the number's lock. To the millisecond on SQLite,
/// rounded down.
async fn stopped_at(race: &Race, plan: &Plan) -> Option<Timestamp> {
    let tenant = TenantId::new(TENANT);
    let history = ledger::history(&race.app.db, &tenant, &plan.person).await.unwrap();
    let rounding_ms = i64::from(race.app.db.postgres().is_none());
    history.first().map(|change| change.at.plus_ms(rounding_ms))
}

fn late(texts: &[ToSend], stopped: Timestamp, acknowledged: Timestamp) -> Vec<String> {
    let handed = texts.iter().filter_map(|t| t.handed_over_at);
    let mut found: Vec<String> = handed
        .filter(|at| *at > stopped)
        .map(|at| format!("handed over at {at}, the STOP was at {stopped}"))
        .collect();
    if stopped > acknowledged.plus_ms(1) {
        found.push(format!("answered 200 at {acknowledged}, before the opt-out of {stopped}"));
    }
    found
}

/// Texts that are neither gone nor refused.
fn unsettled(texts: &[ToSend]) -> Vec<String> {
    let settled = |t: &&ToSend| match t.status.as_str() {
        "sending" | "sent" | "unknown" => t.handed_over_at.is_some(),
        "refused" => true,
        _ => false,
    };
    texts.iter().filter(|t| !settled(t)).map(|t| format!("a text is {} in the end", t.status)).collect()
}
