//! The second leg of a transfer: it rings, is answered and bridged, or fails; the caller's leg stays up on failure.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::command::{Leg, Phase};
use super::leg::LegFacts;
use super::line::{Action, Line, Order};
use super::{TransferOutcome, now};

pub(super) struct LegB {
    pub(super) facts: LegFacts,
    stages: VecDeque<(Instant, Stage)>,
}

#[derive(Clone, Copy)]
enum Stage {
    Initiated,
    Answered,
    Bridged,
    /// The called side hangs up after the talk.
    TalkedOut,
    Failed {
        cause: &'static str,
        source: &'static str,
        sip: &'static str,
    },
}

impl LegB {
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.stages.front().map(|(at, _)| *at)
    }
}

impl Line {
    pub(super) fn start_transfer(&mut self, body: &Value) {
        if self.leg_b.is_some() {
            return;
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let from = text("from").unwrap_or(&self.a.to);
        let state = body.get("target_leg_client_state").cloned().unwrap_or(Value::Null);
        let facts = LegFacts::outgoing(from, text("to").unwrap_or_default(), &self.a.session, state);
        let timeout_ms = body.get("timeout_secs").and_then(Value::as_u64).unwrap_or(30) * 1000;
        self.sim.state().calls.insert(facts.id.clone(), Leg::new(true, self.to_self.clone()));
        let stages = self.stages(timeout_ms);
        self.note("is being transferred");
        self.leg_b = Some(LegB { facts, stages });
    }

    fn stages(&self, timeout_ms: u64) -> VecDeque<(Instant, Stage)> {
        let (start, pace) = (Instant::now(), self.plan.pace);
        let after = |ms| start + pace.ms(ms);
        let failed = |ms, cause, source, sip| (after(ms), Stage::Failed { cause, source, sip });
        let mut stages = VecDeque::from([(after(100), Stage::Initiated)]);
        match self.plan.transfer {
            TransferOutcome::Answered { talk } => stages.extend([
                (after(4_000), Stage::Answered),
                (after(4_100), Stage::Bridged),
                (after(4_100) + pace.of(talk), Stage::TalkedOut),
            ]),
            TransferOutcome::Busy => stages.push_back(failed(1_500, "user_busy", "callee", "486")),
            TransferOutcome::Rejected => stages.push_back(failed(2_500, "call_rejected", "callee", "603")),
            TransferOutcome::NoAnswer => stages.push_back(failed(timeout_ms, "no_answer", "callee", "480")),
            TransferOutcome::Timeout => {
                stages.push_back(failed(timeout_ms, "timeout", "unknown", "unspecified"))
            }
        }
        stages
    }

    pub(super) fn leg_b_goes_on(&mut self) {
        let Some(b) = self.leg_b.as_mut() else { return };
        let Some((_, stage)) = b.stages.pop_front() else { return };
        match stage {
            Stage::Initiated => {
                let payload = b.facts.initiated();
                self.emit("call.initiated", payload);
            }
            Stage::Answered => {
                b.facts.answered = true;
                let (id, payload) = (b.facts.id.clone(), b.facts.answered());
                self.phase(&id, Phase::Answered);
                self.emit("call.answered", payload);
            }
            Stage::Bridged => {
                let (at, b_payload) = (now(), b.facts.payload(json!({})));
                self.stop_playing("cancelled");
                self.note("talks to the person called");
                self.emit_at("call.bridged", self.a.payload(json!({})), at);
                self.emit_at("call.bridged", b_payload, at);
            }
            Stage::TalkedOut => {
                self.leg_b_ends("normal_clearing", "callee", "200");
                self.end("normal_clearing", "callee");
            }
            Stage::Failed { cause, source, sip } => {
                self.note("is not put through");
                self.leg_b_ends(cause, source, sip);
            }
        }
    }

    fn leg_b_ends(&mut self, cause: &str, source: &str, sip: &str) {
        if let Some(b) = self.leg_b.take() {
            self.ended(&b.facts.id, cause);
            self.emit("call.hangup", b.facts.hangup(cause, source, sip, now()));
        }
    }

    /// A command for the second leg. It can be hung up; anything else is taken and changes nothing we report.
    pub(super) fn obey_for_leg_b(&mut self, order: &Order) {
        let Some(b) = self.leg_b.as_mut().filter(|b| b.facts.id == order.leg) else { return };
        if let Some(state) = order.body.get("client_state") {
            b.facts.client_state = state.clone();
        }
        if order.action == Action::Hangup {
            let bridged = b.facts.answered;
            self.leg_b_ends("normal_clearing", "caller", "200");
            if bridged {
                self.end("normal_clearing", "callee");
            }
        }
    }
}
