//! CI: runs of the workflows that test, build and deploy, and their logs. Made from commits, releases and deployments;
//! never keeps anything and never says what those do not.

pub mod get_run_logs;
pub mod jobs;
pub mod list_runs;
pub mod output;
pub mod program;
pub mod run;
pub mod runs;
pub mod workflow;
