//! The log system: services that log, a service's lines, a search over all. One page reader serves all doors.

pub mod complete;
pub mod export;
pub mod list_services;
pub mod logql;
pub mod page;
pub mod program;
pub mod search;
pub mod service_logs;
