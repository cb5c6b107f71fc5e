//! Prometheus: metrics by name, instant and range queries over the drill's own series.

pub mod export;
pub mod list_metrics;
pub mod query;
