//! The shell of `fusion-comms`: everything that touches the world. Rules live in `fusion-comms-core`.

pub mod blobs;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod fax_text;
pub mod http;
pub mod logs;
pub mod media;
pub mod metrics;
pub mod prompts;
pub mod provider;
pub mod queue;
pub mod sim;
pub mod store;
pub mod stripe;
pub mod telnyx;
pub mod worker;
