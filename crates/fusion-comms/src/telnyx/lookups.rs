//! What Telnyx knows of a text, a call or an event's deliveries, for whoever looks into what became of it.

use fusion_comms_core::ids::CallControlId;
use reqwest::Method;
use serde_json::Value;

use super::{FAX_BUDGET, Telnyx, TelnyxError, data};
use crate::provider;

/// A text as Telnyx sees it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageInfo {
    /// `to[0].status`: `queued`, `sent`, `delivered`, `delivery_failed` …; an open set.
    pub status: String,
    /// `errors[0].code`.
    pub error_code: Option<String>,
}

/// One delivery of an event, with the answers that its tries got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryInfo {
    pub event_type: String,
    /// `delivered` or `failed`.
    pub status: String,
    /// HTTP statuses, the latest first; `None` where nothing answered.
    pub answers: Vec<Option<u16>>,
}

impl Telnyx {
    /// `GET /messages/{id}`, by Telnyx's id.
    ///
    /// # Errors
    /// Any answer but 2xx with a message, or none within 8 s.
    pub async fn message(&self, id: &str) -> Result<MessageInfo, TelnyxError> {
        let data = self.look_up(&format!("/messages/{}", provider::segment(id))).await?;
        let status = provider::word(data.pointer("/to/0/status")).ok_or(TelnyxError::BadAnswer)?;
        Ok(MessageInfo { status, error_code: provider::word(data.pointer("/errors/0/code")) })
    }

    /// `GET /calls/{id}`: whether the leg is alive.
    ///
    /// # Errors
    /// Any answer but 2xx with a call, or none within 8 s.
    pub async fn is_call_alive(&self, call: &CallControlId) -> Result<bool, TelnyxError> {
        let data = self.look_up(&format!("/calls/{}", provider::segment(call.as_str()))).await?;
        data.get("is_alive").and_then(Value::as_bool).ok_or(TelnyxError::BadAnswer)
    }

    /// `GET /call_events` of a session: the names of what Telnyx noted, the oldest first; commands have none of `call.`.
    ///
    /// # Errors
    /// Any answer but 2xx with a list, or none within 8 s.
    pub async fn call_events(&self, session: &str) -> Result<Vec<String>, TelnyxError> {
        let session = provider::segment(session);
        let path = format!("/call_events?filter%5Bapplication_session_id%5D={session}&page%5Bsize%5D=250");
        let list = self.look_up(&path).await?;
        let list = list.as_array().ok_or(TelnyxError::BadAnswer)?;
        Ok(list.iter().filter_map(|e| provider::word(e.get("name"))).collect())
    }

    /// `GET /webhook_deliveries` whose webhook names this id.
    ///
    /// # Errors
    /// Any answer but 2xx with a list, or none within 8 s.
    pub async fn deliveries_of(&self, id: &str) -> Result<Vec<DeliveryInfo>, TelnyxError> {
        let id = provider::segment(id);
        let list = self
            .look_up(&format!("/webhook_deliveries?filter%5Bwebhook%5D%5Bcontains%5D={id}&page%5Bsize%5D=50"))
            .await?;
        let list = list.as_array().ok_or(TelnyxError::BadAnswer)?;
        Ok(list.iter().filter_map(delivery).collect())
    }

    async fn look_up(&self, path: &str) -> Result<Value, TelnyxError> {
        data(self.accepted(self.request(Method::GET, path), FAX_BUDGET).await?)
    }
}

fn delivery(d: &Value) -> Option<DeliveryInfo> {
    let answer = |attempt: &Value| {
        attempt.pointer("/http/response/status").and_then(Value::as_u64).and_then(|s| u16::try_from(s).ok())
    };
    Some(DeliveryInfo {
        event_type: provider::word(d.pointer("/webhook/event_type"))?,
        status: provider::word(d.get("status"))?,
        answers: d.get("attempts").and_then(Value::as_array).into_iter().flatten().map(answer).collect(),
    })
}
