//! Telnyx and Stripe on one loopback listener, in process: what `demo`, `simulate` and the tests run against.

pub mod keys;
pub mod stripe;
pub mod telnyx;
