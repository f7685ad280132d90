//! The shell in small: what it takes in and what a crash takes from it. [`super::outbox`] is its other half.

use std::collections::BTreeSet;

use super::outbox::Job;
use super::tables::{News, Tables, Webhook};
use super::{PATIENT, Plant};
use crate::ids::derived_id;
use crate::ivr::{CallEvent, Surroundings};

pub(super) struct Shell {
    pub(super) tables: Tables,
    pub(super) plant: Plant,
    /// Jobs in hand; lost at a crash.
    pub(super) jobs: Vec<Job>,
    /// Acknowledged and not yet committed: only with the bug planted.
    uncommitted: Vec<Webhook>,
    /// When the first STOP was acknowledged.
    pub(super) stop_acked_at: Option<i64>,
    pub(super) acked: Vec<u32>,
    /// What this sequence has tried, so that a test can say that the sequences do try it.
    pub(super) seen: BTreeSet<&'static str>,
    /// Requests begun.
    pub(super) requests: u32,
}

impl Shell {
    pub(super) fn new(around: Surroundings, plant: Plant) -> Self {
        Self {
            tables: Tables::around(around),
            plant,
            jobs: vec![],
            uncommitted: vec![],
            stop_acked_at: None,
            acked: vec![],
            seen: BTreeSet::new(),
            requests: 0,
        }
    }

    /// Takes a webhook and acknowledges it.
    pub(super) fn receive(&mut self, webhook: &Webhook, now: i64) {
        if self.plant == Plant::AckBeforeCommit {
            self.uncommitted.push(webhook.clone());
        } else {
            self.tables.receive(webhook, PATIENT, self.plant);
        }
        self.acked.push(webhook.id);
        if matches!(webhook.news, News::Stop) {
            self.stop_acked_at.get_or_insert(now);
        }
    }

    /// The process dies and starts again: what was committed is there, leases are taken back.
    pub(super) fn crash(&mut self) {
        self.seen.extend(self.jobs.drain(..).filter_map(|job| job.worst()));
        self.uncommitted.clear();
        self.tables.outbox.iter_mut().for_each(|o| o.leased_until = 0);
    }

    /// Processes one stored event, most often the oldest. False where there is none.
    pub(super) fn process(&mut self, pick: u8, now: i64) -> Result<bool, String> {
        for webhook in std::mem::take(&mut self.uncommitted) {
            self.tables.receive(&webhook, PATIENT, self.plant);
        }
        let open: Vec<usize> =
            (0..self.tables.inbox.len()).filter(|at| !self.tables.inbox[*at].processed).collect();
        let Some(at) =
            open.get(if pick.is_multiple_of(4) { usize::from(pick) % open.len().max(1) } else { 0 })
        else {
            return Ok(false);
        };
        self.tables.process(*at, now, self.plant)?;
        Ok(true)
    }

    /// Leads the call on where its wait is over.
    pub(super) fn deadline(&mut self, now: i64) -> Result<bool, String> {
        let (Some(call), Some(at)) = (&self.tables.call, self.tables.deadline_at) else { return Ok(false) };
        if at > now {
            return Ok(false);
        }
        let step = call.step;
        let cause = derived_id("call", &format!("deadline {step}")).to_string();
        self.tables.advance(&cause, &CallEvent::DeadlinePassed { step }, now, self.plant)?;
        Ok(true)
    }
}
