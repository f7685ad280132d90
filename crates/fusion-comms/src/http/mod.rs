//! What the service answers over HTTP.

pub mod prompts;
pub mod server;
