//! Background work: events become steps, steps become effects, waits come to their end.

mod bills;
mod call_tables;
pub mod calls;
pub mod commands;
mod deadlines;
mod error;
mod expiries;
mod fax_queue;
mod faxes;
mod gauges;
pub mod inbox;
mod links;
mod listen;
mod lost_messages;
mod office;
pub mod outbox;
mod payments;
mod reconcile;
mod run;
mod seldom;
mod settle;
mod texts;
mod watch;

pub use error::JobError;
pub(crate) use error::guarded;
pub use faxes::{hurry_fetch, owe_fetch, owe_message};
pub use run::{Workers, drain};
pub use watch::Watch;

pub(crate) use payments::TYPES as PAYMENT_EVENTS;
