//! All SQL of the service, and nothing but: plain functions over plain statements that run alike on both engines.

pub mod audit;
pub mod backup;
pub mod billing;
pub mod calls;
pub mod consents;
pub mod coverage;
pub mod db;
pub mod error;
pub mod events;
pub mod evidence;
pub mod faxes;
mod gate;
pub mod inbox;
pub mod incidents;
pub mod ingest;
pub mod instances;
pub mod ledger;
pub mod menu;
pub mod messages;
pub mod migrations;
pub mod outbox;
pub mod outgoing;
pub mod pruning;
pub mod queue;
pub mod restores;
pub mod reviews;
mod row;
pub mod seals;
pub mod settings;
pub mod status;
pub mod tasks;
pub mod templates;
pub mod tenants;

pub use db::{Db, Dialect, Reader, Tx};
pub use error::StoreError;
