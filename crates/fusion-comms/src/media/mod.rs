//! Fetching fax media without letting anybody turn the service inward.
//!
//! The address of a fax's media comes in a signed webhook, but it is still an address that another party names.
//! Only hosts of the operator's list (`TELNYX_MEDIA_HOSTS`) are asked, by https, at public addresses, without
//! redirects, without credentials and with bounds on size and time.

mod addresses;
mod client;
mod hosts;
#[cfg(test)]
mod tests;

pub(crate) use addresses::is_public;
pub use client::MediaClient;
pub use hosts::{HostsError, MediaHosts};

/// Why media could not be fetched. Never holds the address, which is a key to a patient's fax.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// The address is one we do not ask. Final.
    #[error("the media address is not allowed: {0}")]
    Forbidden(&'static str),
    /// 401, 403, 404 or 410: the link has run out. Ask for a fresh one.
    #[error("the media link has expired")]
    Expired,
    /// Worth another attempt.
    #[error("the media could not be fetched: {0}")]
    Retry(&'static str),
    /// More bytes than allowed. Final.
    #[error("the media is larger than allowed")]
    TooLarge,
}
