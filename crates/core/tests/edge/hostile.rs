//! Bodies nobody should send: nothing panics, nothing forbidden is left, no event is lost.

use fusion_comms_core::envelope::{Channel, our_step, stripe, telnyx};
use fusion_comms_core::redact::{clean, mask_text, parse_body};
use proptest::prelude::*;
use serde_json::{Value, json};

const FIELDS: [&str; 3] = ["text", "subject", "digits"];

/// What a full-width or ASCII digit counts; written apart from the code under test.
fn value_of(c: char) -> Option<u32> {
    c.to_digit(10).or_else(|| (u32::from(c)).checked_sub(0xff10).filter(|v| *v < 10))
}

/// Whether 13 to 19 neighbouring digits, single blanks or dashes between, pass the check: whole groups, or any stretch
/// of a group of more than 19. The slow way.
fn holds_card(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let digit = |at: usize| chars.get(at).copied().and_then(value_of);
    let gap = |at: usize| matches!(chars.get(at), Some(' ' | '-'));
    let group_from = |at: usize| (at..).take_while(|i| digit(*i).is_some()).count();
    (0..chars.len()).any(|start| {
        let first = (0..=start).rev().take_while(|i| digit(*i).is_some()).last();
        let whole_group = first.map_or(0, group_from);
        let mut digits = Vec::new();
        let mut at = start;
        while let Some(value) = digit(at) {
            digits.push(value);
            let group_ends = digit(at + 1).is_none();
            let aligned = first == Some(start) && group_ends;
            let within = whole_group > 19 && first.is_some_and(|f| at < f + whole_group);
            if (13..=19).contains(&digits.len()) && (aligned || within) && luhn(&digits) {
                return true;
            }
            at += if group_ends && gap(at + 1) { 2 } else { 1 };
        }
        false
    })
}

fn luhn(digits: &[u32]) -> bool {
    let from_right = digits.iter().rev().enumerate();
    let sum: u32 = from_right.map(|(i, d)| if i % 2 == 0 { *d } else { d * 2 / 10 + d * 2 % 10 }).sum();
    sum.is_multiple_of(10)
}

/// A number of 13 to 19 digits with a good check digit, written with blanks, dashes or nothing between.
fn card() -> impl Strategy<Value = String> {
    (
        prop::collection::vec(0..10_u32, 12..=18),
        prop::collection::vec(prop::sample::select(vec!["", "", " ", "-"]), 19),
    )
        .prop_map(|(mut digits, gaps)| {
            let check = (0..10).find(|check| luhn(&[&digits[..], &[*check]].concat())).unwrap();
            digits.push(check);
            digits.iter().zip(gaps).map(|(d, gap)| format!("{gap}{d}")).collect::<String>()
        })
}

/// Text as people send it, with digits of two scripts, and sometimes a card number in it.
fn writing() -> impl Strategy<Value = String> {
    let loose = "[0-9０-９ a\\-]{0,40}";
    (loose, prop::option::of(card()), loose)
        .prop_map(|(before, card, after)| before + &card.unwrap_or_default() + &after)
}

/// Any JSON, with the names that we read among its names.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "data",
        "payload",
        "id",
        "event_type",
        "occurred_at",
        "call_control_id",
        "call_session_id",
        "digits",
        "status",
        "text",
        "to",
        "from",
        "phone_number",
        "errors",
        "code",
        "fax_id",
        "page_count",
        "client_state",
        "custom_headers",
        "value",
        "name",
        "digit",
        "type",
        "object",
        "created",
        "account",
        "x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        writing().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "call.gather.ended",
            "call.hangup",
            "message.received",
            "message.finalized",
            "fax.received"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..6)
                .prop_map(|fields| fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Value>()),
        ]
    })
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(name, inner)| name.contains('\0') || holds_nul(inner)),
        _ => false,
    }
}

fn read_every_way(body: &[u8]) {
    let Ok(mut value) = parse_body(body) else {
        return;
    };
    for channel in [Channel::Voice, Channel::Sms, Channel::Fax] {
        let event = telnyx(channel, &value, body);
        let id = event.id.as_str();
        assert!(!id.is_empty() && id.chars().count() <= 200 && !id.contains(char::is_control));
        assert!(!event.event_type.is_empty());
    }
    stripe(&value);
    clean(&mut value);
    assert!(!holds_nul(&value));
    assert!(serde_json::from_str::<Value>(&value.to_string()).is_ok());
    let mut again = value.clone();
    clean(&mut again);
    assert_eq!(again, value, "cleaning twice is cleaning once");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_anything_panic(body in prop::collection::vec(any::<u8>(), 0..200), text in any::<String>()) {
        read_every_way(&body);
        our_step(Some(&text));
    }

    #[test]
    fn no_json_makes_anything_panic(value in any_json()) {
        read_every_way(value.to_string().as_bytes());
    }

    #[test]
    fn no_escapes_make_anything_panic(inside in r#"(\\u[dD][89a-f][0-9a-f]{2}|\\u0000|\\\\|\\"|\\n|é|u|x|\\){0,12}"#) {
        read_every_way(format!("{{\"data\":{{\"{inside}\":\"{inside}\"}}}}").as_bytes());
    }

    #[test]
    fn masked_text_holds_no_card_number_and_differs_in_digits_only(text in writing()) {
        let masked = mask_text(&text);
        prop_assert!(!holds_card(&masked), "{} -> {}", text, masked);
        prop_assert_eq!(masked != text, holds_card(&text));
        prop_assert_eq!(masked.chars().count(), text.chars().count());
        for (before, after) in text.chars().zip(masked.chars()) {
            prop_assert!(before == after || (value_of(before).is_some() && after == '*'));
        }
        prop_assert_eq!(&mask_text(&masked), &masked);
    }

    #[test]
    fn twelve_digits_or_fewer_stay(text in "[a-z]{0,5}[0-9]([ \\-]?[0-9]){0,11}[a-z.]{0,5}") {
        prop_assert_eq!(mask_text(&text).into_owned(), text.clone());
    }

    #[test]
    fn a_card_number_is_gone_from_the_fields_and_stays_in_ids_and_phones(card in card()) {
        let mut body = json!({"data": {"id": card, "payload": {
            "from": card, "to": [{"phone_number": card}], "received_at": card,
            "text": card, "subject": [card], "digits": {"x": card},
            "custom_headers": [{"name": "X-Note", "value": card}],
        }}});
        clean(&mut body);
        let payload = &body["data"]["payload"];
        for field in FIELDS.iter().chain(&["custom_headers"]) {
            prop_assert!(!holds_card(&payload[field].to_string()));
            prop_assert!(payload[field].to_string().matches('*').count() >= 13);
        }
        prop_assert_eq!(&body["data"]["id"], &json!(card));
        prop_assert_eq!(&payload["from"], &json!(card));
        prop_assert_eq!(&payload["to"][0]["phone_number"], &json!(card));
        prop_assert_eq!(&payload["received_at"], &json!(card));
    }
}
