//! Rows chained by hash: each link covers the one before it and a row's fields.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The link before the first.
pub const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of a row behind `previous`, lower-case hex SHA-256. A field that is absent is told from an empty one, and
/// each carries its length, so that no two rows read alike.
pub fn link(previous: &str, fields: &[Option<&str>]) -> String {
    let mut hash = Sha256::new();
    hash.update(previous.as_bytes());
    for field in fields {
        match field {
            None => hash.update([0]),
            Some(text) => {
                hash.update([1]);
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text.as_bytes());
            }
        }
    }
    hex::encode(hash.finalize())
}

/// A row of the opt-out history as it is sealed. Times are in the fixed 27-character form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerChange {
    pub seq: i64,
    pub tenant_id: String,
    pub phone_e164: String,
    /// `granted`, `changed`, `lifted`.
    pub change: String,
    pub opted_out_at: String,
    pub source: String,
    pub previous_source: Option<String>,
    pub actor: String,
    pub reason: Option<String>,
    pub at: String,
}

impl LedgerChange {
    /// The row's hash behind `previous`.
    pub fn link(&self, previous: &str) -> String {
        link(
            previous,
            &[
                Some(&self.seq.to_string()),
                Some(&self.tenant_id),
                Some(&self.phone_e164),
                Some(&self.change),
                Some(&self.opted_out_at),
                Some(&self.source),
                self.previous_source.as_deref(),
                Some(&self.actor),
                self.reason.as_deref(),
                Some(&self.at),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_changes_with_what_went_before_and_with_every_field() {
        let one = link(START, &[Some("a"), Some("bc"), None]);
        for other in [
            link(&one, &[Some("a"), Some("bc"), None]),
            link(START, &[Some("ab"), Some("c"), None]),
            link(START, &[Some("a"), Some("bc"), Some("")]),
            link(START, &[Some("bc"), Some("a"), None]),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(one, link(START, &[Some("a"), Some("bc"), None]));
    }
}
