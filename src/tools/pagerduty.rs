//! PagerDuty: incidents and their timelines. Never decides when somebody is paged.

pub mod get_timeline;
pub mod list_incidents;
pub mod program;
