//! Prometheus and Alertmanager: metrics, queries over the drill's own series, rules, alerts, silences.

pub mod alerts;
pub mod amtool;
pub mod exemplars;
pub mod export;
pub mod list_metrics;
pub mod promtool;
pub mod query;
pub mod rules;
