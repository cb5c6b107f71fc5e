//! Sentry: projects, issues, their stack traces and how often they happened. Never counts by itself: telemetry does.

pub mod counts;
pub mod get_issue;
pub mod list_issues;
pub mod list_projects;
pub mod program;
pub mod trace;
