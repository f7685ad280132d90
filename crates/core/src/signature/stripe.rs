//! Stripe's webhook signature: `Stripe-Signature: t=…,v1=…`, HMAC-SHA256 over `t.body`.
//!
//! Unlike the official library a timestamp from the future is refused as well. Source: stripe-python `_webhook.py`.

use std::fmt;

use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{SignatureError, check_age, unix_seconds};

const HEADER: &str = "Stripe-Signature header";
const TIMESTAMP: &str = "t of the Stripe-Signature header";
const DIGEST: &str = "v1 of the Stripe-Signature header";

/// The signing secrets of the configured endpoints, each `whsec_…` as a whole. Never empty, hidden in `Debug`.
#[derive(Clone)]
pub struct StripeSecrets(Vec<String>);

/// Why the configured secrets are refused. `place` counts from 1; the value is never repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("signing secret {place} is empty; copy it from the endpoint's page in the Stripe dashboard")]
    Empty { place: usize },
}

impl StripeSecrets {
    /// Reads one secret, or several with commas between; white space around each is dropped.
    ///
    /// # Errors
    /// Names the first secret that is empty.
    pub fn parse(comma_separated: &str) -> Result<Self, SecretError> {
        let read = |(i, text): (usize, &str)| match text.trim() {
            "" => Err(SecretError::Empty { place: i + 1 }),
            secret => Ok(secret.to_owned()),
        };
        comma_separated.split(',').enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Names each secret without showing it, in order: 16 hex digits of what it makes of a text that Stripe never signs.
    pub fn fingerprints(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|secret| {
            let digest = sign(secret, b"fingerprint", b"").into_bytes();
            hex::encode(&digest[..8])
        })
    }

    /// Checks the value of `Stripe-Signature` against the raw body: one `v1` that one secret made is enough.
    ///
    /// `tolerance_s`: seconds `t` may differ from `now_s` (Unix seconds), either way.
    ///
    /// # Errors
    /// The first check that fails; every one of them is answered 400.
    pub fn verify(
        &self,
        header: Option<&[u8]>,
        body: &[u8],
        now_s: i64,
        tolerance_s: u32,
    ) -> Result<(), SignatureError> {
        let header = Header::read(header.unwrap_or_default())?;
        check_age(header.seconds, now_s, tolerance_s)?;
        let made = |secret: &String| {
            let digest = sign(secret, header.timestamp, body);
            header.digests.contains(&digest)
        };
        if self.0.iter().any(made) { Ok(()) } else { Err(SignatureError::NoKeyMatches) }
    }
}

impl fmt::Debug for StripeSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StripeSecrets({} hidden)", self.0.len())
    }
}

/// A digest whose `==` takes the same time wherever two differ.
type Digest = CtOutput<Hmac<Sha256>>;

struct Header<'a> {
    timestamp: &'a [u8],
    seconds: i64,
    /// Every well-formed `v1`.
    digests: Vec<Digest>,
}

impl<'a> Header<'a> {
    /// Exactly one `t`, at least one `v1` of 64 lower-case hex digits; other keys are ignored.
    fn read(header: &'a [u8]) -> Result<Self, SignatureError> {
        if header.is_empty() {
            return Err(SignatureError::Missing { what: HEADER });
        }
        let (mut timestamp, mut digests, mut any_v1) = (None, Vec::new(), false);
        for part in header.split(|b| *b == b',') {
            if let Some(value) = part.strip_prefix(b"t=") {
                // Two timestamps leave open which one was signed.
                if timestamp.replace(value).is_some() {
                    return Err(SignatureError::Malformed { what: TIMESTAMP });
                }
            } else if let Some(value) = part.strip_prefix(b"v1=") {
                any_v1 = true;
                digests.extend(read_digest(value));
            }
        }
        let timestamp = timestamp.ok_or(SignatureError::Missing { what: TIMESTAMP })?;
        let seconds = unix_seconds(timestamp).ok_or(SignatureError::Malformed { what: TIMESTAMP })?;
        match (any_v1, digests.is_empty()) {
            (false, _) => Err(SignatureError::Missing { what: DIGEST }),
            (true, true) => Err(SignatureError::Malformed { what: DIGEST }),
            (true, false) => Ok(Self { timestamp, seconds, digests }),
        }
    }
}

fn read_digest(text: &[u8]) -> Option<Digest> {
    let lower_hex = text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut bytes = [0; 32];
    (lower_hex && hex::decode_to_slice(text, &mut bytes).is_ok()).then(|| Digest::new(bytes.into()))
}

fn sign(secret: &str, timestamp: &[u8], body: &[u8]) -> Digest {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(timestamp);
    mac.update(b".");
    mac.update(body);
    mac.finalize()
}
