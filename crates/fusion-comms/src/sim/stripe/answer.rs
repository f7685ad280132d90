//! Answers as Stripe shapes them: a session, or an error with type, code and parameter.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::random_id;
use super::world::SimSession;

/// An answer of the API, before it has its request id.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    /// It is the stored one of an earlier request.
    pub(super) replayed: bool,
}

impl Answer {
    pub(super) fn session(session: &SimSession) -> Self {
        Self { status: 200, body: session_object(session), replayed: false }
    }

    pub(super) fn balance(livemode: bool) -> Self {
        let none = json!([{"amount": 0, "currency": "usd"}]);
        let body = json!({"object": "balance", "available": none, "pending": none, "livemode": livemode});
        Self { status: 200, body, replayed: false }
    }

    pub(super) fn account(id: &str, charges_enabled: bool) -> Self {
        let reason = if charges_enabled { Value::Null } else { "requirements.past_due".into() };
        let body = json!({
            "id": id, "object": "account", "type": "standard", "charges_enabled": charges_enabled,
            "payouts_enabled": charges_enabled, "details_submitted": true,
            "requirements": {"disabled_reason": reason, "currently_due": []},
        });
        Self { status: 200, body, replayed: false }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        if let Ok(id) = HeaderValue::try_from(random_id("req_", 14)) {
            headers.insert("request-id", id);
        }
        if self.replayed {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        if self.status == 409 {
            headers.insert("stripe-should-retry", HeaderValue::from_static("true"));
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, headers, axum::Json(self.body)).into_response()
    }
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) param: Option<String>,
    pub(super) message: &'static str,
}

impl Refusal {
    /// A parameter at fault: 400.
    pub(super) fn parameter(code: &'static str, param: impl Into<String>, message: &'static str) -> Self {
        let param = Some(param.into());
        Self { status: 400, kind: "invalid_request_error", code: Some(code), param, message }
    }

    pub(super) fn request(status: u16, code: Option<&'static str>, message: &'static str) -> Self {
        Self { status, kind: "invalid_request_error", code, param: None, message }
    }

    /// What [`super::SimStripe::fail_next`] asks for.
    pub(super) fn planned(status: u16) -> Self {
        let (kind, code) = match status {
            429 => ("invalid_request_error", Some("rate_limit")),
            500.. => ("api_error", None),
            _ => ("invalid_request_error", None),
        };
        Self { status, kind, code, param: None, message: "The simulator was told to fail." }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let mut error = json!({"type": refusal.kind, "message": refusal.message});
        if let Some(code) = refusal.code {
            error["code"] = code.into();
        }
        if let Some(param) = refusal.param {
            error["param"] = param.into();
        }
        Self { status: refusal.status, body: json!({"error": error}), replayed: false }
    }
}

/// A session as Stripe shows it. `url` is null once it is no longer open.
pub(super) fn session_object(s: &SimSession) -> Value {
    json!({
        "id": s.id,
        "object": "checkout.session",
        "mode": "payment",
        "status": s.status.as_str(),
        "payment_status": s.payment_status.as_str(),
        "payment_intent": s.payment_intent,
        "amount_subtotal": s.amount,
        "amount_total": s.amount,
        "currency": s.currency,
        "client_reference_id": s.client_reference_id,
        "metadata": s.metadata,
        "created": s.created,
        "expires_at": s.expires_at,
        "livemode": s.livemode,
        "success_url": s.success_url,
        "cancel_url": s.cancel_url,
        "url": s.is_open().then_some(&s.url),
        "customer": null,
        "customer_email": null,
        "customer_details": if s.is_complete() {
            json!({"email": "payer@example.com", "name": "Example Payer", "phone": null,
                   "address": {"country": "US", "postal_code": "94000"}})
        } else {
            Value::Null
        },
        "payment_method_types": ["card", "us_bank_account"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    })
}
