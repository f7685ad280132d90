//! One leg's share of every voice event: its ids, its parties, the client state last set on it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::{new_id, now};

const CONNECTION: &str = "2811200000000000110";

/// What the events of a leg say of it.
#[derive(Clone)]
pub(super) struct LegFacts {
    /// `call_control_id`
    pub(super) id: String,
    leg_id: String,
    pub(super) session: String,
    pub(super) from: String,
    pub(super) to: String,
    start: Timestamp,
    pub(super) client_state: Value,
    pub(super) answered: bool,
    outgoing: bool,
}

impl LegFacts {
    pub(super) fn incoming(from: &str, to: &str) -> Self {
        Self::new(from, to, new_id(), Value::Null, false)
    }
    pub(super) fn outgoing(from: &str, to: &str, session: &str, client_state: Value) -> Self {
        Self::new(from, to, session.to_owned(), client_state, true)
    }
    fn new(from: &str, to: &str, session: String, client_state: Value, outgoing: bool) -> Self {
        let random: [u8; 40] = rand::random();
        Self {
            id: format!("v3:{}", URL_SAFE_NO_PAD.encode(random)),
            leg_id: new_id(),
            session,
            from: from.to_owned(),
            to: to.to_owned(),
            start: now(),
            client_state,
            answered: false,
            outgoing,
        }
    }

    /// What every voice event carries, and `more`.
    pub(super) fn bare(&self, more: Value) -> Value {
        let mut payload = json!({
            "call_control_id": self.id,
            "call_leg_id": self.leg_id,
            "call_session_id": self.session,
            "client_state": self.client_state,
            "connection_id": CONNECTION,
        });
        if let Value::Object(more) = more {
            for (name, value) in more {
                payload[name] = value;
            }
        }
        payload
    }
    /// As [`LegFacts::bare`], with `from` and `to`.
    pub(super) fn payload(&self, more: Value) -> Value {
        let mut payload = self.bare(more);
        payload["from"] = json!(self.from);
        payload["to"] = json!(self.to);
        payload
    }

    pub(super) fn initiated(&self) -> Value {
        if self.outgoing {
            return self
                .payload(json!({ "direction": "outgoing", "state": "bridging", "start_time": self.start }));
        }
        self.payload(json!({
            "caller_id_name": "WIRELESS CALLER",
            "calling_party_type": "pstn",
            "connection_codecs": "PCMA,PCMU",
            "direction": "incoming",
            "from_sip_uri": format!("{}@192.0.2.40:5060", self.from.trim_start_matches("+1")),
            "offered_codecs": "PCMU,G729",
            "shaken_stir_attestation": "B",
            "shaken_stir_validated": true,
            "start_time": self.start,
            "state": "parked",
            "to_sip_uri": format!("{}@192.0.2.10:5060", self.to),
        }))
    }
    pub(super) fn answered(&self) -> Value {
        if self.outgoing {
            return self.payload(json!({ "start_time": self.start, "state": "answered" }));
        }
        let more = json!({ "calling_party_type": "pstn", "codec": "PCMU", "sampling_rate": 8000, "start_time": self.start });
        self.payload(more)
    }
    pub(super) fn hangup(&self, cause: &str, source: &str, sip: &str, at: Timestamp) -> Value {
        let mut payload = self.payload(json!({
            "end_time": at,
            "hangup_cause": cause,
            "hangup_source": source,
            "sip_hangup_cause": sip,
            "start_time": self.start,
            "state": "hangup",
        }));
        if self.answered {
            payload["call_quality_stats"] = json!({
                "inbound": { "jitter_max_variance": "2.74", "jitter_packet_count": "0", "mos": "4.50",
                             "packet_count": "9214", "skip_packet_count": "9" },
                "outbound": { "packet_count": "9180", "skip_packet_count": "0" },
            });
            if !self.outgoing {
                payload["calling_party_type"] = json!("pstn");
            }
        }
        payload
    }
}
