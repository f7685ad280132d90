//! The world in a test's hand: webhooks held back until they are let go, and legs that only take commands.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::unbounded_channel;

use super::SimTelnyx;
use super::command::{Leg, Phase};
use super::line::{Action, Input};

/// Says of an event's type and payload whether it is meant.
type Pick = dyn Fn(&str, &Value) -> bool + Send + Sync;

/// The events that are held back.
#[derive(Default)]
pub(super) struct Held {
    pick: Option<Arc<Pick>>,
    waiting: usize,
}

impl SimTelnyx {
    /// Holds back the events that `pick` means, and with each what follows it on its call, until [`Self::release`] or
    /// until another `hold` does not mean them.
    pub fn hold(&self, pick: impl Fn(&str, &Value) -> bool + Send + Sync + 'static) {
        self.state().held.pick = Some(Arc::new(pick));
    }

    /// Lets go of what is held back.
    pub fn release(&self) {
        self.state().held.pick = None;
    }

    /// Events that are held back now.
    pub fn held(&self) -> usize {
        self.state().held.waiting
    }

    /// Returns when the event may go out.
    pub(super) async fn pass(&self, kind: &str, payload: &Value) {
        let is_held = |sim: &Self| {
            let pick = sim.state().held.pick.clone();
            pick.is_some_and(|means| means(kind, payload))
        };
        if !is_held(self) {
            return;
        }
        self.state().held.waiting += 1;
        while is_held(self) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.state().held.waiting -= 1;
    }

    /// Takes the commands for a call that nobody plays: the test posts its events. It counts as answered once `answer`
    /// was taken, and as ended after `hangup` or [`Self::end_leg`].
    pub fn take_commands_for(self: &Arc<Self>, call_id: &str) {
        let (to_self, mut inputs) = unbounded_channel();
        self.state().calls.insert(call_id.to_owned(), Leg::new(false, to_self));
        let (sim, id) = (Arc::clone(self), call_id.to_owned());
        tokio::spawn(async move {
            while let Some(input) = inputs.recv().await {
                match input {
                    Input::Order(order) if order.action == Action::Answer => {
                        sim.leg_is(&id, Phase::Answered);
                    }
                    Input::Order(order) if order.action == Action::Hangup => sim.leg_is(&id, Phase::Ended),
                    _ => {}
                }
            }
        });
    }

    /// The call is over: commands for it are refused from now on.
    pub fn end_leg(&self, call_id: &str) {
        self.leg_is(call_id, Phase::Ended);
    }

    pub(super) fn leg_is(&self, call_id: &str, phase: Phase) {
        if let Some(leg) = self.state().calls.get_mut(call_id) {
            leg.phase = phase;
            leg.view.answered |= phase == Phase::Answered;
            leg.view.ended |= phase == Phase::Ended;
        }
    }
}
