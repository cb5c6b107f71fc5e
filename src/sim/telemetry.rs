//! Lazy telemetry: samples and log lines as functions of seed, identity, time and history. Stores nothing but history.

pub mod history;
pub mod latency;
pub mod leaf;
pub mod slots;
pub mod traffic;
