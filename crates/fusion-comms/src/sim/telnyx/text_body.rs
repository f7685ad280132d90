//! The message resource as Telnyx writes it, and how many parts a text takes.

use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::delivery::millis;

const ORGANISATION: &str = "2743d809-dce6-4b96-b0e4-7a9d27ce01ff";

/// A text on its way, in either direction.
#[derive(Clone)]
pub(super) struct Text {
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) text: String,
    pub(super) profile: String,
    pub(super) webhook_url: String,
    pub(super) received_at: Timestamp,
    pub(super) sent_at: Option<Timestamp>,
    pub(super) completed_at: Option<Timestamp>,
}

impl Text {
    /// An outbound message with this delivery status and errors.
    pub(super) fn outbound(&self, status: &str, errors: Value) -> Value {
        let mut body = self.common("Telnyx", "VERIZON WIRELESS", status);
        body["direction"] = json!("outbound");
        body["errors"] = errors;
        body["tcr_campaign_billable"] = json!(true);
        body["tcr_campaign_id"] = json!("CEXAMPL");
        body["tcr_campaign_registered"] = json!("REGISTERED");
        body["valid_until"] = json!(millis(self.received_at.plus_s(3600)));
        body
    }

    /// A message from a person; `autoresponse` is Telnyx's reading of it as a keyword.
    pub(super) fn inbound(&self, autoresponse: Option<&str>) -> Value {
        let mut body = self.common("T-Mobile USA", "Telnyx", "webhook_delivered");
        body["direction"] = json!("inbound");
        body["autoresponse_type"] = json!(autoresponse);
        body["is_spam"] = json!(false);
        body
    }

    fn common(&self, from_carrier: &str, to_carrier: &str, status: &str) -> Value {
        let (gsm7, parts) = parts_of(&self.text);
        json!({
            "cc": [],
            "completed_at": self.completed_at.map(millis),
            "cost": { "amount": "0.0070", "currency": "USD" },
            "cost_breakdown": {
                "carrier_fee": { "amount": "0.00300", "currency": "USD" },
                "rate": { "amount": "0.00400", "currency": "USD" },
            },
            "encoding": if gsm7 { "GSM-7" } else { "UCS-2" },
            "errors": [],
            "from": { "carrier": from_carrier, "line_type": "Wireless", "phone_number": self.from },
            "id": self.id,
            "media": [],
            "messaging_profile_id": self.profile,
            "organization_id": ORGANISATION,
            "parts": parts,
            "received_at": millis(self.received_at),
            "record_type": "message",
            "sent_at": self.sent_at.map(millis),
            "subject": "",
            "tags": [],
            "text": self.text,
            "to": [{ "carrier": to_carrier, "line_type": "Wireless", "phone_number": self.to, "status": status }],
            "type": "SMS",
            "valid_until": null,
            "webhook_failover_url": null,
            "webhook_url": self.webhook_url,
        })
    }
}

/// The GSM 03.38 basic alphabet; the second text counts twice.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED: &str = "~^|\\{}[]€\u{c}";

/// Whether the text fits GSM-7, and its number of parts.
pub(super) fn parts_of(text: &str) -> (bool, usize) {
    let width = |c: char| match c {
        _ if BASIC.contains(c) => Some(1),
        _ if EXTENDED.contains(c) => Some(2),
        _ => None,
    };
    let (gsm7, units, single, joined) = match text.chars().map(width).sum::<Option<usize>>() {
        Some(units) => (true, units, 160, 153),
        None => (false, text.encode_utf16().count(), 70, 67),
    };
    (gsm7, if units <= single { 1 } else { units.div_ceil(joined) })
}
