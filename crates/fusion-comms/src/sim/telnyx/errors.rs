//! Telnyx's refusals, in Telnyx's shape.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error answer: `{"errors":[{code,title,detail,…}]}`.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    title: &'static str,
    detail: String,
    parameter: Option<String>,
}

impl Refusal {
    fn new(status: u16, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, title, detail: detail.into(), parameter: None }
    }
    fn at(mut self, parameter: &str) -> Self {
        self.parameter = Some(parameter.to_owned());
        self
    }
    pub(super) fn unauthenticated() -> Self {
        let detail =
            "The required authentication headers were either invalid or not included in the request.";
        Self::new(401, "10009", "Authentication failed", detail)
    }
    pub(super) fn not_found() -> Self {
        Self::new(404, "10005", "Resource not found", "The requested resource or URL could not be found.")
    }
    pub(super) fn malformed() -> Self {
        Self::new(400, "10015", "Bad Request", "The request failed because it was not well-formed.")
    }
    pub(super) fn unknown_parameter(name: &str) -> Self {
        Self::new(422, "10027", "Unprocessable entity", format!("The parameter '{name}' is not known."))
            .at(name)
    }
    pub(super) fn bad_parameter(name: &str, want: &str) -> Self {
        Self::new(422, "10027", "Unprocessable entity", format!("The parameter '{name}' must be {want}."))
            .at(name)
    }
    pub(super) fn missing(name: &str) -> Self {
        Self::new(422, "10004", "Missing required parameter", "A required parameter was missing.").at(name)
    }
    /// Telnyx has one code per parameter (90002 to 90009 and others); which is whose we do not know, so all get one.
    pub(super) fn out_of_range(name: &str, low: i64, high: i64) -> Self {
        let detail = format!("The value of '{name}' must be between {low} and {high}.");
        Self::new(422, "90002", "Invalid value", detail).at(name)
    }
    pub(super) fn bad_call_id() -> Self {
        Self::new(422, "90015", "Invalid Call Control ID", "The provided call_control_id was not valid.")
    }
    pub(super) fn bad_client_state() -> Self {
        Self::new(422, "90017", "Invalid client state", "The client_state was not valid base64.")
            .at("client_state")
    }
    pub(super) fn call_ended() -> Self {
        let detail = "This call is no longer active and can't receive commands.";
        Self::new(422, "90018", "Call has already ended", detail)
    }
    pub(super) fn not_answered() -> Self {
        let detail = "This call can't receive this command because it has not been answered yet.";
        Self::new(422, "90034", "Call has not been answered yet", detail)
    }
    pub(super) fn answer_outbound() -> Self {
        Self::new(
            422,
            "90102",
            "Command is invalid",
            "Call answer command cannot be issued for outbound calls.",
        )
    }
    pub(super) fn already_answered() -> Self {
        Self::new(
            422,
            "90102",
            "Command is invalid",
            "Call answer command cannot be issued for an answered call.",
        )
    }
    pub(super) fn blocked(from: &str, to: &str) -> Self {
        let detail =
            format!("Messages cannot be sent from '{from}' to '{to}' due to an existing block rule.");
        Self::new(400, "40300", "Blocked due to STOP message", detail)
    }
    pub(super) fn too_many_parts() -> Self {
        Self::new(400, "40302", "Message too large", "The message would need more than 10 parts.")
    }
    pub(super) fn bad_from() -> Self {
        let detail = "The 'from' address should be string containing a valid phone number or alphanumeric sender ID \
                      associated with the sending messaging profile.";
        Self::new(400, "40305", "Invalid 'from' address", detail)
    }
    pub(super) fn bad_to() -> Self {
        let detail = "The 'to' address should be a valid phone number in +E.164 form or a short code.";
        Self::new(400, "40310", "Invalid 'to' address", detail)
    }
    pub(super) fn no_content() -> Self {
        Self::new(400, "40316", "No content provided", "The message has neither text nor media.")
    }
    pub(super) fn bad_idempotency_key() -> Self {
        Self::new(
            422,
            "10027",
            "Unprocessable entity",
            "The Idempotency-Key has 1 to 255 of A-Z a-z 0-9 _ : -.",
        )
    }
    pub(super) fn idempotency_mismatch() -> Self {
        let detail = "The Idempotency-Key was used before with another request body.";
        Self::new(422, "10027", "Unprocessable entity", detail)
    }
    /// A failure that was asked for.
    pub(super) fn injected(status: u16) -> Self {
        match status {
            429 => Self::new(
                429,
                "10011",
                "Too many requests",
                "You have exceeded the maximum number of allowed requests.",
            ),
            401 => Self::unauthenticated(),
            403 => Self::new(403, "10010", "Authorization failed", "You do not have permission to do this."),
            404 => Self::not_found(),
            503 => Self::new(503, "10037", "Service unavailable", "The service is temporarily unavailable."),
            504 => Self::new(504, "10008", "Request timeout", "The request timed out."),
            400 => Self::malformed(),
            422 => Self::new(422, "10027", "Unprocessable entity", "The request could not be processed."),
            other => Self::new(other, "10007", "Unexpected error", "An unexpected error occured."),
        }
    }

    fn body(&self) -> Value {
        let mut error = json!({ "code": self.code, "title": self.title, "detail": self.detail });
        if let Some(parameter) = &self.parameter {
            error["source"] = json!({ "pointer": format!("/{parameter}"), "parameter": parameter });
        }
        if self.code.starts_with("403") {
            error["meta"] =
                json!({ "url": format!("https://developers.telnyx.com/docs/overview/errors/{}", self.code) });
        }
        json!({ "errors": [error] })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.body())).into_response();
        if self.status == 429 {
            for (name, value) in [("limit", "100"), ("remaining", "0"), ("reset", "1")] {
                if let (Ok(name), Ok(value)) = (
                    axum::http::HeaderName::from_bytes(format!("x-ratelimit-{name}").as_bytes()),
                    axum::http::HeaderValue::from_str(value),
                ) {
                    response.headers_mut().insert(name, value);
                }
            }
        }
        response
    }
}
