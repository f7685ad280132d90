pub mod keys;
pub mod stripe;
