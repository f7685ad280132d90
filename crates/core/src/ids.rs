//! Identifiers and amounts, each a type of its own, so that one cannot stand where another belongs.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

text_id!(
    /// An agency we bill for.
    TenantId
);
text_id!(
    /// One provider webhook: Telnyx's `data.id`, Stripe's `evt_…`, or a digest where there is none.
    EventId
);
text_id!(
    /// Telnyx's handle for one side of a call. May hold `:`, so it is percent-encoded in URLs.
    CallControlId
);
text_id!(
    /// A fax at Telnyx; also the key of `fax_documents`.
    FaxId
);
text_id!(
    /// A row of `telnyx_sms_messages`. Inbound: Telnyx's id; outbound: ours for ever.
    MessageId
);
text_id!(
    /// A case of an agency's roster.
    CaseId
);
text_id!(
    /// A Stripe Checkout Session, `cs_…`.
    SessionId
);

impl TenantId {
    /// The reserved tenant under which a STOP is kept that no agency could be named for; the gate reads it for every agency.
    pub fn unassigned() -> Self {
        Self::new("unassigned")
    }
}

/// The number of a bill, as a caller keys it: 1 to 12 digits. Hidden in `Debug`, since callers key it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementId(String);

impl StatementId {
    /// `None` unless the text is 1 to 12 ASCII digits.
    pub fn parse(text: &str) -> Option<Self> {
        ((1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| Self(text.to_owned()))
    }
    /// The digits, for SQL parameters.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for StatementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StatementId(***)")
    }
}

/// Money in the smallest unit of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cents(pub i64);

/// What everything derived by us is named under (UUIDv5 name space).
const NAMESPACE: Uuid = Uuid::from_u128(0x6f2a_7f0c_5d0e_4b6b_9d3e_1f7b_7a10_c0de);

/// The fixed name of an effect: the same cause at the same place always gives the same id.
///
/// Sent to Telnyx as `command_id` and to Telnyx and Stripe as `Idempotency-Key`.
pub fn derived_id(cause: &str, place: &str) -> Uuid {
    let mut name = Vec::with_capacity(cause.len() + place.len() + 9);
    name.extend_from_slice(&(cause.len() as u64).to_be_bytes());
    name.extend_from_slice(cause.as_bytes());
    name.push(0);
    name.extend_from_slice(place.as_bytes());
    Uuid::new_v5(&NAMESPACE, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_id_depends_on_cause_and_place_and_on_nothing_else() {
        assert_eq!(derived_id("e1", "0"), derived_id("e1", "0"));
        assert_ne!(derived_id("e1", "0"), derived_id("e1", "1"));
        assert_ne!(derived_id("e1", "10"), derived_id("e11", "0"));
    }

    #[test]
    fn a_statement_number_is_one_to_twelve_digits_and_debug_hides_it() {
        assert!(StatementId::parse("").is_none());
        assert!(StatementId::parse("1234567890123").is_none());
        assert!(StatementId::parse("12a").is_none());
        assert_eq!(format!("{:?}", StatementId::parse("0042").unwrap()), "StatementId(***)");
    }
}
