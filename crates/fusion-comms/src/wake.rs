//! Wakes workers inside the process. Only a hint: whoever sleeps through it finds the work by polling.

use tokio::sync::Notify;

use crate::store::{inbox, outbox};

/// One bell a lane.
#[derive(Default)]
pub struct Wake {
    inbox: [Notify; 4],
    outbox: [Notify; 4],
    pub queue: Notify,
}

impl Wake {
    pub fn inbox(&self, lane: inbox::Lane) -> &Notify {
        let at = inbox::Lane::ALL.iter().position(|l| *l == lane).unwrap_or(0);
        &self.inbox[at]
    }

    pub fn outbox(&self, lane: outbox::Lane) -> &Notify {
        let at = outbox::Lane::ALL.iter().position(|l| *l == lane).unwrap_or(0);
        &self.outbox[at]
    }

    /// Rings every outbox bell: a step may owe effects in several lanes.
    pub fn effects(&self) {
        self.outbox.iter().for_each(Notify::notify_one);
    }
}
