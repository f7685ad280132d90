//! Whole faxes against a small roster.
