//! The rules of `fusion-comms`, pure: bytes and values in, decisions out.
//!
//! Nothing here reads a clock, a socket, a file or a random number; `Cargo.toml` is the proof. The shell crate
//! brings the world in as parameters and carries out the [`effect`]s that come back.

pub mod breach;
pub mod business_days;
pub mod chain;
pub mod effect;
pub mod envelope;
pub mod evidence;
pub mod fax;
pub mod gate;
pub mod hours;
pub mod ids;
pub mod ivr;
pub mod lifting;
pub mod phone;
pub mod redact;
pub mod signature;
pub mod sms;
pub mod storm;
pub mod story;
pub mod time;
pub mod window;
