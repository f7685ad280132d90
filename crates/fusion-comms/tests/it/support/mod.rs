//! What the tests stand on: databases of their own on both engines, and small makers of what goes into them.

pub mod app;
pub mod balancer;
pub mod db;
pub mod fault_proxy;
pub mod given;
pub mod golden;
pub mod insights;
pub mod instance;
pub mod moto;
pub mod pooler;
pub mod postgres;
mod postgres_stop;
pub mod served;
pub mod textract;
