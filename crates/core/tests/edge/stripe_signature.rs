//! Stripe signatures, over a body and secrets of our own.

use fusion_comms_core::signature::{SecretError, SignatureError, StripeSecrets};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const BODY: &[u8] =
    br#"{"id":"evt_test","type":"checkout.session.completed","data":{"object":{"amount_total":4200}}}"#;
const NOW: i64 = 1_780_000_000;
const FIRST: &str = "whsec_made_up_for_this_test_1";
const SECOND: &str = "whsec_made_up_for_this_test_2";

fn digest(secret: &str, t: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{t}.").as_bytes());
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// The good digest of the first secret at `NOW`.
fn good() -> String {
    digest(FIRST, "1780000000", BODY)
}

#[test]
fn a_fingerprint_tells_secrets_apart_and_shows_none_of_them() {
    let of = |secrets: &str| StripeSecrets::parse(secrets).unwrap().fingerprints().collect::<Vec<_>>();
    let both = of("whsec_one, whsec_two");
    assert_eq!(both, [of("whsec_one"), of("whsec_two")].concat());
    assert_ne!(both[0], both[1]);
    assert!(both.iter().all(|f| f.len() == 16 && f.bytes().all(|b| b.is_ascii_hexdigit())), "{both:?}");
}

fn verify(secrets: &str, header: &str, body: &[u8], now: i64) -> Result<(), SignatureError> {
    StripeSecrets::parse(secrets).unwrap().verify(Some(header.as_bytes()), body, now, 300)
}

#[test]
fn each_kind_of_good_header_is_accepted() {
    let (good, other) = (good(), digest(SECOND, "1780000000", BODY));
    let both = format!("{FIRST},{SECOND}");
    let cases = [
        ("plain", FIRST, format!("t=1780000000,v1={good}"), NOW),
        ("with a v0, ignored", FIRST, format!("t=1780000000,v1={good},v0={}", "0".repeat(64)), NOW),
        ("with unknown keys, ignored", FIRST, format!("v2=x,t=1780000000,ts=1,v1={good},v10="), NOW),
        ("two v1 while a secret is rolled", FIRST, format!("t=1780000000,v1={other},v1={good}"), NOW),
        ("a broken v1 beside a good one", FIRST, format!("t=1780000000,v1=zz,v1={good}"), NOW),
        ("the second secret", &both, format!("t=1780000000,v1={other}"), NOW),
        (
            "secrets with blanks around them",
            &format!(" {FIRST} , {SECOND}\n"),
            format!("t=1780000000,v1={other}"),
            NOW,
        ),
        ("v1 before t", FIRST, format!("v1={good},t=1780000000"), NOW),
        ("300 s old, the edge", FIRST, format!("t=1780000000,v1={good}"), NOW + 300),
        ("300 s ahead, the edge", FIRST, format!("t=1780000000,v1={good}"), NOW - 300),
    ];
    for (name, secrets, header, now) in cases {
        assert_eq!(verify(secrets, &header, BODY, now), Ok(()), "{name}");
    }
}

#[test]
fn each_kind_of_bad_header_is_refused_with_its_reason() {
    use SignatureError::{Malformed, Missing, NoKeyMatches, Stale};
    const HEADER: &str = "Stripe-Signature header";
    const T: &str = "t of the Stripe-Signature header";
    const V1: &str = "v1 of the Stripe-Signature header";
    let (good, other) = (good(), digest(SECOND, "1780000000", BODY));
    let plain = format!("t=1780000000,v1={good}");
    let day_ahead = format!("t=1780086400,v1={}", digest(FIRST, "1780086400", BODY));
    let cases = [
        ("301 s old", plain.clone(), NOW + 301, Stale { age_s: 301 }),
        ("301 s ahead", plain.clone(), NOW - 301, Stale { age_s: -301 }),
        ("a day ahead", day_ahead, NOW, Stale { age_s: -86_400 }),
        ("another secret", format!("t=1780000000,v1={other}"), NOW, NoKeyMatches),
        ("t moved by a second", format!("t=1780000001,v1={good}"), NOW, NoKeyMatches),
        ("t with a leading zero", format!("t=01780000000,v1={good}"), NOW, NoKeyMatches),
        ("the digest under v0", format!("t=1780000000,v0={good}"), NOW, Missing { what: V1 }),
        ("no t", format!("v1={good}"), NOW, Missing { what: T }),
        ("no v1", "t=1780000000".to_owned(), NOW, Missing { what: V1 }),
        ("empty", String::new(), NOW, Missing { what: HEADER }),
        ("t in words", format!("t=now,v1={good}"), NOW, Malformed { what: T }),
        ("t empty", format!("t=,v1={good}"), NOW, Malformed { what: T }),
        ("t past 64 bits", format!("t=99999999999999999999,v1={good}"), NOW, Malformed { what: T }),
        ("t twice", format!("t=1780000000,t=1780000000,v1={good}"), NOW, Malformed { what: T }),
        ("upper-case hex", format!("t=1780000000,v1={}", good.to_uppercase()), NOW, Malformed { what: V1 }),
        ("a digit short", format!("t=1780000000,v1={}", &good[1..]), NOW, Malformed { what: V1 }),
        ("a digit more", format!("t=1780000000,v1={good}0"), NOW, Malformed { what: V1 }),
        ("a blank after the comma", format!("t=1780000000, v1={good}"), NOW, Missing { what: V1 }),
        ("keys in capitals", format!("T=1780000000,V1={good}"), NOW, Missing { what: T }),
    ];
    for (name, header, now, why) in cases {
        assert_eq!(verify(FIRST, &header, BODY, now), Err(why), "{name}");
    }
    assert_eq!(verify(FIRST, &plain, &BODY.repeat(2), NOW), Err(NoKeyMatches));
    let secrets = StripeSecrets::parse(FIRST).unwrap();
    assert_eq!(secrets.verify(None, BODY, NOW, 300), Err(Missing { what: HEADER }));
    assert!(secrets.verify(Some(b"t=1780000000,v1=\xff\xfe"), BODY, NOW, 300).is_err());
}

#[test]
fn every_change_of_one_byte_is_refused() {
    let header = format!("t=1780000000,v1={}", good());
    for at in 0..header.len() {
        for byte in (0..=255).filter(|byte| *byte != header.as_bytes()[at]) {
            let mut changed = header.clone().into_bytes();
            changed[at] = byte;
            let secrets = StripeSecrets::parse(FIRST).unwrap();
            assert!(secrets.verify(Some(&changed), BODY, NOW, u32::MAX).is_err(), "byte {at} as {byte}");
        }
    }
    for bit in 0..BODY.len() * 8 {
        let mut body = BODY.to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verify(FIRST, &header, &body, NOW), Err(SignatureError::NoKeyMatches), "bit {bit}");
    }
}

#[test]
fn an_empty_secret_is_refused_by_its_place_and_debug_shows_none() {
    for (text, place) in [("", 1), ("  ", 1), ("a,", 2), (",a", 1), ("a, ,b", 2)] {
        assert_eq!(StripeSecrets::parse(text).unwrap_err(), SecretError::Empty { place }, "{text}");
    }
    let secrets = StripeSecrets::parse(&format!("{FIRST},{SECOND}")).unwrap();
    assert_eq!(format!("{secrets:?}"), "StripeSecrets(2 hidden)");
}
