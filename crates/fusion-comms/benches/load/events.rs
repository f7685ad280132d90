//! Webhooks as Telnyx would send them, signed and ready to be written to a connection.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer;
use fusion_comms::clock::Clock;
use serde_json::{Value, json};

use crate::served::{LINE, TestApp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Voice,
    Sms,
}

pub struct Signed {
    pub channel: Channel,
    /// The whole HTTP request.
    pub request: Vec<u8>,
}

/// Single keys and plain texts by turns, each of another call or person, signed now: good for five minutes.
pub fn signed(app: &TestApp, n: usize) -> Vec<Signed> {
    let now = Clock::system().now();
    let event = |i: usize| {
        let channel = if i.is_multiple_of(2) { Channel::Voice } else { Channel::Sms };
        let (path, kind, payload) = match channel {
            Channel::Voice => ("voice", "call.dtmf.received", key(i)),
            Channel::Sms => ("sms", "message.received", text(i)),
        };
        let body = json!({
            "data": {
                "event_type": kind, "id": format!("bench-{i}"), "occurred_at": now.to_string(),
                "payload": payload, "record_type": "event",
            },
            "meta": { "attempt": 1, "delivered_to": "https://api.example.com/webhooks" },
        });
        Signed { channel, request: request(app, path, now.unix_s(), &format!("{body:#}")) }
    };
    (0..n).map(event).collect()
}

fn request(app: &TestApp, path: &str, timestamp: i64, body: &str) -> Vec<u8> {
    let signature = app.keys.signing.sign(format!("{timestamp}|{body}").as_bytes());
    format!(
        "POST /webhooks/telnyx/{path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         telnyx-timestamp: {timestamp}\r\ntelnyx-signature-ed25519: {}\r\ncontent-length: {}\r\n\r\n{body}",
        STANDARD.encode(signature.to_bytes()),
        body.len()
    )
    .into_bytes()
}

fn key(i: usize) -> Value {
    json!({
        "call_control_id": format!("v3:bench-{i}"), "call_leg_id": format!("leg-{i}"),
        "call_session_id": format!("session-{i}"), "client_state": null, "connection_id": "2811200000000000110",
        "digit": "1", "from": person(i), "to": LINE,
    })
}

fn text(i: usize) -> Value {
    json!({
        "id": format!("text-{i}"), "direction": "inbound", "record_type": "message", "type": "SMS",
        "from": { "phone_number": person(i), "carrier": "T-Mobile USA", "line_type": "Wireless" },
        "to": [{ "phone_number": LINE, "status": "webhook_delivered" }],
        "text": "When do you open tomorrow, and where may I park?", "encoding": "GSM-7", "parts": 1,
        "media": [], "errors": [], "autoresponse_type": null,
    })
}

fn person(i: usize) -> String {
    format!("+1303555{:04}", i % 10_000)
}
