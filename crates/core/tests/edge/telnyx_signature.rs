//! Telnyx signatures: the 42 shared cases, key forms, and every single-byte change of the headers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use fusion_comms_core::signature::{KeyError, SignatureError, TelnyxKeys};
use serde_json::Value;

const VECTORS: &str = include_str!("../data/telnyx-signature-vectors.json");
const NOW: i64 = 1_772_550_245;
const STAMP: &[u8] = b"1772550245";
const BODY: &[u8] = br#"{"data":{"payload":{"text":"STOP"}}}"#;

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn raw(seed: u8) -> String {
    STANDARD.encode(signer(seed).verifying_key().as_bytes())
}

fn der(seed: u8) -> String {
    let prefix = hex::decode("302a300506032b6570032100").unwrap();
    STANDARD.encode([&prefix[..], signer(seed).verifying_key().as_bytes()].concat())
}

fn pem(seed: u8) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", der(seed))
}

fn sign(seed: u8, stamp: &[u8], body: &[u8]) -> String {
    STANDARD.encode(signer(seed).sign(&[stamp, b"|", body].concat()).to_bytes())
}

fn keys(values: &[&str]) -> TelnyxKeys {
    TelnyxKeys::parse(values).unwrap()
}

fn accepts(case: &Value) -> bool {
    let values: Vec<&str> =
        case["public_keys"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
    let Ok(keys) = TelnyxKeys::parse(&values) else {
        return false;
    };
    let header = |name: &str| case[name].as_str().map(str::as_bytes);
    let body = STANDARD.decode(case["body_base64"].as_str().unwrap()).unwrap();
    let now = case["now"].as_i64().unwrap();
    let tolerance = u32::try_from(case["tolerance"].as_u64().unwrap()).unwrap();
    keys.verify(header("signature"), header("timestamp"), &body, now, tolerance).is_ok()
}

#[test]
fn every_shared_case_has_the_stated_answer() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 42);
    for case in cases {
        assert_eq!(accepts(case), case["expect"] == "accept", "{}: {}", case["name"], case["why"]);
    }
}

#[test]
fn a_key_is_read_raw_or_as_der_or_as_pem_with_white_space_around_it() {
    let signature = sign(1, STAMP, BODY);
    for key in [
        raw(1),
        der(1),
        pem(1),
        pem(1).replace('\n', "\r\n"),
        pem(1).replace('\n', " "),
        format!("\n {} \t", der(1)),
    ] {
        let keys = keys(&[&key]);
        assert!(keys.verify(Some(signature.as_bytes()), Some(STAMP), BODY, NOW, 300).is_ok(), "{key}");
    }
}

#[test]
fn the_key_that_signed_is_named_by_its_fingerprint() {
    let keys = keys(&[&raw(1), &der(2)]);
    let fingerprints: Vec<String> = keys.fingerprints().map(ToString::to_string).collect();
    for (seed, place) in [(1, 0), (2, 1)] {
        let signature = sign(seed, STAMP, BODY);
        let signed_by = keys.verify(Some(signature.as_bytes()), Some(STAMP), BODY, NOW, 300).unwrap();
        assert_eq!(signed_by.to_string(), fingerprints[place]);
        assert!(
            signed_by.to_string().len() == 16 && signed_by.to_string().bytes().all(|b| b.is_ascii_hexdigit())
        );
    }
    assert_ne!(fingerprints[0], fingerprints[1]);
    // The first key of RFC 8032 §7.1, so that a fingerprint can be checked with `openssl` and `sha256sum`.
    let known = STANDARD
        .encode(hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap());
    assert_eq!(
        TelnyxKeys::parse(&[&known]).unwrap().fingerprints().next().unwrap().to_string(),
        "21fe31dfa154a261"
    );
}

#[test]
fn debug_and_errors_show_no_key() {
    let keys = keys(&[&raw(1)]);
    assert_eq!(format!("{keys:?}"), format!("TelnyxKeys[{}]", keys.fingerprints().next().unwrap()));
    let secret = "c2VjcmV0LXRoYXQtaXMtbm8ta2V5";
    let error = TelnyxKeys::parse(&[&raw(1), secret]).unwrap_err();
    assert_eq!(error, KeyError::Malformed { place: 2 });
    assert!(!format!("{error} {error:?}").contains(secret));
}

#[test]
fn what_is_no_key_is_refused() {
    assert_eq!(TelnyxKeys::parse(&[]).unwrap_err(), KeyError::None);
    let unpadded = raw(1).trim_end_matches('=').to_owned();
    let wrong_der = STANDARD.encode([&[0x30; 12][..], signer(1).verifying_key().as_bytes()].concat());
    let longer = STANDARD.encode([signer(1).verifying_key().as_bytes(), &[0][..]].concat());
    let raw_pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", raw(1));
    let open_pem = pem(1).replace("-----END PUBLIC KEY-----", "");
    let private_pem = pem(1).replace("PUBLIC", "PRIVATE");
    let hex = hex::encode(signer(1).verifying_key().as_bytes());
    for bad in ["", " ", &unpadded, &wrong_der, &longer, &raw_pem, &open_pem, &private_pem, &hex, "key"] {
        assert_eq!(TelnyxKeys::parse(&[bad]).unwrap_err(), KeyError::Malformed { place: 1 }, "{bad}");
    }
}

#[test]
fn each_refusal_says_why() {
    let keys = keys(&[&raw(1)]);
    let good = sign(1, STAMP, BODY);
    let verify = |signature: Option<&str>, stamp: Option<&str>, now: i64| {
        keys.verify(signature.map(str::as_bytes), stamp.map(str::as_bytes), BODY, now, 300).map(|_| ())
    };
    let stamp = Some("1772550245");
    assert_eq!(verify(Some(&good), stamp, NOW), Ok(()));
    for absent in [None, Some("")] {
        assert_eq!(verify(absent, stamp, NOW), Err(SignatureError::Missing { what: "signature header" }));
        assert_eq!(
            verify(Some(&good), absent, NOW),
            Err(SignatureError::Missing { what: "timestamp header" })
        );
    }
    assert_eq!(verify(Some("AAAA"), stamp, NOW), Err(SignatureError::Malformed { what: "signature header" }));
    assert_eq!(
        verify(Some(&good), Some("now"), NOW),
        Err(SignatureError::Malformed { what: "timestamp header" })
    );
    assert_eq!(verify(Some(&good), stamp, NOW + 301), Err(SignatureError::Stale { age_s: 301 }));
    assert_eq!(verify(Some(&good), stamp, NOW - 301), Err(SignatureError::Stale { age_s: -301 }));
    assert_eq!(verify(Some(&sign(2, STAMP, BODY)), stamp, NOW), Err(SignatureError::NoKeyMatches));
}

#[test]
fn every_change_of_one_byte_of_a_header_or_the_body_is_refused() {
    let keys = keys(&[&raw(1), &raw(2)]);
    let signature = sign(1, STAMP, BODY);
    let accepted = |signature: &[u8], stamp: &[u8], body: &[u8]| {
        keys.verify(Some(signature), Some(stamp), body, NOW, u32::MAX).is_ok()
    };
    assert!(accepted(signature.as_bytes(), STAMP, BODY));
    for changed in one_byte_changes(signature.as_bytes()) {
        assert!(!accepted(&changed, STAMP, BODY), "signature {:?}", String::from_utf8_lossy(&changed));
    }
    for changed in one_byte_changes(STAMP) {
        assert!(
            !accepted(signature.as_bytes(), &changed, BODY),
            "timestamp {:?}",
            String::from_utf8_lossy(&changed)
        );
    }
    for bit in 0..BODY.len() * 8 {
        let mut body = BODY.to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepted(signature.as_bytes(), STAMP, &body), "bit {bit}");
    }
}

/// Each byte replaced by every other, each left out, and each of some put in at every place.
fn one_byte_changes(text: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for at in 0..=text.len() {
        for byte in [b' ', b'0', b'A', b'=', b'+', b'-', b'\n', 0, 0xff] {
            all.push([&text[..at], &[byte], &text[at..]].concat());
        }
        if at < text.len() {
            all.push([&text[..at], &text[at + 1..]].concat());
            let others = (0..=255).filter(|byte| *byte != text[at]);
            all.extend(others.map(|byte| [&text[..at], &[byte], &text[at + 1..]].concat()));
        }
    }
    all
}
