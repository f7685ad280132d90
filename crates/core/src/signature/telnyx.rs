//! Telnyx's webhook signature: Ed25519 over `timestamp|body`, checked by the strict rule.
//!
//! The key is per account and has no documented change-over, so a list of keys is held and any one may match.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::{SignatureError, check_age, unix_seconds};

/// What stands before the 32 key bytes in a DER SubjectPublicKeyInfo for Ed25519 (RFC 8410).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";

const SIGNATURE: &str = "signature header";
const TIMESTAMP: &str = "timestamp header";

/// The public keys a Telnyx webhook may be signed with, in the order they were configured. Never empty.
#[derive(Clone)]
pub struct TelnyxKeys(Vec<(VerifyingKey, Fingerprint)>);

/// Names a public key without showing it: the first 16 hex digits of the SHA-256 of its 32 raw bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 8]);

/// Why a configured public key is refused. `place` counts from 1; the value is never repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("no public key is set; copy it from the Telnyx portal, Keys & Credentials, Public Key")]
    None,
    #[error(
        "public key {place} is not the base64 of 32 raw bytes or of a DER public key, nor PEM; copy it again from the Telnyx portal"
    )]
    Malformed { place: usize },
    /// Anybody could sign for such a key.
    #[error(
        "public key {place} is a weak point that anybody can forge for; copy it again from the Telnyx portal"
    )]
    Weak { place: usize },
}

impl TelnyxKeys {
    /// Reads keys as configured: base64 of the 32 raw bytes or of the 44-byte DER form, or PEM, with white space
    /// around it or not.
    ///
    /// # Errors
    /// Names the first key that is malformed or weak, or says that there is none.
    pub fn parse(values: &[&str]) -> Result<Self, KeyError> {
        let read = |(i, text): (usize, &&str)| {
            let place = i + 1;
            let raw = raw_key(text.trim()).ok_or(KeyError::Malformed { place })?;
            let key = VerifyingKey::from_bytes(&raw).map_err(|_| KeyError::Malformed { place })?;
            if key.is_weak() || key.to_edwards().compress().to_bytes() != raw {
                return Err(KeyError::Weak { place });
            }
            Ok((key, Fingerprint::of(&raw)))
        };
        let keys = values.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(KeyError::None) } else { Ok(Self(keys)) }
    }

    /// Checks the two header values against the raw body and tells which key signed.
    ///
    /// `tolerance_s`: seconds the timestamp may differ from `now_s` (Unix seconds), either way.
    ///
    /// # Errors
    /// The first check that fails; every one of them is answered 400.
    pub fn verify(
        &self,
        signature: Option<&[u8]>,
        timestamp: Option<&[u8]>,
        body: &[u8],
        now_s: i64,
        tolerance_s: u32,
    ) -> Result<&Fingerprint, SignatureError> {
        let signature = present(signature, SIGNATURE)?;
        let timestamp = present(timestamp, TIMESTAMP)?;
        let seconds = unix_seconds(timestamp).ok_or(SignatureError::Malformed { what: TIMESTAMP })?;
        let signature = read_signature(signature).ok_or(SignatureError::Malformed { what: SIGNATURE })?;
        check_age(seconds, now_s, tolerance_s)?;
        let signed = [timestamp, b"|", body].concat();
        let matching = self.0.iter().find(|(key, _)| key.verify_strict(&signed, &signature).is_ok());
        matching.map(|(_, fingerprint)| fingerprint).ok_or(SignatureError::NoKeyMatches)
    }

    /// One fingerprint a key, in order.
    pub fn fingerprints(&self) -> impl Iterator<Item = &Fingerprint> {
        self.0.iter().map(|(_, fingerprint)| fingerprint)
    }
}

impl Fingerprint {
    fn of(raw: &[u8; 32]) -> Self {
        let mut first = [0; 8];
        first.copy_from_slice(&Sha256::digest(raw)[..8]);
        Self(first)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for TelnyxKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TelnyxKeys")?;
        f.debug_list().entries(self.fingerprints()).finish()
    }
}

fn present<'a>(header: Option<&'a [u8]>, what: &'static str) -> Result<&'a [u8], SignatureError> {
    header.filter(|value| !value.is_empty()).ok_or(SignatureError::Missing { what })
}

/// Padded standard base64 of exactly 64 bytes, which is 88 characters.
fn read_signature(text: &[u8]) -> Option<Signature> {
    if text.len() != 88 {
        return None;
    }
    Signature::from_slice(&STANDARD.decode(text).ok()?).ok()
}

fn raw_key(text: &str) -> Option<[u8; 32]> {
    if let Some(inside) = text.strip_prefix(PEM_BEGIN) {
        let lines = inside.strip_suffix(PEM_END)?;
        let joined: String = lines.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        return after_prefix(&STANDARD.decode(joined).ok()?);
    }
    let bytes = STANDARD.decode(text).ok()?;
    bytes.as_slice().try_into().ok().or_else(|| after_prefix(&bytes))
}

fn after_prefix(der: &[u8]) -> Option<[u8; 32]> {
    der.strip_prefix(&SPKI_PREFIX)?.try_into().ok()
}
