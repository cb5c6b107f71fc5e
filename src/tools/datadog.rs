//! Datadog: traces of requests, and metrics in its query language. Traces are made from the requests that counters counted
//! (`sim::traces`), metrics are the estate's series under Datadog's names. Never a sample that Prometheus does not have.

pub mod catalog;
pub mod compute;
pub mod functions;
pub mod get_trace;
pub mod language;
pub mod list_traces;
pub mod parse;
pub mod program;
pub mod query_metrics;
pub mod series;
pub mod times;
pub mod waterfall;
