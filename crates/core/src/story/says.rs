//! What of a webhook's body may be shown and helps: a status, a cause, a code. No number, no words of people, no digits.

use serde_json::Value;

/// The status, cause or code that the body names, if any.
pub fn says(body: &Value) -> Option<String> {
    let payload = body.pointer("/data/payload").or_else(|| body.pointer("/data/object"))?;
    let mut said: Vec<String> = Vec::new();
    let mut say = |name: &str, value: Option<&Value>| {
        if let Some(word) = value.and_then(word) {
            said.push(format!("{name} {word}"));
        }
    };
    say("direction", payload.get("direction"));
    say("status", payload.get("status"));
    say("status", payload.pointer("/to/0/status"));
    say("payment", payload.get("payment_status"));
    say("cause", payload.get("hangup_cause"));
    say("by", payload.get("hangup_source"));
    say("reason", payload.get("failure_reason"));
    say("error", payload.pointer("/errors/0/code"));
    say("answered by Telnyx as", payload.get("autoresponse_type"));
    say("session", payload.get("id").filter(|_| body.pointer("/data/object").is_some()));
    let file = payload.get("media_url").and_then(Value::as_str).filter(|u| u.contains(".wav"));
    let file =
        file.and_then(|u| u.split('?').next()?.rsplit('/').next()).map(|f| Value::String(f.to_owned()));
    say("file", file.as_ref());
    (!said.is_empty()).then(|| said.join(", "))
}

/// A provider's word: letters, digits and `_-.` only, and no run of digits as long as a number's.
fn word(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    let longest = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    ((1..=80).contains(&text.len()) && plain && longest < 7).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_says_its_status_and_never_a_number_digits_or_words() {
        let gather = json!({"data": {"payload": {
            "status": "valid", "digits": "30458003", "from": "+12025550147", "to": "+12025550110",
        }}});
        assert_eq!(says(&gather).as_deref(), Some("status valid"));
        let text = json!({"data": {"payload": {
            "text": "stop it", "direction": "inbound", "autoresponse_type": "STOP",
            "to": [{"status": "webhook_delivered", "phone_number": "+12025550110"}],
        }}});
        assert_eq!(
            says(&text).as_deref(),
            Some("direction inbound, status webhook_delivered, answered by Telnyx as STOP")
        );
        let failed =
            json!({"data": {"payload": {"failure_reason": "call +12025550147", "status": "failed"}}});
        assert_eq!(says(&failed).as_deref(), Some("status failed"));
        let played = json!({"data": {"payload": {"status": "file_not_found", "media_url": "https://a.example/ivr/menu.wav?v=2"}}});
        assert_eq!(says(&played).as_deref(), Some("status file_not_found, file menu.wav"));
        assert_eq!(says(&json!({})), None);
    }
}
