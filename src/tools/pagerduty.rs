//! PagerDuty: incidents and their timelines. Never decides when somebody is paged.

pub mod acknowledge;
pub mod acted;
pub mod add_note;
pub mod get_timeline;
pub mod incidents;
pub mod list_incidents;
pub mod program;
pub mod resolve;
