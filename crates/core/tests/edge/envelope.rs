//! Shapes the fixtures do not show: missing parts, other types, ids that are no keys.

use fusion_comms_core::envelope::{
    Channel, DeliveryStatus, FaxKind, TelnyxBody, TelnyxEvent, TextReceived, VoiceKind, stripe, telnyx,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn event(channel: Channel, event_type: &str, payload: Value) -> TelnyxEvent {
    telnyx(channel, &json!({"data": {"id": "e1", "event_type": event_type, "payload": payload}}), b"raw")
}

fn received(payload: Value) -> TextReceived {
    match event(Channel::Sms, "message.received", payload).body {
        TelnyxBody::TextReceived(text) => text,
        other => panic!("{other:?}"),
    }
}

fn sha(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[test]
fn an_event_without_an_id_is_named_by_the_digest_of_its_data_else_of_its_body() {
    let id = |value: Value| telnyx(Channel::Sms, &value, b"raw").id.to_string();
    assert_eq!(id(json!({"data": {"b": 1, "a": 2}, "meta": {"attempt": 1}})), sha(br#"{"a":2,"b":1}"#));
    assert_eq!(id(json!({"data": {"a": 2, "b": 1}, "meta": {"attempt": 2}})), sha(br#"{"a":2,"b":1}"#));
    assert_eq!(id(json!({"data": {"id": ""}})), sha(br#"{"id":""}"#));
    assert_eq!(id(json!({"data": {"id": 7}})), sha(br#"{"id":7}"#));
    assert_eq!(id(json!({"data": "text"})), sha(br#""text""#));
    for without in [json!({}), json!({"data": null}), json!([1]), json!("x"), json!(null)] {
        assert_eq!(id(without), sha(b"raw"));
    }
}

#[test]
fn an_id_that_is_no_good_key_is_replaced_by_its_digest() {
    let id = |id: &str| telnyx(Channel::Sms, &json!({"data": {"id": id}}), b"raw").id.to_string();
    assert_eq!(id("abc-1"), "abc-1");
    assert_eq!(id(&"é".repeat(200)), "é".repeat(200));
    for bad in ["x".repeat(201), "a\nb".into(), "a\u{7f}".into(), "a\u{85}".into()] {
        assert_eq!(id(&bad), sha(bad.as_bytes()));
    }
}

#[test]
fn a_body_without_readable_data_is_kept_as_other() {
    for value in [
        json!({}),
        json!({"data": 1}),
        json!({"data": {"event_type": 5}}),
        json!({"data": {"event_type": "a\nb"}}),
    ] {
        let event = telnyx(Channel::Voice, &value, b"raw");
        assert_eq!((event.event_type.as_str(), event.body), ("unknown", TelnyxBody::Other));
        assert_eq!((event.occurred_at, event.order_key), (None, None));
    }
}

#[test]
fn a_call_event_needs_a_control_id_and_is_ordered_by_session_else_by_it() {
    for payload in [
        json!(null),
        json!({}),
        json!({"call_control_id": ""}),
        json!({"call_control_id": 1}),
        json!({"call_control_id": "x".repeat(201)}),
    ] {
        assert_eq!(event(Channel::Voice, "call.hangup", payload).body, TelnyxBody::Other);
    }
    let keyed = |payload| event(Channel::Voice, "call.hangup", payload).order_key;
    assert_eq!(keyed(json!({"call_control_id": "c", "call_session_id": "s"})).as_deref(), Some("s"));
    assert_eq!(keyed(json!({"call_control_id": "c"})).as_deref(), Some("c"));
    let TelnyxBody::Voice(new) =
        event(Channel::Voice, "call.something.new", json!({"call_control_id": "c"})).body
    else {
        panic!()
    };
    assert_eq!(new.kind, VoiceKind::Informational);
}

#[test]
fn a_gather_ended_by_pound_alone_is_told_from_one_with_digits_or_none() {
    let ended = |status: &str, digits: Value| {
        let payload = json!({"call_control_id": "c", "status": status, "digits": digits});
        match event(Channel::Voice, "call.gather.ended", payload).body {
            TelnyxBody::Voice(call) => match call.kind {
                VoiceKind::GatherEnded { digits, pound_alone, .. } => {
                    (digits.expose().to_owned(), pound_alone)
                }
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let cases = [
        ("valid", json!("1"), "1", false),
        ("valid", json!("2025550147#"), "2025550147", false),
        ("valid", json!(42), "42", false),
        ("valid", json!(""), "", true),
        ("valid", json!(null), "", true),
        ("valid", json!("#"), "", true),
        ("invalid", json!("#"), "", true),
        ("invalid", json!(""), "", false),
        ("timeout", json!(""), "", false),
        ("new_status", json!(null), "", false),
        ("invalid", json!("##"), "#", false),
        ("valid", json!("*"), "*", false),
    ];
    for (status, sent, digits, pound_alone) in cases {
        assert_eq!(ended(status, sent.clone()), (digits.to_owned(), pound_alone), "{status} {sent}");
    }
}

#[test]
fn the_number_a_text_went_to_is_read_in_every_shape() {
    let number = "+12025550110";
    for to in [
        json!([{"phone_number": number}, {"phone_number": "x"}]),
        json!({"phone_number": number}),
        json!(number),
        json!([number]),
    ] {
        assert_eq!(received(json!({"to": to})).to.expose(), Some(number));
    }
    for to in
        [json!(null), json!([]), json!([null]), json!(7), json!({}), json!(""), json!([{"phone_number": ""}])]
    {
        assert_eq!(received(json!({"to": to})).to.expose(), None);
    }
}

#[test]
fn a_text_with_parts_missing_is_a_text_still() {
    let text = received(json!({"text": null}));
    assert_eq!((text.text.as_str(), text.received_at, text.autoresponse), ("", None, None));
    assert_eq!(text.message_id, "e1", "a text without an id goes by its event's");
    assert_eq!(received(json!({"id": "a\nb"})).message_id, sha(b"a\nb"));
    assert_eq!(event(Channel::Sms, "message.received", json!(null)).body, TelnyxBody::Other);
    assert_eq!(event(Channel::Sms, "message.new", json!({"id": "m"})).body, TelnyxBody::Other);
}

#[test]
fn texts_are_ordered_by_the_two_numbers_which_are_not_shown() {
    let key = |from: &str, to: &str| {
        event(Channel::Sms, "message.received", json!({"from": {"phone_number": from}, "to": to}))
            .order_key
            .unwrap()
    };
    let first = key("+12025550147", "+12025550110");
    assert_eq!(first, key("+12025550147", "+12025550110"));
    assert_ne!(first, key("+12025550110", "+12025550147"));
    assert!(first.len() == 64 && !first.contains("5550147"));
}

#[test]
fn a_status_without_a_message_is_other_and_an_unknown_one_is_kept() {
    assert_eq!(event(Channel::Sms, "message.finalized", json!({"to": []})).body, TelnyxBody::Other);
    let payload =
        json!({"id": "m", "to": [{"status": "teleported"}], "errors": [{"code": 40300, "title": "Blocked"}]});
    let read = event(Channel::Sms, "message.finalized", payload);
    let TelnyxBody::TextStatus(status) = read.body else { panic!() };
    assert_eq!(status.status, DeliveryStatus::Unknown);
    assert_eq!(
        (status.error_code.as_deref(), status.error_title.as_deref()),
        (Some("40300"), Some("Blocked"))
    );
    assert_eq!(read.order_key.as_deref(), Some("m"));
}

#[test]
fn a_fax_id_that_could_leave_its_folder_is_other() {
    for bad in ["", "../x", "a/b", "a.b", "a b", "é", &"x".repeat(129)] {
        assert_eq!(
            event(Channel::Fax, "fax.received", json!({"fax_id": bad})).body,
            TelnyxBody::Other,
            "{bad}"
        );
    }
    let read = event(
        Channel::Fax,
        "fax.received",
        json!({"fax_id": "fax-xyz_1", "page_count": -3, "partial_content": "yes"}),
    );
    assert_eq!(read.order_key.as_deref(), Some("fax-xyz_1"));
    let TelnyxBody::Fax(fax) = read.body else { panic!() };
    assert!(
        fax.inbound && fax.kind == FaxKind::Received { media_url: None, page_count: None, partial: false }
    );
}

#[test]
fn debug_of_an_event_shows_no_number_text_or_link() {
    let text = event(
        Channel::Sms,
        "message.received",
        json!({"from": "+12025550147", "to": "Jane", "text": "my secret"}),
    );
    let fax = event(
        Channel::Fax,
        "fax.received",
        json!({"fax_id": "f", "from": "+12025550147", "media_url": "https://secret"}),
    );
    let call = event(
        Channel::Voice,
        "call.gather.ended",
        json!({"call_control_id": "c", "from": "sip:Jane@secret", "digits": "987654"}),
    );
    let shown = format!("{text:?}{fax:?}{call:?}");
    for hidden in ["2025550147", "Jane", "secret", "987654"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn a_stripe_event_needs_an_id_and_a_type_and_nothing_else() {
    let full = json!({"id": "evt_1", "type": "checkout.session.completed", "account": "acct_1", "livemode": false,
        "created": 1_780_000_000, "data": {"object": {"id": "cs_1"}}});
    let event = stripe(&full).unwrap();
    assert_eq!((event.id.as_str(), event.event_type.as_str()), ("evt_1", "checkout.session.completed"));
    assert_eq!((event.account.as_deref(), event.livemode), (Some("acct_1"), Some(false)));
    assert_eq!(event.created.unwrap().unix_s(), 1_780_000_000);
    assert_eq!(event.object, json!({"id": "cs_1"}));
    let bare = stripe(&json!({"id": "evt_1", "type": "new.type"})).unwrap();
    assert_eq!((bare.account, bare.livemode, bare.created, bare.object), (None, None, None, Value::Null));
    for bad in
        [json!({}), json!({"id": "evt_1"}), json!({"type": "t"}), json!({"id": 1, "type": "t"}), json!([])]
    {
        assert!(stripe(&bad).is_none());
    }
}
