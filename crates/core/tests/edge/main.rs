//! The edge of the service as its callers use it: signatures, clean-up, envelopes.

mod envelope;
mod fixtures;
mod hostile;
mod stripe_signature;
mod telnyx_signature;
mod weak_keys;
