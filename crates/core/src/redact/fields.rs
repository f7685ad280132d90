//! The fields of a webhook body that people write into, and what is taken out of them.
//!
//! Fields are found by name at any depth, so that a body of an unknown shape is cleaned as well. Fields of other
//! names (ids, phone numbers, times) are never touched: a pattern over the whole body would hit those.

use std::borrow::Cow;
use std::mem;

use serde_json::{Map, Number, Value};

use super::cards::mask_text;
use super::digits::digit_value;

/// Takes out of a parsed body what is never stored.
///
/// - `digit` (a single key press, `call.dtmf.received`) becomes null;
/// - card numbers in `text`, `subject`, `digits` and in the values of `custom_headers` and `sip_headers` lose their
///   digits to `*`. A number that holds one becomes a string of `*`.
pub fn clean(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields.iter_mut() {
                match name.as_str() {
                    "digit" => *inner = Value::Null,
                    "text" | "subject" | "digits" => mask(inner),
                    "custom_headers" | "sip_headers" => mask_headers(inner),
                    _ => clean(inner),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        _ => {}
    }
}

/// `[{"name": …, "value": …}]`: all but the names. Any other shape: everything.
fn mask_headers(value: &mut Value) {
    let Value::Array(headers) = value else {
        return mask(value);
    };
    for header in headers.iter_mut() {
        match header {
            Value::Object(parts) => {
                parts.iter_mut().filter(|(name, _)| *name != "name").for_each(|(_, v)| mask(v))
            }
            other => mask(other),
        }
    }
    mask_spelled_out(headers);
}

fn mask(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(masked) = mask_text(text) {
                *text = masked;
            }
        }
        Value::Number(number) if holds_card(number) => *value = Value::String(all_stars(&number.to_string())),
        Value::Array(items) => {
            items.iter_mut().for_each(mask);
            mask_spelled_out(items);
        }
        Value::Object(fields) => {
            let taken = mem::take(fields).into_iter();
            *fields = taken
                .map(|(name, inner)| (mask_text(&name).into_owned(), masked(inner)))
                .collect::<Map<_, _>>();
        }
        _ => {}
    }
}

fn masked(mut value: Value) -> Value {
    mask(&mut value);
    value
}

/// A card number may be a JSON number; past 2^64 it is a float, written with a point and an exponent.
fn holds_card(number: &Number) -> bool {
    let text = number.to_string();
    let mantissa: String = text.chars().take_while(|c| *c != 'e').filter(char::is_ascii_digit).collect();
    is_card(&mantissa) || number.as_f64().is_some_and(|n| is_card(&format!("{n:.0}")))
}

/// A list of single keys spells a card number as well.
fn mask_spelled_out(items: &mut [Value]) {
    let joined: String = items.iter().filter_map(scalar_text).collect();
    if !is_card(&joined) {
        return;
    }
    for item in items {
        if let Some(text) = scalar_text(item) {
            *item = Value::String(all_stars(&text));
        }
    }
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_card(text: &str) -> bool {
    matches!(mask_text(text), Cow::Owned(_))
}

fn all_stars(text: &str) -> String {
    text.chars().map(|c| if digit_value(c).is_some() { '*' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CARD: &str = "4111 1111-1111 1111";

    #[test]
    fn card_numbers_are_masked_in_the_fields_people_write_into_and_nowhere_else() {
        let mut body = json!({"data": {"id": CARD, "occurred_at": CARD, "event_type": CARD, "payload": {
            "text": CARD, "subject": CARD, "digits": "4111111111111111#",
            "from": CARD, "to": [{"phone_number": CARD}], "call_control_id": CARD, "client_state": CARD,
            "custom_headers": [{"name": CARD, "value": CARD}], "sip_headers": [{"name": CARD, "value": CARD}],
        }}});
        clean(&mut body);
        let stars = "**** ****-**** ****";
        assert_eq!(
            body,
            json!({"data": {"id": CARD, "occurred_at": CARD, "event_type": CARD, "payload": {
                "text": stars, "subject": stars, "digits": "****************#",
                "from": CARD, "to": [{"phone_number": CARD}], "call_control_id": CARD, "client_state": CARD,
                "custom_headers": [{"name": CARD, "value": stars}], "sip_headers": [{"name": CARD, "value": stars}],
            }}})
        );
    }

    #[test]
    fn a_key_press_is_taken_out_and_ordinary_digits_stay() {
        let mut body = json!({"data": {"event_type": "call.dtmf.received", "payload": {"digit": "7", "digits": "2025550147"}}});
        clean(&mut body);
        assert_eq!(body["data"]["payload"], json!({"digit": null, "digits": "2025550147"}));
    }

    #[test]
    fn a_card_number_that_is_no_string_is_masked_too() {
        let cases = [
            (json!(4111111111111111_u64), json!("****************")),
            (json!(-4111111111111111_i64), json!("-****************")),
            (json!(4111111111111111.0), json!("****************.*")),
            (json!(2025550147), json!(2025550147)),
            (
                json!(["4", 1, "1", "1", "1111", 1111, "1111"]),
                json!(["*", "*", "*", "*", "****", "****", "****"]),
            ),
            (json!(["1", "2", 3]), json!(["1", "2", 3])),
            (
                json!({"4111111111111111": {"body": CARD}}),
                json!({"****************": {"body": "**** ****-**** ****"}}),
            ),
            (json!(null), json!(null)),
            (json!(true), json!(true)),
        ];
        for field in ["text", "subject", "digits", "custom_headers", "sip_headers"] {
            for (sent, wanted) in &cases {
                let mut body = json!({"payload": {field: sent}});
                clean(&mut body);
                assert_eq!(&body["payload"][field], wanted, "{field}");
            }
        }
    }

    #[test]
    fn a_card_number_in_a_number_too_long_for_an_integer_leaves_no_digit() {
        let mut body = serde_json::from_str(r#"{"text": 41111111111111110000}"#).unwrap();
        clean(&mut body);
        let text = body["text"].as_str().unwrap();
        assert!(text.contains("****") && !text.contains(|c: char| c.is_ascii_digit()), "{text}");
    }
}
