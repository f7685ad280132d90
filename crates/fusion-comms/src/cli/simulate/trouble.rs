//! What goes wrong with the simulators' webhooks, in words, and numbers as they are shown.

use std::collections::HashSet;

use fusion_comms_core::phone::E164;
use url::Url;

use crate::sim::Sim;
use crate::sim::telnyx::Delivery;

/// Tells what goes wrong with webhooks, each kind of trouble once.
#[derive(Default)]
pub(super) struct Trouble {
    told: HashSet<Option<u16>>,
}

impl Trouble {
    /// `true` while there are events that the service has not taken.
    pub(super) fn print(&mut self, sim: &Sim, service: &Url) -> bool {
        let undelivered = sim.telnyx.undelivered();
        for delivery in &undelivered {
            if self.told.insert(delivery.status) {
                eprintln!("{}", explain(delivery, service));
            }
        }
        !undelivered.is_empty()
    }
}

fn explain(delivery: &Delivery, service: &Url) -> String {
    let kind = &delivery.event_type;
    match delivery.status {
        None => {
            format!("{kind} was not delivered: no answer from {service}. Hint: is the service running there?")
        }
        Some(400) => format!(
            "{kind} was refused with 400: the service does not accept the signature. Hint: start it with the \
             TELNYX_PUBLIC_KEY printed above, or give both the same DATA_DIR"
        ),
        Some(404 | 405) => {
            format!("{kind} was refused: {service} has no Telnyx webhooks. Hint: is it the right address?")
        }
        Some(status) => {
            format!("{kind} was refused with {status}. Hint: look at the service's log and at /readyz")
        }
    }
}

pub(super) fn masked(number: &str) -> String {
    E164::parse(number).map_or_else(|_| "***".to_owned(), |n| n.masked())
}
