//! Rows chained by hash: each link covers the one before it and a row's fields.

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
