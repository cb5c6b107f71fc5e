//! The log system: services that log, a service's lines, a search over all. One page reader serves all doors.

pub mod list_services;
pub mod page;
pub mod search;
pub mod service_logs;
