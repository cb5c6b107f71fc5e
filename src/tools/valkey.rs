//! Valkey's command-line client. Never shows a customer's value: keys are samples.

pub mod client;
pub mod info;
