//! The shell of `fusion-comms`: everything that touches the world. Rules live in `fusion-comms-core`.

pub mod app;
pub mod blobs;
pub mod blocks;
pub mod cli;
pub mod clock;
pub mod cloudfront;
pub mod config;
pub mod demo;
pub mod fax_text;
pub mod gate;
pub mod http;
pub mod ingest;
pub mod logs;
pub mod media;
pub mod metrics;
pub mod prompts;
pub mod provider;
pub mod queue;
pub mod review;
pub mod service;
pub mod sim;
pub mod store;
pub mod stripe;
pub mod telnyx;
pub mod wake;
pub mod worker;
