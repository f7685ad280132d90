//! The webhook bodies of `tests/data/telnyx`: each is read as what it is.

use fusion_comms_core::envelope::{
    AutoResponse, Channel, DeliveryStatus, Direction, FaxKind, GatherStatus, PlaybackStatus, TelnyxBody,
    TelnyxEvent, VoiceKind, telnyx,
};
use fusion_comms_core::ivr::Prompt;
use fusion_comms_core::redact::{clean, parse_body};
use serde_json::Value;

fn data_file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/telnyx/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn channel_of(name: &str) -> Channel {
    match name.split('-').next() {
        Some("voice") => Channel::Voice,
        Some("sms") => Channel::Sms,
        Some("fax") => Channel::Fax,
        _ => panic!("{name} is no webhook body"),
    }
}

fn read_as(channel: Channel, name: &str) -> TelnyxEvent {
    let body = data_file(name);
    telnyx(channel, &parse_body(&body).unwrap(), &body)
}

fn read(name: &str) -> TelnyxEvent {
    read_as(channel_of(name), name)
}

/// Webhook bodies by the index of the folder.
fn names() -> Vec<String> {
    let index: Value = serde_json::from_slice(&data_file("index.json")).unwrap();
    let files = index["files"].as_array().unwrap().iter().map(|f| f["file"].as_str().unwrap().to_owned());
    files.filter(|name| !name.starts_with("api-")).collect()
}

fn kind(body: &TelnyxBody) -> String {
    match body {
        TelnyxBody::Voice(event) => format!("{:?}", event.kind),
        TelnyxBody::TextReceived(text) => format!("text {:?}", text.autoresponse),
        TelnyxBody::TextStatus(status) => format!("status {:?} {:?}", status.status, status.error_code),
        TelnyxBody::Fax(fax) => match &fax.kind {
            FaxKind::Receiving { page_count } => format!("receiving {page_count:?}"),
            FaxKind::Received { page_count, partial, .. } => format!("received {page_count:?} {partial}"),
            FaxKind::Failed { reason } => format!("failed {reason:?}"),
            FaxKind::Informational => "Informational".into(),
        },
        TelnyxBody::Other => "Other".into(),
    }
}

fn gather(status: GatherStatus) -> String {
    format!("GatherEnded {{ status: {status:?}, digits: Digits(***), pound_alone: false }}")
}

fn playback(status: PlaybackStatus, prompt: Option<Prompt>) -> String {
    format!("PlaybackEnded {{ status: {status:?}, prompt: {prompt:?} }}")
}

fn hangup(cause: &str) -> String {
    format!("Hangup {{ cause: {cause:?} }}")
}

fn voice_table() -> Vec<(&'static str, String)> {
    use GatherStatus::{CallHangup, Cancelled, NoInput, Valid};
    let told = || "Informational".to_owned();
    vec![
        ("voice-01", "Initiated".into()),
        ("voice-02", "Answered".into()),
        ("voice-03", told()),
        ("voice-04", told()),
        ("voice-05", playback(PlaybackStatus::Ended, Some(Prompt::Menu))),
        ("voice-06", gather(Valid)),
        ("voice-07", gather(Valid)),
        ("voice-08", gather(Valid)),
        ("voice-09", playback(PlaybackStatus::Ended, Some(Prompt::SentSms))),
        ("voice-10", gather(Valid)),
        ("voice-11", "Initiated".into()),
        ("voice-12", "Answered".into()),
        ("voice-13", "Bridged".into()),
        ("voice-14", "Bridged".into()),
        ("voice-15", hangup("normal_clearing")),
        ("voice-16", hangup("normal_clearing")),
        ("voice-17", told()),
        ("voice-20", gather(NoInput)),
        ("voice-21", gather(NoInput)),
        ("voice-22", gather(CallHangup)),
        ("voice-23", gather(Cancelled)),
        ("voice-24", gather(Cancelled)),
        ("voice-25", playback(PlaybackStatus::Failed, Some(Prompt::Menu))),
        ("voice-26", playback(PlaybackStatus::Failed, Some(Prompt::Menu))),
        ("voice-27", playback(PlaybackStatus::CallHangup, Some(Prompt::Menu))),
        ("voice-28", playback(PlaybackStatus::Ended, Some(Prompt::Menu))),
        ("voice-29", told()),
        ("voice-30", told()),
        ("voice-31", "SpeakEnded".into()),
        ("voice-32", told()),
        ("voice-40", hangup("timeout")),
        ("voice-41", hangup("user_busy")),
        ("voice-42", hangup("call_rejected")),
        ("voice-43", hangup("no_answer")),
        ("voice-44", hangup("not_found")),
        ("voice-45", hangup("originator_cancel")),
        ("voice-46", hangup("time_limit")),
        ("voice-50", told()),
        ("voice-51", told()),
        ("voice-52", told()),
        ("voice-53", told()),
        ("voice-54", told()),
        ("voice-55", told()),
    ]
}

fn other_table() -> Vec<(&'static str, String)> {
    use AutoResponse::{Help, Start, Stop};
    use DeliveryStatus::{Delivered, Failed, Sent, Unconfirmed};
    let text = |read: Option<AutoResponse>| format!("text {read:?}");
    let status = |status: DeliveryStatus, code: Option<&str>| format!("status {status:?} {code:?}");
    vec![
        ("sms-01", text(None)),
        ("sms-02", text(Some(Stop))),
        ("sms-03", text(Some(Stop))),
        ("sms-04", text(Some(Stop))),
        ("sms-05", text(Some(Stop))),
        ("sms-06", text(Some(Help))),
        ("sms-07", text(None)),
        ("sms-08", text(Some(Start))),
        ("sms-09", text(None)),
        ("sms-10", text(None)),
        ("sms-20", status(Sent, None)),
        ("sms-21", status(Delivered, None)),
        ("sms-22", status(Failed, Some("40008"))),
        ("sms-23", status(Failed, Some("40010"))),
        ("sms-24", status(Unconfirmed, None)),
        ("sms-25", status(Failed, Some("40014"))),
        ("fax-01", "receiving None".into()),
        ("fax-02", "receiving Some(3)".into()),
        ("fax-03", "received Some(3) false".into()),
        ("fax-04", "failed Some(\"sender_call_dropped\")".into()),
        ("fax-05", "received Some(1) true".into()),
        ("fax-10", "Informational".into()),
        ("fax-11", "Informational".into()),
        ("fax-12", "Informational".into()),
        ("fax-13", "Informational".into()),
        ("fax-14", "Informational".into()),
    ]
}

#[test]
fn each_of_the_69_bodies_is_read_as_what_it_is() {
    let table: Vec<_> = voice_table().into_iter().chain(other_table()).collect();
    let names = names();
    assert_eq!((table.len(), names.len()), (69, 69));
    for (short, wanted) in table {
        let name = names.iter().find(|name| name.starts_with(&format!("{short}-"))).unwrap();
        assert_eq!(kind(&read(name).body), wanted, "{name}");
    }
}

#[test]
fn every_body_gives_its_own_id_type_time_and_order() {
    let index: Value = serde_json::from_slice(&data_file("index.json")).unwrap();
    for file in index["files"].as_array().unwrap() {
        let name = file["file"].as_str().unwrap();
        if name.starts_with("api-") {
            continue;
        }
        let (event, sent) = (read(name), parse_body(&data_file(name)).unwrap());
        assert_eq!(event.id.as_str(), sent["data"]["id"], "{name}");
        assert_eq!(event.event_type, file["event_type"].as_str().unwrap(), "{name}");
        assert!(event.occurred_at.is_some() && event.order_key.is_some(), "{name}");
    }
}

#[test]
fn every_body_on_a_wrong_route_is_kept_without_effect() {
    for name in names() {
        for channel in [Channel::Voice, Channel::Sms, Channel::Fax] {
            if channel != channel_of(&name) {
                let (event, right) = (read_as(channel, &name), read(&name));
                assert_eq!((event.body, event.order_key), (TelnyxBody::Other, None), "{name}");
                assert_eq!((event.id, event.event_type), (right.id, right.event_type), "{name}");
            }
        }
    }
}

#[test]
fn a_clean_body_reads_the_same_and_only_key_presses_are_changed() {
    for name in names() {
        let body = data_file(&name);
        let sent = parse_body(&body).unwrap();
        let mut cleaned = sent.clone();
        clean(&mut cleaned);
        assert_eq!(cleaned != sent, name.contains("dtmf"), "{name}");
        let channel = channel_of(&name);
        assert_eq!(telnyx(channel, &cleaned, &body), telnyx(channel, &sent, &body), "{name}");
    }
}

#[test]
fn the_parts_of_a_call_a_text_and_a_fax_are_read() {
    let TelnyxBody::Voice(call) = read("voice-08-call-gather-ended-phone.json").body else { panic!() };
    assert_eq!(call.call.as_str(), "v3:jBFMsW8YJpuR0STEBMBzueFst8PVs28WN4PW6TAVULhuoGdd3zVwCg");
    assert_eq!(call.session.as_deref(), Some("c7a54f2b-eeb1-11f1-9dea-02420a1f0b05"));
    assert_eq!((call.from.expose(), call.to.expose()), (Some("+12025550147"), Some("+12025550110")));
    let VoiceKind::GatherEnded { digits, .. } = call.kind else { panic!() };
    assert_eq!(digits.expose(), "2025550147");
    let TelnyxBody::Voice(leg_b) = read("voice-11-call-initiated-leg-b.json").body else { panic!() };
    assert_eq!(leg_b.direction, Some(Direction::Outgoing));
    let TelnyxBody::TextReceived(text) = read("sms-03-message-received-stop-lowercase.json").body else {
        panic!()
    };
    assert_eq!(
        (text.text.as_str(), text.message_id.as_str()),
        (" stop\n", "c3e77ad4-b0aa-47d2-bcdb-112f26a66cd3")
    );
    assert_eq!((text.from.expose(), text.to.expose()), (Some("+12025550148"), Some("+12025550110")));
    assert_eq!(text.received_at.unwrap().to_string(), "2026-03-03T15:05:56.123000Z");
    let TelnyxBody::Fax(fax) = read("fax-03-fax-received.json").body else { panic!() };
    assert_eq!(
        (fax.inbound, fax.from.expose(), fax.to.expose()),
        (true, Some("+12025550161"), Some("+12025550112"))
    );
    let FaxKind::Received { media_url: Some(url), .. } = fax.kind else { panic!() };
    assert!(url.starts_with("https://s3.amazonaws.com/faxes-prod/"));
}
