//! CloudWatch: metrics, alarms and logs of the cloud account, which are the estate's series and lines under the account's
//! names. Never a sample that Prometheus does not have, nor a line that its pod did not write.

pub mod account;
pub mod alarms;
pub mod filter_events;
pub mod get_metrics;
pub mod list_alarms;
pub mod log_groups;
mod logs_program;
pub mod metrics;
pub mod output;
pub mod program;
